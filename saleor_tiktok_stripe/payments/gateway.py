"""What a storefront needs to know before it takes a payment here."""

from __future__ import annotations

import logging
from typing import Any

from .. import accounts
from ..errors import ChannelError, InvalidInput
from ..models import Connection, ConnectionState
from ..saleor_api.transactions import GatewayAnswer, GatewayRequest
from ..stripe_api import money
from . import words

log = logging.getLogger("saleor_tiktok_stripe.payments")


def gateway(request: GatewayRequest) -> GatewayAnswer:
    """Answer ``paymentGatewayInitialize``: the publishable key and what this channel can do.

    Never raises a ``ChannelError``: what cannot be paid here is answered in words. Calls nobody.
    """
    try:
        connection = taking_payments(request.channel_slug)
        if request.amount is not None:
            money.check(request.amount, request.currency)
        return GatewayAnswer(data=_facts(connection, request.currency))
    except InvalidInput as error:
        return GatewayAnswer(error=error.message)
    except ChannelError as error:
        # Its words are for admins: anybody may ask this.
        log.warning("gateway channel=%s code=%s", request.channel_slug, error.code)
        return GatewayAnswer(error=words.NOT_HERE)


def taking_payments(channel_slug: str) -> Connection:
    """The channel's Stripe connection. Raises ``InvalidInput`` (``STRIPE_NOT_CONNECTED``), in the
    buyer's words, when it takes no payments."""
    connection = accounts.stripe_connection(channel_slug)
    if connection is None or connection.state != ConnectionState.ACTIVE:
        raise InvalidInput("STRIPE_NOT_CONNECTED", words.NOT_HERE)
    return connection


def browser_data(connection: Connection) -> dict[str, Any]:
    """What Stripe.js is started with. ``stripeAccountId`` only where a platform speaks for the
    account."""
    found = {"publishableKey": accounts.stripe_publishable(connection)}
    account = accounts.stripe_browser_account(connection)
    return found | ({"stripeAccountId": account} if account else {})


def _facts(connection: Connection, currency: str) -> dict[str, Any]:
    return browser_data(connection) | {
        "livemode": connection.livemode,
        "currency": currency,
        "redirects": accounts.stripe_policy(connection).allow_redirects,
        "flows": ["CHARGE", "AUTHORIZATION"],
        "partialCapture": True,
    }
