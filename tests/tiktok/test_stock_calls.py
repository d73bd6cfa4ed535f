"""Stock and prices over real HTTP."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tiktok_shop_api.generated import models

from saleor_tiktok_stripe.errors import Parked, VendorBug
from saleor_tiktok_stripe.tiktok.stock_types import NewPrice, NewStock, SkuStock
from tests.transport.servers import answer, reset, serving

from .requests import asked
from .test_client import check_signature
from .wire_samples import envelope

STOCK = {
    "product_id": "7",
    "skus": [
        {
            "id": "71",
            "seller_sku": " TEE ",
            "total_available_quantity": 12,
            "total_committed_quantity": 3,
            "warehouse_inventory": [
                {"warehouse_id": "1", "available_quantity": 10, "committed_quantity": 3},
                {"warehouse_id": "2", "available_quantity": 2, "committed_quantity": 0},
            ],
        },
        {"id": "72", "total_available_quantity": 0, "warehouse_inventory": None},
    ],
}


def test_stock_is_read_with_what_open_orders_need(client_for):
    with serving(answer(envelope({"inventory": [STOCK]}))) as server:
        found = client_for(server).stock(["71", "72", "73"])

    body = {"sku_ids": ["71", "72", "73"]}
    assert asked(server.requests[0]) == ("POST", "/product/202309/inventory/search", {}, body)
    check_signature(server.requests[0])
    assert models.InventorySearchRequest.from_dict(body).additional_properties == {}
    assert found == (
        SkuStock("7", "71", "TEE", 12, 3, {"1": 10, "2": 2}),
        SkuStock("7", "72", "", 0, 0, {}),
    )


def test_totals_that_are_not_told_are_the_sum_of_the_warehouses(client_for):
    sku = {
        "id": "71",
        "warehouse_inventory": [
            {"warehouse_id": "1", "available_quantity": 10, "committed_quantity": 3},
            {"warehouse_id": "2", "available_quantity": 2, "committed_quantity": 1},
        ],
    }
    with serving(answer(envelope({"inventory": [{"product_id": "7", "skus": [sku]}]}))) as server:
        (found,) = client_for(server).stock(["71"])

    assert (found.available, found.committed) == (12, 4)


@pytest.mark.parametrize(
    "sku",
    [
        {"id": "71"},
        {"id": "71", "total_available_quantity": -1},
        {"id": "71", "total_available_quantity": 1.5},
        {"id": "71", "total_available_quantity": "many"},
        {
            "id": "71",
            "total_available_quantity": 1,
            "warehouse_inventory": [{"warehouse_id": "1"}],
        },
        {"id": "x", "total_available_quantity": 1},
    ],
)
def test_a_figure_that_is_nowhere_is_not_taken_for_zero(client_for, sku):
    data = {"inventory": [{"product_id": "7", "skus": [sku]}]}
    with serving(answer(envelope(data))) as server, pytest.raises(VendorBug) as failed:
        client_for(server).stock(["71"])

    assert failed.value.code == "TIKTOK_UNREADABLE_ANSWER"


def test_nothing_is_asked_for_nothing_and_not_too_much_at_once(client_for):
    with serving() as server:
        client = client_for(server)
        assert client.stock([]) == ()
        assert client.set_stock("7", []) == ()
        assert client.set_prices("7", []) == ()
        with pytest.raises(ValueError, match="at most 600"):
            client.stock(["1"] * 601)

    assert server.requests == []


def test_stock_is_set_to_absolute_numbers_in_every_warehouse_named(client_for):
    with serving(answer(envelope({}))) as server:
        refused = client_for(server).set_stock(
            "7", [NewStock("71", {"1": 10, "2": 0}), NewStock("72", {"1": 5})]
        )

    body = {
        "skus": [
            {
                "id": "71",
                "inventory": [
                    {"warehouse_id": "1", "quantity": 10},
                    {"warehouse_id": "2", "quantity": 0},
                ],
            },
            {"id": "72", "inventory": [{"warehouse_id": "1", "quantity": 5}]},
        ]
    }
    path = "/product/202309/products/7/inventory/update"
    assert asked(server.requests[0]) == ("POST", path, {}, body)
    check_signature(server.requests[0])
    assert models.UpdateInventoryRequest.from_dict(body).to_dict() == body
    assert refused == ()


@pytest.mark.parametrize(
    ("price", "amount"),
    [
        (NewPrice("71", Decimal("19.9"), "USD"), "19.90"),
        (NewPrice("71", Decimal("1E+5"), "VND"), "100000"),
        (NewPrice("71", Decimal("1500.00"), "JPY"), "1500"),
    ],
)
def test_prices_are_sent_in_their_currencys_decimals(client_for, price, amount):
    with serving(answer(envelope({}))) as server:
        assert client_for(server).set_prices("7", [price]) == ()

    body = {"skus": [{"id": "71", "price": {"amount": amount, "currency": price.currency}}]}
    path = "/product/202309/products/7/prices/update"
    assert asked(server.requests[0]) == ("POST", path, {}, body)
    assert models.UpdatePriceRequest.from_dict(body).to_dict() == body


def test_a_price_is_never_rounded_on_its_way(client_for):
    with serving() as server, pytest.raises(ValueError, match="more decimals than JPY has"):
        client_for(server).set_prices("7", [NewPrice("71", Decimal("1500.5"), "JPY")])

    assert server.requests == []


@pytest.mark.parametrize(
    "write",
    [
        lambda api: api.set_stock("7", [NewStock("71", {"1": 10})]),
        lambda api: api.set_prices("7", [NewPrice("71", Decimal(5), "USD")]),
    ],
)
def test_an_absolute_number_is_simply_sent_again(client_for, write):
    with serving(reset, answer(envelope({}))) as server:
        assert write(client_for(server)) == ()

    first, second = (asked(one) for one in server.requests)
    assert first == second


def test_refused_skus_are_told_each_with_its_cure(client_for):
    errors = [
        {"code": 12052055, "message": "too many", "detail": {"sku_id": "71"}},
        {
            "code": 4711,
            "message": "see inside",
            "detail": {
                "sku_id": "72",
                "extra_errors": [
                    {"warehouse_id": "2", "code": 12052097, "message": "missing"},
                    {"warehouse_id": "3", "code": 12052097, "message": "missing"},
                ],
            },
        },
    ]
    stocks = [NewStock(sku, {"1": 1}) for sku in ("71", "72", "73")]
    with serving(answer(envelope({"errors": errors}))) as server:
        limit, place = client_for(server).set_stock("7", stocks)

    assert (limit.sku_id, limit.code, limit.problem.code) == ("71", 12052055, "TIKTOK_STOCK_LIMIT")
    assert limit.problem.params == {"tiktok_code": "12052055", "sku_id": "71"}
    assert (place.sku_id, place.code) == ("72", 12052097)
    assert place.problem.code == "TIKTOK_WAREHOUSE_MISSING"
    assert place.problem.params == {
        "tiktok_code": "12052097",
        "sku_id": "72",
        "warehouses": "2, 3",
    }


@pytest.mark.parametrize("detail", [None, {}, {"sku_id": ""}])
def test_a_refusal_that_names_no_sku_is_of_all_that_were_sent(client_for, detail):
    errors = [{"code": 12052393, "message": "promotion", "detail": detail}]
    prices = [NewPrice(sku, Decimal(5), "USD") for sku in ("71", "72")]
    with serving(answer(envelope({"errors": errors}))) as server:
        refused = client_for(server).set_prices("7", prices)

    assert [(one.sku_id, one.problem.code) for one in refused] == [
        ("71", "TIKTOK_PRICE_LOCKED"),
        ("72", "TIKTOK_PRICE_LOCKED"),
    ]


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (12052901, "TIKTOK_PRODUCT_NOT_LIVE"),
        (12052031, "TIKTOK_PRODUCT_MISSING"),
        (12052048, "TIKTOK_NOT_OF_THIS_SHOP"),
        (12019045, "TIKTOK_PRICE_LOCKED"),
    ],
)
def test_a_product_that_is_refused_as_a_whole(client_for, code, name):
    refused = answer(envelope(None, code, "no"))
    with serving(refused) as server, pytest.raises(Parked) as failed:
        client_for(server).set_prices("7", [NewPrice("71", Decimal(5), "USD")])

    assert failed.value.problem.code == name


def test_refusals_that_cannot_be_read_are_no_success(client_for):
    with serving(answer(envelope({"errors": [7]}))) as server, pytest.raises(VendorBug) as failed:
        client_for(server).set_stock("7", [NewStock("71", {"1": 1})])

    assert type(failed.value) is VendorBug
