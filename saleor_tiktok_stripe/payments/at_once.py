"""Requests of staff whose answer Saleor waits for: over HTTP it must name the reference.

The request is written down and done by its job as anywhere else; this only runs that job now and
looks at what came of it. Asked again (the same event), it looks again and does nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from .. import jobs
from ..aftersales import request_refund
from ..errors import ChannelError
from ..models import CaptureRequest, Charge, RefundRequest, RequestState
from ..saleor_api.refusals import HELD_BY_TIKTOK
from ..saleor_api.transactions import ActionAnswer, ActionKind, ActionRequest
from .requests import request_cancel, request_capture
from .rows import find_charge

ANSWER_SECONDS: Final = 15.0
"""Saleor waits 20 s for an answer, and takes none as a failure."""
_TAKE: Final[Mapping[ActionKind, Callable[[ActionRequest], bool]]] = {
    "CHARGE": request_capture,
    "CANCEL": request_cancel,
    "REFUND": request_refund,
}


def carry_out(request: ActionRequest, *, seconds: float = ANSWER_SECONDS) -> ActionAnswer | None:
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
    charge = find_charge(request.transaction_id)
    if charge is None:
        return None
    kind = "payment.refund" if request.kind == "REFUND" else "payment.act"
    return jobs.result_within(
        seconds, kind, charge.connection, str(charge.key), lambda: _answer(charge, request)
    )


def _row(request: ActionRequest) -> CaptureRequest | RefundRequest | None:
    if request.kind == "REFUND":
        return RefundRequest.objects.filter(saleor_event=request.event_id).first()
    return CaptureRequest.objects.filter(saleor_event=request.event_id).first()


def _answer(charge: Charge, request: ActionRequest) -> ActionAnswer | None:
    row = _row(request)
    if row is None:
        return None
    if row.state == RequestState.REFUSED:
        return ActionAnswer(str(row.key), row.message, row.amount)
    if isinstance(row, RefundRequest):
        return ActionAnswer(row.refund_id) if row.refund_id else None
    return ActionAnswer(charge.payment_id) if row.state == RequestState.SUCCEEDED else None
