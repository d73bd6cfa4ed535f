"""Exact figures of orders made by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

import pytest

from saleor_tiktok_stripe import insights
from saleor_tiktok_stripe.errors import InvalidInput
from saleor_tiktok_stripe.insights import Figures, Period
from saleor_tiktok_stripe.models import Connection, SaleFact

from .rows import case, charge, dispute, entry, order, saleor_id, update

pytestmark = pytest.mark.django_db
NOVEMBER = Period(date(2026, 11, 1), date(2026, 11, 30))


def test_a_period_of_one_vendor(tiktok: Connection):
    order(tiktok, "1", "2026-11-10T20:00:00", "20.00", platform="4.00", tax="1.50", shipping="5")
    order(tiktok, "2", "2026-11-11T20:00:00", "30.00", seller_discount="2")
    order(tiktok, "3", "2026-11-12T20:00:00", "50.00", state="cancelled")
    case(tiktok, "2", "10.00")
    case(tiktok, "3", "50.00", kind="cancellation")
    entry(tiktok, "1", "sale", "24.00")
    entry(tiktok, "1", "fee", "-2.00")
    entry(tiktok, "1", "commission", "-1.00")
    entry(tiktok, "1", "reserve", "-5.00")
    entry(tiktok, "1", "platform_discount", "-4.00", in_settlement=False)
    entry(tiktok, "2", "sale", "28.00", expected=True)
    entry(tiktok, "2", "fee", "-3.00", expected=True)

    update(tiktok)

    [found] = insights.figures([tiktok], NOVEMBER).currencies
    assert found.currency == "USD"
    assert found.now == Figures(
        orders=2,
        cancelled=1,
        cancelled_volume=D(50),
        volume=D(54),
        shipping=D(5),
        tax=D("1.5"),
        seller_discount=D(2),
        platform_discount=D(4),
        refunded_orders=1,
        refunded=D(10),
        settled=1,
        estimated=1,
        net_settled=D(21),
        net_estimated=D(25),
    )
    assert (found.now.placed, found.now.average, found.now.net) == (3, D(27), D(46))
    assert found.now.refund_rate == D("0.1852")
    assert found.now.cancellation_rate == D("0.3333")
    assert found.now.dispute_rate == 0
    assert [(one.kind, one.settled, one.estimated) for one in found.fees] == [
        ("fee", D(-2), D(-3)),
        ("commission", D(-1), D(0)),
    ]
    assert [(one.vendor, one.now, one.share) for one in found.sides] == [
        ("tiktok", found.now, D(1))
    ]


def test_vendors_stand_side_by_side(tiktok: Connection, stripe: Connection):
    order(tiktok, "1", "2026-11-10T20:00:00", "20.00")
    paid = charge(stripe, saleor_id(1), "2026-11-10T21:00:00", "60.00", refunded=D(5))
    dispute(paid, "60.00", "lost")
    charge(stripe, saleor_id(2), "2026-11-11T21:00:00", "30.00", fee=D(1), net=D(29),
           settlement_currency="USD")  # fmt: skip
    charge(stripe, "", "2026-11-11T21:00:00", "99.00")

    update(tiktok, stripe)

    [found] = insights.figures([tiktok, stripe], NOVEMBER).currencies
    marketplace, gateway = found.sides
    assert (marketplace.vendor, marketplace.now.volume, marketplace.share) == (
        "tiktok",
        D(20),
        D("0.1818"),
    )
    assert (gateway.vendor, gateway.now.orders, gateway.now.volume) == ("stripe", 2, D(90))
    assert (gateway.now.disputes, gateway.now.disputed, gateway.now.dispute_lost) == (1, 60, 60)
    assert gateway.now.dispute_rate == D("0.5")
    assert (gateway.now.net_settled, gateway.now.net_estimated) == (0, D(29))
    assert found.now.volume == D(110)
    assert SaleFact.objects.get(sale_id=saleor_id(1)).state == "disputed"
    assert not SaleFact.objects.filter(volume=D(99)).exists()


def test_currencies_are_kept_apart(tiktok: Connection):
    order(tiktok, "1", "2026-11-10T20:00:00", "20.00")
    order(tiktok, "2", "2026-11-10T20:00:00", "900.00", currency="MXN")
    order(tiktok, "3", "2026-11-11T20:00:00", "300.00", currency="MXN")
    entry(tiktok, "2", "sale", "45.00", currency="USD")
    entry(tiktok, "2", "fee", "-4.00", currency="USD")

    update(tiktok)

    pesos, dollars = insights.figures([tiktok], NOVEMBER).currencies
    assert (pesos.currency, pesos.now.volume, pesos.now.orders) == ("MXN", D(1200), 2)
    assert (pesos.now.net, pesos.fees, pesos.now.settled) == (0, (), 1)
    assert (dollars.currency, dollars.now.volume, dollars.now.orders) == ("USD", D(20), 1)
    assert (dollars.now.net_settled, dollars.fees[0].settled) == (D(41), D(-4))
    assert {one.currency for one in insights.heat_map([tiktok], NOVEMBER)} == {"MXN", "USD"}


def test_a_period_against_the_one_before(tiktok: Connection):
    order(tiktok, "1", "2026-10-15T20:00:00", "40.00")
    order(tiktok, "2", "2026-11-10T20:00:00", "20.00")
    order(tiktok, "3", "2026-11-11T20:00:00", "30.00")
    order(tiktok, "4", "2026-10-01T20:00:00", "999.00")
    update(tiktok)

    found = insights.figures([tiktok], NOVEMBER)

    assert found.before == Period(date(2026, 10, 2), date(2026, 10, 31))
    [usd] = found.currencies
    assert usd.before is not None
    assert usd.change is not None
    assert (usd.before.volume, usd.now.volume) == (D(40), D(50))
    assert (usd.change.volume, usd.change.orders) == (D("25.0"), D("100.0"))
    assert usd.change.average == D("-37.5")
    assert (usd.change.refunded, usd.change.dispute_rate) == (None, None)
    alone = insights.figures([tiktok], NOVEMBER, compare=False)
    assert (alone.before, alone.currencies[0].before, alone.currencies[0].change) == (None,) * 3


def test_a_channel_without_sales(tiktok: Connection, stripe: Connection):
    update(tiktok, stripe)

    found = insights.figures([tiktok, stripe], NOVEMBER)

    assert found.currencies == ()
    assert (found.progress.complete, found.progress.percent) == (True, 100)
    assert insights.by_day([tiktok, stripe], NOVEMBER) == ()
    assert insights.by_hour([tiktok, stripe], NOVEMBER) == ()
    assert insights.heat_map([tiktok, stripe], NOVEMBER) == ()
    assert insights.payment_states([tiktok, stripe], NOVEMBER) == ()
    assert insights.products([tiktok], NOVEMBER, "USD").items == ()
    assert list(insights.export_csv([tiktok], NOVEMBER, "hours")) == [
        "day,hour,vendor,currency,orders,units,volume\r\n"
    ]


def test_before_anything_was_taken_in(tiktok: Connection):
    found = insights.figures([tiktok], NOVEMBER)

    assert found.currencies == ()
    assert (found.progress.complete, found.progress.found) == (False, None)
    assert (found.progress.percent, found.progress.as_of) == (None, None)


@pytest.mark.parametrize(
    ("name", "since", "until", "code"),
    [
        ("fortnight", None, None, "PERIOD_UNKNOWN"),
        ("custom", None, None, "PERIOD_INVALID"),
        ("custom", date(2026, 11, 2), date(2026, 11, 1), "PERIOD_INVALID"),
        ("custom", date(2024, 1, 1), date(2026, 1, 1), "PERIOD_TOO_LONG"),
        ("custom", date.max, date.max, "PERIOD_INVALID"),
    ],
)
def test_periods_that_are_none(
    tiktok: Connection, name: str, since: date | None, until: date | None, code: str
):
    with pytest.raises(InvalidInput) as caught:
        insights.period([tiktok], name, since=since, until=until)

    assert caught.value.code == code


def test_no_figures_of_a_period_that_is_too_long(tiktok: Connection):
    long = Period(date(2020, 1, 1), date(2026, 1, 1))

    for ask in (insights.figures, insights.by_day, insights.heat_map, insights.payment_states):
        with pytest.raises(InvalidInput, match="two years"):
            ask([tiktok], long)
    with pytest.raises(InvalidInput, match="There are: days"):
        insights.export_csv([tiktok], NOVEMBER, "pictures")


def test_the_first_days_of_the_calendar_have_nothing_before_them(tiktok: Connection):
    found = insights.figures([tiktok], Period(date(1, 1, 1), date(1, 1, 3)))

    assert (found.before, found.currencies) == (None, ())


def test_payment_states(tiktok: Connection, stripe: Connection):
    placed = "2026-11-10T20:00:00"
    order(tiktok, "paid", placed, "1")
    order(tiktok, "settled", placed, "2")
    entry(tiktok, "settled", "sale", "2")
    order(tiktok, "refunded", placed, "4", platform="1")
    case(tiktok, "refunded", "4")
    order(tiktok, "asked", placed, "8")
    case(tiktok, "asked", "8", arbitration="IN_PROGRESS", state="waiting")
    order(tiktok, "cancelled", placed, "16", state="cancelled")
    charge(stripe, saleor_id(1), placed, "32", state="authorized", captured=0, authorized=D(32))
    charge(stripe, saleor_id(2), placed, "64", state="processing", captured=0)
    charge(stripe, saleor_id(3), placed, "128", state="open", captured=0)
    charge(stripe, saleor_id(4), placed, "256", state="canceled", captured=0)
    charge(stripe, saleor_id(5), placed, "512", refunded=D(12))
    charge(stripe, saleor_id(6), placed, "1024", livemode=True)

    update(tiktok, stripe)

    found = {one.state: (one.vendor, one.orders, one.volume)
             for one in insights.payment_states([tiktok, stripe], NOVEMBER)
             if one.state != "cancelled"}  # fmt: skip
    assert found == {
        "paid": ("tiktok", 1, D(1)),
        "settled": ("tiktok", 1, D(2)),
        "refunded": ("tiktok", 1, D(5)),
        "disputed": ("tiktok", 1, D(8)),
        "authorized": ("stripe", 1, D(32)),
        "pending": ("stripe", 1, D(64)),
        "unpaid": ("stripe", 1, D(128)),
        "partly_refunded": ("stripe", 1, D(512)),
    }
    [usd] = insights.figures([tiktok, stripe], NOVEMBER).currencies
    assert [(one.now.orders, one.now.cancelled) for one in usd.sides] == [(4, 1), (2, 1)]
