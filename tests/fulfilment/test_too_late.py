"""Items that staff took out in Saleor, and that the marketplace shipped before it was told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from saleor_tiktok_stripe.saleor_api.keys import CANCELLED_KEY, PACKAGE_KEY, RETURN_KEY
from saleor_tiktok_stripe.saleor_api.types import FulfillmentState
from saleor_tiktok_stripe.tiktok.types import OrderState, Unit
from tests.aftersales.case_shop import look
from tests.drift.support import of_order
from tests.orders.samples import WHEN, order, unit
from tests.support.shop import ConnectedShop

from .conftest import OpenShop
from .staff import Staff
from .test_cancelling import cancels
from .test_planning import codes, left, saleor, taken_out, told
from .test_shipping import an_order, pushed, units

LEFT_AT = WHEN + timedelta(hours=1)
BACK_AT = LEFT_AT + timedelta(days=1, seconds=1)


def gone(number: int, package: str, state: OrderState = OrderState.IN_TRANSIT) -> Unit:
    return unit(number, state=state, package_id=package, shipped_at=LEFT_AT)


def recorded(package: str, number: int = 1) -> FulfillmentState:
    return left(f"f-{package}", number, "", metadata={PACKAGE_KEY: package})


def out(at: timedelta = timedelta(), number: int = 1, **marks: str) -> FulfillmentState:
    made = taken_out(f"r-{at}-{number}", number, **marks)
    return replace(made, created_at=WHEN + at)


def test_units_taken_out_before_they_left_are_told_of():
    now = order(gone(1, "p1"), gone(2, "p1"), unit(3))

    found = told(now, saleor(now, recorded("p1"), out()))

    assert (found.steps, codes(found)) == ((), ["CANCEL_TOO_LATE"])
    [said] = found.problems
    assert said.params["shipped"] == "1"
    assert "Refund the buyer" in said.cure


@pytest.mark.parametrize("market", ["US", "DE", "MX"])
def test_a_whole_package_that_left_all_the_same_is_told_of(market: str):
    now = order(gone(1, "p1"), gone(2, "p1"))

    found = told(now, saleor(now, out(number=2)), market)

    assert [one.params["shipped"] for one in found.problems] == ["2"]


def test_what_staff_took_out_just_after_it_left_is_told_of_too():
    now = order(gone(1, "p1"), gone(2, "p1"))

    assert codes(told(now, saleor(now, recorded("p1"), out(timedelta(hours=2))))) == [
        "CANCEL_TOO_LATE"
    ]


def test_goods_that_staff_recorded_as_back_later_are_left_as_they_are():
    now = order(gone(1, "p1"), gone(2, "p1"))

    found = told(now, saleor(now, recorded("p1"), out(BACK_AT - WHEN)))

    assert (found.steps, codes(found)) == ((), [])


def test_a_package_that_was_recorded_late_did_not_come_back_before():
    # Given an outage: it was told of two days after it had left.
    now = order(gone(1, "p1"), gone(2, "p1"))
    late = replace(recorded("p1"), created_at=BACK_AT + timedelta(days=1))

    assert codes(told(now, saleor(now, late, out(BACK_AT - WHEN)))) == ["CANCEL_TOO_LATE"]


def test_what_staff_called_back_and_then_took_out_did_not_come_back():
    now = order(gone(1, "p1"), gone(2, "p1"))
    undone = replace(recorded("p1", 2), status="CANCELED")

    found = told(now, saleor(now, undone, out(BACK_AT - WHEN, 2)))

    assert (found.steps, codes(found)) == ((), ["CANCEL_TOO_LATE"])
    assert found.problems[0].params["shipped"] == "2"


def test_what_was_recorded_again_after_it_was_called_back_may_come_back():
    now = order(gone(1, "p1"), gone(2, "p1"))
    undone = replace(recorded("p1", 2), status="CANCELED")

    found = told(now, saleor(now, undone, recorded("p1"), out(BACK_AT - WHEN)))

    assert (found.steps, codes(found)) == ((), [])


def test_what_the_marketplace_cancelled_is_what_staff_took_out():
    cancelled = unit(2, state=OrderState.CANCELLED)
    now = order(gone(1, "p1"), cancelled)
    assert codes(told(now, saleor(now, recorded("p1"), out()))) == []

    # One that it cancelled by itself is recorded apart.
    now = order(gone(1, "p1"), gone(3, "p1"), cancelled)
    ours = out(number=1, **{CANCELLED_KEY: "true"})
    assert codes(told(now, saleor(now, recorded("p1"), ours, out()))) == ["CANCEL_TOO_LATE"]


def test_a_return_at_the_marketplace_ends_it():
    now = order(gone(1, "p1"), gone(2, "p1"))
    back = out(number=1, **{RETURN_KEY: "return:1"})

    assert codes(told(now, saleor(now, recorded("p1"), back))) == []


def test_where_cancellations_are_not_told_nothing_is_said():
    now = order(gone(1, "p1"), gone(2, "p1"))

    assert codes(told(now, saleor(now, recorded("p1"), out()), policy={"cancel_push": False})) == []


@pytest.mark.parametrize("region", ["US", "DE"])
def test_the_merchant_is_asked_and_the_difference_has_a_name(open_shop: OpenShop, region: str):
    shop = open_shop(region)
    order_id = an_order(shop, 3)
    staff = Staff(shop)
    staff.take_out(order_id, 1)
    shop.tiktok.ship(order_id)
    shop.sync(order_id)
    before = shop.read(order_id)

    for _ in range(2):
        staff.push(order_id)
        shop.run_all()

        job = pushed(order_id)
        assert (job.status, job.error_code) == ("parked", "CANCEL_TOO_LATE")
        assert "1 of its items had left" in job.problem["cause"]
    assert cancels(shop) == 0
    assert shop.read(order_id) == before
    [parcel] = [one for one in before.fulfillments if one.status == "FULFILLED"]
    assert sum(parcel.quantities.values()) == 2
    found = of_order(shop, order_id)
    assert {code: one.ours["problem"] for code, one in found.items()} == {
        "CANCEL_NOT_TOLD": "CANCEL_TOO_LATE"
    }


@pytest.mark.parametrize("restock", [True, False])
def test_what_left_all_the_same_and_comes_back_leaves_stock_as_staff_left_it(
    shop: ConnectedShop,
    restock: bool,  # noqa: FBT001
):
    shop.set_policy(restock_returns=restock)
    order_id = an_order(shop, 3)
    staff = Staff(shop)
    before = stock_of(shop, order_id)
    staff.take_out(order_id, 1)
    shop.tiktok.ship(order_id)
    shop.sync(order_id)
    staff.push(order_id)
    assert pushed(order_id).error_code == "CANCEL_TOO_LATE"
    assert "stock still counts them" in pushed(order_id).problem["cure"]
    assert stock_of(shop, order_id) == before - 2
    shop.tiktok.in_transit(order_id)
    shop.tiktok.deliver(order_id)
    came_back = shop.tiktok.request_return(order_id, [units(shop, order_id)[0]["id"]])
    shop.tiktok.advance_return(came_back, "BUYER_SHIPPED_ITEM")
    shop.tiktok.complete_return(came_back)

    for _ in range(2):
        look(shop, order_id)
        staff.push(order_id)
        shop.run_all()

    groups = [one for one in shop.read(order_id).fulfillments if one.status == "RETURNED"]
    assert [one.metadata[RETURN_KEY] for one in groups] == [f"return:{came_back}"]
    assert pushed(order_id).status == "done"
    assert stock_of(shop, order_id) == before - 2


def stock_of(shop: ConnectedShop, order_id: str) -> int:
    """Pieces of the order's first SKU in Saleor."""
    sku = shop.read(order_id).lines[0].sku
    return shop.saleor.state.stock("default", sku).quantity
