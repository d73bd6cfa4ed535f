"""The sandbox Saleor's catalog, as staff change it: what a warehouse has, what a variant costs."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from .amounts import exact
from .errors import Invalid
from .ids import parse_id
from .queries import Context
from .records import Channel, Product, Stock
from .state import State
from .views import View, variant_view

Input = dict[str, Any]


def stocks_update(context: Context, args: Input) -> View:
    """Set, not add: a stock that is not there yet is made. All of them or none."""
    context.require("MANAGE_PRODUCTS")
    state = context.state
    product = _variant(state, args.get("variantId"), args.get("sku"))
    wanted: dict[int, int] = {}
    for index, item in enumerate(args["stocks"]):
        kind, key = parse_id(item["warehouse"])
        if kind != "Warehouse" or key not in state.warehouses:
            raise Invalid("warehouse", "NOT_FOUND", "Couldn't resolve to a node.", index=index)
        if key in wanted:
            raise Invalid("warehouse", "UNIQUE", "Duplicated warehouse ID.", index=index)
        wanted[key] = item["quantity"]
    for key, quantity in wanted.items():
        state.stocks.setdefault((key, product.key), Stock(0)).quantity = quantity
    return {"productVariant": variant_view(state, product)}


def channel_listing_update(context: Context, args: Input) -> View:
    """Set a variant's price in channels that list its product. Promotions there end with it."""
    context.require("MANAGE_PRODUCTS")
    state = context.state
    product = _variant(state, args.get("id"), args.get("sku"))
    prices: dict[str, Decimal] = {}
    for item in args["input"]:
        channel = _channel(state, item["channelId"])
        if channel.slug not in product.channels:
            words = "Product not available in channels."
            raise Invalid("input", "NOT_FOUND", words)
        prices[channel.slug] = exact(item["price"], channel.currency)
    product.prices |= prices
    for slug in prices:
        product.discounted.pop(slug, None)
    return {"variant": variant_view(state, product)}


def _variant(state: State, value: str | None, sku: str | None) -> Product:
    kind, key = parse_id(value or "")
    found = state.variants.get(key) if kind == "ProductVariant" else state.by_sku.get(sku or "")
    if found is None:
        raise Invalid("variantId", "NOT_FOUND", f"Couldn't resolve to a node: {value or sku}")
    return found


def _channel(state: State, value: str) -> Channel:
    found = (channel for channel in state.channels.values() if channel.id == value)
    channel = next(found, None)
    if channel is None:
        raise Invalid("channelId", "NOT_FOUND", f"Couldn't resolve to a node: {value}")
    return channel
