"""Cancellations: by the seller, by the buyer, answered, timed out, paid back once."""

from __future__ import annotations

import pytest
import requests

CANCEL = "/return_refund/202309/cancellations"
OUT_OF_STOCK = "seller_cancel_reason_out_of_stock"
BUYER_ASKED = "seller_cancel_paid_reason_buyer_requested_cancellation"
EVERY = "order_manage_list_action_respond_popup_reject_reason_buyer_agree"


@pytest.fixture(scope="module")
def shop_of(sandbox_server, connect):
    made = {}

    def get(region):
        if region not in made:
            sandbox = sandbox_server(regions=(region,), orders=30, rate_burst=10_000)
            made[region] = (sandbox, connect(sandbox))
        return made[region]

    return get


def new(sandbox, *counts, status="AWAITING_SHIPMENT"):
    twin = next(
        order_id
        for order_id in sandbox.order_ids()
        if sandbox.order(order_id)["fulfillment_type"] == "FULFILLMENT_BY_SELLER"
    )
    wanted = [(sku["sku_id"], n) for sku, n in zip(sandbox.catalog(), counts, strict=False)]
    return sandbox.create_order(wanted, status=status, buyer_of=twin)


def cancel(caller, order_id, reason=OUT_OF_STOCK, **body):
    given = {"order_id": order_id, "cancel_reason": reason, **body}
    return caller.call("POST", CANCEL, {}, given).json()


def shown(caller, order_id):
    body = {"order_ids": [order_id]}
    return caller.data("POST", f"{CANCEL}/search", {}, body)["cancellations"]


def lines_of(sandbox, order_id):
    return [line["id"] for line in sandbox.order(order_id)["line_items"]]


def available(caller, sku_id):
    body = {"sku_ids": [sku_id]}
    found = caller.data("POST", "/product/202309/inventory/search", {}, body)
    row = found["inventory"][0]["skus"][0]
    return row["total_available_quantity"], row["total_committed_quantity"]


def test_the_seller_cancels_an_order_and_the_money_goes_back(shop_of):
    sandbox, caller = shop_of("DE")
    order_id = new(sandbox, 2)
    paid = sandbox.order(order_id)["payment"]["total_amount"]

    answer = cancel(caller, order_id)

    order = sandbox.order(order_id)
    assert (order["status"], order["cancellation_initiator"]) == ("CANCELLED", "SELLER")
    (row,) = shown(caller, order_id)
    assert row["cancel_id"] == answer["data"]["cancel_id"]
    assert row["cancel_status"] == "CANCELLATION_REQUEST_COMPLETE"
    assert (row["cancel_reason"], row["role"]) == (OUT_OF_STOCK, "SELLER")
    assert row["refund_amount"]["refund_total"] == paid
    assert row["should_replenish_stock"] is False
    assert cancel(caller, order_id)["code"] == 25001010


def test_money_may_take_its_time(sandbox, caller):
    sandbox.configure(refund_delay=3600)
    order_id = new(sandbox, 1)
    cancel(caller, order_id, BUYER_ASKED)
    assert shown(caller, order_id)[0]["cancel_status"] == "CANCELLATION_REQUEST_SUCCESS"

    sandbox.advance_time(3600)

    assert shown(caller, order_id)[0]["cancel_status"] == "CANCELLATION_REQUEST_COMPLETE"


@pytest.mark.parametrize(
    ("region", "reason", "code"),
    [
        ("DE", "no_such_reason", 25001014),
        ("DE", "ecom_order_to_ship_canceled_reason_better_price", 25001015),
        ("DE", "seller_cancel_unpaid_reason_out_of_stock", 25001021),
        ("DE", BUYER_ASKED, 0),
        ("GB", BUYER_ASKED, 25001014),
        ("ID", BUYER_ASKED, 25001014),
        ("GB", f"{OUT_OF_STOCK}_uk", 0),
        ("DE", f"{OUT_OF_STOCK}_uk", 25001014),
    ],
)
def test_reasons_differ_by_market(shop_of, region, reason, code):
    sandbox, caller = shop_of(region)
    order_id = new(sandbox, 1)

    assert cancel(caller, order_id, reason)["code"] == code
    status = sandbox.order(order_id)["status"]
    assert status == ("AWAITING_SHIPMENT" if code else "CANCELLED")


def test_single_lines_only_in_the_us_and_uk_and_only_out_of_stock(shop_of):
    for region, codes in (("US", (25005010, 0)), ("GB", (25005010, 0)), ("DE", (25005010,) * 2)):
        sandbox, caller = shop_of(region)
        order_id = new(sandbox, 2)
        line = lines_of(sandbox, order_id)[:1]
        wrong = cancel(caller, order_id, "seller_cancel_reason_wrong_price",
                       order_line_item_ids=line)  # fmt: skip
        right = cancel(caller, order_id, order_line_item_ids=line)
        assert (wrong["code"], right["code"]) == codes
        states = [line["display_status"] for line in sandbox.order(order_id)["line_items"]]
        assert states.count("CANCELLED") == (right["code"] == 0)


def test_lines_may_be_named_by_sku_and_quantity(shop_of):
    sandbox, caller = shop_of("US")
    order_id = new(sandbox, 3, 1)
    sku = sandbox.catalog()[0]["sku_id"]

    over = cancel(caller, order_id, skus=[{"sku_id": sku, "quantity": 4}])
    assert over["code"] == 25005011
    assert cancel(caller, order_id, skus=[{"sku_id": sku, "quantity": 2}])["code"] == 0

    states = [line["display_status"] for line in sandbox.order(order_id)["line_items"]]
    assert states.count("CANCELLED") == 2
    assert sandbox.order(order_id)["status"] == "AWAITING_SHIPMENT"


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("UNPAID", 25001003),
        ("AWAITING_COLLECTION", 25001045),
        ("DELIVERED", 25001045),
        ("COMPLETED", 25001010),
    ],
)
def test_when_a_seller_may_not_cancel(shop_of, status, code):
    sandbox, caller = shop_of("DE")
    order_id = new(sandbox, 1, status=status)

    assert cancel(caller, order_id)["code"] == code
    assert shown(caller, order_id) == []
    assert cancel(caller, "576460000000000001")["code"] == 25007006


def test_partial_cancellations_never_give_back_more_than_was_paid(shop_of):
    sandbox, caller = shop_of("US")
    for _ in range(12):
        order_id = new(sandbox, 2, 1)
        for line in lines_of(sandbox, order_id):
            assert cancel(caller, order_id, order_line_item_ids=[line])["code"] == 0
        given = sum(float(row["refund_amount"]["refund_total"]) for row in shown(caller, order_id))
        assert given <= float(sandbox.order(order_id)["payment"]["total_amount"]) + 1e-9
        assert sandbox.order(order_id)["status"] == "CANCELLED"


def test_a_buyers_request_is_approved_once(shop_of):
    sandbox, caller = shop_of("DE")
    order_id = new(sandbox, 1)
    case = sandbox.request_cancel(order_id)
    (row,) = shown(caller, order_id)
    deadline = row["create_time"] + 48 * 3600
    assert row["seller_next_action_response"] == [
        {"action": "SELLER_RESPOND_CANCEL", "deadline": deadline}
    ]
    assert cancel(caller, order_id)["code"] == 25001011

    path = f"{CANCEL}/{case}/approve"
    before = sandbox.writes().get("POST /return_refund/cancellations/{cancel_id}/approve", 0)
    assert caller.call("POST", path, {"idempotency_key": "k-1"}).json()["data"] == {}
    assert caller.call("POST", path, {"idempotency_key": "k-1"}).json()["data"] == {}
    assert caller.code("POST", path, {"idempotency_key": "k-2"})[1] == 25020010

    after = sandbox.writes()["POST /return_refund/cancellations/{cancel_id}/approve"]
    assert after - before == 1
    assert sandbox.order(order_id)["status"] == "CANCELLED"


def test_a_buyers_request_is_rejected_with_a_reason_of_the_list(shop_of):
    sandbox, caller = shop_of("US")
    order_id = new(sandbox, 1)
    case = sandbox.request_cancel(order_id)
    path = f"{CANCEL}/{case}/reject"
    query = {"return_or_cancel_id": case}
    reasons = caller.data("GET", "/return_refund/202309/reject_reasons", query)["reasons"]
    assert EVERY in {row["name"] for row in reasons}

    assert caller.code("POST", path, {}, {"reject_reason": "because"})[1] == 25001014
    assert caller.code("POST", path, {}, {})[1] == 25001001
    caller.data("POST", path, {}, {"reject_reason": reasons[0]["name"], "comment": "packed"})

    assert sandbox.order(order_id)["status"] == "AWAITING_SHIPMENT"
    assert shown(caller, order_id)[0]["cancel_status"] == "CANCELLATION_REQUEST_CANCELLED"
    assert caller.code("POST", path, {}, {"reject_reason": EVERY})[1] == 25020009


def test_nobody_answers_for_48_hours(sandbox, caller):
    order_id = new(sandbox, 1)
    sandbox.request_cancel(order_id)

    sandbox.advance_time(48 * 3600 - 5)
    assert sandbox.order(order_id)["status"] == "AWAITING_SHIPMENT"
    sandbox.advance_time(6)

    assert sandbox.order(order_id)["status"] == "CANCELLED"
    assert shown(caller, order_id)[0]["cancel_status"] == "CANCELLATION_REQUEST_COMPLETE"


def test_in_the_remorse_hour_the_buyer_cancels_at_once(shop_of):
    sandbox, caller = shop_of("US")
    order_id = new(sandbox, 1, status="ON_HOLD")

    sandbox.request_cancel(order_id)

    (row,) = shown(caller, order_id)
    assert (row["cancel_type"], row["cancel_status"]) == ("CANCEL", "CANCELLATION_REQUEST_COMPLETE")
    assert sandbox.order(order_id)["status"] == "CANCELLED"


def test_stock_is_taken_at_once_and_comes_back_once(shop_of):
    sandbox, caller = shop_of("DE")
    sku = sandbox.catalog()[0]["sku_id"]
    start = available(caller, sku)

    order_id = new(sandbox, 3, status="UNPAID")
    taken = available(caller, sku)
    sandbox.walk_to(order_id, "AWAITING_SHIPMENT")
    cancel(caller, order_id, "seller_cancel_reason_wrong_price")

    assert taken == (start[0] - 3, start[1] + 3)
    assert available(caller, sku) == start


def test_what_is_out_of_stock_does_not_come_back(shop_of):
    sandbox, caller = shop_of("DE")
    sku = sandbox.catalog()[0]["sku_id"]
    start = available(caller, sku)

    cancel(caller, new(sandbox, 3), OUT_OF_STOCK)

    assert available(caller, sku) == (start[0] - 3, start[1])


def test_a_cancellation_whose_answer_is_lost_is_found_by_its_order(shop_of):
    sandbox, caller = shop_of("DE")
    order_id = new(sandbox, 1)
    sandbox.inject_fault("lost_answer", path=CANCEL)

    with pytest.raises(requests.ConnectionError):
        cancel(caller, order_id)

    assert [row["order_id"] for row in shown(caller, order_id)] == [order_id]
    assert cancel(caller, order_id)["code"] == 25001010
