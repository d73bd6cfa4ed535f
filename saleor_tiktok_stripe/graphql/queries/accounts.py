"""Connections and health of a channel, and what a shopper's page may know."""

from __future__ import annotations

import graphene

from ...access import HEALTH, PUBLIC
from ..core.fields import RuledField
from ..types.accounts import TiktokStripeConnection
from ..types.storefront import Storefront, TiktokStripeStorefront


class AccountQueries(graphene.ObjectType):
    """Of the namespace."""

    storefront = RuledField(
        TiktokStripeStorefront,
        rule=PUBLIC,
        required=True,
        resolve=lambda shop: Storefront.of(shop.channel_slug),
        description="What a shopper's page needs to know about paying in this channel.",
    )
    connections = RuledField(
        graphene.List(graphene.NonNull(TiktokStripeConnection)),
        rule=HEALTH,
        required=True,
        resolve=lambda shop: shop.connections,
        description="The channel's accounts at TikTok Shop and Stripe.",
    )


__all__ = ["AccountQueries"]
