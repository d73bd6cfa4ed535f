from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from saleor_tiktok_stripe import jobs
from saleor_tiktok_stripe.models import PriceLevel, SkuLink, StockLevel
from tests.support.shop import ConnectedShop, connected_shop


@pytest.fixture
def shop(transactional_db: None) -> Iterator[ConnectedShop]:
    """An empty US shop whose catalog Saleor has too."""
    with connected_shop() as connected:
        yield connected


class Shelf:
    """A connected shop with some linked SKUs, seen from their stock."""

    def __init__(self, shop: ConnectedShop, number: int = 4) -> None:
        self.shop = shop
        self.tiktok = shop.tiktok
        self.connection = shop.connection
        self.skus: list[dict[str, Any]] = [one for one in shop.tiktok.catalog() if one["linked"]]
        self.skus = self.skus[:number]
        for one in self.skus:
            self.link(one)

    def link(self, one: dict[str, Any], sku: str = "") -> SkuLink:
        """Link a listed SKU to the variant of its own SKU, or another's."""
        variant = self.shop.saleor.state.by_sku[sku or one["seller_sku"]]
        return SkuLink.objects.create(
            connection=self.connection,
            sku_id=one["sku_id"],
            product_id=one["product_id"],
            seller_sku=one["seller_sku"],
            variant_id=variant.id,
            variant_sku=variant.sku,
            method="sku",
        )

    def pieces(self, number: int) -> Any:
        """The stock of the variant of the ``number``-th SKU in Saleor."""
        return self.shop.saleor.state.stock("default", self.skus[number]["seller_sku"])

    def look(self) -> None:
        """One look for changes, and what follows from it."""
        jobs.enqueue("stock.push", self.connection)
        jobs.enqueue("price.push", self.connection)
        self.shop.work()

    def level(self, number: int) -> StockLevel:
        return StockLevel.objects.get(
            connection=self.connection, sku_id=self.skus[number]["sku_id"]
        )

    def price(self, number: int) -> PriceLevel:
        return PriceLevel.objects.get(
            connection=self.connection, sku_id=self.skus[number]["sku_id"]
        )

    def offered(self) -> list[int]:
        """What TikTok has of each."""
        listed = {one["sku_id"]: one["available"] for one in self.tiktok.catalog()}
        return [listed[one["sku_id"]] for one in self.skus]

    def told(self) -> int:
        """How often TikTok's stock was written."""
        return self._writes("inventory/update")

    def priced(self) -> int:
        """How often TikTok's prices were written."""
        return self._writes("prices/update")

    def _writes(self, path: str) -> int:
        return sum(n for name, n in self.tiktok.writes().items() if name.endswith(path))


@pytest.fixture
def shelf(shop: ConnectedShop) -> Shelf:
    """Four SKUs of it are linked; nothing was told yet."""
    return Shelf(shop)
