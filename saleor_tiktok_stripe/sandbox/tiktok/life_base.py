"""What every step in an order's life does: find the order, move it, tell the webhooks."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from saleor_tiktok_stripe.sandbox.tiktok.model import Line, Order
from saleor_tiktok_stripe.sandbox.tiktok.shop import Shop
from saleor_tiktok_stripe.sandbox.tiktok.world import World

_WEBHOOK_STATUS = {"PARTIALLY_SHIPPING": "AWAITING_SHIPMENT"}


class LifeBase:
    """Finds, notes and tells."""

    def __init__(self, world: World) -> None:
        self.world = world

    def _take(self, order_id: str) -> tuple[Shop, Order]:
        for shop in self.world.shops:
            order = shop.find(order_id)
            if order is not None:
                return shop, shop.hold_changed(order)
        raise KeyError(f"no order {order_id}")

    def _now(self) -> int:
        return self.world.clock.now()

    def _note(self, shop: Shop, order: Order, former: str) -> str:
        shop.file(order, self._now())
        if order.status != former:
            self._tell_status(shop, order)
        return order.id

    def _tell_status(self, shop: Shop, order: Order) -> None:
        status = _WEBHOOK_STATUS.get(order.status, order.status)
        if status == "CANCELLED":
            spelling = self.world.settings.cancel_spelling
            mixed = ("CANCEL", "CANCELLED")[order.index % 2]
            status = mixed if spelling == "MIXED" else spelling
        self.world.outbox.emit(
            shop.id,
            "ORDER_STATUS_CHANGE",
            {
                "order_id": order.id,
                "order_status": status,
                "is_on_hold_order": order.hold and order.status in {"UNPAID", "ON_HOLD"},
                "update_time": order.update_time,
            },
        )

    def _tell_stock(
        self, shop: Shop, sku_ids: Collection[str], event: str = "INVENTORY_CHANGED"
    ) -> None:
        for sku_id in sorted(sku_ids):
            sku = shop.sku(sku_id)
            if sku is None:
                continue
            self.world.outbox.emit(
                shop.id,
                event,
                {
                    "product_id": sku.product_id,
                    "sku_id": sku_id,
                    "inventory_distribution": {"available_quantity": shop.stock.total(sku_id)},
                    "update_time": self._now(),
                },
            )

    def tell_pushed_stock(self, shop: Shop, sku_ids: Collection[str]) -> None:
        """Stock was set through the API."""
        self._tell_stock(shop, sku_ids, "INVENTORY_CHANGED_BY_SHOP")

    @staticmethod
    def _need(order: Order, *statuses: str) -> None:
        if order.status not in statuses:
            raise ValueError(f"order {order.id} is {order.status}, not {' or '.join(statuses)}")

    def _lines(self, order: Order, line_ids: Sequence[str]) -> list[Line]:
        known = {line.id: line for line in order.active_lines()}
        missing = [line_id for line_id in line_ids if line_id not in known]
        if missing:
            raise ValueError(f"order {order.id} has no active line {missing[0]}")
        return [known[line_id] for line_id in line_ids] or list(known.values())
