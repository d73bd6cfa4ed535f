"""Requests of staff whose answer Saleor waits for: over HTTP it must name the reference.

The request is written down and done by its job as anywhere else; this only runs that job now and
looks at what came of it. Asked again (the same event), it looks again and does nothing twice.
Saleor asks six times in about five minutes, then tells staff that it failed: what was not sent by
then, or cannot be before somebody mends something, is refused, so that nothing is done later behind
their backs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final

from django.db import transaction

from .. import jobs
from ..aftersales import request_refund
from ..errors import ChannelError
from ..jobs import clock
from ..models import (
    CaptureRequest,
    Charge,
    Connection,
    ConnectionState,
    Job,
    JobStatus,
    RefundRequest,
    RequestState,
)
from ..saleor_api.refusals import HELD_BY_TIKTOK
from ..saleor_api.transactions import ActionAnswer, ActionKind, ActionRequest
from . import at_marketplace, words
from .requests import request_cancel, request_capture
from .rows import find_charge

ANSWER_SECONDS: Final = 15.0
"""Saleor waits 20 s for an answer, and takes none as a failure."""
GIVE_UP_AFTER: Final = timedelta(minutes=2)
"""Saleor's fifth try comes after 150 s, its last after 310 s (3.20-3.24)."""
_TAKE: Final[Mapping[ActionKind, Callable[[ActionRequest], bool]]] = {
    "CHARGE": request_capture,
    "CANCEL": request_cancel,
    "REFUND": request_refund,
}


def carry_out(request: ActionRequest, *, seconds: float | None = None) -> ActionAnswer | None:
    """Do what staff ask, now; None when it is not known yet what came of it (Stripe is slow, or its
    answer was not seen): Saleor is to ask again, and gets the answer then.
    """
    if _row(request) is None:
        try:
            if not _TAKE[request.kind](request):
                return ActionAnswer(refusal=HELD_BY_TIKTOK, amount=request.amount)
        except ChannelError as error:
            if error.retryable:
                return None
            return ActionAnswer(refusal=error.message, amount=request.amount)
    patience = ANSWER_SECONDS if seconds is None else seconds
    charge = find_charge(request.transaction_id)
    if charge is None:
        return at_marketplace.result_within(request.event_id, patience, GIVE_UP_AFTER)
    kind = "payment.refund" if request.kind == "REFUND" else "payment.act"
    found = jobs.result_within(
        patience, kind, charge.connection, str(charge.key), lambda: _answer(charge, request, kind)
    )
    return found or _given_up(charge, request)


def _row(request: ActionRequest) -> CaptureRequest | RefundRequest | None:
    if request.kind == "REFUND":
        return RefundRequest.objects.filter(saleor_event=request.event_id).first()
    return CaptureRequest.objects.filter(saleor_event=request.event_id).first()


def _answer(charge: Charge, request: ActionRequest, kind: str) -> ActionAnswer | None:
    row = _row(request)
    if row is None:
        return None
    if row.state == RequestState.WAITING:
        hindrance = _hindrance(charge, kind)
        if hindrance:
            return _withdrawn(charge, row, hindrance)
    if row.state == RequestState.REFUSED:
        return ActionAnswer(str(row.key), row.message, row.amount)
    if isinstance(row, RefundRequest):
        return ActionAnswer(row.refund_id) if row.refund_id else None
    return ActionAnswer(charge.payment_id) if row.state == RequestState.SUCCEEDED else None


def _hindrance(charge: Charge, kind: str) -> str:
    """Why nothing is sent until somebody mends it, in words for staff; "" when it is only late."""
    connection = Connection.objects.get(pk=charge.connection_id)
    if connection.state != ConnectionState.ACTIVE:
        return words.NOT_CONNECTED
    parked = Job.objects.filter(
        kind=kind, connection=connection, subject=str(charge.key), status=JobStatus.PARKED
    ).first()
    return str((parked.problem or {}).get("cause", "")) if parked else ""


def _given_up(charge: Charge, request: ActionRequest) -> ActionAnswer | None:
    """Refuse what could not be sent for as long as Saleor is sure to ask once more."""
    row = _row(request)
    if row is None or row.state != RequestState.WAITING:
        return None
    late = clock.now() - row.created_at > GIVE_UP_AFTER
    return _withdrawn(charge, row, words.NOT_REACHED) if late else None


def _withdrawn(
    charge: Charge, row: CaptureRequest | RefundRequest, hindrance: str
) -> ActionAnswer | None:
    """Refuse what was never sent; None when a worker began to send it meanwhile."""
    with transaction.atomic():
        Charge.objects.select_for_update().get(pk=charge.pk)
        waiting = type(row).objects.filter(pk=row.pk, state=RequestState.WAITING)
        if not waiting.update(state=RequestState.REFUSED, message=hindrance):
            return None
    return ActionAnswer(str(row.key), hindrance, row.amount)
