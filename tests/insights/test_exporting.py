from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal as D

import pytest

from saleor_tiktok_stripe import insights
from saleor_tiktok_stripe.errors import InvalidInput
from saleor_tiktok_stripe.insights import Period
from saleor_tiktok_stripe.insights.facts import write
from saleor_tiktok_stripe.insights.marketplace import read
from saleor_tiktok_stripe.insights.rolling import roll_up
from saleor_tiktok_stripe.insights.sales import Lines
from saleor_tiktok_stripe.models import Connection, SoldProduct

from .rows import charge, entry, order, saleor_id, update

pytestmark = pytest.mark.django_db
NOVEMBER = Period(date(2026, 11, 1), date(2026, 11, 30))


def rows(connections: list[Connection], table: str) -> list[dict[str, str]]:
    return list(csv.DictReader(insights.export_csv(connections, NOVEMBER, table)))


@pytest.fixture
def sold(tiktok: Connection, stripe: Connection) -> list[Connection]:
    order(tiktok, "1", "2026-11-10T20:00:00", "20.00", tax="1.5")
    order(tiktok, "2", "2026-11-11T20:00:00", "1000000.00")
    order(tiktok, "3", "2026-12-11T20:00:00", "5.00")
    entry(tiktok, "1", "sale", "15.00", currency="EUR")
    entry(tiktok, "1", "fee", "-2.00", currency="EUR")
    charge(stripe, saleor_id(1), "2026-11-10T21:00:00", "60.00")
    update(tiktok, stripe)
    return [tiktok, stripe]


def test_days(sold: list[Connection]):
    found = rows(sold, "days")

    assert [(one["day"], one["vendor"], one["currency"], one["volume"]) for one in found] == [
        ("2026-11-10", "TikTok Shop", "USD", "20.00"),
        ("2026-11-10", "Stripe", "USD", "60.00"),
        ("2026-11-11", "TikTok Shop", "USD", "1000000.00"),
        ("2026-11-10", "TikTok Shop", "EUR", "0"),
    ]
    assert (found[0]["orders"], found[0]["tax"], found[0]["net_settled"]) == ("1", "1.50", "0")
    assert (found[3]["orders"], found[3]["net_settled"]) == ("0", "13.00")


def test_hours_and_fees(sold: list[Connection]):
    assert [list(one.values()) for one in rows(sold, "hours")] == [
        ["2026-11-10", "12", "TikTok Shop", "USD", "1", "0", "20.00"],
        ["2026-11-10", "13", "Stripe", "USD", "1", "0", "60.00"],
        ["2026-11-11", "12", "TikTok Shop", "USD", "1", "0", "1000000.00"],
    ]
    assert [list(one.values()) for one in rows(sold, "fees")] == [
        ["2026-11-10", "TikTok Shop", "EUR", "fee", "Vendor's fees", "-2.00", "0.00"]
    ]


def test_a_name_that_is_a_formula_is_text(tiktok: Connection):
    order(tiktok, "1", "2026-11-10T20:00:00", "20.00", saleor_order_id="O1")
    sold = {"V1": (2, D(15)), "sku:=1+1": (1, D(5))}
    write(tiktok, ["1"], read(tiktok, ["1"]), {"O1": Lines("O1", sold)}, "UTC")
    assert roll_up(tiktok, 5)
    SoldProduct.objects.create(key="V1", variant_id="V1", sku="-2", name="=cmd|' /C calc'!A0")
    SoldProduct.objects.create(key="sku:=1+1", sku="=1+1", name='@SUM(1)\r\n"x"')

    assert [list(one.values()) for one in rows([tiktok], "products")] == [
        ["TikTok Shop", "V1", "'-2", "'=cmd|' /C calc'!A0", "USD", "1", "2", "15.00"],
        ["TikTok Shop", "sku:=1+1", "'=1+1", '\'@SUM(1)\r\n"x"', "USD", "1", "1", "5.00"],
    ]


def test_products_by_page(tiktok: Connection):
    order(tiktok, "1", "2026-11-10T20:00:00", "20.00", saleor_order_id="O1")
    sold = {f"V{number}": (number, D(number * 10)) for number in range(1, 6)}
    sold["V9"] = (1, D(50))
    write(tiktok, ["1"], read(tiktok, ["1"]), {"O1": Lines("O1", sold)}, "UTC")
    assert roll_up(tiktok, 5)

    first = insights.products([tiktok], NOVEMBER, "USD", size=2)
    assert [(one.key, one.units) for one in first.items] == [("V5", 5), ("V9", 1)]
    assert [one.volume for one in first.items] == [50, 50]
    assert (first.rest_products, first.rest_units, first.rest_volume) == (4, 10, 100)
    assert [one.name for one in first.items] == ["V5", "V9"]
    assert first.items[0].by_vendor == (("tiktok", 50),)
    second = insights.products([tiktok], NOVEMBER, "USD", after=first.next, size=10)
    assert [one.key for one in second.items] == ["V4", "V3", "V2", "V1"]
    assert (second.next, second.rest_products) == ("", 0)
    for wrong in ("x", "x|V1", "NaN|V1", "5|"):
        with pytest.raises(InvalidInput, match="no place"):
            insights.products([tiktok], NOVEMBER, "USD", after=wrong)
