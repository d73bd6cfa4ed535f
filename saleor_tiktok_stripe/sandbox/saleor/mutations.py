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
from .people import token_create, token_refresh
from .products import channel_listing_update, stocks_update
from .queries import Context
from .sessions import payment_gateway_initialize, transaction_initialize, transaction_process
from .shipping import (
    approve,
    cancel_fulfillment,
    find_order,
    line_index,
    order_fulfill,
    release,
    return_products,
    update_tracking,
)
from .state import Grant, Metadata, State
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
    order.updated = datetime.now(UTC)
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
    order.updated = datetime.now(UTC)
    order.notes.append(("CONFIRMED", ""))
    return {"order": order_view(context.state, order)}


def grant_refund(context: Context, args: Input) -> View:
    """Up to what the named transaction charged."""
    context.require("MANAGE_ORDERS")
    state, data = context.state, args["input"]
    order = find_order(state, args["id"])
    transaction = order_transaction(state, order, data["transactionId"])
    if transaction < 0:
        raise Invalid("transactionId", "NOT_FOUND", "Couldn't resolve to a node.")
    lines = {
        line_index(order, item["id"], "lines"): item["quantity"] for item in data.get("lines", ())
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
    order.updated = datetime.now(UTC)
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
    "orderFulfillmentCancel": _answering(cancel_fulfillment),
    "orderCancel": _answering(order_cancel),
    "orderConfirm": _answering(order_confirm),
    "orderFulfillmentReturnProducts": _answering(return_products),
    "orderGrantRefundCreate": _answering(grant_refund),
    "orderNoteAdd": _answering(note_add),
    "orderUpdate": _answering(order_update),
    "productVariantChannelListingUpdate": _answering(channel_listing_update),
    "productVariantStocksUpdate": _answering(stocks_update),
    "paymentGatewayInitialize": _answering(payment_gateway_initialize),
    "transactionInitialize": _answering(transaction_initialize),
    "transactionProcess": _answering(transaction_process),
    "transactionRequestAction": _answering(transaction_request_action),
    "transactionRequestRefundForGrantedRefund": _answering(
        transaction_request_refund_for_granted_refund
    ),
    "tokenCreate": _answering(token_create),
    "tokenRefresh": _answering(token_refresh),
    "transactionCreate": _answering(transaction_create),
    "transactionUpdate": _answering(transaction_update),
    "transactionEventReport": _answering(transaction_event_report),
    "updateMetadata": _answering(update_metadata),
    "updatePrivateMetadata": _answering(update_private_metadata),
    "webhookCreate": _answering(webhook_create),
    "webhookUpdate": _answering(webhook_update),
}
