"""Looking again at payments that no event told about, with growing pauses."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce

from .. import accounts, jobs
from ..jobs import ClaimedJob, Done, Result, clock
from ..models import CaptureRequest, Charge, Connection, RequestState
from ..stripe_api.client import StripeClient
from ..stripe_api.errors import NotFound, Refused
from ..stripe_api.types import PaymentState
from .requests import ACT
from .rows import NEVER_MADE, NEW, attach, find_lost

log = logging.getLogger("saleor_tiktok_stripe.payments")

SYNC: Final = "payment.sync"
AT_ONCE: Final = 200
PAUSES: Final = (
    (timedelta(hours=1), timedelta(minutes=5)),
    (timedelta(days=1), timedelta(hours=1)),
    (timedelta(days=7), timedelta(hours=6)),
    (timedelta(days=40), timedelta(days=1)),
)
"""Up to this age of a payment, at least this long between two looks; older ones are left alone."""
LOST_AFTER: Final = timedelta(minutes=10)
"""Since a row was written without an answer of Stripe's."""
LOST_FOR_GOOD: Final = timedelta(hours=24)
ABANDONED_AFTER: Final = timedelta(hours=24)
"""An unpaid payment is cancelled then; one that waits for the buyer elsewhere (a voucher, a bank's
page) is left to Stripe, which ends it itself."""
ENOUGH_SECONDS: Final = 120.0
"""A slow Stripe must not make a sweep run into the workers' time limit; the next one goes on."""
FACTS_FOR: Final = timedelta(days=7)
"""How long a paid one is looked at again for what is booked, or known in Saleor, only later."""

_OPEN: Final = (
    PaymentState.OPEN,
    PaymentState.ACTION_REQUIRED,
    PaymentState.PROCESSING,
    PaymentState.AUTHORIZED,
    PaymentState.UNKNOWN,
)


def sweep(connection: Connection | None, claimed: Sequence[ClaimedJob]) -> Mapping[int, Result]:
    """Handler of ``payments.sweep``. Reads Stripe only for rows that lost its answer."""
    if connection is None:
        return {}
    looked = look_again(connection)
    requested = wake_requests(connection)
    client = accounts.stripe_client(connection)
    found = find_unanswered(connection, client)
    ended = cancel_abandoned(connection, client)
    note = f"looked={looked} acts={requested} found={found} abandoned={ended}"
    return {job.id: Done(note=note) for job in claimed}


def look_again(connection: Connection) -> int:
    """Ask for a look at those whose last one is too long ago for their age; how many."""
    rows = due(connection).order_by("seen_at")[:AT_ONCE]
    ids = list(rows.values_list("payment_id", flat=True))
    jobs.enqueue_many(SYNC, connection, ids)
    return len(ids)


def due(connection: Connection) -> QuerySet[Charge]:
    """Charges to look at again: not at their end, or with facts missing."""
    now = clock.now()
    young = Q(created_at__gt=now - FACTS_FOR)
    unfinished = Q(state__in=_OPEN) | Q(refundrequests__state=RequestState.PENDING)
    incomplete = Q(state=PaymentState.SUCCEEDED) & (Q(fee=None) | Q(order_id="")) & young
    rows = _reached(connection).exclude(payment_id="")
    return _with_last_look(rows).filter(unfinished | incomplete).filter(_long_ago()).distinct()


def _reached(connection: Connection) -> QuerySet[Charge]:
    """Not those of another account that the channel had before, or of test mode before it went
    live: Stripe knows none of them here."""
    return Charge.objects.filter(Charge.within_reach(connection), connection=connection)


def _with_last_look(rows: QuerySet[Charge]) -> QuerySet[Charge]:
    return rows.annotate(seen_at=Coalesce(F("synced_at"), F("created_at")))


def _long_ago() -> Q:
    now, newer = clock.now(), clock.now() + timedelta(days=1)
    found = Q(pk__in=[])
    for age, pause in PAUSES:
        found |= Q(created_at__gt=now - age, created_at__lte=newer, seen_at__lte=now - pause)
        newer = now - age
    return found


def wake_requests(connection: Connection) -> int:
    """Captures and cancellations that nobody works on (their job was given up, or ended by a
    disconnect); how many. Those in doubt at another account wait until that is back."""
    rows = CaptureRequest.objects.filter(
        charge__connection=connection, updated_at__lt=clock.now() - LOST_AFTER
    ).filter(
        Q(state=RequestState.WAITING)
        | Q(state=RequestState.IN_DOUBT) & Charge.within_reach(connection, "charge__")
    )
    keys = {str(key) for key in rows.values_list("charge__key", flat=True)[:AT_ONCE]}
    jobs.enqueue_many(ACT, connection, sorted(keys))
    return len(keys)


def find_unanswered(connection: Connection, client: StripeClient) -> int:
    """Find the payments of rows that never saw Stripe's answer, by their metadata; how many.

    A row that Stripe has nothing for after a day is closed: nobody was ever given that payment.
    """
    now = clock.now()
    rows = _with_last_look(_reached(connection).select_related("connection")).filter(
        payment_id="", state=NEW, created_at__lt=now - LOST_AFTER
    )
    charges = list(rows.filter(_long_ago()).order_by("created_at")[:AT_ONCE])
    found = find_lost(client, charges)
    missing = [charge.pk for charge in charges if charge.key not in found]
    Charge.objects.filter(pk__in=missing).update(synced_at=now)
    for charge in charges:
        payment = found.get(charge.key)
        if payment is not None and attach(charge, payment):
            jobs.enqueue(SYNC, connection, payment.id)
        elif payment is None and charge.created_at < now - LOST_FOR_GOOD:
            Charge.objects.filter(pk=charge.pk, payment_id="").update(state=NEVER_MADE)
    return len(found)


def cancel_abandoned(
    connection: Connection, client: StripeClient, *, seconds: float = ENOUGH_SECONDS
) -> int:
    """Cancel payments that nobody paid for a day; how many. Saleor learns of it by the next look.

    It is Stripe that decides whether one is still unpaid: a paid one it does not cancel as one of
    these, because it is read first.
    """
    rows = (
        _reached(connection)
        .filter(
            state=PaymentState.OPEN,
            created_at__lt=clock.now() - ABANDONED_AFTER,
        )
        .exclude(payment_id="")
    )
    end = time.monotonic() + seconds
    return sum(
        time.monotonic() < end and _cancel(connection, client, charge)
        for charge in rows.order_by("pk")[:AT_ONCE]
    )


def _cancel(connection: Connection, client: StripeClient, charge: Charge) -> bool:
    jobs.enqueue(SYNC, connection, charge.payment_id)
    try:
        if client.payment(charge.payment_id).state is not PaymentState.OPEN:
            return False
        client.cancel(charge.payment_id, reason="abandoned", key=f"abandon:{charge.key}")
    except NotFound:
        # Stripe's dashboard deletes all test data at a click.
        Charge.objects.filter(pk=charge.pk).update(state=NEVER_MADE)
        return False
    except Refused as error:
        log.info("payment=%s not cancelled: %s", charge.payment_id, error.stripe_code)
        return False
    return True
