"""Stripe's calls as this deployment makes them: its hosts, its shared door, its lanes."""

from __future__ import annotations

from functools import lru_cache

from ... import conf
from ...errors import InvalidInput, NeedsReauthorization
from ...models import Connection, ConnectionState, Vendor
from ...stripe_api.client import StripeAccess, StripeClient, open_door
from ...transport import Lane, Transport
from .credentials import StripeCredentials, credentials


def door() -> Transport:
    """The one transport to Stripe of this process."""
    return _door(conf.redis_url(), conf.sandbox_allowed())


@lru_cache(maxsize=4)
def _door(redis_url: str, sandbox: bool) -> Transport:
    return open_door(redis_url=redis_url, allow_loopback=sandbox)


def client_of(secret_key: str, account_id: str = "", *, lane: Lane) -> StripeClient:
    """A client for a key, and with ``account_id`` for the account that a platform speaks for."""
    return StripeClient(
        StripeAccess(secret_key, account_id),
        door(),
        api_url=conf.stripe_api_url(),
        files_url=conf.stripe_files_url(),
        lane=lane,
    )


def stripe_connection(channel_slug: str) -> Connection | None:
    """The Stripe connection of a channel, in any state."""
    return Connection.objects.filter(vendor=Vendor.STRIPE, channel_slug=channel_slug).first()


def stripe_client(connection: Connection, *, lane: Lane | str = Lane.BACKGROUND) -> StripeClient:
    """A client for the connection's account.

    Raises ``NeedsReauthorization`` when Stripe refused the key or the account holder withdrew, and
    ``InvalidInput`` (``STRIPE_NOT_CONNECTED``) when there is no account. Reads the row in hand.
    """
    if connection.state == ConnectionState.NEEDS_REAUTH:
        raise NeedsReauthorization("AUTHORIZATION_ENDED", connection.state_reason)
    held = credentials(connection)
    if not held.secret_key or not connection.account_id:
        raise InvalidInput(
            "STRIPE_NOT_CONNECTED",
            "No Stripe account is connected to this channel. Enter its keys in the plugin's "
            "settings.",
        )
    return client_of(held.secret_key, _spoken_for(connection, held), lane=Lane(lane))


def stripe_publishable(connection: Connection) -> str:
    """The key that a browser pays with; "" while none is known."""
    return credentials(connection).publishable_key


def stripe_browser_account(connection: Connection) -> str:
    """What Stripe.js needs as ``stripeAccount`` beside the publishable key: the account when a
    platform speaks for it, else ""."""
    return _spoken_for(connection, credentials(connection))


def stripe_webhook_secrets(connection: Connection) -> tuple[str, ...]:
    """What the account's notifications may be signed with, newest first."""
    return credentials(connection).webhook_secrets


def _spoken_for(connection: Connection, held: StripeCredentials) -> str:
    return connection.account_id if held.mode == "connect" else ""
