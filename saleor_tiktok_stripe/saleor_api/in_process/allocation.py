"""Set stock aside for a whole batch of orders, under Saleor's own stock locks.

Saleor's ``allocate_stocks`` oversells when one call holds several orders (it does not lower what is
available between lines), and forgets existing allocations when told to count reservations. So the
batch is allocated here: the same rows locked in the same order, the same rows written.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db import connection
from django.db.models import F, Sum
from saleor.channel import AllocationStrategy
from saleor.core.exceptions import InsufficientStock
from saleor.order.fetch import OrderLineInfo
from saleor.order.models import OrderLine
from saleor.product.models import ProductVariant
from saleor.warehouse.lock_objects import stock_qs_select_for_update
from saleor.warehouse.management import allocate_preorders
from saleor.warehouse.models import Allocation, Reservation, Stock
from saleor.warehouse.reservations import is_reservation_enabled

from .preload import Batch


@dataclass(frozen=True)
class Demand:
    """Units of one order line to set aside; ``warehouse`` None means any of the channel's."""

    line: OrderLine
    variant: ProductVariant
    quantity: int
    warehouse: UUID | None


@dataclass
class Supply:
    """One locked stock row and what is left of it while the batch is worked through."""

    stock: Stock
    allocated: int
    reserved: int
    taken: int = 0

    @property
    def unallocated(self) -> int:
        """Units nobody's order holds."""
        return int(self.stock.quantity - self.allocated - self.taken)

    @property
    def free(self) -> int:
        """Units that can still be set aside: reserved ones are in somebody's checkout."""
        return self.unallocated - self.reserved


@dataclass
class Outcome:
    """``short`` holds, by order line id, the units no stock was found for; ``exhausted`` the stocks
    that this batch emptied.
    """

    short: dict[UUID, int] = field(default_factory=dict)
    exhausted: list[Stock] = field(default_factory=list)


def allocate(demands: Sequence[Demand], batch: Batch) -> Outcome:
    """Write allocations for what there is, in the order given; never more than there is.

    Must run inside the transaction that writes the orders, after their lines. Variants whose stock
    Saleor does not track need nothing; variants in preorder go by Saleor's preorder rules.
    """
    outcome = Outcome()
    tracked = [d for d in demands if d.variant.track_inventory and not _preorder(d)]
    supplies = _lock_supplies(tracked, batch)
    allocations: list[Allocation] = []
    for demand in tracked:
        candidates = supplies.get(demand.variant.pk, [])
        allocations += _take(demand, candidates, batch, outcome)
    _write(allocations, [s for rows in supplies.values() for s in rows if s.taken])
    outcome.exhausted = [
        supply.stock
        for rows in supplies.values()
        for supply in rows
        if supply.taken and supply.unallocated <= 0
    ]
    _allocate_preorders([d for d in demands if _preorder(d)], batch, outcome)
    return outcome


@dataclass(frozen=True)
class Held:
    """Units of an order line set aside in a stock, as they were."""

    allocation: int
    line: UUID
    stock: int
    units: int


def held_by(lines: Iterable[UUID]) -> list[Held]:
    """What is set aside for these order lines now."""
    rows = Allocation.objects.filter(order_line_id__in=list(lines)).order_by("stock_id", "pk")
    columns = ("pk", "order_line_id", "stock_id", "quantity_allocated")
    return [Held(*row) for row in rows.values_list(*columns)]


def take_back(before: Sequence[Held], open_units: Mapping[UUID, int]) -> None:
    """Set aside again what Saleor freed although lines still need it: of a line that was oversold
    in part, it frees the units that were set aside first. Must run in the transaction that freed
    them, which still holds the locks of their stocks."""
    now = {held.allocation: held.units for held in held_by({held.line for held in before})}
    for line, units in open_units.items():
        rows = [held for held in before if held.line == line and held.allocation in now]
        missing = min(units, sum(held.units for held in rows))
        missing -= sum(now[held.allocation] for held in rows)
        for held in rows:
            again = min(missing, held.units - now[held.allocation])
            if again > 0:
                missing -= again
                more = F("quantity_allocated") + again
                Allocation.objects.filter(pk=held.allocation).update(quantity_allocated=more)
                Stock.objects.filter(pk=held.stock).update(quantity_allocated=more)


def _preorder(demand: Demand) -> bool:
    return bool(demand.variant.is_preorder_active())


def _lock_supplies(demands: Sequence[Demand], batch: Batch) -> dict[int, list[Supply]]:
    """Lock the stock rows by pk, then read what is promised: in this order, so that the sums
    include whatever the holder of the lock before us wrote.
    """
    if not demands:
        return {}
    warehouses = set(batch.channel_warehouses) | {d.warehouse for d in demands if d.warehouse}
    stocks = list(
        stock_qs_select_for_update().filter(
            product_variant_id__in={d.variant.pk for d in demands}, warehouse_id__in=warehouses
        )
    )
    ids = [stock.pk for stock in stocks]
    allocated = _sums(Allocation.objects.filter(stock_id__in=ids), "quantity_allocated")
    reserved: dict[int, int] = {}
    if is_reservation_enabled(batch.site):
        valid = Reservation.objects.filter(stock_id__in=ids).not_expired()
        reserved = _sums(valid, "quantity_reserved")
    supplies: dict[int, list[Supply]] = defaultdict(list)
    for stock in stocks:
        supply = Supply(stock, allocated.get(stock.pk, 0), reserved.get(stock.pk, 0))
        supplies[stock.product_variant_id].append(supply)
    return supplies


def _sums(rows: Iterable[object], column: str) -> dict[int, int]:
    grouped = rows.order_by().values("stock_id").annotate(units=Sum(column))  # type: ignore[attr-defined]
    return {row["stock_id"]: row["units"] for row in grouped}


def _take(
    demand: Demand, supplies: list[Supply], batch: Batch, outcome: Outcome
) -> list[Allocation]:
    allocations = []
    missing = demand.quantity
    for supply in _sorted(demand, supplies, batch):
        units = min(missing, supply.free)
        if units <= 0:
            continue
        supply.taken += units
        missing -= units
        allocations.append(
            Allocation(order_line=demand.line, stock=supply.stock, quantity_allocated=units)
        )
        if not missing:
            break
    if missing:
        outcome.short[demand.line.pk] = missing
    return allocations


def _sorted(demand: Demand, supplies: list[Supply], batch: Batch) -> list[Supply]:
    """The channel's allocation strategy, as Saleor's ``sort_stocks``."""
    places = {warehouse: place for place, warehouse in enumerate(batch.channel_warehouses)}
    if demand.warehouse:
        return [s for s in supplies if s.stock.warehouse_id == demand.warehouse]
    rows = [s for s in supplies if s.stock.warehouse_id in places]
    if batch.channel.allocation_strategy == AllocationStrategy.PRIORITIZE_HIGH_STOCK:
        return sorted(rows, key=lambda s: -s.unallocated)
    return sorted(rows, key=lambda s: places[s.stock.warehouse_id])


def _write(allocations: list[Allocation], supplies: list[Supply]) -> None:
    if not allocations:
        return
    Allocation.objects.bulk_create(allocations)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE warehouse_stock SET quantity_allocated = quantity_allocated + taken.units"
            " FROM unnest(%s::int[], %s::int[]) AS taken(id, units)"
            " WHERE warehouse_stock.id = taken.id",
            [[s.stock.pk for s in supplies], [s.taken for s in supplies]],
        )


def _allocate_preorders(demands: Sequence[Demand], batch: Batch, outcome: Outcome) -> None:
    """One by one: Saleor checks the limits of a preorder per call and raises before it writes."""
    for demand in demands:
        info = OrderLineInfo(line=demand.line, quantity=demand.quantity, variant=demand.variant)
        try:
            allocate_preorders(
                [info],
                batch.channel.slug,
                check_reservations=is_reservation_enabled(batch.site),
                checkout_lines=[],
            )
        except InsufficientStock:
            outcome.short[demand.line.pk] = demand.quantity
