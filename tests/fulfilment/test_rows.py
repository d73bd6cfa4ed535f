"""Rows of what was asked: no more of them than there was to ask, and none that nobody ends."""

from __future__ import annotations

from saleor_tiktok_stripe.accounts.tiktok import vendor
from saleor_tiktok_stripe.models import MarketplaceRequest
from saleor_tiktok_stripe.orders import cancelling
from tests.support.shop import ConnectedShop

from .conftest import OpenShop
from .staff import Staff
from .test_shipping import MARK, SHIP_PACKAGE, an_order, pushed, shipping_calls, units


def test_a_refusal_that_is_tried_again_stays_one_row(shop: ConnectedShop):
    order_id = an_order(shop)
    staff = Staff(shop)
    fulfillment = staff.fulfill(order_id, tracking="9" * 51)

    for _ in range(4):
        staff.push(order_id)
    refused = MarketplaceRequest.objects.get()
    assert (refused.state, pushed(order_id).error_code) == ("refused", "TIKTOK_TRACKING_REFUSED")
    staff.track(fulfillment, "TRACKONE1")
    staff.push(order_id)

    row = MarketplaceRequest.objects.get()
    assert (row.pk, row.state, row.problem) == (refused.pk, "succeeded", None)
    assert (row.attempt, row.body["number"]) == (1, "TRACKONE1")
    assert shipping_calls(shop) == {MARK: 1}


def test_what_was_never_sent_and_is_not_wanted_any_more_is_forgotten(shop: ConnectedShop):
    order_id = an_order(shop)
    staff = Staff(shop)
    fulfillment = staff.fulfill(order_id, tracking="TRACKONE1")
    shop.tiktok.inject_fault("rate_limit", path=f"{order_id}/packages", times=20)
    staff.push(order_id)
    waited = MarketplaceRequest.objects.get().state
    shop.tiktok.clear_faults()
    vendor._door.cache_clear()  # it would rest for a real second

    staff.call_back(fulfillment)
    shop.run_all()

    assert waited == "waiting"
    assert not MarketplaceRequest.objects.exists()
    assert (pushed(order_id).status, shipping_calls(shop)) == ("done", {})


def test_a_cancellation_that_somebody_asked_for_is_kept(shop: ConnectedShop):
    order_id = an_order(shop)
    shop.tiktok.inject_fault("rate_limit", path="cancellations", times=20)
    cancelling.request_cancel(shop.connection, order_id, reason="out_of_stock", actor="ana")
    shop.work()

    Staff(shop).push(order_id)

    assert MarketplaceRequest.objects.get().state == "waiting"


def test_orders_of_one_package_that_cannot_be_named_stop_nothing_half_way(open_shop: OpenShop):
    shop = open_shop("MY")
    one, other = an_order(shop, ships="TIKTOK"), an_order(shop, ships="TIKTOK")
    shop.tiktok.combine([one, other])
    shop.sync(one, other)
    Staff(shop).fulfill(one, carrier="")
    package = units(shop, one)[0]["package_id"]
    shop.tiktok.inject_fault("region_refused", path=f"packages/{package}$", times=1)

    Staff(shop).push(one)

    row = MarketplaceRequest.objects.get()
    shipped = shipping_calls(shop).get(SHIP_PACKAGE, 0)
    # What went out is never called refused.
    assert (row.state, shipped) in {("refused", 0), ("waiting", 0), ("succeeded", 1)}
