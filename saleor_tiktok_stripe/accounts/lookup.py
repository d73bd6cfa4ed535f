"""The connections of a channel."""

from __future__ import annotations

from typing import Final

from ..errors import InvalidInput
from ..models import Connection, Vendor

_MISSING: Final = {
    Vendor.TIKTOK: "This channel has no TikTok settings yet. Save its app key first.",
    Vendor.STRIPE: "This channel has no Stripe settings yet. Save its keys first.",
}


def channel_connections(channel_slug: str) -> list[Connection]:
    """The channel's connections in any state: TikTok's first, then Stripe's."""
    found = Connection.objects.filter(channel_slug=channel_slug)
    return sorted(found, key=lambda one: one.vendor != Vendor.TIKTOK)


def find_connection(channel_slug: str, vendor: Vendor | str = Vendor.TIKTOK) -> Connection:
    """One vendor's, in any state. Raises ``InvalidInput`` (``NOT_CONFIGURED``)."""
    vendor = Vendor(vendor)
    found = Connection.objects.filter(vendor=vendor, channel_slug=channel_slug).first()
    if found is None:
        raise InvalidInput("NOT_CONFIGURED", _MISSING[vendor])
    return found
