"""Sending refunds: all open ones of a charge, in order, each to Stripe exactly once.

Before each, Stripe is asked what it has: refunds whose answer was lost are found by our key in
their metadata and adopted, and a charge that was disputed meanwhile is not refunded. Only then is
the same key sent (again). A new key is taken only when Stripe certainly did nothing with the old
one: it does not list it, and either has forgotten the key (a day) or answered that it failed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db import transaction

from .. import accounts, jobs
from ..errors import (
    ChannelError,
    InDoubt,
    InvalidInput,
    NeedsReauthorization,
    Parked,
    RetryLater,
)
from ..jobs import ClaimedJob, Done, Park, Result, clock
from ..models import OPEN_REQUESTS, Charge, Connection, RefundRequest, RequestState
from ..saleor_api import get_saleor
from ..saleor_api.transactions import EventReport
from ..stripe_api import types as stripe
from ..stripe_api.client import StripeClient
from ..stripe_api.errors import Declined, PermissionMissing, Refused
from ..stripe_api.idempotency import ANSWERED_WITH_FAILURE, KEY_HOLDS
from . import problems
from .recording import REFUND_KEY, record_refund, set_problem
from .refunding import SYNC, refuse_above_rest, refuse_disputed, refuse_elsewhere, rest
from .reporting import money_moves
from .words import money

FAILURE_SETTLES: Final = timedelta(minutes=10)
"""After this long a request that Stripe answered with a failure of its own has ended: what it did
is listed, and its key would only bring the stored failure back."""
_STRIPE_REASON: Final = frozenset({"duplicate", "fraudulent", "requested_by_customer"})


@dataclass(frozen=True)
class _Ready:
    """A request that is marked as being sent. ``first``: no earlier try of it may have done
    anything."""

    row: RefundRequest
    first: bool


def refund(connection: Connection | None, claimed: Sequence[ClaimedJob]) -> Mapping[int, Result]:
    """Handler of ``payment.refund``; the subject is the charge's key."""
    if connection is None:
        return {}
    return {job.id: _of_charge(connection, job.subject) for job in claimed}


def _of_charge(connection: Connection, key: str) -> Result:
    charge = Charge.objects.get(connection=connection, key=key)
    try:
        sent = send_refunds(connection, charge)
    except PermissionMissing as error:
        return Park(problems.permission_missing(error.message, error.permission))
    except InDoubt as error:
        return error  # of this charge alone: no other waits for it
    return Done(note=f"sent={sent}")


def send_refunds(connection: Connection, charge: Charge) -> int:
    """Send what is open; how many were sent. Raises ``RetryLater`` (also ``InDoubt``), and then
    nothing after that one was sent; ``Parked`` when only another account knows what was done."""
    sent = 0
    if not charge.is_within_reach(connection):
        _refuse_waiting(charge, refuse_elsewhere(charge))
    elif _open(charge):
        sent = _send_open(connection, charge)
    _tell_refusals(charge)
    if not charge.is_within_reach(connection) and _open(charge):
        raise Parked(problems.in_doubt_elsewhere(charge))
    return sent


def _send_open(connection: Connection, charge: Charge) -> int:
    client = accounts.stripe_client(connection)
    sent = 0
    while (ready := _next(client, charge)) is not None:
        sent += _send(client, charge, ready)
    jobs.enqueue(SYNC, connection, charge.payment_id, lane=jobs.LANE_CLICK)
    return sent


def _refuse_waiting(charge: Charge, refusal: ChannelError) -> None:
    with transaction.atomic():
        Charge.objects.select_for_update().get(pk=charge.pk)
        for row in _open(charge):
            if row.state == RequestState.WAITING:
                _refuse(row, refusal)


def _open(charge: Charge) -> list[RefundRequest]:
    rows = RefundRequest.objects.filter(charge=charge, state__in=OPEN_REQUESTS)
    return list(rows.order_by("created_at", "pk"))


@contextmanager
def _locked(charge: Charge) -> Iterator[Charge]:
    """The charge's row in a transaction, after Saleor's of it: whoever follows the payment locks
    both in that order."""
    with get_saleor().exclusive_transaction(charge.transaction_id), transaction.atomic():
        yield Charge.objects.select_for_update().get(pk=charge.pk)


def _next(client: StripeClient, charge: Charge) -> _Ready | None:
    """The oldest request that may be sent, marked as being sent; those that may not are refused."""
    if not _open(charge):
        return None
    refunds = client.refunds(charge.payment_id)
    disputes = client.disputes(charge.payment_id)
    with _locked(charge) as locked:
        rows = list(RefundRequest.objects.filter(charge=locked).order_by("created_at", "pk"))
        for seen in refunds:
            record_refund(locked, seen, rows)
        set_problem(locked, rows, disputes)
        locked.save(update_fields=["problem", "updated_at"])
        for row in rows:
            if row.state not in OPEN_REQUESTS:
                continue
            refusal = _refusal(locked, row, rows, disputes)
            if refusal is None:
                return _marked(row)
            _refuse(row, refusal)
    return None


def _refusal(
    charge: Charge,
    row: RefundRequest,
    rows: Sequence[RefundRequest],
    disputes: Sequence[stripe.Dispute],
) -> ChannelError | None:
    """Why ``row`` must not be sent. Never of one in doubt whose key may still be alive: Stripe
    answers that with what it did."""
    if row.state == RequestState.IN_DOUBT and not _is_over(row):
        return None
    for dispute in disputes:
        held = sum(
            move.amount if move.type == "CHARGE_BACK" else -move.amount
            for move in money_moves(dispute, dispute.currency)
        )
        if held > 0:
            return refuse_disputed(dispute.id)
    left = rest(charge, rows)
    return refuse_above_rest(row.amount, left, row.currency) if row.amount > left else None


def _is_over(row: RefundRequest) -> bool:
    """What was sent under the row's key has ended, so that what is not listed was not done."""
    if row.sent_at is None:
        return True
    if row.error_code == ANSWERED_WITH_FAILURE and row.failed_at is not None:
        return clock.now() - row.failed_at > FAILURE_SETTLES
    return clock.now() - row.sent_at > KEY_HOLDS


def _marked(row: RefundRequest) -> _Ready:
    first = row.state == RequestState.WAITING
    if not first and _is_over(row):
        row.attempt += 1
        row.sent_at = row.failed_at = None
        row.error_code = ""
    row.state = RequestState.IN_DOUBT
    row.sent_at = row.sent_at or clock.now()
    row.save()
    return _Ready(row, first)


def _send(client: StripeClient, charge: Charge, ready: _Ready) -> int:
    row = ready.row
    try:
        seen = client.create_refund(
            charge.payment_id,
            row.amount,
            row.currency,
            reason=row.reason if row.reason in _STRIPE_REASON else "",
            # Only what never changes: another body under the same key would be refused.
            metadata={REFUND_KEY: str(row.key), "saleor_payment": str(charge.key)},
            key=f"refund:{row.key}:{row.attempt}",
        )
    except InDoubt as error:
        _note_doubt(row, error)
        raise
    except (Refused, Declined) as error:
        with transaction.atomic():
            Charge.objects.select_for_update().get(pk=charge.pk)
            row.refresh_from_db()
            if row.state == RequestState.IN_DOUBT:
                _refuse(row, _in_words(error, row))
        return 0
    except (RetryLater, PermissionMissing, NeedsReauthorization):
        # Nothing was done now; whether an earlier try did something stays in doubt.
        if ready.first:
            unsent = RefundRequest.objects.filter(pk=row.pk, state=RequestState.IN_DOUBT)
            unsent.update(state=RequestState.WAITING, sent_at=None)
        raise
    with _locked(charge) as locked:
        record_refund(locked, seen, [RefundRequest.objects.get(pk=row.pk)])
    return 1


def _note_doubt(row: RefundRequest, error: InDoubt) -> None:
    """The same key again soon may bring the answer. One that met a failure of Stripe's twice rests
    until that has settled: each try would begin its time anew."""
    failed_at = None
    if error.code == ANSWERED_WITH_FAILURE:
        failed_at = clock.now()
        if row.error_code == ANSWERED_WITH_FAILURE:
            error.retry_after = FAILURE_SETTLES.total_seconds() + 1
    RefundRequest.objects.filter(pk=row.pk).update(
        error_code=error.code, message=error.message, failed_at=failed_at
    )


def _in_words(error: Refused | Declined, row: RefundRequest) -> ChannelError:
    """Stripe's refusal with what to do instead."""
    if isinstance(error, Declined):
        return error
    if error.stripe_code == "charge_already_refunded":
        return InvalidInput(
            "ALREADY_REFUNDED",
            "Stripe says that all of this payment was refunded already. Nothing is left to do.",
        )
    if error.stripe_code == "charge_disputed":
        return InvalidInput(
            "CHARGE_DISPUTED",
            "The buyer's bank already took this money back: a refund would pay the buyer twice. "
            "Answer the dispute, or accept it to let the buyer keep the money.",
        )
    if error.param == "amount":
        return InvalidInput(
            "REFUND_ABOVE_REST",
            f"{money(row.amount, row.currency)} is more than Stripe has left to refund. "
            f"Stripe says: {error.message}",
        )
    return error


def _refuse(row: RefundRequest, error: ChannelError) -> None:
    row.state = RequestState.REFUSED
    row.error_code = error.code
    row.message = error.message
    row.save()


def _tell_refusals(charge: Charge) -> None:
    """Saleor learns of each refused request of its own, once, under the request's key."""
    rows = RefundRequest.objects.filter(charge=charge, state=RequestState.REFUSED)
    asked = list(rows.exclude(saleor_event="").order_by("created_at", "pk"))
    if not asked:
        return
    saleor = get_saleor()
    with saleor.exclusive_transaction(charge.transaction_id):
        found = saleor.transaction(charge.transaction_id)
        if found is None:
            return
        known = {(event.type, event.psp_reference) for event in found.events}
        missing = [row for row in asked if ("REFUND_FAILURE", str(row.key)) not in known]
        for row in missing:
            saleor.attach_reference(row.saleor_event, str(row.key))
        reports = [
            EventReport("REFUND_FAILURE", str(row.key), row.amount, row.message) for row in missing
        ]
        if reports:
            saleor.report_events(charge.transaction_id, reports, found.actions)
