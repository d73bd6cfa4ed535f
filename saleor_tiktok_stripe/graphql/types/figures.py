"""Sums of what was sold: of a currency, of a vendor, against the period before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import graphene

from ...insights import Fee, Figures
from ..core.scalars import TiktokStripeAmount
from .common import Money, TiktokStripeMoney, TiktokStripeVendor, of, text

_COUNTS: Final = {
    "orders": "Sold orders.",
    "placed": "Sold and cancelled ones.",
    "cancelled": "Cancelled ones.",
    "units": "Pieces sold.",
    "refunded_orders": "Sold orders of which money went back.",
    "disputes": "Disputes of sold orders.",
    "disputed_orders": "Sold orders that were disputed.",
    "settled": "Sold orders that are in the vendors' books.",
    "estimated": "Sold orders whose net is estimated by the vendor.",
}
_AMOUNTS: Final = {
    "volume": "What sold orders came to, with shipping and tax.",
    "cancelled_volume": "What cancelled orders came to.",
    "shipping": "Of the volume, shipping.",
    "tax": "Of the volume, tax.",
    "seller_discount": "The merchant's own discounts.",
    "platform_discount": "TikTok's discounts, which TikTok pays for.",
    "refunded": "What went back to buyers.",
    "disputed": "What is or was disputed.",
    "dispute_lost": "What was lost in disputes.",
    "net": "What is left after fees, settled and estimated.",
    "net_settled": "Of it, what is in the vendors' books.",
    "net_estimated": "Of it, what is expected.",
}
_RATES: Final = {
    "refund_rate": "Share of the volume that went back (0.05 is five percent).",
    "dispute_rate": "Share of sold orders that were disputed.",
    "cancellation_rate": "Share of placed orders that were cancelled.",
}
TiktokStripeFigures: Any = type(
    "TiktokStripeFigures",
    (graphene.ObjectType,),
    {
        "__doc__": "Sums of one currency. What becomes of a sale later counts to its day.",
        **{name: graphene.Int(required=True, description=words) for name, words in _COUNTS.items()},
        **{
            name: graphene.Field(TiktokStripeMoney, required=True, description=words)
            for name, words in _AMOUNTS.items()
        },
        "average": graphene.Field(
            TiktokStripeMoney, description="What a sold order came to on average."
        ),
        **{
            name: graphene.Field(TiktokStripeAmount, description=words)
            for name, words in _RATES.items()
        },
    },
)


def shown(figures: Figures, currency: str) -> Mapping[str, Any]:
    """Figures with their currency."""
    average = figures.average
    return {
        **{name: getattr(figures, name) for name in (*_COUNTS, *_RATES)},
        **{name: Money(getattr(figures, name), currency) for name in _AMOUNTS},
        "average": None if average is None else Money(average, currency),
    }


class TiktokStripeChanges(graphene.ObjectType):
    """By how many percent figures changed against the period before (12.5: grew by an eighth);
    null where there was nothing before."""

    orders = graphene.Field(TiktokStripeAmount, description="Sold orders.")
    volume = graphene.Field(TiktokStripeAmount, description="What they came to.")
    units = graphene.Field(TiktokStripeAmount, description="Pieces sold.")
    average = graphene.Field(TiktokStripeAmount, description="The average order.")
    net = graphene.Field(TiktokStripeAmount, description="What is left after fees.")
    refunded = graphene.Field(TiktokStripeAmount, description="What went back.")
    refund_rate = graphene.Field(TiktokStripeAmount, description="The share that went back.")
    dispute_rate = graphene.Field(TiktokStripeAmount, description="The share that was disputed.")
    cancellation_rate = graphene.Field(
        TiktokStripeAmount, description="The share that was cancelled."
    )


class TiktokStripeFee(graphene.ObjectType):
    """What was taken (negative) or given besides the sales."""

    kind = text("A TiktokStripeLedgerKind, small.")
    label = text("Its name.")
    total = graphene.Field(TiktokStripeMoney, required=True, description="All of it.")
    settled = graphene.Field(TiktokStripeMoney, required=True, description="In the books.")
    estimated = graphene.Field(TiktokStripeMoney, required=True, description="Expected.")


class TiktokStripeInsightsSide(graphene.ObjectType):
    """One vendor's part."""

    vendor = graphene.Field(TiktokStripeVendor, required=True, description="Whose.")
    label = text("Its name.")
    share = graphene.Field(TiktokStripeAmount, description="Its part of the volume.")
    now = graphene.Field(TiktokStripeFigures, required=True, description="In the period.")
    before = graphene.Field(TiktokStripeFigures, description="In the one before.")
    change = graphene.Field(TiktokStripeChanges, description="By how much it changed.")


class TiktokStripeCurrencyInsights(graphene.ObjectType):
    """One currency: amounts of different ones are never added."""

    currency = text("ISO 4217 code.")
    now = graphene.Field(TiktokStripeFigures, required=True, description="In the period.")
    before = graphene.Field(TiktokStripeFigures, description="In the one before.")
    change = graphene.Field(TiktokStripeChanges, description="By how much it changed.")
    sides = of(TiktokStripeInsightsSide, "TikTok Shop and Stripe side by side.")
    fees = of(TiktokStripeFee, "What was taken or given besides.")


def of_currency(one: Any) -> dict[str, Any]:
    """One of ``insights.Insights.currencies``, with amounts of its currency."""
    return {
        **_compared(one, one.currency),
        "currency": one.currency,
        "fees": [_fee(fee, one.currency) for fee in one.fees],
        "sides": [
            {
                **_compared(side, one.currency),
                "vendor": side.vendor,
                "label": side.label,
                "share": side.share,
            }
            for side in one.sides
        ],
    }


def _compared(one: Any, currency: str) -> dict[str, Any]:
    return {
        "now": shown(one.now, currency),
        "before": None if one.before is None else shown(one.before, currency),
        "change": one.change,
    }


def _fee(fee: Fee, currency: str) -> dict[str, Any]:
    amounts = {name: Money(getattr(fee, name), currency) for name in _FEE}
    return {"kind": fee.kind, "label": fee.label, **amounts}


_FEE: Final = ("total", "settled", "estimated")
