"""The public part."""

from __future__ import annotations

from dataclasses import dataclass

import graphene

from ... import accounts, conf, payments
from ...models import ConnectionState


@dataclass(frozen=True)
class Storefront:
    """What anybody may know."""

    takes_payments: bool
    gateway_id: str = conf.PLUGIN_ID
    publishable_key: str | None = None
    stripe_account_id: str | None = None
    livemode: bool | None = None
    redirects: bool | None = None

    @classmethod
    def of(cls, channel_slug: str) -> Storefront:
        """Of a channel."""
        connection = accounts.stripe_connection(channel_slug)
        if connection is None or connection.state != ConnectionState.ACTIVE:
            return cls(takes_payments=False)
        data = payments.browser_data(connection)
        return cls(
            takes_payments=True,
            publishable_key=data["publishableKey"],
            stripe_account_id=data.get("stripeAccountId"),
            livemode=connection.livemode,
            redirects=accounts.stripe_policy(connection).allow_redirects,
        )


class TiktokStripeStorefront(graphene.ObjectType):
    """Paying in this channel, for a shopper's page. Payments themselves are Saleor's own
    `paymentGatewayInitialize`, `transactionInitialize` and `transactionProcess`."""

    takes_payments = graphene.Boolean(
        required=True, description="Whether payments with Stripe are taken here now."
    )
    gateway_id = graphene.String(
        required=True, description="The gateway's id, for Saleor's payment mutations."
    )
    publishable_key = graphene.String(description="What Stripe.js is started with.")
    stripe_account_id = graphene.String(
        description="The account, where a platform speaks for it (Stripe Connect)."
    )
    livemode = graphene.Boolean(description="Whether real money moves.")
    redirects = graphene.Boolean(
        description="Whether methods may be offered that send the buyer to another page."
    )
