"""Each page of the table, as it stands in a shop at work: nobody adds one that is not looked at."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from saleor_tiktok_stripe.web.console.pages import PAGES

from .chromium import Browser
from .looking import Looks
from .stage import Stage

FILES = {"dispute_file", "money_file", "insights_file"}
"""These answer with a file."""
SEEN_ELSEWHERE = {"dispute_submit", "insights_print", "transaction"}
"""By the tests of what is done there."""
_PLAIN = {page.name: page.path for page in PAGES if "<" not in page.path}


@dataclass(frozen=True)
class Thing:
    """``path``: of its page; ``listed`` where it is named by ``words`` once it has arrived."""

    path: str
    listed: str
    words: str


@pytest.fixture(scope="module")
def trade(set_up: Stage) -> dict[str, Thing]:
    """An order that was sold, settled and paid out, a request, a payment, and a SKU."""
    linked = next(row for row in set_up.tiktok.catalog() if row["linked"])
    sold = set_up.sell(linked["sku_id"], "COMPLETED")
    asked = set_up.sell(linked["sku_id"])
    case_id = set_up.tiktok.request_cancel(asked)
    set_up.tiktok.settle_day()
    payout = set_up.tiktok.pay_out()
    payment = set_up.buy()
    dispute_id = set_up.stripe.dispute(payment.payment_id, reason="fraudulent")
    return {
        "order": Thing(f"orders/{sold}/", "orders/", sold),
        "case": Thing(f"cases/{case_id}/", "cases/", "Cancellation"),
        "dispute": Thing(f"disputes/{dispute_id}/", "cases/", f"Order #{payment.number}"),
        "payout": Thing(f"money/payouts/{payout}/", "money/", payout),
        "sku": Thing(f"stock/{linked['sku_id']}/", "stock/", linked["product_name"]),
    }


@pytest.mark.parametrize("name", ["order", "case", "dispute", "payout", "sku"])
def test_a_page_of_one_thing_is_fit_to_be_seen(
    trade: dict[str, Thing], browser: Browser, looks: Looks, name: str
) -> None:
    thing = trade[name]
    browser.go(thing.listed)
    browser.wait_for(thing.words)

    browser.go(thing.path)
    assert browser.path == thing.path
    looks.look(name)


@pytest.mark.parametrize("name", [name for name in _PLAIN if name != "insights_print"])
def test_a_page_is_fit_to_be_seen(
    trade: dict[str, Thing], browser: Browser, looks: Looks, name: str
) -> None:
    browser.go(_PLAIN[name])

    assert browser.path == _PLAIN[name]
    looks.look(name, dark=name == "start")


def test_no_page_is_left_out(looks: Looks) -> None:
    wanted = {page.name for page in PAGES} - FILES

    assert wanted - set(looks.found) - SEEN_ELSEWHERE == set()
