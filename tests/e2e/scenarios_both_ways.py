"""Goods, both ways: what staff ship and cancel in Saleor is seen at TikTok, and what happens at
TikTok is seen in Saleor.

Tests that take a fixture ``trade``; a host's module defines it and imports everything from here.
Prices are those of ``stage._price``: of n units the buyer pays 18.36 n + 3.24 (and a fee of 0.50
that stays with TikTok) and the platform 1.00 n + 2.00; one unit is 18.36 and 1.00.
"""

from __future__ import annotations

from saleor_tiktok_stripe import aftersales
from saleor_tiktok_stripe.jobs import clock

from .trade import PLATFORM, Trade, ups, usps


def sell(trade: Trade, units: int, status: str = "AWAITING_SHIPMENT", **changes: object) -> str:
    """An order of one SKU that nobody else buys, known on both sides; its id."""
    order_id = trade.stage.place(trade.stage.sku(), units, status, **changes)
    trade.settle(looks=1)
    return order_id


def sku_of(trade: Trade, order_id: str) -> str:
    [line] = trade.stage.read(order_id).lines
    return line.sku


# --- from Saleor to TikTok ---------------------------------------------------------------------


def test_staff_ship_whole_and_change_the_tracking_number_once(trade: Trade):
    one, other, two = usps(), usps(), ups()
    order_id = sell(trade, 2)
    sku = sku_of(trade, order_id)
    before = trade.side.stock(sku)

    with trade.writes(ship=0, packages=1):
        fulfillment = trade.fulfill(order_id, 2, one)
        trade.settle()

    assert trade.seen(order_id) == {
        "status": "FULFILLED", "open": 0, "parcels": [("FULFILLED", one, 2)],
    }  # fmt: skip
    assert trade.theirs(order_id) == {
        "status": "AWAITING_COLLECTION",
        "units": (0, 2, 0),
        "packages": [(one, 2)],
        "paid": "40.46",
        "refunded": "0.00",
    }
    assert trade.package_keys(order_id) == trade.packages(order_id)
    assert trade.stage.tiktok.order(order_id)["line_items"][0]["shipping_provider_name"] == "USPS"
    after = trade.side.stock(sku)
    assert after == (before.quantity - 2, before.allocated - trade.stage.allocated(2))
    trade.assert_still(order_id)

    with trade.writes(shipping_info=1):
        trade.track(fulfillment, other)
        trade.settle()
    assert trade.theirs(order_id)["packages"] == [(other, 2)]
    assert trade.package_keys(order_id) == trade.packages(order_id)
    assert trade.seen(order_id)["parcels"] == [("FULFILLED", other, 2)]
    trade.assert_still(order_id)

    with trade.writes():
        trade.track(fulfillment, two)
        trade.settle()
    status, code, words = trade.push(order_id)
    assert (status, code) == ("parked", "TRACKING_FINAL")
    assert "changed once already" in words
    assert trade.theirs(order_id)["packages"] == [(other, 2)]
    trade.track(fulfillment, other)
    trade.settle()
    assert trade.push(order_id)[0] == "done"
    assert trade.side.stock(sku) == after


def test_staff_ship_two_parts(trade: Trade):
    one, two = usps(), ups()
    order_id = sell(trade, 3)
    sku = sku_of(trade, order_id)
    before = trade.side.stock(sku)

    with trade.writes(packages=1):
        trade.fulfill(order_id, 1, one)
        trade.settle()
    assert trade.seen(order_id) == {
        "status": "PARTIALLY_FULFILLED", "open": 2, "parcels": [("FULFILLED", one, 1)],
    }  # fmt: skip
    half = trade.theirs(order_id)
    assert (half["status"], half["units"]) == ("PARTIALLY_SHIPPING", (2, 1, 0))
    assert trade.side.stock(sku) == (
        before.quantity - 1, before.allocated - trade.stage.allocated(1),
    )  # fmt: skip

    with trade.writes(packages=1):
        trade.fulfill(order_id, 2, two)
        trade.settle()
    assert trade.seen(order_id) == {
        "status": "FULFILLED",
        "open": 0,
        "parcels": [("FULFILLED", two, 2), ("FULFILLED", one, 1)],
    }
    whole = trade.theirs(order_id)
    assert (whole["status"], whole["units"]) == ("AWAITING_COLLECTION", (0, 3, 0))
    assert whole["packages"] == [(two, 2), (one, 1)]
    assert trade.package_keys(order_id) == trade.packages(order_id)
    assert trade.side.stock(sku) == (
        before.quantity - 3, before.allocated - trade.stage.allocated(3),
    )  # fmt: skip
    trade.assert_still(order_id)


def test_a_shipment_whose_answer_is_lost_is_told_once(trade: Trade):
    order_id, one = sell(trade, 1), usps()
    trade.stage.tiktok.inject_fault("lost_answer", path="/packages$")

    with trade.writes(packages=1):
        trade.fulfill(order_id, 1, one)
        trade.settle(looks=1)
        assert trade.stage.tiktok.armed_faults() == []
        with clock.turned(600):
            trade.settle()

    assert trade.theirs(order_id)["packages"] == [(one, 1)]
    assert trade.package_keys(order_id) == trade.packages(order_id)
    assert trade.push(order_id)[0] == "done"
    trade.assert_still(order_id)


def test_a_carrier_that_staff_name_later(trade: Trade):
    order_id = sell(trade, 1)

    with trade.writes():
        fulfillment = trade.fulfill(order_id, 1, "LOCAL-7")
        trade.settle()
    assert trade.push(order_id)[:2] == ("parked", "CARRIER_UNKNOWN")

    with trade.writes(packages=1):
        trade.note(fulfillment, "carrier", "UPS")
        trade.settle()
        trade.poll("orders.watch")
    shown = trade.stage.tiktok.order(order_id)["line_items"][0]
    assert (shown["shipping_provider_name"], shown["tracking_number"]) == ("UPS", "LOCAL-7")
    trade.assert_still(order_id)


def test_what_is_shipped_during_the_hold_is_told_when_it_ends(trade: Trade):
    one = usps()
    with trade.settings(hold_policy="import_unconfirmed"):
        order_id = sell(trade, 1, "ON_HOLD")
        assert trade.seen(order_id)["status"] == "UNCONFIRMED"
        trade.confirm(order_id)

        with trade.writes():
            trade.fulfill(order_id, 1, one)
            trade.settle()
        assert trade.push(order_id)[0] == "queued"
        assert trade.theirs(order_id)["units"] == (1, 0, 0)

        with trade.writes(packages=1):
            trade.stage.tiktok.end_hold(order_id)
            trade.settle()
    assert trade.theirs(order_id)["packages"] == [(one, 1)]
    assert trade.package_keys(order_id) == trade.packages(order_id)
    assert trade.seen(order_id)["status"] == "FULFILLED"
    trade.assert_still(order_id)


def test_staff_cancel(trade: Trade):
    order_id = sell(trade, 2)
    sku = sku_of(trade, order_id)
    before = trade.side.stock(sku)

    with trade.writes(cancellations=1) as made:
        trade.cancel(order_id)
        trade.settle()

    assert made[0]["body"]["cancel_reason"] == "seller_cancel_reason_out_of_stock"
    assert trade.seen(order_id) == {"status": "CANCELED", "open": 2, "parcels": []}
    theirs = trade.theirs(order_id)
    assert (theirs["status"], theirs["units"]) == ("CANCELLED", (0, 0, 2))
    assert (theirs["paid"], theirs["refunded"]) == ("40.46", "39.96")
    assert trade.money(order_id) == {"refunded": "39.96", "platform refunded": "4.00"}
    assert [one[:2] for one in trade.refunds(order_id)] == [("REFUND_SUCCESS", "39.96")]
    by_platform = trade.refunds(order_id, PLATFORM)  # what it paid of the goods, and of shipping
    assert [one[:2] for one in by_platform] == [("REFUND_SUCCESS", "2.00")] * 2
    assert trade.side.stock(sku) == (before.quantity, before.allocated - trade.stage.allocated(2))
    trade.assert_still(order_id)


def test_staff_take_one_unshipped_unit_out(trade: Trade):
    one = usps()
    order_id = sell(trade, 3)
    sku = sku_of(trade, order_id)
    before = trade.side.stock(sku)

    with trade.writes(cancellations=1):
        trade.take_out(order_id, 1)
        trade.settle()

    assert trade.seen(order_id)["open"] == 2
    assert trade.theirs(order_id)["units"] == (2, 0, 1)
    assert trade.theirs(order_id)["refunded"] == "18.36"
    money = trade.money(order_id)
    assert (money["charged"], money["refunded"]) == ("39.96", "18.36")
    assert (money["platform charged"], money["platform refunded"]) == ("4.00", "1.00")
    assert len(trade.refunds(order_id)) == 1
    assert trade.side.stock(sku) == (before.quantity, before.allocated - trade.stage.allocated(1))
    trade.assert_still(order_id)

    with trade.writes(packages=1):
        trade.fulfill(order_id, 2, one)
        trade.settle()
    theirs = trade.theirs(order_id)
    assert (theirs["units"], theirs["packages"]) == ((0, 2, 1), [(one, 2)])
    assert trade.seen(order_id)["open"] == 0
    assert trade.money(order_id) == money
    assert trade.side.stock(sku) == (
        before.quantity - 2, before.allocated - trade.stage.allocated(3),
    )  # fmt: skip
    trade.assert_still(order_id)


def test_a_fulfillment_cancelled_before_it_was_told(trade: Trade):
    one = usps()
    order_id = sell(trade, 1)
    before = trade.side.stock(sku_of(trade, order_id))

    with trade.writes():
        trade.call_back(trade.fulfill(order_id, 1, one))
        trade.settle()

    assert trade.seen(order_id)["open"] == 1
    assert trade.theirs(order_id)["status"] == "AWAITING_SHIPMENT"
    assert trade.side.stock(sku_of(trade, order_id)).quantity == before.quantity
    trade.assert_still(order_id)


def test_a_fulfillment_cancelled_after_it_was_told(trade: Trade):
    one = usps()
    order_id = sell(trade, 1)
    with trade.writes(packages=1):
        fulfillment = trade.fulfill(order_id, 1, one)
        trade.settle()

        trade.call_back(fulfillment)
        trade.settle()
        status, code, words = trade.push(order_id)
        assert (status, code) == ("parked", "SHIPMENT_CANNOT_BE_UNDONE")
        assert "was cancelled in Saleor after TikTok had been told that it left" in words

        trade.fulfill(order_id, 1, one)
        trade.settle()
    assert trade.push(order_id)[0] == "done"
    assert trade.seen(order_id) == {
        "status": "FULFILLED", "open": 0, "parcels": [("CANCELED", one, 1), ("FULFILLED", one, 1)]
    }  # fmt: skip
    assert trade.theirs(order_id)["packages"] == [(one, 1)]
    trade.assert_still(order_id)


def test_a_label_that_must_be_bought_at_tiktok(trade: Trade):
    order_id = sell(trade, 2, shipping_type="TIKTOK")

    with trade.writes():
        trade.fulfill(order_id, 2)
        trade.settle()
        status, code, words = trade.push(order_id)
        assert (status, code) == ("parked", "LABEL_NEEDS_PURCHASE")
        assert "a label that has to be bought from TikTok first" in words

        package = trade.stage.tiktok.buy_label(order_id)
        trade.stage.tiktok.ship_package(package)
        trade.settle()
    [(number, units)] = trade.theirs(order_id)["packages"]
    assert (bool(number), units) == (True, 2)
    assert trade.seen(order_id) == {
        "status": "FULFILLED", "open": 0, "parcels": [("FULFILLED", number, 2)],
    }  # fmt: skip
    assert trade.package_keys(order_id) == {number: package}
    assert trade.push(order_id)[0] == "done"
    trade.assert_still(order_id)


def test_cancelled_by_staff_after_it_left(trade: Trade):
    one = usps()
    order_id = sell(trade, 1)
    trade.stage.tiktok.ship(order_id, tracking=one)

    with trade.writes():
        trade.cancel(order_id)  # before Saleor heard of the shipment
        trade.settle()

    status, code, words = trade.push(order_id)
    assert (status, code) == ("parked", "CANCEL_TOO_LATE")
    assert "1 of its items had left already" in words
    assert trade.theirs(order_id)["units"] == (0, 1, 0)
    assert trade.theirs(order_id)["refunded"] == "0.00"
    trade.assert_still(order_id)


def test_staff_ship_what_tiktok_has_cancelled(trade: Trade):
    order_id = sell(trade, 1)
    number = usps()

    with trade.writes():
        trade.stage.tiktok.cancel(order_id, by="BUYER")
        shipped = trade.fulfill(order_id, 1, number)  # before Saleor heard of the cancellation
        trade.settle()
        status, code, words = trade.push(order_id)
        assert (status, code) == ("parked", "SHIPPED_BUT_CANCELLED")
        assert "TikTok has cancelled these items" in words
        assert trade.theirs(order_id)["units"] == (0, 0, 1)

        trade.call_back(shipped)  # as the cure says
        trade.settle()
    assert trade.push(order_id)[0] == "done"
    assert trade.seen(order_id)["status"] == "CANCELED"
    money = trade.money(order_id)
    assert (money["refunded"], money["platform refunded"]) == ("21.60", "3.00")
    trade.assert_still(order_id)


# --- from TikTok to Saleor ---------------------------------------------------------------------


def test_shipped_in_seller_center_in_two_packages_and_delivered(trade: Trade):
    one, two = usps(), ups()
    order_id = sell(trade, 3)
    sku = sku_of(trade, order_id)
    before = trade.side.stock(sku)
    first, *rest = trade.stage.lines(order_id)

    with trade.writes():
        left = trade.stage.tiktok.ship(order_id, [first], provider="USPS", tracking=one)
        trade.settle()
        assert trade.seen(order_id) == {
            "status": "PARTIALLY_FULFILLED", "open": 2, "parcels": [("FULFILLED", one, 1)],
        }  # fmt: skip
        right = trade.stage.tiktok.ship(order_id, rest, provider="UPS", tracking=two)
        for package in (left, right):
            trade.stage.tiktok.in_transit(order_id, package)
            trade.stage.tiktok.deliver(order_id, package)
        trade.settle()

    assert trade.seen(order_id) == {
        "status": "FULFILLED",
        "open": 0,
        "parcels": [("FULFILLED", two, 2), ("FULFILLED", one, 1)],
    }
    assert trade.package_keys(order_id) == {one: left, two: right}
    assert trade.stage.read(order_id).metadata["tiktok.delivered_at"]
    assert trade.side.stock(sku) == (
        before.quantity - 3, before.allocated - trade.stage.allocated(3),
    )  # fmt: skip
    trade.assert_still(order_id)


def test_the_buyers_request_to_cancel_is_accepted(trade: Trade):
    order_id = sell(trade, 2)
    sku = sku_of(trade, order_id)
    before = trade.side.stock(sku)
    case_id = trade.stage.tiktok.request_cancel(order_id)
    trade.settle()
    case = trade.case(case_id)
    assert (case.kind, case.state, case.role) == ("cancellation", "needs_answer", "buyer")
    assert trade.seen(order_id) == {"status": "UNFULFILLED", "open": 2, "parcels": []}

    with trade.writes(approve=1):
        aftersales.accept(case, actor="staff:1")
        trade.settle()

    assert trade.case(case_id).state == "complete"
    assert trade.seen(order_id) == {"status": "CANCELED", "open": 2, "parcels": []}
    theirs = trade.theirs(order_id)
    assert (theirs["status"], theirs["units"]) == ("CANCELLED", (0, 0, 2))
    assert trade.money(order_id) == {"refunded": "39.96", "platform refunded": "4.00"}
    assert trade.refunds(order_id) == [("REFUND_SUCCESS", "39.96", f"cancel:{case_id}")]
    assert trade.side.stock(sku) == (before.quantity, before.allocated - trade.stage.allocated(2))
    trade.assert_still(order_id)


def test_the_buyers_request_to_cancel_is_rejected(trade: Trade):
    order_id = sell(trade, 2)
    before = trade.side.stock(sku_of(trade, order_id)), trade.money(order_id)
    case_id = trade.stage.tiktok.request_cancel(order_id)
    trade.settle()
    reason = aftersales.reject_reasons(trade.case(case_id))[0].key

    with trade.writes(reject=1) as made:
        aftersales.reject(trade.case(case_id), reason, actor="staff:1")
        trade.settle()

    assert reason in str(made[0]["body"])
    assert trade.case(case_id).state == "closed"
    assert trade.seen(order_id) == {"status": "UNFULFILLED", "open": 2, "parcels": []}
    theirs = trade.theirs(order_id)
    assert (theirs["units"], theirs["refunded"]) == ((2, 0, 0), "0.00")
    assert (trade.side.stock(sku_of(trade, order_id)), trade.money(order_id)) == before
    trade.assert_still(order_id)
