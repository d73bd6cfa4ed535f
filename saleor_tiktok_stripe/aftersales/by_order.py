"""Refund an order, whoever holds the money: Stripe's payment or the marketplace's is found, lines
become an amount, and the room's own requests are made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

from ..errors import InvalidInput
from ..models import Charge, Connection, MarketplaceRequest, OrderLink, RefundRequest
from ..saleor_api import get_saleor
from ..saleor_api.types import OrderLineState
from ..stripe_api.money import PRECISIONS, TWO
from .cases import by_api
from .refunding import refund
from .request_keys import fitting


@dataclass(frozen=True)
class Refundable:
    """Whose money would go back: one of the two."""

    charge: Charge | None = None
    link: OrderLink | None = None


@dataclass(frozen=True)
class Wish:
    """What somebody wants given back: ``amount``, or what ``lines`` (Saleor line id -> quantity)
    come to, or all that is left. ``request_key``: the same again is the same refund."""

    amount: Decimal | None = None
    lines: Mapping[str, int] = field(default_factory=dict)
    reason: str = ""
    note: str = ""
    request_key: str = ""


@dataclass(frozen=True)
class OrderRefund:
    """What came of it. ``request`` is what was written down, now or before under the same key; None
    in a dry run of something new. ``amount`` would go back (zero where ``refused``), ``left`` could
    be asked for (both None where nothing was only checked)."""

    currency: str
    request: RefundRequest | MarketplaceRequest | None = None
    amount: Decimal | None = None
    left: Decimal | None = None
    refused: tuple[InvalidInput, ...] = ()


def refund_order(
    connections: Sequence[Connection],
    *,
    order_id: str,
    transaction_id: str = "",
    wish: Wish,
    actor: str,
    dry_run: bool = False,
) -> OrderRefund:
    """Give money of an order (Saleor's id) back; of ``transaction_id`` (Saleor's) where it has more
    than one payment. Nothing is sent here: the job that does it is asked for. ``dry_run``: the same
    checks, nothing is written.

    Raises ``InvalidInput`` (``PAYMENT_NOT_FOUND``, ``PAYMENT_AMBIGUOUS``, ``ORDER_LINE_UNKNOWN``,
    ``REFUND_AMOUNT_OR_LINES``, ``QUANTITY_INVALID``, ``REQUEST_KEY_TOO_LONG``, and what refunds of
    the payment raise), and what the marketplace's client and Saleor raise.
    """
    _check(wish)
    found = find_payment(connections, order_id, transaction_id)
    if found.charge is not None:
        return _of_charge(found.charge, order_id, wish, actor, dry_run=dry_run)
    assert found.link is not None  # noqa: S101  (one of the two)
    return _of_marketplace(found.link, wish, actor, dry_run=dry_run)


def find_payment(
    connections: Sequence[Connection], order_id: str, transaction_id: str = ""
) -> Refundable:
    """The payment of an order. Raises ``InvalidInput``."""
    charges = _charges(connections, order_id)
    links = list(
        OrderLink.objects.select_related("connection").filter(
            connection__in=connections, saleor_order_id=order_id
        )
    )
    if transaction_id:
        charges = [one for one in charges if one.transaction_id == transaction_id]
        links = [one for one in links if _is_of(one, transaction_id)]
    if len(charges) + len(links) == 1:
        return Refundable(charges[0]) if charges else Refundable(link=links[0])
    if charges or links:
        known = ", ".join(one.transaction_id for one in charges)
        raise InvalidInput(
            "PAYMENT_AMBIGUOUS",
            f"This order was paid in several payments. Name the transaction to refund: {known}.",
            field="transaction",
        )
    raise InvalidInput(
        "PAYMENT_NOT_FOUND",
        "This channel's accounts have no payment of this order, or not with this transaction.",
        field="transaction" if transaction_id else "order",
    )


def _charges(connections: Sequence[Connection], order_id: str) -> list[Charge]:
    """Those with money; where none was assigned to the order yet, those that Saleor has with it."""
    rows = Charge.objects.select_related("connection").filter(connection__in=connections)
    found = list(rows.filter(order_id=order_id))
    if not found:
        order = get_saleor().orders([order_id]).get(order_id)
        ids = [one.id for one in order.transactions] if order is not None else []
        found = list(rows.filter(transaction_id__in=ids))
    with_money = [one for one in found if one.captured > 0]
    return with_money or found[:1]


def _is_of(link: OrderLink, transaction_id: str) -> bool:
    found = get_saleor().transaction(transaction_id)
    return found is not None and found.order_id == link.saleor_order_id


def _of_charge(
    charge: Charge, order_id: str, wish: Wish, actor: str, *, dry_run: bool
) -> OrderRefund:
    amount = _amount_of(order_id, wish.lines, charge.currency) if wish.lines else wish.amount
    if not dry_run:
        row = refund(
            charge,
            amount,
            reason=wish.reason,
            note=wish.note,
            actor=actor,
            request_key=wish.request_key,
        )
        return OrderRefund(row.currency, row)
    check = refund(
        charge,
        amount,
        reason=wish.reason,
        note=wish.note,
        actor=actor,
        request_key=wish.request_key,
        dry_run=True,
    )
    return OrderRefund(check.currency, check.earlier, check.amount, check.left, check.refused)


def _of_marketplace(link: OrderLink, wish: Wish, actor: str, *, dry_run: bool) -> OrderRefund:
    pieces = Counter(link.line_map.values())
    for line_id, quantity in wish.lines.items():
        if line_id not in pieces:
            raise _no_line(line_id)
        if quantity > pieces[line_id]:
            raise _wrong_quantity()
    if not dry_run:
        row = by_api.ask_refund(
            link,
            wish.amount,
            lines=wish.lines,
            note=wish.note,
            actor=actor,
            request_key=wish.request_key,
        )
        return OrderRefund(row.currency, row)
    earlier = by_api.earlier_of(link, wish.amount, wish.lines, wish.request_key)
    amount, left, currency, refused = by_api.check_refund(link, wish.amount, lines=wish.lines)
    if earlier is not None:
        return OrderRefund(currency, earlier, Decimal(0), left)
    return OrderRefund(currency, None, amount, left, refused)


def _check(wish: Wish) -> None:
    if wish.amount is not None and wish.lines:
        raise InvalidInput(
            "REFUND_AMOUNT_OR_LINES", "Name an amount or lines, not both.", field="lines"
        )
    if any(quantity < 1 for quantity in wish.lines.values()):
        raise _wrong_quantity()
    fitting(wish.request_key)


def _amount_of(order_id: str, lines: Mapping[str, int], currency: str) -> Decimal:
    """What was paid for these lines, with tax and after discounts; a part of a line is rounded to
    the currency. Raises ``InvalidInput``."""
    order = get_saleor().orders([order_id]).get(order_id)
    known = {line.id: line for line in order.lines} if order is not None else {}
    total = Decimal(0)
    for line_id, quantity in lines.items():
        if line_id not in known:
            raise _no_line(line_id)
        total += _share(known[line_id], quantity, currency)
    return total


def _share(line: OrderLineState, quantity: int, currency: str) -> Decimal:
    if quantity > line.quantity:
        raise _wrong_quantity()
    precision = PRECISIONS.get(currency, TWO)
    share = line.total_gross * quantity / line.quantity
    unit = Decimal(1).scaleb(-precision.exponent)
    return share.quantize(unit, ROUND_HALF_UP)


def _no_line(line_id: str) -> InvalidInput:
    return InvalidInput("ORDER_LINE_UNKNOWN", f"The order has no line {line_id}.", field="lines")


def _wrong_quantity() -> InvalidInput:
    return InvalidInput(
        "QUANTITY_INVALID",
        "A quantity is at least 1 and at most that of the order's line.",
        field="lines",
    )
