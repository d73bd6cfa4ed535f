"""What a shop has of its SKUs: available to buyers, and committed to open orders.

Available stock is taken the moment an order is placed, paid or not; committed stock is what open
orders still need. An order that comes when nothing is available is taken all the same (oversold).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from saleor_tiktok_stripe.sandbox.tiktok.catalog import CatalogSku
from saleor_tiktok_stripe.sandbox.tiktok.model import Line, Order

WAITING = frozenset({"UNPAID", "AWAITING_SHIPMENT"})


@dataclass
class Stock:
    """Quantities by SKU and warehouse. `committed` is None until somebody asks for it."""

    available: dict[str, dict[str, int]]
    committed: dict[str, dict[str, int]] | None = None
    oversold: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, skus: Iterable[CatalogSku], warehouse_id: str, quantity: int) -> Stock:
        """The same quantity of every SKU, in one warehouse."""
        return cls({sku.sku_id: {warehouse_id: quantity} for sku in skus})

    def places(self, sku_id: str) -> Mapping[str, int]:
        """Available by warehouse id: the warehouses that the SKU is assigned to."""
        return self.available.get(sku_id, {})

    def total(self, sku_id: str) -> int:
        """Available in all warehouses."""
        return sum(self.places(sku_id).values())

    def set(self, sku_id: str, warehouse_id: str, quantity: int) -> None:
        """Set what one warehouse has; assigns the SKU to it."""
        self.available.setdefault(sku_id, {})[warehouse_id] = quantity

    def _place(self, sku_id: str, warehouse_id: str) -> str:
        places = self.places(sku_id)
        if warehouse_id in places or not places:
            return warehouse_id
        return next(iter(places))

    def take(self, line: Line, warehouse_id: str) -> None:
        """A unit was ordered: it leaves the available stock, if there is any."""
        sku_id = line.sku.sku_id
        place = self._place(sku_id, warehouse_id)
        if self.places(sku_id).get(place, 0) > 0:
            self.available[sku_id][place] -= 1
            line.taken_from = place
        else:
            self.oversold[sku_id] = self.oversold.get(sku_id, 0) + 1
        self._commit(line, place, 1)

    def ship(self, line: Line, warehouse_id: str) -> None:
        """A unit left: it is committed no more, and does not come back."""
        self._commit(line, self._place(line.sku.sku_id, warehouse_id), -1)

    def release(self, line: Line, warehouse_id: str, *, replenish: bool) -> None:
        """A unit was cancelled: it may be sold again, once, if it was taken and `replenish`."""
        place = self._place(line.sku.sku_id, warehouse_id)
        self._commit(line, place, -1)
        taken, line.taken_from = line.taken_from, ""
        if taken and replenish:
            self.available[line.sku.sku_id][taken] += 1

    def _commit(self, line: Line, place: str, units: int) -> None:
        if self.committed is not None:
            places = self.committed.setdefault(line.sku.sku_id, {})
            places[place] = max(0, places.get(place, 0) + units)

    def committed_of(self, sku_id: str, orders: Iterable[tuple[Order, str]]) -> Mapping[str, int]:
        """What open orders need by warehouse; `orders`: the open ones and their warehouses, read
        once."""
        if self.committed is None:
            self.committed = {}
            for order, warehouse_id in orders:
                for line in order.lines:
                    if line.status in WAITING:
                        self._commit(line, self._place(line.sku.sku_id, warehouse_id), 1)
        return self.committed.get(sku_id, {})
