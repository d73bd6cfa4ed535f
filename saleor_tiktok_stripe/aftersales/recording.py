"""What was seen at Stripe of a charge's refunds and disputes, written into our rows.

No vendor is called and nothing is reported: the caller holds the charge's transaction in Saleor
and reports (``reporting``). Whatever is seen twice, late or in another order ends in the same rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from .. import jobs
from ..errors import Parked
from ..models import Charge, Connection, Dispute, InboundEvent, RefundRequest, RequestState
from ..saleor_api import get_saleor
from ..stripe_api import types as stripe
from ..stripe_api.types import DisputeState, RefundState
from ..stripe_api.webhooks import parse
from . import problems
from .reporting import disputed_amount, moved_in_foreign_currency

REFUND_KEY: Final = "saleor_refund"
"""Where a refund's metadata at Stripe names our row."""
FRAUD_WARNING: Final = "radar.early_fraud_warning."
TELL: Final = "dispute.tell"
CLOSED: Final = frozenset(
    {DisputeState.WON, DisputeState.LOST, DisputeState.PREVENTED, DisputeState.INQUIRY_CLOSED}
)
"""No answer changes them; Stripe itself may still turn one of them into another."""

REQUEST_STATES: Final = {
    RefundState.PENDING: RequestState.PENDING,
    RefundState.ACTION_REQUIRED: RequestState.PENDING,
    RefundState.SUCCEEDED: RequestState.SUCCEEDED,
    RefundState.FAILED: RequestState.FAILED,
    RefundState.CANCELED: RequestState.CANCELED,
}
_RANKS: Final = {
    RequestState.PENDING: 1,
    RequestState.SUCCEEDED: 2,
    RequestState.FAILED: 3,
    RequestState.CANCELED: 3,
}


def record(
    charge: Charge, refunds: Sequence[stripe.Refund], disputes: Sequence[stripe.Dispute]
) -> None:
    """Bring ``RefundRequest``, ``Dispute`` and ``charge.disputed`` up to date; in a transaction.

    All refunds and disputes of the charge as just read. Refunds made elsewhere get a row with
    source ``stripe``. Sets ``charge.disputed`` and ``charge.problem`` (saved here, and on the
    instance); ``captured`` and ``refunded`` are the caller's, and must be up to date on ``charge``.
    Orders are told of changed disputes by a job (``dispute.tell``) once the caller has committed.
    """
    Charge.objects.select_for_update().get(pk=charge.pk)
    rows = list(RefundRequest.objects.filter(charge=charge))
    for refund in sorted(refunds, key=lambda each: (each.created_at, each.id)):
        record_refund(charge, refund, rows)
    for dispute in disputes:
        _record_dispute(charge, dispute)
    charge.disputed = disputed_amount(disputes, charge.currency, charge.captured or None)
    set_problem(charge, rows, disputes)
    charge.save(update_fields=["disputed", "problem", "updated_at"])


def record_refund(
    charge: Charge, refund: stripe.Refund, rows: list[RefundRequest]
) -> RefundRequest:
    """Bring the row of ``refund`` up to date, or add one to ``rows``; the charge's row is locked.

    A state that was passed already does not come back: what is recorded may be newer than what a
    slow reader brings. Saleor's own record of the request gets the refund's id in the same commit,
    so that whatever is reported for that id finds it (and its granted refund).
    """
    row = _row_of(refund, rows)
    if row is None:
        row = RefundRequest(
            charge=charge,
            amount=refund.amount,
            currency=refund.currency,
            source=RefundRequest.Source.STRIPE,
            reason=refund.reason,
            created_at=refund.created_at,
        )
        rows.append(row)
    if not row.refund_id and row.saleor_event:
        try:
            get_saleor().attach_reference(row.saleor_event, refund.id)
        except Parked as error:
            # A request that was deleted in Saleor waits for no answer.
            if error.code != "TRANSACTION_DELETED":
                raise
    row.refund_id = refund.id
    row.reference = refund.reference or row.reference
    state = REQUEST_STATES.get(refund.state, RequestState.PENDING)
    if _RANKS[state] >= _RANKS.get(RequestState(row.state), 0):
        _move(row, state, refund)
    row.save()
    return row


def set_problem(
    charge: Charge, rows: Iterable[RefundRequest], disputes: Sequence[stripe.Dispute] = ()
) -> None:
    """Say on ``charge`` (not saved) what of its refunds and disputes needs a person, or take that
    back. Problems of other rooms are left alone unless there is a new one."""
    failed = [row for row in rows if row.error_code == problems.REFUND_FAILED]
    foreign = [each for each in disputes if moved_in_foreign_currency(each, charge.currency)]
    if failed:
        charge.problem = _json(problems.refund_failed(failed[-1]))
    elif foreign:
        charge.problem = _json(problems.dispute_currency(foreign[-1]))
    elif charge.problem and charge.problem.get("code") in problems.CHARGE_CODES:
        charge.problem = None


def fraud_warnings(connection: Connection, payment_id: str) -> tuple[str, ...]:
    """Ids of the early fraud warnings that were notified for a payment, oldest first."""
    found = InboundEvent.objects.filter(
        connection=connection, subject=payment_id, event_type__startswith=FRAUD_WARNING
    ).order_by("received_at", "pk")
    ids = [parse(event.body.encode()).object_id for event in found]
    return tuple(dict.fromkeys(each for each in ids if each))


def _row_of(refund: stripe.Refund, rows: Sequence[RefundRequest]) -> RefundRequest | None:
    by_id = [row for row in rows if row.refund_id == refund.id]
    if by_id:
        return by_id[0]
    key = refund.metadata.get(REFUND_KEY, "")
    unnamed = [row for row in rows if not row.refund_id and str(row.key) == key]
    return unnamed[0] if unnamed else None


def _move(row: RefundRequest, state: RequestState, refund: stripe.Refund) -> None:
    newly_failed = state == RequestState.FAILED and row.state != RequestState.FAILED
    row.state = state
    row.failure_reason = refund.failure_reason
    if state == RequestState.SUCCEEDED:
        row.reached_buyer = True
    if newly_failed:
        row.error_code = problems.REFUND_FAILED
        row.message = problems.refund_failed(row).cause
    elif state != RequestState.FAILED:
        row.error_code, row.message = "", ""


def _record_dispute(charge: Charge, seen: stripe.Dispute) -> None:
    row = Dispute.objects.filter(connection_id=charge.connection_id, dispute_id=seen.id).first()
    if row is None:
        row = Dispute(
            connection_id=charge.connection_id,
            charge=charge,
            dispute_id=seen.id,
            opened_at=seen.created_at,
        )
    elif _is_stale(row, seen):
        return
    changed = row.pk is None or _told(row) != (seen.raw_state, seen.due_by)
    _copy(row, seen)
    row.save()
    if changed:
        connection = Connection.objects.get(pk=charge.connection_id)
        jobs.enqueue(TELL, connection, row.dispute_id)


def _is_stale(row: Dispute, seen: stripe.Dispute) -> bool:
    """Read before what is recorded: closed stays closed, an answer stays sent."""
    if row.state in CLOSED and seen.state not in CLOSED:
        return True
    return seen.submission_count < row.submission_count


def _told(row: Dispute) -> tuple[str, datetime | None]:
    return row.raw_state, row.due_by


def _copy(row: Dispute, seen: stripe.Dispute) -> None:
    now = datetime.now(UTC)
    row.state = seen.state.value
    row.raw_state = seen.raw_state
    row.reason = seen.reason
    row.network_reason_code = seen.network_reason_code
    row.is_inquiry = seen.is_inquiry
    row.amount = seen.amount
    row.currency = seen.currency
    row.due_by = seen.due_by
    row.has_evidence = seen.has_evidence
    row.past_due = seen.past_due
    row.submission_count = seen.submission_count
    row.refundable = seen.refundable
    row.auto_submits = seen.auto_submits
    row.eligibility = {
        **seen.eligibility,
        "case_type": seen.case_type,
        "method_type": seen.method_type,
        "brand": seen.brand,
    }
    row.livemode = seen.livemode
    row.withdrawn = _sum(-entry.amount for entry in seen.balance if entry.amount < 0)
    row.reinstated = _sum(entry.amount for entry in seen.balance if entry.amount > 0)
    row.fee = _sum(entry.fee for entry in seen.balance)
    row.settlement_currency = seen.balance[0].currency if seen.balance else ""
    if seen.state in CLOSED:
        row.closed_at = row.closed_at or now
    row.synced_at = now


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))


def _json(problem: Any) -> dict[str, Any]:
    return asdict(problem) | {"params": dict(problem.params)}
