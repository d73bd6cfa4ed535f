"""Does an order's money agree with what was settled for it? Pure: sides in, differences out.

To the cent, and only within one currency. Patience is built in where one side is always later than
the other: what is not due yet is no difference.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from .differences import Found, plain
from .kinds import UNWELCOME, Kind
from .settled import UNEXPLAINED

HOLDING: Final = timedelta(days=31)
"""The longest that TikTok holds the money of a delivered order (new sellers), with reserve."""
REFUND_PATIENCE: Final = timedelta(days=14)
"""A refund is settled in a later statement, or with the sale."""
_SALE_NAMES: Final = frozenset({"subtotal_before_discount_amount", "seller_discount_amount"})
_REFUND_NAMES: Final = frozenset(
    {"refund_subtotal_before_discount_amount", "seller_discount_refund_amount"}
)
_NO_SETTLEMENT: Final = frozenset({Kind.RESERVE, Kind.ADJUSTMENT, Kind.DISPUTE})
_BUYER_REFUND: Final = "customer_refund_amount"
_ZERO: Final = Decimal(0)


@dataclass(frozen=True)
class Amount:
    """An entry of an order, as far as judging needs it."""

    row_id: str
    kind: str
    component: str
    currency: str
    amount: Decimal
    expected: bool = False
    in_settlement: bool = True


@dataclass(frozen=True)
class Sold:
    """What was checked when the order was brought over. ``goods`` are its lines after the seller's
    discount, as the marketplace counts them: that is its revenue. ``fees`` are what the buyer paid
    to the marketplace itself: some of them may come back with a cancelled or returned part, and are
    not told apart there from the price."""

    currency: str
    buyer: Decimal
    platform: Decimal
    goods: Decimal
    fees: Decimal = _ZERO

    @property
    def is_plain(self) -> bool:
        """What goes back for goods is their price: nothing of it was the platform's."""
        return not self.platform and not self.fees


@dataclass(frozen=True)
class Refunded:
    """A complete case: ``amount`` is what the buyer got back, ``goods`` the part for goods."""

    case_id: str
    currency: str
    amount: Decimal
    goods: Decimal
    at: datetime
    is_cancellation: bool = False


@dataclass(frozen=True)
class Sides:
    """An order on both sides. ``delivered_at`` is when its state last changed, where that is
    delivered or completed. ``sold`` None: its money is not known here. ``imported_since``: orders
    placed earlier are left out on purpose; ``placed_at`` is known only of what is not linked."""

    order_id: str
    linked: bool
    amounts: Sequence[Amount]
    placed_at: datetime | None = None
    cancelled: bool = False
    delivered_at: datetime | None = None
    sold: Sold | None = None
    refunds: Sequence[Refunded] = ()
    imported_since: datetime | None = None


@dataclass(frozen=True)
class _Settled:
    """The settled amounts of the order's one settlement currency."""

    sides: Sides
    currency: str
    amounts: Sequence[Amount]
    sales: Mapping[str, Decimal] = field(default_factory=dict)
    """Transaction -> its revenue, of those that settle a sale."""

    def total(self, names: frozenset[str] | set[str], *, inside: bool = True) -> Decimal:
        chosen = (
            one.amount
            for one in self.amounts
            if one.component in names and one.in_settlement is inside
        )
        return sum(chosen, _ZERO)

    def found(
        self, code: str, *, ours: Mapping[str, Decimal], theirs: Mapping[str, Decimal]
    ) -> Found:
        by = sum(theirs.values(), _ZERO) - sum(ours.values(), _ZERO)
        return Found(code, self.sides.order_id, self.currency, by, plain(ours), plain(theirs))


def judge(sides: Sides, now: datetime) -> list[Found]:
    """The differences of one order of the marketplace."""
    real = [one for one in sides.amounts if not one.expected]
    return [
        *_whole(sides, real, now),
        *(found for settled in _by_currency(sides, real) for found in _each(settled, now)),
    ]


def unexpected(subject: str, amounts: Sequence[Amount]) -> list[Found]:
    """Amounts that nobody expects, by their names: of an order, or of a row that has none."""
    groups: dict[tuple[str, str], dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for one in amounts:
        code = _unexpected_code(one)
        if code and one.in_settlement and not one.expected:
            groups[code, one.currency][one.component] += one.amount
    return [
        Found(code, subject, currency, sum(named.values(), _ZERO), {}, plain(named))
        for (code, currency), named in groups.items()
    ]


def _unexpected_code(one: Amount) -> str:
    if one.component in UNWELCOME:
        return "UNEXPECTED_ADJUSTMENT"
    if one.kind != Kind.OTHER:
        return ""
    if one.component.startswith(UNEXPLAINED):
        return "UNEXPLAINED_AMOUNT"
    return "UNEXPECTED_ADJUSTMENT" if one.component.isupper() else "UNEXPECTED_FEE"


def _whole(sides: Sides, real: Sequence[Amount], now: datetime) -> Iterator[Found]:
    placed, since = sides.placed_at, sides.imported_since
    settles = any(one.component in _SALE_NAMES and one.in_settlement for one in real)
    wanted = placed is not None and (since is None or placed >= since)
    if settles and not sides.linked and wanted:
        net = sum((one.amount for one in real if one.in_settlement), _ZERO)
        currency = real[0].currency
        yield Found("SETTLED_WITHOUT_ORDER", sides.order_id, currency, net)
    settled = any(one.in_settlement and one.kind not in _NO_SETTLEMENT for one in real)
    if sides.linked and not settled and sides.delivered_at is not None:
        ours = {"delivered": f"{sides.delivered_at:%Y-%m-%d}"}
        if _overdue(sides, now - sides.delivered_at):
            yield Found("ORDER_NOT_SETTLED", sides.order_id, ours=ours)
    yield from unexpected(sides.order_id, real)


def _overdue(sides: Sides, delivered_for: timedelta) -> bool:
    if delivered_for < HOLDING:
        return False
    back = sum((one.amount for one in sides.refunds), _ZERO)
    return sides.sold is None or back < sides.sold.buyer


def _by_currency(sides: Sides, real: Sequence[Amount]) -> Iterator[_Settled]:
    groups: dict[str, list[Amount]] = defaultdict(list)
    for one in real:
        groups[one.currency].append(one)
    for currency, amounts in groups.items():
        sales: dict[str, Decimal] = defaultdict(Decimal)
        for one in amounts:
            if one.in_settlement and one.component in _SALE_NAMES:
                sales[one.row_id] += one.amount
        positive = {row: amount for row, amount in sales.items() if amount > 0}
        yield _Settled(sides, currency, amounts, positive)


def _each(settled: _Settled, now: datetime) -> Iterator[Found]:
    sold = settled.sides.sold
    if sold is not None and sold.currency != settled.currency:
        if settled.sales:
            yield Found(
                "SETTLED_IN_OTHER_CURRENCY",
                settled.sides.order_id,
                settled.currency,
                ours={"currency": sold.currency},
                theirs={"currency": settled.currency},
            )
        return
    yield from _revenue(settled)
    yield from _refunds(settled, now)


def _revenue(settled: _Settled) -> Iterator[Found]:
    told, wanted = sum(settled.sales.values(), _ZERO), _wanted(settled.sides)
    if not settled.sales or told == wanted:
        return
    amounts = list(settled.sales.values())
    repeated = len(set(amounts)) < len(amounts) if wanted is None else told > wanted
    if len(amounts) > 1 and repeated:
        ours = {"goods": amounts[0] if wanted is None else wanted}
        theirs = {f"transaction {row}": amount for row, amount in settled.sales.items()}
        yield settled.found("SETTLED_TWICE", ours=ours, theirs=theirs)
    elif wanted is not None:
        yield settled.found("REVENUE_DIFFERS", ours={"goods": wanted}, theirs={"revenue": told})


def _wanted(sides: Sides) -> Decimal | None:
    """What the goods are to be settled at; None where it cannot be said: a part was cancelled, and
    what of the platform's discount or fees fell on it is not told."""
    if sides.cancelled:
        return _ZERO
    if sides.sold is None:
        return None
    gone = sum((one.goods for one in sides.refunds if one.is_cancellation), _ZERO)
    return None if gone and not sides.sold.is_plain else sides.sold.goods - gone


def _refunds(settled: _Settled, now: datetime) -> Iterator[Found]:
    cases = [
        one
        for one in settled.sides.refunds
        if not one.is_cancellation and one.currency == settled.currency
    ]
    to_buyer = -settled.total({_BUYER_REFUND}, inside=False)
    of_goods = -settled.total(_REFUND_NAMES)
    if not to_buyer and not of_goods:
        yield from _not_settled(settled, cases, now)
        return
    if to_buyer:
        ours, theirs = sum((one.amount for one in cases), _ZERO), to_buyer
    elif settled.sides.sold is not None and settled.sides.sold.is_plain:
        ours, theirs = sum((one.goods for one in cases), _ZERO), of_goods
    else:
        return
    late = theirs > ours or _long_ago(cases, now)
    if ours != theirs and settled.sides.linked and late:
        yield settled.found("REFUND_DIFFERS", ours={"cases": ours}, theirs={"statements": theirs})


def _not_settled(settled: _Settled, cases: Sequence[Refunded], now: datetime) -> Iterator[Found]:
    if cases and settled.sales and _long_ago(cases, now):
        ours = {f"case {one.case_id}": one.amount for one in cases}
        yield settled.found("REFUND_NOT_IN_STATEMENT", ours=ours, theirs={})


def _long_ago(cases: Sequence[Refunded], now: datetime) -> bool:
    return all(now - one.at >= REFUND_PATIENCE for one in cases)
