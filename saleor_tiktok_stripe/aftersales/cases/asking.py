"""Staff ask in Saleor for a refund of money that the marketplace holds: checked by what is known
here, written down, and carried out by the job ``case.open``."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from django.db import transaction

from ... import jobs
from ...accounts import audit
from ...errors import InvalidInput
from ...models import (
    OPEN_REQUESTS,
    ConnectionState,
    MarketplaceRequest,
    OrderLink,
)
from ...saleor_api import get_saleor
from ...saleor_api.transactions import ActionRequest, PaymentTransaction
from ..words import money
from .problems import problem

OPEN: Final = "case.open"
PREFIX: Final = "tiktok:"


def request_refund(request: ActionRequest) -> bool:
    """Write down that staff want money of the marketplace's transaction given back; once per
    ``request.event_id``.

    False: the transaction is none of an imported order's. Raises ``InvalidInput`` when it cannot be
    done, in words that say what to do instead; what only the marketplace knows is answered by the
    job. Calls no marketplace.
    """
    found = get_saleor().transaction(request.transaction_id)
    reference = found.psp_reference if found else request.psp_reference
    link = _link(request, reference)
    if found is None or link is None:
        return False
    if MarketplaceRequest.objects.filter(saleor_event=request.event_id).exists():
        return True
    if reference != f"{PREFIX}{link.order_id}":
        raise refusal("PLATFORM_DISCOUNT")
    if link.connection.state != ConnectionState.ACTIVE:
        raise refusal("SHOP_NOT_CONNECTED")
    if request.currency.upper() != found.currency:
        raise InvalidInput(
            "REFUND_CURRENCY", f"The payment is in {found.currency}.", field="currency"
        )
    _write_down(link, request, found)
    return True


def _link(request: ActionRequest, reference: str) -> OrderLink | None:
    if not reference.startswith(PREFIX):
        return None
    order_id = reference.removeprefix(PREFIX).partition(":")[0]
    rows = OrderLink.objects.select_related("connection").filter(
        order_id=order_id, connection__channel_slug=request.channel_slug
    )
    return rows.first()


def refusal(code: str, **params: object) -> InvalidInput:
    """A problem of the table, as it is said to who asks."""
    why = problem(code, **params)
    return InvalidInput(why.code, f"{why.cause} {why.cure}")


def _write_down(link: OrderLink, request: ActionRequest, found: PaymentTransaction) -> None:
    with transaction.atomic():
        OrderLink.objects.select_for_update(no_key=True).get(pk=link.pk)
        amount = allowed(link, request.amount, found)
        row, created = MarketplaceRequest.objects.get_or_create(
            saleor_event=request.event_id,
            defaults={
                "connection": link.connection,
                "kind": MarketplaceRequest.Kind.RETURN,
                "order_id": link.order_id,
                "subject": f"event:{request.event_id}",
                "body": {"lines": dict(request.lines)},
                "amount": amount,
                "currency": found.currency,
                "actor": request.actor,
                "transaction_id": request.transaction_id,
                "granted_refund_id": request.granted_refund_id,
            },
        )
        if not created:
            return
        jobs.enqueue(OPEN, link.connection, link.order_id, lane=jobs.LANE_CLICK)
        audit.record(
            "refund.request",
            link.connection,
            row.actor,
            subject=str(row.key),
            data={"amount": money(amount, found.currency), "order": link.order_id},
        )


def allowed(link: OrderLink, amount: Decimal | None, found: PaymentTransaction) -> Decimal:
    """The amount (None: all), checked against what Saleor has as charged less what is asked for
    already. Raises ``InvalidInput``."""
    if found.charged <= 0 and found.authorized > 0:
        raise refusal("NOT_COLLECTED_YET", order=link.order_id)
    left = left_of(found)
    amount = left if amount is None else amount
    if amount <= 0 or amount > left:
        raise refusal(
            "REFUND_ABOVE_LEFT",
            amount=money(amount, found.currency),
            left=money(left, found.currency),
        )
    return amount


def left_of(found: PaymentTransaction) -> Decimal:
    """What could be asked for, by what Saleor knows."""
    rows = MarketplaceRequest.objects.filter(transaction_id=found.id, state__in=OPEN_REQUESTS)
    asked = sum((row.amount for row in rows if row.amount is not None), Decimal(0))
    return max(found.charged - asked, Decimal(0))
