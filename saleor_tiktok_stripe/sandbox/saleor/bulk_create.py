"""``orderBulkCreate`` as Saleor 3.20-3.24 was observed to do it.

Its defects are part of it: no stock is allocated, more than 50 orders and an order without a status
crash it, ``variantSku`` finds nothing, a line without a tax class is an error, and one reference
twice in a call undoes the whole call.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from .errors import IntegrityError
from .ids import parse_id
from .queries import Context
from .state import (
    Address,
    Channel,
    Event,
    Fulfillment,
    Line,
    Order,
    Product,
    State,
    Transaction,
    Warehouse,
)
from .views import ADDRESS_FIELDS, View, order_view, shipping_method_id

MAX_ORDERS = 50
MAX_NOTE_LENGTH = 255
ZERO = Decimal(0)
_SNAKE = {
    "variantId": "variant_id",
    "variantExternalReference": "variant_external_reference",
    "variantSku": "variant_sku",
}
Input = dict[str, Any]


class Critical(Exception):
    """The row is refused whatever the error policy says."""


@dataclass
class Row:
    """One row of the call: its order, if it stands, and what is wrong with it."""

    order: Order | None = None
    errors: list[View] = field(default_factory=list)
    warehouses: list[Warehouse] = field(default_factory=list)

    def error(self, path: str, code: str, message: str) -> None:
        """Note an error; the policy decides about the row."""
        self.errors.append({"path": path, "code": code, "message": message})

    def critical(self, path: str, code: str, message: str) -> Critical:
        """Note an error and refuse the row, whatever the policy."""
        self.error(path, code, message)
        return Critical()


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
    if _in_future(item["createdAt"]):
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
        order.lines.append(_line(state, line, index, row))
    for index, fulfillment in enumerate(item.get("fulfillments", ())):
        order.fulfillments.append(_fulfillment(state, order, fulfillment, index, row))
    for note in item.get("notes", ()):
        _note(order, note, row)
    for index, transaction in enumerate(item.get("transactions", ())):
        _transaction(order, transaction, index, row)
    _check_status(order, row)
    return order


def _in_future(moment: datetime) -> bool:
    if moment.tzinfo is None:
        raise ValueError("Input 'date' must be timezone-aware.")
    return moment >= datetime.now(UTC) + timedelta(minutes=5)


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
        if _warehouse(state, delivery["warehouseId"]):
            return {**delivery, "shippingPrice": None}
        row.error("delivery_method.warehouse_id", "NOT_FOUND", "Can't return Warehouse instance.")
    method = delivery.get("shippingMethodId")
    known = [
        shipping_method_id(other, index)
        for other in state.channels.values()
        for index in range(len(other.shipping_methods))
    ]
    if method and method in known:
        _check_tax_class(
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


def _check_tax_class(state: State, value: str | None, path: str, row: Row) -> bool:
    if value and parse_id(value) == ("TaxClass", 1) and state.has_tax_class:
        return True
    row.error(path, "NOT_FOUND", "Can't return TaxClass instance.")
    return False


def _warehouse(state: State, value: str) -> Warehouse | None:
    kind, key = parse_id(value)
    return state.warehouses.get(key) if kind == "Warehouse" else None


def _empty_order(channel: Channel, item: Input, delivery: Input) -> Order:
    price = delivery.get("shippingPrice") or {"net": ZERO, "gross": ZERO}
    net, gross = _amount(price["net"]), _amount(price["gross"])
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
        metadata=_pairs(item) or {},
        private_metadata=_pairs(item, "privateMetadata") or {},
    )


def read_address(item: Input) -> Address:
    """From ``AddressInput``."""
    parts = [sys.intern(item.get(name) or "") for name in (*ADDRESS_FIELDS, "country")]
    pairs = tuple((pair["key"], pair["value"]) for pair in item.get("metadata") or ())
    return _same_address(Address(*parts, metadata=pairs))  # type: ignore[arg-type, misc]


@lru_cache(maxsize=1024)
def _same_address(address: Address) -> Address:
    return address


def _pairs(item: Input, name: str = "metadata") -> dict[str, str] | None:
    return {sys.intern(pair["key"]): pair["value"] for pair in item.get(name) or ()} or None


@lru_cache(maxsize=65536)
def _amount(value: Decimal) -> Decimal:
    """The same object for the same amount: 100,000 orders repeat few prices."""
    return value


def _line(state: State, item: Input, index: int, row: Row) -> Line:
    path = f"lines.{index}"
    variant = _variant(state, item, path, row)
    if variant is None and not item.get("productName"):
        raise row.critical(
            path,
            "REQUIRED",
            "Order line input must contain product name when no variant provided.",
        )
    warehouse = _warehouse(state, item["warehouse"])
    if warehouse is None:
        raise row.critical(path, "NOT_FOUND", "Can't return Warehouse instance.")
    row.warehouses.append(warehouse)
    tax_class = _check_tax_class(state, item.get("taxClassId"), path, row)
    _check_prices(item, path, row)
    if _in_future(item["createdAt"]):
        row.error(f"{path}.created_at", "FUTURE_DATE", "Order line input contains future date.")
    total, undiscounted = item["totalPrice"], item["undiscountedTotalPrice"]
    rate = item.get("taxRate")
    if rate is None:
        rate = total["gross"] / total["net"] - 1 if total["net"] else ZERO
    return Line(
        variant=variant,
        product_name=sys.intern(item.get("productName") or (variant.name if variant else "")),
        variant_name=sys.intern(
            item.get("variantName") or (variant.variant_name if variant else "")
        ),
        sku=sys.intern(item.get("productSku") or ""),
        quantity=item["quantity"],
        total_net=_amount(total["net"]),
        total_gross=_amount(total["gross"]),
        undiscounted_net=_amount(undiscounted["net"]),
        undiscounted_gross=_amount(undiscounted["gross"]),
        tax_rate=_amount(rate),
        tax_class=tax_class,
        is_shipping_required=item["isShippingRequired"],
        discount_reason=item.get("unitDiscountReason") or "",
        metadata=_pairs(item),
        private_metadata=_pairs(item, "privateMetadata"),
    )


def _variant(state: State, item: Input, path: str, row: Row) -> Product | None:
    given = [key for key in _SNAKE if item.get(key)]
    if len(given) > 1:
        row.error(path, "TOO_MANY_IDENTIFIERS", "Only one of the arguments can be provided.")
        return None
    if not given:
        row.error(
            path,
            "REQUIRED",
            "One of [variant_id, variant_external_reference, variant_sku] arguments must be "
            "provided to resolve ProductVariant instance.",
        )
        return None
    found = None
    if given == ["variantId"]:
        found = state.variants.get(parse_id(item["variantId"])[1])
    elif given == ["variantExternalReference"]:
        found = state.by_reference.get(item["variantExternalReference"])
    if found is None:  # by SKU always: Saleor looks it up under a key it never stored
        row.error(
            f"{path}.{_SNAKE[given[0]]}", "NOT_FOUND", "ProductVariant instance doesn't exist."
        )
    return found


def _check_prices(item: Input, path: str, row: Row) -> None:
    total, undiscounted = item["totalPrice"], item["undiscountedTotalPrice"]
    if item["quantity"] < 1:
        raise row.critical(
            f"{path}.quantity",
            "INVALID_QUANTITY",
            "Invalid quantity. Must be integer greater then or equal to 1.",
        )
    for name, price in (("total_price", total), ("undiscounted_total_price", undiscounted)):
        if price["gross"] < price["net"]:
            raise row.critical(
                f"{path}.{name}", "PRICE_ERROR", "Net price can't be greater then gross price."
            )
    if undiscounted["gross"] < total["gross"] or undiscounted["net"] < total["net"]:
        raise row.critical(
            f"{path}.undiscounted_total_price",
            "PRICE_ERROR",
            "Total price can't be greater then undiscounted total price.",
        )


def _fulfillment(state: State, order: Order, item: Input, index: int, row: Row) -> Fulfillment:
    quantities: dict[int, int] = {}
    warehouse = None
    for number, line in enumerate(item.get("lines", ())):
        path = f"fulfillments.{index}.lines.{number}"
        variant = _variant(state, line, path, row)
        warehouse = _warehouse(state, line["warehouse"])
        position = line["orderLineIndex"]
        if warehouse is None:
            raise row.critical(path, "NOT_FOUND", "Can't return Warehouse instance.")
        if position < 0:
            raise row.critical(path, "NEGATIVE_INDEX", "Order line index can't be negative.")
        if position >= len(order.lines):
            raise row.critical(
                path, "NO_RELATED_ORDER_LINE", f"There is no order line with index: {position}."
            )
        if (
            variant is not order.lines[position].variant
            or warehouse is not row.warehouses[position]
        ):
            raise row.critical(
                path,
                "ORDER_LINE_FULFILLMENT_LINE_MISMATCH",
                "Fulfillment line's product variant is different then order line's product "
                "variant.",
            )
        quantities[position] = quantities.get(position, 0) + line["quantity"]
        order.lines[position].quantity_fulfilled += line["quantity"]
    return Fulfillment(
        status="FULFILLED",
        tracking_number=item.get("trackingCode") or "",
        quantities=quantities,
        created=datetime.now(UTC),
        warehouse=warehouse.key if warehouse else 0,
    )


def _note(order: Order, item: Input, row: Row) -> None:
    if len(item["message"]) > MAX_NOTE_LENGTH:
        row.error(
            f"notes.{len(order.notes)}.message",
            "NOTE_LENGTH",
            f"Note message exceeds character limit: {MAX_NOTE_LENGTH}.",
        )
        return
    order.notes.append(("NOTE_ADDED", item["message"]))


def _transaction(order: Order, item: Input, index: int, row: Row) -> None:
    """App and user stay empty, and the events have no reference, as Saleor leaves them."""
    url = item.get("externalUrl")
    if url is not None and not _is_url(url):
        row.error(f"transactions.{index}", "INVALID", "Invalid format of `externalUrl`.")
        return
    now = datetime.now(UTC)
    made = Transaction(
        name=sys.intern(item.get("name") or ""),
        message=sys.intern(item.get("message") or ""),
        psp_reference=item.get("pspReference") or "",
        external_url=url or "",
        actions=list(item.get("availableActions") or ()),
        metadata=_pairs(item),
        private_metadata=_pairs(item, "privateMetadata"),
        app=0,
        created=now,
    )
    for name, attribute, kind in (
        ("amountAuthorized", "authorized", "AUTHORIZATION_SUCCESS"),
        ("amountCharged", "charged", "CHARGE_SUCCESS"),
        ("amountRefunded", "refunded", "REFUND_SUCCESS"),
        ("amountCanceled", "canceled", "CANCEL_SUCCESS"),
    ):
        if money := item.get(name):
            if money["currency"] != order.currency:
                row.error(
                    f"transactions.{index}",
                    "INCORRECT_CURRENCY",
                    f"Currency needs to be the same as for order: {order.currency}",
                )
                return
            amount = _amount(money["amount"])
            setattr(made, attribute, amount)
            message = "Manual adjustment of the transaction."
            made.events.append(Event(kind, amount, "", message, now))
    order.transactions.append(made)


def _is_url(value: str) -> bool:
    parts = urlsplit(value)
    return parts.scheme in {"http", "https"} and bool(parts.netloc) and " " not in value


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
