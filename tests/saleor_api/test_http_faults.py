"""What HttpSaleor does when Saleor, the network, the token or another importer is in the way."""

from __future__ import annotations

import threading
from dataclasses import replace
from decimal import Decimal as D
from uuid import UUID

import pytest

from saleor_tiktok_stripe.errors import InDoubt, Parked, RetryLater, VendorBug
from saleor_tiktok_stripe.saleor_api.http import HttpSaleor
from saleor_tiktok_stripe.saleor_api.ids import global_id
from saleor_tiktok_stripe.saleor_api.types import (
    CreatedOrder,
    NewFulfillment,
    NewTransaction,
    Package,
    Refund,
)
from saleor_tiktok_stripe.sandbox.saleor import Product

from .conftest import host_of


def test_lost_answer_is_in_doubt_and_the_next_run_finds_the_orders(sandbox, host):
    orders = [host.order(), host.order()]
    recorded: list[CreatedOrder] = []
    sandbox.fail("lost", "OrderBulkCreate")

    with pytest.raises(InDoubt):
        host.saleor.create_orders(orders, recorded.extend)
    assert recorded == []

    results = host.saleor.create_orders(orders, recorded.extend)

    assert [result.created for result in results] == [False, False]
    assert recorded == results
    assert len(sandbox.state.orders) == 2


def test_request_that_never_arrived_is_made_by_the_next_run(sandbox, host):
    order = host.order()
    sandbox.fail("lost_before", "OrderBulkCreate")

    with pytest.raises(InDoubt):
        host.create(order)
    [result] = host.create(order)

    assert result.created is True
    assert len(sandbox.state.orders) == 1


def test_crash_between_creation_and_what_completes_it_is_healed(sandbox, host):
    package = NewFulfillment("pkg-1", {"line-0": 1}, tracking_number="1Z")
    gone = NewFulfillment("gone-1", {"line-0": 1}, returned=True)
    order = host.order(
        host.line(0, 2, allocate=False), fulfillments=(package, gone), granted_refund=D("2.00")
    )
    for operation in ("updateMetadata", "orderFulfillmentReturnProducts", "orderGrantRefundCreate"):
        sandbox.fail("lost", operation)
        with pytest.raises(RetryLater):
            host.create(order)

    [result] = host.create(order)

    assert (result.created, result.error) == (False, "")
    kept = sandbox.order(order.external_reference)
    assert [(group.status, group.quantities) for group in kept.fulfillments] == [
        ("FULFILLED", {0: 1}),
        ("RETURNED", {0: 1}),
    ]
    assert [group.metadata["tiktok.package_id"] for group in kept.fulfillments] == [
        "pkg-1",
        "gone-1",
    ]
    assert [grant.amount for grant in kept.grants] == [D("2.00")]
    assert sandbox.state.stock("default", "SKU-0").quantity == 1000


def test_shipment_whose_answer_was_lost_is_not_recorded_twice(sandbox, host):
    made = host.made(host.line(0, 2))
    package = Package("pkg-1", {made.line_ids["line-0"]: 2}, "1Z", True)
    sandbox.fail("lost", "orderFulfill")

    with pytest.raises(InDoubt):
        host.saleor.fulfill(made.order_id, package)
    host.saleor.fulfill(made.order_id, package)

    [group] = host.state(made.order_id).fulfillments
    assert group.metadata["tiktok.package_id"] == "pkg-1"
    assert sandbox.state.stock("default", "SKU-0").quantity == 998


@pytest.mark.parametrize("status", [500, 502, 503])
def test_server_error_is_retried_later_and_nothing_is_made(sandbox, host, status):
    order = host.order()
    sandbox.fail("status", "OrderBulkCreate", status=status)

    with pytest.raises(RetryLater) as caught:
        host.create(order)

    assert caught.value.code == "SALEOR_BUSY"
    assert str(status) in caught.value.message
    assert len(sandbox.state.orders) == 0


def test_pause_that_saleor_asks_for_is_kept(sandbox, host):
    sandbox.fail("status", "App", status=429, headers={"retry-after": "7"})

    with pytest.raises(RetryLater) as caught:
        host.saleor.app_status()

    assert caught.value.retry_after == 7.0


def test_database_error_inside_an_answer_is_retried_later(sandbox, host):
    sandbox.fail("graphql", "Orders")

    with pytest.raises(RetryLater) as caught:
        host.saleor.orders([global_id("Order", UUID(int=1))])

    assert caught.value.code == "SALEOR_ERROR"


def test_wrong_token_is_said_in_words(sandbox):
    saleor = HttpSaleor(sandbox.url, "another-token")

    for call in (saleor.app_status, lambda: saleor.find_orders(["tiktok:1"])):
        with pytest.raises(Parked) as caught:
            call()
        assert caught.value.problem.code == "SALEOR_TOKEN_INVALID"
        assert "SALEOR_APP_TOKEN" in caught.value.message
        assert "another-token" not in caught.value.message


def test_missing_permission_is_named_and_nothing_is_made(sandbox, host):
    sandbox.add_app("weak", ["MANAGE_ORDERS", "HANDLE_PAYMENTS", "MANAGE_PRODUCTS"])
    weak = HttpSaleor(sandbox.url, "weak")
    recorded = []

    with pytest.raises(Parked) as caught:
        weak.create_orders([host.order()], recorded.append)

    assert caught.value.problem.code == "SALEOR_PERMISSION_MISSING"
    assert "MANAGE_ORDERS_IMPORT" in caught.value.message
    assert weak.app_status().missing_permissions == ("MANAGE_ORDERS_IMPORT",)
    assert (recorded, sandbox.state.orders) == ([], {})


def test_address_that_is_not_saleors(sandbox):
    saleor = HttpSaleor(sandbox.url.replace("/graphql/", "/elsewhere/"), sandbox.token)

    with pytest.raises(Parked) as caught:
        saleor.app_status()

    assert caught.value.problem.code == "SALEOR_NOT_FOUND"


def test_nothing_answers():
    with pytest.raises(RetryLater):
        HttpSaleor("http://127.0.0.1:9/graphql/", "token").app_status()


def test_settings_that_are_missing_are_named(settings):
    settings.SALEOR_API_URL, settings.SALEOR_APP_TOKEN = "https://shop.example/graphql/", ""

    with pytest.raises(Parked) as caught:
        HttpSaleor.from_settings()

    assert "SALEOR_APP_TOKEN" in caught.value.message


def test_token_shows_nowhere(sandbox):
    saleor = HttpSaleor(sandbox.url, "secret-token")

    assert "secret-token" not in repr(vars(saleor))


def test_two_importers_make_each_order_once(sandbox, host):
    orders = [host.order() for _ in range(20)]
    results: list[CreatedOrder] = []
    start = threading.Barrier(4)

    def importer() -> None:
        saleor = HttpSaleor(sandbox.url, sandbox.token)
        start.wait()
        results.extend(saleor.create_orders(orders, lambda made: None))

    threads = [threading.Thread(target=importer) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert len(sandbox.state.orders) == 20
    assert len(results) == 80
    assert [result.error for result in results] == [""] * 80
    assert sum(result.created for result in results) == 20


def test_reference_that_someone_else_used_is_an_error_in_words(sandbox, host):
    order = host.order()
    [made] = host.create(order)
    for line in sandbox.order(order.external_reference).lines:
        line.private_metadata = None

    [result] = host.create(order)

    assert result.order_id == ""
    assert made.number in result.error


def test_more_than_fifty_orders_are_refused_before_sending(sandbox, host):
    with pytest.raises(VendorBug):
        host.create(*[host.order() for _ in range(51)])

    assert sandbox.requests == []


def test_a_country_that_saleor_does_not_know_keeps_only_its_own_order_out(sandbox, host):
    good, bad, other = host.order(), host.order(), host.order()
    nowhere = replace(bad.shipping_address, country="USA")
    bad = replace(bad, shipping_address=nowhere, billing_address=nowhere)

    first, refused, third = host.create(good, bad, other)

    assert (first.created, first.error, third.created, third.error) == (True, "", True, "")
    assert (refused.created, refused.order_id) == (False, "")
    assert refused.error.endswith("a value was not accepted")
    assert len(sandbox.state.orders) == 2


def test_fifty_orders_take_three_requests(sandbox, host):
    results = host.create(*[host.order() for _ in range(50)])

    assert len({result.order_id for result in results}) == 50
    assert sandbox.requests == ["OrderByExternalReference", "DeliveryOptions", "OrderBulkCreate"]


def test_shop_without_tax_class_and_buyer_without_address_or_email(sandbox, host):
    sandbox.state.has_tax_class = False
    order = host.order(
        host.line(0, variant_id=None), billing_address=None, shipping_address=None, email=""
    )

    [result] = host.create(order)

    assert result.error == ""
    assert sandbox.order(order.external_reference).billing_address.city == "-"


def test_what_is_not_expected_is_not_ignored_with_a_placeholder_line(sandbox, host):
    paid = NewTransaction("TikTok", "", "p", D("15.00"), D(0), D(0), external_url="not a url")
    order = host.order(host.line(0, variant_id=None), transactions=(paid,))

    [result] = host.create(order)

    assert "externalUrl" in result.error
    assert sandbox.state.orders == {}


def test_channel_without_warehouse_or_shipping_is_parked_with_its_cure(sandbox, host):
    channel = sandbox.state.channels[host.channel]
    channel.shipping_methods = []

    with pytest.raises(Parked) as caught:
        host.create(host.order())

    assert "shipping zone" in caught.value.problem.cure
    channel.shipping_methods, channel.warehouses = ["Standard"], []
    with pytest.raises(Parked) as caught:
        host.create(host.order())
    assert "warehouse" in caught.value.problem.cure


def test_yen_have_no_decimals(sandbox, host):
    sandbox.add_channel("jp", "JPY", "JP", [Product("JP-0", "", "Brush", D(1280))])
    japan = replace(host_of(sandbox, "jp", "JPY"), variant_ids=(sandbox.state.by_sku["JP-0"].id,))

    made = japan.made(japan.line(0, 3, "1280", sku="JP-0"), shipping="500")

    state = japan.state(made.order_id)
    assert (state.currency, state.total_gross, state.charged) == ("JPY", D(4340), D(4340))
    assert state.lines[0].unit_gross == D(1280)


def test_barcodes_and_external_references_find_variants(sandbox, host):
    found = host.saleor.find_variants(
        host.channel, barcodes=["4006-3813-33931", "nothing"], external_references=["erp-0", "x"]
    )

    [variant] = found
    assert (variant.sku, variant.external_reference) == ("SKU-0", "erp-0")
    assert variant.barcodes == ("4006381333931",)


def test_shipped_part_stays_when_the_rest_is_cancelled(sandbox, host):
    made = host.made(host.line(0, 3))
    host.saleor.fulfill(made.order_id, Package("p", {made.line_ids["line-0"]: 1}, "", True))

    host.saleor.cancel_order(made.order_id)
    host.saleor.cancel_order(made.order_id)

    groups = host.state(made.order_id).fulfillments
    assert [(g.status, sum(g.quantities.values())) for g in groups] == [
        ("FULFILLED", 1),
        ("RETURNED", 2),
    ]


def test_grant_is_split_over_transactions_and_the_rest_is_written_down(sandbox, host):
    paid = NewTransaction("TikTok Shop", "", "buyer", D("10.00"), D(0), D(0))
    discount = NewTransaction("TikTok Shop platform discount", "", "tiktok", D("5.00"), D(0), D(0))
    made = host.made(transactions=(paid, discount))
    host.saleor.record_refunds(made.order_id, [Refund("buyer", "back", D("3.00"), "")])
    lines = {made.line_ids["line-0"]: 1}
    sandbox.fail("lost", "orderGrantRefundCreate")

    with pytest.raises(InDoubt):
        host.saleor.grant_refund(
            made.order_id, key="case", amount=D("15.00"), quantities=lines, reason="Lost"
        )
    for _ in range(2):
        host.saleor.grant_refund(
            made.order_id, key="case", amount=D("15.00"), quantities=lines, reason="Lost"
        )

    state = host.state(made.order_id)
    assert state.granted_refunds == D("12.00")
    assert D(state.metadata["tiktok.ungranted.case"]) == D("3.00")
    grants = next(iter(sandbox.state.orders.values())).grants
    assert [grant.quantities for grant in grants if grant.quantities] == [{0: 1}]
