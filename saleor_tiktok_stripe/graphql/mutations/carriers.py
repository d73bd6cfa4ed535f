"""Carriers: which of TikTok's the names in Saleor are."""

from __future__ import annotations

from typing import Any

import graphene

from ... import accounts, fulfilment
from ...access import CARRIER_LINKS
from ...errors import InvalidInput
from ...models import Vendor
from ..core.mutations import Mutation
from ..core.shop import Shop
from ..types.fulfilment import TiktokStripeCarrierLink


class TiktokStripeCarrierLinkCreate(Mutation):
    class Meta:
        rule = CARRIER_LINKS
        description = (
            "Let a name in Saleor mean a carrier of TikTok's. Orders that waited for it go on."
        )

    class Arguments:
        name = graphene.String(required=True, description="The carrier's name in Saleor.")
        carrier_id = graphene.String(
            required=True, description="The carrier's id, of those that TikTok has for this shop."
        )

    carrier_link = graphene.Field(TiktokStripeCarrierLink, description="As it is now.")

    @classmethod
    def perform(cls, shop: Shop, actor: str, name: str, carrier_id: str) -> dict[str, Any]:
        connection = shop.connection(Vendor.TIKTOK)
        return {"carrier_link": fulfilment.link_carrier(connection, name, carrier_id, actor)}


class TiktokStripeCarrierLinkDelete(Mutation):
    class Meta:
        rule = CARRIER_LINKS
        description = "Forget what a name in Saleor means."

    class Arguments:
        name = graphene.String(required=True, description="The carrier's name in Saleor.")

    name = graphene.String(description="The name that is not linked any more.")

    @classmethod
    def perform(cls, shop: Shop, actor: str, name: str) -> dict[str, Any]:
        if not fulfilment.unlink_carrier(shop.connection(Vendor.TIKTOK), name, actor):
            raise InvalidInput("CARRIER_LINK_NOT_FOUND", f'"{name}" is not linked.', field="name")
        return {"name": name}


class TiktokStripeCarriersRefresh(Mutation):
    class Meta:
        rule = CARRIER_LINKS
        description = "Ask TikTok which carriers it has for this shop, now."

    class Arguments:
        pass

    known = graphene.Int(description="How many it has.")

    @classmethod
    def perform(cls, shop: Shop, actor: str) -> dict[str, Any]:
        connection = shop.connection(Vendor.TIKTOK)
        client = accounts.client(connection)
        return {"known": fulfilment.refresh_carriers(connection, client, actor)}


class CarrierMutations(graphene.ObjectType):
    """Of the API."""

    tiktok_stripe_carrier_link_create = TiktokStripeCarrierLinkCreate.Field()
    tiktok_stripe_carrier_link_delete = TiktokStripeCarrierLinkDelete.Field()
    tiktok_stripe_carriers_refresh = TiktokStripeCarriersRefresh.Field()
