"""Figures by day, hour and weekday."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from django.db.models import Q, Sum
from django.db.models.functions import ExtractIsoWeekDay, TruncDay, TruncMonth, TruncWeek

from ..models import Connection, SalesDay, SalesHour, SalesMoneyDay
from .figures import SUMMED, vendors, within
from .labels import FEES, vendor_label
from .periods import checked, grain_of
from .types import (
    Figures,
    Grain,
    HeatCell,
    HeatMap,
    HourFigures,
    HourSeries,
    Period,
    Point,
    Series,
    WeekdayFigures,
)

HOURS: Final = range(24)
WEEKDAYS: Final = range(1, 8)
_LEVELS: Final = 9
_ZERO: Final = Decimal(0)
_STARTS: Final = {Grain.DAY: TruncDay, Grain.WEEK: TruncWeek, Grain.MONTH: TruncMonth}
_Place = tuple[str, str]
"""Currency and vendor."""


def by_day(
    connections: Sequence[Connection], wanted: Period, grain: Grain | None = None
) -> tuple[Series, ...]:
    """One series for each currency and vendor that has anything. ``grain`` None: days; weeks or
    months where so many days could not be read in a chart. Raises ``InvalidInput`` as ``figures``.
    """
    chosen = grain or grain_of(checked(wanted))
    spans = tuple(_spans(wanted, chosen))
    found = _summed(connections, wanted, chosen)
    booked, fees = _booked(connections, wanted, chosen)
    places = sorted({key[:2] for key in (*found, *booked)}, key=lambda one: (one[0], _last(one[1])))
    return tuple(
        Series(
            currency,
            vendor,
            vendor_label(vendor),
            chosen,
            tuple(
                _point(span, (currency, vendor, _start(span[0], chosen)), found, booked, fees)
                for span in spans
            ),
        )
        for currency, vendor in places
    )


def by_hour(connections: Sequence[Connection], wanted: Period) -> tuple[HourSeries, ...]:
    """Sold orders by hour of the day, one series for each currency and vendor."""
    named = vendors(connections)
    rows = within(SalesHour.objects.all(), connections, checked(wanted))
    grouped = rows.values_list("currency", "connection_id", "hour").annotate(
        sum_orders=Sum("orders"), sum_units=Sum("units"), sum_volume=Sum("volume")
    )
    found: dict[_Place, dict[int, HourFigures]] = defaultdict(dict)
    for currency, connection_id, hour, *sums in grouped:
        found[currency, named[connection_id]][hour] = HourFigures(hour, *sums)
    return tuple(
        HourSeries(
            currency,
            vendor,
            vendor_label(vendor),
            tuple(hours.get(hour, HourFigures(hour, 0, 0, _ZERO)) for hour in HOURS),
        )
        for (currency, vendor), hours in sorted(
            found.items(), key=lambda one: (one[0][0], _last(one[0][1]))
        )
    )


def heat_map(connections: Sequence[Connection], wanted: Period) -> tuple[HeatMap, ...]:
    """Orders by weekday and hour, vendors together, one map for each currency."""
    rows = within(SalesHour.objects.all(), connections, checked(wanted))
    grouped = (
        rows.annotate(weekday=ExtractIsoWeekDay("day"))
        .values_list("currency", "weekday", "hour")
        .annotate(sum_orders=Sum("orders"), sum_volume=Sum("volume"))
    )
    found: dict[str, dict[tuple[int, int], tuple[int, Decimal]]] = defaultdict(dict)
    for currency, weekday, hour, orders, volume in grouped:
        found[currency][weekday, hour] = (orders, volume)
    return tuple(_map(currency, cells) for currency, cells in sorted(found.items()))


def by_weekday(found: HeatMap) -> tuple[WeekdayFigures, ...]:
    """The sums of a heat map's rows."""
    return tuple(
        WeekdayFigures(
            row[0].weekday, sum(one.orders for one in row), sum((one.volume for one in row), _ZERO)
        )
        for row in found.rows
    )


def _map(currency: str, cells: Mapping[tuple[int, int], tuple[int, Decimal]]) -> HeatMap:
    most = max((orders for orders, _ in cells.values()), default=0)
    rows = tuple(
        tuple(_cell(weekday, hour, cells.get((weekday, hour)), most) for hour in HOURS)
        for weekday in WEEKDAYS
    )
    peak = max((cell for row in rows for cell in row), key=lambda one: (one.orders, one.volume))
    return HeatMap(currency, rows, peak if peak.orders else None)


def _cell(weekday: int, hour: int, found: tuple[int, Decimal] | None, most: int) -> HeatCell:
    orders, volume = found or (0, _ZERO)
    level = -(-orders * _LEVELS // most) if orders else 0
    return HeatCell(weekday, hour, orders, volume, level)


def _last(vendor: str) -> int:
    """The marketplace comes first."""
    return 0 if vendor == "tiktok" else 1


def _start(day: date, grain: Grain) -> date:
    """The first day of the week or month of ``day``."""
    if grain is Grain.WEEK:
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if grain is Grain.MONTH else day


def _spans(wanted: Period, grain: Grain) -> Iterator[tuple[date, date]]:
    """First and last day of each point; those at the ends may be cut short."""
    first = wanted.first
    while first <= wanted.last:
        begun = _start(first, grain)
        after = {
            Grain.DAY: begun + timedelta(days=1),
            Grain.WEEK: begun + timedelta(days=7),
            Grain.MONTH: (begun + timedelta(days=32)).replace(day=1),
        }[grain]
        yield first, min(after - timedelta(days=1), wanted.last)
        first = after


_Key = tuple[str, str, date]
"""Currency, vendor, first day of the week or month (also where the period begins later)."""


def _summed(connections: Sequence[Connection], wanted: Period, grain: Grain) -> dict[_Key, Figures]:
    named = vendors(connections)
    rows = within(SalesDay.objects.all(), connections, wanted)
    grouped = (
        rows.annotate(start=_STARTS[grain]("day"))
        .values_list("currency", "connection_id", "start")
        .annotate(**{f"sum_{name}": Sum(name) for name in SUMMED})
    )
    return {
        (currency, named[pk], _day(start)): Figures(**dict(zip(SUMMED, sums, strict=True)))
        for currency, pk, start, *sums in grouped
    }


def _booked(
    connections: Sequence[Connection], wanted: Period, grain: Grain
) -> tuple[dict[_Key, tuple[Decimal, Decimal]], dict[_Key, Decimal]]:
    """Net (settled, estimated), and fees of both together."""
    named = vendors(connections)
    rows = within(SalesMoneyDay.objects.all(), connections, wanted)
    is_fee = Q(kind__in=list(FEES))
    grouped = (
        rows.annotate(start=_STARTS[grain]("day"))
        .values_list("currency", "connection_id", "start")
        .annotate(
            sum_settled=Sum("settled"),
            sum_estimated=Sum("estimated"),
            fee_settled=Sum("settled", filter=is_fee, default=_ZERO),
            fee_estimated=Sum("estimated", filter=is_fee, default=_ZERO),
        )
    )
    net: dict[_Key, tuple[Decimal, Decimal]] = {}
    fees: dict[_Key, Decimal] = {}
    for currency, pk, start, settled, estimated, fee_settled, fee_estimated in grouped:
        key = (currency, named[pk], _day(start))
        net[key] = (settled, estimated)
        fees[key] = fee_settled + fee_estimated
    return net, fees


def _day(start: date) -> date:
    """PostgreSQL gives a moment for a truncated day."""
    return start.date() if isinstance(start, datetime) else start


def _point(
    span: tuple[date, date],
    key: _Key,
    found: Mapping[_Key, Figures],
    booked: Mapping[_Key, tuple[Decimal, Decimal]],
    fees: Mapping[_Key, Decimal],
) -> Point:
    settled, estimated = booked.get(key, (_ZERO, _ZERO))
    known = replace(found.get(key, Figures()), net_settled=settled, net_estimated=estimated)
    return Point(*span, known, fees.get(key, _ZERO))
