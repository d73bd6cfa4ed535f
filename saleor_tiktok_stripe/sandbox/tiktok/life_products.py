"""What happens to products: stock counted, warehouses assigned, promotions, (de)activation."""

from __future__ import annotations

from saleor_tiktok_stripe.sandbox.tiktok.life_returns import ReturnLife
from saleor_tiktok_stripe.sandbox.tiktok.shop import Shop

PRODUCT_STATUSES = (
    "ACTIVATE", "DRAFT", "PENDING", "FAILED", "SELLER_DEACTIVATED", "PLATFORM_DEACTIVATED",
    "FREEZE", "DELETED",
)  # fmt: skip


class ProductLife(ReturnLife):
    """Changes products. KeyError when there is no such SKU, product or warehouse."""

    def _shop_of_sku(self, sku_id: str, shop_id: str) -> Shop:
        shop = self.world.shop(shop_id)
        if shop.sku(sku_id) is None:
            raise KeyError(f"no SKU {sku_id}")
        return shop

    def set_stock(
        self, sku_id: str, quantity: int, shop_id: str = "", *, warehouse_id: str = ""
    ) -> None:
        """Set what a warehouse (the first one) has of a SKU, as if counted in Seller Center. A
        warehouse that the SKU was not assigned to is assigned."""
        shop = self._shop_of_sku(sku_id, shop_id)
        known = [warehouse.id for warehouse in shop.warehouses]
        if warehouse_id and warehouse_id not in known:
            raise KeyError(f"no warehouse {warehouse_id}")
        shop.stock.set(sku_id, warehouse_id or known[0], quantity)
        self._tell_stock(shop, {sku_id})

    def promote(self, sku_id: str, on: bool = True, shop_id: str = "") -> None:
        """Put a SKU into a promotion, or take it out: its price is locked meanwhile."""
        shop = self._shop_of_sku(sku_id, shop_id)
        (shop.promoted.add if on else shop.promoted.discard)(sku_id)

    def set_product_status(self, product_id: str, status: str, shop_id: str = "") -> None:
        """ACTIVATE, SELLER_DEACTIVATED, FREEZE and so on."""
        shop = self.world.shop(shop_id)
        if product_id not in shop.products:
            raise KeyError(f"no product {product_id}")
        if status not in PRODUCT_STATUSES:
            raise ValueError(f"no product status {status}")
        shop.product_status[product_id] = status
        shop.product_changed[product_id] = self._now()
        self.world.outbox.emit(
            shop.id,
            "PRODUCT_STATUS_CHANGE",
            {
                "product_id": int(product_id),
                "status": "PRODUCT_STATUS_CHANGED",
                "suspended_reason": "",
                "update_time": self._now(),
            },
        )
