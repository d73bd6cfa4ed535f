"""The states of a connection and the only moves between them.

pending -> active -> needs_reauth -> active ...; any -> disabled (switched off, or disconnected);
disabled -> active (switched on, still authorized) or pending (to be connected again).
Jobs of a connection that is not active are held, not failed: they go on once it is active again.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final

from django.db import transaction
from django.utils import timezone

from .. import inbox
from ..errors import InvalidInput
from ..jobs import release_held
from ..models import OPEN_STATUSES, Connection, ConnectionState, Job, JobStatus, Vendor
from . import audit

SWITCHED_OFF: Final = "The plugin is switched off for this channel."
DISCONNECTING: Final[Mapping[str, str]] = {
    Vendor.TIKTOK.value: "The shop is being disconnected.",
    Vendor.STRIPE.value: "The Stripe account is being disconnected.",
}
DISCONNECTED: Final[Mapping[str, str]] = {
    Vendor.TIKTOK.value: "The shop was disconnected.",
    Vendor.STRIPE.value: "The Stripe account was disconnected.",
}


def is_ending(connection: Connection) -> bool:
    """Whether its secret was cleared, and the job that wipes it has not run yet."""
    return (
        connection.state == ConnectionState.DISABLED
        and connection.state_reason == DISCONNECTING[connection.vendor]
    )


_FROM: Mapping[ConnectionState, frozenset[ConnectionState]] = {
    ConnectionState.PENDING: frozenset({ConnectionState.DISABLED}),
    ConnectionState.ACTIVE: frozenset(
        {ConnectionState.PENDING, ConnectionState.NEEDS_REAUTH, ConnectionState.DISABLED}
    ),
    ConnectionState.NEEDS_REAUTH: frozenset({ConnectionState.ACTIVE}),
    ConnectionState.DISABLED: frozenset(
        {ConnectionState.PENDING, ConnectionState.ACTIVE, ConnectionState.NEEDS_REAUTH}
    ),
}


def move(connection: Connection, to: ConnectionState, *, reason: str = "", actor: str = "") -> bool:
    """Bring the stored row and ``connection`` into state ``to``; False when no move leads there.

    One conditional UPDATE: of two callers at once exactly one gets True. Being there already is
    no move. ``reason`` is shown to the merchant. Written to the audit log in the same commit.
    """
    rows = Connection.objects.filter(pk=connection.pk, state__in=_FROM[to])
    if to == ConnectionState.NEEDS_REAUTH:
        rows = rows.filter(access_issued_at=connection.access_issued_at)
    with transaction.atomic():
        moved = rows.update(state=to, state_reason=reason, updated_at=timezone.now())
        if moved:
            audit.record(f"connection.{to.value}", connection, actor, data={"reason": reason})
            transaction.on_commit(partial(inbox.forget, connection.channel_slug))
        if moved and to == ConnectionState.ACTIVE:
            release_held(connection)
    connection.refresh_from_db(fields=["state", "state_reason"])
    return bool(moved)


def mark_needs_reauth(connection: Connection, reason: str) -> bool:
    """Stop a connection whose authorization ended; ``reason`` in the merchant's words. False also
    when it was renewed since ``connection`` was read: what ended was the one before."""
    return move(connection, ConnectionState.NEEDS_REAUTH, reason=reason)


def close_jobs(connection: Connection) -> int:
    """End all open work but this room's own, as of a disconnect; how many jobs."""
    open_jobs = Job.objects.filter(connection=connection, status__in=OPEN_STATUSES)
    return open_jobs.exclude(kind__startswith="accounts.").update(
        status=JobStatus.DONE,
        outcome="disconnected",
        problem=None,
        waits_for=[],
        lease_owner="",
        lease_until=None,
        finished_at=timezone.now(),
    )


def require_on(connection: Connection) -> None:
    """Whoever switched the channel off, or disconnected it, meant it: a consent that was under way
    does not undo that. Raises ``InvalidInput`` (``SWITCHED_OFF``)."""
    if connection.state == ConnectionState.DISABLED:
        raise InvalidInput(
            "SWITCHED_OFF",
            "The channel was switched off or disconnected meanwhile. Switch the plugin on, then "
            "use a new connect link.",
        )
