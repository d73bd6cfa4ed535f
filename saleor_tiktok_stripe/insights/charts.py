"""Figures as charts, for the console and the report: SVG drawn here, read without script. Beneath
each stands its table, so that nothing is only to be seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from importlib.resources import files
from typing import Any, Final

from django.utils.safestring import SafeString

from .chart_svg import plain
from .pygal_alone import Graph, Line, StackedBar, Style
from .types import Grain, HourSeries, Point, Series

WIDTH: Final = 860
HEIGHT: Final = 300
_LABELS: Final = 12
"""So many days are named on the axis, so that they do not run into each other."""
_STYLE: Final = Style(label_font_size=11, major_label_font_size=11, legend_font_size=12)
_SETTINGS: Final[Mapping[str, Any]] = {
    "css": [],
    "js": [],
    "style": _STYLE,
    "width": WIDTH,
    "height": HEIGHT,
    "disable_xml_declaration": True,
    "no_prefix": True,
    "show_minor_x_labels": False,
    "legend_at_bottom": True,
    "legend_box_size": 11,
    "truncate_label": -1,
    "truncate_legend": -1,
    "margin": 6,
    "spacing": 12,
    "min_scale": 3,
    "max_scale": 6,
    "print_zeroes": False,
    "zero": 0,
    "include_x_axis": True,
}
_THOUSAND: Final = 1000


def css() -> str:
    """The style sheet of the charts: colours are variables, light and dark."""
    return files(__package__).joinpath("charts.css").read_text(encoding="utf-8")


def volume_chart(series: Sequence[Series]) -> SafeString:
    """What was sold by day, vendors stacked. ``series``: those of one currency (``by_day``)."""
    chart = _chart(StackedBar, _days(series))
    for one in series:
        chart.add(one.label, [float(point.figures.volume) for point in one.points])
    words = _sums((one.label, sum(point.figures.volume for point in one.points)) for one in series)
    return plain(chart, _name("volume", series), _titled("Volume", series), words)


def costs_chart(series: Sequence[Series]) -> SafeString:
    """What was given back to buyers and what vendors took, stacked, vendors together."""
    days = list(zip(*(one.points for one in series), strict=True))
    refunds = [sum((point.figures.refunded for point in day), Decimal(0)) for day in days]
    fees = [-sum((point.fees for point in day), Decimal(0)) for day in days]
    chart = _chart(StackedBar, _days(series))
    chart.add("Refunds", [float(amount) for amount in refunds])
    chart.add("Fees", [float(amount) for amount in fees])
    words = _sums((("Refunds", sum(refunds)), ("Fees", sum(fees))))
    return plain(chart, _name("costs", series), _titled("Refunds and fees", series), words)


def trend_chart(now: Sequence[Series], earlier: Sequence[Series]) -> SafeString:
    """Volume by day of all vendors together, and on the same days of the period before."""
    chart = _chart(Line, _days(now), dots_size=2)
    both = (("This period", _together(now)), ("Period before", _together(earlier)))
    for label, amounts in both:
        chart.add(label, [float(amount) for amount in amounts[: len(_together(now))]])
    words = _sums((label, sum(amounts)) for label, amounts in both)
    return plain(
        chart, _name("trend", now), _titled("Volume against the period before", now), words
    )


def hours_chart(series: Sequence[HourSeries]) -> SafeString:
    """Orders by hour of the day, vendors stacked. ``series``: those of one currency."""
    labels = [f"{hour:02}" for hour in range(24)]
    chart = _chart(StackedBar, labels, whole=True)
    for one in series:
        chart.add(one.label, [hour.orders for hour in one.hours])
    words = _sums((one.label, sum(hour.orders for hour in one.hours)) for one in series)
    currency = series[0].currency if series else ""
    title = f"Orders by hour of the day, {currency}"
    return plain(chart, f"chart-hours-{currency.lower()}", title, words)


def short(amount: float) -> str:
    """An amount as an axis names it: ``950``, ``12.5k``, ``3M``."""
    for size, letter in ((_THOUSAND**2, "M"), (_THOUSAND, "k")):
        if abs(amount) >= size:
            return f"{amount / size:.1f}".rstrip("0").rstrip(".") + letter
    return f"{amount:.2f}".rstrip("0").rstrip(".")


def day_label(first: date, grain: Grain) -> str:
    """A point's name: ``3 Nov``, or ``Nov 2026`` for a month."""
    return f"{first:%b %Y}" if grain is Grain.MONTH else f"{first.day} {first:%b}"


def _chart(kind: type[Graph], labels: Sequence[str], *, whole: bool = False, **more: Any) -> Graph:
    """``whole``: values are numbers of things."""
    settings = {**_SETTINGS, **more, "x_labels": list(labels)}
    every = -(-len(labels) // _LABELS) if labels else 1
    chart = kind(**settings, x_labels_major_every=max(every, 1))
    chart.value_formatter = _count if whole else _amount
    return chart


def _amount(value: float) -> str:
    return short(value)


def _count(value: float) -> str:
    return short(value) if value == int(value) else ""


def _days(series: Sequence[Series]) -> list[str]:
    return [day_label(point.first, series[0].grain) for point in series[0].points] if series else []


def _together(series: Sequence[Series]) -> list[Decimal]:
    days: list[tuple[Point, ...]] = list(zip(*(one.points for one in series), strict=True))
    return [sum((point.figures.volume for point in day), Decimal(0)) for day in days]


def _titled(what: str, series: Sequence[Series]) -> str:
    if not series:
        return what
    one = series[0]
    return f"{what} by {one.grain.value} in {one.currency}"


def _name(what: str, series: Sequence[Series]) -> str:
    return f"chart-{what}-{series[0].currency.lower() if series else 'none'}"


def _sums(parts: Any) -> str:
    """``TikTok Shop 120.50, Stripe 80.00 in all.``"""
    words = ", ".join(
        f"{label} {amount:,.2f}" if isinstance(amount, Decimal) else f"{label} {amount:,}"
        for label, amount in parts
    )
    return f"{words} in all. The table below has every number." if words else "Nothing was sold."
