"""Keep the access token fresh: one refresh at a time, stored before it is used.

TikTok rotates both tokens, so two refreshes at once can end an authorization. The winner of a lease
refreshes; losers go on with the old token while it is valid, else come back. An authorization may
cover the shops of several channels: the lease is on all that hold it, and so are the new tokens.
A crash between TikTok's rotation and our commit leaves ``refresh_pending_since`` set: visible, and
healed by the next refresh, or ended as ``needs_reauth`` with those words.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone

from ...errors import ChannelError, InDoubt, NeedsReauthorization, RetryLater
from ...models import Connection, ConnectionState, Vendor
from ...tiktok.types import Tokens
from .. import audit
from ..states import mark_needs_reauth
from . import vendor
from .credentials import Credentials, credentials, legible, write

logger = logging.getLogger("saleor_tiktok_stripe.accounts")

LEASE: Final = timedelta(seconds=90)
"""Longer than a token call may take: two at once would end the authorization."""
LEAST_AHEAD: Final = timedelta(hours=1)
STILL_USABLE: Final = timedelta(seconds=60)
COME_BACK_SECONDS: Final = 2.0


def refresh_if_needed(connection: Connection) -> bool:
    """Refresh when less than a tenth of the token's life, or an hour, is left; whether it did.

    Raises ``RetryLater`` when TikTok cannot be reached and the old token is no longer usable,
    ``NeedsReauthorization`` when the authorization ended (the connection is then marked so).
    """
    before = credentials(connection).access_token
    return usable(connection).access_token != before


def usable(connection: Connection, *, refused: str = "") -> Credentials:
    """Credentials whose access token can be used now; ``connection`` is brought up to date.

    ``refused``: an access token that TikTok just refused. While it is still the stored one it is
    refreshed whatever its age.
    """
    connection.refresh_from_db()
    held = credentials(connection)
    _require_authorization(connection, held)
    if not _needed(connection, held, refused):
        return held
    sharing = holders(held.app.app_key, refresh_token=held.refresh_token)
    if _take_lease(connection, sharing):
        return _refresh(connection, sharing, refused)
    return _without_lease(connection, refused)


def holders(app_key: str, **what: str) -> list[int]:
    """The connections that hold an authorization of this app with these ``Credentials``."""
    return [
        row.pk
        for row in Connection.objects.filter(vendor=Vendor.TIKTOK).order_by("pk")
        if (held := legible(row)).app.app_key == app_key
        and held.refresh_token
        and all(getattr(held, name) == value for name, value in what.items())
    ]


def _needed(connection: Connection, held: Credentials, refused: str) -> bool:
    if refused and held.access_token == refused:
        return True
    return refresh_due(connection, timezone.now())


def refresh_due(connection: Connection, now: datetime) -> bool:
    """Whether the token should be refreshed. Never in the first half of its life."""
    if connection.access_expires_at is None:
        return True
    left = connection.access_expires_at - now
    if connection.access_issued_at is None:
        return left < LEAST_AHEAD
    life = connection.access_expires_at - connection.access_issued_at
    return left < min(max(life / 10, LEAST_AHEAD), life / 2)


def _require_authorization(connection: Connection, held: Credentials) -> None:
    if connection.state == ConnectionState.NEEDS_REAUTH:
        raise NeedsReauthorization("AUTHORIZATION_ENDED", connection.state_reason)
    if not held.refresh_token:
        raise NeedsReauthorization(
            "NOT_CONNECTED",
            "No TikTok shop is connected to this channel. Use the connect link in its settings.",
        )


def _take_lease(connection: Connection, sharing: Sequence[int]) -> bool:
    """On all or none, and only for the token that was read: after a refresh by another the expiry
    differs."""
    now = timezone.now()
    with transaction.atomic():
        rows = Connection.objects.select_for_update(no_key=True).filter(pk__in=sharing)
        locked = {row.pk: row for row in rows.order_by("pk")}
        ours = locked.get(connection.pk)
        if ours is None or ours.access_expires_at != connection.access_expires_at:
            return False
        if any(
            row.refresh_lease_until and row.refresh_lease_until >= now for row in locked.values()
        ):
            return False
        rows.update(refresh_lease_until=now + LEASE)
    return True


def _without_lease(connection: Connection, refused: str) -> Credentials:
    """Another refreshes: take its result when it is there, or the old token while it is valid."""
    connection.refresh_from_db()
    held = credentials(connection)
    _require_authorization(connection, held)
    if held.access_token != refused and _valid(connection, timezone.now()):
        return held
    raise RetryLater(
        "TOKEN_REFRESH_RUNNING",
        "The access token is being refreshed.",
        retry_after=COME_BACK_SECONDS,
    )


def _valid(connection: Connection, now: datetime) -> bool:
    expires = connection.access_expires_at
    return expires is not None and expires - now > STILL_USABLE


def _refresh(connection: Connection, sharing: Sequence[int], refused: str) -> Credentials:
    connection.refresh_from_db()
    held = credentials(connection)
    if not _needed(connection, held, refused):
        Connection.objects.filter(pk__in=sharing).update(refresh_lease_until=None)
        return held
    in_doubt_since = connection.refresh_pending_since
    _set_pending(sharing, in_doubt_since or timezone.now())
    try:
        tokens = vendor.refresh(held)
    except NeedsReauthorization as error:
        return _ended(connection, sharing, held, error, in_doubt_since)
    except InDoubt as error:
        return _failed(connection, held, error, refused)
    except ChannelError as error:
        _set_pending(sharing, in_doubt_since)
        return _failed(connection, held, error, refused)
    return _store(connection, sharing, held, tokens)


def _set_pending(sharing: Sequence[int], since: datetime | None) -> None:
    Connection.objects.filter(pk__in=sharing).update(refresh_pending_since=since)


def _store(
    connection: Connection, sharing: Sequence[int], used: Credentials, tokens: Tokens
) -> Credentials:
    """Commit the new pair unless somebody stored a newer one meanwhile."""
    with transaction.atomic():
        rows = Connection.objects.select_for_update(no_key=True).filter(pk__in=sharing)
        for row in rows.order_by("pk"):
            if credentials(row).refresh_token == used.refresh_token:
                put_tokens(row, tokens)
                row.save()
                audit.record("connection.refreshed", row, audit.SYSTEM)
    connection.refresh_from_db()
    held = credentials(connection)
    _require_authorization(connection, held)
    return held


def put_tokens(row: Connection, tokens: Tokens) -> None:
    """Set everything of ``tokens`` on ``row``, and end any refresh in flight. Does not save."""
    held = credentials(row).with_tokens(
        tokens.access_token, tokens.refresh_token, tokens.open_id or credentials(row).open_id
    )
    row.credentials = write(held)
    row.access_issued_at = timezone.now()
    row.access_expires_at = tokens.access_expires_at
    row.refresh_expires_at = tokens.refresh_expires_at
    row.scopes = list(tokens.scopes)
    row.refresh_lease_until = None
    row.refresh_pending_since = None


def _failed(
    connection: Connection, held: Credentials, error: ChannelError, refused: str
) -> Credentials:
    """No new tokens. The lease runs on, so that not every caller tries again at once."""
    logger.warning("connection %s: token refresh failed, %s", connection.pk, error.code)
    if held.access_token == refused or not _valid(connection, timezone.now()):
        raise error
    return held


def _ended(
    connection: Connection,
    sharing: Sequence[int],
    held: Credentials,
    error: NeedsReauthorization,
    in_doubt_since: datetime | None,
) -> Credentials:
    """TikTok knows no such authorization: true only if nobody stored a newer one meanwhile."""
    connection.refresh_from_db()
    newest = credentials(connection)
    if newest.refresh_token != held.refresh_token:
        _require_authorization(connection, newest)
        return newest
    reason = error.message
    if in_doubt_since is not None:
        reason += (
            f" The answer to an earlier refresh, at {in_doubt_since:%Y-%m-%d %H:%M} UTC, was lost."
        )
    for row in Connection.objects.filter(pk__in=sharing):
        mark_needs_reauth(row, reason)
    Connection.objects.filter(pk__in=sharing).update(
        refresh_lease_until=None, refresh_pending_since=None
    )
    connection.refresh_from_db(fields=["state", "state_reason"])
    raise NeedsReauthorization(error.code, reason, request_id=error.request_id) from error
