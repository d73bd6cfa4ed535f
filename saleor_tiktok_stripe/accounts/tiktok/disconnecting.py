"""What a disconnect does at TikTok, and to the secrets of a shop."""

from __future__ import annotations

import logging

from ...errors import ChannelError
from ...models import Connection, ConnectionState
from ...transport import Lane
from ..findings import Finding, Severity
from .clients import client
from .credentials import credentials, legible, write
from .webhooks import remove_webhooks

logger = logging.getLogger("saleor_tiktok_stripe.accounts")


def authorized(connection: Connection) -> bool:
    """Whether work can go on without a new consent."""
    return bool(credentials(connection).refresh_token and connection.account_handle)


def wipe(row: Connection) -> None:
    """Drop tokens, app secret and what was known of the shop. Does not save."""
    held = legible(row).without_tokens()
    row.credentials = write(held) | {"app_secret": ""}
    row.access_issued_at = row.access_expires_at = row.refresh_expires_at = None
    row.refresh_lease_until = row.refresh_pending_since = None
    row.scopes, row.shops = [], []
    row.account_handle = ""


def tell(connection: Connection, *, end_authorization: bool, insist: bool) -> list[Finding]:
    """Best effort: a dead authorization has nothing left to remove, one that cannot be read any
    more no way to do it."""
    connection.refresh_from_db(fields=["state", "account_handle"])
    if connection.state == ConnectionState.NEEDS_REAUTH or not connection.account_handle:
        return []
    try:
        connection.refresh_from_db()
        if not credentials(connection).refresh_token:
            return []
        tiktok = client(connection, lane=Lane.INTERACTIVE)
        remove_webhooks(connection, tiktok)
        if end_authorization:
            tiktok.deauthorize()
    except ChannelError as error:
        if insist and error.retryable:
            raise
        logger.warning("connection %s: TikTok was not told, %s", connection.pk, error.code)
        return [
            Finding(
                "TIKTOK_NOT_TOLD",
                Severity.WARNING,
                error.code,
                f"TikTok could not be told: {error.message}",
                "Nothing is imported any more. Remove the app in Seller Center to end its access.",
            )
        ]
    return []
