"""What Stripe's notifications did not bring: its list of events, read again and again.

Stripe keeps events for 30 days. The cursor is a time up to which all events were taken in; every
run starts a little earlier. Events are left alone for the first minutes, so that one that is new
here never arrived as a notification: then the endpoint is off, or its secret is wrong.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from .. import accounts, conf, inbox, jobs
from ..accounts import Finding, Severity
from ..jobs import Again, ClaimedJob, Done, Result, clock
from ..models import Charge, Connection, SyncCursor
from ..stripe_api.client import StripeClient
from ..stripe_api.webhooks import EVENTS
from .rows import marked_key
from .sweeping import SYNC

log = logging.getLogger("saleor_tiktok_stripe.payments")

CURSOR: Final = "stripe.events"
MISSED: Final = "stripe.events.missed"
"""A row of how many events had to be fetched since notifications last came by themselves."""
OVERLAP: Final = timedelta(minutes=10)
PATIENCE: Final = timedelta(minutes=5)
"""So old an event is when it is taken in here; until then its notification may be on its way."""
FIRST_LOOK: Final = timedelta(hours=1)
STEP: Final = timedelta(hours=6)
"""Stripe lists the newest first, so all of a window is read before any of it is taken in: after a
long outage of a busy shop that would be more than one run can hold."""
KEPT: Final = timedelta(days=29)
"""Stripe keeps events for 30 days."""
REFUNDABLE_FOR: Final = timedelta(days=180)
"""After a longer outage than Stripe remembers, payments of this long are looked at one by one."""
AT_ONCE: Final = 500


def catch_up(connection: Connection | None, claimed: Sequence[ClaimedJob]) -> Mapping[int, Result]:
    """Handler of ``payments.catch_up``."""
    if connection is None:
        return {}
    client = accounts.stripe_client(connection)
    cursor = SyncCursor.of(connection, CURSOR)
    is_new = cursor.high_water is None
    newest = clock.now() - PATIENCE
    since = cursor.high_water or max(connection.created_at, newest - FIRST_LOOK)
    note = ""
    if since < clock.now() - KEPT:
        note = f"looked={_look_at_everything(connection, client, since)} "
        since = clock.now() - KEPT
    until = min(newest, since + STEP)
    seen, missed = _take_in(connection, client, since, until)
    reached = until_by_stripe(until, clock.now(), client.clock_skew)
    with transaction.atomic():
        cursor.high_water = max(since, reached)
        cursor.save()
        if not is_new:
            _keep_missed(connection, seen, missed)
    done = Done(note=f"{note}seen={seen} missed={missed}")
    result: Result = Again() if reached == until < newest else done
    return {job.id: result for job in claimed}


def until_by_stripe(until: datetime, now: datetime, skew: float | None) -> datetime:
    """How far events were really read. Where our clock is ahead (``skew``: Stripe's minus ours, in
    seconds), ``until`` is in Stripe's future: a cursor there would pass over what happens next."""
    return min(until, now - PATIENCE + timedelta(seconds=min(0.0, skew or 0.0)))


def delivery_problem(connection: Connection) -> Finding | None:
    """What is wrong with the notifications of an account, as last seen; None: they arrive.

    ``STRIPE_EVENTS_MISSING``: events had to be fetched that should have been delivered.
    """
    row = SyncCursor.objects.filter(connection=connection, resource=MISSED).first()
    if row is None or not row.seen or row.window_from is None:
        return None
    return Finding(
        code="STRIPE_EVENTS_MISSING",
        severity=Severity.WARNING,
        subject=CURSOR,
        message=f"Stripe's notifications do not arrive: {row.seen} had to be fetched since "
        f"{row.window_from:%Y-%m-%d %H:%M} UTC. Payments are followed all the same, but late.",
        cure="Verify the Stripe account: that checks and repairs its webhook endpoint. Check that "
        f"{conf.public_url()} can be reached from the internet.",
    )


def _take_in(
    connection: Connection, client: StripeClient, since: datetime, until: datetime
) -> tuple[int, int]:
    """How many events there were in the window, and how many were new here, overlap included."""
    events = [
        one
        for one in client.events(since=since - OVERLAP, until=until, kinds=EVENTS)
        if one.created_at is None or one.created_at <= until
    ]
    missed = 0
    for start in range(0, len(events), AT_ONCE):
        missed += inbox.adopt(connection, events[start : start + AT_ONCE])
    fresh = [one for one in events if one.created_at is None or one.created_at > since]
    return len(fresh), missed


def _keep_missed(connection: Connection, seen: int, missed: int) -> None:
    """Count on while events are missed; a run whose events had all arrived ends it."""
    row = SyncCursor.of(connection, MISSED)
    if missed:
        row.window_from = row.window_from or clock.now()
        row.seen += missed
        log.warning("connection=%s events not delivered: %d", connection.pk, missed)
    elif seen:
        row.window_from, row.seen = None, 0
    row.save()


def _look_at_everything(connection: Connection, client: StripeClient, since: datetime) -> int:
    """No events tell of it any more: look at all payments that something can still happen to, and
    find those that were made meanwhile; how many."""
    known = Charge.objects.filter(
        connection=connection, created_at__gt=clock.now() - REFUNDABLE_FOR
    ).exclude(payment_id="")
    ids = set(known.values_list("payment_id", flat=True))
    ids |= {
        payment.id
        for payment in client.payments(since=since)
        if marked_key(connection, payment) is not None
    }
    ids |= {dispute.payment_id for dispute in client.disputes_since(since)}
    jobs.enqueue_many(SYNC, connection, sorted(ids - {""}))
    return len(ids)
