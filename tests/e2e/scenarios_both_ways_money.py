"""Money, returns, stock and prices, both ways.

Tests that take a fixture ``trade``; prices as in ``scenarios_both_ways``.
"""

from __future__ import annotations

from decimal import Decimal as D

import pytest

from saleor_tiktok_stripe import aftersales, catalog
from saleor_tiktok_stripe.models import Difference, MarketplaceRequest, StockLevel
from saleor_tiktok_stripe.payments import ledger
from saleor_tiktok_stripe.saleor_api.keys import RETURN_KEY

from .scenarios_both_ways import sell, sku_of
from .trade import PLATFORM, Trade, usps


def delivered(trade: Trade, units: int) -> str:
    """Shipped by staff and brought to the buyer; its id."""
    order_id = sell(trade, units)
    trade.fulfill(order_id, units, usps())
    trade.settle(looks=1)
    trade.stage.tiktok.in_transit(order_id)
    trade.stage.tiktok.deliver(order_id)
    trade.settle(looks=1)
    assert trade.theirs(order_id)["status"] == "DELIVERED"
    return order_id


# --- returns -----------------------------------------------------------------------------------


@pytest.mark.parametrize("restock", ["true", "false"])
def test_a_return_is_accepted_sent_back_and_checked(trade: Trade, restock: str):
    order_id = delivered(trade, 2)
    sku = sku_of(trade, order_id)
    before = trade.side.stock(sku)
    return_id = trade.stage.tiktok.request_return(order_id, trade.stage.lines(order_id)[:1])
    with trade.settings(restock_returns=restock):
        trade.settle(looks=1)
        asked = trade.case(return_id)
        assert (asked.kind, asked.state, asked.amount) == ("return", "needs_answer", D("18.36"))

        with trade.writes(approve=2):
            aftersales.accept(asked, actor="staff:1")
            trade.settle(looks=1)
            assert trade.case(return_id).raw_state == "AWAITING_BUYER_SHIP"
            assert trade.money(order_id)["charged"] == "39.96"
            trade.stage.tiktok.buyer_ships(return_id)
            trade.stage.tiktok.parcel_arrives(return_id)
            trade.settle(looks=1)
            arrived = trade.case(return_id)
            assert (arrived.state, arrived.awaited) == ("needs_answer", "check_parcel")
            assert trade.seen(order_id)["status"] == "FULFILLED"
            aftersales.accept(arrived, actor="staff:1")
            trade.settle()

        assert trade.case(return_id).state == "complete"
        shown = trade.seen(order_id)
        assert (shown["status"], shown["open"]) == ("PARTIALLY_RETURNED", 0)
        assert [(one[0], one[2]) for one in shown["parcels"]] == [("FULFILLED", 1), ("RETURNED", 1)]
        [back] = [
            one for one in trade.stage.read(order_id).fulfillments if one.status == "RETURNED"
        ]
        assert back.metadata[RETURN_KEY] == f"return:{return_id}"
        assert trade.money(order_id) == {
            "charged": "21.60",
            "refunded": "18.36",
            "platform charged": "3.00",
            "platform refunded": "1.00",
            "grants": [("19.36", "NONE")],
        }
        assert trade.refunds(order_id) == [("REFUND_SUCCESS", "18.36", f"return:{return_id}")]
        assert trade.theirs(order_id)["refunded"] == "18.36"
        back_again = 1 if restock == "true" else 0
        assert trade.side.stock(sku) == (before.quantity + back_again, before.allocated)
        trade.assert_still(order_id)


def test_a_part_is_offered_and_the_buyer_takes_it(trade: Trade):
    order_id = delivered(trade, 1)
    return_id = trade.stage.tiktok.request_return(order_id, kind="REFUND")
    trade.settle(looks=1)

    aftersales.offer(trade.case(return_id), D("5.00"), actor="staff:1")
    trade.settle(looks=1)
    assert trade.case(return_id).offer == D("5.00")
    assert trade.refunds(order_id) == []
    with trade.writes():
        trade.stage.tiktok.answer_offer(return_id, accept=True)
        trade.settle()

    assert trade.refunds(order_id) == [("REFUND_SUCCESS", "5.00", f"return:{return_id}")]
    assert (trade.money(order_id)["charged"], trade.theirs(order_id)["refunded"]) == (
        "16.60", "5.00",
    )  # fmt: skip
    assert trade.seen(order_id)["status"] == "FULFILLED"
    trade.assert_still(order_id)


# --- refunds that staff ask for ----------------------------------------------------------------


def test_all_refunded_before_it_left_is_a_cancellation(trade: Trade):
    order_id = sell(trade, 2)
    sku = sku_of(trade, order_id)
    before = trade.side.stock(sku)

    with trade.writes(cancellations=1):
        trade.refund(order_id)
        trade.settle()

    row = MarketplaceRequest.objects.get(order_id=order_id)
    assert (row.kind, row.state) == ("cancel", "succeeded")
    assert trade.seen(order_id)["status"] == "CANCELED"
    assert trade.theirs(order_id)["units"] == (0, 0, 2)
    assert trade.theirs(order_id)["refunded"] == "39.96"
    assert trade.money(order_id) == {"refunded": "39.96", "platform refunded": "4.00"}
    events = [one[:2] for one in trade.refunds(order_id)]
    assert sorted(events) == [("REFUND_REQUEST", "39.96"), ("REFUND_SUCCESS", "39.96")]
    assert trade.side.stock(sku) == (before.quantity, before.allocated - trade.stage.allocated(2))
    trade.assert_still(order_id)


def test_a_part_refunded_after_delivery_is_pending_until_tiktok_paid_it(trade: Trade):
    order_id = delivered(trade, 2)
    trade.stage.tiktok.configure(refund_delay=30 * 86_400)

    with trade.writes(returns=1):
        trade.refund(order_id, "5.00")
        trade.settle()
    row = MarketplaceRequest.objects.get(order_id=order_id, kind="return")
    name = f"return:{row.reference}"
    waiting = trade.money(order_id)
    assert (waiting["charged"], waiting["refundPending"]) == ("34.96", "5.00")
    assert "refunded" not in waiting
    assert trade.refunds(order_id) == [("REFUND_REQUEST", "5.00", name)]
    assert trade.theirs(order_id)["refunded"] == "0.00"
    trade.assert_still(order_id)

    trade.stage.tiktok.configure(refund_delay=0)
    with trade.writes():
        trade.stage.tiktok.complete_return(row.reference)
        trade.settle()
    row.refresh_from_db()
    assert row.state == "succeeded"
    assert trade.refunds(order_id) == [
        ("REFUND_REQUEST", "5.00", name), ("REFUND_SUCCESS", "5.00", name),
    ]  # fmt: skip
    paid = trade.money(order_id)
    assert (paid["charged"], paid["refunded"]) == ("34.96", "5.00")
    assert "refundPending" not in paid
    assert trade.theirs(order_id)["refunded"] == "5.00"
    assert trade.seen(order_id)["status"] == "FULFILLED"
    trade.assert_still(order_id)


def test_a_granted_refund_of_lines_is_paid_by_tiktok(trade: Trade):
    order_id = delivered(trade, 2)

    with trade.writes(returns=1):
        trade.grant(order_id, "18.36", 1)
        trade.settle()

    row = MarketplaceRequest.objects.get(order_id=order_id, kind="return")
    assert (row.state, len(row.body["unit_ids"])) == ("succeeded", 1)
    name = f"return:{row.reference}"
    assert trade.refunds(order_id) == [
        ("REFUND_REQUEST", "18.36", name), ("REFUND_SUCCESS", "18.36", name),
    ]  # fmt: skip
    money = trade.money(order_id)
    assert (money["charged"], money["refunded"]) == ("21.60", "18.36")
    assert ("18.36", "SUCCESS") in money["grants"]
    assert trade.theirs(order_id)["refunded"] == "18.36"
    trade.assert_still(order_id)


def test_a_refund_of_a_completed_order_fails_with_words(trade: Trade):
    order_id = delivered(trade, 1)
    trade.stage.tiktok.complete(order_id)
    trade.settle(looks=1)

    with trade.writes():
        trade.refund(order_id, "5.00")
        trade.settle()

    assert sorted(one[:2] for one in trade.refunds(order_id)) == [
        ("REFUND_FAILURE", "5.00"), ("REFUND_REQUEST", "5.00"),
    ]  # fmt: skip
    [words] = trade.words(order_id)
    assert words.startswith(f"Order {order_id} is completed at TikTok")
    assert "Pay the buyer back outside TikTok" in words
    assert trade.money(order_id) == {"charged": "21.60", "platform charged": "3.00"}
    assert trade.theirs(order_id)["refunded"] == "0.00"
    trade.assert_still(order_id)


def test_more_than_is_left_is_refused(trade: Trade):
    order_id = delivered(trade, 1)
    return_id = trade.stage.tiktok.request_return(order_id, kind="REFUND")
    trade.stage.tiktok.complete_return(return_id)  # and Saleor has not heard of it

    with trade.writes():
        trade.refund(order_id, "10.00")
        trade.settle()

    [words] = trade.words(order_id)
    assert words == (
        "10.00 USD is more than the 3.24 USD of this order that can still be given back. "
        "Ask for at most 3.24 USD."
    )
    assert sorted(one[:2] for one in trade.refunds(order_id)) == [
        ("REFUND_FAILURE", "10.00"), ("REFUND_REQUEST", "10.00"), ("REFUND_SUCCESS", "18.36"),
    ]  # fmt: skip
    money = trade.money(order_id)
    assert (money["charged"], money["refunded"]) == ("3.24", "18.36")
    assert "refundPending" not in money
    assert trade.theirs(order_id)["refunded"] == "18.36"
    trade.assert_still(order_id)


def test_the_platforms_discount_is_not_refunded(trade: Trade):
    order_id = delivered(trade, 1)

    assert trade.payment(order_id, PLATFORM)["actions"] == []
    assert trade.payment(order_id)["actions"] == ["REFUND"]


# --- unheard -----------------------------------------------------------------------------------


def test_everything_is_found_where_no_notification_arrives(trade: Trade):
    tiktok, polls = trade.stage.tiktok, ("orders.poll", "cases.poll")
    tiktok.inject_fault("webhook_drop", times=None)
    try:
        order_id = trade.stage.place(trade.stage.sku(), 2)
        trade.poll(*polls)
        number = usps()
        with trade.writes(packages=1):
            trade.fulfill(order_id, 2, number)
            trade.settle()
        tiktok.in_transit(order_id)
        tiktok.deliver(order_id)
        unit = trade.stage.lines(order_id)[0]
        return_id = tiktok.request_return(order_id, [unit], kind="REFUND")
        trade.poll(*polls)
        with trade.writes(approve=1):
            aftersales.accept(trade.case(return_id), actor="staff:1")
            trade.settle()
    finally:
        tiktok.clear_faults()

    assert trade.seen(order_id) == {
        "status": "FULFILLED", "open": 0, "parcels": [("FULFILLED", number, 2)],
    }  # fmt: skip
    assert trade.stage.read(order_id).metadata["tiktok.delivered_at"]
    assert trade.refunds(order_id) == [("REFUND_SUCCESS", "18.36", f"return:{return_id}")]
    assert trade.theirs(order_id)["refunded"] == "18.36"
    for event in ("ORDER_STATUS_CHANGE", "RETURN_STATUS_CHANGE"):  # now that they arrive again
        tiktok.world.outbox.emit(
            trade.stage.connection.account_id, event, {"order_id": order_id, "update_time": 0}
        )
    trade.settle()
    trade.assert_still(order_id)


# --- stock and prices --------------------------------------------------------------------------


def offered(trade: Trade, sku_id: str) -> int:
    """What TikTok may still sell."""
    [row] = [one for one in trade.stage.tiktok.catalog() if one["sku_id"] == sku_id]
    return int(row["available"])


def test_a_count_in_saleor_and_a_sale_at_tiktok_come_to_the_same_number(trade: Trade):
    row = trade.stage.sku()
    sku, sku_id = row["seller_sku"], row["sku_id"]

    trade.count(sku, 77)
    trade.settle()
    assert offered(trade, sku_id) == 77
    before = len(trade.stage.tiktok.write_log())
    order_id = trade.stage.place(row, 3)
    assert offered(trade, sku_id) == 74
    trade.settle()

    assert trade.side.stock(sku) == (77, trade.stage.allocated(3))
    assert offered(trade, sku_id) == 74
    level = StockLevel.objects.get(sku_id=sku_id)
    assert (level.wanted, level.short, level.due) == (74, 0, False)
    assert len(trade.stage.tiktok.write_log()) - before <= 1
    found = catalog.explain(trade.stage.connection, sku)
    assert (found.wanted, found.state) == (74, "in_step")

    trade.fulfill(order_id, 3, usps())
    trade.settle()
    assert trade.side.stock(sku) == (74, 0)
    assert offered(trade, sku_id) == 74
    trade.assert_still(order_id)


def test_what_is_cancelled_can_be_sold_again(trade: Trade):
    row = trade.stage.sku()
    sku, sku_id = row["seller_sku"], row["sku_id"]
    trade.count(sku, 10)
    trade.settle()
    order_id = trade.stage.place(row, 4)
    trade.settle()
    assert offered(trade, sku_id) == 6

    trade.cancel(order_id)
    trade.settle()

    assert trade.side.stock(sku) == (10, 0)
    assert offered(trade, sku_id) == 10
    trade.assert_still(order_id)


def test_more_sold_than_there_is_is_found(trade: Trade):
    row = trade.stage.sku()
    sku, sku_id = row["seller_sku"], row["sku_id"]
    trade.count(sku, 2)
    trade.settle()

    order_id = trade.stage.place(row, 5)
    trade.settle()

    assert offered(trade, sku_id) == 0
    assert StockLevel.objects.get(sku_id=sku_id).short == 3
    [found] = [one for one in catalog.attention(trade.stage.connection) if one.subject == sku_id]
    assert found.code == "OVERSOLD"
    assert found.message.startswith(f"3 more of {sku} were sold than there are")
    assert order_id in found.message

    trade.count(sku, 8)
    trade.settle()
    assert not [one for one in catalog.attention(trade.stage.connection) if one.subject == sku_id]
    assert offered(trade, sku_id) == 3
    trade.assert_still(order_id)


def test_a_price_that_changes_is_told_where_the_merchant_wants_it(trade: Trade):
    row = trade.stage.sku()
    wanted = D(row["price"]) + 3

    trade.side.set_price(row["seller_sku"], wanted)
    trade.settle()
    assert price(trade, row["sku_id"]) == D(row["price"])
    with trade.settings(price_push="true"):
        trade.settle()
        assert price(trade, row["sku_id"]) == wanted
        before = trade.stage.tiktok.write_log()
        trade.settle()
        assert trade.stage.tiktok.write_log() == before


def price(trade: Trade, sku_id: str) -> D:
    [row] = [one for one in trade.stage.tiktok.catalog() if one["sku_id"] == sku_id]
    return D(row["price"])


# --- settled and paid out ----------------------------------------------------------------------


def test_every_amount_is_followed_from_the_order_to_the_bank(trade: Trade):
    tiktok, connection = trade.stage.tiktok, trade.stage.connection
    kept, part = delivered(trade, 1), delivered(trade, 2)
    trade.refund(part, "5.00")
    trade.settle()
    before = tiktok.write_log()
    for _ in range(2):  # what other scenarios left is settled and paid with it
        tiktok.settle_day(reserve=False)
    payment_id = tiktok.pay_out()

    for _ in range(3):
        trade.poll("ledger.import")
    trade.poll("ledger.reconcile")

    trace = ledger.payout_trace(connection, payment_id, size=500)
    assert trace.total == trace.amount == trace.payout.amount
    assert trace.differences == ()
    shares = {one.order_id: one for one in trace.orders}
    for order_id in (kept, part):
        truth = tiktok.truth(order_id)
        found = ledger.order_money(connection, order_id)
        assert found.standing is ledger.Standing.PAID_OUT
        assert found.settled == {"USD": D(truth["settled"])}
        assert found.expected == {}
        assert [(one.payout_id, one.amount) for one in found.payouts] == [
            (payment_id, D(truth["paid_out"]))
        ]
        assert D(truth["paid_out"]) == D(truth["settled"]) == shares[order_id].net
        assert shares[order_id].saleor_order_id == trade.saleor_id(order_id)
        assert found.differences == ()
        assert sum(found.by_kind["USD"].values()) == found.settled["USD"]
    assert D(ledger.order_money(connection, part).sold["buyer"]) == D("39.96")
    assert not Difference.objects.filter(subject__in=[kept, part], state="open").exists()
    assert tiktok.write_log() == before
    trade.assert_still(kept, part)
    assert ledger.payout_trace(connection, payment_id, size=500) == trace
