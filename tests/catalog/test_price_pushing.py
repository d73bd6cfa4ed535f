"""Prices that changed in Saleor reach the marketplace, where the merchant wants that."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from saleor_tiktok_stripe import catalog, jobs
from saleor_tiktok_stripe.errors import InvalidInput
from saleor_tiktok_stripe.models import Connection, PriceLevel
from tests.catalog.conftest import Shelf


def _product(shelf: Shelf, number: int) -> Any:
    return shelf.shop.saleor.state.by_sku[shelf.skus[number]["seller_sku"]]


def _prices(shelf: Shelf) -> list[str]:
    listed = {one["sku_id"]: one["price"] for one in shelf.tiktok.catalog()}
    return [listed[one["sku_id"]] for one in shelf.skus]


def _set(shelf: Shelf, *prices: str) -> None:
    for number, price in enumerate(prices):
        _product(shelf, number).prices["tiktok-us"] = Decimal(price)


def test_prices_are_left_alone_unless_wanted(shelf: Shelf):
    _set(shelf, "11.00")

    shelf.look()

    assert shelf.priced() == 0
    assert not PriceLevel.objects.exists()


def test_they_follow_the_channel_by_rule_and_only_changes_are_told(shelf: Shelf):
    shelf.shop.set_policy(price_push=True, price_percent="110", price_rounding="99")
    _set(shelf, "10.00", "20.00", "30.00", "40.00")

    shelf.look()

    assert _prices(shelf) == ["11.99", "22.99", "33.99", "44.99"]
    level = shelf.price(0)
    assert (level.pushed, level.currency, level.due) == (Decimal("11.99"), "USD", False)
    writes, calls = shelf.priced(), shelf.tiktok.calls()
    shelf.look()
    assert shelf.tiktok.calls() == calls

    _set(shelf, "15.00")
    shelf.look()
    assert shelf.priced() == writes + 1
    assert _prices(shelf)[0] == "16.99"


def test_promotions_in_saleor_count_where_wanted(shelf: Shelf):
    shelf.shop.set_policy(price_push=True, price_source="discounted")
    _set(shelf, "10.00", "20.00", "30.00", "40.00")
    _product(shelf, 1).discounted["tiktok-us"] = Decimal("17.50")

    shelf.look()

    assert _prices(shelf) == ["10.00", "17.50", "30.00", "40.00"]


def test_a_price_that_a_promotion_locks_waits_and_the_others_are_told(shelf: Shelf):
    shelf.shop.set_policy(price_push=True)
    _set(shelf, "10.00", "20.00", "30.00", "40.00")
    shelf.tiktok.promote(shelf.skus[1]["sku_id"])
    before = _prices(shelf)[1]

    shelf.look()

    assert _prices(shelf) == ["10.00", before, "30.00", "40.00"]
    assert shelf.price(1).problem["code"] == "TIKTOK_PRICE_LOCKED"
    calls = shelf.tiktok.calls()
    shelf.look()
    assert shelf.tiktok.calls() == calls

    shelf.tiktok.promote(shelf.skus[1]["sku_id"], on=False)
    with jobs.clock.turned(3601):
        shelf.look()
    assert _prices(shelf)[1] == "20.00"
    assert shelf.price(1).problem is None


def test_a_product_whose_prices_fail_each_time_stops_no_other(shelf: Shelf):
    shelf.shop.set_policy(price_push=True)
    _set(shelf, "10.00", "20.00", "30.00", "40.00")
    before = _prices(shelf)[0]
    path = f"{shelf.skus[0]['product_id']}/prices/update"
    shelf.tiktok.inject_fault("internal_error", path=path, times=None)

    shelf.look()
    assert _prices(shelf) == [before, "20.00", "30.00", "40.00"]
    assert shelf.price(0).due

    shelf.tiktok.clear_faults()
    shelf.shop.run_all()
    assert _prices(shelf)[0] == "10.00"


def test_nothing_is_ever_converted(shelf: Shelf):
    Connection.objects.update(region="GB")
    shelf.connection.refresh_from_db()
    shelf.shop.set_policy(price_push=True)

    shelf.look()

    assert shelf.priced() == 0
    problem = shelf.price(0).problem
    assert (problem["code"], problem["cause"]) == (
        "PRICE_OTHER_CURRENCY",
        "Channel tiktok-us has prices in USD, but the TikTok shop sells in GBP. Nothing is "
        "converted, so no price was told.",
    )
    [finding] = catalog.attention(shelf.connection)
    assert (finding.code, finding.severity) == ("PRICE_OTHER_CURRENCY", "warning")


def test_a_price_of_nothing_is_never_told(shelf: Shelf):
    shelf.shop.set_policy(price_push=True, price_add="-10")
    _set(shelf, "10.00", "20.00", "30.00", "40.00")
    before = _prices(shelf)[0]

    shelf.look()

    assert _prices(shelf) == [before, "10.00", "20.00", "30.00"]
    assert shelf.price(0).problem["code"] == "PRICE_NOT_POSITIVE"


def test_a_variant_without_a_price_is_told_once_it_has_one(shelf: Shelf):
    shelf.shop.set_policy(price_push=True)
    _product(shelf, 0).channels.discard("tiktok-us")
    shelf.look()
    assert shelf.price(0).problem["code"] == "PRICE_NOT_LISTED"

    _product(shelf, 0).channels.add("tiktok-us")
    _set(shelf, "12.00")
    with jobs.clock.turned(6 * 3600 + 1):
        shelf.look()

    assert _prices(shelf)[0] == "12.00"


def test_a_dry_run_says_what_would_change(shelf: Shelf):
    with pytest.raises(InvalidInput) as caught:
        catalog.push_prices(shelf.connection)
    assert caught.value.code == "PRICE_PUSH_OFF"
    _set(shelf, "10.00", "20.00", "30.00", "40.00")

    changes = catalog.push_prices(shelf.connection, dry_run=True)

    by_sku = {one.sku_id: one for one in changes}
    one = by_sku[shelf.skus[0]["sku_id"]]
    assert (one.before, one.after, one.currency, one.why) == (
        None,
        Decimal("10.00"),
        "USD",
        "price 10 USD: 10.00 USD.",
    )
    assert len(changes) == 4
    assert shelf.priced() == 0


def test_a_price_is_explained(shelf: Shelf):
    shelf.shop.set_policy(price_push=True, price_percent="105", price_rounding="whole")
    _set(shelf, "10.00")
    shelf.look()

    told = catalog.explain(shelf.connection, shelf.skus[0]["sku_id"]).price

    assert told is not None
    assert (told.state, told.wanted, told.pushed, told.currency) == (
        "in_step",
        Decimal("11.00"),
        Decimal("11.00"),
        "USD",
    )
    assert told.why == "price 10 USD x 105 %, up to the next whole amount: 11.00 USD."
