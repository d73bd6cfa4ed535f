"""The page to print, and the command that writes it."""

from __future__ import annotations

import csv
import json
import random
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from saleor_tiktok_stripe import insights
from saleor_tiktok_stripe.insights.report import change, money, report, span
from saleor_tiktok_stripe.models import Connection
from tests.cli.support import CHANNEL, run

from .rows import case, charge, dispute, entry, order, saleor_id, update

pytestmark = pytest.mark.django_db


@pytest.fixture
def busy(tiktok: Connection, stripe: Connection) -> list[Connection]:
    """Four weeks of sales at both vendors."""
    rng = random.Random(7)
    for day in range(1, 29):
        for number in range(rng.randint(1, 6)):
            name = f"{day:02}{number}"
            placed = f"2026-10-{day:02}T{rng.choice([2, 3, 16, 17, 20, 21, 22]):02}:15:00"
            order(tiktok, name, placed, f"{rng.randint(1200, 9000) / 100:.2f}", platform="2.50")
            if rng.random() < 0.8:
                entry(tiktok, name, "sale", "20.00")
                entry(tiktok, name, "fee", "-2.10")
                entry(tiktok, name, "commission", "-1.05")
            else:
                entry(tiktok, name, "sale", "20.00", expected=True)
                entry(tiktok, name, "fee", "-3.00", expected=True)
            if rng.random() < 0.1:
                case(tiktok, name, "9.99")
        if day % 2:
            amount = f"{rng.randint(2000, 8000) / 100:.2f}"
            paid = charge(stripe, saleor_id(day), f"2026-10-{day:02}T18:40:00", amount)
            entry(stripe, saleor_id(day), "sale", amount, source_ref=paid.payment_id)
            entry(stripe, saleor_id(day), "fee", "-1.20", source_ref=paid.payment_id)
    dispute(paid, "20.00")
    order(tiktok, "9", "2026-10-09T12:00:00", "15.00", currency="MXN")
    update(tiktok, stripe)
    return [tiktok, stripe]


def test_the_page(busy: list[Connection], tmp_path: Path):
    out = tmp_path / "report.html"

    done = run("report", *CHANNEL, "--since", "2026-10-01", "--until", "2026-10-28",
               "--html", str(out))  # fmt: skip

    assert done == (0, f"Written to {out}.\n")
    page = out.read_text()
    for words in (
        "1 – 28 October 2026",
        "Compared with 3 – 30 September 2026",
        "Sales in USD",
        "Sales in MXN",
        "America/Los_Angeles",
        "TikTok Shop",
        "Vendor&#x27;s fees",
        "Partly refunded",
        "Most orders on ",
    ):
        assert words in page
    assert "<script" not in page
    assert " style=" not in page
    assert "://" not in page.replace("http://www.w3.org/2000/svg", "")
    assert "{{" not in page


def test_names_from_elsewhere_are_only_text(busy: list[Connection]):
    wanted = insights.period(busy, "custom", since=date(2026, 10, 1), until=date(2026, 10, 28))

    page = report(busy, wanted, title='<img src=x onerror="alert(1)">')

    assert "<img" not in page
    assert "&lt;img src=x" in page


def test_the_command_says_it_in_lines(busy: list[Connection]):
    code, said = run("report", *CHANNEL, "--since", "2026-10-01", "--until", "2026-10-28")

    lines = said.splitlines()
    assert (code, lines[0]) == (0, "1 – 28 October 2026 (America/Los_Angeles)")
    assert lines[1].split()[:3] == ["USD", "orders", "volume"]
    assert lines[2].startswith("TikTok Shop ")
    assert "Against the days before: volume " in said


def test_the_command_for_programs(busy: list[Connection], tmp_path: Path):
    period = ("--since", "2026-10-01", "--until", "2026-10-28")
    out = tmp_path / "days.csv"

    told = json.loads(run("report", *CHANNEL, *period, "--json")[1])
    assert [one["currency"] for one in told["currencies"]] == ["USD", "MXN"]
    assert told["zone"] == "America/Los_Angeles"
    assert run("report", *CHANNEL, *period, "--csv", "days", "--out", str(out)) == (0, "")
    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    volumes = [Decimal(row["volume"]) for row in rows if row["currency"] == "USD"]
    assert sum(volumes) == Decimal(told["currencies"][0]["now"]["volume"])


def test_a_channel_without_sales_has_a_page_too(tiktok: Connection, tmp_path: Path):
    out = tmp_path / "report.html"

    assert run("report", *CHANNEL, "--html", str(out))[0] == 0

    assert "Nothing was sold in this time." in out.read_text()
    assert "still being taken in" in out.read_text()
    assert run("report", *CHANNEL)[1].splitlines()[1] == "Nothing was sold."


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--period", "custom"), "PERIOD_INVALID"),
        (("--since", "2020-01-01"), "PERIOD_TOO_LONG"),
        (("--since", "2026-02-02", "--until", "2026-02-01"), "PERIOD_INVALID"),
    ],
)
def test_what_is_no_period_is_said_in_one_line(
    tiktok: Connection, words: tuple[str, ...], code: str
):
    exit_code, said = run("report", *CHANNEL, *words)

    assert (exit_code, said[-len(code) - 4 :]) == (1, f" [{code}]\n")


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        ("2026-11-01", "2026-11-01", "1 November 2026"),
        ("2026-11-01", "2026-11-30", "1 – 30 November 2026"),
        ("2026-10-25", "2026-11-23", "25 October – 23 November 2026"),
        ("2025-12-25", "2026-01-23", "25 December 2025 – 23 January 2026"),
    ],
)
def test_periods_in_words(first: str, last: str, words: str):
    assert span(date.fromisoformat(first), date.fromisoformat(last)) == words


def test_amounts_in_words():
    assert money(Decimal("1234.5"), "USD") == "1,234.50"
    assert money(Decimal("-1234.5"), "JPY") == "−1,234"
    assert money(None, "USD") == "–"
    assert (change(Decimal("-3.25")), change(None)) == ("−3.2 %", "–")
