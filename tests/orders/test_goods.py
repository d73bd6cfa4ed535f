"""Units that leave one after the other."""

from __future__ import annotations

from dataclasses import replace

from saleor_tiktok_stripe.orders.actions import (
    Adopt,
    CancelLines,
    Fulfill,
    NoteParcel,
    Stop,
    TellCancel,
)
from saleor_tiktok_stripe.orders.goods import goods
from saleor_tiktok_stripe.orders.parcels import DELIVERY_KEY
from saleor_tiktok_stripe.saleor_api.keys import PACKAGE_KEY
from saleor_tiktok_stripe.saleor_api.types import (
    FulfillmentState,
    OrderLineState,
    SaleorOrderStatus,
)
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


def test_a_package_that_was_named_anew_keeps_its_fulfillment():
    # Given the package was taken out of a combined one after it had been recorded.
    now = _now(replace(_left(2), package_id="p9"), unit(1), unit(3))

    [step] = steps(BEFORE, now, **_recorded(_part(2, "p2")))

    assert isinstance(step, Adopt)
    assert (step.fulfillment_id, step.metadata[PACKAGE_KEY]) == ("f2", "p9")
    assert steps(BEFORE, now, **_recorded(_part(2, "p9"))) == []


def test_a_fulfillment_may_stand_for_several_packages():
    now = _now(replace(_left(1), package_id="p1"), replace(_left(2), package_id="p2"), unit(3))
    both = replace(_part(1, "p1,p2"), quantities={"line-unit-1": 2})
    recorded = {**_recorded(both), "lines": _recorded(_part(1), _part(2))["lines"]}

    assert steps(BEFORE, now, **recorded) == []

    delivered = [replace(one, state=OrderState.DELIVERED) for one in now.units[:2]]
    [step] = steps(BEFORE, _now(*delivered, unit(3)), **recorded)
    assert step == NoteParcel("f1", {DELIVERY_KEY: "delivered"})


def test_a_parcel_has_come_as_far_as_its_slowest_unit():
    slow = _now(
        replace(_left(1), package_id="p1", state=OrderState.DELIVERED, tracking_number="T1"),
        replace(_left(2), package_id="p1", tracking_number="T1"), unit(3),
    )  # fmt: skip
    both = replace(_part(1, "p1"), quantities={"line-unit-1": 2})
    recorded = {**_recorded(both), "lines": _recorded(_part(1), _part(2))["lines"]}

    assert steps(BEFORE, slow, **recorded) == []


def test_of_two_alike_the_one_with_the_packages_number_is_adopted():
    by_hand = [replace(_part(n), metadata={}) for n in (1, 2)]
    now = _now(replace(_left(2), package_id="p2"), unit(1), unit(3))

    [step] = steps(BEFORE, now, **_recorded(*by_hand))

    assert (step.fulfillment_id, step.metadata["tiktok.tracking_told"]) == ("f2", "T2")


def test_what_staff_cancelled_is_told_where_the_merchant_wants_that():
    cancelled = imported(BEFORE, status=SaleorOrderStatus.CANCELED)
    lines = {one.id: "line-unit-1" for one in BEFORE.units}

    told, problems = goods(BEFORE, cancelled, lines, tells_cancels=True)
    kept, trouble = goods(BEFORE, cancelled, lines)

    assert (told, problems) == ([TellCancel()], [])
    assert (kept, [one.code for one in trouble]) == ([], ["CANCELLED_IN_SALEOR"])
    gone = replace(BEFORE, state=OrderState.CANCELLED)
    assert goods(gone, cancelled, lines, tells_cancels=True) == ([], [])
