"""What staff cancel in Saleor, at the marketplace; and that stock is freed once."""

from __future__ import annotations

import pytest

from saleor_tiktok_stripe.errors import InvalidInput
from saleor_tiktok_stripe.jobs import clock
from saleor_tiktok_stripe.models import Job, MarketplaceRequest
from saleor_tiktok_stripe.orders.cancelling import request_cancel
from saleor_tiktok_stripe.saleor_api.types import SaleorOrderStatus as Status
from tests.support.shop import ConnectedShop

from .conftest import OpenShop
from .staff import Staff
from .test_shipping import an_order, pushed, shipping_calls, units

CANCEL = "POST /return_refund/cancellations"


def cancels(shop: ConnectedShop) -> int:
    return int(shop.tiktok.writes().get(CANCEL, 0))


def allocated(shop: ConnectedShop) -> dict[object, int]:
    """What is set aside of each stock that ever had something set aside."""
    return {key: (one.quantity, one.allocated) for key, one in shop.saleor.state.stocks.items()}


def test_an_order_cancelled_in_saleor_is_cancelled_and_its_stock_freed_once(shop: ConnectedShop):
    before = allocated(shop)
    order_id = an_order(shop)
    staff = Staff(shop)
    staff.cancel(order_id)
    freed = allocated(shop)

    staff.push(order_id)
    shop.run_all()

    shown = shop.tiktok.order(order_id)
    assert shown["status"] == "CANCELLED"
    assert cancels(shop) == 1
    assert shop.read(order_id).status is Status.CANCELED
    assert allocated(shop) == freed == before
    [row] = MarketplaceRequest.objects.all()
    assert (row.kind, row.state) == ("cancel", "succeeded")
    assert row.body["reason"] == "seller_cancel_reason_out_of_stock"
    assert row.reference
    assert shop.read(order_id).charged == 0

    staff.push(order_id)
    shop.sync(order_id)
    assert (cancels(shop), allocated(shop)) == (1, freed)


def test_following_an_order_that_staff_cancelled_asks_for_its_cancellation(shop: ConnectedShop):
    order_id = an_order(shop)
    Staff(shop).cancel(order_id)

    shop.tiktok.change_address(order_id)
    shop.sync(order_id)

    assert shop.tiktok.order(order_id)["status"] == "CANCELLED"
    assert shop.job(order_id).status == "done"


def test_the_reason_is_the_merchants(open_shop: OpenShop):
    shop = open_shop("GB")
    shop.set_policy(cancel_reason="wrong_price")
    order_id = an_order(shop)
    Staff(shop).cancel(order_id)

    Staff(shop).push(order_id)

    assert MarketplaceRequest.objects.get().body["reason"] == "seller_cancel_reason_wrong_price_uk"


def test_a_reason_that_the_market_lacks_is_said(open_shop: OpenShop):
    shop = open_shop("MY")
    shop.set_policy(cancel_reason="buyer_requested")
    order_id = an_order(shop)
    Staff(shop).cancel(order_id)

    Staff(shop).push(order_id)

    assert pushed(order_id).error_code == "CANCEL_REASON_MISSING"
    assert cancels(shop) == 0


def test_an_order_in_its_hold_window_can_be_cancelled(shop: ConnectedShop):
    shop.set_policy(hold_policy="import_unconfirmed")
    order_id = an_order(shop, status="ON_HOLD")
    Staff(shop).cancel(order_id)

    Staff(shop).push(order_id)

    assert shop.tiktok.order(order_id)["status"] == "CANCELLED"


def test_an_order_that_left_meanwhile_says_what_to_do_instead(shop: ConnectedShop):
    order_id = an_order(shop)
    shop.tiktok.ship(order_id)
    Staff(shop).cancel(order_id)

    Staff(shop).push(order_id)

    job = pushed(order_id)
    assert (job.status, job.error_code) == ("parked", "CANCEL_TOO_LATE")
    assert "2 of its items had left" in job.problem["cause"]
    assert "Refund the buyer" in job.problem["cure"]
    assert cancels(shop) == 0


def test_nothing_is_cancelled_where_that_is_switched_off(shop: ConnectedShop):
    shop.set_policy(cancel_push=False)
    order_id = an_order(shop)
    Staff(shop).cancel(order_id)

    Staff(shop).push(order_id)

    assert (cancels(shop), shop.tiktok.order(order_id)["status"]) == (0, "AWAITING_SHIPMENT")


def test_units_that_staff_took_out_are_cancelled_where_the_market_allows(shop: ConnectedShop):
    order_id = an_order(shop, 3)
    staff = Staff(shop)
    staff.take_out(order_id, 1)
    before = allocated(shop)

    staff.push(order_id)
    shop.run_all()

    assert sorted(one["display_status"] for one in units(shop, order_id)) == [
        "AWAITING_SHIPMENT", "AWAITING_SHIPMENT", "CANCELLED",
    ]  # fmt: skip
    assert allocated(shop) == before
    assert sum(line.quantity_to_fulfill for line in shop.read(order_id).lines) == 2
    staff.push(order_id)
    assert cancels(shop) == 1
    staff.fulfill(order_id, 2, tracking="TRACKONE1")
    staff.push(order_id)
    assert shop.tiktok.order(order_id)["status"] == "AWAITING_COLLECTION"


def test_taking_out_and_shipping_the_rest_at_once(shop: ConnectedShop):
    order_id = an_order(shop, 2, 1)
    staff = Staff(shop)
    staff.take_out(order_id, 1, 0)
    staff.fulfill(order_id, 1, 1, tracking="TRACKONE1")

    staff.push(order_id)
    shop.run_all()

    shown = units(shop, order_id)
    assert [one["display_status"] for one in shown].count("CANCELLED") == 1
    assert [one["tracking_number"] for one in shown].count("TRACKONE1") == 2
    assert (cancels(shop), len(shipping_calls(shop))) == (1, 1)
    assert pushed(order_id).status == "done"


def test_taking_out_units_elsewhere_says_what_to_do(open_shop: OpenShop):
    shop = open_shop("DE")
    order_id = an_order(shop, 2)
    Staff(shop).take_out(order_id, 1)

    Staff(shop).push(order_id)

    job = pushed(order_id)
    assert (job.status, job.error_code) == ("parked", "CANCEL_PART_REFUSED")
    assert cancels(shop) == 0


def test_a_buyers_open_request_comes_first(shop: ConnectedShop):
    order_id = an_order(shop)
    shop.tiktok.request_cancel(order_id)
    shop.sync(order_id)
    Staff(shop).cancel(order_id)

    Staff(shop).push(order_id)

    assert (pushed(order_id).error_code, cancels(shop)) == ("CANCEL_REQUEST_OPEN", 0)


def test_a_shipment_called_back_lets_the_marketplaces_cancellation_through(shop: ConnectedShop):
    order_id = an_order(shop)
    staff = Staff(shop)
    shipped = staff.fulfill(order_id, tracking="TRACKONE1")
    shop.tiktok.cancel(order_id, by="BUYER")
    shop.sync(order_id)
    assert (shop.job(order_id).status, shop.job(order_id).error_code) == (
        "parked", "CANCELLED_AFTER_SHIPMENT",
    )  # fmt: skip

    staff.call_back(shipped)
    staff.push(order_id)

    assert shop.read(order_id).status is Status.CANCELED
    assert (shop.job(order_id).status, pushed(order_id).status) == ("done", "done")
    assert (cancels(shop), len(shipping_calls(shop))) == (0, 0)


# --- asked for by another room -----------------------------------------------------------------


def test_a_cancellation_that_was_asked_for_is_sent_once_and_cancels_in_saleor(
    shop: ConnectedShop,
):
    order_id = an_order(shop)
    asked = {"reason": "wrong_price", "actor": "staff:1", "request_key": "k1"}

    row = request_cancel(shop.connection, order_id, **asked)
    same = request_cancel(shop.connection, order_id, **asked)
    shop.work()
    shop.run_all()

    assert row.pk == same.pk
    row.refresh_from_db()
    assert (row.state, bool(row.reference)) == ("succeeded", True)
    assert shop.tiktok.order(order_id)["status"] == "CANCELLED"
    assert shop.read(order_id).status is Status.CANCELED
    assert request_cancel(shop.connection, order_id, **asked).pk == row.pk
    assert cancels(shop) == 1


def test_a_cancellation_asked_for_too_late_is_refused_in_its_row(shop: ConnectedShop):
    order_id = an_order(shop)
    shop.tiktok.ship(order_id)

    row = request_cancel(shop.connection, order_id, reason="wrong_price", actor="staff:1")
    shop.work()

    row.refresh_from_db()
    assert (row.state, row.problem["code"]) == ("refused", "CANCEL_TOO_LATE")
    assert cancels(shop) == 0
    assert Job.objects.filter(kind="case.sync", subject=order_id).exists()


def test_what_the_market_does_not_allow_is_refused_before_it_is_written(open_shop: OpenShop):
    shop = open_shop("DE")
    order_id = an_order(shop)

    with pytest.raises(InvalidInput) as part:
        request_cancel(
            shop.connection, order_id, reason="out_of_stock", actor="staff:1", unit_ids=["1"]
        )
    with pytest.raises(InvalidInput) as reason:
        request_cancel(shop.connection, order_id, reason="no_such", actor="staff:1")

    assert (part.value.code, reason.value.code) == ("CANCEL_PART", "CANCEL_REASON")
    assert not MarketplaceRequest.objects.exists()


# --- races -------------------------------------------------------------------------------------


def test_a_cancellation_whose_answer_is_lost_is_not_sent_again(shop: ConnectedShop):
    order_id = an_order(shop)
    Staff(shop).cancel(order_id)
    shop.tiktok.inject_fault("lost_answer", path="/cancellations", times=1)

    Staff(shop).push(order_id)
    assert MarketplaceRequest.objects.get().state == "in_doubt"
    shop.tiktok.clear_faults()
    with clock.turned(300):
        shop.run_all()

    row = MarketplaceRequest.objects.get()
    assert (row.state, bool(row.reference)) == ("succeeded", True)
    assert cancels(shop) == 1
    assert pushed(order_id).status == "done"
