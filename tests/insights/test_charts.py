"""Charts are plain SVG that a strict page takes in, and that says in words what it shows."""

from __future__ import annotations

import sys
from datetime import date, timedelta
from decimal import Decimal as D
from xml.etree import ElementTree

import pytest

from saleor_tiktok_stripe.insights import (
    Figures,
    Grain,
    HourFigures,
    HourSeries,
    Point,
    Series,
    charts,
)

SVG = "{http://www.w3.org/2000/svg}"
TAGS = {"svg", "title", "desc", "defs", "pattern", "g", "rect", "path", "text", "circle"}
ATTRIBUTES = {
    *("aria-label", "class", "cx", "cy", "d", "fill", "height", "id", "patternUnits", "r", "role"),
    *("rx", "ry", "stroke-dasharray", "transform", "viewBox", "width", "x", "y"),
}


def series(vendor: str, *volumes: int, label: str = "", fees: int = -1) -> Series:
    first = date(2026, 11, 1)
    days = [first + timedelta(days=number) for number in range(len(volumes))]
    points = tuple(
        Point(day, day, Figures(orders=1, volume=D(volume), refunded=D(2)), D(fees))
        for day, volume in zip(days, volumes, strict=True)
    )
    return Series("USD", vendor, label or vendor.title(), Grain.DAY, points)


def hours(vendor: str) -> HourSeries:
    return HourSeries(
        "USD", vendor, vendor.title(), tuple(HourFigures(hour, hour, 1, D(1)) for hour in range(24))
    )


TWO = [series("tiktok", 100, 0, 50), series("stripe", 10, 20, 30)]
CHARTS = {
    "volume": charts.volume_chart(TWO),
    "costs": charts.costs_chart(TWO),
    "trend": charts.trend_chart(TWO, [series("tiktok", 1, 2, 3, 4)]),
    "hours": charts.hours_chart([hours("tiktok"), hours("stripe")]),
    "nothing": charts.volume_chart([]),
    "one day": charts.volume_chart([series("tiktok", 5)]),
    "zeroes": charts.trend_chart([series("tiktok", 0, 0)], []),
    "a quarter": charts.volume_chart([series("tiktok", *range(92))]),
    "gains": charts.costs_chart([series("tiktok", 5, 5, fees=9)]),
    "names": charts.volume_chart([series("tiktok", 5, label='<script>alert("1")</script>&')]),
}


@pytest.mark.parametrize("name", CHARTS)
def test_nothing_in_it_but_drawing(name: str):
    root = ElementTree.fromstring(CHARTS[name])

    assert {one.tag.removeprefix(SVG) for one in root.iter()} <= TAGS
    assert {attribute for one in root.iter() for attribute in one.attrib} <= ATTRIBUTES
    text = str(CHARTS[name])
    assert "://" not in text.replace("http://www.w3.org/2000/svg", "")
    assert "<!--" not in text
    assert (root.get("role"), bool(root.get("aria-label"))) == ("img", True)


def test_it_says_what_it_shows():
    root = ElementTree.fromstring(CHARTS["volume"])

    assert root.get("aria-label") == "Volume by day in USD"
    title, description = root.findtext(f"{SVG}title"), root.findtext(f"{SVG}desc")
    assert title == "Volume by day in USD"
    assert description == ("Tiktok 150.00, Stripe 60.00 in all. The table below has every number.")
    told = [one.text for one in root.iter(f"{SVG}title")][1:]
    assert told == [
        "1 Nov: Tiktok 100",
        "2 Nov: Tiktok 0",
        "3 Nov: Tiktok 50",
        "1 Nov: Stripe 10",
        "2 Nov: Stripe 20",
        "3 Nov: Stripe 30",
    ]


def test_series_are_told_apart_without_colour():
    bars = ElementTree.fromstring(CHARTS["volume"])
    lines = ElementTree.fromstring(CHARTS["trend"])

    fills = [one.get("fill") for one in bars.iterfind(f".//{SVG}g[@class='bar']/{SVG}rect")]
    assert fills == [None] * 3 + ["url(#chart-volume-usd-pattern-1)"] * 3
    assert bars.find(".//*[@id='chart-volume-usd-pattern-1']") is not None
    dashes = [
        one.get("stroke-dasharray")
        for one in lines.iter(f"{SVG}path")
        if "line" in one.get("class", "").split() and "reactive" in one.get("class", "").split()
    ]
    assert dashes == [None, "7 4"]


def test_ids_are_unique_on_a_page_with_all_charts():
    ids = [
        one.get("id")
        for name in ("volume", "costs", "trend", "hours")
        for one in ElementTree.fromstring(CHARTS[name]).iter()
        if one.get("id")
    ]

    assert len(ids) == len(set(ids))


def test_no_more_days_are_named_than_can_be_read():
    root = ElementTree.fromstring(CHARTS["a quarter"])
    [axis] = [one for one in root.iter(f"{SVG}g") if one.get("class") == "axis x"]

    assert 6 <= len(list(axis.iter(f"{SVG}text"))) <= 12


@pytest.mark.parametrize(
    ("amount", "words"),
    [(0, "0"), (12.5, "12.5"), (999, "999"), (1000, "1k"), (12_500, "12.5k"), (3_000_000, "3M"),
     (-2500, "-2.5k")],
)  # fmt: skip
def test_amounts_on_an_axis(amount: float, words: str):
    assert charts.short(amount) == words


def test_the_style_sheet_asks_nobody():
    text = charts.css()

    assert "url(" not in text
    assert "@import" not in text
    assert all(f".heat-{level} " in text for level in range(10))


def test_the_imports_of_the_host_are_left_alone():
    assert all(hasattr(finder, "find_spec") for finder in sys.meta_path)
