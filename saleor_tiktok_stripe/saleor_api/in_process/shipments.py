"""Goods that leave, and goods that will not: fulfillments, tracking, cancellations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Sum
from saleor.core.utils.events import call_event
from saleor.order import FulfillmentStatus
from saleor.order.actions import create_fulfillments, order_fulfilled
from saleor.order.fetch import OrderLineInfo
from saleor.order.models import Fulfillment, FulfillmentLine, Order, OrderLine
from saleor.order.utils import update_order_status
from saleor.plugins.manager import get_plugins_manager
from saleor.warehouse.models import Allocation, ChannelWarehouse, Stock

from ...errors import Parked, Problem, VendorBug
from ..ids import database_id, database_ids, global_id
from ..keys import CANCELLED_KEY, PACKAGE_KEY
from ..refusals import CURES
from ..types import Package
from . import versions
from .allocation import held_by, take_back
from .changes import add_note, exclusive, find_order, is_over, set_metadata
from .execute import execute, usable_app
from .preload import load_site

Units = dict[UUID, int]
Sources = dict[UUID, dict[UUID, int]]


def fulfill(order_id: str, package: Package) -> str:
    """See ``Saleor.fulfill``. Marked with the package's key in the same transaction.

    Saleor keeps one fulfillment per warehouse: goods set aside in two warehouses make two with the
    same key, and the first one's id is returned.
    """
    with exclusive(order_id):
        order = find_order(order_id)
        known = _with_key(order, package.key)
        if known:
            return global_id("Fulfillment", known[0].pk)
        units = line_units(package.quantities)
        if package.touch_stock:
            ids = _take_from_stock(order, package, units)
        else:
            ids = [_beside_stock(order, package, units)]
        for fulfillment_id in ids:
            set_metadata(fulfillment_id, {**package.metadata, PACKAGE_KEY: package.key})
        return ids[0]


def update_tracking(fulfillment_id: str, tracking_number: str) -> None:
    """See ``Saleor.update_tracking``; every fulfillment of the same package follows."""
    row = (
        Fulfillment.objects.filter(pk=database_id("Fulfillment", fulfillment_id))
        .select_related("order")
        .first()
    )
    if row is None:
        raise VendorBug("FULFILLMENT_MISSING", "The fulfillment to track does not exist.")
    with exclusive(global_id("Order", row.order_id)):
        key = (row.metadata or {}).get(PACKAGE_KEY)
        rows = _with_key(row.order, key) if key else [row]
        for item in rows:
            if item.tracking_number != tracking_number:
                variables = {
                    "id": global_id("Fulfillment", item.pk),
                    "trackingNumber": tracking_number,
                }
                execute("orderFulfillmentUpdateTracking", variables)


def cancel_order(order_id: str) -> None:
    """See ``Saleor.cancel_order``. Saleor does not cancel an order of which something left: then
    the units that did not leave are cancelled as lines.
    """
    with exclusive(order_id):
        order = find_order(order_id)
        if is_over(order):
            return
        if order.can_cancel():
            execute("orderCancel", {"id": order_id})
            return
        lines = order.lines.values_list("pk", "quantity", "quantity_fulfilled")
        _return_products(
            order, {pk: ordered - left for pk, ordered, left in lines if ordered > left}
        )


def cancel_lines(order_id: str, quantities: Mapping[str, int], reason: str) -> None:
    """See ``Saleor.cancel_lines``. The order becomes PARTIALLY_RETURNED (RETURNED when nothing is
    left): Saleor has no other word for it. The reason is kept as a note.
    """
    with exclusive(order_id):
        _return_products(find_order(order_id), line_units(quantities))
        if reason:
            add_note(order_id, reason)


def _return_products(order: Order, units: Units) -> None:
    """Saleor sets the order's new status only after the commit, where a kill would lose it: the
    same function is called here, inside."""
    if not units:
        return
    lines = [
        {"orderLineId": global_id("OrderLine", pk), "quantity": quantity}
        for pk, quantity in units.items()
    ]
    variables = {"order": global_id("Order", order.pk), "orderLines": lines}
    before = held_by(units)
    made = execute("orderFulfillmentReturnProducts", variables)["returnFulfillment"]
    set_metadata(made["id"], {CANCELLED_KEY: "true"})
    update_order_status(order)
    touched = order.lines.filter(pk__in=units)
    take_back(before, {line.pk: line.quantity_unfulfilled for line in touched})


def _with_key(order: Order, key: str) -> list[Fulfillment]:
    rows = Fulfillment.objects.filter(order=order, metadata__contains={PACKAGE_KEY: key})
    return list(rows.exclude(status=FulfillmentStatus.CANCELED).order_by("pk"))


def line_units(quantities: Mapping[str, int]) -> Units:
    """Units by the order lines' primary keys; ``VendorBug`` for what names no line."""
    keys = database_ids("OrderLine", quantities)
    if len(keys) != len(quantities) or any(units < 1 for units in quantities.values()):
        raise VendorBug("BAD_QUANTITIES", "Units of something that is no order line.")
    return {pk: quantities[name] for pk, name in keys.items()}


def _take_from_stock(order: Order, package: Package, units: Units) -> list[str]:
    sources = _sources(order, units)
    try:
        ids = _order_fulfill(order, package, sources)
    except Parked as parked:
        if parked.code != "SALEOR_CANNOT_FULFILL_UNPAID_ORDER":
            raise
        ids = _fulfill_unpaid(order, package, sources)
    waiting = Fulfillment.objects.filter(
        pk__in=database_ids("Fulfillment", ids), status=FulfillmentStatus.WAITING_FOR_APPROVAL
    )
    for row in waiting:  # the parcel left: there is nothing to approve any more
        execute("orderFulfillmentApprove", {"id": global_id("Fulfillment", row.pk)})
    return ids


def _order_fulfill(order: Order, package: Package, sources: Sources) -> list[str]:
    lines = [
        {
            "orderLineId": global_id("OrderLine", line),
            "stocks": [
                {"warehouse": global_id("Warehouse", warehouse), "quantity": quantity}
                for warehouse, quantity in stocks.items()
            ],
        }
        for line, stocks in sources.items()
    ]
    payload = execute(
        "orderFulfill",
        {
            "order": global_id("Order", order.pk),
            "input": {
                "lines": lines,
                "notifyCustomer": False,
                "allowStockToBeExceeded": True,
                "trackingNumber": package.tracking_number,
            },
        },
    )
    return [row["id"] for row in payload["fulfillments"]]


def _fulfill_unpaid(order: Order, package: Package, sources: Sources) -> list[str]:
    """What the mutation does after its check that the order is paid in full, which an order paid
    on delivery, or refunded in part, never is. The parcel left all the same.
    """
    app = usable_app()
    rows = {line.pk: line for line in order.lines.filter(pk__in=sources).select_related("variant")}
    by_warehouse: dict[UUID, list[Any]] = defaultdict(list)
    for line, stocks in sources.items():
        for warehouse, quantity in stocks.items():
            by_warehouse[warehouse].append({"order_line": rows[line], "quantity": quantity})
    try:
        fulfillments = create_fulfillments(
            None,
            app,
            order,
            dict(by_warehouse),
            get_plugins_manager(allow_replica=False, requestor_getter=lambda: app),
            load_site(),
            notify_customer=False,
            allow_stock_to_be_exceeded=True,
            tracking_number=package.tracking_number,
        )
    except ValidationError as error:  # its only one: more units than are left
        raise _too_many_units(order) from error
    return [global_id("Fulfillment", row.pk) for row in fulfillments]


def _sources(order: Order, units: Units) -> Sources:
    """Line -> warehouse -> units: from where they are set aside; what is not set aside (oversold,
    untracked) from a warehouse that is used anyway, else from one that stocks it.
    """
    sources: Sources = {line: {} for line in units}
    missing = dict(units)
    rows = Allocation.objects.filter(order_line_id__in=units, quantity_allocated__gt=0)
    for line, warehouse, allocated in rows.order_by("stock_id").values_list(
        "order_line_id", "stock__warehouse_id", "quantity_allocated"
    ):
        taken = min(missing[line], allocated)
        if taken:
            sources[line][warehouse] = sources[line].get(warehouse, 0) + taken
            missing[line] -= taken
    for line, quantity in missing.items():
        if quantity:
            warehouse = _fallback(order, line, sources)
            sources[line][warehouse] = sources[line].get(warehouse, 0) + quantity
    return sources


def _fallback(order: Order, line: UUID, sources: Sources) -> UUID:
    used = [warehouse for stocks in sources.values() for warehouse in stocks]
    if used:
        return used[0]
    rows = ChannelWarehouse.objects.filter(channel=order.channel)
    warehouses = list(rows.values_list("warehouse_id", flat=True))
    stocked = Stock.objects.filter(
        product_variant__order_lines=line, warehouse_id__in=warehouses
    ).values_list("warehouse_id", flat=True)
    candidates = [warehouse for warehouse in warehouses if warehouse in set(stocked)] or warehouses
    if not candidates:
        raise Parked(
            Problem(
                code="CHANNEL_WITHOUT_WAREHOUSE",
                stage="follow",
                cause=f"The channel {order.channel.slug!r} has no warehouse to ship from.",
                cure="Assign a warehouse to the channel in Saleor, then try again.",
                params={"channel": order.channel.slug},
            )
        )
    return candidates[0]


def _beside_stock(order: Order, package: Package, units: Units) -> str:
    """Record a parcel that left from somebody else's warehouse. No mutation can say that: Saleor's
    takes every unit from a stock. Events, status and hooks are Saleor's own.
    """
    app = usable_app()
    site = load_site()
    manager = get_plugins_manager(allow_replica=False, requestor_getter=lambda: app)
    lines = _claim(order, units)
    fulfillment = Fulfillment.objects.create(
        order=order,
        status=FulfillmentStatus.FULFILLED,
        tracking_number=package.tracking_number,
    )
    contents = FulfillmentLine.objects.bulk_create(
        FulfillmentLine(fulfillment=fulfillment, order_line=line, quantity=units[line.pk])
        for line in lines
    )
    versions.deallocate(_no_longer_needed(lines), site, app, manager)
    if package.tracking_number:
        call_event(manager.tracking_number_updated, fulfillment)
    order_fulfilled([fulfillment], None, app, contents, manager, [], site, notify_customer=False)
    return global_id("Fulfillment", fulfillment.pk)


def _claim(order: Order, units: Units) -> Sequence[OrderLine]:
    """Lock the lines and count the units as fulfilled."""
    lines = list(order.lines.filter(pk__in=units).order_by("pk").select_for_update(of=("self",)))
    for line in lines:
        if line.quantity_unfulfilled < units[line.pk]:
            raise _too_many_units(order)
        line.quantity_fulfilled += units[line.pk]
    OrderLine.objects.bulk_update(lines, ["quantity_fulfilled"])
    return lines


def _too_many_units(order: Order) -> Parked:
    return Parked(
        Problem(
            code="SALEOR_FULFILL_ORDER_LINE",
            stage="follow",
            cause="The package holds more units than the order still has to send.",
            cure=CURES["FULFILL_ORDER_LINE"],
            params={"order_id": global_id("Order", order.pk)},
        )
    )


def _no_longer_needed(lines: Sequence[OrderLine]) -> list[OrderLineInfo]:
    """Units set aside beyond what the lines still have to send."""
    rows = Allocation.objects.filter(order_line__in=lines).order_by()
    sums = rows.values("order_line_id").annotate(units=Sum("quantity_allocated"))
    allocated = {row["order_line_id"]: row["units"] for row in sums}
    excess = {line: allocated.get(line.pk, 0) - line.quantity_unfulfilled for line in lines}
    return [OrderLineInfo(line=line, quantity=units) for line, units in excess.items() if units > 0]
