"""Looking after disputes without being told: new ones, open ones, deadlines. Handler of
``disputes.watch``.

Stripe lists disputes by nothing but their age, so those since the last look are listed, and open
ones looked at again. What is read here is not kept: it only says which payment to look at.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q

from .. import accounts, jobs
from ..accounts import audit
from ..errors import Parked
from ..jobs import ClaimedJob, Done, Result, clock
from ..models import (
    Charge,
    Connection,
    Dispute,
    DisputeEvidence,
    EvidenceState,
    RefundRequest,
    RequestState,
    SyncCursor,
)
from ..saleor_api import Saleor, get_saleor
from ..stripe_api.client import StripeClient
from .disputes import ANSWER
from .recording import CLOSED, TELL
from .refunding import REFUND, SYNC
from .telling import GONE, order_of
from .words import NEEDS_RESPONSE, deadline_note

CURSOR: Final = "disputes.opened"
FIRST_LOOK: Final = timedelta(days=120)
"""About as long as a card payment can be disputed."""
OVERLAP: Final = timedelta(days=1)
EVERY: Final = timedelta(hours=1)
"""How often Stripe is asked; deadlines are looked at each time."""
WARN_HOURS: Final = (168, 72, 24, 6)
LOST_AFTER: Final = timedelta(minutes=10)
AT_ONCE: Final = 200
_TO_SEND: Final = (
    EvidenceState.SUBMITTING,
    EvidenceState.IN_DOUBT,
    EvidenceState.ACCEPTING,
)
_UNDER_WAY: Final = frozenset(
    {
        EvidenceState.SUBMITTING,
        EvidenceState.IN_DOUBT,
        EvidenceState.SUBMITTED,
        EvidenceState.ACCEPTING,
        EvidenceState.ACCEPTED,
    }
)


@dataclass(frozen=True)
class Deadline:
    """A dispute that waits for an answer. ``hours``: whole hours left, negative when it is over."""

    dispute_id: str
    order_number: str
    reason: str
    due_by: datetime
    hours: int
    staged: bool
    auto_submits: bool


def watch(connection: Connection | None, claimed: Sequence[ClaimedJob]) -> Mapping[int, Result]:
    """Handler of ``disputes.watch``."""
    if connection is None:
        return {}
    cursor = SyncCursor.of(connection, CURSOR)
    looked = 0
    now = clock.now()
    if cursor.high_water is None or now - cursor.high_water >= EVERY:
        looked = look_again(connection, accounts.stripe_client(connection), cursor, now)
    woken = wake_requests(connection, now)
    warned = warn(connection, get_saleor(), now)
    result = Done(note=f"looked={looked} woken={woken} warned={warned}")
    return {job.id: result for job in claimed}


def look_again(
    connection: Connection, client: StripeClient, cursor: SyncCursor, now: datetime
) -> int:
    """Have every payment looked at that has a new, a changed or an open dispute; how many.

    The cursor moves once all were listed; disputes of payments that are not ours are passed over.
    """
    since = cursor.high_water - OVERLAP if cursor.high_water else now - FIRST_LOOK
    known = dict(
        Dispute.objects.filter(connection=connection).values_list("dispute_id", "raw_state")
    )
    changed = {
        seen.payment_id
        for seen in client.disputes_since(since)
        if seen.payment_id and known.get(seen.id) != seen.raw_state
    }
    ours = Charge.objects.filter(connection=connection, payment_id__in=changed)
    here = Charge.within_reach(connection, "charge__")
    open_ = Dispute.objects.filter(here, connection=connection).exclude(state__in=CLOSED)
    payments = {
        *ours.values_list("payment_id", flat=True),
        *open_.values_list("charge__payment_id", flat=True),
    }
    jobs.enqueue_many(SYNC, connection, sorted(payments))
    jobs.enqueue_many(TELL, connection, list(open_.values_list("dispute_id", flat=True)))
    cursor.high_water = now
    cursor.save()
    return len(payments)


def wake_requests(connection: Connection, now: datetime) -> int:
    """Refunds and answers that nobody works on (their job was given up, or ended by a disconnect);
    how many. Those in doubt at another account wait until that is back."""
    lost = now - LOST_AFTER
    here = Charge.within_reach(connection, "charge__")
    refunds = RefundRequest.objects.filter(
        Q(state=RequestState.WAITING) | Q(state=RequestState.IN_DOUBT) & here,
        charge__connection=connection,
        updated_at__lt=lost,
    )
    answers = DisputeEvidence.objects.filter(
        Charge.within_reach(connection, "dispute__charge__"),
        dispute__connection=connection,
        state__in=_TO_SEND,
        updated_at__lt=lost,
    )
    keys = {str(key) for key in refunds.values_list("charge__key", flat=True)[:AT_ONCE]}
    ids = set(answers.values_list("dispute__dispute_id", flat=True)[:AT_ONCE])
    jobs.enqueue_many(REFUND, connection, sorted(keys))
    jobs.enqueue_many(ANSWER, connection, sorted(ids))
    return len(keys) + len(ids)


def deadlines(connections: Iterable[Connection], now: datetime | None = None) -> list[Deadline]:
    """Disputes that wait for an answer which was not sent yet, the most urgent first."""
    at = now or clock.now()
    found = _waiting(Q(connection__in=list(connections)))
    return [_deadline(dispute, at) for dispute in found if dispute.due_by is not None]


def warn(connection: Connection, saleor: Saleor, now: datetime) -> int:
    """Write a note on the orders of disputes that are soon due, once for each of ``WARN_HOURS``;
    how many. What is noted commits with the note where Saleor is in this process."""
    warned = 0
    for dispute in _waiting(Q(connection=connection)):
        if dispute.due_by is None or dispute.due_by <= now:
            continue
        reached = [h for h in WARN_HOURS if dispute.due_by - now <= timedelta(hours=h)]
        if reached and min(reached) not in dispute.warned:
            _warn(saleor, dispute, min(reached), reached)
            warned += 1
    return warned


def _waiting(where: Q) -> list[Dispute]:
    rows = Dispute.objects.select_related("charge", "connection", "evidence")
    found = rows.filter(where, state__in=NEEDS_RESPONSE, due_by__isnull=False, submission_count=0)
    return [
        dispute
        for dispute in found.order_by("due_by", "pk")
        if not hasattr(dispute, "evidence") or dispute.evidence.state not in _UNDER_WAY
    ]


def _deadline(dispute: Dispute, now: datetime) -> Deadline:
    due_by = dispute.due_by or now
    return Deadline(
        dispute.dispute_id,
        dispute.charge.order_number,
        dispute.reason,
        due_by,
        int((due_by - now).total_seconds() // 3600),
        dispute.has_evidence,
        dispute.auto_submits,
    )


def _warn(saleor: Saleor, dispute: Dispute, hours: int, reached: Sequence[int]) -> None:
    order_id = order_of(saleor, dispute.charge)
    note = deadline_note(dispute.dispute_id, dispute, hours, dispute.has_evidence)
    if not order_id:
        _mark(dispute, hours, reached)
        return
    try:
        with saleor.exclusive(order_id):
            saleor.add_note(order_id, note)
            _mark(dispute, hours, reached)
    except Parked as error:
        if error.code not in GONE:
            raise
        _mark(dispute, hours, reached)


def _mark(dispute: Dispute, hours: int, reached: Sequence[int]) -> None:
    dispute.warned = sorted({*dispute.warned, *reached}, reverse=True)
    dispute.save(update_fields=["warned"])
    audit.record(
        "dispute.deadline",
        dispute.connection,
        accounts.SYSTEM,
        subject=dispute.dispute_id,
        data={"hours": str(hours), "due_by": f"{dispute.due_by:%Y-%m-%dT%H:%MZ}"},
    )
