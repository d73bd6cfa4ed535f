"""What happens to orders: paid, shipped, split, combined, delivered.

Each step moves the order's update_time and tells the webhooks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from saleor_tiktok_stripe.sandbox.tiktok.life_products import ProductLife
from saleor_tiktok_stripe.sandbox.tiktok.model import Address, Order
from saleor_tiktok_stripe.sandbox.tiktok.shop import Shop


class Life(ProductLife):
    """Moves the orders of a world on. ValueError when a step does not fit an order's state."""

    def create_order(
        self,
        lines: Sequence[Sequence[Any]] = (),
        *,
        shop_id: str = "",
        shipping_type: str = "",
        status: str = "UNPAID",
        buyer_of: str = "",
        by_tiktok: bool | None = None,
    ) -> str:
        """A new order, placed now; `lines` are (SKU id, units), made up when none are given.

        `status` other than UNPAID walks it there: ON_HOLD, AWAITING_SHIPMENT and so on. It is taken
        even when stock is short (see `buy`). `buyer_of`: an order whose buyer, address, warehouse
        and shipping it shares, so that the two may be combined. `by_tiktok`: whether TikTok
        fulfils it.
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
        if by_tiktok is not None:
            order.platform_fulfilled = by_tiktok
            order.shipping_type = "TIKTOK" if by_tiktok else order.shipping_type
        if shipping_type:
            order.shipping_type = shipping_type
        self._place(shop, order)
        if status != "UNPAID":
            self.walk_to(order.id, status)
        return order.id

    def _place(self, shop: Shop, order: Order) -> None:
        for line in order.lines:
            shop.stock.take(line, shop.warehouse_id(order))
        shop.next_index += 1
        shop.hold_changed(order)
        shop.file(order, order.create_time)
        self._tell_status(shop, order)
        self._tell_stock(shop, {line.sku.sku_id for line in order.lines})

    def buy(
        self, sku_id: str, units: int = 1, *, status: str = "AWAITING_SHIPMENT", shop_id: str = ""
    ) -> str:
        """A buyer orders units of a SKU; "" when TikTok has too few available or does not sell it.
        Returns the order id."""
        shop = self._shop_of_sku(sku_id, shop_id)
        sku = shop.sku(sku_id)
        sold = sku is not None and shop.product_status.get(sku.product_id) in {None, "ACTIVATE"}
        if not sold or shop.stock.total(sku_id) < units:
            return ""
        return self.create_order([(sku_id, units)], status=status, shop_id=shop_id)

    def walk_to(self, order_id: str, status: str) -> str:
        """Take an order from where it is through every step up to a status."""
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
        road = ("UNPAID", *steps)
        for reached, step in steps.items():
            at = self._take(order_id)[1].status
            at = "AWAITING_SHIPMENT" if at == "PARTIALLY_SHIPPING" else at
            place = road.index(at) if at in road else -1
            if place >= road.index(status):
                break
            if place < road.index(reached):
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
