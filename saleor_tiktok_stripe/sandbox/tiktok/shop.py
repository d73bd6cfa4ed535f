"""One TikTok shop: generated orders behind a compact index, and everything that changed since."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from saleor_tiktok_stripe.sandbox.tiktok import ids
from saleor_tiktok_stripe.sandbox.tiktok.catalog import CatalogSku, catalog
from saleor_tiktok_stripe.sandbox.tiktok.generator import Generator
from saleor_tiktok_stripe.sandbox.tiktok.index import TimeIndex, pack
from saleor_tiktok_stripe.sandbox.tiktok.model import Cancellation, Order, Package, Return
from saleor_tiktok_stripe.sandbox.tiktok.plan import STATUS_CODE, STATUSES, Mix, Planner
from saleor_tiktok_stripe.sandbox.tiktok.regions import REGIONS
from saleor_tiktok_stripe.sandbox.tiktok.stock import Stock

INITIAL_STOCK = 1000
OPEN = frozenset({"UNPAID", "ON_HOLD", "AWAITING_SHIPMENT", "PARTIALLY_SHIPPING"})


@dataclass(frozen=True)
class ShopSpec:
    """What to make a shop of. `start` is the time (Unix seconds) that its history ends at."""

    number: int
    seed: int
    orders: int
    start: int
    region: str = "US"
    hold: bool = True
    products: int = 24
    unlinked_share: float = 0.0
    mix: Mix = field(default_factory=Mix)


@dataclass(frozen=True)
class Warehouse:
    """A place that the seller ships from, or takes returns at."""

    id: str
    name: str
    kind: str
    is_default: bool


@dataclass(frozen=True)
class Kind:
    """How to find one kind of thing (packages, cases) inside an order, and its times."""

    things: Callable[[Order], Sequence[Package | Cancellation | Return]]
    times: tuple[str, ...] = ("create_time", "update_time")


_KINDS = {
    "packages": Kind(lambda order: order.packages, ("create_time", "update_time", "pay_time")),
    "cancellations": Kind(lambda order: order.cancellations),
    "returns": Kind(lambda order: order.returns),
}


class Shop:
    """A shop's data. Not thread-safe: the sandbox's one lock is held around every use."""

    def __init__(self, spec: ShopSpec) -> None:
        self.spec = spec
        self.number = spec.number
        self.region = REGIONS[spec.region]
        self.start = spec.start
        digest = hashlib.sha256(f"cipher-{spec.seed}-{spec.number}".encode()).digest()
        # Slashes and plus signs on purpose: a client that does not encode its query breaks here.
        body = base64.b64encode(b"\xfb\xef\xff" + digest[:13]).decode()
        self.cipher = self.region.token_prefix + body
        self.id = str(7_495_540_735_000_000_000 + spec.seed % 1_000_000 * 1000 + spec.number)
        self.code = f"{spec.region}LCSBX{spec.number:03d}"
        self.name = f"Sandbox shop {spec.region}"
        self.skus: tuple[CatalogSku, ...] = catalog(
            spec.seed,
            products=spec.products,
            region=spec.region,
            unlinked_share=spec.unlinked_share,
        )
        self.planner = Planner(spec.seed, self.region, spec.orders, spec.start, spec.mix)
        self.generator = Generator(
            spec.number, spec.seed, self.region, self.skus, spec.mix, spec.hold
        )
        base = 7_000_714_532_000_000_000 + spec.number * 1000
        self.warehouses = (
            Warehouse(str(base + 1), "Main warehouse", "SALES_WAREHOUSE", True),
            Warehouse(str(base + 2), "Second warehouse", "SALES_WAREHOUSE", False),
            Warehouse(str(base + 9), "Returns", "RETURN_WAREHOUSE", False),
        )
        self.changed: dict[int, Order] = {}
        self.next_index = spec.orders
        self.stock = Stock.of(self.skus, self.warehouses[0].id, INITIAL_STOCK)
        self.prices = {sku.sku_id: sku.price_minor for sku in self.skus}
        self.promoted: set[str] = set()
        self.product_status: dict[str, str] = {}
        self.product_changed: dict[str, int] = {}
        self.trackings: dict[str, str] = {}
        self.products: dict[str, list[CatalogSku]] = {}
        for sku in self.skus:
            self.products.setdefault(sku.product_id, []).append(sku)
        self._sku_by_id = {sku.sku_id: sku for sku in self.skus}
        self.external: dict[str, list[dict[str, str]]] = {}
        self._statuses = bytearray(spec.orders)
        self._side: dict[tuple[str, str], TimeIndex] = {}
        self._build()

    def _build(self) -> None:
        creates, updates = [0] * self.spec.orders, [0] * self.spec.orders
        times, statuses = self.planner.times, self._statuses
        for index in range(self.spec.orders):
            status, create, moments = times(index)
            statuses[index] = status
            creates[index] = pack(create, index)
            updates[index] = pack(max(create, *moments), index)
        self.by_create = TimeIndex(creates)
        self.by_update = TimeIndex(updates)

    def status_of(self, index: int) -> str:
        """Status of an order without making its body."""
        live = self.changed.get(index)
        return live.status if live else STATUSES[self._statuses[index]]

    def status_counts(self) -> dict[str, int]:
        """How many orders stand in each status now."""
        counts = {status: self._statuses.count(code) for status, code in STATUS_CODE.items()}
        for index, order in self.changed.items():
            if index < self.spec.orders:
                counts[STATUSES[self._statuses[index]]] -= 1
            counts[order.status] += 1
        return counts

    def order(self, index: int) -> Order:
        """The order with this index: the changed one, or the one generated (a fresh copy)."""
        live = self.changed.get(index)
        return live or self.generator.order(self.planner.outline(index))

    def find(self, order_id: str) -> Order | None:
        """The order with this id."""
        index = ids.order_index(self.number, order_id)
        if index is None or index >= self.next_index:
            return None
        return self.order(index)

    def all_orders(self) -> Iterator[Order]:
        """Every order, oldest first."""
        return (self.order(index) for index in range(self.next_index))

    def warehouse_id(self, order: Order) -> str:
        """Id of the warehouse an order ships from."""
        return self.warehouses[order.warehouse].id

    def sku(self, sku_id: str) -> CatalogSku | None:
        """The SKU with this id."""
        return self._sku_by_id.get(sku_id)

    def open_orders(self) -> Iterator[tuple[Order, str]]:
        """Orders that still need stock, and the warehouse each ships from."""
        for index in range(self.next_index):
            if self.status_of(index) in OPEN:
                order = self.order(index)
                yield order, self.warehouse_id(order)

    def hold_changed(self, order: Order) -> Order:
        """Take an order into the changed ones, so that what is done to it stays."""
        if order.index not in self.changed:
            self.changed[order.index] = order
            for kind, name in self._side:
                self._refile(kind, name, order)
        return self.changed[order.index]

    def file(self, order: Order, time: int) -> None:
        """Note that an order changed at `time`: it moves in every index."""
        self.hold_changed(order)
        generated = order.index < self.spec.orders
        plan = self.planner.outline(order.index) if generated else None
        order.update_time = max(time, order.create_time)
        self.by_update.put(order.index, order.update_time, plan.update_time if plan else None)
        if plan is None:
            self.by_create.put(order.index, order.create_time, None)
        for kind, name in self._side:
            self._refile(kind, name, order)

    def _refile(self, kind: str, name: str, order: Order) -> None:
        index = self._side[kind, name]
        things = _KINDS[kind].things
        former: dict[int, int] = {}
        if order.index < self.spec.orders:
            original = self.generator.order(self.planner.outline(order.index))
            former = {thing.slot: getattr(thing, name) for thing in things(original)}
        present = {
            thing.slot: getattr(thing, name)
            for thing in things(order)
            if ids.slot_owner(thing.slot) == order.index
        }
        for slot in former.keys() - present.keys():
            index.drop(slot, former[slot])
        for slot, time in present.items():
            index.put(slot, time, former.get(slot))

    def side_index(self, kind: str, name: str) -> TimeIndex:
        """Index of packages, cancellations or returns by one of their times, made on first use."""
        if (kind, name) not in self._side:
            things = _KINDS[kind].things
            fields = _KINDS[kind].times
            keys: dict[str, list[int]] = {field_name: [] for field_name in fields}
            for index in range(self.spec.orders):
                if not self._has(kind, index):
                    continue
                order = self.generator.order(self.planner.outline(index))
                for thing in things(order):
                    for field_name in fields:
                        keys[field_name].append(pack(getattr(thing, field_name), thing.slot))
            for field_name in fields:
                self._side[kind, field_name] = TimeIndex(keys[field_name])
                for order in self.changed.values():
                    self._refile(kind, field_name, order)
        return self._side[kind, name]

    def _has(self, kind: str, index: int) -> bool:
        plan = self.planner.outline(index)
        if kind == "cancellations":
            return bool(plan.cancel)
        if kind == "returns":
            return bool(plan.returned)
        return plan.has_package or self.region.code != "US"

    def thing(self, kind: str, slot: int) -> tuple[Order, Package | Cancellation | Return] | None:
        """A package or case by its slot, with the order that owns it."""
        owner = ids.slot_owner(slot)
        if owner >= self.next_index:
            return None
        order = self.order(owner)
        found = next((t for t in _KINDS[kind].things(order) if t.slot == slot), None)
        return (order, found) if found else None
