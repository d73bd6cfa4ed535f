"""Exact figures of orders made by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

import pytest

from saleor_tiktok_stripe import insights
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
