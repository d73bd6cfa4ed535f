"""What Saleor says of the channel and our app's permissions."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..errors import ChannelError
from ..models import Connection
from ..saleor_api import get_saleor
from ..saleor_api.types import ChannelInfo
from .findings import Finding, Severity

Check = Callable[[Connection, ChannelInfo], list[Finding]]


def examine(connection: Connection, checks: Sequence[Check]) -> list[Finding]:
    """``checks`` are what one vendor needs of the channel. Never raises for what is wrong in
    Saleor: each such thing is a finding."""
    try:
        channel = get_saleor().channel(connection.channel_slug)
        return [
            *_channel(channel),
            *(found for check in checks for found in check(connection, channel)),
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
