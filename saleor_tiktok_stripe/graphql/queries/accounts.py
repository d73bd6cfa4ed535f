"""Connections, health and settings of a channel, and what a shopper's page may know."""

from __future__ import annotations

from typing import Any

import graphene

from ... import accounts
from ...access import HEALTH, PUBLIC, SETTINGS
from ...accounts.review import review
from ...accounts.steps import first_run
from ...models import Vendor
from ..core.fields import RuledField
from ..core.shop import Shop
from ..types.accounts import TiktokStripeConnection, TiktokStripeShop
from ..types.health import (
    TiktokStripeHealth,
    TiktokStripeReviewItem,
    TiktokStripeStep,
    health_of,
)
from ..types.policies import TiktokStripeChannelPolicy, TiktokStripePaymentPolicy
from ..types.storefront import Storefront, TiktokStripeStorefront


def _shops(shop: Shop) -> list[dict[str, Any]]:
    known = shop.of_vendor(Vendor.TIKTOK)
    return accounts.shops_to_choose(known[0]) if known else []


def _channel_policy(shop: Shop) -> accounts.ChannelPolicy | None:
    known = shop.of_vendor(Vendor.TIKTOK)
    return accounts.policy(known[0]) if known else None


def _payment_policy(shop: Shop) -> accounts.StripePolicy | None:
    known = shop.of_vendor(Vendor.STRIPE)
    return accounts.stripe_policy(known[0]) if known else None


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
    health = RuledField(
        TiktokStripeHealth,
        rule=HEALTH,
        resolve=lambda shop: health_of(shop.connections),
        description="How the channel is, with what needs attention and what to do about it.",
    )
    first_run = RuledField(
        graphene.List(graphene.NonNull(TiktokStripeStep)),
        rule=HEALTH,
        resolve=lambda shop: first_run(shop.channel_slug),
        description="The way from nothing to the first orders, and where this channel is on it.",
    )
    settings_review = RuledField(
        graphene.List(graphene.NonNull(TiktokStripeReviewItem)),
        rule=SETTINGS,
        resolve=lambda shop: review(shop.connections),
        description="What to look at regularly: keys, grants, webhooks, what ends, choices.",
    )
    shops_to_choose = RuledField(
        graphene.List(graphene.NonNull(TiktokStripeShop)),
        rule=SETTINGS,
        resolve=_shops,
        description="The shops that the consent is for, while none of them is chosen.",
    )
    channel_policy = RuledField(
        TiktokStripeChannelPolicy,
        rule=SETTINGS,
        resolve=_channel_policy,
        description="Choices for orders, stock and prices; null before TikTok was set up.",
    )
    payment_policy = RuledField(
        TiktokStripePaymentPolicy,
        rule=SETTINGS,
        resolve=_payment_policy,
        description="Choices for payments with Stripe; null before Stripe was set up.",
    )


__all__ = ["AccountQueries"]
