"""The secrets that a channel's notifications are checked with, remembered for a few seconds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from ..jobs import clock
from ..models import Connection, ConnectionState, Vendor
from .types import Door

SECONDS = timedelta(seconds=5)
SOONEST_RELOAD = timedelta(seconds=1)
_MOST = 1000
_OPEN = (ConnectionState.ACTIVE, ConnectionState.NEEDS_REAUTH)

_doors: dict[tuple[str, str], Door] = {}


def door(vendor: Vendor, channel_slug: str) -> Door | None:
    """The channel's, or None when it has no connected account.

    A connection that waits for its authorization still receives: its jobs are held. Raises
    ``UnreadableSecret``.
    """
    held = _doors.get((vendor.value, channel_slug))
    if held is not None and clock.now() - held.loaded_at < SECONDS:
        return held
    return _load(vendor, channel_slug)


def reloaded(held: Door, vendor: Vendor) -> Door | None:
    """The newest one when ``held`` may be outdated and its secret is; else None.

    Asked after a signature that does not fit, at most once a second per channel.
    """
    if clock.now() - held.loaded_at < SOONEST_RELOAD:
        return None
    found = _load(vendor, held.channel_slug)
    changed = found is not None and (found.app_key, found.secrets) != (held.app_key, held.secrets)
    return found if changed else None


def of(connection: Connection) -> Door:
    """A connection's own, made from the row in hand. Raises ``UnreadableSecret``."""
    held: Mapping[str, Any] = connection.credentials
    secrets = held.get("webhook_secrets", ()) or [held.get("app_secret", "")]
    return Door(
        connection_id=connection.pk,
        channel_slug=connection.channel_slug,
        account_id=connection.account_id,
        livemode=connection.livemode,
        app_key=held.get("app_key", ""),
        secrets=tuple(secret for secret in secrets if secret),
        loaded_at=clock.now(),
    )


def forget(channel_slug: str | None = None) -> None:
    """Drop what is remembered of a channel, or of all: a secret, account or state changed.

    Other processes follow within five seconds.
    """
    for key in list(_doors):
        if channel_slug in (None, key[1]):
            _doors.pop(key, None)


def _load(vendor: Vendor, channel_slug: str) -> Door | None:
    rows = Connection.objects.only(
        "id", "channel_slug", "account_id", "livemode", "credentials"
    ).filter(vendor=vendor, channel_slug=channel_slug, state__in=_OPEN)
    row = rows.first()
    if row is None:
        _doors.pop((vendor.value, channel_slug), None)
        return None
    if len(_doors) >= _MOST:
        _doors.clear()
    found = _doors[(vendor.value, channel_slug)] = of(row)
    return found
