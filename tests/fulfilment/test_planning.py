"""What is told of an order: pure, for every market and kind of shipping."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saleor_tiktok_stripe.accounts import ChannelPolicy
from saleor_tiktok_stripe.fulfilment.carriers import CarrierBook
from saleor_tiktok_stripe.fulfilment.planning import Facts, plan
from saleor_tiktok_stripe.fulfilment.steps import Cancel, How, Plan, Retrack, Ship
from saleor_tiktok_stripe.saleor_api.keys import CANCELLED_KEY, PACKAGE_KEY, RETURN_KEY
from saleor_tiktok_stripe.saleor_api.types import FulfillmentState, SaleorOrder
from saleor_tiktok_stripe.saleor_api.types import SaleorOrderStatus as Status
from saleor_tiktok_stripe.tiktok.fulfilment_types import SplitRule, Tracking
from saleor_tiktok_stripe.tiktok.regions import region
from saleor_tiktok_stripe.tiktok.types import FulfilledBy, Order, OrderState, Unit
from tests.orders.samples import WHEN, order, unit
from tests.orders.test_following import imported

NOW = WHEN + timedelta(hours=5)
LINE = "line-unit-1"
UPS = {"carrier": "UPS"}


def left(key: str, number: int = 1, tracking: str = "T1", **changes: Any) -> FulfillmentState:
    """So many pieces of the one line, shipped by staff."""
    made = FulfillmentState(key, "FULFILLED", tracking, {LINE: number}, UPS, WHEN)
    return replace(made, **changes)


def units(*packages: str, **changes: Any) -> tuple[Unit, ...]:
    """Alike units, in these packages."""
    return tuple(unit(n, package_id=one, **changes) for n, one in enumerate(packages, start=1))


def saleor(before: Order, *fulfillments: FulfillmentState, **changes: Any) -> SaleorOrder:
    """The order as it was imported while all of it waited, after these."""
    waiting = [replace(one, state=OrderState.AWAITING_SHIPMENT) for one in before.units]
    made = imported(order(*waiting))
    gone = sum(sum(one.quantities.values()) for one in fulfillments if one.status != "CANCELED")
    [line] = made.lines
    lines = (replace(line, quantity_to_fulfill=line.quantity - gone),)
    return replace(made, fulfillments=fulfillments, lines=lines, **changes)


def told(
    now: Order,
    after: SaleorOrder,
    market: str = "US",
    policy: dict[str, Any] | None = None,
    **facts: Any,
) -> Plan:
    """The plan for an order in a market, with UPS known there."""
    return plan(
        Facts(
            order=now,
            saleor_order=after,
            line_map={one.id: LINE for one in now.units},
            region=region(market),
            policy=ChannelPolicy(**(policy or {})),
            carriers=CarrierBook({"7": "UPS"}),
            now=NOW,
            **facts,
        )
    )


def codes(found: Plan) -> list[str]:
    return [one.code for one in found.problems]


WAITS = order(*units("", "", ""))
PACKED = order(*units("p1", "p1", "p1"))


def test_nothing_is_told_of_an_order_nobody_touched():
    assert told(WAITS, saleor(WAITS)) == Plan()


@pytest.mark.parametrize(
    ("market", "label", "how"),
    [
        ("US", False, How.MARK), ("GB", False, How.MARK), ("DE", False, How.MARK),
        ("JP", False, How.MARK), ("MX", False, How.PACKAGE), ("BR", False, How.PACKAGE),
        ("MY", False, How.PACKAGE), ("VN", False, How.PACKAGE), ("GB", True, How.LABEL),
        ("MY", True, How.LABEL), ("MX", True, How.LABEL),
    ],
)  # fmt: skip
def test_each_market_has_its_way(market: str, label: bool, how: How):  # noqa: FBT001
    now = replace(PACKED, ships_with_marketplace_label=label)

    [step] = told(now, saleor(now, left("f1", 3)), market).steps

    assert isinstance(step, Ship)
    assert (step.how, step.unit_ids) == (how, ("unit-1", "unit-2", "unit-3"))
    assert step.packages == (() if how is How.MARK else ("p1",))
    assert step.tracking == (None if label else Tracking("T1", "7"))
    assert step.split == ()


def test_several_fulfillments_take_units_of_their_own_oldest_first():
    younger = left("a", 1, "T2", created_at=WHEN + timedelta(minutes=1))

    first, second = told(WAITS, saleor(WAITS, younger, left("b", 2))).steps

    assert (first.fulfillment_id, first.unit_ids) == ("b", ("unit-1", "unit-2"))
    assert (second.fulfillment_id, second.unit_ids) == ("a", ("unit-3",))


def test_units_in_doubt_are_left_alone():
    after = saleor(WAITS, left("a", 2), left("b", 1))

    [step] = told(WAITS, after, in_doubt={"a": ("unit-1", "unit-2")}).steps

    assert (step.fulfillment_id, step.unit_ids) == ("b", ("unit-3",))


def test_what_was_told_or_is_not_approved_or_cancelled_is_not_told():
    known = left("a", metadata={PACKAGE_KEY: "p1", "tiktok.tracking_number": "T1"})
    waiting, cancelled = left("b", status="WAITING_FOR_APPROVAL"), left("c", status="CANCELED")
    now = order(unit(1, state=OrderState.IN_TRANSIT, package_id="p1", tracking_number="T1"),
                unit(2), unit(3))  # fmt: skip

    assert told(now, saleor(now, known, waiting, cancelled)) == Plan()


def test_the_marketplace_is_ahead():
    now = order(unit(1, state=OrderState.IN_TRANSIT, package_id="p1"), unit(2))

    found = told(now, saleor(now, left("a")))

    assert (found.steps, found.unrecorded) == ((), True)


@pytest.mark.parametrize(
    ("changes", "market", "code"),
    [
        ({"fulfilled_by": FulfilledBy.MARKETPLACE}, "US", "SHIPPED_BY_MARKETPLACE"),
        ({"state": OrderState.CANCELLED}, "US", "SHIPPED_BUT_CANCELLED"),
        ({"cancel_requested": True}, "GB", "CANCEL_REQUEST_OPEN"),
        ({"ships_with_marketplace_label": True}, "US", "LABEL_NEEDS_PURCHASE"),
        ({"ships_with_marketplace_label": True}, "MY", "PACKAGE_MISSING"),
        ({}, "MY", "PACKAGE_MISSING"),
    ],
)
def test_what_cannot_work_is_said_before_trying(changes: dict[str, Any], market: str, code: str):
    now = replace(WAITS, **changes)

    found = told(now, saleor(now, left("a", 3)), market)

    assert (found.steps, codes(found)) == ((), [code])


def test_a_request_of_the_buyer_does_not_block_in_the_us():
    now = replace(WAITS, cancel_requested=True)

    assert len(told(now, saleor(now, left("a", 3))).steps) == 1


def test_tracking_and_carrier_are_asked_for():
    assert codes(told(WAITS, saleor(WAITS, left("a", 3, " ")))) == ["TRACKING_MISSING"]
    nobody = left("a", 3, metadata={})
    assert codes(told(WAITS, saleor(WAITS, nobody))) == ["CARRIER_UNKNOWN"]
    by_method = saleor(WAITS, nobody, shipping_method_name="UPS Ground")
    assert len(told(WAITS, by_method).steps) == 1


def test_a_held_order_waits_for_the_end_of_its_hour():
    now = replace(WAITS, state=OrderState.ON_HOLD, paid_at=NOW)

    found = told(now, saleor(now, left("a", 3)))

    assert (found.steps, found.problems) == ((), ())
    assert found.look_again == NOW + timedelta(hours=1, minutes=2)


# --- packages ----------------------------------------------------------------------------------


def test_a_part_is_split_off_its_package():
    [step] = told(PACKED, saleor(PACKED, left("a", 1)), "MX").steps

    assert (step.packages, step.split) == ((), (("unit-1",), ("unit-2", "unit-3")))


def test_whole_packages_are_taken_first():
    now = order(*units("p1", "p1", "p2"))

    [step] = told(now, saleor(now, left("a", 1)), "MX").steps

    assert (step.unit_ids, step.packages, step.split) == (("unit-3",), ("p2",), ())


def test_what_was_divided_there_leaves_as_several_packages():
    now = replace(order(*units("p1", "p2")), ships_with_marketplace_label=True)

    [step] = told(now, saleor(now, left("a", 2)), "MX").steps
    assert step.packages == ("p1", "p2")

    own = replace(now, ships_with_marketplace_label=False)
    assert codes(told(own, saleor(own, left("a", 2)), "MX")) == ["SEVERAL_PACKAGES"]


@pytest.mark.parametrize(
    ("number", "rule", "code"),
    [
        (1, SplitRule("1", can_split=False, must_split=False, reason="combined"), "SPLIT_REFUSED"),
        (3, SplitRule("1", can_split=True, must_split=True, reason="too many"), "MUST_SPLIT"),
    ],
)
def test_the_marketplaces_rules_on_splitting(number: int, rule: SplitRule, code: str):
    found = told(PACKED, saleor(PACKED, left("a", number)), "MX", rule=rule)

    assert (found.steps, codes(found)) == ((), [code])
    assert rule.reason in found.problems[0].cause


def test_whole_skus_only_in_south_east_asia():
    found = told(PACKED, saleor(PACKED, left("a", 1)), "TH")

    assert (found.steps, codes(found)) == ((), ["SPLIT_BY_SKU_ONLY"])
    assert found.problems[0].params["skus"] == "TEE-BLK-M"


def test_a_combined_package_is_shipped_as_it_is_everywhere():
    now = replace(PACKED, split_or_combined="COMBINED")

    [step] = told(now, saleor(now, left("a", 3)), "GB").steps

    assert (step.how, step.packages) == (How.PACKAGE, ("p1",))


# --- tracking changed --------------------------------------------------------------------------

GONE = order(
    unit(1, state=OrderState.IN_TRANSIT, package_id="p1", tracking_number="T1", carrier_id="9",
         shipped_at=NOW - timedelta(hours=1)),
    state=OrderState.IN_TRANSIT,
)  # fmt: skip


def retracked(number: str = "T2", **facts: str) -> FulfillmentState:
    known = {PACKAGE_KEY: "p1", "tiktok.tracking_number": "T1", **facts}
    return left("a", 1, number, metadata=known)


def test_a_changed_number_is_told_with_the_carrier_it_had():
    assert told(GONE, saleor(GONE, retracked())).steps == (Retrack("a", "p1", Tracking("T2", "9")),)
    assert told(GONE, saleor(GONE, retracked(carrier="UPS"))).steps == (
        Retrack("a", "p1", Tracking("T2", "7")),
    )


def test_numbers_the_marketplace_gave_or_was_told_are_no_change():
    assert told(GONE, saleor(GONE, retracked("T1"))) == Plan()
    assert told(GONE, saleor(GONE, retracked(""))) == Plan()
    assert told(GONE, saleor(GONE, retracked("T2", **{"tiktok.tracking_told": "T2"}))) == Plan()


@pytest.mark.parametrize(
    ("now", "facts", "why"),
    [
        (GONE, {"retracked": frozenset({"p1"})}, "changed once already"),
        (replace(GONE, ships_with_marketplace_label=True), {}, "TikTok's own label"),
        (
            replace(GONE, units=(replace(GONE.units[0], shipped_at=NOW - timedelta(hours=73)),)),
            {},
            "72 hours have passed",
        ),
        (
            replace(GONE, units=(replace(GONE.units[0], state=OrderState.DELIVERED),)),
            {},
            "the package was delivered",
        ),
    ],
)
def test_a_number_that_cannot_be_changed_any_more(now: Order, facts: dict[str, Any], why: str):
    found = told(now, saleor(now, retracked()), **facts)

    assert (found.steps, codes(found)) == ((), ["TRACKING_FINAL"])
    assert why in found.problems[0].cause


# --- cancelled in Saleor -----------------------------------------------------------------------


def taken_out(key: str, number: int = 1, **metadata: str) -> FulfillmentState:
    return FulfillmentState(key, "RETURNED", "", {LINE: number}, metadata, WHEN)


def test_a_cancelled_order_is_cancelled_whole():
    after = saleor(WAITS, status=Status.CANCELED)

    assert told(WAITS, after).steps == (Cancel("order:order", "seller_cancel_reason_out_of_stock"),)
    assert told(WAITS, after, policy={"cancel_push": False}) == Plan()
    assert told(replace(WAITS, state=OrderState.CANCELLED), after) == Plan()


def test_what_left_of_a_cancelled_order_stays_and_the_rest_is_cancelled_where_it_can():
    now = order(unit(1, state=OrderState.IN_TRANSIT, package_id="p1"), unit(2))
    after = saleor(now, status=Status.CANCELED)

    found = told(now, after)
    assert [step.unit_ids for step in found.steps] == [("unit-2",)]
    assert codes(found) == ["CANCEL_TOO_LATE"]
    assert told(now, after, "DE").steps == ()


def test_units_taken_out_are_cancelled_before_anything_ships():
    after = saleor(WAITS, taken_out("r"), left("a", 2))

    found = told(WAITS, after)

    [step] = found.steps
    assert isinstance(step, Cancel)
    assert (step.unit_ids, found.more) == (("unit-3",), True)
    refused = told(WAITS, after, refused=frozenset({step.subject}))
    assert [type(one) for one in refused.steps] == [Ship]


@pytest.mark.parametrize(("market", "reason"), [("DE", "out_of_stock"), ("US", "wrong_price")])
def test_parts_are_cancelled_only_where_and_why_they_may(market: str, reason: str):
    found = told(
        WAITS, saleor(WAITS, taken_out("r"), left("a", 2)), market, {"cancel_reason": reason}
    )

    assert codes(found) == ["CANCEL_PART_REFUSED"]
    assert [step.unit_ids for step in found.steps] == [("unit-1", "unit-2")]


@pytest.mark.parametrize("mark", [PACKAGE_KEY, RETURN_KEY, CANCELLED_KEY])
def test_groups_that_we_recorded_ourselves_take_nothing_out(mark: str):
    assert told(WAITS, saleor(WAITS, taken_out("r", 1, **{mark: "x"}))) == Plan()


def test_goods_that_came_back_after_they_left_take_nothing_out():
    now = order(unit(1, state=OrderState.DELIVERED, package_id="p1"), unit(2), unit(3))

    assert told(now, saleor(now, taken_out("r"))) == Plan()


# --- always ------------------------------------------------------------------------------------

MARKETS = st.sampled_from(["US", "GB", "MX", "MY", "BR"])
STATES = st.sampled_from(
    [OrderState.AWAITING_SHIPMENT, OrderState.IN_TRANSIT, OrderState.CANCELLED]
)


@given(
    market=MARKETS,
    label=st.booleans(),
    there=st.lists(st.tuples(STATES, st.sampled_from(["p1", "p2"])), min_size=1, max_size=6),
    here=st.lists(st.integers(1, 3), max_size=4),
    back=st.integers(0, 2),
)
def test_no_unit_is_ever_told_twice_and_only_open_ones_are(
    market: str, label: bool, there: list[tuple[OrderState, str]], here: list[int], back: int
):  # fmt: skip
    now = order(
        *(unit(n, state=state, package_id=package) for n, (state, package) in enumerate(there)),
        ships_with_marketplace_label=label,
    )
    parts = [left(f"f{n}", number, f"T{n}") for n, number in enumerate(here)]
    while sum(here) + back > len(there) and parts:
        here.pop(), parts.pop()
    back = min(back, len(there) - sum(here))
    groups = [taken_out("r", back)] if back else []

    found = told(now, saleor(now, *parts, *groups), market)

    named = Counter(
        unit_id
        for step in found.steps
        if not isinstance(step, Retrack)
        for unit_id in step.unit_ids
    )
    open_units = {
        f"unit-{n}" for n, (state, _) in enumerate(there) if state is OrderState.AWAITING_SHIPMENT
    }
    assert set(named) <= open_units
    assert all(number == 1 for number in named.values())
    for step in found.steps:
        if isinstance(step, Ship):
            [wanted] = [one for one in parts if one.id == step.fulfillment_id]
            assert len(step.unit_ids) == wanted.quantities[LINE]
            held = {unit_id for group in step.split for unit_id in group}
            assert not step.split or held <= open_units
