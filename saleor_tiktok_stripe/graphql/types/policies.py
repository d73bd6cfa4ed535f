"""What a merchant decides for a channel."""

from __future__ import annotations

from typing import Final

import graphene

from ..core.choices import Choices, input_type, output_type
from ..core.enums import enum
from ..core.scalars import DateTime, TiktokStripeAmount
from .payments import TiktokStripeRefundReason

Strings = graphene.List(graphene.NonNull(graphene.String))

TiktokStripeHoldPolicy = enum(
    "TiktokStripeHoldPolicy",
    "What happens to an order in TikTok's hold window.",
    WAIT=("wait", "It is imported when the window is over."),
    IMPORT_UNCONFIRMED=("import_unconfirmed", "It is imported at once, as unconfirmed."),
)
TiktokStripeUnlinkedPolicy = enum(
    "TiktokStripeUnlinkedPolicy",
    "What happens to an order with a SKU that sells no variant.",
    PARK=("park", "It waits until the SKU is linked."),
    PLACEHOLDER=("placeholder", "It is imported with a line that has no variant."),
)
TiktokStripePriceSource = enum(
    "TiktokStripePriceSource",
    "Which price of a variant is sent.",
    PRICE=("price", "Its price in the channel."),
    DISCOUNTED=("discounted", "The price after Saleor's promotions."),
)
TiktokStripePriceRounding = enum(
    "TiktokStripePriceRounding",
    "How a price is rounded up.",
    NONE=("none", "Not at all."),
    WHOLE=("whole", "To a whole amount."),
    ENDS_99=("99", "To the next that ends in .99."),
    ENDS_95=("95", "To the next that ends in .95."),
    ENDS_90=("90", "To the next that ends in .90."),
)
TiktokStripeHandover = enum(
    "TiktokStripeHandover",
    "How packages with TikTok's label reach the carrier.",
    DROP_OFF=("DROP_OFF", "They are brought there."),
    PICKUP=("PICKUP", "The carrier fetches them."),
)
TiktokStripeCancelReason = enum(
    "TiktokStripeCancelReason",
    "The reason that TikTok is told for a cancellation by staff.",
    OUT_OF_STOCK=("out_of_stock", "There is none left."),
    WRONG_PRICE=("wrong_price", "The price was wrong."),
    CANNOT_DELIVER=("cannot_deliver", "It cannot be delivered to this address."),
    BUYER_REQUESTED=("buyer_requested", "The buyer asked for it."),
)
TiktokStripeSkuMatchKey = enum(
    "TiktokStripeSkuMatchKey",
    "By what a SKU finds its variant.",
    SKU=("sku", "The variant has the seller's SKU."),
    EXTERNAL_REFERENCE=("external_reference", "The variant has it as its external reference."),
    BARCODE=("barcode", "The variant has the SKU's barcode."),
)
_TIME_ZONE: Final = (
    graphene.String,
    "The shop's time zone, such as Europe/Berlin, in which sales are counted by day and hour; "
    "empty: that of its market.",
)

CHANNEL_POLICY: Final[Choices] = {
    "import_enabled": (graphene.Boolean, "Whether orders are imported."),
    "import_from": (
        DateTime,
        "Orders placed from here on are imported; null: from the moment the shop was connected.",
    ),
    "hold_policy": (TiktokStripeHoldPolicy, "Orders in TikTok's hold window."),
    "warehouse": (
        graphene.String,
        "Slug of the warehouse that ships; empty: Saleor chooses among the channel's.",
    ),
    "unlinked_policy": (TiktokStripeUnlinkedPolicy, "Orders with SKUs that sell no variant."),
    "stock_push": (graphene.Boolean, "Whether TikTok is told how many may be sold."),
    "stock_percent": (graphene.Int, "Percent of the stock that is offered, 0 to 100."),
    "stock_buffer": (graphene.Int, "Units that are held back of each SKU."),
    "stock_max": (graphene.Int, "The most of a SKU that is offered; null: no limit."),
    "stock_warehouses": (
        Strings,
        "Slugs of the warehouses whose stock is offered; none: the warehouse that ships, or all.",
    ),
    "marketplace_warehouse": (
        graphene.String,
        "Id of the TikTok warehouse that stock goes into; empty: the shop's default.",
    ),
    "price_push": (graphene.Boolean, "Whether prices at TikTok follow this channel's."),
    "price_source": (TiktokStripePriceSource, "Which price is sent."),
    "price_percent": (TiktokStripeAmount, "Percent of the price that is sent."),
    "price_add": (TiktokStripeAmount, "What is added to it afterwards; negative: taken off."),
    "price_rounding": (TiktokStripePriceRounding, "How it is rounded up."),
    "ship_push": (graphene.Boolean, "Whether TikTok is told what staff ship in Saleor."),
    "handover": (TiktokStripeHandover, "How packages with TikTok's label reach the carrier."),
    "default_carrier": (
        graphene.String,
        "Name of the carrier where nothing else tells which one a shipment went with.",
    ),
    "cancel_push": (graphene.Boolean, "Whether TikTok is told what staff cancel in Saleor."),
    "cancel_reason": (TiktokStripeCancelReason, "The reason that TikTok is told then."),
    "restock_returns": (graphene.Boolean, "Whether goods that came back are sold again."),
    "sku_match": (
        graphene.List(graphene.NonNull(TiktokStripeSkuMatchKey)),
        "By what SKUs find their variants, the first that fits.",
    ),
    "language_code": (graphene.String, "Language of the orders, such as en or pt-BR."),
    "time_zone": _TIME_ZONE,
}

PAYMENT_POLICY: Final[Choices] = {
    "statement_suffix": (
        graphene.String,
        "What follows the account's name on a card statement; up to 22 Latin characters.",
    ),
    "receipt_email": (graphene.Boolean, "Whether Stripe mails a receipt, in live mode."),
    "allow_redirects": (
        graphene.Boolean,
        "Whether methods are offered that send the buyer to a page of a bank or wallet.",
    ),
    "mirror_tiktok": (
        graphene.Boolean,
        "Whether what TikTok collected is shown in Stripe's dashboard too; no money moves by it.",
    ),
    "mirror_name": (graphene.String, "The name that those bear there."),
    "custom_payment_type": (
        graphene.String,
        "Id of a custom payment method type (cpmt_…) to use instead of the name.",
    ),
    "refund_reason_default": (
        TiktokStripeRefundReason,
        "The reason of a refund that names none.",
    ),
    "time_zone": _TIME_ZONE,
}

TiktokStripeChannelPolicyInput = input_type(
    "TiktokStripeChannelPolicyInput",
    "Choices for orders, stock and prices; what is not named stays as it is.",
    CHANNEL_POLICY,
)
TiktokStripeChannelPolicy = output_type(
    "TiktokStripeChannelPolicy", "Choices for orders, stock and prices.", CHANNEL_POLICY
)
TiktokStripePaymentPolicyInput = input_type(
    "TiktokStripePaymentPolicyInput",
    "Choices for payments by Stripe; what is not named stays as it is.",
    PAYMENT_POLICY,
)
TiktokStripePaymentPolicy = output_type(
    "TiktokStripePaymentPolicy", "Choices for payments by Stripe.", PAYMENT_POLICY
)
