"""Cancellations, refunds and returns as they are read over real HTTP."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal as D

import pytest

from saleor_tiktok_stripe.tiktok.aftersales_types import (
    Awaited,
    Return,
    ReturnedUnit,
    ReturnKind,
    ReturnState,
)
from tests.transport.servers import answer, serving

from .requests import asked
from .test_client import check_signature
from .wire_samples import envelope

BASE = "/return_refund/202309"
NOTHING = {
    "currency": "USD",
    "refund_total": "0",
    "refund_subtotal": "0",
    "refund_tax": "0",
    "refund_shipping_fee": "0",
}
REFUND = {
    "currency": "USD",
    "refund_subtotal": "18",
    "refund_tax": "1.35",
    "refund_shipping_fee": "2",
    "refund_total": "21.63",
    "retail_delivery_fee": "0.28",
    "buyer_service_fee": "0",
}
ROW = {
    "return_id": "4035318504000000201",
    "order_id": "576461413000000002",
    "return_type": "RETURN_AND_REFUND",
    "return_status": "BUYER_SHIPPED_ITEM",
    "arbitration_status": "IN_PROGRESS",
    "role": "BUYER",
    "return_reason": "ecom_order_delivered_refund_and_return_reason_damaged",
    "return_reason_text": "Damaged",
    "return_tracking_number": "9400100000000000000777",
    "return_provider_name": "USPS",
    "can_buyer_keep_item": False,
    "combined_return_id": "0",
    "pre_return_id": "0",
    "next_return_id": "0",
    "is_quick_refund": False,
    "create_time": 1767052800,
    "update_time": 1767225600,
    "refund_amount": REFUND,
    "partial_refund": {},
    "shipping_fee_amount": [
        {
            "currency": "USD",
            "seller_paid_return_shipping_fee": "5.1",
            "platform_paid_return_shipping_fee": "0",
            "buyer_paid_return_shipping_fee": "0",
        }
    ],
    "seller_next_action_response": [
        {"action": "SELLER_RESPOND_RECEIVE_PACKAGE", "deadline": 1767312000}
    ],
    "return_line_items": [
        {"order_line_item_id": "11", "sku_id": "3", "refund_amount": REFUND},
        {"order_line_item_id": "12", "sku_id": "3", "refund_amount": None},
    ],
}
RETURN = Return(
    id="4035318504000000201",
    order_id="576461413000000002",
    kind=ReturnKind.RETURN_AND_REFUND,
    state=ReturnState.BUYER_SHIPPED,
    raw_state="BUYER_SHIPPED_ITEM",
    role="BUYER",
    reason="ecom_order_delivered_refund_and_return_reason_damaged",
    reason_text="Damaged",
    currency="USD",
    amount=D("21.63"),
    shipping_amount=D("2.00"),
    tax_amount=D("1.35"),
    offer=None,
    units=(ReturnedUnit("11", "3", D("21.63")), ReturnedUnit("12", "3", D(0))),
    awaited=Awaited.CHECK_PARCEL,
    due_by=datetime(2026, 1, 2, tzinfo=UTC),
    arbitration="IN_PROGRESS",
    tracking_number="9400100000000000000777",
    carrier="USPS",
    buyer_keeps_item=False,
    replaced_by="",
    created_at=datetime(2025, 12, 30, tzinfo=UTC),
    updated_at=datetime(2026, 1, 1, tzinfo=UTC),
    fees={"retail_delivery": D("0.28"), "return_shipping_by_seller": D("5.10")},
)


def returned(client_for, **changes):
    row = {**ROW, **changes}
    with serving(answer(envelope({"return_orders": [row]}))) as server:
        page = client_for(server).search_returns(return_ids=[ROW["return_id"]])
    return page


def test_returns_are_searched_by_order_or_by_time(client_for):
    bad = {**ROW, "return_id": "9", "refund_amount": {**REFUND, "refund_total": "-1"}}
    data = {"return_orders": [ROW, bad], "next_page_token": "N", "total_count": 2}
    with serving(answer(envelope(data)), answer(envelope({"return_orders": None}))) as server:
        client = client_for(server)
        found = client.search_returns(updated_from=datetime(2026, 1, 1, tzinfo=UTC), page_token="T")
        none = client.search_returns(order_ids=["5", "6"], page_size=10)

    query = {"page_size": "50", "sort_field": "update_time", "sort_order": "ASC"}
    assert asked(server.requests[0]) == (
        "POST",
        f"{BASE}/returns/search",
        {**query, "page_token": "T"},
        {"update_time_ge": 1767225600},
    )
    check_signature(server.requests[0])
    assert asked(server.requests[1]).query == {**query, "page_size": "10"}
    assert asked(server.requests[1]).body == {"order_ids": ["5", "6"]}
    assert found.returns == (RETURN,)
    assert found.broken == (("9", "refund_amount.refund_total: not a decimal amount"),)
    assert (found.next_token, found.total, none.returns) == ("N", 2, ())


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("RETURN_OR_REFUND_REQUEST_PENDING", ReturnState.PENDING),
        ("REFUND_OR_RETURN_REQUEST_REJECT", ReturnState.REJECTED),
        ("AWAITING_BUYER_SHIP", ReturnState.AWAITING_BUYER_SHIP),
        ("REJECT_RECEIVE_PACKAGE", ReturnState.PARCEL_REJECTED),
        ("AWAITING_BUYER_RESPONSE", ReturnState.OFFERED),
        ("RETURN_OR_REFUND_REQUEST_SUCCESS", ReturnState.APPROVED),
        ("RETURN_OR_REFUND_REQUEST_CANCEL", ReturnState.CANCELLED),
        ("RETURN_OR_REFUND_REQUEST_COMPLETE", ReturnState.COMPLETE),
        ("REPLACEMENT_REQUEST_PENDING", ReturnState.PENDING),
        ("REPLACEMENT_REQUEST_REJECT", ReturnState.REJECTED),
        ("REPLACEMENT_REQUEST_CANCEL", ReturnState.CANCELLED),
        ("A_STATUS_OF_TOMORROW", ReturnState.UNKNOWN),
    ],
)
def test_every_status_of_a_return_has_its_state(client_for, status, state):
    (found,) = returned(client_for, return_status=status).returns

    assert (found.state, found.raw_state) == (state, status)
    assert found.complete is (state is ReturnState.COMPLETE)


@pytest.mark.parametrize(
    ("status", "amount", "complete"),
    [
        ("REPLACEMENT_REQUEST_COMPLETE", D(0), False),
        ("EXCHANGE_REQUEST_COMPLETE", D(0), False),
        ("REPLACEMENT_REQUEST_REFUND_SUCCESS", D("21.63"), True),
    ],
)
def test_goods_sent_for_goods_give_no_money_back(client_for, status, amount, complete):
    (found,) = returned(client_for, return_type="REPLACEMENT", return_status=status).returns

    assert (found.kind, found.state) == (ReturnKind.REPLACEMENT, ReturnState.COMPLETE)
    assert (found.amount, found.units[0].amount) == (amount, amount)
    assert found.complete is complete


@pytest.mark.parametrize(
    ("changes", "offer"),
    [
        ({"partial_refund": {"amount": "7.5", "currency": "USD"}}, D("7.50")),
        ({"partial_refund": {"amount": "", "currency": ""}}, None),
        ({"partial_refund": None}, None),
        (
            {
                "partial_refund": {"amount": "7.5", "currency": "USD"},
                "buyer_rejected_partial_refund": True,
            },
            None,
        ),
    ],
)
def test_an_offer_counts_until_the_buyer_refuses_it(client_for, changes, offer):
    (found,) = returned(client_for, return_status="AWAITING_BUYER_RESPONSE", **changes).returns

    assert (found.state, found.offer) == (ReturnState.OFFERED, offer)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"partial_refund": {"amount": "7.5", "currency": "EUR"}}, "another currency"),
        ({"refund_amount": {**REFUND, "refund_total": "21.635"}}, "more decimals"),
        ({"refund_amount": {**REFUND, "refund_total": 21.63}}, "not a decimal amount"),
        ({"refund_amount": {**REFUND, "currency": "usd"}}, "not a currency"),
        ({"return_line_items": [{"order_line_item_id": ""}]}, "not an id"),
        ({"order_id": "x5"}, "not an id"),
        ({"update_time": 0}, "time missing"),
    ],
)
def test_a_return_whose_money_is_unclear_is_set_aside(client_for, changes, why):
    page = returned(client_for, **changes)

    assert page.returns == ()
    ((case_id, told),) = page.broken
    assert case_id == ROW["return_id"]
    assert why in told


@pytest.mark.parametrize("none", [None, {}, {"currency": "", "refund_total": ""}])
def test_a_replacement_may_have_no_money_at_all(client_for, none):
    (found,) = returned(
        client_for,
        return_type="REPLACEMENT",
        return_status="REPLACEMENT_REQUEST_PENDING",
        refund_amount=none,
        shipping_fee_amount=[],
        return_line_items=[{"order_line_item_id": "11"}],
    ).returns

    assert (found.currency, found.amount, found.fees) == ("", D(0), {})
    assert found.units == (ReturnedUnit("11", "", D(0)),)


def test_an_edited_return_names_the_one_that_took_its_place(client_for):
    (found,) = returned(client_for, next_return_id="4035318504000000202").returns

    assert found == replace(RETURN, replaced_by="4035318504000000202")


@pytest.mark.parametrize(
    ("actions", "awaited", "day"),
    [
        ([], Awaited.NOTHING, None),
        (None, Awaited.NOTHING, None),
        ([{"action": "SELLER_DANCE", "deadline": 1767312000}], Awaited.NOTHING, None),
        ([{"action": "SELLER_RESPOND_REFUND", "deadline": 0}], Awaited.ANSWER_REFUND, None),
        (
            [
                {"action": "SELLER_RESPOND_RETURN"},
                {"action": "SELLER_RESPOND_REPLACEMENT", "deadline": 1767312000},
                {"action": "SELLER_RESPOND_REFUND", "deadline": 1767398400},
            ],
            Awaited.ANSWER_REPLACEMENT,
            2,
        ),
    ],
)
def test_what_is_asked_first_is_what_is_due_first(client_for, actions, awaited, day):
    (found,) = returned(client_for, seller_next_action_response=actions).returns

    assert found.awaited is awaited
    assert found.due_by == (day and datetime(2026, 1, day, tzinfo=UTC))


def test_a_cancellation_is_read_in_full(client_for):
    row = {
        "cancel_id": "9",
        "order_id": "5",
        "cancel_type": "BUYER_CANCEL",
        "cancel_status": "CANCELLATION_REQUEST_PENDING",
        "role": "BUYER",
        "cancel_reason": "ecom_order_to_ship_canceled_reason_better_price",
        "cancel_reason_text": "Better price",
        "create_time": 1767052800,
        "update_time": 1767225600,
        "refund_amount": REFUND,
        "seller_next_action_response": [
            {"action": "SELLER_RESPOND_CANCEL", "deadline": 1767312000}
        ],
        "cancel_line_items": [{"order_line_item_id": "11", "refund_amount": NOTHING}],
    }
    withdrawn = {**row, "cancel_id": "8", "cancel_status": "CANCELLATION_REQUEST_CANCEL"}
    with serving(answer(envelope({"cancellations": [row, withdrawn]}))) as server:
        pending, gone = client_for(server).search_cancellations(cancel_ids=["9", "8"]).cancellations

    assert asked(server.requests[0]).body == {"cancel_ids": ["9", "8"]}
    assert (pending.pending, pending.complete, pending.amount) == (True, False, D("21.63"))
    assert (pending.role, pending.kind) == ("BUYER", "BUYER_CANCEL")
    assert pending.raw_state == "CANCELLATION_REQUEST_PENDING"
    assert pending.reason == "ecom_order_to_ship_canceled_reason_better_price"
    assert pending.reason_text == "Better price"
    assert pending.awaited is Awaited.ANSWER_CANCELLATION
    assert pending.due_by == datetime(2026, 1, 2, tzinfo=UTC)
    assert pending.created_at == datetime(2025, 12, 30, tzinfo=UTC)
    assert (gone.status, gone.raw_state) == (
        "CANCELLATION_REQUEST_CANCELLED",
        "CANCELLATION_REQUEST_CANCEL",
    )
