"""The fields of the settings form that say what a merchant wants of a TikTok channel: the fields of
``ChannelPolicy`` that are asked for."""

from __future__ import annotations

from typing import Final

from .fields import Field, Kind

CHOICES: Final = (
    Field("import_enabled", Kind.SWITCH, "Import orders", "Off: no order is created.", True),
    Field(
        "import_from",
        Kind.TEXT,
        "Import orders since",
        "A date such as 2026-11-01. Empty: from the moment the shop is connected.",
    ),
    Field(
        "hold_policy",
        Kind.TEXT,
        "Orders on hold",
        "wait: an order comes when TikTok's hold window is over. import_unconfirmed: it comes at "
        "once as unconfirmed.",
        "wait",
    ),
    Field(
        "warehouse",
        Kind.TEXT,
        "Warehouse",
        "Slug of the warehouse that ships. Empty: Saleor chooses among the channel's.",
    ),
    Field(
        "unlinked_policy",
        Kind.TEXT,
        "SKUs without a variant",
        "park: the order waits until you link the SKU. placeholder: it comes with a line that has "
        "no variant.",
        "park",
    ),
    Field(
        "stock_push",
        Kind.SWITCH,
        "Send stock to TikTok",
        "How many of each linked SKU TikTok may sell follows Saleor's stock. Off: TikTok's numbers "
        "are left alone.",
        True,
    ),
    Field("stock_percent", Kind.TEXT, "Share of stock", "Percent of the stock offered.", "100"),
    Field("stock_buffer", Kind.TEXT, "Stock buffer", "Units held back from TikTok.", "0"),
    Field(
        "stock_max",
        Kind.TEXT,
        "Most to offer",
        "The most of a SKU that TikTok is offered. Empty: no limit but TikTok's own, 99,999.",
    ),
    Field(
        "stock_warehouses",
        Kind.TEXT,
        "Stock from",
        "Slugs of the warehouses whose stock is offered, separated by commas. Empty: the warehouse "
        "above, or all of the channel's.",
    ),
    Field(
        "marketplace_warehouse",
        Kind.TEXT,
        "TikTok warehouse",
        "Id of the TikTok warehouse that the stock goes into. Empty: the SKU's only one, else the "
        "shop's default.",
    ),
    Field(
        "price_push",
        Kind.SWITCH,
        "Send prices to TikTok",
        "On: prices at TikTok follow this channel's. Off: they are left alone.",
        False,
    ),
    Field(
        "price_source",
        Kind.TEXT,
        "Price",
        "price: the variant's price in this channel. discounted: after Saleor's promotions.",
        "price",
    ),
    Field("price_percent", Kind.TEXT, "Share of the price", "Percent of it, such as 105.", "100"),
    Field(
        "price_add",
        Kind.TEXT,
        "Add to the price",
        "Amount added afterwards, such as 1.50; with a minus it is taken off.",
        "0",
    ),
    Field(
        "price_rounding",
        Kind.TEXT,
        "Price ending",
        "none, whole, 99, 95 or 90: the price goes up to the next that ends so.",
        "none",
    ),
    Field(
        "ship_push",
        Kind.SWITCH,
        "Tell TikTok what is shipped",
        "What staff ship in Saleor is shipped at TikTok too, with its tracking number.",
        True,
    ),
    Field(
        "handover",
        Kind.TEXT,
        "Hand over",
        "How packages with TikTok's label reach the carrier: DROP_OFF or PICKUP.",
        "DROP_OFF",
    ),
    Field(
        "default_carrier",
        Kind.TEXT,
        "Default carrier",
        "Name of the carrier, such as UPS, where nothing tells which one a shipment went with.",
    ),
    Field(
        "cancel_push",
        Kind.SWITCH,
        "Tell TikTok what is cancelled",
        "What staff cancel in Saleor is cancelled at TikTok too.",
        True,
    ),
    Field(
        "cancel_reason",
        Kind.TEXT,
        "Reason for cancelling",
        "What TikTok is told: out_of_stock, wrong_price, cannot_deliver or buyer_requested.",
        "out_of_stock",
    ),
    Field(
        "restock_returns",
        Kind.SWITCH,
        "Sell returned goods again",
        "On: goods that come back are put into the stock they left.",
        False,
    ),
    Field("language_code", Kind.TEXT, "Language", "Language of the orders, such as en.", "en"),
    Field(
        "time_zone",
        Kind.TEXT,
        "Time zone",
        "Whose days sales are counted by, such as America/New_York. Empty: the market's.",
    ),
)
