"""Apps, people, channels, products, addresses and amounts as the schema shows them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from .ids import global_id
from .state import Address, App, Channel, Hook, Metadata, Product, Staff, State, Warehouse

View = dict[str, Any]


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
        {
            "id": shipping_method_id(channel, index),
            "name": name,
            "active": True,
            "price": money(channel.shipping_price, channel.currency),
        }
        for index, name in enumerate(channel.shipping_methods)
    ]


def shipping_method_id(channel: Channel, index: int) -> str:
    """The id of a channel's method by its position."""
    return global_id("ShippingMethod", channel.key * 100 + index)


def variant_view(state: State, product: Product, channel: str = "") -> View:
    """As ``ProductVariant``; with its price where it was asked for in a channel."""
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
                "price": money(product.price_in(slug), state.channels[slug].currency),
            }
            for slug in sorted(product.channels)
        ],
        "attributes": [_attribute(product, slug) for slug in product.attributes],
        "stocks": lambda: _stocks(state, product),
        "pricing": lambda: pricing_view(state, product, channel),
    }
    return with_metadata(view, product.metadata, None)


def product_view(state: State, product: Product) -> View:
    """As ``Product``."""
    return {
        "id": global_id("Product", product.key),
        "name": product.name,
        "metadata": [],
        "variants": lambda: [variant_view(state, product)],
        "channelListings": [_product_listing(state, product, slug) for slug in product.channels],
    }


def _product_listing(state: State, product: Product, slug: str) -> View:
    on_sale = slug not in product.unpublished
    return {
        "id": global_id("ProductChannelListing", product.key),
        "channel": channel_view(state.channels[slug]),
        "isPublished": on_sale,
        "isAvailableForPurchase": on_sale,
    }


def pricing_view(state: State, product: Product, channel: str) -> View | None:
    """As ``VariantPricingInfo``, in a channel. Prices include no tax."""
    if channel not in product.channels:
        return None
    currency = state.channels[channel].currency
    before, after = product.price_in(channel), product.price_after_promotions(channel)
    return {
        "onSale": after < before,
        "price": taxed(after, after, currency),
        "priceUndiscounted": taxed(before, before, currency),
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
            "quantityReserved": stock.reserved,
        }
        for warehouse in state.warehouses.values()
        if (stock := state.stocks.get((warehouse.key, product.key)))
    ]


def app_view(app: App) -> View:
    """As ``App``."""
    return {
        "__typename": "App",
        "id": global_id("App", app.key),
        "identifier": app.identifier or None,
        "name": app.name,
        "isActive": app.is_active,
        "permissions": [{"code": code, "name": code} for code in sorted(app.permissions)],
        "webhooks": [hook_view(hook) for hook in app.hooks.values()],
    }


def user_view(person: Staff) -> View:
    """As ``User``."""
    return {"__typename": "User", "id": global_id("User", person.key), "email": person.email}


def hook_view(hook: Hook) -> View:
    """As ``Webhook``."""
    return {
        "id": global_id("Webhook", hook.key),
        "name": hook.name,
        "targetUrl": hook.target_url,
        "isActive": hook.is_active,
        "subscriptionQuery": hook.query,
        "syncEvents": [{"name": hook.event, "eventType": hook.event}],
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
