"""Verify a connection: every part that must fit, each finding with its cure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from django.utils import timezone

from ...errors import ChannelError, InvalidInput, NeedsReauthorization
from ...models import Connection, ConnectionState
from ...tiktok.client import TikTokClient
from ...transport import Lane
from .. import host, saleor_side
from ..findings import Finding, Severity, clock, no_answer
from .clients import client
from .credentials import credentials
from .saleor_checks import currency, warehouse
from .scopes import ESSENTIAL, HELPFUL
from .shop_side import examine_shop
from .webhooks import ensure_webhooks

WARN_DAYS: Final = (1, 7, 30)
"""Days before the authorization's end at which a merchant is warned, with rising urgency."""
RECONNECT: Final = "Open the connect link in the plugin's settings and consent once more."
_NO_SHOP: Final = {
    ConnectionState.PENDING: (
        "NOT_CONNECTED",
        "No TikTok shop is connected yet.",
        "Open the connect link in the plugin's settings.",
    ),
    ConnectionState.DISABLED: (
        "DISCONNECTED",
        "The channel is switched off or disconnected.",
        "Switch the plugin on for this channel, or connect the shop again.",
    ),
}


def examine(connection: Connection) -> list[Finding]:
    """Check everything the channel needs, and repair webhook registrations.

    Never raises for what is wrong with TikTok, Saleor or the deployment: each such thing is a
    finding. Calls TikTok, Saleor and the channel's own public address.
    """
    of_the_shop = _shop(connection)  # first: it may renew the authorization, or find it ended
    found = [*_authorization(connection), *of_the_shop]
    found += saleor_side.examine(connection, (currency, warehouse))
    return found + host.examine(connection)


def _authorization(connection: Connection) -> list[Finding]:
    if connection.state == ConnectionState.NEEDS_REAUTH:
        return [
            Finding(
                "AUTHORIZATION_ENDED",
                Severity.ERROR,
                connection.account_name,
                f"The authorization ended: {connection.state_reason}",
                RECONNECT,
            )
        ]
    if connection.state != ConnectionState.ACTIVE:
        code, message, cure = _NO_SHOP[ConnectionState(connection.state)]
        return [Finding(code, Severity.ERROR, connection.channel_slug, message, cure)]
    return [*ending(connection, timezone.now()), *_in_doubt(connection), *_scopes(connection)]


def ending(connection: Connection, now: datetime) -> list[Finding]:
    """A warning when the authorization ends within 30, 7 or 1 days (``subject``)."""
    end = connection.refresh_expires_at
    if end is None:
        return []
    left = (end - now).total_seconds() / 86_400
    for days in WARN_DAYS:
        if left <= days:
            return [
                Finding(
                    "AUTHORIZATION_ENDS",
                    Severity.WARNING,
                    str(days),
                    f"The authorization ends on {end:%Y-%m-%d %H:%M} UTC.",
                    RECONNECT,
                )
            ]
    return []


def _in_doubt(connection: Connection) -> list[Finding]:
    since = connection.refresh_pending_since
    if since is None:
        return []
    return [
        Finding(
            "REFRESH_IN_DOUBT",
            Severity.WARNING,
            connection.account_name,
            f"The answer to a token refresh at {since:%Y-%m-%d %H:%M} UTC was not seen.",
            "It is tried again by itself. If the authorization ends, connect the shop again.",
        )
    ]


def _scopes(connection: Connection) -> list[Finding]:
    missing = [
        Finding(
            "SCOPE_MISSING",
            severity,
            scope,
            f"The permission {scope} is missing: {stops}.",
            "Add it to the app in Partner Center, then connect the shop again.",
        )
        for severity, table in ((Severity.ERROR, ESSENTIAL), (Severity.WARNING, HELPFUL))
        for scope, stops in table.items()
        if scope not in connection.scopes
    ]
    return missing or [Finding("SCOPES_OK", Severity.OK, "", "All permissions are granted.")]


def _shop(connection: Connection) -> list[Finding]:
    """What only TikTok can tell; the connection must be active."""
    if connection.state != ConnectionState.ACTIVE:
        return []
    tiktok: TikTokClient | None = None
    try:
        tiktok = client(connection, lane=Lane.INTERACTIVE)
        found = examine_shop(connection, tiktok, credentials(connection).app)
        found += _webhooks(connection, tiktok)
    except NeedsReauthorization as error:
        refused = Finding("TOKEN_REFUSED", Severity.ERROR, error.code, error.message, RECONNECT)
        # Where it ended for good, that is said already.
        found = [refused] if connection.state == ConnectionState.ACTIVE else []
    except ChannelError as error:
        found = [_unreachable(error)]
    return [*found, *_clock(tiktok)]


def _unreachable(error: ChannelError) -> Finding:
    return no_answer("TIKTOK_FAILED", "TikTok", error, "orders")


def _webhooks(connection: Connection, tiktok: TikTokClient) -> list[Finding]:
    wrong = host.address_problem(connection)
    if wrong is not None:
        return [wrong]
    repaired = _attempt(lambda: ensure_webhooks(connection, tiktok))
    if isinstance(repaired, Finding):
        return [repaired]
    if not repaired:
        return [Finding("WEBHOOKS_OK", Severity.OK, "", "TikTok sends all notifications here.")]
    words = f"TikTok was told to send {len(repaired)} kinds of notifications here."
    return [Finding("WEBHOOKS_REPAIRED", Severity.OK, ", ".join(repaired), words)]


def _attempt(act: Callable[[], list[str]]) -> list[str] | Finding:
    try:
        return act()
    except (NeedsReauthorization, InvalidInput) as error:
        failed = error
    except ChannelError as error:
        return _unreachable(error)
    return Finding(
        "WEBHOOKS_MISSING",
        Severity.ERROR,
        failed.code,
        f"TikTok does not send notifications here: {failed.message}",
        "Mend this and verify again. Until then orders arrive by polling.",
    )


def _clock(tiktok: TikTokClient | None) -> list[Finding]:
    """TikTok refuses requests more than 5 minutes old or 30 seconds ahead of its clock."""
    cure = "Synchronize the server's clock (NTP). TikTok refuses calls that are too far off."
    skew = tiktok.clock_skew if tiktok is not None else None
    return clock(skew, "TikTok", (-25, 240), cure)
