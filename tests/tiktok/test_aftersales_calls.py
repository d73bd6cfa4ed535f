"""Cancellations, refunds and returns over real HTTP: opened and answered."""

from __future__ import annotations

from decimal import Decimal as D

import pytest
from tiktok_shop_api.generated import models

from saleor_tiktok_stripe.errors import InDoubt, Parked, RetryLater
from saleor_tiktok_stripe.tiktok.aftersales_types import (
    Decision,
    Eligibility,
    Opened,
    RejectReason,
    ReturnKind,
)
from tests.transport.servers import answer, reset, serving

from .requests import asked
from .test_client import check_signature
from .wire_samples import envelope

BASE = "/return_refund/202309"

OPENS = [
    pytest.param(
        lambda api: api.cancel("5", "seller_cancel_reason_out_of_stock", ["11"]),
        f"{BASE}/cancellations",
        {},
        {
            "order_id": "5",
            "cancel_reason": "seller_cancel_reason_out_of_stock",
            "order_line_item_ids": ["11"],
        },
        models.CancelOrderRequest,
        {"cancel_id": "9", "cancel_status": "S"},
        id="cancel units",
    ),
    pytest.param(
        lambda api: api.cancel("5", "seller_cancel_reason_wrong_price"),
        f"{BASE}/cancellations",
        {},
        {"order_id": "5", "cancel_reason": "seller_cancel_reason_wrong_price"},
        models.CancelOrderRequest,
        {"cancel_id": "9", "cancel_status": "S"},
        id="cancel all",
    ),
    pytest.param(
        lambda api: api.open_return(
            "5", ReturnKind.REFUND, "r", unit_ids=["11"], amount=D("3.5"), currency="USD", key="k1"
        ),
        f"{BASE}/returns",
        {"idempotency_key": "k1"},
        {
            "order_id": "5",
            "return_type": "REFUND",
            "return_reason": "r",
            "order_line_item_ids": ["11"],
            "refund_total": "3.50",
            "currency": "USD",
        },
        models.CreateReturnRequest,
        {"return_id": "9", "return_status": "S"},
        id="refund a part",
    ),
    pytest.param(
        lambda api: api.open_return("5", ReturnKind.RETURN_AND_REFUND, "r", key="k2"),
        f"{BASE}/returns",
        {"idempotency_key": "k2"},
        {"order_id": "5", "return_type": "RETURN_AND_REFUND", "return_reason": "r"},
        models.CreateReturnRequest,
        {"return_id": "9", "return_status": "S"},
        id="have all returned",
    ),
]


@pytest.mark.parametrize(("call", "path", "query", "body", "model", "data"), OPENS)
def test_cases_are_opened(client_for, call, path, query, body, model, data):
    with serving(answer(envelope(data))) as server:
        assert call(client_for(server)) == Opened("9", "S")

    assert asked(server.requests[0]) == ("POST", path, query, body)
    check_signature(server.requests[0])
    theirs = model.from_dict(body)
    assert (theirs.to_dict(), theirs.additional_properties) == (body, {})


@pytest.mark.parametrize(("call", "path", "query", "body", "model", "data"), OPENS)
@pytest.mark.parametrize("given", [reset, answer(envelope({})), answer(b"<html>")])
def test_a_case_whose_opening_was_not_seen_is_in_doubt(
    client_for, call, path, query, body, model, data, given
):
    with serving(given, given) as server, pytest.raises(InDoubt):
        call(client_for(server))

    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (25005010, "TIKTOK_NO_PARTIAL_CANCEL"),
        (25001045, "TIKTOK_TOO_LATE_TO_CANCEL"),
        (25001021, "TIKTOK_REASON_REFUSED"),
        (25001011, "TIKTOK_ALREADY_DONE"),
        (25001046, "TIKTOK_RISK_CONTROL"),
    ],
)
def test_why_an_order_cannot_be_cancelled(client_for, code, name):
    with serving(answer(envelope(None, code, "no"))) as server, pytest.raises(Parked) as failed:
        client_for(server).cancel("5", "r")

    assert failed.value.problem.code == name


def test_an_order_that_is_locked_just_now_was_not_touched(client_for):
    locked = answer(envelope(None, 25001028, "lock"))
    with serving(locked) as server, pytest.raises(RetryLater) as failed:
        client_for(server).cancel("5", "r")

    assert type(failed.value) is RetryLater
    assert failed.value.retry_after == 2.0


@pytest.mark.parametrize("kind", [ReturnKind.REPLACEMENT, ReturnKind.UNKNOWN])
def test_sellers_open_no_replacements(client_for, kind):
    with serving() as server, pytest.raises(ValueError, match="a seller opens no"):
        client_for(server).open_return("5", kind, "r", key="k")

    assert server.requests == []


ANSWERS = [
    pytest.param(
        lambda api: api.answer_cancellation("9", accept=True, key="k"),
        f"{BASE}/cancellations/9/approve",
        None,
        None,
        id="accept a cancellation",
    ),
    pytest.param(
        lambda api: api.answer_cancellation("9", accept=False, reason="r", comment="c", key="k"),
        f"{BASE}/cancellations/9/reject",
        {"reject_reason": "r", "comment": "c"},
        models.RejectCancellationRequest,
        id="reject a cancellation",
    ),
    pytest.param(
        lambda api: api.answer_return("9", Decision.APPROVE_REFUND, key="k"),
        f"{BASE}/returns/9/approve",
        {"decision": "APPROVE_REFUND"},
        models.ApproveReturnRequest,
        id="approve a refund",
    ),
    pytest.param(
        lambda api: api.answer_return("9", Decision.APPROVE_RETURN, buyer_keeps=True, key="k"),
        f"{BASE}/returns/9/approve",
        {"decision": "APPROVE_RETURN", "buyer_keep_item": True},
        models.ApproveReturnRequest,
        id="refund without the goods",
    ),
    pytest.param(
        lambda api: api.answer_return(
            "9", Decision.OFFER_PART, offer=D(5), currency="USD", key="k"
        ),
        f"{BASE}/returns/9/approve",
        {
            "decision": "OFFER_PARTIAL_REFUND",
            "partial_refund": {"amount": "5.00", "currency": "USD"},
        },
        models.ApproveReturnRequest,
        id="offer a part",
    ),
    pytest.param(
        lambda api: api.answer_return("9", Decision.REJECT_PARCEL, reason="r", key="k"),
        f"{BASE}/returns/9/reject",
        {"decision": "REJECT_RECEIVED_PACKAGE", "reject_reason": "r"},
        models.RejectReturnRequest,
        id="reject a parcel",
    ),
]


@pytest.mark.parametrize(("call", "path", "body", "model"), ANSWERS)
def test_answers_carry_our_key(client_for, call, path, body, model):
    with serving(answer(envelope({}))) as server:
        call(client_for(server))

    assert asked(server.requests[0]) == ("POST", path, {"idempotency_key": "k"}, body)
    check_signature(server.requests[0])
    if model:
        theirs = model.from_dict(body)
        assert (theirs.to_dict(), theirs.additional_properties) == (body, {})


@pytest.mark.parametrize(("call", "path", "body", "model"), ANSWERS)
def test_an_answer_that_was_not_seen_to_arrive_is_in_doubt(client_for, call, path, body, model):
    with serving(reset, reset) as server, pytest.raises(InDoubt):
        call(client_for(server))

    assert len(server.requests) == 1


@pytest.mark.parametrize("decision", list(Decision))
def test_every_decision_is_one_that_an_independent_client_knows(client_for, decision):
    known = {*models.ApproveReturnRequestDecision, *models.RejectReturnRequestDecision}

    assert decision.value in known


@pytest.mark.parametrize(
    "call",
    [
        lambda api: api.answer_cancellation("9", accept=False, key="k"),
        lambda api: api.answer_return("9", Decision.REJECT_REFUND, key="k"),
        lambda api: api.answer_return("9", Decision.OFFER_PART, currency="USD", key="k"),
    ],
)
def test_an_answer_without_what_it_needs_is_not_sent(client_for, call):
    with serving() as server, pytest.raises(ValueError, match="needs a"):
        call(client_for(server))

    assert server.requests == []


@pytest.mark.parametrize("code", [25001044, 25011011, 25011012, 25011013])
def test_a_case_that_moved_on_takes_no_answer(client_for, code):
    with serving(answer(envelope(None, code, "no"))) as server, pytest.raises(Parked) as failed:
        client_for(server).answer_return("9", Decision.APPROVE_REFUND, key="k")

    assert failed.value.problem.code == "TIKTOK_CASE_MOVED_ON"


def test_reasons_to_reject_are_asked_for_the_very_case(client_for):
    rows = [{"name": "reverse_reject_request_reason_1", "text": "Not damaged"}, {"name": "x"}]
    with serving(answer(envelope({"reasons": rows})), answer(envelope({"reasons": []}))) as server:
        client = client_for(server)
        found = client.reject_reasons("9", "de-DE")
        assert client.reject_reasons("9") == ()

    assert asked(server.requests[0]) == (
        "GET",
        f"{BASE}/reject_reasons",
        {"return_or_cancel_id": "9", "locale": "de-DE"},
        None,
    )
    assert asked(server.requests[1]).query == {"return_or_cancel_id": "9"}
    assert found == (
        RejectReason("reverse_reject_request_reason_1", "Not damaged"),
        RejectReason("x", "x"),
    )


def test_what_the_seller_may_do_to_which_units(client_for):
    lines = [
        {
            "request_type": "CANCEL",
            "eligible": True,
            "order_line_items_ids": ["11", "12"],
            "available_reason_names": ["seller_cancel_reason_out_of_stock"],
        },
        {
            "request_type": "RETURN_AND_REFUND",
            "eligible": False,
            "ineligible_code": 25001003,
            "ineligible_reason": "Not delivered",
        },
        {"request_type": "BARTER", "eligible": None},
    ]
    data = {"sku_eligibility": [{"sku_id": "3", "line_item_eligibility": lines}]}
    with serving(answer(envelope(data))) as server:
        found = client_for(server).eligibility("5")

    assert asked(server.requests[0]) == (
        "GET",
        f"{BASE}/orders/5/aftersale_eligibility",
        {"initiate_aftersale_user": "SELLER"},
        None,
    )
    assert found == (
        Eligibility(
            "3", "cancel", True, ("11", "12"), "", "", ("seller_cancel_reason_out_of_stock",)
        ),
        Eligibility("3", "return_and_refund", False, (), "25001003", "Not delivered"),
        Eligibility("3", "barter", False, (), "", ""),
    )
