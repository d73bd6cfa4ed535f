"""What a disconnect does at Stripe, and to the secrets of an account."""

from __future__ import annotations

import logging

from ... import conf
from ...errors import ChannelError
from ...models import Connection, ConnectionState, Vendor
from ...stripe_api import oauth
from ...stripe_api.errors import NotFound
from ...transport import Lane
from ..findings import Finding, Severity
from .credentials import StripeCredentials, credentials, legible, write
from .endpoints import remove_endpoint
from .vendor import door, stripe_client

logger = logging.getLogger("saleor_tiktok_stripe.accounts")

_CONNECTED = (ConnectionState.ACTIVE, ConnectionState.NEEDS_REAUTH)


def authorized(connection: Connection) -> bool:
    """Whether work can go on without a new key or consent."""
    held = credentials(connection)
    consented = held.mode == "api_key" or bool(connection.account_handle)
    return bool(held.secret_key and connection.account_id and consented)


def wipe(row: Connection) -> None:
    """Drop all secrets. The account's id stays: its payments are still shown. Does not save."""
    row.credentials = write(StripeCredentials(mode=legible(row).mode))
    row.refresh_lease_until = None
    row.account_handle = ""
    row.scopes = []


def tell(connection: Connection, *, end_authorization: bool, insist: bool) -> list[Finding]:
    """Remove the webhook endpoint and end a consent; a dead key has nothing left to remove, one
    that cannot be read any more no way to do it.

    A consent always ends (``end_authorization`` is for vendors that keep it), unless another
    channel works by it.
    """
    connection.refresh_from_db(fields=["state"])
    if connection.state == ConnectionState.NEEDS_REAUTH:
        return []
    try:
        connection.refresh_from_db()
        if not authorized(connection):
            return []
        held = credentials(connection)
        remove_endpoint(connection, stripe_client(connection, lane=Lane.INTERACTIVE))
        if held.mode == "connect" and not _shared(connection):
            _deauthorize(held, connection.account_id)
    except ChannelError as error:
        if insist and error.retryable:
            raise
        logger.warning("connection %s: Stripe was not told, %s", connection.pk, error.code)
        return [
            Finding(
                "STRIPE_NOT_TOLD",
                Severity.WARNING,
                error.code,
                f"Stripe could not be told: {error.message}",
                "Nothing is charged any more. Remove the webhook endpoint, and the key or the "
                "platform's access, in Stripe's dashboard.",
            )
        ]
    return []


def _shared(connection: Connection) -> bool:
    others = Connection.objects.filter(
        vendor=Vendor.STRIPE,
        account_id=connection.account_id,
        account_handle=connection.account_handle,
        state__in=_CONNECTED,
    )
    return others.exclude(pk=connection.pk).exists()


def _deauthorize(held: StripeCredentials, account_id: str) -> None:
    try:
        oauth.deauthorize(
            held.client_id,
            held.secret_key,
            account_id,
            door(),
            connect_url=conf.stripe_connect_url(),
        )
    except NotFound:
        logger.info("account %s: the platform had no access any more", account_id)
