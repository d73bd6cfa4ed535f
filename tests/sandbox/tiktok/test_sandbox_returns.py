"""Returns and refunds: every decision, every deadline, and money that goes back once."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
import requests

RETURNS = "/return_refund/202309/returns"
NOT_RECEIVED = "ecom_order_delivered_refund_reason_not_received"
DEFECTIVE = "ecom_order_delivered_refund_and_return_reason_defective"
DAY = 86_400
PENDING, SUCCESS = "RETURN_OR_REFUND_REQUEST_PENDING", "RETURN_OR_REFUND_REQUEST_SUCCESS"
COMPLETE, CANCEL = "RETURN_OR_REFUND_REQUEST_COMPLETE", "RETURN_OR_REFUND_REQUEST_CANCEL"
REJECT, OFFERED = "REFUND_OR_RETURN_REQUEST_REJECT", "AWAITING_BUYER_RESPONSE"


@pytest.fixture(scope="module")
def shop_of(sandbox_server, connect):
    made = {}

    def get(region):
        if region not in made:
            sandbox = sandbox_server(regions=(region,), orders=30, rate_burst=10_000)
            made[region] = (sandbox, connect(sandbox))
        return made[region]

    return get


@pytest.fixture
def us(shop_of):
    return shop_of("US")


def new(sandbox, *counts, status="DELIVERED"):
    wanted = [(sku["sku_id"], n) for sku, n in zip(sandbox.catalog(), counts, strict=False)]
    while True:
        order_id = sandbox.create_order(wanted, status=status)
        order = sandbox.order(order_id)
        if float(order["payment"]["sub_total"]):
            return order_id


def lines_of(sandbox, order_id):
    return [line["id"] for line in sandbox.order(order_id)["line_items"]]


def start(caller, order_id, kind="REFUND", reason=NOT_RECEIVED, key="", **body):
    given = {"order_id": order_id, "return_type": kind, "return_reason": reason, **body}
    query = {"idempotency_key": key} if key else {}
    return caller.call("POST", RETURNS, query, given).json()


def shown(caller, case):
    query, body = {"page_size": 10}, {"return_ids": [case]}
    return caller.data("POST", f"{RETURNS}/search", query, body)["return_orders"][0]


def decide(caller, case, decision, **body):
    verb = "reject" if decision.startswith("REJECT") else "approve"
    given = {"decision": decision, **body}
    return caller.call("POST", f"{RETURNS}/{case}/{verb}", {}, given).json()["code"]


def status(caller, case):
    return shown(caller, case)["return_status"]


def test_the_seller_refunds_everything(us):
    sandbox, caller = us
    order_id = new(sandbox, 2)
    total = Decimal(sandbox.order(order_id)["payment"]["total_amount"])

    answer = start(caller, order_id)

    row = shown(caller, answer["data"]["return_id"])
    assert (row["return_status"], row["role"]) == (COMPLETE, "SELLER")
    assert Decimal(row["refund_amount"]["refund_total"]) <= total
    again = start(caller, order_id)
    assert again["code"] == 25005005


def test_partial_refunds_add_up_to_what_was_paid_and_no_further(us):
    sandbox, caller = us
    order_id = new(sandbox, 1)
    line = sandbox.order(order_id)["line_items"][0]
    body = {"order_line_item_ids": [line["id"]], "currency": "USD"}
    query = {"order_id": order_id, "request_type": "REFUND", "reason_name": NOT_RECEIVED}
    whole = caller.data("POST", "/return_refund/202309/refunds/calculate", {}, query)
    total = Decimal(whole["order_refund_amount"]["refund_total"])

    assert start(caller, order_id, refund_total=str(total + 1), **body)["code"] == 25005005
    assert start(caller, order_id, refund_total="0", **body)["code"] == 25001001
    assert start(caller, order_id, refund_total="1", currency="EUR")["code"] == 25001001
    assert start(caller, order_id, refund_total="1.001", currency="USD")["code"] == 25001001
    first = start(caller, order_id, refund_total="1.5", **body)
    assert shown(caller, first["data"]["return_id"])["refund_amount"]["refund_total"] == "1.5"
    rest = start(caller, order_id, **body)
    given = Decimal(shown(caller, rest["data"]["return_id"])["refund_amount"]["refund_total"])
    assert given + Decimal("1.5") <= total
    assert start(caller, order_id, refund_total="0.01", **body)["code"] == 25005005


@pytest.mark.parametrize(
    ("region", "state", "kind", "code"),
    [
        ("US", "AWAITING_SHIPMENT", "REFUND", 25001003),
        ("US", "AWAITING_COLLECTION", "REFUND", 0),
        ("US", "IN_TRANSIT", "REFUND", 0),
        ("DE", "IN_TRANSIT", "REFUND", 25001003),
        ("DE", "DELIVERED", "REFUND", 0),
        ("DE", "IN_TRANSIT", "RETURN_AND_REFUND", 25001003),
        ("DE", "DELIVERED", "RETURN_AND_REFUND", 0),
        ("DE", "COMPLETED", "REFUND", 25001051),
    ],
)
def test_when_a_seller_may_refund(shop_of, region, state, kind, code):
    sandbox, caller = shop_of(region)
    order_id = new(sandbox, 1, status=state)
    reason = NOT_RECEIVED if kind == "REFUND" else DEFECTIVE

    assert start(caller, order_id, kind, reason)["code"] == code


def test_reasons_must_fit(us):
    sandbox, caller = us
    order_id = new(sandbox, 1)

    assert start(caller, order_id, reason="whatever")["code"] == 25001014
    assert start(caller, order_id, reason=DEFECTIVE)["code"] == 25001021
    assert start(caller, "576460000000000001")["code"] == 25007006


def test_a_repeat_with_the_same_key_refunds_once(us):
    sandbox, caller = us
    order_id = new(sandbox, 1)
    sandbox.inject_fault("lost_answer", path=RETURNS)
    with pytest.raises(requests.ConnectionError):
        start(caller, order_id, key="refund-1")

    again = start(caller, order_id, key="refund-1")

    query, body = {"page_size": 10}, {"order_ids": [order_id]}
    rows = caller.data("POST", f"{RETURNS}/search", query, body)["return_orders"]
    assert [row["return_id"] for row in rows] == [again["data"]["return_id"]]


def test_a_refund_request_is_approved(us):
    sandbox, caller = us
    case = sandbox.request_return(new(sandbox, 1), kind="REFUND")
    row = shown(caller, case)
    assert row["seller_next_action_response"] == [
        {"action": "SELLER_RESPOND_REFUND", "deadline": row["create_time"] + 2 * DAY}
    ]

    assert decide(caller, case, "APPROVE_RETURN") == 25020003
    assert decide(caller, case, "APPROVE_REFUND") == 0

    assert status(caller, case) == COMPLETE
    assert decide(caller, case, "APPROVE_REFUND") == 25020010
    assert decide(caller, case, "REJECT_REFUND", reject_reason="x") == 25020010
    steps = caller.data("GET", f"{RETURNS}/{case}/records")["records"]
    assert [step["description"] for step in steps] == [PENDING, SUCCESS, COMPLETE]


def test_a_return_goes_all_the_way(us):
    sandbox, caller = us
    order_id = new(sandbox, 2)
    line = lines_of(sandbox, order_id)[0]
    case = sandbox.request_return(order_id, [line])
    with pytest.raises(ValueError, match="is open"):
        sandbox.request_return(order_id, [line])
    assert start(caller, order_id, order_line_item_ids=[line])["code"] == 25001011

    assert decide(caller, case, "APPROVE_RECEIVED_PACKAGE") == 25011013
    assert decide(caller, case, "APPROVE_RETURN") == 0
    assert status(caller, case) == "AWAITING_BUYER_SHIP"
    sandbox.buyer_ships(case)
    sandbox.parcel_arrives(case)
    row = shown(caller, case)
    assert row["return_status"] == "BUYER_SHIPPED_ITEM"
    assert row["seller_next_action_response"][0]["action"] == "SELLER_RESPOND_RECEIVE_PACKAGE"
    assert row["return_tracking_number"]
    assert decide(caller, case, "APPROVE_RECEIVED_PACKAGE") == 0
    assert status(caller, case) == COMPLETE


def test_the_buyer_may_keep_it(us):
    sandbox, caller = us
    case = sandbox.request_return(new(sandbox, 1))

    assert decide(caller, case, "APPROVE_RETURN", buyer_keep_item=True) == 0

    row = shown(caller, case)
    assert (row["return_status"], row["can_buyer_keep_item"]) == (COMPLETE, True)


def test_an_offer_is_taken_or_refused(us):
    sandbox, caller = us
    taken = sandbox.request_return(new(sandbox, 1), kind="REFUND")
    refused = sandbox.request_return(new(sandbox, 1))
    part = {"amount": "2", "currency": "USD"}
    too_much = {"amount": "100000", "currency": "USD"}
    assert decide(caller, taken, "OFFER_PARTIAL_REFUND", partial_refund=too_much) == 25005005
    for case in (taken, refused):
        assert decide(caller, case, "OFFER_PARTIAL_REFUND", partial_refund=part) == 0
        assert status(caller, case) == OFFERED

    sandbox.answer_offer(taken, accept=True)
    sandbox.answer_offer(refused, accept=False)

    row = shown(caller, taken)
    assert (row["return_status"], row["refund_amount"]["refund_total"]) == (COMPLETE, "2")
    assert row["partial_refund"] == part
    row = shown(caller, refused)
    assert (row["return_status"], row["buyer_rejected_partial_refund"]) == (PENDING, True)
    assert row["seller_next_action_response"][0]["action"] == "SELLER_RESPOND_RETURN"


@pytest.mark.parametrize(("for_buyer", "after"), [(True, COMPLETE), (False, CANCEL)])
def test_a_rejected_refund_is_disputed(us, for_buyer, after):
    sandbox, caller = us
    case = sandbox.request_return(new(sandbox, 1), kind="REFUND")
    query = {"return_or_cancel_id": case}
    reason = caller.data("GET", "/return_refund/202309/reject_reasons", query)["reasons"][0]
    assert decide(caller, case, "REJECT_REFUND", reject_reason="no") == 25001014
    assert decide(caller, case, "REJECT_REFUND", reject_reason=reason["name"]) == 0
    assert status(caller, case) == REJECT

    sandbox.dispute(case)
    assert shown(caller, case)["arbitration_status"] == "IN_PROGRESS"
    sandbox.decide(case, for_buyer=for_buyer)

    row = shown(caller, case)
    verdict = "SUPPORT_BUYER" if for_buyer else "SUPPORT_SELLER"
    assert (row["return_status"], row["arbitration_status"]) == (after, verdict)


def test_a_parcel_is_rejected(us):
    sandbox, caller = us
    case = sandbox.request_return(new(sandbox, 1))
    decide(caller, case, "APPROVE_RETURN")
    sandbox.buyer_ships(case)
    query = {"return_or_cancel_id": case}
    reason = caller.data("GET", "/return_refund/202309/reject_reasons", query)["reasons"][0]

    name = reason["name"]
    assert decide(caller, case, "REJECT_RETURN", reject_reason=name) == 25011011
    assert decide(caller, case, "REJECT_RECEIVED_PACKAGE", reject_reason=name) == 0

    assert status(caller, case) == "REJECT_RECEIVE_PACKAGE"


def test_replacements(us):
    sandbox, caller = us
    replaced, paid = (sandbox.request_return(new(sandbox, 1), kind="REPLACEMENT") for _ in "ab")
    assert status(caller, paid) == "REPLACEMENT_REQUEST_PENDING"

    assert decide(caller, replaced, "APPROVE_REPLACEMENT") == 0
    assert decide(caller, paid, "ISSUE_REPLACEMENT_REFUND") == 0

    assert status(caller, replaced) == "REPLACEMENT_REQUEST_COMPLETE"
    assert status(caller, paid) == "REPLACEMENT_REQUEST_REFUND_SUCCESS"


def test_another_request_takes_the_place_of_one(us):
    sandbox, caller = us
    case = sandbox.request_return(new(sandbox, 1))

    other = sandbox.edit_return(case, kind="REFUND")

    old, new_one = shown(caller, case), shown(caller, other)
    assert (old["return_status"], old["next_return_id"]) == (CANCEL, other)
    assert (new_one["return_type"], new_one["pre_return_id"]) == ("REFUND", case)


@pytest.mark.parametrize(
    ("kind", "steps", "wait", "after"),
    [
        ("REFUND", (), 2 * DAY, COMPLETE),
        ("RETURN_AND_REFUND", (), 2 * DAY, "AWAITING_BUYER_SHIP"),
        ("RETURN_AND_REFUND", ("APPROVE_RETURN",), 14 * DAY, CANCEL),
        ("RETURN_AND_REFUND", ("APPROVE_RETURN", "buyer_ships"), 30 * DAY, "BUYER_SHIPPED_ITEM"),
        (
            "RETURN_AND_REFUND",
            ("APPROVE_RETURN", "buyer_ships", "parcel_arrives"),
            2 * DAY,
            COMPLETE,
        ),
        ("REFUND", ("REJECT_REFUND",), 7 * DAY, CANCEL),
        ("REFUND", ("REJECT_REFUND", "dispute"), 30 * DAY, REJECT),
        ("REFUND", ("OFFER_PARTIAL_REFUND",), 2 * DAY, PENDING),
    ],
)
def test_what_nobody_answers_moves_by_itself(sandbox, connect, kind, steps, wait, after):
    sandbox.configure_tokens(access_life=60 * DAY)
    caller = connect(sandbox)
    case = sandbox.request_return(new(sandbox, 1), kind=kind)
    for step in steps:
        if step.isupper():
            extra = {"reject_reason": "reverse_reject_request_reason_1"}
            if step.startswith("OFFER"):
                extra = {"partial_refund": {"amount": "1", "currency": "USD"}}
            assert decide(caller, case, step, **extra) == 0
        else:
            getattr(sandbox, step)(case)
    before = status(caller, case)

    sandbox.advance_time(wait - 30)
    assert status(caller, case) == before
    sandbox.advance_time(31)

    assert status(caller, case) == after


def test_what_may_be_done_is_told_before(us):
    sandbox, caller = us

    def told(order_id):
        path = f"/return_refund/202309/orders/{order_id}/aftersale_eligibility"
        found = caller.data("GET", path, {"initiate_aftersale_user": "SELLER"})
        return {
            (row["request_type"], row["eligible"], row["ineligible_code"]): len(
                row["order_line_items_ids"]
            )
            for sku in found["sku_eligibility"]
            for row in sku["line_item_eligibility"]
        }

    assert told(new(sandbox, 2, status="AWAITING_SHIPMENT")) == {
        ("CANCEL", True, 0): 2,
        ("REFUND", False, 25001003): 2,
        ("RETURN_AND_REFUND", False, 25001003): 2,
    }
    order_id = new(sandbox, 2)
    sandbox.request_return(order_id, lines_of(sandbox, order_id)[:1])
    assert told(order_id) == {
        ("CANCEL", False, 25001045): 2,
        ("REFUND", False, 25001011): 1,
        ("REFUND", True, 0): 1,
        ("RETURN_AND_REFUND", False, 25001011): 1,
        ("RETURN_AND_REFUND", True, 0): 1,
    }


def test_newer_notifications_come_to_an_app_that_asked_for_them(sandbox):
    sandbox.set_default_webhook("http://127.0.0.1:9/x")
    quiet = sandbox.request_return(new(sandbox, 1), kind="REFUND")
    sandbox.complete_return(quiet)
    assert {json.loads(item.body)["type"] for item in sandbox.world.outbox.queue} <= {1, 4, 12}
    sandbox.set_default_webhook("http://127.0.0.1:9/x", newer_events=True)
    order_id = new(sandbox, 1)
    sandbox.world.outbox.queue.clear()

    case = sandbox.request_return(order_id)
    sandbox.advance_return(case, REJECT)
    sandbox.dispute(case)
    sandbox.decide(case, for_buyer=True)
    sandbox.buyer_ships(case)
    sandbox.complete_return(case)

    told = [json.loads(item.body) for item in sandbox.world.outbox.queue]
    assert {body["type"] for body in told} == {12, 64, 65, 66, 67}
    (refund,) = [body["data"] for body in told if body["type"] == 67]
    assert "order_id" not in refund
    assert {row["order_id"] for row in refund["line_items"]} == {order_id}
    assert refund["refund_total"] == shown_total(sandbox, order_id)


def shown_total(sandbox, order_id):
    return sandbox.truth(order_id)["returned"]
