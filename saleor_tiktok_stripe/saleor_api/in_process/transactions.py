"""Payments in Saleor: a transaction as it stands, and what is reported to it.

Saleor's own arithmetic decides the sums (``recalculate_transaction_amounts``): it groups events by
their reference, and where two of a group contradict each other the later ``created_at`` wins.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db import OperationalError, transaction
from django.utils import timezone
from saleor.checkout.lock_objects import checkout_qs_select_for_update
from saleor.order import OrderStatus
from saleor.order.lock_objects import order_qs_select_for_update
from saleor.order.models import Order
from saleor.payment import TransactionEventType
from saleor.payment.lock_objects import transaction_item_qs_select_for_update
from saleor.payment.models import TransactionEvent as EventRow
from saleor.payment.models import TransactionItem
from saleor.payment.utils import create_transaction_event_from_request_and_webhook_response

from ...errors import Parked, Problem, RetryLater
from ..ids import database_id, global_id
from ..own_writes import own_write
from ..transactions import EventReport, PaymentTransaction, TransactionEvent
from .execute import execute, usable_app
from .locks import lock_keys

_TICK: Final = timedelta(microseconds=1)


def find(transaction_id: str) -> PaymentTransaction | None:
    """See ``Saleor.transaction``: two queries."""
    item = _item(transaction_id)
    if item is None:
        return None
    order = item.order
    channel = order.channel if order else item.checkout.channel if item.checkout else None
    return PaymentTransaction(
        id=transaction_id,
        channel_slug=channel.slug if channel else "",
        currency=item.currency,
        psp_reference=item.psp_reference or "",
        order_id=global_id("Order", order.pk) if order else "",
        order_number=str(order.number) if order else "",
        checkout_id=global_id("Checkout", item.checkout_id) if item.checkout_id else "",
        app_identifier=item.app_identifier or "",
        actions=tuple(action.upper() for action in item.available_actions),
        events=[_event(row) for row in item.events.order_by("created_at", "pk")],
        **_sums(item),
    )


def _item(transaction_id: str) -> TransactionItem | None:
    token = database_id("TransactionItem", transaction_id)
    rows = TransactionItem.objects.filter(token=token) if token else TransactionItem.objects.none()
    return rows.select_related("order__channel", "checkout__channel").first()


def _sums(item: TransactionItem) -> dict[str, Decimal]:
    return {
        "authorized": item.authorized_value,
        "charged": item.charged_value,
        "refunded": item.refunded_value,
        "canceled": item.canceled_value,
        "authorize_pending": item.authorize_pending_value,
        "charge_pending": item.charge_pending_value,
        "refund_pending": item.refund_pending_value,
        "cancel_pending": item.cancel_pending_value,
    }


def _event(row: EventRow) -> TransactionEvent:
    return TransactionEvent(
        type=row.type.upper(),
        psp_reference=row.psp_reference or "",
        amount=row.amount_value,
        message=row.message or "",
        created_at=row.created_at,
        counts=row.include_in_calculations,
    )


@contextmanager
def exclusive(transaction_id: str) -> Iterator[None]:
    """See ``Saleor.exclusive_transaction``. Waits for writers of Saleor's own as well.

    Locks in Saleor's own order: checkout, order, transaction. Its mutation alone would lock the
    transaction before the order, and stand against its other mutations once it runs in here.
    """
    try:
        with own_write(), transaction.atomic():
            lock_keys([f"transaction:{transaction_id}"])
            _lock_rows(transaction_id)
            yield
    except OperationalError as error:
        raise RetryLater(
            "SALEOR_DATABASE_BUSY", "Saleor's database was busy; it is tried again."
        ) from error


def _lock_rows(transaction_id: str) -> None:
    item = _item(transaction_id)
    if item is None:
        return
    if item.checkout_id:
        checkout_qs_select_for_update().filter(pk=item.checkout_id).first()
        item.refresh_from_db(fields=["order"])  # the checkout may have become an order meanwhile
    if item.order_id:
        order_qs_select_for_update().filter(pk=item.order_id).first()
    transaction_item_qs_select_for_update().filter(pk=item.pk).first()


def report(transaction_id: str, events: Sequence[EventReport], actions: Sequence[str]) -> None:
    """See ``Saleor.report_events``. ``Parked`` when the transaction does not exist any more.

    Looked up first: Saleor answers a known reference with another amount by a failure event, and
    writes an INFO or an ACTION_REQUIRED again each time it is told.
    """
    with exclusive(transaction_id):
        item = _item(transaction_id)
        if item is None:
            raise _deleted(transaction_id)
        known = set(item.events.values_list("type", "psp_reference"))
        with _stays_canceled(item):
            for new in events:
                if (new.type.lower(), new.psp_reference) not in known:
                    known.add((new.type.lower(), new.psp_reference))
                    _report(item, new, actions)
        item.refresh_from_db(fields=["available_actions"])
        if {name.lower() for name in actions} != set(item.available_actions):
            variables = {"token": str(item.token), "transaction": {"availableActions": actions}}
            execute("transactionUpdate", variables)


@contextmanager
def _stays_canceled(item: TransactionItem) -> Iterator[None]:
    """Saleor opens an order again that is paid in full, also one that staff cancelled: a dispute
    won, a refund that failed or a late payment would (``update_order_status``, 3.20-3.24). Its row
    is locked by us meanwhile.
    """
    rows = Order.objects.filter(pk=item.order_id) if item.order_id else Order.objects.none()
    canceled = rows.filter(status=OrderStatus.CANCELED).exists()
    yield
    if canceled:
        rows.exclude(status=OrderStatus.CANCELED).update(status=OrderStatus.CANCELED)


def _report(item: TransactionItem, new: EventReport, actions: Sequence[str]) -> None:
    execute(
        "transactionEventReport",
        {
            "token": str(item.token),
            "type": new.type,
            "pspReference": new.psp_reference,
            "amount": str(new.amount),
            "message": new.message,
            "time": _time(item, new).isoformat(),
            "externalUrl": new.external_url,
            "availableActions": list(actions),
        },
    )


def _time(item: TransactionItem, new: EventReport) -> datetime:
    """When it happened, but after what is known of the same reference: gateways tell whole
    seconds, and a success dated before its request would leave a granted refund pending for good.
    """
    at = new.happened_at or timezone.now()
    rows = item.events.filter(psp_reference=new.psp_reference).order_by("-created_at")
    newest = rows.values_list("created_at", flat=True).first()
    return max(at, newest + _TICK) if newest else at


def attach_reference(event_id: str, psp_reference: str) -> None:
    """See ``Saleor.attach_reference``: as the answer of a payment app that works asynchronously.

    Done once. A report that came first (a notification is faster than an answer at times) did not
    find the granted refund of this request: it is linked here. ``Parked`` when the request is gone.
    """
    request = _request(event_id)
    with exclusive(global_id("TransactionItem", request.transaction.token)):
        request = _request(event_id)
        if request.psp_reference == psp_reference and request.include_in_calculations:
            return
        if request.related_granted_refund_id:
            _link_granted_refund(request, psp_reference)
        create_transaction_event_from_request_and_webhook_response(
            request, usable_app(), {"pspReference": psp_reference}
        )


def _request(event_id: str) -> EventRow:
    rows = EventRow.objects.select_related("transaction__order", "transaction__checkout")
    found = rows.filter(pk=database_id("TransactionEvent", event_id)).first()
    if found is None:
        raise _deleted(event_id)
    return found


def _link_granted_refund(request: EventRow, psp_reference: str) -> None:
    """Saleor tells a granted refund's status by the latest of its events."""
    early = EventRow.objects.filter(
        transaction_id=request.transaction_id,
        psp_reference=psp_reference,
        type__in=TransactionEventType.REFUND_RELATED_EVENT_TYPES,
        related_granted_refund=None,
    ).exclude(pk=request.pk)
    for row in early:
        row.related_granted_refund_id = request.related_granted_refund_id
        row.created_at = max(row.created_at, request.created_at + _TICK)
        row.save(update_fields=["related_granted_refund", "created_at"])


def _deleted(name: str) -> Parked:
    params: dict[str, Any] = {"id": name}
    return Parked(
        Problem(
            code="TRANSACTION_DELETED",
            stage="follow",
            cause="The payment's transaction does not exist in Saleor any more.",
            cure="Nothing can be reported to it, and nothing needs to be done.",
            params=params,
        )
    )
