"""Units that leave one after the other."""

from __future__ import annotations

from dataclasses import replace

from saleor_tiktok_stripe.orders.actions import Adopt, CancelLines, Fulfill, Stop
from saleor_tiktok_stripe.orders.parcels import DELIVERY_KEY
from saleor_tiktok_stripe.saleor_api.keys import PACKAGE_KEY
from saleor_tiktok_stripe.saleor_api.types import FulfillmentState, OrderLineState
from saleor_tiktok_stripe.tiktok.types import Order, OrderState

from .samples import order, unit
from .test_following import imported, steps

BEFORE = order(unit(1), unit(2), unit(3))
SHARED = f"order:{BEFORE.id}"


def _left(number: int):
    return unit(number, state=OrderState.IN_TRANSIT, tracking_number=f"T{number}")


def _part(number: int, key: str = SHARED) -> FulfillmentState:
    facts = {PACKAGE_KEY: key, "tiktok.tracking_number": f"T{number}", DELIVERY_KEY: "in_transit"}
    return FulfillmentState(f"f{number}", "FULFILLED", f"T{number}", {"line-unit-1": 1}, facts)


def _recorded(*parts: FulfillmentState) -> dict[str, object]:
    line: OrderLineState = imported(BEFORE).lines[0]
    left = replace(line, quantity_fulfilled=len(parts), quantity_to_fulfill=3 - len(parts))
    return {"lines": (left,), "fulfillments": parts}


def _now(*units) -> Order:
    return order(*units, state=OrderState.PARTIALLY_SHIPPED)


def test_units_without_package_ids_are_recorded_as_they_leave():
    # Given the second unit left first and is recorded.
    now = _now(_left(1), _left(2), unit(3))

    [step] = steps(BEFORE, now, **_recorded(_part(2)))

    assert isinstance(step, Fulfill)
    assert (step.package.key, step.package.quantities) == (f"{SHARED}+1", {"line-unit-1": 1})
    assert step.package.tracking_number == "T1"
    assert steps(BEFORE, now, **_recorded(_part(2), _part(1, f"{SHARED}+1"))) == []


def test_the_last_one_gets_a_package_of_its_own_too():
    now = order(_left(1), _left(2), _left(3), state=OrderState.IN_TRANSIT)

    [step] = steps(BEFORE, now, **_recorded(_part(2), _part(1, f"{SHARED}+1")))

    assert (step.package.key, step.package.quantities) == (f"{SHARED}+2", {"line-unit-1": 1})
    assert step.package.tracking_number == "T3"


def test_a_unit_that_waits_or_is_cancelled_is_not_taken_for_one_that_left():
    cancelled = unit(3, state=OrderState.CANCELLED)

    assert steps(BEFORE, _now(unit(1), _left(2), unit(3)), **_recorded(_part(2))) == []
    assert steps(BEFORE, _now(unit(1), _left(2), cancelled), **_recorded(_part(2))) == [
        CancelLines({"line-unit-1": 1}, "Cancelled on TikTok Shop")
    ]


def test_a_package_id_that_comes_later_names_what_was_recorded_without():
    now = _now(replace(_left(2), package_id="p2"), unit(1), unit(3))

    [step] = steps(BEFORE, now, **_recorded(_part(2)))

    assert isinstance(step, Adopt)
    assert (step.fulfillment_id, step.metadata[PACKAGE_KEY]) == ("f2", "p2")
    assert steps(BEFORE, now, **_recorded(_part(2, "p2"))) == []


def test_a_package_that_was_called_off_after_it_was_recorded_needs_a_person():
    back = order(unit(1), unit(2), unit(3))

    [step] = steps(BEFORE, back, **_recorded(_part(2, "p2")))

    assert isinstance(step, Stop)
    assert (step.problem.code, step.problem.params["package"]) == ("PACKAGES_DIFFER", "p2")
    by_hand = replace(_part(2), metadata={})
    assert steps(BEFORE, back, **_recorded(by_hand)) == []
