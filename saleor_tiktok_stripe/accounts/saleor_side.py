"""What Saleor says of the channel, its warehouses and our app's permissions."""

from __future__ import annotations

from ..errors import ChannelError
from ..models import Connection
from ..saleor_api import get_saleor
from ..saleor_api.types import ChannelInfo
from ..tiktok import regions
from .findings import Finding, Severity
from .policy import policy


def examine(connection: Connection) -> list[Finding]:
    """Never raises for what is wrong in Saleor: each such thing is a finding."""
    try:
        channel = get_saleor().channel(connection.channel_slug)
        return [
            *_channel(channel),
            *_currency(connection, channel),
            *_warehouse(connection, channel),
            *_app(),
        ]
    except ChannelError as error:
        return [
            Finding(
                "SALEOR_FAILED",
                Severity.ERROR,
                connection.channel_slug,
                f"Saleor did not answer as it should: {error.message}",
                "Check that the channel exists and that Saleor runs, then verify again.",
            )
        ]


def _channel(channel: ChannelInfo) -> list[Finding]:
    if channel.is_active:
        return []
    return [
        Finding(
            "CHANNEL_INACTIVE",
            Severity.WARNING,
            channel.slug,
            f"The Saleor channel {channel.slug} is not active.",
            "Activate the channel in the Dashboard.",
        )
    ]


def _currency(connection: Connection, channel: ChannelInfo) -> list[Finding]:
    expected = regions.region(connection.region).currency if connection.region else ""
    if not expected:
        return []
    if expected == channel.currency:
        return [Finding("CURRENCY_OK", Severity.OK, expected, f"Shop and channel use {expected}.")]
    return [
        Finding(
            "CURRENCY_MISMATCH",
            Severity.ERROR,
            channel.currency,
            f"The shop sells in {expected}, but the channel {channel.slug} is in "
            f"{channel.currency}.",
            "Disconnect the shop and connect it to a channel with its currency.",
        )
    ]


def _warehouse(connection: Connection, channel: ChannelInfo) -> list[Finding]:
    wanted = policy(connection).warehouse
    slugs = [warehouse.slug for warehouse in channel.warehouses]
    if not slugs:
        return [
            Finding(
                "NO_WAREHOUSE",
                Severity.WARNING,
                channel.slug,
                f"The channel {channel.slug} has no warehouse: no stock can be set aside.",
                "Give the channel a warehouse in the Dashboard.",
            )
        ]
    if wanted and wanted not in slugs:
        return [
            Finding(
                "WAREHOUSE_MISSING",
                Severity.ERROR,
                wanted,
                f"The channel {channel.slug} has no warehouse {wanted}; it has {', '.join(slugs)}.",
                "Correct the warehouse in the plugin's settings, or add it to the channel.",
            )
        ]
    return [Finding("WAREHOUSE_OK", Severity.OK, wanted, "Stock can be set aside.")]


def _app() -> list[Finding]:
    status = get_saleor().app_status()
    if not status.is_active:
        return [
            Finding(
                "SALEOR_APP_INACTIVE",
                Severity.ERROR,
                status.name,
                f"The Saleor app {status.name} is switched off.",
                "Activate it in the Dashboard under Apps.",
            )
        ]
    missing = [
        Finding(
            "SALEOR_PERMISSION_MISSING",
            Severity.ERROR,
            permission,
            f"The Saleor app {status.name} lacks {permission}.",
            "Grant it in the Dashboard under Apps.",
        )
        for permission in status.missing_permissions
    ]
    return missing or [Finding("SALEOR_APP_OK", Severity.OK, "", "Saleor grants all it must.")]
