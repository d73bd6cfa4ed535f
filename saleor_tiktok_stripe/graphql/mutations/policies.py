"""What the merchant decides: for orders, stock and prices; for payments."""

from __future__ import annotations

from typing import Any

import graphene

from ... import accounts
from ...access import SETTINGS
from ...accounts.entering import enter_choices
from ...models import Vendor
from ..core.choices import chosen
from ..core.mutations import Mutation
from ..core.shop import Shop
from ..types.policies import (
    TiktokStripeChannelPolicy,
    TiktokStripeChannelPolicyInput,
    TiktokStripePaymentPolicy,
    TiktokStripePaymentPolicyInput,
)

_NAMED = "What is to change."


class TiktokStripeChannelPolicyUpdate(Mutation):
    class Meta:
        rule = SETTINGS
        description = "Change how orders, stock and prices are handled in this channel."

    class Arguments:
        input = TiktokStripeChannelPolicyInput(required=True, description=_NAMED)

    policy = graphene.Field(TiktokStripeChannelPolicy, description="As it is now.")

    @classmethod
    def perform(cls, shop: Shop, actor: str, input: Any) -> dict[str, Any]:
        changed = enter_choices(shop.channel_slug, Vendor.TIKTOK, chosen(input), actor)
        return {"policy": accounts.policy(changed)}


class TiktokStripePaymentPolicyUpdate(Mutation):
    class Meta:
        rule = SETTINGS
        description = "Change how payments with Stripe are handled in this channel."

    class Arguments:
        input = TiktokStripePaymentPolicyInput(required=True, description=_NAMED)

    policy = graphene.Field(TiktokStripePaymentPolicy, description="As it is now.")

    @classmethod
    def perform(cls, shop: Shop, actor: str, input: Any) -> dict[str, Any]:
        changed = enter_choices(shop.channel_slug, Vendor.STRIPE, chosen(input), actor)
        return {"policy": accounts.stripe_policy(changed)}


class PolicyMutations(graphene.ObjectType):
    """Of the API."""

    tiktok_stripe_channel_policy_update = TiktokStripeChannelPolicyUpdate.Field()
    tiktok_stripe_payment_policy_update = TiktokStripePaymentPolicyUpdate.Field()
