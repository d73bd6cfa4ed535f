"""What a refund asked for in Saleor means at the marketplace: one table."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal as D

import pytest

from saleor_tiktok_stripe.aftersales.cases.actions import Name
from saleor_tiktok_stripe.aftersales.cases.deciding import (
    Answer,
    Cancel,
    Refund,
    Refusal,
    Situation,
    Wanted,
    decide,
)
from saleor_tiktok_stripe.models import AfterSalesCase
from saleor_tiktok_stripe.tiktok.types import Order, OrderState
from tests.orders.samples import order, unit

PRICES = {"unit-1": D("17.74"), "unit-2": D("17.74")}
ALL = D("35.48")
OPEN, SENT = OrderState.AWAITING_SHIPMENT, OrderState.IN_TRANSIT
WHEN = datetime(2026, 11, 1, tzinfo=UTC)


def _order(*states: OrderState, **changes: object) -> Order:
    units = tuple(unit(number, state=state) for number, state in enumerate(states, start=1))
    return replace(order(*units), state=states[0], **changes)


def _now(one: Order, *cases: AfterSalesCase, region: str = "US", left: D = ALL) -> Situation:
    return Situation(one, region, left, PRICES, cases)


def _case(amount: str = "35.48", **changes: object) -> AfterSalesCase:
    values: dict[str, object] = {
        "case_id": "c1",
        "kind": "refund",
        "state": "needs_answer",
        "role": "buyer",
        "awaited": "answer_refund",
        "currency": "USD",
        "amount": D(amount),
        "opened_at": WHEN,
        "marketplace_updated_at": WHEN,
    }
    return AfterSalesCase(**(values | changes))


def _wanted(amount: str, *unit_ids: str) -> Wanted:
    return Wanted(D(amount), "USD", unit_ids)


NOT_LEFT, LEFT, MIXED = _order(OPEN, OPEN), _order(SENT, SENT), _order(SENT, OPEN)
DONE = [
    ("all, nothing has left", _wanted("35.48"), _now(NOT_LEFT), Cancel()),
    ("all items named", _wanted("35.48", "unit-1", "unit-2"), _now(NOT_LEFT), Cancel()),
    ("one item that waits", _wanted("17.74", "unit-2"), _now(NOT_LEFT), Cancel(("unit-2",))),
    ("all, in transit", _wanted("35.48"), _now(LEFT), Refund(("unit-1", "unit-2"))),
    ("a part, in transit", _wanted("5.00"), _now(LEFT), Refund(("unit-1", "unit-2"))),
    ("one item, in transit", _wanted("17.74", "unit-2"), _now(LEFT), Refund(("unit-2",))),
    ("the item that left", _wanted("17.74", "unit-1"), _now(MIXED), Refund(("unit-1",))),
    ("the item that waits", _wanted("17.74", "unit-2"), _now(MIXED), Cancel(("unit-2",))),
    ("a part, some left", _wanted("5.00"), _now(MIXED), Refund(("unit-1",))),
    (
        "a refund of ours is under way: the rest may be asked for",
        _wanted("5.00"),
        _now(LEFT, _case("5", role="seller", state="waiting", awaited=""), left=D(30)),
        Refund(("unit-1", "unit-2")),
    ),
    (
        "a case is over",
        _wanted("5.00"),
        _now(LEFT, _case("5", state="closed", awaited="")),
        Refund(("unit-1", "unit-2")),
    ),
]


@pytest.mark.parametrize(("wanted", "now", "decided"), [row[1:] for row in DONE],
                         ids=[row[0] for row in DONE])  # fmt: skip
def test_what_is_asked_of_the_marketplace(wanted: Wanted, now: Situation, decided: object):
    assert decide(wanted, now) == decided


ANSWERED = [
    ("the same amount", "35.48", _case(), "accept"),
    ("less than the buyer asks for", "10.00", _case(), "offer"),
    ("a return", "35.48", _case(kind="return", awaited="answer_return"), "accept"),
    (
        "a cancellation",
        "35.48",
        _case(kind="cancellation", awaited="answer_cancellation"),
        "accept",
    ),
]


def test_fees_that_the_marketplace_gives_back_on_top_do_not_turn_a_yes_into_an_offer():
    case = _case("36.48")
    now = replace(_now(LEFT, case), worths={"c1": ALL})

    assert decide(_wanted("35.48"), now) == Answer(case, Name.ACCEPT)


@pytest.mark.parametrize(("amount", "case", "action"), [row[1:] for row in ANSWERED],
                         ids=[row[0] for row in ANSWERED])  # fmt: skip
def test_a_buyers_open_request_is_answered(amount: str, case: AfterSalesCase, action: str):
    decided = decide(_wanted(amount), _now(LEFT, case))

    assert isinstance(decided, Answer)
    assert (decided.case, decided.action) == (case, action)


_CANCELLATION = _case(kind="cancellation", awaited="answer_cancellation")
REFUSED = [
    ("above what is left", "20.01", (), _now(LEFT, left=D(20)), "REFUND_ABOVE_LEFT"),
    ("completed", "5.00", (), _now(_order(OrderState.COMPLETED)), "ORDER_COMPLETED"),
    ("cancelled", "5.00", (), _now(_order(OrderState.CANCELLED)), "ORDER_CANCELLED"),
    ("not paid yet", "5.00", (), _now(_order(SENT, is_cod=True)), "NOT_COLLECTED_YET"),
    ("more than the buyer asks for", "35.48", (), _now(LEFT, _case("5")), "CASE_OPEN"),
    ("a part of a cancellation", "5.00", (), _now(NOT_LEFT, _CANCELLATION), "CASE_OPEN"),
    ("the buyer ships", "5", (), _now(LEFT, _case(state="waiting", awaited="")), "CASE_OPEN"),
    ("a part, nothing left", "5.00", (), _now(NOT_LEFT), "ITEMS_NOT_NAMED"),
    ("another price", "5.00", ("unit-1",), _now(NOT_LEFT), "ITEMS_NOT_NAMED"),
    ("no parts here", "17.74", ("unit-1",), _now(NOT_LEFT, region="DE"), "WHOLE_ORDER_ONLY"),
    ("both kinds", "35.48", ("unit-1", "unit-2"), _now(MIXED), "SHIPPED_AND_OPEN_ITEMS"),
    ("more than what left", "35.48", (), _now(MIXED), "SHIPPED_AND_OPEN_ITEMS"),
]


@pytest.mark.parametrize(("amount", "units", "now", "code"), [row[1:] for row in REFUSED],
                         ids=[row[0] for row in REFUSED])  # fmt: skip
def test_what_cannot_be_done_is_refused_with_what_to_do(
    amount: str, units: tuple[str, ...], now: Situation, code: str
):
    decided = decide(_wanted(amount, *units), now)

    assert isinstance(decided, Refusal)
    assert decided.problem.code == code
    assert "{" not in decided.problem.cause + decided.problem.cure
    assert decided.problem.cure.endswith(".")


def test_several_requests_and_nobody_knows_which_is_meant():
    now = _now(LEFT, _case("12.00"), _case("9.00", case_id="c2"))

    decided = decide(_wanted("5.00"), now)
    exact = decide(_wanted("9.00"), now)

    assert isinstance(decided, Refusal)
    assert decided.problem.code == "CASE_OPEN"
    assert exact == Answer(now.cases[1], Name.ACCEPT)


def test_a_request_about_another_item_is_not_answered_by_a_refund_of_this_one():
    now = _now(LEFT, _case("17.74", units={"unit-1": "17.74"}))

    assert decide(_wanted("17.74", "unit-2"), now) == Refund(("unit-2",))
    assert decide(_wanted("17.74", "unit-1"), now) == Answer(now.cases[0], Name.ACCEPT)
