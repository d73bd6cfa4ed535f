"""Commands about shipping, carriers, stock and prices, against both sandboxes."""

from __future__ import annotations

import json

import pytest

from saleor_tiktok_stripe import catalog
from saleor_tiktok_stripe.models import (
    AuditEntry,
    Carrier,
    CarrierLink,
    Job,
    MarketplaceRequest,
    SkuLink,
)
from tests.fulfilment.staff import Staff
from tests.support.shop import ConnectedShop
from tests.support.stored import everything

from .support import CHANNEL, run

TRACKING = "9405511899223197428490"


def an_order(shop: ConnectedShop) -> str:
    sku = shop.tiktok.catalog()[0]["sku_id"]
    order_id = str(shop.tiktok.create_order([(sku, 2)], status="AWAITING_SHIPMENT"))
    shop.sync(order_id)
    return order_id


def test_what_would_be_told_is_said_and_then_told(shop: ConnectedShop):
    order_id = an_order(shop)
    assert run("push", *CHANNEL, "--dry-run", order_id) == (0, f"{order_id}  nothing to tell\n")
    Staff(shop).fulfill(order_id, tracking=TRACKING)
    run("carriers", "list", *CHANNEL, "--refresh")
    before = everything()

    code, said = run("push", *CHANNEL, "--dry-run", order_id)

    assert code == 0
    assert said.startswith(f"{order_id}  ")
    assert TRACKING in said
    assert everything() == before
    assert run("push", *CHANNEL, order_id) == (0, "1 queued.\n")
    shop.work()
    assert shop.tiktok.order(order_id)["status"] == "AWAITING_COLLECTION"
    assert AuditEntry.objects.filter(action="order.push", actor="command line").count() == 1
    assert run("push", *CHANNEL, "--dry-run", order_id) == (0, f"{order_id}  nothing to tell\n")


def test_what_stands_in_the_way_of_telling_is_said(shop: ConnectedShop):
    order_id = an_order(shop)
    Staff(shop).fulfill(order_id, tracking="")

    code, said = run("push", *CHANNEL, "--dry-run", order_id)

    assert code == 1
    assert said.startswith(f"{order_id}  TRACKING_MISSING: ")
    assert not MarketplaceRequest.objects.exists()


def test_an_order_that_is_not_in_saleor_has_nothing_to_tell(shop: ConnectedShop):
    code, said = run("push", *CHANNEL, "--dry-run", "576470000000000001")

    assert (code, said[-22:]) == (1, " [ORDER_NOT_IMPORTED]\n")


def test_carriers_are_listed_linked_and_unlinked(shop: ConnectedShop):
    assert run("carriers", "list", *CHANNEL) == (
        0, "No carriers are known yet: --refresh asks TikTok.\n",
    )  # fmt: skip

    code, said = run("carriers", "list", *CHANNEL, "--refresh")
    one = Carrier.objects.order_by("name").first()
    assert code == 0
    assert said.splitlines()[0].split() == [one.carrier_id, *one.name.split()]

    linked = run("carriers", "link", *CHANNEL, "Our van", one.carrier_id)
    assert linked == (0, f'"Our van" is {one.carrier_id}.\n')
    listed = run("carriers", "list", *CHANNEL)[1]
    assert listed.splitlines()[-1] == f'"Our van" in Saleor is {one.name}'
    told = json.loads(run("carriers", "list", *CHANNEL, "--json")[1])
    assert told["links"] == {"Our van": one.carrier_id}

    assert run("carriers", "unlink", *CHANNEL, "our VAN") == (0, '"our VAN" is not linked.\n')
    assert run("carriers", "unlink", *CHANNEL, "our VAN")[0] == 1
    assert not CarrierLink.objects.exists()


def test_a_carrier_that_is_not_known_is_refused(shop: ConnectedShop):
    code, said = run("carriers", "link", *CHANNEL, "Our van", "7")

    assert (code, said[-22:]) == (1, " [CARRIER_ID_UNKNOWN]\n")


@pytest.fixture
def linked(shop: ConnectedShop) -> ConnectedShop:
    """One SKU linked, its stock and price not told yet."""
    shop.set_policy(price_push=True)
    one = shop.tiktok.catalog()[0]
    variant = shop.saleor.state.by_sku[one["seller_sku"]]
    catalog.link(shop.connection, one["sku_id"], variant.id, "ana")
    SkuLink.objects.update(seller_sku=one["seller_sku"])
    shop.tiktok.set_stock(one["sku_id"], 3)
    Job.objects.all().delete()
    return shop


def test_stock_is_compared_explained_and_pushed(linked: ConnectedShop):
    sku = linked.tiktok.catalog()[0]

    compared = run("stock", "compare", *CHANNEL)
    assert compared[0] == 1
    assert compared[1].startswith(f"{sku['sku_id']}  {sku['seller_sku']}  3 -> 99999\n")
    assert compared[1].endswith("\n1 differ.\n")
    before = everything()
    planned = run("stock", "push", *CHANNEL, "--dry-run", sku["sku_id"])
    assert (planned[0], planned[1].splitlines()[-1]) == (0, "1 would be told.")
    assert everything() == before
    assert linked.client.stock([sku["sku_id"]])[0].available == 3

    assert run("stock", "push", *CHANNEL)[1].splitlines()[-1] == "1 queued."
    linked.work()

    assert linked.client.stock([sku["sku_id"]])[0].available == 99_999
    assert run("stock", "compare", *CHANNEL) == (0, "0 differ.\n")
    code, said = run("stock", "explain", *CHANNEL, sku["seller_sku"])
    assert code == 0
    assert "    TikTok has what it should have.\n" in said
    job = Job.objects.get(kind="stock.push")
    assert f"by job {job.pk}: Accepted." in said
    told = json.loads(run("stock", "explain", *CHANNEL, "--json", sku["sku_id"])[1])
    assert (told["wanted"], told["pushed"], told["state"]) == (99_999, 99_999, "in_step")


def test_prices_are_pushed_after_a_look(linked: ConnectedShop):
    sku = linked.tiktok.catalog()[0]
    planned = run("price", "push", *CHANNEL, "--dry-run")
    assert planned[1].startswith(f"{sku['sku_id']}  {sku['seller_sku']}  nothing -> {sku['price']}")
    assert not Job.objects.exists()

    assert run("price", "push", *CHANNEL)[1].splitlines()[-1] == "1 queued."
    linked.work()

    assert run("price", "push", *CHANNEL, "--dry-run") == (0, "0 would be told.\n")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("stock", "explain", *CHANNEL, "no such sku"), "SKU_UNKNOWN"),
        (("price", "push", *CHANNEL), "PRICE_PUSH_OFF"),
    ],
)
def test_refusals_are_said_in_one_line(shop: ConnectedShop, words: tuple[str, ...], code: str):
    exit_code, said = run(*words)

    assert (exit_code, said.splitlines()[-1][-len(code) - 3 :]) == (1, f" [{code}]")
