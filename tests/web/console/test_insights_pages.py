"""What was sold: figures, charts with their tables, currencies apart, files, a page to print."""

from __future__ import annotations

import base64
import csv
import hashlib
import re

import pytest

from tests.insights.rows import charge, entry, order, saleor_id, update
from tests.support.factories import make_connection, make_stripe_connection

from .conftest import signed_in
from .daily import rows_of, shown
from .markup import parse

pytestmark = pytest.mark.django_db
OCTOBER = {"since": "2026-10-01", "until": "2026-10-28"}


@pytest.fixture
def sold(saleor):
    tiktok, stripe = make_connection(), make_stripe_connection()
    order(tiktok, "1", "2026-10-05T16:15:00", "40.00")
    order(tiktok, "2", "2026-10-05T16:45:00", "20.00")
    order(tiktok, "3", "2026-10-09T12:00:00", "15.00", currency="MXN")
    entry(tiktok, "1", "sale", "40.00")
    entry(tiktok, "1", "fee", "-2.10")
    charge(stripe, saleor_id(9), "2026-10-20T18:40:00", "30.00")
    update(tiktok, stripe)


def test_figures_of_the_chosen_days_stand_at_the_top(admin, sold):
    text = shown(admin.get("insights/", **OCTOBER))

    assert "1 – 28 October 2026, compared with 3 – 30 September 2026" in text
    assert "Volume 90.00" in text
    assert "Orders 3" in text
    assert "Average order 30.00" in text


def test_vendors_stand_side_by_side(admin, sold):
    rows = rows_of(admin.get("insights/", **OCTOBER))

    assert "Volume 60.00 30.00 90.00 0.00 –" in rows
    assert "Orders 2 1 3 0 –" in rows


def test_currencies_are_kept_apart(admin, sold):
    usd = shown(admin.get("insights/", **OCTOBER))
    mxn = shown(admin.get("insights/", currency="MXN", **OCTOBER))

    assert "Volume by day, USD" in usd
    assert "Volume by day, MXN" in mxn
    assert "Volume 15.00" in mxn
    assert "Volume 90.00" not in mxn


def test_charts_stand_in_the_page_with_their_style_sheet_and_a_table_beneath(admin, sold):
    answer = admin.get("insights/", **OCTOBER)

    page = parse(answer.content.decode())
    [sheet] = [
        one.attributes["href"]
        for one in page.all("link")
        if "charts" in (one.attributes["href"] or "")
    ]
    assert len(page.all("svg")) > 3
    assert [one for one in page.elements if "style" in one.attributes] == []
    assert admin.client.get(sheet)["Content-Type"] == "text/css; charset=utf-8"
    assert "5 Oct 60.00 0.00 60.00 2 0.00 −2.10 37.90" in rows_of(answer)


def test_the_heat_map_is_a_table_of_weekdays_and_hours(admin, sold):
    rows = rows_of(admin.get("insights/", **OCTOBER))

    [monday] = [row for row in rows if row.startswith("Mon ")]
    assert monday.split() == ["Mon", *["2" if hour == 9 else "0" for hour in range(24)]]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"period": "week"}, "There are: "),
        ({"period": "custom"}, "Say the first day."),
        ({"since": "2026-10-05", "until": "2026-10-01"}, "The last day is before the first one."),
        ({"since": "2020-01-01"}, "A period may be two years long at most."),
        ({"since": "x"}, "This is no day."),
    ],
)
def test_days_that_are_none_are_said_so_and_the_usual_ones_shown(admin, sold, query, words):
    answer = admin.get("insights/", **query)

    assert answer.status_code == 200
    assert words in shown(answer)
    assert "The last 30 days are shown." in shown(answer)


@pytest.mark.parametrize("table", ["days", "hours", "products", "fees"])
def test_each_table_is_saved_as_a_file(admin, sold, table):
    answer = admin.get(f"insights/files/{table}/", **OCTOBER)

    rows = list(csv.reader(answer.getvalue().decode().splitlines()))
    name = f"sales-{table}-2026-10-01-2026-10-28.csv"
    assert answer["Content-Disposition"] == f'attachment; filename="{name}"'
    assert len(rows[0]) > 3
    assert len(rows) > 1 or table == "products"


def test_another_table_is_not_there(admin, sold):
    assert admin.get("insights/files/buyers/").status_code == 404


def test_the_page_to_print_has_its_own_styles_and_nothing_else(admin, sold):
    answer = admin.get("insights/print/", **OCTOBER)

    text = answer.content.decode()
    [style] = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert answer["Content-Security-Policy"] == (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; frame-ancestors 'none'"
    )
    assert "1 – 28 October 2026" in text
    assert "<script" not in text
    assert not re.search(r"\sstyle=", text)


def test_who_may_not_see_sales_gets_none(sold):
    person = signed_in("plugins@shop.example")

    paths = ("insights/", "insights/print/", "insights/files/days/")
    assert {person.get(path).status_code for path in paths} == {403}
