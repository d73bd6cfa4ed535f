"""What staff ask of a payment (capture, refund, cancel), handed to the room that does it.

Saleor wrote the request down (an event of its own) and asks every plugin of the channel. Its own
webhook plugin comes after ours and would write a failure, as no webhook takes the request: it steps
aside where the request names an owner and no event.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.db import transaction
from saleor.order.models import OrderGrantedRefund
from saleor.payment.interface import TransactionActionData
from saleor.payment.models import TransactionEvent, TransactionItem
from saleor.payment.utils import (
    create_failed_transaction_event,
    recalculate_refundable_for_checkout,
    truncate_transaction_event_message,
    update_order_granted_status_if_needed,
)

from ... import conf
from ...errors import ChannelError
from ..ids import global_id
from ..refusals import HELD_BY_TIKTOK
from ..transactions import ActionKind, ActionRequest
from .app import ensure_app
from .execute import usable_app

Take = Callable[[ActionRequest], bool]

NOT_WRITTEN_DOWN: Final = (
    "The request could not be written down, because of an error on this server. Look at the "
    "payment before you ask again."
)


def is_ours(item: TransactionItem) -> bool:
    """This plugin's App owns the transaction; it may have been installed anew since."""
    owner = item.app_identifier or (item.app.identifier if item.app else "")
    return bool(owner == conf.PLUGIN_ID)


def hand_over(
    asked: TransactionActionData, kind: ActionKind, channel_slug: str, requestor: Any, take: Take
) -> None:
    """Give the request to ``take``, which writes it down and answers True, or False where
    whoever holds the money cannot be asked for it, or raises ``ChannelError``: the last two become
    a failure event with the reason.

    Requests for other apps' transactions are left alone. Calls no vendor.
    """
    if not is_ours(asked.transaction) or not asked.event:
        return
    app = ensure_app()
    try:
        usable_app()
        taken = take(_action_request(asked, kind, channel_slug, requestor))
        refusal = "" if taken else HELD_BY_TIKTOK
    except ChannelError as error:
        refusal = error.message
    except Exception:
        refuse(asked.event, NOT_WRITTEN_DOWN)  # a granted refund would stay pending for good
        raise
    if refusal:
        refuse(asked.event, refusal)
    asked.transaction_app_owner = app
    asked.event = None


def refuse(request: TransactionEvent, reason: str) -> None:
    """Record that a request came to nothing, as Saleor does when a payment app's answer is bad."""
    with transaction.atomic():
        recalculate_refundable_for_checkout(request.transaction, request)
        create_failed_transaction_event(request, truncate_transaction_event_message(reason))
        update_order_granted_status_if_needed(request)


def _action_request(
    asked: TransactionActionData, kind: ActionKind, channel_slug: str, requestor: Any
) -> ActionRequest:
    granted = asked.granted_refund
    return ActionRequest(
        transaction_id=global_id("TransactionItem", asked.transaction.token),
        event_id=global_id("TransactionEvent", asked.event.pk),
        channel_slug=channel_slug,
        kind=kind,
        amount=asked.action_value,
        currency=asked.transaction.currency,
        psp_reference=asked.transaction.psp_reference or "",
        granted_refund_id=global_id("OrderGrantedRefund", granted.pk) if granted else "",
        lines=_lines(granted) if granted else {},
        reason=asked.event.message or (granted.reason if granted else ""),
        actor=_actor(asked.event, requestor),
    )


def _lines(granted: OrderGrantedRefund) -> dict[str, int]:
    rows = granted.lines.order_by("pk").values_list("order_line_id", "quantity")
    return {global_id("OrderLine", line): quantity for line, quantity in rows}


def _actor(request: TransactionEvent, requestor: Any) -> str:
    """Who asks, for the audit log. A checkout left behind is released by Saleor itself."""
    if request.user_id:
        return f"staff:{request.user_id}"
    if request.app_id:
        return f"app:{request.app_id}"
    if not requestor or not requestor.pk:
        return "saleor"
    return f"{'app' if requestor._meta.model_name == 'app' else 'staff'}:{requestor.pk}"
