"""SKUs and carriers."""

from __future__ import annotations

from typing import Any

import graphene

from ... import catalog, fulfilment
from ...access import CARRIERS, CATALOG
from ...catalog import Explanation
from ...catalog.listing import LinkLine, counted, links
from ...models import Vendor
from ...models.paging import Page
from ..core.fields import RuledField, or_none
from ..core.pages import page_field
from ..core.shop import Shop
from ..types.catalog import (
    TiktokStripeLinkCount,
    TiktokStripeLinkMethod,
    TiktokStripeSkuLink,
    TiktokStripeStockExplanation,
)
from ..types.fulfilment import TiktokStripeCarriers


class TiktokStripeSkuLinkFilter(graphene.InputObjectType):
    """Which SKUs; what is left out does not filter."""

    method = TiktokStripeLinkMethod(description="How they were linked.")
    linked = graphene.Boolean(description="Whether they sell a variant.")
    problem = graphene.Boolean(
        description="Whether TikTok refused their number or price, or more were sold than there "
        "are."
    )
    search = graphene.String(
        description="TikTok's id, the seller's SKU, a barcode, a variant's id or SKU, or a part of "
        "the title."
    )


def _links(shop: Shop, **terms: Any) -> Page[LinkLine]:
    known = shop.of_vendor(Vendor.TIKTOK)
    return links(known[0], **terms) if known else Page(())


def _counts(shop: Shop) -> list[dict[str, Any]]:
    known = shop.of_vendor(Vendor.TIKTOK)
    found = counted(known[0]) if known else {}
    return [{"method": method, "number": number} for method, number in found.items()]


def _number(shop: Shop) -> int:
    return sum(int(one["number"]) for one in _counts(shop))


def _stock(shop: Shop, sku: str) -> Explanation | None:
    known = shop.of_vendor(Vendor.TIKTOK)
    return or_none(catalog.explain, known[0], sku) if known else None


def _carriers(shop: Shop) -> fulfilment.CarrierTable | None:
    known = shop.of_vendor(Vendor.TIKTOK)
    return fulfilment.carrier_table(known[0]) if known else None


class CatalogQueries(graphene.ObjectType):
    """Of the namespace."""

    sku_links = page_field(
        TiktokStripeSkuLink,
        rule=CATALOG,
        listed=_links,
        wanted=TiktokStripeSkuLinkFilter,
        count=_number,
        description="SKUs of the TikTok shop with the variants that they sell, by TikTok's id.",
    )
    sku_link_counts = RuledField(
        graphene.List(graphene.NonNull(TiktokStripeLinkCount)),
        rule=CATALOG,
        resolve=_counts,
        description="How many SKUs are linked how.",
    )
    stock = RuledField(
        TiktokStripeStockExplanation,
        rule=CATALOG,
        resolve=_stock,
        sku=graphene.String(
            required=True,
            description="TikTok's id of the SKU, the seller's SKU, or the variant's id or SKU.",
        ),
        description="Why a SKU has its number and its price at TikTok: of what they are made, when "
        "TikTok was told, and what it answered.",
    )
    carriers = RuledField(
        TiktokStripeCarriers,
        rule=CARRIERS,
        resolve=_carriers,
        description="TikTok's carriers for this shop, and which names in Saleor mean which.",
    )
