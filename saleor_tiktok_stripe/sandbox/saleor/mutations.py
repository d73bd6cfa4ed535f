"""What can be done to the sandbox Saleor's orders, besides creating them in bulk."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from .actions import transaction_request_action, transaction_request_refund_for_granted_refund
from .bulk_create import order_bulk_create
from .bulk_parts import read_address
from .checkouts import checkout_complete, checkout_create, checkout_delivery_method_update
from .errors import Invalid
from .hooks import webhook_create, webhook_update
from .ids import parse_id, parse_part
from .queries import Context
from .sessions import payment_gateway_initialize, transaction_initialize, transaction_process
from .state import Fulfillment, Grant, Line, Metadata, Order, State
from .transactions import (
    find_transaction,
    order_transaction,
    transaction_create,
    transaction_event_report,
    transaction_update,
)
from .views import (
    View,
    fulfillment_view,
    grant_view,
    line_view,
    order_view,
    transaction_view,
)

Input = dict[str, Any]
CANCELLABLE = {"CANCELED", "REFUNDED", "REPLACED", "REFUNDED_AND_RETURNED", "RETURNED"}


def find_order(state: State, value: str | None, field: str = "id") -> Order:
    """The order with this id; ``Invalid`` where there is none."""
    kind, key = parse_id(value or "")
    order = state.orders.get(key) if kind == "Order" else None
    if order is None:
        raise Invalid(field, "NOT_FOUND", f"Couldn't resolve to a node: {value}")
    return order


def _line_index(order: Order, value: str, field: str) -> int:
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
        index = _line_index(order, item.get("orderLineId") or "", "lines")
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
    if kind != "Fulfillment" or order is None or index >= len(order.fulfillments):
        raise Invalid("id", "NOT_FOUND", f"Couldn't resolve to a node: {value}")
    return order, index


def approve(context: Context, args: Input) -> View:
    """No fulfillment of the sandbox ever waits for approval: the shop approves at once."""
    context.require("MANAGE_ORDERS")
    _find_fulfillment(context.state, args["id"])
    words = "Invalid fulfillment status, only WAITING_FOR_APPROVAL fulfillments can be accepted."
    raise Invalid("status", "INVALID", words)


def order_cancel(context: Context, args: Input) -> View:
    """Cancel an order of which nothing is shipped; frees its stock."""
    context.require("MANAGE_ORDERS")
    order = find_order(context.state, args["id"])
    shipped = any(item.status not in CANCELLABLE for item in order.fulfillments)
    if shipped or order.status in {"CANCELED", "DRAFT", "EXPIRED"}:
        raise Invalid("order", "CANNOT_CANCEL_ORDER", "This order can't be canceled.")
    for line in order.lines:
        release(context.state, line, line.quantity)
    order.status = "CANCELED"
    order.notes.append(("CANCELED", ""))
    return {"order": order_view(context.state, order)}


def order_confirm(context: Context, args: Input) -> View:
    """Only for unconfirmed orders."""
    context.require("MANAGE_ORDERS")
    order = find_order(context.state, args["id"])
    if order.status != "UNCONFIRMED":
        words = "Provided order id belongs to an order with status different than unconfirmed."
        raise Invalid("id", "INVALID", words)
    order.status = "UNFULFILLED"
    order.notes.append(("CONFIRMED", ""))
    return {"order": order_view(context.state, order)}


def return_products(context: Context, args: Input) -> View:
    """Unshipped and shipped units become a RETURNED group; stock is freed, never put back."""
    context.require("MANAGE_ORDERS")
    state, data = context.state, args["input"]
    order = find_order(state, args["order"], "order")
    moved: dict[int, int] = {}
    for item in data.get("orderLines", ()):
        index = _line_index(order, item["orderLineId"], "orderLines")
        line = order.lines[index]
        if line.quantity - line.quantity_fulfilled < item["quantity"]:
            words = "Provided quantity is bigger than unfulfilled quantity."
            raise Invalid("orderLineId", "INVALID", words)
        moved[index] = item["quantity"]
    for index, quantity in moved.items():
        order.lines[index].quantity_fulfilled += quantity
        release(state, order.lines[index], quantity)
    for item in data.get("fulfillmentLines", ()):
        _take_back(order, item, moved)
    order.fulfillments.append(Fulfillment("RETURNED", "", moved, datetime.now(UTC)))
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
    quantities = order.fulfillments[group].quantities
    if quantities.get(index, 0) < item["quantity"]:
        words = "Provided quantity is bigger than quantity from fulfillment line."
        raise Invalid("fulfillmentLineId", "INVALID", words)
    quantities[index] -= item["quantity"]
    if not quantities[index]:
        del quantities[index]
    moved[index] = moved.get(index, 0) + item["quantity"]


def grant_refund(context: Context, args: Input) -> View:
    """Up to what the named transaction charged."""
    context.require("MANAGE_ORDERS")
    state, data = context.state, args["input"]
    order = find_order(state, args["id"])
    transaction = order_transaction(state, order, data["transactionId"])
    if transaction < 0:
        raise Invalid("transactionId", "NOT_FOUND", "Couldn't resolve to a node.")
    lines = {
        _line_index(order, item["id"], "lines"): item["quantity"] for item in data.get("lines", ())
    }
    for index, quantity in lines.items():
        if quantity > order.lines[index].quantity:
            raise Invalid("lines", "INVALID", "Provided input for lines is invalid.")
    charged = order.transactions[transaction].charged
    amount = data.get("amount")
    if amount is None:
        shares = (
            order.lines[index].total_gross / order.lines[index].quantity * quantity
            for index, quantity in lines.items()
        )
        amount = min(sum(shares), charged)
    elif amount > charged:
        raise Invalid(
            "amount",
            "AMOUNT_GREATER_THAN_AVAILABLE",
            "Amount cannot be greater than the charged amount of provided transaction.",
        )
    shipping = bool(data.get("grantRefundForShipping"))
    order.grants.append(Grant(amount, data.get("reason") or "", lines, shipping, transaction))
    return {
        "order": order_view(state, order),
        "grantedRefund": grant_view(state, order, len(order.grants) - 1),
    }


def note_add(context: Context, args: Input) -> View:
    """Add a note to the history."""
    context.require("MANAGE_ORDERS")
    order = find_order(context.state, args["order"])
    message = args["input"]["message"].strip()
    if not message:
        raise Invalid("message", "REQUIRED", "Message can't be empty.")
    order.notes.append(("NOTE_ADDED", message))
    view = order_view(context.state, order)
    return {"order": view, "event": view["events"]()[-1]}


def order_update(context: Context, args: Input) -> View:
    """Replace addresses or the e-mail address."""
    context.require("MANAGE_ORDERS")
    order = find_order(context.state, args.get("id"))
    data = args["input"]
    for name, attribute in (
        ("shippingAddress", "shipping_address"),
        ("billingAddress", "billing_address"),
    ):
        if address := data.get(name):
            setattr(order, attribute, read_address(address))
    order.email = data.get("userEmail", order.email)
    order.updated = datetime.now(UTC)
    return {"order": order_view(context.state, order)}


def update_metadata(context: Context, args: Input) -> View:
    """Merge into the public metadata."""
    return _update_metadata(context, args, "metadata")


def update_private_metadata(context: Context, args: Input) -> View:
    """Merge into the private metadata."""
    return _update_metadata(context, args, "private_metadata")


def _update_metadata(context: Context, args: Input, where: str) -> View:
    kind, _ = parse_id(args["id"])
    context.require("HANDLE_PAYMENTS" if kind == "TransactionItem" else "MANAGE_ORDERS")
    if any(not pair["key"].strip() for pair in args["input"]):
        raise Invalid("input", "REQUIRED", "Metadata key cannot be empty.")
    owner = _metadata_owner(context.state, args["id"], kind)
    stored: Metadata = dict(getattr(owner, where) or {})
    stored.update((pair["key"], pair["value"]) for pair in args["input"])
    setattr(owner, where, stored)
    return {"item": _show_owner(context.state, args["id"])}


def _show_owner(state: State, value: str) -> View:
    kind, key = parse_id(value)
    if kind == "Order":
        return order_view(state, state.orders[key])
    if kind == "TransactionItem":
        return transaction_view(state, find_transaction(state, value))
    _, key, index = parse_part(value)
    order = state.orders[key]
    if kind == "OrderLine":
        return line_view(state, order, index)
    return fulfillment_view(state, order, index)


def _metadata_owner(state: State, value: str, kind: str) -> Any:
    if kind == "Order":
        return find_order(state, value)
    if kind == "TransactionItem":
        return find_transaction(state, value).item
    lists = {"OrderLine": "lines", "Fulfillment": "fulfillments"}
    _, order_key, index = parse_part(value)
    order = state.orders.get(order_key)
    parts = getattr(order, lists.get(kind, ""), [])
    if index >= len(parts):
        raise Invalid("id", "NOT_FOUND", f"Couldn't resolve to a node: {value}")
    return parts[index]


def _answering(
    mutation: Callable[[Context, Input], View], **otherwise: Any
) -> Callable[[Context, Input], View]:
    """Validation errors go into the payload's ``errors``; everything else is a GraphQL error."""

    def answer(context: Context, args: Input) -> View:
        try:
            return {"errors": [], **mutation(context, args)}
        except Invalid as error:
            return {"errors": [error.entry], **otherwise}

    return answer


MUTATIONS: dict[str, Callable[[Context, Input], View]] = {
    "checkoutComplete": _answering(checkout_complete, confirmationNeeded=False),
    "checkoutCreate": _answering(checkout_create),
    "checkoutDeliveryMethodUpdate": _answering(checkout_delivery_method_update),
    "orderBulkCreate": order_bulk_create,
    "orderFulfill": _answering(order_fulfill),
    "orderFulfillmentUpdateTracking": _answering(update_tracking),
    "orderFulfillmentApprove": _answering(approve),
    "orderCancel": _answering(order_cancel),
    "orderConfirm": _answering(order_confirm),
    "orderFulfillmentReturnProducts": _answering(return_products),
    "orderGrantRefundCreate": _answering(grant_refund),
    "orderNoteAdd": _answering(note_add),
    "orderUpdate": _answering(order_update),
    "paymentGatewayInitialize": _answering(payment_gateway_initialize),
    "transactionInitialize": _answering(transaction_initialize),
    "transactionProcess": _answering(transaction_process),
    "transactionRequestAction": _answering(transaction_request_action),
    "transactionRequestRefundForGrantedRefund": _answering(
        transaction_request_refund_for_granted_refund
    ),
    "transactionCreate": _answering(transaction_create),
    "transactionUpdate": _answering(transaction_update),
    "transactionEventReport": _answering(transaction_event_report),
    "updateMetadata": _answering(update_metadata),
    "updatePrivateMetadata": _answering(update_private_metadata),
    "webhookCreate": _answering(webhook_create),
    "webhookUpdate": _answering(webhook_update),
}
