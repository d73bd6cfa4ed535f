"""The page to print, and the command that writes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from saleor_tiktok_stripe.models import Connection
from tests.cli.support import CHANNEL, run

from .rows import case, charge, dispute, entry, order, saleor_id, update

pytestmark = pytest.mark.django_db


@pytest.fixture
def busy(tiktok: Connection, stripe: Connection) -> list[Connection]:
    """Four weeks of sales at both vendors."""
    import random

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
    assert "<script" not in page
    assert " style=" not in page
