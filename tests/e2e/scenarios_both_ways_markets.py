"""What other markets allow and what they do not, both ways: Germany cancels whole orders only, and
in Malaysia TikTok opens the package and gives its label.

Tests that take a fixture ``trade``, whose parameter is the market of the shop.
"""

from __future__ import annotations

import pytest

from saleor_tiktok_stripe import accounts
from saleor_tiktok_stripe.fulfilment import refresh_carriers
from saleor_tiktok_stripe.models import Carrier

from .trade import Trade, cash

IN_GERMANY = pytest.mark.parametrize("trade", ["DE"], indirect=True, scope="module")
IN_MALAYSIA = pytest.mark.parametrize("trade", ["MY"], indirect=True, scope="module")


def sell(trade: Trade, units: int, shipping_type: str = "SELLER") -> str:
    """An order of one SKU at the market's own prices, known on both sides; its id."""
    order_id = str(
        trade.stage.tiktok.create_order(
            [(trade.stage.sku()["sku_id"], units)],
            shipping_type=shipping_type,
            by_tiktok=False,
            status="AWAITING_SHIPMENT",
        )
    )
    trade.settle()
    assert trade.seen(order_id) == {"status": "UNFULFILLED", "open": units, "parcels": []}
    return order_id


def carrier(trade: Trade) -> str:
    connection = trade.stage.connection
    refresh_carriers(connection, accounts.client(connection))
    return str(Carrier.objects.filter(connection=connection).latest("carrier_id").name)


@IN_GERMANY
def test_units_are_not_taken_out_where_only_whole_orders_are_cancelled(trade: Trade):
    order_id = sell(trade, 2)
    before = trade.money(order_id)

    with trade.writes():
        trade.take_out(order_id, 1)
        trade.settle()

    status, code, words = trade.push(order_id)
    assert (status, code) == ("parked", "CANCEL_PART_REFUSED")
    assert words.startswith(f"1 items of order {order_id} were taken out in Saleor")
    assert trade.theirs(order_id)["units"] == (2, 0, 0)
    assert trade.money(order_id) == before
    trade.assert_still(order_id)


@IN_GERMANY
def test_a_part_is_not_refunded_before_it_left(trade: Trade):
    order_id = sell(trade, 2)
    before = trade.money(order_id)

    with trade.writes():
        trade.refund(order_id, "1.00")
        trade.settle()

    [words] = trade.words(order_id)
    assert words.startswith(f"Nothing of order {order_id} has left yet")
    assert trade.money(order_id) == before
    assert trade.theirs(order_id)["refunded"] == "0.00"
    trade.assert_still(order_id)


@IN_GERMANY
def test_staff_cancel_in_another_market(trade: Trade):
    order_id = sell(trade, 2)

    with trade.writes(cancellations=1):
        trade.cancel(order_id)
        trade.settle()

    assert trade.seen(order_id)["status"] == "CANCELED"
    theirs = trade.theirs(order_id)
    assert theirs["units"] == (0, 0, 2)
    money = trade.money(order_id)
    assert "charged" not in money
    assert sum(float(one[1]) for one in trade.refunds(order_id)) == float(money["refunded"])
    trade.assert_still(order_id)


@IN_GERMANY
def test_a_buyers_open_request_comes_before_shipping(trade: Trade):
    order_id = sell(trade, 1)
    case_id = trade.stage.tiktok.request_cancel(order_id)
    trade.settle()
    named = carrier(trade)

    with trade.writes():
        trade.note(trade.fulfill(order_id, 1, "TRACK-7"), "carrier", named)
        trade.settle()
    assert trade.push(order_id)[:2] == ("parked", "CANCEL_REQUEST_OPEN")
    assert trade.theirs(order_id)["units"] == (1, 0, 0)

    with trade.writes(packages=1):
        trade.stage.tiktok.resolve_cancel(case_id, approve=False)
        trade.settle()
    assert trade.theirs(order_id)["packages"] == [("TRACK-7", 1)]
    assert trade.package_keys(order_id) == trade.packages(order_id)
    trade.assert_still(order_id)


@IN_MALAYSIA
def test_the_number_of_tiktoks_label_comes_back(trade: Trade):
    order_id = sell(trade, 2, "TIKTOK")

    with trade.writes(ship=1):
        trade.fulfill(order_id, 2)
        trade.settle()

    [(number, units)] = trade.theirs(order_id)["packages"]
    assert (bool(number), units) == (True, 2)
    assert trade.theirs(order_id)["units"] == (0, 2, 0)
    assert trade.seen(order_id) == {
        "status": "FULFILLED", "open": 0, "parcels": [("FULFILLED", number, 2)],
    }  # fmt: skip
    assert trade.package_keys(order_id) == trade.packages(order_id)
    trade.assert_still(order_id)


@IN_MALAYSIA
def test_staff_refund_a_part_after_delivery_in_another_market(trade: Trade):
    order_id = sell(trade, 1, "TIKTOK")
    trade.stage.tiktok.ship(order_id)
    trade.stage.tiktok.in_transit(order_id)
    trade.stage.tiktok.deliver(order_id)
    trade.settle()

    with trade.writes(returns=1):
        trade.refund(order_id, "1.00")
        trade.settle()

    assert [one[:2] for one in trade.refunds(order_id)] == [
        ("REFUND_REQUEST", "1.00"), ("REFUND_SUCCESS", "1.00"),
    ]  # fmt: skip
    assert trade.money(order_id)["refunded"] == cash(trade.theirs(order_id)["refunded"]) == "1.00"
    trade.assert_still(order_id)
