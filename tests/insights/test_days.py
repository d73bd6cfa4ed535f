"""Days and hours are those of the shop's own clock."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

import pytest

from saleor_tiktok_stripe import insights
from saleor_tiktok_stripe.insights import Grain, Period, PeriodName
from saleor_tiktok_stripe.jobs import clock
from saleor_tiktok_stripe.models import Connection, SaleFact
from tests.support.factories import make_connection, make_stripe_connection

from .rows import at, order, update

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("region", "placed", "day", "hour"),
    [
        ("US", "2026-11-11T07:59:59", date(2026, 11, 10), 23),
        ("US", "2026-11-11T08:00:00", date(2026, 11, 11), 0),
        ("US", "2026-03-08T09:59:59", date(2026, 3, 8), 1),
        ("US", "2026-03-08T10:00:00", date(2026, 3, 8), 3),  # two o'clock does not exist
        ("US", "2026-11-01T08:30:00", date(2026, 11, 1), 1),
        ("US", "2026-11-01T09:30:00", date(2026, 11, 1), 1),  # one o'clock again
        ("GB", "2026-06-30T23:00:00", date(2026, 7, 1), 0),
        ("UK", "2026-12-31T23:59:59", date(2026, 12, 31), 23),
        ("VN", "2026-12-31T17:00:00", date(2027, 1, 1), 0),
        ("XX", "2026-12-31T23:59:59", date(2026, 12, 31), 23),
    ],
)
def test_day_and_hour_of_a_sale(region: str, placed: str, day: date, hour: int):
    connection = make_connection(region=region)
    order(connection, "1", placed)
    update(connection)

    fact = SaleFact.objects.get()
    assert (fact.day, fact.hour, fact.placed_at) == (day, hour, at(placed))


def test_both_vendors_of_a_channel_have_the_same_days():
    stripe = make_stripe_connection(policy={"time_zone": "Asia/Tokyo"})
    assert insights.zone_of([stripe]) == "Asia/Tokyo"

    tiktok = make_connection(region="DE")

    assert insights.zone_of([tiktok, stripe]) == "Europe/Berlin"
    tiktok.policy = {"time_zone": "Europe/Lisbon"}
    assert insights.zone_of([stripe, tiktok]) == "Europe/Lisbon"
    assert insights.zone_of([make_stripe_connection("other", account_id="acct_2")]) == "UTC"


def test_periods_end_today_where_the_shop_is(tiktok: Connection):
    ahead = (at("2026-12-01T06:00:00") - clock.now()).total_seconds()  # still the 30th there
    with clock.turned(ahead):
        found = {name: insights.period([tiktok], name) for name in PeriodName if name != "custom"}
        own = insights.period([tiktok], "custom", since=date(2026, 11, 20))

    last = date(2026, 11, 30)
    assert found == {
        PeriodName.TODAY: Period(last, last, PeriodName.TODAY),
        PeriodName.WEEK: Period(date(2026, 11, 24), last, PeriodName.WEEK),
        PeriodName.MONTH_30: Period(date(2026, 11, 1), last, PeriodName.MONTH_30),
        PeriodName.QUARTER: Period(date(2026, 9, 2), last, PeriodName.QUARTER),
        PeriodName.MONTH: Period(date(2026, 11, 1), last, PeriodName.MONTH),
    }
    assert own == Period(date(2026, 11, 20), last, PeriodName.CUSTOM)


def test_every_day_of_the_period_has_its_point(tiktok: Connection):
    order(tiktok, "1", "2026-11-10T20:00:00", "20.00")
    order(tiktok, "2", "2026-11-12T20:00:00", "30.00")
    update(tiktok)

    [found] = insights.by_day([tiktok], Period(date(2026, 11, 9), date(2026, 11, 13)))

    assert (found.currency, found.vendor, found.grain) == ("USD", "tiktok", Grain.DAY)
    assert [(one.first.day, one.last.day, one.figures.volume) for one in found.points] == [
        (9, 9, 0),
        (10, 10, 20),
        (11, 11, 0),
        (12, 12, 30),
        (13, 13, 0),
    ]


@pytest.mark.parametrize(
    ("grain", "points"),
    [
        (Grain.WEEK, [(date(2026, 10, 30), date(2026, 11, 1), 1), (date(2026, 11, 2),
                      date(2026, 11, 8), 6), (date(2026, 11, 9), date(2026, 11, 10), 8)]),
        (Grain.MONTH, [(date(2026, 10, 30), date(2026, 10, 31), 1),
                       (date(2026, 11, 1), date(2026, 11, 10), 14)]),
    ],
)  # fmt: skip
def test_weeks_and_months_are_cut_at_the_ends(tiktok: Connection, grain: Grain, points: list):
    for number, day in enumerate(["10-30", "11-02", "11-08", "11-10"]):
        order(tiktok, day, f"2026-{day}T20:00:00", str(2**number))
    update(tiktok)

    [found] = insights.by_day([tiktok], Period(date(2026, 10, 30), date(2026, 11, 10)), grain)

    assert [(one.first, one.last, one.figures.volume) for one in found.points] == points


def test_long_periods_are_shown_by_week_and_month(tiktok: Connection):
    order(tiktok, "1", "2026-11-10T20:00:00")
    update(tiktok)
    first = date(2025, 1, 1)

    [weeks] = insights.by_day([tiktok], Period(date(2026, 1, 1), date(2026, 12, 31)))
    [months] = insights.by_day([tiktok], Period(first, date(2026, 12, 31)))

    assert (weeks.grain, len(weeks.points)) == (Grain.WEEK, 53)
    assert (months.grain, len(months.points)) == (Grain.MONTH, 24)


def test_peak_hours(tiktok: Connection):
    for number, placed in enumerate(
        ["2026-11-09T20:05:00", "2026-11-16T20:55:00", "2026-11-10T20:00:00"]  # Mon, Mon, Tue noon
    ):
        order(tiktok, str(number), placed, "10.00")
    order(tiktok, "9", "2026-11-15T20:00:00", "10.00", state="cancelled")
    update(tiktok)
    november = Period(date(2026, 11, 1), date(2026, 11, 30))

    [found] = insights.heat_map([tiktok], november)

    assert [len(row) for row in found.rows] == [24] * 7
    assert found.peak is not None
    assert (found.peak.weekday, found.peak.hour, found.peak.orders) == (1, 12, 2)
    assert found.rows[0][12].level == 9
    assert (found.rows[1][12].orders, found.rows[1][12].level) == (1, 5)
    assert sum(cell.level for row in found.rows for cell in row) == 14
    assert [one.orders for one in insights.by_weekday(found)] == [2, 1, 0, 0, 0, 0, 0]
    [hours] = insights.by_hour([tiktok], november)
    assert [(one.hour, one.orders, one.volume) for one in hours.hours if one.orders] == [
        (12, 3, D(30))
    ]
    assert len(hours.hours) == 24
