"""Objects as the schema shows them: dictionaries by field name; costly fields are functions."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import Any

from .ids import global_id, part_id, part_token
from .state import (
    Address,
    Channel,
    Fulfillment,
    Grant,
    Line,
    Metadata,
    Order,
    Product,
    State,
    Transaction,
    Warehouse,
)

View = dict[str, Any]
ZERO = Decimal(0)


def money(amount: Decimal, currency: str) -> View:
    """As ``Money``."""
    return {"amount": amount, "currency": currency}


def taxed(net: Decimal, gross: Decimal, currency: str) -> View:
    """As ``TaxedMoney``."""
    return {
        "currency": currency,
        "net": money(net, currency),
        "gross": money(gross, currency),
        "tax": money(gross - net, currency),
    }


def items(metadata: Metadata | None) -> list[View]:
    """As a list of ``MetadataItem``."""
    return [{"key": key, "value": value} for key, value in (metadata or {}).items()]


def with_metadata(view: View, public: Metadata | None, private: Metadata | None) -> View:
    """``metafield(key:)`` is resolved from the two underscored entries."""
    view["metadata"] = items(public)
    view["privateMetadata"] = items(private)
    view["_public"], view["_private"] = public or {}, private or {}
    return view


def warehouse_view(warehouse: Warehouse) -> View:
    """As ``Warehouse``."""
    return {"id": warehouse.id, "slug": warehouse.slug, "name": warehouse.name}


def channel_view(channel: Channel) -> View:
    """As ``Channel``."""
    return {
        "id": channel.id,
        "slug": channel.slug,
        "name": channel.name,
        "isActive": channel.is_active,
        "currencyCode": channel.currency,
        "defaultCountry": {"code": channel.country, "country": channel.country},
        "warehouses": [warehouse_view(item) for item in channel.warehouses],
        "orderSettings": {
            "automaticallyConfirmAllNewOrders": True,
            "automaticallyFulfillNonShippableGiftCard": (
                channel.automatically_fulfill_non_shippable_gift_card
            ),
            "allowUnpaidOrders": False,
        },
        "_channel": channel,
    }


def shipping_methods(channel: Channel) -> list[View]:
    """As a list of ``ShippingMethod``."""
    return [
        {"id": shipping_method_id(channel, index), "name": name, "active": True}
        for index, name in enumerate(channel.shipping_methods)
    ]


def shipping_method_id(channel: Channel, index: int) -> str:
    """The id of a channel's method by its position."""
    return global_id("ShippingMethod", channel.key * 100 + index)


def variant_view(state: State, product: Product) -> View:
    """As ``ProductVariant``."""
    view = {
        "id": product.id,
        "name": product.variant_name,
        "sku": product.sku or None,
        "externalReference": product.external_reference or None,
        "trackInventory": product.track_inventory,
        "product": lambda: product_view(state, product),
        "channelListings": [
            {
                "id": global_id("ProductVariantChannelListing", product.key),
                "channel": channel_view(state.channels[slug]),
                "price": money(product.price, state.channels[slug].currency),
            }
            for slug in sorted(product.channels)
        ],
        "attributes": [_attribute(product, slug) for slug in product.attributes],
        "stocks": lambda: _stocks(state, product),
    }
    return with_metadata(view, product.metadata, None)


def product_view(state: State, product: Product) -> View:
    """As ``Product``."""
    return {
        "id": global_id("Product", product.key),
        "name": product.name,
        "metadata": [],
        "variants": lambda: [variant_view(state, product)],
    }


def _attribute(product: Product, slug: str) -> View:
    value = product.attributes[slug]
    key = global_id("AttributeValue", product.key)
    return {
        "attribute": {"id": global_id("Attribute", product.key), "slug": slug, "name": slug},
        "values": [{"id": key, "name": value, "slug": value, "plainText": None}],
    }


def _stocks(state: State, product: Product) -> list[View]:
    return [
        {
            "id": global_id("Stock", warehouse.key * 1000 + product.key),
            "warehouse": warehouse_view(warehouse),
            "quantity": stock.quantity,
            "quantityAllocated": stock.allocated,
        }
        for warehouse in state.warehouses.values()
        if (stock := state.stocks.get((warehouse.key, product.key)))
    ]


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
            fulfillment_view(state, order, index) for index in range(len(order.fulfillments))
        ],
        "transactions": lambda: [
            transaction_view(order, index) for index in range(len(order.transactions))
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
        "authorizeStatus": "FULL" if order.charged + order.authorized >= owed else "PARTIAL",
    }


def charge_status(charged: Decimal, owed: Decimal) -> str:
    """As ``OrderChargeStatusEnum``."""
    if charged > owed:
        return "OVERCHARGED"
    if charged == owed:
        return "FULL"
    return "PARTIAL" if charged > 0 else "NONE"


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


def transaction_view(order: Order, index: int) -> View:
    """As ``TransactionItem``."""
    item: Transaction = order.transactions[index]
    currency = order.currency
    key = part_id("TransactionItem", order.key, index)
    view = {
        "id": key,
        "token": part_token(order.key, index),
        "createdAt": item.created,
        "actions": item.actions,
        "name": item.name,
        "message": item.message,
        "pspReference": item.psp_reference,
        "externalUrl": item.external_url,
        "authorizedAmount": money(item.authorized, currency),
        "chargedAmount": money(item.charged, currency),
        "refundedAmount": money(item.refunded, currency),
        "canceledAmount": money(item.canceled, currency),
        "events": [event_view(order, index, number) for number in range(len(item.events))],
    }
    return with_metadata(view, item.metadata, item.private_metadata)


def event_view(order: Order, transaction: int, index: int) -> View:
    """As ``TransactionEvent``."""
    event = order.transactions[transaction].events[index]
    return {
        "id": part_id("TransactionEvent", order.key, transaction * 1024 + index),
        "createdAt": event.created,
        "pspReference": event.psp_reference,
        "message": event.message,
        "amount": money(event.amount, order.currency),
        "type": event.type,
    }


def grant_view(state: State, order: Order, index: int) -> View:
    """As ``OrderGrantedRefund``."""
    item: Grant = order.grants[index]
    return {
        "id": part_id("OrderGrantedRefund", order.key, index),
        "amount": money(item.amount, order.currency),
        "reason": item.reason,
        "shippingCostsIncluded": item.shipping,
        "transaction": lambda: (
            transaction_view(order, item.transaction) if item.transaction >= 0 else None
        ),
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


ADDRESS_FIELDS = (
    "firstName",
    "lastName",
    "companyName",
    "streetAddress1",
    "streetAddress2",
    "city",
    "cityArea",
    "postalCode",
    "countryArea",
    "phone",
)


def address_view(address: Address | None) -> View | None:
    """As ``Address``."""
    if address is None:
        return None
    view: View = dict(zip(ADDRESS_FIELDS, address, strict=False))
    country = address.country
    view["id"] = global_id("Address", 1)
    view["country"] = {"code": country, "country": country}
    view["metadata"] = items(dict(address.metadata))
    return view
