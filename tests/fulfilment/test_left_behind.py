"""Combined packages of which an order was cancelled: the others leave without it."""

from __future__ import annotations

import pytest

from saleor_tiktok_stripe.models import MarketplaceRequest
from saleor_tiktok_stripe.saleor_api.keys import PACKAGE_KEY
from tests.support.shop import ConnectedShop

from .conftest import OpenShop
from .staff import Staff
from .test_combining import COMBINE, NUMBER, market, two_orders
from .test_doubt import settle
from .test_shipping import MARK, SHIP_PACKAGE, an_order, providers, pushed, shipping_calls, units

UNCOMBINE = "POST /fulfillment/packages/{package_id}/uncombine"


def assert_left(shop: ConnectedShop, order_id: str) -> str:
    """All of it, and Saleor knows; its package."""
    lines = units(shop, order_id)
    assert {line["display_status"] for line in lines} == {"AWAITING_COLLECTION"}
    [package] = {line["package_id"] for line in lines}
    [fulfillment] = shop.read(order_id).fulfillments
    assert fulfillment.metadata[PACKAGE_KEY] == package
    assert (pushed(order_id).status, pushed(order_id).problem) == ("done", None)
    return str(package)


@pytest.mark.parametrize("region", ["MX", "DE"])
@pytest.mark.parametrize("first", [True, False])
def test_an_order_leaves_without_the_one_that_was_cancelled(
    open_shop: OpenShop, region: str, first: bool
):  # fmt: skip
    shop = open_shop(region)
    staff, carrier = Staff(shop), providers(shop)[0]
    orders = two_orders(shop)
    shop.tiktok.combine(orders)
    cancelled, other = orders if first else orders[::-1]
    shop.tiktok.cancel(cancelled)
    shop.sync(*orders)
    staff.fulfill(other, tracking=NUMBER, carrier=carrier)

    staff.push(other)
    shop.run_all()

    assert_left(shop, other)
    ship = SHIP_PACKAGE if region == "MX" else MARK
    assert shipping_calls(shop) == {UNCOMBINE: 1, ship: 1}
    assert shop.tiktok.order(cancelled)["status"] == "CANCELLED"
    [row] = MarketplaceRequest.objects.all()
    assert (row.order_id, row.state) == (other, "succeeded")

    staff.push(other)
    shop.sync(*orders)
    assert shipping_calls(shop) == {UNCOMBINE: 1, ship: 1}


@pytest.mark.parametrize("place", [0, 1, 2])
def test_those_that_are_left_leave_together(open_shop: OpenShop, place: int):
    shop, staff, carrier = market(open_shop)
    one, other = two_orders(shop)
    orders = [one, other, an_order(shop, buyer_of=one)]
    shop.tiktok.combine(orders)
    shop.tiktok.cancel(orders.pop(place))
    shop.sync(*orders)
    staff.fulfill(orders[0], tracking=NUMBER, carrier=carrier)

    staff.push(orders[0])
    settle(shop)

    lines = [line for order_id in orders for line in units(shop, order_id)]
    assert {line["display_status"] for line in lines} == {"AWAITING_COLLECTION"}
    packages = {line["package_id"] for line in lines}
    for order_id in orders:
        [fulfillment] = shop.read(order_id).fulfillments
        assert fulfillment.metadata[PACKAGE_KEY] in packages
    calls = shipping_calls(shop)
    assert (calls[UNCOMBINE], calls[SHIP_PACKAGE], len(packages)) == (1, 1, 1)


@pytest.mark.parametrize("fault", ["lost_answer", "reset"])
def test_a_lost_answer_of_taking_it_out_ships_once(open_shop: OpenShop, fault: str):
    shop, staff, carrier = market(open_shop)
    cancelled, other = two_orders(shop)
    shop.tiktok.combine([cancelled, other])
    shop.tiktok.cancel(cancelled)
    shop.sync(cancelled, other)
    staff.fulfill(other, tracking=NUMBER, carrier=carrier)
    shop.tiktok.inject_fault(fault, path="/uncombine", times=1)

    staff.push(other)
    assert MarketplaceRequest.objects.get().state == "in_doubt"
    assert SHIP_PACKAGE not in shipping_calls(shop)
    settle(shop)

    assert_left(shop, other)
    assert shipping_calls(shop)[SHIP_PACKAGE] == 1


def test_where_it_cannot_be_taken_out_the_order_waits_and_says_why(open_shop: OpenShop):
    shop, staff, carrier = market(open_shop)
    cancelled, other = two_orders(shop)
    shop.tiktok.combine([cancelled, other])
    shop.tiktok.cancel(cancelled)
    shop.sync(cancelled, other)
    staff.fulfill(other, tracking=NUMBER, carrier=carrier)
    shop.tiktok.inject_fault("region_refused", path="/uncombine", times=None)

    staff.push(other)

    job = pushed(other)
    assert (job.status, job.error_code) == ("parked", "TIKTOK_NOT_IN_REGION")
    assert other in job.problem["cause"]
    assert SHIP_PACKAGE not in shipping_calls(shop)

    shop.tiktok.clear_faults()
    staff.push(other)
    settle(shop)
    assert_left(shop, other)


def test_no_order_that_is_still_wanted_is_taken_out(open_shop: OpenShop):
    shop, staff, carrier = market(open_shop)
    orders = two_orders(shop)
    shop.tiktok.combine(orders)
    shop.sync(*orders)
    for order_id in orders:
        staff.fulfill(order_id, tracking=NUMBER, carrier=carrier)

    staff.push(*orders)
    settle(shop)

    assert len({assert_left(shop, order_id) for order_id in orders}) == 1
    assert shipping_calls(shop) == {SHIP_PACKAGE: 1}
    assert COMBINE not in shipping_calls(shop)


@pytest.mark.parametrize("approve", [True, False])
def test_an_order_waits_for_the_answer_to_another_one_in_its_package(
    open_shop: OpenShop,
    approve: bool,  # noqa: FBT001
):
    shop, staff, carrier = market(open_shop)
    asking, other = two_orders(shop)
    shop.tiktok.combine([asking, other])
    case = shop.tiktok.request_cancel(asking)
    shop.sync(asking, other)
    staff.fulfill(other, tracking=NUMBER, carrier=carrier)

    staff.push(other)
    assert (pushed(other).status, pushed(other).problem) == ("queued", None)
    assert shipping_calls(shop) == {}
    shop.tiktok.resolve_cancel(case, approve=approve)
    settle(shop)

    assert_left(shop, other)
    assert shipping_calls(shop)[SHIP_PACKAGE] == 1
    assert shop.tiktok.order(asking)["status"] == (
        "CANCELLED" if approve else "AWAITING_COLLECTION"
    )
