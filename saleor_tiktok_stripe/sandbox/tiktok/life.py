"""What happens to orders: paid, shipped, split, combined, delivered.

Each step moves the order's update_time and tells the webhooks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from saleor_tiktok_stripe.sandbox.tiktok.life_returns import ReturnLife
from saleor_tiktok_stripe.sandbox.tiktok.model import Address


class Life(ReturnLife):
    """Moves the orders of a world on. ValueError when a step does not fit an order's state."""

    def create_order(
        self,
        lines: Sequence[Sequence[Any]] = (),
        *,
        shop_id: str = "",
        shipping_type: str = "",
        status: str = "UNPAID",
        buyer_of: str = "",
    ) -> str:
        """A new order, placed now; `lines` are (SKU id, units), made up when none are given.

        `status` other than UNPAID walks it there: ON_HOLD, AWAITING_SHIPMENT and so on. It is taken
        even when stock is short (see `buy`). `buyer_of`: an order whose buyer, address, warehouse
        and shipping it shares, so that the two may be combined.
        """
        shop = self.world.shop(shop_id)
        index = shop.next_index
        plan = shop.planner.fresh(index, self._now())
        wanted = [(str(sku_id), int(units)) for sku_id, units in lines]
        unknown = [sku_id for sku_id, _ in wanted if shop.sku(sku_id) is None]
        if unknown:
            raise KeyError(f"no SKU {unknown[0]}")
        order = shop.generator.order(plan, wanted, shop.prices)
        if buyer_of:
            twin = self._take(buyer_of)[1]
            order.buyer_id, order.address = twin.buyer_id, replace(twin.address)
            order.warehouse, order.shipping_type = twin.warehouse, twin.shipping_type
            order.platform_fulfilled = twin.platform_fulfilled
        if shipping_type:
            order.shipping_type = shipping_type
        for line in order.lines:
            shop.stock.take(line, shop.warehouse_id(order))
        shop.next_index += 1
        shop.hold_changed(order)
        shop.file(order, order.create_time)
        self._tell_status(shop, order)
        if status != "UNPAID":
            self.walk_to(order.id, status)
        return order.id

    def walk_to(self, order_id: str, status: str) -> str:
        """Take an order through every step up to a status."""
        steps: Mapping[str, Callable[[str], str]] = {
            "ON_HOLD": self.pay,
            "AWAITING_SHIPMENT": self.end_hold,
            "AWAITING_COLLECTION": self.ship,
            "IN_TRANSIT": self.in_transit,
            "DELIVERED": self.deliver,
            "COMPLETED": self.complete,
        }
        if status not in steps:
            raise ValueError(f"cannot walk to {status}")
        for reached, step in steps.items():
            order = self._take(order_id)[1]
            if order.status == status:
                break
            if reached == "AWAITING_SHIPMENT" and order.status == reached:
                continue
            step(order_id)
        return order_id

    def pay(self, order_id: str) -> str:
        """The buyer pays: ON_HOLD, or AWAITING_SHIPMENT where there is no hold."""
        shop, order = self._take(order_id)
        self._need(order, "UNPAID")
        order.paid_time = 0 if order.cash_on_delivery else self._now()
        order.status = "ON_HOLD" if order.hold else "AWAITING_SHIPMENT"
        for line in order.active_lines():
            line.status = "AWAITING_SHIPMENT"
        if order.status == "AWAITING_SHIPMENT":
            self._open_package(shop, order)
        return self._note(shop, order, "UNPAID")

    def end_hold(self, order_id: str) -> str:
        """The remorse hour is over: AWAITING_SHIPMENT."""
        shop, order = self._take(order_id)
        self._need(order, "ON_HOLD")
        order.status, order.hold_end = "AWAITING_SHIPMENT", self._now()
        self._open_package(shop, order)
        return self._note(shop, order, "ON_HOLD")

    def ship(
        self,
        order_id: str,
        line_ids: Sequence[str] = (),
        *,
        provider: str = "",
        tracking: str = "",
    ) -> str:
        """Hand lines (all that wait, when none are named) to a carrier; returns the package id."""
        shop, order = self._take(order_id)
        self._need(order, "AWAITING_SHIPMENT", "PARTIALLY_SHIPPING")
        waiting = [ln.id for ln in order.active_lines() if ln.status == "AWAITING_SHIPMENT"]
        lines = self._lines(order, line_ids or waiting)
        if any(line.status != "AWAITING_SHIPMENT" for line in lines):
            raise ValueError("a line was shipped before")
        wanted = {line.id for line in lines}
        package = next((p for p in order.packages if set(p.line_ids) >= wanted), None)
        if package is None or (set(package.line_ids) != wanted and len(package.order_ids) == 1):
            package = self._new_package(shop, order, lines)
        self._hand_over(shop, order, package, provider=provider, tracking=tracking)
        return package.id

    def in_transit(self, order_id: str, package_id: str = "") -> str:
        """The carrier has it: IN_TRANSIT, one package or all that wait for collection."""
        return self._advance(order_id, package_id, "IN_TRANSIT")

    def deliver(self, order_id: str, package_id: str = "") -> str:
        """DELIVERED."""
        return self._advance(order_id, package_id, "DELIVERED")

    def complete(self, order_id: str) -> str:
        """COMPLETED: no more returns."""
        return self._advance(order_id, "", "COMPLETED")

    def change_address(self, order_id: str, **changes: str) -> str:
        """The buyer corrects the address: any of the address fields by name."""
        shop, order = self._take(order_id)
        values = {name: getattr(order.address, name) for name in Address.__slots__}
        unknown = changes.keys() - values.keys()
        if unknown:
            raise ValueError(f"an address has no {sorted(unknown)[0]}")
        order.address = Address(**(values | (changes or {"street": "9 Changed Street"})))
        order.address_updated = True
        self._note(shop, order, order.status)
        self.world.outbox.emit(
            shop.id,
            "RECIPIENT_ADDRESS_UPDATE",
            {"order_id": order.id, "update_time": order.update_time},
        )
        return order.id

    def touch(self, order_id: str) -> str:
        """Only the update_time moves."""
        shop, order = self._take(order_id)
        return self._note(shop, order, order.status)

    def deauthorize(self, shop_id: str = "") -> str:
        """The seller takes the app's access away."""
        shop = self.world.shop(shop_id)
        self.world.outbox.emit(
            shop.id, "SELLER_DEAUTHORIZATION", {"message": "The seller withdrew the authorization"}
        )
        self.world.authority.withdraw()
        return shop.id
