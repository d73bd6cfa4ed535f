"""What happens to orders: paid, shipped, split, combined, delivered.

Each step moves the order's update_time and tells the webhooks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from saleor_tiktok_stripe.sandbox.tiktok import ids
from saleor_tiktok_stripe.sandbox.tiktok.generator import tracking_number
from saleor_tiktok_stripe.sandbox.tiktok.life_cases import CaseLife
from saleor_tiktok_stripe.sandbox.tiktok.model import (
    PACKAGE_OF_LINE,
    Address,
    Line,
    Order,
    Package,
)
from saleor_tiktok_stripe.sandbox.tiktok.shop import Shop

_NEXT = {"IN_TRANSIT": "AWAITING_COLLECTION", "DELIVERED": "IN_TRANSIT", "COMPLETED": "DELIVERED"}
_TIME_OF = {
    "IN_TRANSIT": "collection_time",
    "DELIVERED": "delivery_time",
    "COMPLETED": "end_time",
}


class Life(CaseLife):
    """Moves the orders of a world on. ValueError when a step does not fit an order's state."""

    def _tell_packages(self, shop: Shop, packages: Sequence[Package], what: str) -> None:
        self.world.outbox.emit(
            shop.id,
            "PACKAGE_UPDATE",
            {
                "sc_type": what,
                "role_type": "ROLE_SELLER",
                "package_list": [
                    {"package_id": p.id, "order_id_list": list(p.order_ids)} for p in packages
                ],
                "update_time": self._now(),
            },
        )

    def create_order(
        self,
        lines: Sequence[Sequence[Any]] = (),
        *,
        shop_id: str = "",
        shipping_type: str = "",
        status: str = "UNPAID",
    ) -> str:
        """A new order, placed now; `lines` are (SKU id, units), made up when none are given.

        `status` other than UNPAID walks it there: ON_HOLD, AWAITING_SHIPMENT and so on.
        """
        shop = self.world.shop(shop_id)
        index = shop.next_index
        plan = shop.planner.fresh(index, self._now())
        wanted = [(str(sku_id), int(units)) for sku_id, units in lines]
        unknown = [sku_id for sku_id, _ in wanted if shop.sku(sku_id) is None]
        if unknown:
            raise KeyError(f"no SKU {unknown[0]}")
        order = shop.generator.order(plan, wanted)
        if shipping_type:
            order.shipping_type = shipping_type
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

    def _open_package(self, shop: Shop, order: Order) -> None:
        if shop.region.code != "US":
            self._new_package(shop, order, order.active_lines())

    def _new_package(self, shop: Shop, order: Order, lines: Sequence[Line]) -> Package:
        for package in list(order.packages):
            package.line_ids = [i for i in package.line_ids if i not in {ln.id for ln in lines}]
            if not package.line_ids:
                order.packages.remove(package)
        position = order.next_package
        order.next_package += 1
        package = Package(
            id=ids.package_id(shop.number, order.index, position),
            slot=ids.slot(order.index, position),
            order_ids=[order.id],
            line_ids=[line.id for line in lines],
            create_time=self._now(),
            update_time=self._now(),
            pay_time=order.paid_time,
        )
        order.packages.append(package)
        for line in lines:
            line.package_id = package.id
        return package

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
        former = order.status
        wanted = {line.id for line in lines}
        package = next((p for p in order.packages if set(p.line_ids) >= wanted), None)
        if package is None or (set(package.line_ids) != wanted and len(package.order_ids) == 1):
            package = self._new_package(shop, order, lines)
        number, name = self._provider(shop, order, provider)
        package.provider_id, package.provider_name = number, name
        package.tracking = tracking or tracking_number(shop.region.code, package.slot * 7 + 3)
        members = [self._take(member)[1] for member in package.order_ids]
        self._move_lines(package, members, "AWAITING_COLLECTION")
        if len(order.packages) > 1 and order.tag != "COMBINED":
            order.tag = "SPLIT"
        self._note_members(shop, members, order, former)
        return package.id

    def _provider(self, shop: Shop, order: Order, provider: str) -> tuple[str, str]:
        providers = shop.region.providers
        if not provider:
            return providers[order.index % len(providers)]
        found = next((entry for entry in providers if provider in entry), None)
        if found is None:
            raise ValueError(f"no shipping provider {provider}")
        return found

    def _move_lines(self, package: Package, orders: Sequence[Order], status: str) -> None:
        now = self._now()
        package.status, package.update_time = PACKAGE_OF_LINE[status], now
        for order in orders:
            for line in order.active_lines():
                if line.id in package.line_ids:
                    line.status = status
                    if status == "AWAITING_COLLECTION":
                        line.package_id, line.shipped_at = package.id, now
                        order.ship_time = order.ship_time or now

    def _note_members(
        self, shop: Shop, members: Sequence[Order], order: Order, former: str
    ) -> None:
        for member in members:
            before = former if member is order else member.status
            member.status = member.derived_status()
            self._note(shop, member, before)

    def _advance(self, order_id: str, package_id: str, status: str) -> str:
        shop, order = self._take(order_id)
        former, moved = order.status, False
        for package in order.packages:
            lines = [ln for ln in order.active_lines() if ln.id in package.line_ids]
            ready = any(line.status == _NEXT[status] for line in lines)
            if not ready or (package_id and package.id != package_id):
                continue
            members = [self._take(member)[1] for member in package.order_ids]
            self._move_lines(package, members, status)
            for member in members:
                if member is not order:
                    setattr(member, _TIME_OF[status], self._now())
                    self._note_members(shop, [member], order, former)
            moved = True
        if not moved:
            raise ValueError(f"nothing of order {order_id} is {_NEXT[status]}")
        setattr(order, _TIME_OF[status], self._now())
        if status == "DELIVERED" and order.cash_on_delivery:
            order.paid_time = self._now()
        order.status = order.derived_status()
        return self._note(shop, order, former)

    def in_transit(self, order_id: str, package_id: str = "") -> str:
        """The carrier has it: IN_TRANSIT, one package or all that wait for collection."""
        return self._advance(order_id, package_id, "IN_TRANSIT")

    def deliver(self, order_id: str, package_id: str = "") -> str:
        """DELIVERED."""
        return self._advance(order_id, package_id, "DELIVERED")

    def complete(self, order_id: str) -> str:
        """COMPLETED: no more returns."""
        return self._advance(order_id, "", "COMPLETED")

    def split(self, order_id: str, groups: Sequence[Sequence[str]]) -> list[str]:
        """Spread an order's waiting lines over packages, one per group of line ids."""
        shop, order = self._take(order_id)
        self._need(order, "AWAITING_SHIPMENT", "PARTIALLY_SHIPPING")
        packages = [self._new_package(shop, order, self._lines(order, g)) for g in groups]
        order.tag = "SPLIT"
        self._note(shop, order, order.status)
        self._tell_packages(shop, packages, "SPLIT")
        return [package.id for package in packages]

    def combine(self, order_ids: Sequence[str]) -> str:
        """Put several orders into one package; returns its id."""
        taken = [self._take(order_id) for order_id in order_ids]
        shop, first = taken[0]
        for other_shop, order in taken:
            self._need(order, "AWAITING_SHIPMENT")
            if other_shop is not shop:
                raise ValueError("orders of different shops cannot be combined")
        package = self._new_package(shop, first, first.active_lines())
        for _, order in taken[1:]:
            order.packages.clear()
            order.packages.append(package)
            package.order_ids.append(order.id)
            package.line_ids += [line.id for line in order.active_lines()]
            for line in order.active_lines():
                line.package_id = package.id
        package.tag = "COMBINED"
        for _, order in taken:
            order.tag = "COMBINED"
            self._note(shop, order, order.status)
        self._tell_packages(shop, [package], "COMBINE")
        return package.id

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
