"""What was sold: figures, days, hours, products, payment states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import graphene

from ... import insights
from ...insights import Fee, Figures, Grain, Period
from ...models import Connection, SaleFact
from ..core.enums import enum
from ..core.fields import told
from ..core.pages import Listed, connection_type, page_arguments, paged, place_of, size_of
from ..core.scalars import Date, DateTime, TiktokStripeAmount
from .common import Money, TiktokStripeMoney, TiktokStripeVendor, of, text

TiktokStripePeriodName = enum(
    "TiktokStripePeriodName",
    "Which days, by the shop's clock.",
    TODAY=("today", "Today."),
    DAYS_7=("7d", "Seven days, with today."),
    DAYS_30=("30d", "Thirty days, with today."),
    DAYS_90=("90d", "Ninety days, with today."),
    MONTH=("month", "This calendar month, up to today."),
    CUSTOM=("custom", "From `since` to `until`."),
)
TiktokStripeGrain = enum(
    "TiktokStripeGrain",
    "What a point of a series covers.",
    {"day": "A day.", "week": "A week from Monday.", "month": "A calendar month."},
)
TiktokStripePaymentState = enum(
    "TiktokStripePaymentState",
    "The state of an order's payment.",
    {value: f"{label}." for value, label in SaleFact.State.choices},
)


class TiktokStripePeriodInput(graphene.InputObjectType):
    """Which days are wanted, by the shop's clock."""

    name = TiktokStripePeriodName(description="Which; thirty days if left out.")
    since = Date(description="First day of a custom period.")
    until = Date(description="Last day of a custom period; today if left out.")


class TiktokStripePeriod(graphene.ObjectType):
    """Days from the first to the last, both included."""

    first = graphene.Field(Date, required=True, description="The first day.")
    last = graphene.Field(Date, required=True, description="The last day.")
    days = graphene.Int(required=True, description="How many.")


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


class TiktokStripeInsightsPoint(graphene.ObjectType):
    """A day, week or month of a series."""

    first = graphene.Field(Date, required=True, description="The first day of it.")
    last = graphene.Field(Date, required=True, description="The last day of it.")
    figures = graphene.Field(TiktokStripeFigures, required=True, description="Its figures.")
    fees = graphene.Field(TiktokStripeMoney, required=True, description="Fees of its sales.")


class TiktokStripeInsightsSeries(graphene.ObjectType):
    """One currency of one vendor over time; points without sales are there too."""

    currency = text("ISO 4217 code.")
    vendor = graphene.Field(TiktokStripeVendor, required=True, description="Whose.")
    label = text("The vendor's name.")
    grain = graphene.Field(TiktokStripeGrain, required=True, description="What a point covers.")
    points = of(TiktokStripeInsightsPoint, "From the first day to the last.")


class TiktokStripeHour(graphene.ObjectType):
    """An hour of the day, over the whole period."""

    hour = graphene.Int(required=True, description="0 to 23.")
    orders = graphene.Int(required=True, description="Sold orders.")
    units = graphene.Int(required=True, description="Pieces sold.")
    volume = graphene.Field(TiktokStripeMoney, required=True, description="What they came to.")


class TiktokStripeHourSeries(graphene.ObjectType):
    """The hours of the day of one currency of one vendor."""

    currency = text("ISO 4217 code.")
    vendor = graphene.Field(TiktokStripeVendor, required=True, description="Whose.")
    label = text("The vendor's name.")
    hours = of(TiktokStripeHour, "All 24.")


class TiktokStripeHeatCell(graphene.ObjectType):
    """An hour of a weekday, over the whole period."""

    weekday = graphene.Int(required=True, description="1 is Monday.")
    hour = graphene.Int(required=True, description="0 to 23.")
    orders = graphene.Int(required=True, description="Sold orders.")
    volume = graphene.Field(TiktokStripeMoney, required=True, description="What they came to.")
    level = graphene.Int(required=True, description="0 (nothing) to 9 (the most).")


class TiktokStripeHeatMap(graphene.ObjectType):
    """When buyers buy, vendors together."""

    currency = text("ISO 4217 code.")
    cells = of(TiktokStripeHeatCell, "Monday's 24 hours, then Tuesday's...")
    peak = graphene.Field(TiktokStripeHeatCell, description="The hour with the most orders.")


class TiktokStripeVendorVolume(graphene.ObjectType):
    """What a vendor sold of a product."""

    vendor = graphene.Field(TiktokStripeVendor, required=True, description="Whose.")
    volume = graphene.Field(TiktokStripeMoney, required=True, description="How much.")


class TiktokStripeProductFigures(graphene.ObjectType):
    """What a product sold for."""

    key = text("Names it for good.")
    variant_id = text("Saleor's id of the variant; empty for lines without one.")
    sku = text("Its SKU.")
    name = text("What it is called.")
    orders = graphene.Int(required=True, description="Sold orders with it.")
    units = graphene.Int(required=True, description="Pieces sold.")
    volume = graphene.Field(TiktokStripeMoney, required=True, description="What they came to.")
    share = graphene.Field(TiktokStripeAmount, description="Its part of all products' volume.")
    by_vendor = of(TiktokStripeVendorVolume, "By vendor.")


class TiktokStripePaymentStateFigures(graphene.ObjectType):
    """Orders by the state of their payment."""

    currency = text("ISO 4217 code.")
    vendor = graphene.Field(TiktokStripeVendor, required=True, description="Whose.")
    state = graphene.Field(TiktokStripePaymentState, required=True, description="Which state.")
    label = text("That, in words.")
    orders = graphene.Int(required=True, description="How many.")
    volume = graphene.Field(TiktokStripeMoney, required=True, description="What they come to.")


class TiktokStripeInsightsProgress(graphene.ObjectType):
    """How far sales were taken in."""

    taken_in = graphene.Int(required=True, description="Sales that are in the figures.")
    found = graphene.Int(description="Of so many; null: not counted yet.")
    percent = graphene.Int(description="How far that is; null: not known yet.")
    complete = graphene.Boolean(required=True, description="Whether all of them are.")
    stale_days = graphene.Int(required=True, description="Days that are being worked out again.")
    as_of = DateTime(description="Changes up to then are in the figures.")


class SalesInsights:
    """A period of a channel; what is asked of it is read when it is asked."""

    def __init__(self, connections: Sequence[Connection], period: Period, *, compare: bool) -> None:
        self.connections, self.period = connections, period
        found = insights.figures(connections, period, compare=compare)
        self.before, self.zone = found.before, found.zone
        self.made_at, self.progress = found.made_at, found.progress
        self.currencies = [_currency(one) for one in found.currencies]


def _currency(one: Any) -> dict[str, Any]:
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


def _with_volume(one: Any, currency: str) -> dict[str, Any]:
    return {**vars(one), "volume": Money(one.volume, currency)}


class TiktokStripeInsights(graphene.ObjectType):
    """What was sold in a period, at TikTok and with Stripe."""

    period = graphene.Field(TiktokStripePeriod, required=True, description="The days.")
    before = graphene.Field(TiktokStripePeriod, description="The days they are compared with.")
    zone = text("The time zone that days and hours are of.")
    made_at = DateTime(required=True, description="When these figures were read.")
    progress = graphene.Field(
        TiktokStripeInsightsProgress, required=True, description="How far sales were taken in."
    )
    currencies = of(TiktokStripeCurrencyInsights, "The currency with the most orders first.")
    days = graphene.Field(
        graphene.List(graphene.NonNull(TiktokStripeInsightsSeries)),
        required=True,
        grain=TiktokStripeGrain(
            description="What a point covers; by the length of the period if left out."
        ),
        description="Over time, a series for each currency and vendor.",
    )
    hours = of(TiktokStripeHourSeries, "By hour of the day, for each currency and vendor.")
    heat_maps = of(TiktokStripeHeatMap, "By weekday and hour, for each currency.")
    products = graphene.Field(
        connection_type(TiktokStripeProductFigures),
        required=True,
        currency=graphene.String(required=True, description="Of which currency."),
        description="Products by what they sold for, the best first.",
        **page_arguments(),
    )
    payment_states = of(
        TiktokStripePaymentStateFigures, "By the state of the payment, cancelled orders too."
    )

    @staticmethod
    @told
    def resolve_days(
        one: SalesInsights, info: Any, grain: str | None = None
    ) -> list[dict[str, Any]]:
        found = insights.by_day(one.connections, one.period, Grain(grain) if grain else None)
        return [
            {**vars(series), "points": [_point(p, series.currency) for p in series.points]}
            for series in found
        ]

    @staticmethod
    @told
    def resolve_hours(one: SalesInsights, info: Any) -> list[dict[str, Any]]:
        return [
            {**vars(series), "hours": [_with_volume(h, series.currency) for h in series.hours]}
            for series in insights.by_hour(one.connections, one.period)
        ]

    @staticmethod
    @told
    def resolve_heat_maps(one: SalesInsights, info: Any) -> list[dict[str, Any]]:
        return [
            {
                "currency": found.currency,
                "cells": [_with_volume(c, found.currency) for row in found.rows for c in row],
                "peak": _with_volume(found.peak, found.currency) if found.peak else None,
            }
            for found in insights.heat_map(one.connections, one.period)
        ]

    @staticmethod
    @told
    def resolve_products(
        one: SalesInsights,
        info: Any,
        currency: str,
        first: int | None = None,
        after: str | None = None,
    ) -> Listed:
        page = insights.products(
            one.connections, one.period, currency, after=place_of(after), size=size_of(first)
        )
        return paged(page.of(lambda found: [_product(each, currency) for each in found]))

    @staticmethod
    @told
    def resolve_payment_states(one: SalesInsights, info: Any) -> list[dict[str, Any]]:
        found = insights.payment_states(one.connections, one.period)
        return [_with_volume(each, each.currency) for each in found]


def _point(point: Any, currency: str) -> dict[str, Any]:
    return {
        "first": point.first,
        "last": point.last,
        "figures": shown(point.figures, currency),
        "fees": Money(point.fees, currency),
    }


def _product(one: Any, currency: str) -> dict[str, Any]:
    parts: Sequence[tuple[str, Decimal]] = one.by_vendor
    volumes = [{"vendor": vendor, "volume": Money(sold, currency)} for vendor, sold in parts]
    return {**_with_volume(one, currency), "by_vendor": volumes}


__all__ = ["SalesInsights", "TiktokStripeInsights", "TiktokStripePeriodInput"]
