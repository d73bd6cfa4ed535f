"""Stock and prices: what is available, committed, pushed, refused and told."""

from __future__ import annotations

import json

import pytest

SEARCH = "/product/202309/inventory/search"


@pytest.fixture
def sku(sandbox):
    return sandbox.catalog()[0]


@pytest.fixture
def places(caller):
    return [row["id"] for row in caller.data("GET", "/logistics/202309/warehouses")["warehouses"]]


def stock(caller, *skus):
    rows = caller.data("POST", SEARCH, {}, {"sku_ids": [sku["sku_id"] for sku in skus]})
    found = [row for product in rows["inventory"] for row in product["skus"]]
    return {row["id"]: row for row in found}


def push(caller, sku, *inventory, product=""):
    path = f"/product/202309/products/{product or sku['product_id']}/inventory/update"
    body = {"skus": [{"id": sku["sku_id"], "inventory": list(inventory)}]}
    return caller.call("POST", path, {}, body).json()


def price(caller, sku, amount, currency="USD"):
    path = f"/product/202309/products/{sku['product_id']}/prices/update"
    body = {"skus": [{"id": sku["sku_id"], "price": {"amount": amount, "currency": currency}}]}
    return caller.call("POST", path, {}, body).json()["code"]


def test_every_assigned_warehouse_must_be_listed(sandbox, caller, sku, places):
    sandbox.set_stock(sku["sku_id"], 4, warehouse_id=places[1])

    one = push(caller, sku, {"warehouse_id": places[0], "quantity": 3})
    none_named = push(caller, sku, {"quantity": 3})
    returns = push(caller, sku, {"warehouse_id": places[2], "quantity": 3})
    both = push(
        caller,
        sku,
        {"warehouse_id": places[0], "quantity": 3},
        {"warehouse_id": places[1], "quantity": 0},
    )

    (error,) = one["data"]["errors"]
    assert error["code"] == 12052097
    assert error["detail"] == {
        "sku_id": sku["sku_id"],
        "extra_errors": [
            {"warehouse_id": places[1], "code": 12052097, "message": error["message"]}
        ],
    }
    assert none_named["data"]["errors"][0]["code"] == 12019022
    assert returns["data"]["errors"][0]["code"] == 12019022
    assert both["data"] == {}
    row = stock(caller, sku)[sku["sku_id"]]
    assert [(w["warehouse_id"], w["available_quantity"]) for w in row["warehouse_inventory"]] == [
        (places[0], 3),
        (places[1], 0),
    ]


def test_a_single_warehouse_may_go_unnamed(caller, sku):
    assert push(caller, sku, {"quantity": 12})["data"] == {}
    assert stock(caller, sku)[sku["sku_id"]]["total_available_quantity"] == 12


def test_other_products_and_frozen_ones_refuse(sandbox, caller, sku):
    other = next(s for s in sandbox.catalog() if s["product_id"] != sku["product_id"])
    assert push(caller, sku, {"quantity": 1}, product="1")["code"] == 12052031
    wrong = push(caller, other, {"quantity": 1}, product=sku["product_id"])
    assert wrong["data"]["errors"][0]["code"] == 12052533
    sandbox.set_product_status(sku["product_id"], "FREEZE")
    assert push(caller, sku, {"quantity": 1})["code"] == 12052901


def test_an_order_takes_stock_at_once_and_commits_it_until_shipped(sandbox, caller, sku):
    push(caller, sku, {"quantity": 5})
    before = stock(caller, sku)[sku["sku_id"]]["total_committed_quantity"]

    def now():
        row = stock(caller, sku)[sku["sku_id"]]
        return row["total_available_quantity"], row["total_committed_quantity"] - before

    order_id = sandbox.create_order([(sku["sku_id"], 2)])
    seen = [now()]
    for status in ("ON_HOLD", "AWAITING_SHIPMENT", "AWAITING_COLLECTION"):
        sandbox.walk_to(order_id, status)
        seen.append(now())

    assert seen == [(3, 2), (3, 2), (3, 2), (3, 0)]


def test_buyers_cannot_buy_what_is_not_there_but_the_seller_may_push_too_much(sandbox, caller, sku):
    push(caller, sku, {"quantity": 1})
    assert sandbox.buy(sku["sku_id"], 2) == ""
    assert sandbox.buy(sku["sku_id"], 1)
    assert sandbox.buy(sku["sku_id"], 1) == ""
    push(caller, sku, {"quantity": 7})
    assert sandbox.buy(sku["sku_id"], 7)
    oversold = sandbox.create_order([(sku["sku_id"], 1)], status="AWAITING_SHIPMENT")

    assert stock(caller, sku)[sku["sku_id"]]["total_available_quantity"] == 0
    sandbox.cancel(oversold, by="BUYER")
    assert stock(caller, sku)[sku["sku_id"]]["total_available_quantity"] == 0
    sandbox.set_product_status(sku["product_id"], "SELLER_DEACTIVATED")
    push(caller, sku, {"quantity": 7})
    assert sandbox.buy(sku["sku_id"]) == ""


def test_prices_change_for_new_orders_only(sandbox, caller, sku):
    old = sandbox.create_order([(sku["sku_id"], 1)])
    shown = sandbox.order(old)["line_items"][0]["original_price"]

    assert price(caller, sku, "77.5") == 0

    assert sandbox.order(old)["line_items"][0]["original_price"] == shown
    dearer = {
        sandbox.order(sandbox.create_order([(sku["sku_id"], 1)]))["line_items"][0]["original_price"]
        for _ in range(5)
    }
    assert "77.5" in dearer
    product = caller.data("GET", f"/product/202309/products/{sku['product_id']}")
    row = next(row for row in product["skus"] if row["id"] == sku["sku_id"])
    assert row["price"]["tax_exclusive_price"] == "77.5"


def test_prices_that_are_refused(sandbox, caller, sku):
    assert price(caller, sku, "5", "EUR") == 36009004
    assert price(caller, sku, "5.001") == 36009004
    assert price(caller, sku, "0") == 36009004
    sandbox.promote(sku["sku_id"])
    assert price(caller, sku, "5") == 12052393
    sandbox.promote(sku["sku_id"], False)
    sandbox.set_product_status(sku["product_id"], "SELLER_DEACTIVATED")
    assert price(caller, sku, "5") == 12052901
    assert sandbox.catalog()[0]["price"] == sku["price"]


def test_changes_of_stock_are_told_to_who_asked(sandbox, caller, sku):
    for event in ("INVENTORY_CHANGED", "INVENTORY_CHANGED_BY_SHOP"):
        hook = {"event_type": event, "address": "http://127.0.0.1:9/x"}
        caller.data("PUT", "/event/202309/webhooks", body=hook)

    push(caller, sku, {"quantity": 9})
    order_id = sandbox.create_order([(sku["sku_id"], 2)])
    sandbox.cancel(order_id, by="BUYER")

    told = [json.loads(item.body) for item in sandbox.world.outbox.queue]
    assert [
        (body["type"], body["data"]["inventory_distribution"]["available_quantity"])
        for body in told
    ] == [(71, 9), (68, 7), (68, 9)]
    assert {body["data"]["sku_id"] for body in told} == {sku["sku_id"]}
