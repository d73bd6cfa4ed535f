"""Objects as the schema shows them: dictionaries by field name; costly fields are functions."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import NamedTuple

from .ids import global_id, part_id, token_of
from .shop_views import (
    ADDRESS_FIELDS,
    View,
    address_view,
    app_view,
    channel_view,
    money,
    product_view,
    shipping_method_id,
    shipping_methods,
    taxed,
    user_view,
    variant_view,
    warehouse_view,
    with_metadata,
)
from .state import (
    Checkout,
    Found,
    Fulfillment,
    Grant,
    Line,
    Order,
    State,
)

__all__ = [
    "ADDRESS_FIELDS",
    "View",
    "address_view",
    "app_view",
    "channel_view",
    "checkout_sums",
    "checkout_view",
    "event_view",
    "fulfillment_view",
    "grant_view",
    "line_view",
    "money",
    "order_found",
    "order_view",
    "product_view",
    "shipping_method_id",
    "shipping_methods",
    "tax_class_view",
    "transaction_view",
    "user_view",
    "variant_view",
]
ZERO = Decimal(0)
_TRANSACTION_AMOUNTS = (
    ("authorizedAmount", "authorized"),
    ("authorizePendingAmount", "authorize_pending"),
    ("chargedAmount", "charged"),
    ("chargePendingAmount", "charge_pending"),
    ("refundedAmount", "refunded"),
    ("refundPendingAmount", "refund_pending"),
    ("canceledAmount", "canceled"),
    ("cancelPendingAmount", "cancel_pending"),
)


def order_view(state: State, order: Order) -> View:
    """As ``Order``."""
    currency = order.currency
    view = {
        "id": order.id,
        "number": str(order.number),
        "created": order.created,
        "updatedAt": order.updated,
        "status": order.status,
        "userEmail": order.email,
        "externalReference": order.external_reference,
        "origin": order.origin,
        "channel": lambda: channel_view(order.channel),
        "billingAddress": lambda: address_view(order.billing_address),
        "shippingAddress": lambda: address_view(order.shipping_address),
        "shippingMethodName": order.shipping_method_name or None,
        "shippingTaxRate": order.shipping_tax_rate,
        "customerNote": order.customer_note,
        "languageCodeEnum": order.language,
        "displayGrossPrices": True,
        "lines": lambda: [line_view(state, order, index) for index in range(len(order.lines))],
        "fulfillments": lambda: [
            fulfillment_view(state, order, index)
            for index, item in enumerate(order.fulfillments)
            if not item.is_deleted
        ],
        "transactions": lambda: [
            transaction_view(state, order_found(order, index))
            for index in range(len(order.transactions))
        ],
        "grantedRefunds": lambda: [
            grant_view(state, order, index) for index in range(len(order.grants))
        ],
        "events": lambda: [
            {
                "id": part_id("OrderEvent", order.key, index),
                "date": order.updated,
                "type": kind,
                "message": message,
            }
            for index, (kind, message) in enumerate(order.notes)
        ],
        "shippingPrice": taxed(order.shipping_net, order.shipping_gross, currency),
    }
    view.update(_sums(order))
    return with_metadata(view, order.metadata, order.private_metadata)


def _sums(order: Order) -> View:
    currency = order.currency
    lines = order.lines
    undiscounted = (
        sum((line.undiscounted_net for line in lines), order.shipping_net),
        sum((line.undiscounted_gross for line in lines), order.shipping_gross),
    )
    owed = order.total_gross - order.granted
    return {
        "total": taxed(order.total_net, order.total_gross, currency),
        "undiscountedTotal": taxed(*undiscounted, currency),
        "subtotal": taxed(
            order.total_net - order.shipping_net, order.total_gross - order.shipping_gross, currency
        ),
        "totalAuthorized": money(order.authorized, currency),
        "totalCharged": money(order.charged, currency),
        "totalBalance": money(order.charged - owed, currency),
        "totalGrantedRefund": money(order.granted, currency),
        "totalRefunded": money(order.refunded, currency),
        "chargeStatus": charge_status(order.charged, owed),
        "authorizeStatus": authorize_status(order.charged + order.authorized, owed),
    }


def charge_status(charged: Decimal, owed: Decimal) -> str:
    """As ``OrderChargeStatusEnum``."""
    owed = max(owed, ZERO)
    if charged == owed:
        return "FULL"
    if charged <= 0:
        return "NONE"
    return "PARTIAL" if charged < owed else "OVERCHARGED"


def authorize_status(covered: Decimal, owed: Decimal) -> str:
    """As ``OrderAuthorizeStatusEnum``."""
    if covered == 0:
        return "FULL" if owed == 0 else "NONE"
    return "FULL" if covered >= max(owed, ZERO) else "PARTIAL"


def line_view(state: State, order: Order, index: int) -> View:
    """As ``OrderLine``."""
    line, currency = order.lines[index], order.currency
    step = Decimal(1) if currency in {"JPY", "KRW", "VND"} else Decimal("0.01")

    def unit(net: Decimal, gross: Decimal) -> View:
        amounts = (net / line.quantity).quantize(step), (gross / line.quantity).quantize(step)
        return taxed(*amounts, currency)

    price = unit(line.total_net, line.total_gross)
    undiscounted = unit(line.undiscounted_net, line.undiscounted_gross)
    view = {
        "id": part_id("OrderLine", order.key, index),
        "productName": line.product_name,
        "variantName": line.variant_name,
        "productSku": line.sku or None,
        "productVariantId": line.variant.id if line.variant else None,
        "isShippingRequired": line.is_shipping_required,
        "quantity": line.quantity,
        "quantityFulfilled": line.quantity_fulfilled,
        "quantityToFulfill": line.quantity - line.quantity_fulfilled,
        "taxRate": line.tax_rate,
        "unitPrice": price,
        "undiscountedUnitPrice": undiscounted,
        "unitDiscount": money(undiscounted["net"]["amount"] - price["net"]["amount"], currency),
        "unitDiscountReason": line.discount_reason or None,
        "totalPrice": taxed(line.total_net, line.total_gross, currency),
        "undiscountedTotalPrice": taxed(line.undiscounted_net, line.undiscounted_gross, currency),
        "variant": lambda: variant_view(state, line.variant) if line.variant else None,
        "allocations": lambda: _allocations(state, order, line, index),
        "taxClass": tax_class_view() if line.tax_class else None,
        "isGift": False,
    }
    return with_metadata(view, line.metadata, line.private_metadata)


def tax_class_view() -> View:
    """As ``TaxClass``: there is one."""
    return {"id": global_id("TaxClass", 1), "name": "Default"}


def _allocations(state: State, order: Order, line: Line, index: int) -> list[View]:
    return [
        {
            "id": part_id("Allocation", order.key, index),
            "quantity": quantity,
            "warehouse": warehouse_view(state.warehouses[key]),
        }
        for key, quantity in (line.allocations or {}).items()
    ]


def fulfillment_view(state: State, order: Order, index: int) -> View:
    """As ``Fulfillment``."""
    item: Fulfillment = order.fulfillments[index]
    warehouse = state.warehouses.get(item.warehouse)
    view = {
        "id": part_id("Fulfillment", order.key, index),
        "fulfillmentOrder": index + 1,
        "status": item.status,
        "trackingNumber": item.tracking_number,
        "created": item.created,
        "warehouse": warehouse_view(warehouse) if warehouse else None,
        "lines": [
            {
                "id": part_id("FulfillmentLine", order.key, index * 256 + line),
                "quantity": quantity,
                "orderLine": partial(line_view, state, order, line),
            }
            for line, quantity in item.quantities.items()
        ],
    }
    return with_metadata(view, item.metadata, item.private_metadata)


def order_found(order: Order, index: int) -> Found:
    """The order's transaction at a position."""
    item = order.transactions[index]
    return Found(order, item, item.key or (order.key << 16) + index)


def transaction_view(state: State, found: Found) -> View:
    """As ``TransactionItem``."""
    owner, item, key = found
    view = {
        "id": global_id("TransactionItem", key),
        "token": token_of(key),
        "createdAt": item.created,
        "actions": item.actions,
        "name": item.name,
        "message": item.message,
        "pspReference": item.psp_reference,
        "externalUrl": item.external_url,
        "order": partial(order_view, state, owner) if isinstance(owner, Order) else None,
        "checkout": partial(checkout_view, state, owner) if isinstance(owner, Checkout) else None,
        "createdBy": _teller(state, item.app),
        "events": [event_view(state, found, number) for number in range(len(item.events))],
    }
    for name, attribute in _TRANSACTION_AMOUNTS:
        view[name] = money(getattr(item, attribute), owner.currency)
    return with_metadata(view, item.metadata, item.private_metadata)


def event_view(state: State, found: Found, index: int) -> View:
    """As ``TransactionEvent``."""
    event = found.item.events[index]
    return {
        "id": global_id("TransactionEvent", found.key * 1024 + index),
        "createdAt": event.created,
        "pspReference": event.psp_reference,
        "message": event.message,
        "externalUrl": event.external_url,
        "amount": money(event.amount, found.owner.currency),
        "type": event.type,
        "idempotencyKey": event.idempotency_key or None,
        "createdBy": _teller(state, event.by),
    }


def _teller(state: State, key: int) -> View | None:
    """As ``UserOrApp``."""
    if key > 0:
        app = next((app for app in state.apps.values() if app.key == key), None)
        return app_view(app) if app else None
    person = next((one for one in state.people.values() if one.key == -key), None)
    return user_view(person) if person and key else None


def grant_view(state: State, order: Order, index: int) -> View:
    """As ``OrderGrantedRefund``."""
    item: Grant = order.grants[index]
    return {
        "id": part_id("OrderGrantedRefund", order.key, index),
        "amount": money(item.amount, order.currency),
        "reason": item.reason,
        "shippingCostsIncluded": item.shipping,
        "status": item.status,
        "transaction": lambda: (
            transaction_view(state, order_found(order, item.transaction))
            if item.transaction >= 0
            else None
        ),
        "transactionEvents": lambda: _grant_events(state, order, index),
        "lines": [
            {
                "id": part_id("OrderGrantedRefundLine", order.key, index * 256 + line),
                "quantity": quantity,
                "reason": None,
                "orderLine": partial(line_view, state, order, line),
            }
            for line, quantity in item.quantities.items()
        ],
    }


def _grant_events(state: State, order: Order, grant: int) -> list[View]:
    found = [order_found(order, index) for index in range(len(order.transactions))]
    return [
        event_view(state, one, number)
        for one in found
        for number, event in enumerate(one.item.events)
        if event.grant == grant
    ]


def checkout_view(state: State, checkout: Checkout) -> View:
    """As ``Checkout``."""
    currency, total = checkout.currency, checkout.total_gross
    sums = checkout_sums(checkout)
    shipping = shipping_methods(checkout.channel)
    chosen = shipping[checkout.delivery_method] if checkout.delivery_method >= 0 else None
    return {
        "id": checkout.id,
        "token": token_of(checkout.key),
        "created": checkout.created,
        "channel": channel_view(checkout.channel),
        "email": checkout.email or None,
        "languageCode": checkout.language,
        "billingAddress": address_view(checkout.billing_address),
        "shippingAddress": address_view(checkout.shipping_address),
        "isShippingRequired": True,
        "quantity": sum(line.quantity for line in checkout.lines),
        "shippingMethods": shipping,
        "deliveryMethod": chosen and {"__typename": "ShippingMethod", **chosen},
        "lines": [_checkout_line(state, checkout, at) for at in range(len(checkout.lines))],
        "shippingPrice": taxed(checkout.shipping_gross, checkout.shipping_gross, currency),
        "subtotalPrice": taxed(checkout.subtotal, checkout.subtotal, currency),
        "totalPrice": taxed(total, total, currency),
        "totalBalance": money(sums.charged - total, currency),
        "chargeStatus": charge_status(max(sums.charged, ZERO), total),
        "authorizeStatus": authorize_status(sums.charged + sums.authorized, total),
        "transactions": [
            transaction_view(state, Found(checkout, item, item.key))
            for item in checkout.transactions
        ],
        "metadata": [],
    }


def _checkout_line(state: State, checkout: Checkout, index: int) -> View:
    line, currency = checkout.lines[index], checkout.currency
    price, total = line.variant.price, line.variant.price * line.quantity
    return {
        "id": global_id("CheckoutLine", (checkout.key << 16) + index),
        "quantity": line.quantity,
        "variant": lambda: variant_view(state, line.variant),
        "unitPrice": taxed(price, price, currency),
        "totalPrice": taxed(total, total, currency),
    }


class CheckoutSums(NamedTuple):
    """What a checkout's transactions cover; what is pending counts too."""

    authorized: Decimal
    charged: Decimal


def checkout_sums(checkout: Checkout) -> CheckoutSums:
    """Over all its transactions."""
    items = checkout.transactions
    return CheckoutSums(
        sum((item.authorized + item.authorize_pending for item in items), ZERO),
        sum((item.charged + item.charge_pending for item in items), ZERO),
    )
