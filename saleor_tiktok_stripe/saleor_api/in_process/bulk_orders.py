"""Create orders in bulk: Saleor's own rows, its stock locks, events, hooks, webhooks and search.

``orderBulkCreate`` sets no stock aside, cannot find variants by SKU and costs some 85 ms an order,
so orders are written past it, in one transaction per batch that also holds the caller's own rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from django.db import DataError, IntegrityError, OperationalError, models, transaction
from django.db.models import F
from saleor.account.models import Address, User
from saleor.discount.models import OrderLineDiscount
from saleor.order import OrderStatus
from saleor.order.models import (
    Fulfillment,
    FulfillmentLine,
    Order,
    OrderEvent,
    OrderGrantedRefund,
    OrderLine,
)
from saleor.payment.models import TransactionEvent, TransactionItem

from ...errors import RetryLater, VendorBug
from ..ids import global_id
from ..interface import Record
from ..keys import LINE_KEY
from ..own_writes import own_write
from ..types import CreatedOrder, NewOrder
from . import versions
from .allocation import Demand, allocate
from .checks import Refused, check
from .events import Announcement, history
from .locks import lock_keys
from .preload import Batch, load, next_numbers
from .rows import OrderRows, build

MAX_ORDERS: Final = 50
NOTHING_TO_SHIP: Final = {OrderStatus.CANCELED, OrderStatus.EXPIRED}

Results = dict[str, CreatedOrder]


def create_orders(orders: Sequence[NewOrder], record: Record) -> list[CreatedOrder]:
    """See ``Saleor.create_orders``. One transaction: orders, stock and ``record`` or nothing.

    Importers of the same orders wait for each other by reference; the second finds them. Raises
    ``VendorBug`` for more than 50 orders or a reference given twice, ``RetryLater`` when the
    database gave up a lock or the connection.
    """
    references = [order.external_reference for order in orders]
    if len(orders) > MAX_ORDERS or len(set(references)) != len(references):
        raise VendorBug("BAD_BATCH", f"A batch holds at most {MAX_ORDERS} different orders.")
    if not orders:
        return []
    try:
        with own_write(), transaction.atomic():
            lock_keys(references)
            results = _create(orders)
            answer = [results[reference] for reference in references]
            record(answer)
    except OperationalError as error:
        raise RetryLater(
            "SALEOR_DATABASE_BUSY", "Saleor's database was busy; the orders are tried again."
        ) from error
    return answer


def _create(orders: Sequence[NewOrder]) -> Results:
    results = find_existing([order.external_reference for order in orders])
    missing = [order for order in orders if order.external_reference not in results]
    if not missing:
        return results
    batch = load(missing)
    sound = []
    for order in missing:
        try:
            check(order, batch)
        except Refused as refused:
            results[order.external_reference] = _refused(order, str(refused))
        else:
            sound.append(order)
    if sound:
        results |= _write_or_split(sound, batch)
    return results


def _write_or_split(orders: Sequence[NewOrder], batch: Batch) -> Results:
    """All at once; where the database refuses a value, one by one, so that only the bad order
    stays out.
    """
    try:
        with transaction.atomic():
            return _write(orders, batch)
    except (DataError, IntegrityError) as error:
        if len(orders) > 1:
            results: Results = {}
            for order in orders:
                results |= _write_or_split([order], batch)
            return results
        existing = find_existing([orders[0].external_reference])
        reason = f"Saleor's database refused the order ({type(error).__name__})."
        return existing or {orders[0].external_reference: _refused(orders[0], reason)}


def _refused(order: NewOrder, reason: str) -> CreatedOrder:
    return CreatedOrder(order.external_reference, "", "", False, {}, error=reason)


def find_existing(references: Sequence[str]) -> Results:
    """Orders that are there already, with the lines that still carry our key."""
    orders = Order.objects.filter(external_reference__in=references).order_by("pk")
    found = {row[0]: row for row in orders.values_list("pk", "external_reference", "number")}
    if not found:
        return {}
    lines: dict[object, dict[str, str]] = {pk: {} for pk in found}
    rows = OrderLine.objects.filter(order_id__in=found).values_list(
        "order_id", "pk", f"private_metadata__{LINE_KEY}"
    )
    for order_id, pk, key in rows:
        if key:
            lines[order_id][key] = global_id("OrderLine", pk)
    return {
        reference: CreatedOrder(reference, global_id("Order", pk), str(number), False, lines[pk])
        for pk, reference, number in found.values()
    }


def _write(orders: Sequence[NewOrder], batch: Batch) -> Results:
    numbers = next_numbers(len(orders))
    rows = [build(order, number, batch) for order, number in zip(orders, numbers, strict=True)]
    _insert(rows, batch)
    demands = [demand for row in rows for demand in _demands(row, batch)]
    outcome = allocate(demands, batch)
    _count_for_customers(rows)
    announcement = Announcement(batch.app)
    announcement.on_commit(rows)
    if outcome.exhausted:
        versions.announce_out_of_stock(
            outcome.exhausted, batch.site, batch.app, announcement.manager
        )
    return {row.new.external_reference: _created(row, outcome.short) for row in rows}


def _insert(rows: Sequence[OrderRows], batch: Batch) -> None:
    """Parents before children; a release's own defaults fill what we do not name."""
    _bulk(Address, [address for row in rows for address in row.addresses])
    _bulk(Order, [row.order for row in rows])
    for row in rows:  # the row holds the vector now: read it from there if anybody asks
        del row.order.__dict__["search_vector"]
    _bulk(OrderLine, [line for row in rows for line in row.lines.values()])
    _bulk(OrderLineDiscount, [discount for row in rows for discount in row.discounts])
    _insert_packages(rows)
    _bulk(TransactionItem, [item for row in rows for item, _ in row.transactions])
    events = [event for row in rows for _, events in row.transactions for event in events]
    _bulk(TransactionEvent, events)
    _bulk(OrderGrantedRefund, [grant for row in rows for grant in row.granted_refunds])
    _bulk(OrderEvent, [event for row in rows for event in history(row, batch.app)])


def _bulk(model: type[models.Model], rows: Sequence[models.Model]) -> None:
    if rows:
        model._default_manager.bulk_create(rows)


def _insert_packages(rows: Sequence[OrderRows]) -> None:
    packages = [package for row in rows for package in row.fulfillments]
    _bulk(Fulfillment, [fulfillment for _, fulfillment, _ in packages])
    _bulk(FulfillmentLine, [line for _, _, lines in packages for line in lines])
    dated = []
    for package, fulfillment, _ in packages:
        if package.shipped_at:  # the field fills itself on insert
            fulfillment.created_at = package.shipped_at
            dated.append(fulfillment)
    if dated:
        Fulfillment.objects.bulk_update(dated, ["created_at"])


def _demands(row: OrderRows, batch: Batch) -> list[Demand]:
    if row.order.status in NOTHING_TO_SHIP:
        return []
    warehouse = batch.warehouses[row.new.warehouse_id] if row.new.warehouse_id else None
    return [
        Demand(row.lines[line.key], batch.variants[line.variant_id], units, warehouse)
        for line in row.new.lines
        if line.allocate and line.variant_id and (units := row.open_units(line.key))
    ]


def _count_for_customers(rows: Sequence[OrderRows]) -> None:
    """Last, and in one order: nobody else's locks are waited for after these."""
    counts = Counter(row.order.user_id for row in rows if row.order.user_id)
    for user_id, count in sorted(counts.items()):
        User.objects.filter(pk=user_id).update(number_of_orders=F("number_of_orders") + count)


def _created(row: OrderRows, short: dict[UUID, int]) -> CreatedOrder:
    return CreatedOrder(
        external_reference=row.new.external_reference,
        order_id=global_id("Order", row.order.pk),
        number=str(row.order.number),
        created=True,
        line_ids={key: global_id("OrderLine", line.pk) for key, line in row.lines.items()},
        unallocated={key: short[line.pk] for key, line in row.lines.items() if line.pk in short},
    )
