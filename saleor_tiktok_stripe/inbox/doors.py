"""The secret that a channel's notifications are checked with, remembered for a few seconds."""

from __future__ import annotations

from datetime import timedelta

from ..jobs import clock
from ..models import Connection, ConnectionState, Vendor
from .types import Door

SECONDS = timedelta(seconds=5)
SOONEST_RELOAD = timedelta(seconds=1)
_MOST = 1000
_OPEN = (ConnectionState.ACTIVE, ConnectionState.NEEDS_REAUTH)

_doors: dict[str, Door] = {}


def door(channel_slug: str) -> Door | None:
    """The channel's, or None when it has no connected shop.

    A connection that waits for its authorization still receives: its jobs are held. Raises
    ``UnreadableSecret``.
    """
    held = _doors.get(channel_slug)
    if held is not None and clock.now() - held.loaded_at < SECONDS:
        return held
    return _load(channel_slug)


def reloaded(held: Door, channel_slug: str) -> Door | None:
    """The newest one when ``held`` may be outdated and its secret is; else None.

    Asked after a signature that does not fit, at most once a second per channel.
    """
    if clock.now() - held.loaded_at < SOONEST_RELOAD:
        return None
    found = _load(channel_slug)
    changed = found is not None and (found.app_key, found.app_secret) != (
        held.app_key,
        held.app_secret,
    )
    return found if changed else None


def forget(channel_slug: str | None = None) -> None:
    """Drop what is remembered of a channel, or of all: its secret, shop or state changed.

    Other processes follow within five seconds.
    """
    if channel_slug is None:
        _doors.clear()
    else:
        _doors.pop(channel_slug, None)


def _load(channel_slug: str) -> Door | None:
    rows = Connection.objects.only("id", "account_id", "credentials")
    row = rows.filter(vendor=Vendor.TIKTOK, channel_slug=channel_slug, state__in=_OPEN).first()
    if row is None:
        _doors.pop(channel_slug, None)
        return None
    found = Door(
        connection_id=row.pk,
        shop_id=row.account_id,
        app_key=row.credentials.get("app_key", ""),
        app_secret=row.credentials.get("app_secret", ""),
        loaded_at=clock.now(),
    )
    if len(_doors) >= _MOST:
        _doors.clear()
    _doors[channel_slug] = found
    return found
