"""Stocks and prices of variants over Saleor's API. It tells no changes of either: each call for
them is the next part of a tour of the channel's variants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from ..ids import only_ids
from ..types import ListedPrice, VariantChanges, VariantStock, WarehouseStock
from . import reading
from .client import Client
from .creating import no_channel
from .variants import PAGE, chunks

TOUR_PAGES: Final = 10
"""Pages of variants' ids in one call for changes."""
View = Mapping[str, Any]


def stock(client: Client, channel_slug: str, variant_ids: Sequence[str]) -> dict[str, VariantStock]:
    """See ``Saleor.stock``: one query for every 100 variants. ``Parked`` without the channel."""
    found: dict[str, VariantStock] = {}
    for ids in chunks(only_ids("ProductVariant", variant_ids), PAGE):
        data = client.query("variantStocks", {"ids": ids, "channel": channel_slug})
        if data["channel"] is None:
            raise no_channel(channel_slug)
        slugs = [warehouse["slug"] for warehouse in data["channel"]["warehouses"]]
        for node in _nodes(data["productVariants"]):
            found[node["id"]] = VariantStock(
                variant_id=node["id"],
                tracks_inventory=node["trackInventory"],
                sellable=_sellable(node, channel_slug),
                warehouses=_warehouses(node, slugs),
            )
    return found


def _warehouses(node: View, slugs: Sequence[str]) -> dict[str, WarehouseStock]:
    """By slug, in the channel's order of warehouses."""
    stocks = {item["warehouse"]["slug"]: item for item in node["stocks"] or ()}
    return {
        slug: WarehouseStock(
            quantity=stocks[slug]["quantity"],
            allocated=stocks[slug]["quantityAllocated"],
            reserved=stocks[slug]["quantityReserved"],
        )
        for slug in slugs
        if slug in stocks
    }


def _sellable(node: View, channel_slug: str) -> bool:
    own = _of_channel(node["channelListings"], channel_slug)
    product = _of_channel(node["product"]["channelListings"], channel_slug)
    if own is None or own["price"] is None or product is None:
        return False
    return bool(product["isPublished"] and product["isAvailableForPurchase"])


def prices(client: Client, channel_slug: str, variant_ids: Sequence[str]) -> dict[str, ListedPrice]:
    """See ``Saleor.prices``: one query for every 100 variants."""
    found: dict[str, ListedPrice] = {}
    for ids in chunks(only_ids("ProductVariant", variant_ids), PAGE):
        data = client.query("variantPrices", {"ids": ids, "channel": channel_slug})
        for node in _nodes(data["productVariants"]):
            listing = _of_channel(node["channelListings"], channel_slug)
            if listing is not None and listing["price"] is not None:
                price = reading.amount(listing["price"])
                found[node["id"]] = ListedPrice(
                    variant_id=node["id"],
                    currency=listing["price"]["currency"],
                    price=price,
                    discounted=_discounted(node["pricing"], price),
                )
    return found


def _discounted(pricing: View | None, price: Decimal) -> Decimal:
    """After promotions, in the terms the price was entered in: Saleor shows it net and gross, and
    the listing's price is one of both. What cannot be bought there has no promotion."""
    before, after = (pricing or {}).get("priceUndiscounted"), (pricing or {}).get("price")
    if not before or not after:
        return price
    entered = "gross" if reading.amount(before["gross"]) == price else "net"
    return reading.amount(after[entered])


def changes(client: Client, channel_slug: str, cursor: str) -> VariantChanges:
    """See ``Saleor.stock_changes`` and ``price_changes``: up to 1,000 variants a call. ``complete``
    when the tour has seen the last one; the cursor then begins it anew."""
    found: list[str] = []
    for _ in range(TOUR_PAGES):
        page = client.query("variantIds", {"channel": channel_slug, "after": cursor or None})
        variants = page["productVariants"]
        found += [node["id"] for node in _nodes(variants)]
        if not variants["pageInfo"]["hasNextPage"]:
            return VariantChanges(tuple(found), "", True)
        cursor = variants["pageInfo"]["endCursor"]
    return VariantChanges(tuple(found), cursor, False)


def _of_channel(listings: Sequence[View] | None, channel_slug: str) -> View | None:
    found = (item for item in listings or () if item["channel"]["slug"] == channel_slug)
    return next(found, None)


def _nodes(page: View | None) -> list[View]:
    return [edge["node"] for edge in (page or {}).get("edges") or ()]
