"""The jobs of this room: keep the authorization fresh, verify daily, look again when told of an
end. Each does for a connection what its vendor needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from django.utils import timezone

from ..errors import NeedsReauthorization
from ..jobs import ClaimedJob, Done, Result, enqueue
from ..models import Connection, ConnectionState, Vendor
from .disconnecting import disconnect
from .findings import Severity, findings, worst
from .proofs import forget_old
from .states import mark_needs_reauth
from .stripe.account_side import alive
from .stripe.vendor import stripe_client
from .tiktok.clients import client
from .tiktok.refreshing import refresh_if_needed
from .tiktok.verifying import ending
from .verifying import verify as verify_connection

VERIFY_EVERY = timedelta(days=1)
VERIFY_AGAIN = timedelta(minutes=15)
"""While something does not work: what passed by itself, or was mended, is not shown for a day."""
TELL_TRIES = 3
"""How often a disconnect waits for TikTok before it goes on without."""


def refresh(connection: Connection | None, jobs: Sequence[ClaimedJob]) -> Mapping[int, Result]:
    """Refresh ahead of expiry (Stripe's keys have none); ask for a verification daily, soon while
    something does not work, and when a new warning is due."""
    connection = _required(connection)
    refreshed = connection.vendor == Vendor.TIKTOK and refresh_if_needed(connection)
    if _verification_due(connection):
        enqueue("accounts.verify", connection)
    return {job.id: Done("refreshed" if refreshed else "ok") for job in jobs}


def verify(connection: Connection | None, jobs: Sequence[ClaimedJob]) -> Mapping[int, Result]:
    """Verify and store the findings; what is wrong is a finding, not a failure of the job."""
    found = verify_connection(_required(connection))
    forget_old()
    return {job.id: Done(worst(found).value, f"{len(found)} findings") for job in jobs}


def deauthorized(connection: Connection | None, jobs: Sequence[ClaimedJob]) -> Mapping[int, Result]:
    """The vendor says our access was withdrawn: a hint, so ask whether the account is still ours.

    A withdrawn one stops its connection and asks the merchant."""
    connection = _required(connection)
    try:
        ended = _withdrawn(connection)
    except NeedsReauthorization as error:
        ended = error.message
    if ended:
        mark_needs_reauth(connection, ended)
    return {job.id: Done("needs_reauth" if ended else "ok") for job in jobs}


def _withdrawn(connection: Connection) -> str:
    if connection.vendor == Vendor.STRIPE:
        return alive(stripe_client(connection))
    covered = {shop.id for shop in client(connection).shops()}
    return "" if connection.account_id in covered else "The seller withdrew this shop."


def end(connection: Connection | None, jobs: Sequence[ClaimedJob]) -> Mapping[int, Result]:
    """Disconnect, because the secret was removed from the settings."""
    connection = _required(connection)
    connection.refresh_from_db()
    if connection.state != ConnectionState.DISABLED:
        return {job.id: Done("skipped", "connected again meanwhile") for job in jobs}
    insist = all(job.attempts < TELL_TRIES for job in jobs)
    found = disconnect(connection, str(jobs[0].payload.get("actor", "")), insist=insist)
    return {job.id: Done(worst(found).value) for job in jobs}


def _verification_due(connection: Connection) -> bool:
    now, before = timezone.now(), findings(connection)
    every = VERIFY_AGAIN if worst(before) == Severity.ERROR else VERIFY_EVERY
    if connection.verified_at is None or now - connection.verified_at > every:
        return True
    known = {(finding.code, finding.subject) for finding in before}
    return any((found.code, found.subject) not in known for found in ending(connection, now))


def _required(connection: Connection | None) -> Connection:
    if connection is None:
        raise ValueError("a job of the accounts room needs a connection")
    return connection
