"""What happens to packages: opened, handed over, split, combined, taken apart."""

from __future__ import annotations

from collections.abc import Sequence

from saleor_tiktok_stripe.sandbox.tiktok import ids
from saleor_tiktok_stripe.sandbox.tiktok.generator import tracking_number
from saleor_tiktok_stripe.sandbox.tiktok.life_cases import CaseLife
from saleor_tiktok_stripe.sandbox.tiktok.model import PACKAGE_OF_LINE, Line, Order, Package
from saleor_tiktok_stripe.sandbox.tiktok.shop import Shop

_NEXT = {"IN_TRANSIT": "AWAITING_COLLECTION", "DELIVERED": "IN_TRANSIT", "COMPLETED": "DELIVERED"}
_TIME_OF = {
    "IN_TRANSIT": "collection_time",
    "DELIVERED": "delivery_time",
    "COMPLETED": "end_time",
}


class PackageLife(CaseLife):
    """Moves packages on."""

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

    def _provider(self, shop: Shop, order: Order, provider: str) -> tuple[str, str]:
        providers = shop.region.providers
        if not provider:
            return providers[order.index % len(providers)]
        found = next((entry for entry in providers if provider in entry), None)
        if found is None:
            raise ValueError(f"no shipping provider {provider}")
        return found

    def _move_lines(
        self, shop: Shop, package: Package, orders: Sequence[Order], status: str
    ) -> None:
        now = self._now()
        package.status, package.update_time = PACKAGE_OF_LINE[status], now
        for order in orders:
            for line in order.active_lines():
                if line.id in package.line_ids:
                    line.status = status
                    if status == "AWAITING_COLLECTION":
                        line.package_id, line.shipped_at = package.id, now
                        line.shipments += 1
                        shop.stock.ship(line, shop.warehouse_id(order))
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
            self._move_lines(shop, package, members, status)
            for member in members:
                if member is not order:
                    self._reached(member, status)
                    self._note_members(shop, [member], order, former)
            moved = True
        if not moved:
            raise ValueError(f"nothing of order {order_id} is {_NEXT[status]}")
        self._reached(order, status)
        order.status = order.derived_status()
        return self._note(shop, order, former)

    def _reached(self, order: Order, status: str) -> None:
        """When it got so far; cash on delivery is paid then."""
        setattr(order, _TIME_OF[status], self._now())
        if status == "DELIVERED" and order.cash_on_delivery:
            order.paid_time = self._now()

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
            if order.platform_fulfilled or order.shipping_type != first.shipping_type:
                raise ValueError("orders that leave in different ways cannot be combined")
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

    def uncombine(self, package_id: str, order_ids: Sequence[str] = ()) -> dict[str, str]:
        """Take orders (all, when none are named) out of a combined package; returns order ids by
        the new package that each is in now. The package stays with the order it was made for: where
        that one is taken out, the others go on in a package of their own."""
        shop, first, package = self._package(package_id)
        leaving = [i for i in package.order_ids if not order_ids or i in order_ids]
        staying = [i for i in package.order_ids if i not in leaving]
        if len(staying) < 2:  # noqa: PLR2004 - nobody is left to share it with
            leaving, staying = [i for i in package.order_ids if i != first.id], [first.id]
        together = staying if first.id in leaving else []
        made: dict[str, str] = {}
        for order_id in [i for i in (*leaving, *together) if i != first.id]:
            order = self._take(order_id)[1]
            order.packages.remove(package)
            package.order_ids.remove(order_id)
            own = {line.id for line in order.lines}
            package.line_ids = [i for i in package.line_ids if i not in own]
            order.tag = ""
            if order.active_lines() and order_id not in together:
                made[self._new_package(shop, order, order.active_lines()).id] = order_id
            self._note(shop, order, order.status)
        if together:
            made[self.combine(together)] = together[0]
        if len(package.order_ids) == 1:
            package.tag = first.tag = ""
        if not package.line_ids:
            first.packages.remove(package)
        package.update_time = self._now()
        self._note(shop, first, first.status)
        self._tell_packages(shop, [package], "CANCEL_COMBINE")
        return made

    def _package(self, package_id: str) -> tuple[Shop, Order, Package]:
        for shop in self.world.shops:
            slot = ids.package_slot(shop.number, package_id)
            found = shop.thing("packages", slot) if slot is not None else None
            if found is not None and isinstance(found[1], Package):
                return shop, shop.hold_changed(found[0]), found[1]
        raise KeyError(f"no package {package_id}")

    def ship_package(self, package_id: str, *, provider: str = "", tracking: str = "") -> str:
        """Hand a package, with everything in it, to a carrier; returns its id."""
        shop, order, package = self._package(package_id)
        if package.status != "TO_FULFILL":
            raise ValueError(f"package {package_id} is {package.status}")
        self._hand_over(shop, order, package, provider=provider, tracking=tracking)
        return package.id

    def _hand_over(
        self, shop: Shop, order: Order, package: Package, *, provider: str, tracking: str
    ) -> None:
        former = order.status
        if provider or not package.provider_id:
            package.provider_id, package.provider_name = self._provider(shop, order, provider)
        own = package.tracking or tracking_number(shop.region.code, package.slot * 7 + 3)
        package.tracking = tracking or own
        shop.trackings[package.tracking] = package.id
        package.shipped_at = self._now()
        members = [self._take(member)[1] for member in package.order_ids]
        for member in members:
            self._refuse_requests(member, package)
        self._move_lines(shop, package, members, "AWAITING_COLLECTION")
        if len(order.packages) > 1 and order.tag != "COMBINED":
            order.tag = "SPLIT"
        self._note_members(shop, members, order, former)

    def _refuse_requests(self, order: Order, package: Package) -> None:
        for case in order.cancellations:
            if case.status.endswith("PENDING") and set(case.line_ids) & set(package.line_ids):
                self.resolve_cancel(case.id, approve=False)

    def buy_label(self, order_id: str, line_ids: Sequence[str] = ()) -> str:
        """The seller buys TikTok's label for lines (all that wait): the package that the US has
        only from then on; returns its id."""
        shop, order = self._take(order_id)
        self._need(order, "AWAITING_SHIPMENT", "PARTIALLY_SHIPPING")
        waiting = [ln.id for ln in order.active_lines() if ln.status == "AWAITING_SHIPMENT"]
        package = self._new_package(shop, order, self._lines(order, line_ids or waiting))
        package.provider_id, package.provider_name = self._provider(shop, order, "")
        package.tracking = tracking_number(shop.region.code, package.slot * 7 + 3)
        shop.trackings[package.tracking] = package.id
        self._note(shop, order, order.status)
        return package.id

    def change_tracking(self, package_id: str, provider: str, tracking: str) -> str:
        """Another tracking number for a package that was shipped; returns its id."""
        shop, order, package = self._package(package_id)
        shop.trackings.pop(package.tracking, None)
        package.provider_id, package.provider_name = self._provider(shop, order, provider)
        package.tracking, package.update_time = tracking, self._now()
        package.tracking_changes += 1
        shop.trackings[tracking] = package.id
        for member in package.order_ids:
            owner = self._take(member)[1]
            self._note(shop, owner, owner.status)
        return package.id
