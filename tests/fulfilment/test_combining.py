"""Orders that staff sent in one parcel, by giving their fulfillments one tracking number."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest
from django.db import close_old_connections

from saleor_tiktok_stripe.fulfilment import plan_push, pushing
from saleor_tiktok_stripe.jobs import ClaimedJob
from saleor_tiktok_stripe.models import MarketplaceRequest
from saleor_tiktok_stripe.saleor_api.keys import PACKAGE_KEY
from tests.support.shop import ConnectedShop

from .conftest import OpenShop
from .staff import PUSH, Staff
from .test_doubt import settle
from .test_shipping import MARK, SHIP_PACKAGE, an_order, providers, pushed, shipping_calls, units

COMBINE = "POST /fulfillment/packages/combine"
SEARCH = "combinable_packages/search"
ONCE = {COMBINE: 1, SHIP_PACKAGE: 1}
NUMBER = "ONEPARCEL1"
HOUSEHOLD = {"first_name": "Ana", "last_name": "Ruiz", "phone": "(+52)5512345678",
             "street": "Calle 5", "extra": "", "postal_code": "06000"}  # fmt: skip


def market(open_shop: OpenShop) -> tuple[ConnectedShop, Staff, str]:
    """A shop that ships packages which exist before; the name of one of its carriers."""
    shop = open_shop("MX")
    return shop, Staff(shop), providers(shop)[0]


def two_orders(shop: ConnectedShop, *counts: int) -> tuple[str, str]:
    one = an_order(shop, *counts)
    return one, an_order(shop, *counts, buyer_of=one)


def searches(shop: ConnectedShop) -> int:
    return sum(n for path, n in shop.tiktok.calls().items() if SEARCH in path)


def assert_one_parcel(shop: ConnectedShop, *order_ids: str, combines: Sequence[int] = (1,)) -> None:
    """Both left once, together, and each fulfillment says so."""
    lines = [line for order_id in order_ids for line in units(shop, order_id)]
    assert {line["display_status"] for line in lines} == {"AWAITING_COLLECTION"}
    assert {line["tracking_number"] for line in lines} == {NUMBER}
    [package] = {line["package_id"] for line in lines}
    held = shop.client.package(package)
    assert sorted(held.order_ids) == sorted(order_ids)
    assert sorted(held.unit_ids) == sorted(line["id"] for line in lines)
    for order_id in order_ids:
        [left] = shop.read(order_id).fulfillments
        assert left.metadata[PACKAGE_KEY] == package
        assert (pushed(order_id).status, pushed(order_id).problem) == ("done", None)
    calls = shipping_calls(shop)
    assert calls.pop(COMBINE) in combines
    assert calls == {SHIP_PACKAGE: 1}


def test_two_orders_with_one_number_leave_in_one_package(open_shop: OpenShop):
    shop, staff, carrier = market(open_shop)
    one, other = two_orders(shop, 2)
    for order_id in (one, other):
        staff.fulfill(order_id, tracking=NUMBER, carrier=carrier)
    [planned] = plan_push(shop.connection, other).lines()
    assert planned.startswith(f"combine orders {one}, {other}, then ship 2 items")
    assert shipping_calls(shop) == {}

    staff.push(one, other)
    shop.run_all()

    assert_one_parcel(shop, one, other)

    # Nothing of it comes back as something to tell.
    staff.push(one, other)
    shop.sync(one, other)
    assert shipping_calls(shop) == ONCE
    assert {pushed(one).outcome, pushed(other).outcome} == {"nothing_to_tell"}
    assert MarketplaceRequest.objects.exclude(state="succeeded").count() == 0


def test_the_push_of_one_order_is_enough(open_shop: OpenShop):
    shop, staff, carrier = market(open_shop)
    one, other = two_orders(shop)
    for order_id in (one, other):
        staff.fulfill(order_id, tracking=NUMBER, carrier=carrier)

    staff.push(other)
    shop.run_all()

    for order_id in (one, other):
        [left] = shop.read(order_id).fulfillments
        assert left.metadata[PACKAGE_KEY] == units(shop, other)[0]["package_id"]
    assert shipping_calls(shop) == ONCE


@pytest.mark.parametrize("fault", ["lost_answer", "reset"])
def test_a_lost_answer_of_combining_is_looked_up_not_repeated(open_shop: OpenShop, fault: str):
    shop, staff, carrier = market(open_shop)
    one, other = two_orders(shop)
    for order_id in (one, other):
        staff.fulfill(order_id, tracking=NUMBER, carrier=carrier)
    shop.tiktok.inject_fault(fault, path="packages/combine", times=1)

    staff.push(one)
    assert MarketplaceRequest.objects.get().state == "in_doubt"
    assert SHIP_PACKAGE not in shipping_calls(shop)
    staff.push(one, other)
    settle(shop)

    assert_one_parcel(shop, one, other)
    assert MarketplaceRequest.objects.filter(state="in_doubt").count() == 0


def test_a_lost_answer_of_shipping_the_combined_package_ships_once(open_shop: OpenShop):
    shop, staff, carrier = market(open_shop)
    one, other = two_orders(shop)
    for order_id in (one, other):
        staff.fulfill(order_id, tracking=NUMBER, carrier=carrier)
    shop.tiktok.inject_fault("lost_answer", path="/ship", times=1)

    staff.push(one, other)
    settle(shop)

    assert_one_parcel(shop, one, other)


def test_two_workers_at_once_combine_and_ship_once(open_shop: OpenShop):
    shop, staff, carrier = market(open_shop)
    orders = two_orders(shop)
    for order_id in orders:
        staff.fulfill(order_id, tracking=NUMBER, carrier=carrier)
    gate = threading.Barrier(2)

    def work(number: int, order_id: str) -> None:
        try:
            gate.wait()
            job = ClaimedJob(number, PUSH, shop.connection.pk, order_id, {}, 0, 0, {}, "lease")
            pushing.push(shop.connection, [job])
        finally:
            close_old_connections()

    workers = [threading.Thread(target=work, args=pair) for pair in enumerate(orders, start=1)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    staff.push(*orders)
    settle(shop)

    # The slower one may have asked as well: the answer to it is a refusal.
    assert_one_parcel(shop, *orders, combines=(1, 2))


def test_a_part_of_an_order_cannot_leave_with_another_order(open_shop: OpenShop):
    shop, staff, carrier = market(open_shop)
    one, other = two_orders(shop, 1, 1)
    staff.fulfill(one, tracking=NUMBER, carrier=carrier)
    part = staff.fulfill(other, 1, tracking=NUMBER, carrier=carrier)

    staff.push(one, other)

    for order_id in (one, other):
        job = pushed(order_id)
        assert (job.status, job.error_code) == ("parked", "PARCEL_NOT_COMBINABLE")
        assert f"only a part of order {other} is to leave in it" in job.problem["cause"]
    assert (shipping_calls(shop), searches(shop)) == ({}, 0)
    assert not MarketplaceRequest.objects.exists()

    staff.track(part, "ANOTHER1")
    staff.push(one, other)
    assert units(shop, one)[0]["tracking_number"] == NUMBER
    assert shop.tiktok.order(other)["status"] == "PARTIALLY_SHIPPING"


def test_what_tiktok_does_not_list_as_combinable_waits(open_shop: OpenShop):
    # Given two buyers of one household.
    shop, staff, carrier = market(open_shop)
    one, other = an_order(shop), an_order(shop)
    for order_id in (one, other):
        shop.tiktok.change_address(order_id, **HOUSEHOLD)
    shop.sync(one, other)
    for order_id in (one, other):
        staff.fulfill(order_id, tracking=NUMBER, carrier=carrier)

    staff.push(one, other)

    job = pushed(one)
    assert (job.status, job.error_code) == ("parked", "PARCEL_NOT_COMBINABLE")
    assert job.problem["params"]["others"] == other
    assert "does not list them" in job.problem["cause"]
    assert pushed(other).error_code == "PARCEL_NOT_COMBINABLE"
    assert shipping_calls(shop) == {}
    assert not MarketplaceRequest.objects.exists()


def test_a_refusal_to_combine_is_told_in_words_and_nothing_leaves(open_shop: OpenShop):
    shop, staff, carrier = market(open_shop)
    one, other = two_orders(shop)
    for order_id in (one, other):
        staff.fulfill(order_id, tracking=NUMBER, carrier=carrier)
    shop.tiktok.inject_fault("region_refused", path="packages/combine", times=None)

    staff.push(one, other)

    for order_id in (one, other):
        assert pushed(order_id).error_code == "PARCEL_NOT_COMBINABLE"
        assert (
            "TikTok does not offer this in the shop's market" in pushed(order_id).problem["cause"]
        )
    assert set(MarketplaceRequest.objects.values_list("state", flat=True)) == {"refused"}
    assert shipping_calls(shop) == {}


def test_one_order_with_its_own_number_asks_nothing_about_combining(open_shop: OpenShop):
    shop, staff, carrier = market(open_shop)
    one, other = two_orders(shop)
    staff.fulfill(one, tracking="NUMBERONE1", carrier=carrier)
    staff.fulfill(other, tracking="NUMBERTWO2", carrier=carrier)

    staff.push(one, other)

    assert (shipping_calls(shop), searches(shop)) == ({SHIP_PACKAGE: 2}, 0)
    assert {pushed(one).outcome, pushed(other).outcome} == {"told"}


def test_a_package_that_left_with_another_order_of_the_same_run_is_not_asked_for_again(
    open_shop: OpenShop,
):
    shop, staff, carrier = market(open_shop)
    orders = two_orders(shop)
    shop.tiktok.combine(orders)
    shop.sync(*orders)
    for order_id in orders:
        staff.fulfill(order_id, tracking=f"OWN{order_id}", carrier=carrier)
    claimed = [
        ClaimedJob(number, PUSH, shop.connection.pk, order_id, {}, 0, 0, {}, "lease")
        for number, order_id in enumerate(orders, start=1)
    ]

    pushing.push(shop.connection, claimed)

    asked = {path: n for path, n in shop.tiktok.calls().items() if "/ship " in path}
    package = units(shop, orders[0])[0]["package_id"]
    assert asked == {f"/fulfillment/202309/packages/{package}/ship 0": 1}
    rows = MarketplaceRequest.objects.order_by("order_id")
    assert [(row.order_id, row.state) for row in rows] == [(one, "succeeded") for one in orders]
    settle(shop)
    assert shipping_calls(shop) == {SHIP_PACKAGE: 1}
    for order_id in orders:
        [left] = shop.read(order_id).fulfillments
        assert left.metadata[PACKAGE_KEY] == package


def test_where_goods_are_marked_as_shipped_the_marketplace_answers(open_shop: OpenShop):
    shop = open_shop("DE")
    staff, carrier = Staff(shop), providers(shop)[0]
    one, other = two_orders(shop)
    for order_id in (one, other):
        staff.fulfill(order_id, tracking=NUMBER, carrier=carrier)

    staff.push(one, other)

    assert (shipping_calls(shop), searches(shop)) == ({MARK: 1}, 0)
    assert {pushed(one).error_code, pushed(other).error_code} == {"", "TIKTOK_TRACKING_USED"}
