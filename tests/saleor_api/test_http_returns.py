"""Returns over HTTP, interrupted at every step: once in Saleor, once in stock."""

from __future__ import annotations

from decimal import Decimal as D

import pytest

from saleor_tiktok_stripe.errors import InDoubt, Parked
from saleor_tiktok_stripe.saleor_api.http import HttpSaleor
from saleor_tiktok_stripe.saleor_api.types import GoodsReturn, Package
from saleor_tiktok_stripe.sandbox.saleor import Product, SaleorSandbox


def shipped(host, units: int = 3):
    made = host.made(host.line(0, units))
    line = made.line_ids["line-0"]
    host.saleor.fulfill(made.order_id, Package("P1", {line: units}, "T", True))
    return made, line


def groups(host, made) -> list[tuple[str, dict[str, int], str]]:
    return [
        (one.status, dict(one.quantities), one.metadata.get("tiktok.return_id", ""))
        for one in host.state(made.order_id).fulfillments
    ]


@pytest.mark.parametrize("kind", ["lost", "lost_before"])
@pytest.mark.parametrize("write", range(6))
def test_a_return_cut_off_at_any_write_happens_once(sandbox, host, kind, write) -> None:
    before = host.stock(0)
    made, line = shipped(host)
    goods = GoodsReturn("R1", {line: 2}, True)
    steps = [
        ("updateMetadata", 0),
        ("orderFulfillmentReturnProducts", 0),
        ("updateMetadata", 1),
        ("updateMetadata", 2),
        ("productVariantStocksUpdate", 0),
        ("updateMetadata", 3),
    ]
    operation, number = steps[write]
    for _ in range(number):
        sandbox.fail("slow", operation)
    sandbox.fail(kind, operation)

    with pytest.raises(InDoubt):
        host.saleor.return_goods(made.order_id, goods)
    host.saleor.return_goods(made.order_id, goods)
    host.saleor.return_goods(made.order_id, goods)

    assert groups(host, made) == [("FULFILLED", {line: 1}, ""), ("RETURNED", {line: 2}, "R1")]
    assert host.stock(0) == before - 3 + 2
    assert host.state(made.order_id).metadata["tiktok.returning.R1"] == ""


def test_a_return_that_is_not_put_back_and_cut_off_happens_once(sandbox, host) -> None:
    made, line = shipped(host)
    sandbox.fail("lost", "orderFulfillmentReturnProducts")

    with pytest.raises(InDoubt):
        host.saleor.return_goods(made.order_id, GoodsReturn("R1", {line: 3}, False))
    host.saleor.return_goods(made.order_id, GoodsReturn("R1", {line: 3}, False))

    assert groups(host, made) == [("RETURNED", {line: 3}, "R1")]


def test_stock_counted_while_a_return_was_interrupted_stays_as_counted(sandbox, host) -> None:
    made, line = shipped(host)
    goods = GoodsReturn("R1", {line: 1}, True)
    sandbox.fail("lost_before", "productVariantStocksUpdate")
    with pytest.raises(InDoubt):
        host.saleor.return_goods(made.order_id, goods)
    sandbox.state.stock("default", "SKU-0").quantity = 40

    host.saleor.return_goods(made.order_id, goods)

    assert host.stock(0) == 40


def test_what_staff_returned_is_adopted_and_their_stock_left_alone(sandbox, host) -> None:
    made, line = shipped(host)
    before = host.stock(0)
    host.saleor.return_goods(made.order_id, GoodsReturn("R0", {line: 1}, False))
    [order] = sandbox.state.orders.values()
    order.fulfillments[-1].metadata = None  # as staff leave it

    host.saleor.return_goods(made.order_id, GoodsReturn("R1", {line: 1}, True))

    assert groups(host, made) == [("FULFILLED", {line: 2}, ""), ("RETURNED", {line: 1}, "R1")]
    assert host.stock(0) == before


def test_a_return_without_the_permission_to_count_stock_is_parked(sandbox, host) -> None:
    sandbox.add_app("weak", ["MANAGE_ORDERS", "MANAGE_ORDERS_IMPORT", "HANDLE_PAYMENTS"])
    made, line = shipped(host)
    weak = HttpSaleor(sandbox.url, "weak")
    goods = GoodsReturn("R1", {line: 1}, True)

    with pytest.raises(Parked) as caught:
        weak.return_goods(made.order_id, goods)
    before = host.stock(0)
    host.saleor.return_goods(made.order_id, goods)

    assert caught.value.problem.code == "SALEOR_PERMISSION_MISSING"
    assert "MANAGE_PRODUCTS" in caught.value.message
    assert host.stock(0) == before + 1
    assert len(groups(host, made)) == 2


def test_prices_after_promotions_and_of_what_is_not_sold(sandbox: SaleorSandbox, host) -> None:
    product = sandbox.state.by_sku["SKU-0"]
    product.discounted["tiktok-us"] = D("7.50")
    sandbox.state.by_sku["SKU-1"].unpublished.add("tiktok-us")
    sandbox.state.stock("default", "SKU-1").reserved = 4

    prices = host.saleor.prices(host.channel, host.variant_ids)
    stock = host.saleor.stock(host.channel, host.variant_ids)

    first, second = host.variant_ids
    assert (prices[first].price, prices[first].discounted) == (D("9.99"), D("7.5"))
    assert (prices[second].price, prices[second].discounted) == (D("3.5"), D("3.5"))
    assert [stock[one].sellable for one in host.variant_ids] == [True, False]
    assert stock[second].warehouses["default"].reserved == 4


def test_a_tour_goes_over_every_variant_and_begins_anew(sandbox: SaleorSandbox, host) -> None:
    more = [Product(f"MORE-{n}", "", "Ink", D(1)) for n in range(1100)]
    sandbox.state.add_products(more, channels=["tiktok-us"])

    first = host.saleor.stock_changes(host.channel, "")
    second = host.saleor.stock_changes(host.channel, first.cursor)

    assert (len(first.variant_ids), first.complete) == (1000, False)
    assert (len(second.variant_ids), second.complete, second.cursor) == (102, True, "")
    assert len({*first.variant_ids, *second.variant_ids}) == 1102
