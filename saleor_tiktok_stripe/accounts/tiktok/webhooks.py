"""Where TikTok sends this shop's notifications: registered, checked, repaired, removed."""

from __future__ import annotations

from ...errors import InvalidInput
from ...models import Connection
from ...tiktok.client import TikTokClient
from ...tiktok.webhooks import SUBSCRIBED
from .. import audit
from ..host import webhook_address

ADDRESS_LIMIT = 255


def missing_webhooks(connection: Connection, client: TikTokClient) -> list[str]:
    """Event types that TikTok does not send to our address; asks TikTok."""
    ours = webhook_address(connection)
    registered = {row.event_type: row.address for row in client.webhooks()}
    return [event for event in SUBSCRIBED if registered.get(event) != ours]


def ensure_webhooks(connection: Connection, client: TikTokClient) -> list[str]:
    """Register what is missing or points elsewhere; the event types that were repaired.

    Calling it again changes nothing. Raises ``InvalidInput`` (``WEBHOOK_ADDRESS_TOO_LONG``).
    """
    address = webhook_address(connection)
    if len(address) > ADDRESS_LIMIT:
        raise InvalidInput(
            "WEBHOOK_ADDRESS_TOO_LONG",
            f"TikTok takes webhook addresses of up to {ADDRESS_LIMIT} characters; this channel's "
            f"has {len(address)}. Shorten the channel's slug or the public address.",
        )
    repaired = missing_webhooks(connection, client)
    for event in repaired:
        client.register_webhook(event, address)
    if repaired:
        audit.record(
            "connection.webhooks_registered",
            connection,
            audit.SYSTEM,
            data={"events": ", ".join(repaired)},
        )
    return repaired


def remove_webhooks(connection: Connection, client: TikTokClient) -> list[str]:
    """Delete the registrations that point to this channel; others stay. The event types."""
    ours = webhook_address(connection)
    found = [row.event_type for row in client.webhooks() if row.address == ours]
    for event in found:
        client.delete_webhook(event)
    return found
