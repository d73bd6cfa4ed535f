"""``orderBulkCreate`` as Saleor 3.20-3.24 was observed to do it.

Its defects are part of it: no stock is allocated, more than 50 orders and an order without a status
crash it, ``variantSku`` finds nothing, a line without a tax class is an error, and one reference
twice in a call undoes the whole call.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from .bulk_parts import (
    ZERO,
    Critical,
    Input,
    Row,
    add_note,
    add_transaction,
    check_tax_class,
    find_warehouse,
    in_future,
    kept_amount,
    make_fulfillment,
    make_line,
    pairs_of,
    read_address,
)
from .errors import IntegrityError
from .queries import Context
from .state import (
    Channel,
    Order,
    State,
)
from .views import View, order_view, shipping_method_id

MAX_ORDERS = 50


def order_bulk_create(context: Context, args: Input) -> View:
    """The mutation: every row checked, then all that stand saved at once."""
    context.require("MANAGE_ORDERS_IMPORT")
    inputs = args["orders"]
    if len(inputs) > MAX_ORDERS:
        raise TypeError("'error' is an invalid keyword argument for OrderBulkCreateResult")
    rows = [_row(context.state, item) for item in inputs]
    policy = args.get("errorPolicy") or "REJECT_EVERYTHING"
    failed = any(row.errors for row in rows)
    for row in rows:
        if (failed and policy == "REJECT_EVERYTHING") or (
            row.errors and policy == "REJECT_FAILED_ROWS"
        ):
            row.order = None
    if (args.get("stockUpdatePolicy") or "UPDATE") != "SKIP":
        for row in rows:
            _take_stock(context.state, row, args.get("stockUpdatePolicy") == "FORCE")
    _save(context.state, [row.order for row in rows if row.order])
    return {
        "count": sum(row.order is not None for row in rows),
        "results": [
            {
                "order": order_view(context.state, row.order) if row.order else None,
                "errors": row.errors,
            }
            for row in rows
        ],
        "errors": [],
    }


def _save(state: State, orders: list[Order]) -> None:
    references = [order.external_reference for order in orders if order.external_reference]
    if len(set(references)) < len(references):
        raise IntegrityError(
            'duplicate key value violates unique constraint "order_order_external_reference_key"'
        )
    for order in orders:
        order.key = order.number = state.next_order_key()
        state.orders[order.key] = order
        if order.external_reference:
            state.order_references[order.external_reference] = order.key


def _row(state: State, item: Input) -> Row:
    row = Row()
    try:
        row.order = _order(state, item, row)
    except Critical:
        row.order = None
    return row


def _order(state: State, item: Input, row: Row) -> Order:
    if in_future(item["createdAt"]):
        row.error("created_at", "FUTURE_DATE", "Order input contains future date.")
    reference = item.get("externalReference")
    if reference in state.order_references:
        raise row.critical(
            "external_reference",
            "UNIQUE",
            f"Order with external_reference: {reference} already exists.",
        )
    channel = state.channels.get(item["channel"])
    if channel and channel.currency.lower() != item["currency"].lower():
        raise row.critical(
            "currency",
            "INCORRECT_CURRENCY",
            "Currency from input doesn't match channel's currency.",
        )
    _check_customer(item, row)
    for name in ("billingAddress", "shippingAddress"):
        _check_address(item, name, row)
    if channel is None:
        raise row.critical("", "NOT_FOUND", "Channel instance with slug doesn't exist.")
    delivery = _delivery(state, channel, item, row)
    order = _empty_order(channel, item, delivery)
    for index, line in enumerate(item["lines"]):
        order.lines.append(make_line(state, line, index, row))
    for index, fulfillment in enumerate(item.get("fulfillments", ())):
        order.fulfillments.append(make_fulfillment(state, order, fulfillment, index, row))
    for note in item.get("notes", ()):
        add_note(order, note, row)
    for index, transaction in enumerate(item.get("transactions", ())):
        add_transaction(order, transaction, index, row)
    _check_status(order, row)
    return order


def _check_customer(item: Input, row: Row) -> None:
    if not any(item["user"].values()):
        row.error("user", "REQUIRED", "One of [id, email, external_reference] must be provided.")


def _check_address(item: Input, name: str, row: Row) -> None:
    address = item.get(name)
    if address is None:
        return
    needed = ("country", "streetAddress1", "city")  # what nearly every country demands
    if not all((address.get(part) or "").strip() for part in needed):
        path = "billing_address" if name == "billingAddress" else "shipping_address"
        message = f"Invalid {path.replace('_', ' ')}."
        if path == "billing_address":
            raise row.critical(path, "INVALID", message)
        row.error(path, "INVALID", message)


def _delivery(state: State, channel: Channel, item: Input, row: Row) -> Input:
    """The delivery input; ignored, with its price, when no line is shipped."""
    if not any(line["isShippingRequired"] for line in item["lines"]):
        return {}
    delivery: Input = item.get("deliveryMethod") or {}
    if delivery.get("warehouseId"):
        if find_warehouse(state, delivery["warehouseId"]):
            return {**delivery, "shippingPrice": None}
        row.error("delivery_method.warehouse_id", "NOT_FOUND", "Can't return Warehouse instance.")
    method = delivery.get("shippingMethodId")
    known = [
        shipping_method_id(other, index)
        for other in state.channels.values()
        for index in range(len(other.shipping_methods))
    ]
    if method and method in known:
        check_tax_class(
            state,
            delivery.get("shippingTaxClassId"),
            "delivery_method.shipping_tax_class_id",
            row,
        )
        price = delivery.get("shippingPrice")
        if price and price["gross"] < price["net"]:
            raise row.critical(
                "delivery_method.shipping_price",
                "PRICE_ERROR",
                "Net price can't be greater than gross price.",
            )
        return delivery
    raise row.critical("delivery_method", "REQUIRED", "No delivery method provided.")


def _empty_order(channel: Channel, item: Input, delivery: Input) -> Order:
    price = delivery.get("shippingPrice") or {"net": ZERO, "gross": ZERO}
    net, gross = kept_amount(price["net"]), kept_amount(price["gross"])
    return Order(
        key=0,
        number=0,
        external_reference=item.get("externalReference"),
        channel=channel,
        currency=channel.currency,
        status=item["status"],
        created=item["createdAt"],
        updated=datetime.now(UTC),
        email=item["user"].get("email") or "",
        language=item["languageCode"],
        billing_address=read_address(item["billingAddress"]),
        shipping_address=(
            read_address(item["shippingAddress"]) if item.get("shippingAddress") else None
        ),
        shipping_method_name=delivery.get("shippingMethodName") or "",
        shipping_net=net,
        shipping_gross=gross,
        shipping_tax_rate=gross / net - 1 if net else ZERO,
        customer_note=item.get("customerNote") or "",
        origin="BULK_CREATE",
        metadata=pairs_of(item) or {},
        private_metadata=pairs_of(item, "privateMetadata") or {},
    )


def _check_status(order: Order, row: Row) -> None:
    total = sum(line.quantity for line in order.lines)
    shipped = sum(sum(item.quantities.values()) for item in order.fulfillments)
    wrong = (
        (shipped == 0 and order.status in {"PARTIALLY_FULFILLED", "FULFILLED"})
        or (0 < shipped < total and order.status in {"FULFILLED", "UNFULFILLED"})
        or (shipped == total and order.status in {"PARTIALLY_FULFILLED", "UNFULFILLED"})
    )
    if wrong:
        row.error("status", "INVALID", "Invalid order status.")


def _take_stock(state: State, row: Row, force: bool) -> None:
    """Policies UPDATE and FORCE: what is fulfilled leaves the stock; nothing is allocated."""
    if row.order is None:
        return
    taken: list[tuple[Any, int]] = []
    for index, line in enumerate(row.order.lines):
        key = (row.warehouses[index].key, line.variant.key if line.variant else 0)
        stock = state.stocks.get(key)
        if stock is None:
            row.error(f"lines.{index}", "NON_EXISTING_STOCK", "There is no stock.")
            row.order = None
            return
        if line.quantity > stock.quantity - stock.allocated and not force:
            row.error(f"lines.{index}", "INSUFFICIENT_STOCK", "Insufficient stock.")
            row.order = None
            return
        taken.append((stock, line.quantity_fulfilled))
    for stock, quantity in taken:
        stock.quantity -= quantity
