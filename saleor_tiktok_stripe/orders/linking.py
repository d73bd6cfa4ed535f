"""Our own row about an imported order: written with the order, updated with every step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils import timezone

from .. import jobs
from ..models import Connection, OrderLink
from ..saleor_api.keys import RETURN_KEY
from ..saleor_api.types import CreatedOrder, NewOrder, SaleorOrder
from ..tiktok.aftersales_types import Return
from ..tiktok.types import Cancellation, FulfilledBy, Order
from .address import ERASED, address_hash
from .cancelling import TAKEN_OUT, is_ours
from .fingerprint import fingerprint
from .mapping import UNITS_KEY
from .money import money_facts, settle
from .refunds import refunds_open
from .states import WAITING, Place, is_cancelled, place


@dataclass(frozen=True)
class Import:
    """An order on its way into Saleor."""

    order: Order
    new: NewOrder
    cancellations: tuple[Cancellation, ...] = ()
    returns: tuple[Return, ...] = ()


def links_for(connection: Connection, order_ids: Iterable[str]) -> dict[str, OrderLink]:
    """Rows of those orders that were imported."""
    found = OrderLink.objects.filter(connection=connection, order_id__in=list(order_ids))
    return {link.order_id: link for link in found}


def new_link(connection: Connection, imported: Import, created: CreatedOrder) -> OrderLink:
    """The row of an order that was just created."""
    order = imported.order
    return OrderLink(
        connection=connection,
        order_id=order.id,
        saleor_order_id=created.order_id,
        saleor_number=created.number,
        state=order.state.value,
        marketplace_updated_at=order.updated_at,
        fingerprint=fingerprint(order),
        line_map=line_map(imported.new, created.line_ids),
        unallocated=_unallocated(imported.new, created.unallocated),
        address_hash=address_hash(order.recipient),
        refunds_open=refunds_open(order, imported.cancellations),
        has_returns=bool(imported.returns),
        money=money_facts(order, settle(order, connection.region)),
        placed_at=order.created_at,
        ship_by=ship_by(order),
    )


def adopted_link(connection: Connection, order: Order, saleor_order_id: str) -> OrderLink:
    """The row of an order that was created before without us knowing. Its empty fingerprint says
    that it must be looked at; number and lines are read off it then.
    """
    return OrderLink(
        connection=connection,
        order_id=order.id,
        saleor_order_id=saleor_order_id,
        state=order.state.value,
        marketplace_updated_at=order.updated_at,
        fingerprint="",
        placed_at=order.created_at,
        ship_by=ship_by(order),
    )


def ship_by(order: Order) -> datetime | None:
    """Until when this merchant has to ship what is open of an order; None: nothing, or not yet."""
    waits = order.state in WAITING
    if waits or is_cancelled(order) or order.fulfilled_by is FulfilledBy.MARKETPLACE:
        return None
    is_open = any(place(order, unit) is Place.OPEN for unit in order.units)
    return order.ship_by if is_open else None


def save_new(links: Sequence[OrderLink]) -> None:
    """Insert rows; one that another importer wrote meanwhile stays as it is."""
    rows = sorted(links, key=lambda link: link.order_id)
    OrderLink.objects.bulk_create(rows, ignore_conflicts=True)


def line_map(new: NewOrder, line_ids: Mapping[str, str]) -> dict[str, str]:
    """Unit id -> Saleor order line id. Lines that came back without an id are left out."""
    return {
        unit_id: line_ids[line.key]
        for line in new.lines
        if line.key in line_ids
        for unit_id in line.metadata[UNITS_KEY].split(",")
    }


def line_map_of(saleor_order: SaleorOrder) -> dict[str, str]:
    """The same, read off an order that exists already (its lines may be grouped otherwise)."""
    return {
        unit_id: line.id
        for line in saleor_order.lines
        for unit_id in line.metadata.get(UNITS_KEY, "").split(",")
        if unit_id
    }


def _unallocated(new: NewOrder, by_key: Mapping[str, int]) -> dict[str, int]:
    short: dict[str, int] = {}
    for line in new.lines:
        if by_key.get(line.key):
            short[line.sku] = short.get(line.sku, 0) + by_key[line.key]
    return short


def save_followed(
    link: OrderLink,
    order: Order,
    cancellations: Sequence[Cancellation],
    returns: Sequence[Return] = (),
    *,
    settled: bool,
) -> None:
    """Keep what was brought over. ``settled`` False: it must be looked at again. A row that has
    seen a newer state of the order stays as it is."""
    link.state = order.state.value
    link.marketplace_updated_at = order.updated_at
    link.fingerprint = fingerprint(order) if settled else ""
    if link.address_hash != ERASED and order.state not in WAITING:
        link.address_hash = address_hash(order.recipient) or link.address_hash
    link.refunds_open = refunds_open(order, cancellations)
    link.has_returns = link.has_returns or bool(returns)
    link.placed_at, link.ship_by = order.created_at, ship_by(order)
    link.updated_at = timezone.now()
    link.money = link.money or money_facts(order, settle(order, link.connection.region))
    rows = OrderLink.objects.filter(pk=link.pk, marketplace_updated_at__lte=order.updated_at)
    changed = {name: getattr(link, name) for name in FOLLOWED}
    if link.has_returns:  # never taken back: somebody may just have learned of one
        changed["has_returns"] = True
    rows.update(**changed)


FOLLOWED: Final = (
    "saleor_number",
    "state",
    "marketplace_updated_at",
    "fingerprint",
    "address_hash",
    "refunds_open",
    "line_map",
    "unallocated",
    "money",
    "placed_at",
    "ship_by",
    "updated_at",
)


def owed(link: OrderLink, order: Order, saleor_order: SaleorOrder) -> dict[str, int]:
    """By SKU, units sold for which no stock is set aside: of those that were none, only what is
    still to be shipped, and that stock was not set aside for since. What staff took out may leave
    all the same until it is cancelled.
    """
    at: dict[Place, Counter[str]] = {one: Counter() for one in Place}
    for unit in order.units:
        at[place(order, unit)][link.line_map.get(unit.id, "")] += 1
    groups = [one for one in saleor_order.fulfillments if one.status in TAKEN_OUT]
    by_staff, by_us = Counter[str](), Counter[str]()
    for one in groups:
        if not one.metadata.get(RETURN_KEY):
            (by_us if is_ours(one) else by_staff).update(one.quantities)
    taken_out = by_staff - (at[Place.CANCELLED] - by_us)
    return _owed(link, saleor_order, at[Place.OPEN], taken_out)


def may_owe_less(link: OrderLink, saleor_order: SaleorOrder) -> bool:
    """Whether Saleor may have set stock aside for units that count as ``owed``, which would be
    taken off twice, as far as Saleor's side alone tells. It does so when staff cancel a
    fulfillment."""
    if not link.unallocated or not any(line.quantity_allocated for line in saleor_order.lines):
        return False
    to_ship = {line.id: line.quantity_to_fulfill for line in saleor_order.lines}
    return bool(_owed(link, saleor_order, to_ship, Counter()) != link.unallocated)


def _owed(
    link: OrderLink,
    saleor_order: SaleorOrder,
    still_open: Mapping[str, int],
    taken_out: Counter[str],
) -> dict[str, int]:
    """By SKU. ``still_open``, ``taken_out``: pieces by line that did not leave at the marketplace,
    and that staff took out without its knowledge."""
    missing: Counter[str] = Counter()
    for line in saleor_order.lines:
        here = line.quantity_to_fulfill + taken_out[line.id]
        opened = min(here, still_open.get(line.id, 0))
        leaving = here - opened  # takes what is set aside first
        missing[line.sku] += max(0, opened - max(0, line.quantity_allocated - leaving))
    still = {
        sku: min(number, missing[sku]) if sku in missing else number
        for sku, number in link.unallocated.items()
    }
    return {sku: number for sku, number in still.items() if number}


def fill_in(link: OrderLink, saleor_order: SaleorOrder) -> None:
    """What an adopted row does not know yet."""
    if not link.line_map:
        link.line_map = line_map_of(saleor_order)
    if not link.saleor_number:
        link.saleor_number = saleor_order.number
        jobs.enqueue("order.reference", link.connection)


def touch_open_refunds(connection: Connection, order_ids: Sequence[str]) -> None:
    """Put orders whose refunds are awaited at the end of the queue."""
    rows = OrderLink.objects.filter(connection=connection, order_id__in=list(order_ids))
    rows.filter(refunds_open=True).update(updated_at=timezone.now())
