"""What is different about a SKU, over HTTP on both sides, and that a repair ends it."""

from __future__ import annotations

from typing import Any

import pytest

from saleor_tiktok_stripe import catalog, drift
from saleor_tiktok_stripe.models import Difference, Job, PriceLevel, SkuLink, StockLevel
from tests.support.shop import ConnectedShop
from tests.support.stored import everything

from .support import differences, open_codes


@pytest.fixture
def stocked(shop: ConnectedShop) -> ConnectedShop:
    """Three SKUs linked, and the marketplace has the number and price that each should have."""
    shop.set_policy(price_push=True)
    for one in shop.tiktok.catalog()[:3]:
        variant = shop.saleor.state.by_sku[one["seller_sku"]]
        catalog.link(shop.connection, one["sku_id"], variant.id, "ana")
    catalog.push_stock(shop.connection)
    catalog.push_prices(shop.connection)
    shop.work()
    return shop


def a_sku(shop: ConnectedShop) -> dict[str, Any]:
    return next(one for one in shop.tiktok.catalog() if one["linked"])


def in_stock(shop: ConnectedShop, number: int) -> None:
    """Somebody counted in Saleor."""
    [warehouse] = shop.saleor.state.warehouses.values()
    shop.saleor.state.stock(warehouse.slug, a_sku(shop)["seller_sku"]).quantity = number


def of_sku(shop: ConnectedShop) -> dict[str, Difference]:
    return differences(shop.connection, "sku", a_sku(shop)["sku_id"])


def test_what_is_in_step_is_no_difference(stocked: ConnectedShop):
    sku_ids = [one["sku_id"] for one in stocked.tiktok.catalog()]

    assert differences(stocked.connection, "sku", *sku_ids) == {}


def test_a_number_changed_at_the_marketplace_is_found_and_put_back(stocked: ConnectedShop):
    stocked.tiktok.set_stock(a_sku(stocked)["sku_id"], 3)
    StockLevel.objects.update(due=False)

    found = of_sku(stocked)["STOCK_DIFFERS"]
    assert (found.ours, found.theirs) == (
        {"available": "99999", "told": "99999"}, {"available": "3"},
    )  # fmt: skip
    before = everything()
    [step] = drift.repair(stocked.connection, [found.pk], dry_run=True, actor="ana").steps
    assert (step.job, step.cure) == ("stock.push", "")
    assert everything() == before

    drift.repair(stocked.connection, [found.pk], dry_run=False, actor="ana")
    stocked.work()
    stocked.run_all()

    assert open_codes(stocked.connection) == {}
    [stock] = stocked.client.stock([a_sku(stocked)["sku_id"]])
    assert stock.available == 99_999


def test_a_number_that_was_never_told_is_found(stocked: ConnectedShop):
    in_stock(stocked, 7)

    found = of_sku(stocked)["STOCK_NOT_PUSHED"]

    assert found.ours == {"available": "7", "told": "99999"}
    assert found.theirs == {"available": "99999"}


def test_a_price_that_was_never_told_is_found_and_told(stocked: ConnectedShop):
    stocked.set_policy(price_percent="110")

    found = of_sku(stocked)["PRICE_DIFFERS"]
    assert found.ours["price"] != found.theirs["price"]
    drift.repair(stocked.connection, [found.pk], dry_run=False, actor="ana")
    stocked.work()
    stocked.run_all()

    assert open_codes(stocked.connection) == {}
    level = PriceLevel.objects.get(sku_id=a_sku(stocked)["sku_id"])
    assert f"{level.pushed:.2f} USD" == found.ours["price"]


def test_a_sku_that_no_variant_fits_is_for_a_person(stocked: ConnectedShop):
    link = SkuLink.objects.get(sku_id=a_sku(stocked)["sku_id"])
    SkuLink.objects.filter(pk=link.pk).update(variant_id="", method="missing", note="None has it.")

    found = of_sku(stocked)["SKU_UNLINKED"]

    assert found.ours == {"note": "None has it."}
    done = drift.repair(stocked.connection, None, dry_run=False, actor="ana")
    assert done.asked == 0
    assert "link it by hand" in done.steps[0].cure


def test_a_sku_unlinked_on_purpose_is_no_difference(stocked: ConnectedShop):
    catalog.unlink(stocked.connection, a_sku(stocked)["sku_id"], "ana")

    assert of_sku(stocked) == {}


def test_a_refused_number_is_told_with_what_a_person_does(stocked: ConnectedShop):
    in_stock(stocked, 7)
    why = {"code": "TIKTOK_STOCK_LIMIT", "cause": "Too many.", "cure": "Ask for fewer."}
    StockLevel.objects.filter(sku_id=a_sku(stocked)["sku_id"]).update(problem=why, due=True)

    found = of_sku(stocked)["STOCK_NOT_PUSHED"]

    assert found.ours["problem"] == "TIKTOK_STOCK_LIMIT"
    assert drift.repair(stocked.connection, None, dry_run=True, actor="ana").asked == 0


@pytest.mark.parametrize("policy", [{"stock_push": False}])
def test_what_is_switched_off_is_not_compared(stocked: ConnectedShop, policy: dict[str, Any]):
    stocked.tiktok.set_stock(a_sku(stocked)["sku_id"], 3)
    stocked.set_policy(**policy)

    assert of_sku(stocked) == {}


def test_a_number_about_to_be_told_is_left_alone(stocked: ConnectedShop):
    in_stock(stocked, 7)
    catalog.due(stocked.connection, [a_sku(stocked)["sku_id"]])

    assert of_sku(stocked) == {}
    assert Job.objects.filter(kind="drift.check").count() == 0
