"""Refunds of money that the marketplace holds, asked for here and not by a refund in Saleor: the
same row and the same job (``case.open``) as those. Saleor sees the refund when the money is back.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from django.db import transaction

from ... import accounts, jobs
from ...accounts import audit
from ...errors import InvalidInput
from ...jobs import LANE_CLICK
from ...models import ConnectionState, MarketplaceRequest, OrderLink
from ...orders.money import ZERO
from ...saleor_api import get_saleor
from ...saleor_api.transactions import PaymentTransaction
from ..words import money
from . import asking
from .deciding import Refusal, Situation, Wanted, decide
from .reading import situation, units_of

_SUBJECT: Final = "api:"


def ask_refund(
    link: OrderLink,
    amount: Decimal | None,
    *,
    lines: Mapping[str, int],
    note: str,
    actor: str,
    request_key: str,
) -> MarketplaceRequest:
    """Write down that ``amount`` (None: of ``lines`` what the buyer paid for them, without lines
    all that is left) is to go back, once per ``request_key``; the job does it.

    Raises ``InvalidInput`` in words that say what to do instead, ``REQUEST_KEY_REUSED``, and with
    lines what the marketplace's client raises.
    """
    earlier = earlier_of(link, amount, lines, request_key)
    if earlier is not None:
        return earlier
    found = _payment(link)
    if amount is None and lines:
        now = _situation(link)
        amount = _price(_units(link, lines, now), now)
    with transaction.atomic():
        OrderLink.objects.select_for_update(no_key=True).get(pk=link.pk)
        earlier = earlier_of(link, amount, lines, request_key)
        if earlier is not None:
            return earlier
        row = MarketplaceRequest(
            connection=link.connection,
            kind=MarketplaceRequest.Kind.RETURN,
            order_id=link.order_id,
            body={"lines": dict(lines), **({"note": note} if note else {})},
            amount=asking.allowed(link, amount, found),
            currency=found.currency,
            actor=actor,
            transaction_id=found.id,
            request_key=request_key,
        )
        row.subject = f"{_SUBJECT}{row.key}"
        row.save()
        jobs.enqueue(asking.OPEN, link.connection, link.order_id, lane=LANE_CLICK)
        data = {"amount": money(row.amount or ZERO, row.currency), "order": link.order_id}
        audit.record("refund.request", link.connection, actor, subject=str(row.key), data=data)
    return row


def check_refund(
    link: OrderLink, amount: Decimal | None, *, lines: Mapping[str, int]
) -> tuple[Decimal, Decimal, str, tuple[InvalidInput, ...]]:
    """What ``ask_refund`` would come to, by the newest state at the marketplace: the amount, what
    is left, the currency, and all that speaks against it. Nothing is written. Raises what the
    marketplace's client raises."""
    found = _payment(link)
    now = _situation(link)
    left = min(now.left, asking.left_of(found))
    try:
        units = _units(link, lines, now)
        wanted = amount if amount is not None else (_price(units, now) if lines else left)
        asking.allowed(link, wanted, found)
    except InvalidInput as refused:
        return ZERO, left, found.currency, (refused,)
    decided = decide(Wanted(wanted, found.currency, units), now)
    if isinstance(decided, Refusal):
        why = decided.problem
        told = InvalidInput(why.code, f"{why.cause} {why.cure}")
        return ZERO, left, found.currency, (told,)
    return wanted, left, found.currency, ()


def earlier_of(
    link: OrderLink, amount: Decimal | None, lines: Mapping[str, int], request_key: str
) -> MarketplaceRequest | None:
    """The request of this key. Raises ``InvalidInput`` (``REQUEST_KEY_REUSED``) where it was used
    for something else."""
    if not request_key:
        return None
    rows = MarketplaceRequest.objects.filter(connection=link.connection, request_key=request_key)
    found = rows.first()
    if found is None:
        return None
    same = found.order_id == link.order_id and bool(found.transaction_id)
    same = same and found.body.get("lines", lines) == lines
    if not same or (amount is not None and found.amount != amount):
        raise InvalidInput(
            "REQUEST_KEY_REUSED",
            "This key was used before, for something else. Use a new key for another refund.",
            field="idempotency_key",
        )
    return found


def _payment(link: OrderLink) -> PaymentTransaction:
    """The buyer's transaction in Saleor. Raises ``InvalidInput``."""
    if link.connection.state != ConnectionState.ACTIVE:
        raise asking.refusal("SHOP_NOT_CONNECTED")
    saleor = get_saleor()
    order = saleor.orders([link.saleor_order_id]).get(link.saleor_order_id)
    known = order.transactions if order is not None else ()
    wanted = f"{asking.PREFIX}{link.order_id}"
    ids = [one.id for one in known if one.psp_reference == wanted]
    found = saleor.transaction(ids[0]) if ids else None
    if found is None:
        raise InvalidInput(
            "PAYMENT_NOT_FOUND",
            "Saleor has no payment of this order that could be refunded.",
            field="order",
        )
    return found


def _situation(link: OrderLink) -> Situation:
    now = situation(link.connection, accounts.client(link.connection), link.order_id)
    if now is None:
        raise InvalidInput(
            "ORDER_MISSING",
            "TikTok does not list this order any more. Look at it in TikTok Seller Center.",
            field="order",
        )
    return now


def _units(link: OrderLink, lines: Mapping[str, int], now: Situation) -> tuple[str, ...]:
    """The units of these lines. Raises ``InvalidInput`` (``NOTHING_LEFT_OF_LINES``) where fewer are
    left than were asked for: less money than somebody named is not what they asked for."""
    found = units_of(link.connection, lines, now)
    if len(found) < sum(lines.values()):
        left = f"Only {len(found)} of these pieces" if found else "Nothing of these lines"
        raise InvalidInput(
            "NOTHING_LEFT_OF_LINES",
            f"{left} can still be refunded: the rest was cancelled or given back.",
            field="lines",
        )
    return found


def _price(unit_ids: tuple[str, ...], now: Situation) -> Decimal:
    """What the buyer paid for these units."""
    return sum((now.prices.get(unit, ZERO) for unit in unit_ids), ZERO)
