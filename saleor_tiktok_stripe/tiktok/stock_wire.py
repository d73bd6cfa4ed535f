"""Stock and prices on the wire. Source of names: the product references, 202309."""

from __future__ import annotations

from typing import Annotated

from . import stock_types as types
from .wire import Count, Id, Nullable, Text, Unreadable, Wire


class WarehouseStockWire(Wire):
    warehouse_id: Id
    available_quantity: Count = None
    committed_quantity: Count = None


class StockSkuWire(Wire):
    id: Id
    seller_sku: Text = ""
    total_available_quantity: Count = None
    total_committed_quantity: Count = None
    warehouse_inventory: Annotated[list[WarehouseStockWire], Nullable] = []


class StockWire(Wire):
    product_id: Id
    skus: Annotated[list[StockSkuWire], Nullable] = []

    def stock(self) -> tuple[types.SkuStock, ...]:
        return tuple(self._sku(sku) for sku in self.skus)

    def _sku(self, sku: StockSkuWire) -> types.SkuStock:
        """A missing total is the sum of the warehouses; figures that are nowhere are no zero."""
        places = sku.warehouse_inventory
        available, committed = sku.total_available_quantity, sku.total_committed_quantity
        if available is None:
            available = _sum([one.available_quantity for one in places])
        if committed is None:
            committed = _sum([one.committed_quantity for one in places] or [0])
        return types.SkuStock(
            product_id=self.product_id,
            sku_id=sku.id,
            seller_sku=sku.seller_sku.strip(),
            available=available,
            committed=committed,
            warehouses={one.warehouse_id: _sum([one.available_quantity]) for one in places},
        )


def _sum(figures: list[int | None]) -> int:
    known = [one for one in figures if one is not None]
    if not figures or len(known) < len(figures):
        raise Unreadable("a quantity is missing")
    return sum(known)
