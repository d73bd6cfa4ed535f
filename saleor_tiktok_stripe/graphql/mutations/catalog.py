"""SKUs: what they sell, how many of them, at what price."""

from __future__ import annotations

from typing import Any

import graphene

from ... import catalog
from ...access import CATALOG
from ...catalog.listing import line_of
from ...models import Vendor
from ..core.finding import listed
from ..core.mutations import Mutation
from ..core.scalars import TiktokStripeAmount
from ..core.shop import Shop
from ..core.words import DRY_RUN
from ..types.catalog import TiktokStripeSkuLink

_SKUS = "Ids of the SKUs at TikTok; left out: all that sell a variant."


class TiktokStripeSkuLinkCreate(Mutation):
    class Meta:
        rule = CATALOG
        description = (
            "Let a TikTok SKU sell a variant. Orders that waited for it are imported by themselves."
        )

    class Arguments:
        sku_id = graphene.String(required=True, description="The SKU's id at TikTok.")
        variant_id = graphene.ID(required=True, description="The variant's id in Saleor.")

    sku_link = graphene.Field(TiktokStripeSkuLink, description="As it is now.")

    @classmethod
    def perform(cls, shop: Shop, actor: str, sku_id: str, variant_id: str) -> dict[str, Any]:
        connection = shop.connection(Vendor.TIKTOK)
        return {"sku_link": line_of(catalog.link(connection, sku_id, variant_id, actor))}


class TiktokStripeSkuLinkDelete(Mutation):
    class Meta:
        rule = CATALOG
        description = "Cut a SKU's link for good: it is not linked by itself again."

    class Arguments:
        sku_id = graphene.String(required=True, description="The SKU's id at TikTok.")

    sku_link = graphene.Field(TiktokStripeSkuLink, description="As it is now.")

    @classmethod
    def perform(cls, shop: Shop, actor: str, sku_id: str) -> dict[str, Any]:
        row = catalog.unlink(shop.connection(Vendor.TIKTOK), sku_id, actor)
        return {"sku_link": line_of(row)}


class TiktokStripeStockChange(graphene.ObjectType):
    """A number that TikTok is, or would be, told."""

    sku_id = graphene.String(required=True, description="The SKU's id at TikTok.")
    seller_sku = graphene.String(required=True, description="The seller's own SKU.")
    before = graphene.Int(description="What TikTok has; null: it does not list the SKU.")
    after = graphene.Int(description="What it should have; null: it cannot be told.")
    why = graphene.String(required=True, description="What the number is made of, in words.")


class TiktokStripePriceChange(graphene.ObjectType):
    """A price that TikTok is, or would be, told."""

    sku_id = graphene.String(required=True, description="The SKU's id at TikTok.")
    seller_sku = graphene.String(required=True, description="The seller's own SKU.")
    before = TiktokStripeAmount(description="What it was told last; null: nothing yet.")
    after = TiktokStripeAmount(description="What it should be told; null: it cannot be.")
    currency = graphene.String(required=True, description="Their currency.")
    why = graphene.String(required=True, description="What the price is made of, in words.")


class TiktokStripeStockPush(Mutation):
    class Meta:
        rule = CATALOG
        description = (
            "Count what may be sold and tell TikTok the numbers that differ, in the background."
        )

    class Arguments:
        sku_ids = graphene.List(graphene.NonNull(graphene.String), description=_SKUS)
        dry_run = graphene.Boolean(description=DRY_RUN)

    changes = graphene.List(graphene.NonNull(TiktokStripeStockChange), description="What differs.")

    @classmethod
    def perform(
        cls,
        shop: Shop,
        actor: str,
        sku_ids: list[str] | None = None,
        dry_run: bool = False,  # noqa: FBT001, FBT002
    ) -> dict[str, Any]:
        connection = shop.connection(Vendor.TIKTOK)
        wanted = listed(sku_ids) or None
        changes = catalog.push_stock(connection, sku_ids=wanted, dry_run=bool(dry_run), actor=actor)
        return {"changes": changes}


class TiktokStripePricePush(Mutation):
    class Meta:
        rule = CATALOG
        description = "Tell TikTok the prices that changed, in the background."

    class Arguments:
        sku_ids = graphene.List(graphene.NonNull(graphene.String), description=_SKUS)
        dry_run = graphene.Boolean(description=DRY_RUN)

    changes = graphene.List(graphene.NonNull(TiktokStripePriceChange), description="What differs.")

    @classmethod
    def perform(
        cls,
        shop: Shop,
        actor: str,
        sku_ids: list[str] | None = None,
        dry_run: bool = False,  # noqa: FBT001, FBT002
    ) -> dict[str, Any]:
        connection = shop.connection(Vendor.TIKTOK)
        wanted = listed(sku_ids) or None
        changes = catalog.push_prices(
            connection, sku_ids=wanted, dry_run=bool(dry_run), actor=actor
        )
        return {"changes": changes}


class CatalogMutations(graphene.ObjectType):
    """Of the API."""

    tiktok_stripe_sku_link_create = TiktokStripeSkuLinkCreate.Field()
    tiktok_stripe_sku_link_delete = TiktokStripeSkuLinkDelete.Field()
    tiktok_stripe_stock_push = TiktokStripeStockPush.Field()
    tiktok_stripe_price_push = TiktokStripePricePush.Field()
