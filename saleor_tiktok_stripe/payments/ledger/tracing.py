"""From an order to its payouts, and from a payout to its orders."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Final

from django.db.models import Sum

from ...errors import InvalidInput
from ...models import Charge, Connection, Difference, LedgerEntry, OrderLink, Payout, Vendor
from ...models.paging import SIZE, limited
from .classes import CLASSES
from .differences import MONEY, PAYOUT
from .kinds import Kind
from .payout_checks import OWN, payout_base, payout_currency, payout_subject

_ZERO: Final = Decimal(0)


class Standing(StrEnum):
    """Where an order's money is."""

    UNKNOWN = "unknown"
    """Nothing is known of it."""
    NOT_SETTLED_YET = "not_settled_yet"
    """Expected: it waits for delivery and the holding time."""
    SETTLED = "settled"
    """In a statement (at Stripe: in the balance), not paid out yet."""
    PARTLY_PAID_OUT = "partly_paid_out"
    PAID_OUT = "paid_out"


@dataclass(frozen=True)
class MoneyLine:
    """One named amount. ``statement_id`` and ``payout_id`` "" while it is in none."""

    kind: str
    component: str
    currency: str
    amount: Decimal
    row_id: str
    statement_id: str
    payout_id: str
    expected: bool
    in_settlement: bool


@dataclass(frozen=True)
class PayoutShare:
    """What of an order is in a payout."""

    payout_id: str
    state: str
    currency: str
    amount: Decimal


@dataclass(frozen=True)
class OpenDifference:
    """A difference with its words; ``state`` as in ``Difference``."""

    code: str
    state: str
    words: str
    cure: str
    currency: str
    amount: Decimal | None
    ours: Mapping[str, str]
    theirs: Mapping[str, str]


@dataclass(frozen=True)
class OrderMoney:
    """Every amount of an order from what was sold to what was paid out.

    ``sold``: name -> amount, in ``currency``, as checked when the order was brought over (of a
    Stripe payment: what was captured and refunded). ``by_kind``, ``settled`` (without reserves,
    which are only held back for a time) and ``expected`` are by currency: amounts of different
    ones are never added.
    """

    order_id: str
    saleor_order_id: str
    standing: Standing
    currency: str
    sold: Mapping[str, Decimal]
    lines: tuple[MoneyLine, ...]
    by_kind: Mapping[str, Mapping[str, Decimal]]
    settled: Mapping[str, Decimal]
    expected: Mapping[str, Decimal]
    payouts: tuple[PayoutShare, ...]
    differences: tuple[OpenDifference, ...]


@dataclass(frozen=True)
class OrderShare:
    """What of a payout belongs to an order: ``net`` of it, and by kind."""

    order_id: str
    saleor_order_id: str
    net: Decimal
    by_kind: Mapping[str, Decimal]


@dataclass(frozen=True)
class PayoutTrace:
    """A payout and a page of its orders, by order id. ``amount`` (in ``currency``) is what its
    parts must come to, ``total`` what they come to, ``without_order`` of it belongs to no order
    (adjustments; payments made elsewhere), by component. ``next`` asks for the next page."""

    payout: Payout
    currency: str
    amount: Decimal
    total: Decimal
    without_order: Mapping[str, Decimal]
    statements: tuple[str, ...]
    orders: tuple[OrderShare, ...]
    differences: tuple[OpenDifference, ...]
    next: str = ""


def order_money(connection: Connection, order_id: str) -> OrderMoney:
    """The money of an order, by the marketplace's id or Saleor's. Unknown ones have none."""
    order_id, saleor_id, currency, sold = _order(connection, order_id)
    rows = LedgerEntry.objects.filter(connection=connection, order_id=order_id)
    entries = list(rows.select_related("statement", "payout").order_by("happened_at", "pk"))
    real = [one for one in entries if one.in_settlement and not one.expected]
    shares: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for one in real:
        if one.payout is not None:
            shares[one.payout.payout_id, one.payout.state, one.currency] += one.amount
    by_kind: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for one in real:
        by_kind[one.currency][one.kind] += one.amount
    return OrderMoney(
        order_id=order_id,
        saleor_order_id=saleor_id,
        standing=_standing(real, known=bool(entries) or bool(sold)),
        currency=currency,
        sold=sold,
        lines=tuple(_line(one) for one in entries),
        by_kind={name: dict(kinds) for name, kinds in by_kind.items()},
        settled=_sums([one for one in real if one.kind != Kind.RESERVE]),
        expected=_sums([one for one in entries if one.expected]),
        payouts=tuple(PayoutShare(*key, amount) for key, amount in sorted(shares.items())),
        differences=_differences(connection, MONEY, order_id),
    )


def payout_trace(
    connection: Connection, payout_id: str, *, after: str = "", size: int = SIZE
) -> PayoutTrace:
    """What a payout is made of, a page of orders at a time.

    Raises ``InvalidInput`` (``PAYOUT_UNKNOWN``)."""
    payout = Payout.objects.filter(connection=connection, payout_id=payout_id).first()
    if payout is None:
        raise InvalidInput("PAYOUT_UNKNOWN", f"Payout {payout_id} is not known.", field="payout")
    parts = LedgerEntry.objects.filter(payout=payout, in_settlement=True, expected=False).exclude(
        kind=Kind.PAYOUT, component=OWN
    )
    currency = payout_currency(payout)
    size = limited(size)
    named = parts.filter(order_id__gt=after).order_by("order_id").values_list("order_id", flat=True)
    ids = list(named.distinct()[: size + 1])
    loose = parts.filter(order_id="").values("component").annotate(total=Sum("amount"))
    return PayoutTrace(
        payout=payout,
        currency=currency,
        amount=payout_base(payout),
        total=parts.filter(currency=currency).aggregate(total=Sum("amount"))["total"] or _ZERO,
        without_order={row["component"]: row["total"] for row in loose.filter(currency=currency)},
        statements=tuple(payout.statements.order_by("at").values_list("statement_id", flat=True)),
        orders=_shares(connection, payout, ids[:size]),
        differences=_differences(connection, PAYOUT, payout_subject(payout_id)),
        next=ids[size - 1] if len(ids) > size else "",
    )


def _order(connection: Connection, order_id: str) -> tuple[str, str, str, dict[str, Decimal]]:
    """The order's id in the ledger, Saleor's, its currency and what was sold."""
    if connection.vendor == Vendor.STRIPE:
        return _paid_order(connection, order_id)
    links = OrderLink.objects.filter(connection=connection)
    link = links.filter(order_id=order_id).first()
    link = link or links.filter(saleor_order_id=order_id).first()
    if link is None:
        return order_id, "", "", {}
    return link.order_id, link.saleor_order_id, link.money.get("currency", ""), _sold(link.money)


def _paid_order(connection: Connection, order_id: str) -> tuple[str, str, str, dict[str, Decimal]]:
    charges = Charge.objects.filter(connection=connection, order_id=order_id).exclude(captured=0)
    sums: dict[str, dict[str, Decimal]] = {}
    for charge in charges.defer("buyer_ip"):
        own = sums.setdefault(charge.currency, {"captured": _ZERO, "refunded": _ZERO})
        own["captured"] += charge.captured
        own["refunded"] += charge.refunded
    # One order is in one currency; where it is not, nothing is added up.
    currency, sold = next(iter(sums.items())) if len(sums) == 1 else ("", {})
    return order_id, order_id, currency, sold


def _sold(money: Mapping[str, str]) -> dict[str, Decimal]:
    found = {}
    for name, text in money.items():
        try:
            found[name] = Decimal(text)
        except InvalidOperation:
            continue
    return found


def _standing(real: Sequence[LedgerEntry], *, known: bool) -> Standing:
    if not real:
        return Standing.NOT_SETTLED_YET if known else Standing.UNKNOWN
    paid = {one.payout is not None and one.payout.state == Payout.State.PAID for one in real}
    if paid == {True}:
        return Standing.PAID_OUT
    return Standing.PARTLY_PAID_OUT if True in paid else Standing.SETTLED


def _line(one: LedgerEntry) -> MoneyLine:
    return MoneyLine(
        kind=one.kind,
        component=one.component,
        currency=one.currency,
        amount=one.amount,
        row_id=one.row_id,
        statement_id=one.statement.statement_id if one.statement else "",
        payout_id=one.payout.payout_id if one.payout else "",
        expected=one.expected,
        in_settlement=one.in_settlement,
    )


def _sums(entries: Sequence[LedgerEntry]) -> dict[str, Decimal]:
    found: dict[str, Decimal] = defaultdict(Decimal)
    for one in entries:
        found[one.currency] += one.amount
    return dict(found)


def _shares(
    connection: Connection, payout: Payout, order_ids: Sequence[str]
) -> tuple[OrderShare, ...]:
    rows = LedgerEntry.objects.filter(
        connection=connection,
        order_id__in=order_ids,
        payout=payout,
        currency=payout_currency(payout),
        in_settlement=True,
        expected=False,
    )
    kinds: dict[str, dict[str, Decimal]] = defaultdict(dict)
    saleor: dict[str, str] = {}
    grouped = rows.values("order_id", "saleor_order_id", "kind").annotate(total=Sum("amount"))
    for row in grouped:
        own = kinds[row["order_id"]]
        own[row["kind"]] = own.get(row["kind"], _ZERO) + row["total"]
        saleor[row["order_id"]] = row["saleor_order_id"] or saleor.get(row["order_id"], "")
    return tuple(
        OrderShare(one, saleor.get(one, ""), sum(kinds[one].values(), _ZERO), kinds[one])
        for one in order_ids
    )


def _differences(connection: Connection, area: str, subject: str) -> tuple[OpenDifference, ...]:
    rows = Difference.objects.filter(connection=connection, area=area, subject=subject)
    return tuple(
        OpenDifference(
            code=row.code,
            state=row.state,
            words=CLASSES[row.code].words,
            cure=CLASSES[row.code].cure,
            currency=row.currency,
            amount=row.amount,
            ours=row.ours,
            theirs=row.theirs,
        )
        for row in rows.exclude(state=Difference.State.GONE).order_by("code")
        if row.code in CLASSES
    )
