"""What was sold: days, hours, products, payment states."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import graphene

from ... import insights
from ...insights import Grain, Period
from ...models import Connection, SaleFact
from ..core.enums import enum
from ..core.fields import told
from ..core.pages import Listed, connection_type, page_arguments, paged, place_of, size_of
from ..core.scalars import Date, DateTime, TiktokStripeAmount
from .common import Money, TiktokStripeMoney, TiktokStripeVendor, of, text
from .figures import TiktokStripeCurrencyInsights, TiktokStripeFigures, of_currency, shown

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
        self.currencies = [of_currency(one) for one in found.currencies]


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
