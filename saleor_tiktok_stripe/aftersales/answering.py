"""Sending an answer or an acceptance to Stripe: once, and never again when it arrived.

Before each try Stripe is asked where the dispute stands: an answer whose confirmation was lost
shows in its count of submissions. Handler of ``dispute.answer``; the subject is the dispute's id.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from .. import accounts, jobs
from ..errors import ChannelError, InDoubt, NeedsReauthorization, Problem, RetryLater
from ..jobs import ClaimedJob, Done, Park, Result, clock
from ..models import Connection, Dispute, DisputeEvidence, EvidenceState
from ..stripe_api import types as stripe
from ..stripe_api.client import StripeClient
from ..stripe_api.errors import PermissionMissing, Refused
from ..stripe_api.idempotency import ANSWERED_WITH_FAILURE, KEY_HOLDS
from ..stripe_api.types import DisputeState
from . import problems
from .refunding import SYNC
from .sending import FAILURE_SETTLES
from .uploading import body_of, upload_missing

_SENDING = (EvidenceState.SUBMITTING, EvidenceState.IN_DOUBT)


def answer(connection: Connection | None, claimed: Sequence[ClaimedJob]) -> Mapping[int, Result]:
    """Handler of ``dispute.answer``."""
    if connection is None:
        return {}
    return {job.id: _answer(connection, job.subject) for job in claimed}


def _answer(connection: Connection, dispute_id: str) -> Result:
    held = (
        DisputeEvidence.objects.select_related("dispute__charge")
        .filter(dispute__connection=connection, dispute__dispute_id=dispute_id)
        .first()
    )
    if held is None:
        return Done(outcome="skipped")
    client = accounts.stripe_client(connection)
    try:
        if held.state in _SENDING:
            problem = _submit(client, held)
        elif held.state == EvidenceState.ACCEPTING:
            problem = _accept(client, held)
        else:
            return Done(outcome="skipped")
    except PermissionMissing as error:
        return Park(problems.permission_missing(error.message, error.permission))
    jobs.enqueue(SYNC, connection, held.dispute.charge.payment_id, lane=jobs.LANE_CLICK)
    return Park(problem) if problem is not None else Done()


def _submit(client: StripeClient, held: DisputeEvidence) -> Problem | None:
    seen = client.dispute(held.dispute.dispute_id)
    if seen.submission_count and held.state == EvidenceState.IN_DOUBT:
        _submitted(held, seen)
        return None
    went_on = _went_on(seen)
    if went_on is not None:
        return _back_to_draft(held, went_on)
    upload_missing(client, held)
    sent = _mark_in_doubt(held)
    key = f"evidence:{held.key}:submit:{sent['attempt']}"
    try:
        seen = client.submit_evidence(held.dispute.dispute_id, body_of(held), key=key)
    except InDoubt as error:
        _note(held, {**sent, "error": error.code}, error.message)
        raise
    except Refused as error:
        went_on = _went_on(client.dispute(seen.id))
        return _back_to_draft(held, went_on or problems.evidence_refused(seen.id, error.message))
    except (RetryLater, PermissionMissing, NeedsReauthorization) as error:
        if sent["first"]:
            _move(held, EvidenceState.SUBMITTING, error)
        raise
    _submitted(held, seen)
    return None


def _went_on(seen: stripe.Dispute) -> Problem | None:
    """Why it takes no answer; None where it does. It may have gone on while one was on its way."""
    if seen.submission_count:
        return problems.answered_elsewhere(seen.id)
    if not seen.needs_response:
        return problems.not_answerable(seen.id, seen.raw_state)
    return None


def _mark_in_doubt(held: DisputeEvidence) -> dict[str, Any]:
    """Written before the call. A key that Stripe has forgotten, or answers with its own stored
    failure, is given up: it has just said that nothing was submitted."""
    sent = dict(held.sent)
    first = held.state == EvidenceState.SUBMITTING
    now = clock.now()
    if not first and sent.get("at"):
        failed = sent.get("error") == ANSWERED_WITH_FAILURE
        age = now - datetime.fromisoformat(str(sent["at"]))
        if age > (FAILURE_SETTLES if failed else KEY_HOLDS):
            sent |= {"attempt": int(sent["attempt"]) + 1, "at": "", "error": ""}
    sent |= {"at": sent.get("at") or now.isoformat(), "first": first, "body": body_of(held)}
    held.state = EvidenceState.IN_DOUBT
    held.sent = sent
    held.save(update_fields=["state", "sent", "updated_at"])
    return sent


def _submitted(held: DisputeEvidence, seen: stripe.Dispute) -> None:
    with transaction.atomic():
        held.state = EvidenceState.SUBMITTED
        held.submitted_at = clock.now()
        held.message = ""
        held.save(update_fields=["state", "submitted_at", "message", "updated_at"])
        Dispute.objects.filter(pk=held.dispute_id).update(
            submission_count=seen.submission_count, has_evidence=True
        )


def _accept(client: StripeClient, held: DisputeEvidence) -> Problem | None:
    """Closing is asked for by state, not by count: what is lost already is accepted already."""
    seen = client.dispute(held.dispute.dispute_id)
    if seen.needs_response:
        try:
            seen = client.close_dispute(seen.id, key=f"evidence:{held.key}:close")
        except Refused as error:
            seen = client.dispute(seen.id)
            if seen.needs_response:
                return _back_to_draft(held, problems.evidence_refused(seen.id, error.message))
    if seen.state != DisputeState.LOST:
        return _back_to_draft(held, problems.not_answerable(seen.id, seen.raw_state))
    held.state = EvidenceState.ACCEPTED
    held.submitted_at = clock.now()
    held.save(update_fields=["state", "submitted_at", "updated_at"])
    return None


def _back_to_draft(held: DisputeEvidence, problem: Problem) -> Problem:
    """Nothing was sent: it can be edited and sent again, if the bank still takes it."""
    held.state = EvidenceState.DRAFT
    held.message = problem.cause
    held.sent = {}
    held.save(update_fields=["state", "message", "sent", "updated_at"])
    return problem


def _note(held: DisputeEvidence, sent: dict[str, Any], message: str) -> None:
    held.sent, held.message = sent, message
    held.save(update_fields=["sent", "message", "updated_at"])


def _move(held: DisputeEvidence, state: EvidenceState, error: ChannelError) -> None:
    held.state, held.message = state, error.message
    held.save(update_fields=["state", "message", "updated_at"])
