"""Goods of the sandbox Saleor's orders: what leaves, what comes back, and the stock behind it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from .errors import Invalid
from .ids import parse_id, parse_part
from .queries import Context
from .state import Fulfillment, Line, Order, State, Stock
from .views import View, fulfillment_view, order_view

Input = dict[str, Any]
LEFT = {"FULFILLED", "WAITING_FOR_APPROVAL"}


def find_order(state: State, value: str | None, field: str = "id") -> Order:
    """The order with this id; ``Invalid`` where there is none."""
    kind, key = parse_id(value or "")
    order = state.orders.get(key) if kind == "Order" else None
    if order is None:
        raise Invalid(field, "NOT_FOUND", f"Couldn't resolve to a node: {value}")
    return order


def line_index(order: Order, value: str, field: str) -> int:
    """The position of an order's line; ``Invalid`` where it is not the order's."""
    kind, key, index = parse_part(value)
    if kind != "OrderLine" or key != order.key or index >= len(order.lines):
        raise Invalid(field, "NOT_FOUND", f"Couldn't resolve to a node: {value}")
    return index


def refresh_status(order: Order) -> None:
    """Saleor's ``determine_order_status``, after every fulfilment, return or cancelled package."""
    total = sum(line.quantity for line in order.lines)
    fulfilled = sum(line.quantity_fulfilled for line in order.lines)
    returned = sum(
        sum(item.quantities.values())
        for item in order.fulfillments
        if item.status in {"RETURNED", "REFUNDED_AND_RETURNED"}
    )
    if fulfilled <= 0:
        order.status = "UNFULFILLED"
    elif 0 < returned < total:
        order.status = "PARTIALLY_RETURNED"
    elif returned == total:
        order.status = "RETURNED"
    else:
        order.status = "PARTIALLY_FULFILLED" if fulfilled < total else "FULFILLED"
    order.updated = datetime.now(UTC)


def order_fulfill(context: Context, args: Input) -> View:
    """One fulfillment per warehouse; takes stock and frees what was allocated."""
    context.require("MANAGE_ORDERS")
    state, data = context.state, args["input"]
    order = find_order(state, args.get("order"), "order")
    wanted = _wanted(state, order, data)
    exceed = bool(data.get("allowStockToBeExceeded"))
    for warehouse, quantities in wanted.items():
        for index, quantity in quantities.items():
            _check_stock(state, order.lines[index], warehouse, quantity, exceed)
    made = []
    for warehouse, quantities in wanted.items():
        for index, quantity in quantities.items():
            _ship(state, order.lines[index], warehouse, quantity)
        item = Fulfillment(
            "FULFILLED",
            data.get("trackingNumber") or "",
            quantities,
            datetime.now(UTC),
            warehouse,
        )
        order.fulfillments.append(item)
        made.append(len(order.fulfillments) - 1)
    refresh_status(order)
    return {
        "fulfillments": [fulfillment_view(state, order, index) for index in made],
        "order": order_view(state, order),
    }


def _wanted(state: State, order: Order, data: Input) -> dict[int, dict[int, int]]:
    """Quantities by warehouse and line index, checked against what is left to ship."""
    wanted: dict[int, dict[int, int]] = {}
    seen: set[int] = set()
    for item in data["lines"]:
        index = line_index(order, item.get("orderLineId") or "", "lines")
        if index in seen:
            raise Invalid("orderLineId", "DUPLICATED_INPUT_ITEM", "Duplicated order line ID.")
        seen.add(index)
        line = order.lines[index]
        left = line.quantity - line.quantity_fulfilled
        if sum(stock["quantity"] for stock in item["stocks"]) > left:
            words = f"Only {left} item{'' if left == 1 else 's'} remaining to fulfill: {line.sku}."
            raise Invalid("lines", "FULFILL_ORDER_LINE", words)
        for stock in item["stocks"]:
            kind, key = parse_id(stock["warehouse"])
            if kind != "Warehouse" or key not in state.warehouses:
                raise Invalid("warehouse", "NOT_FOUND", "Couldn't resolve to a node.")
            if stock["quantity"] > 0:
                wanted.setdefault(key, {})[index] = stock["quantity"]
    if not wanted:
        raise Invalid("lines", "ZERO_QUANTITY", "Total quantity must be larger than 0.")
    return wanted


def _check_stock(state: State, line: Line, warehouse: int, quantity: int, exceed: bool) -> None:
    if line.variant is None or not line.variant.track_inventory or exceed:
        return
    stock = state.stocks.get((warehouse, line.variant.key))
    own = (line.allocations or {}).get(warehouse, 0)
    if stock is None or stock.quantity - (stock.allocated - own) < quantity:
        words = f"Insufficient product stock: {line.sku}"
        raise Invalid("stocks", "INSUFFICIENT_STOCK", words)


def _ship(state: State, line: Line, warehouse: int, quantity: int) -> None:
    line.quantity_fulfilled += quantity
    release(state, line, quantity)
    if line.variant is None or not line.variant.track_inventory:
        return
    stock = state.stocks.get((warehouse, line.variant.key))
    if stock is not None:
        stock.quantity -= quantity


def release(state: State, line: Line, quantity: int) -> None:
    """Give back allocated units of a line, as far as there are any."""
    for warehouse, allocated in list((line.allocations or {}).items()):
        freed = min(allocated, quantity)
        quantity -= freed
        assert line.allocations is not None  # noqa: S101 (it was iterated)
        line.allocations[warehouse] = allocated - freed
        if line.variant is not None:
            state.stocks[warehouse, line.variant.key].allocated -= freed


def update_tracking(context: Context, args: Input) -> View:
    """Replace a fulfillment's tracking number."""
    context.require("MANAGE_ORDERS")
    order, index = _find_fulfillment(context.state, args["id"])
    order.fulfillments[index].tracking_number = args["input"].get("trackingNumber") or ""
    return {
        "fulfillment": fulfillment_view(context.state, order, index),
        "order": order_view(context.state, order),
    }


def _find_fulfillment(state: State, value: str) -> tuple[Order, int]:
    kind, key, index = parse_part(value)
    order = state.orders.get(key)
    known = order.fulfillments[index : index + 1] if order is not None else []
    if kind != "Fulfillment" or order is None or not known or known[0].is_deleted:
        raise Invalid("id", "NOT_FOUND", f"Couldn't resolve to a node: {value}")
    return order, index


def approve(context: Context, args: Input) -> View:
    """No fulfillment of the sandbox ever waits for approval: the shop approves at once."""
    context.require("MANAGE_ORDERS")
    _find_fulfillment(context.state, args["id"])
    words = "Invalid fulfillment status, only WAITING_FOR_APPROVAL fulfillments can be accepted."
    raise Invalid("status", "INVALID", words)


def cancel_fulfillment(context: Context, args: Input) -> View:
    """Only a shipped one; its units go back to the named warehouse and are allocated there."""
    context.require("MANAGE_ORDERS")
    state = context.state
    order, index = _find_fulfillment(state, args["id"])
    item = order.fulfillments[index]
    kind, key = parse_id((args.get("input") or {}).get("warehouseId") or "")
    if item.status != "FULFILLED":
        words = f"Fulfillment with status: {item.status.lower()} can't be canceled."
        raise Invalid("fulfillment", "CANNOT_CANCEL_FULFILLMENT", words)
    if kind != "Warehouse" or key not in state.warehouses:
        raise Invalid("warehouseId", "NOT_FOUND", "Couldn't resolve to a node.")
    for line, quantity in item.quantities.items():
        order.lines[line].quantity_fulfilled -= quantity
        _put_back(state, order.lines[line], key, quantity)
    item.status = "CANCELED"
    order.notes.append(("FULFILLMENT_CANCELED", ""))
    refresh_status(order)
    return {
        "fulfillment": fulfillment_view(state, order, index),
        "order": order_view(state, order),
    }


def _put_back(state: State, line: Line, warehouse: int, quantity: int) -> None:
    if line.variant is None or not line.variant.track_inventory:
        return
    stock = state.stocks.setdefault((warehouse, line.variant.key), Stock(0))
    stock.quantity += quantity
    stock.allocated += quantity
    line.allocations = line.allocations or {}
    line.allocations[warehouse] = line.allocations.get(warehouse, 0) + quantity


def return_products(context: Context, args: Input) -> View:
    """Unshipped and shipped units become a RETURNED group; stock is freed, never put back. A
    shipment of which nothing is left is deleted."""
    context.require("MANAGE_ORDERS")
    state, data = context.state, args["input"]
    order = find_order(state, args["order"], "order")
    moved: dict[int, int] = {}
    for item in data.get("orderLines") or ():
        index = line_index(order, item["orderLineId"], "orderLines")
        line = order.lines[index]
        if line.quantity - line.quantity_fulfilled < item["quantity"]:
            words = "Provided quantity is bigger than unfulfilled quantity."
            raise Invalid("orderLineId", "INVALID", words)
        moved[index] = item["quantity"]
    for index, quantity in moved.items():
        order.lines[index].quantity_fulfilled += quantity
        release(state, order.lines[index], quantity)
    for item in data.get("fulfillmentLines") or ():
        _take_back(order, item, moved)
    order.fulfillments.append(Fulfillment("RETURNED", "", moved, datetime.now(UTC)))
    for item in order.fulfillments:
        if item.status in LEFT and not item.quantities:
            item.is_deleted = True  # as Saleor does, with its metadata
    refresh_status(order)
    return {
        "returnFulfillment": fulfillment_view(state, order, len(order.fulfillments) - 1),
        "order": order_view(state, order),
    }


def _take_back(order: Order, item: Input, moved: dict[int, int]) -> None:
    kind, key, part = parse_part(item["fulfillmentLineId"])
    group, index = divmod(part, 256)
    if kind != "FulfillmentLine" or key != order.key or group >= len(order.fulfillments):
        raise Invalid("fulfillmentLineId", "NOT_FOUND", "Couldn't resolve to a node.")
    if order.fulfillments[group].status not in LEFT:
        words = "Unable to process action for fulfillmentLine with different status than fulfilled."
        raise Invalid("fulfillmentLineId", "INVALID", words)
    quantities = order.fulfillments[group].quantities
    if quantities.get(index, 0) < item["quantity"]:
        words = "Provided quantity is bigger than quantity from fulfillment line."
        raise Invalid("fulfillmentLineId", "INVALID", words)
    quantities[index] -= item["quantity"]
    if not quantities[index]:
        del quantities[index]
    moved[index] = moved.get(index, 0) + item["quantity"]
