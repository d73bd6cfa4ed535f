"""What a TikTok shop needs of its Saleor channel."""

from __future__ import annotations

from ...models import Connection
from ...saleor_api.types import ChannelInfo
from ...tiktok import regions
from ..findings import Finding, Severity
from .policy import policy


def currency(connection: Connection, channel: ChannelInfo) -> list[Finding]:
    """The shop's market and the channel must be of one currency."""
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


def warehouse(connection: Connection, channel: ChannelInfo) -> list[Finding]:
    """Stock must have a place, and those the policy names must exist."""
    chosen = policy(connection)
    wanted = [slug for slug in (chosen.warehouse, *chosen.stock_warehouses) if slug]
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
    missing = next((slug for slug in wanted if slug not in slugs), "")
    if missing:
        return [
            Finding(
                "WAREHOUSE_MISSING",
                Severity.ERROR,
                missing,
                f"The channel {channel.slug} has no warehouse {missing}; it has "
                f"{', '.join(slugs)}.",
                "Correct the warehouse in the plugin's settings, or add it to the channel.",
            )
        ]
    return [Finding("WAREHOUSE_OK", Severity.OK, chosen.warehouse, "Stock can be set aside.")]
