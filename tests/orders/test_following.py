"""The plan alone: what it does when, and that it never does more."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D

import pytest

from saleor_tiktok_stripe.orders.actions import (
    CancelLines,
    CancelOrder,
    Confirm,
    Fulfill,
    RecordCharge,
    Stop,
    Track,
    UpdateAddress,
)
from saleor_tiktok_stripe.orders.address import address_hash
from saleor_tiktok_stripe.orders.following import Known, plan
from saleor_tiktok_stripe.orders.mapping import to_new_order
from saleor_tiktok_stripe.saleor_api.keys import PACKAGE_KEY
from saleor_tiktok_stripe.saleor_api.types import (
    FulfillmentState,
    OrderLineState,
    SaleorOrder,
    TransactionState,
)
from saleor_tiktok_stripe.saleor_api.types import SaleorOrderStatus as Status
from saleor_tiktok_stripe.tiktok.types import FulfilledBy, Order, OrderState, Recipient

from .samples import MASKED, NO_ADDRESS, READABLE, context, order, unit


def imported(neutral: Order, **changes) -> SaleorOrder:
    """What Saleor holds right after the import of ``neutral``."""
    new = to_new_order(neutral, context())
    lines = tuple(
        OrderLineState(f"line-{line.key}", line.variant_id, line.sku, line.quantity, 0,
                       line.quantity, line.quantity, line.unit_gross,
                       line.unit_gross * line.quantity, line.metadata)
        for line in new.lines
    )  # fmt: skip
    transactions = tuple(
        TransactionState(one.psp_reference, one.name, one.psp_reference, one.authorized,
                         one.charged, one.refunded, ())
        for one in new.transactions
    )  # fmt: skip
    total = sum((line.total_gross for line in lines), new.shipping_gross)
    return replace(
        SaleorOrder("order", "1", new.external_reference, "tiktok-us", "USD", new.status, total,
                    new.shipping_gross, total, D(0), lines, (), transactions,
                    new.shipping_address, new.metadata),
        **changes,
    )  # fmt: skip


def known(neutral: Order) -> Known:
    new = to_new_order(neutral, context())
    line_map = {
        unit_id: f"line-{line.key}"
        for line in new.lines
        for unit_id in line.metadata["tiktok.unit_ids"].split(",")
    }
    return Known(line_map, address_hash(neutral.recipient), "US")


def steps(before: Order, now: Order, **saleor) -> list[object]:
    """What is to be done beside noting facts."""
    found = plan(now, imported(before, **saleor), known(before), ())
    return [step for step in found if type(step).__name__ != "SetMetadata"]


LEFT = {"state": OrderState.IN_TRANSIT, "package_id": "p1", "tracking_number": "T1"}
TWO = (unit(1), unit(2))


def test_nothing_happened_nothing_is_done():
    assert plan(order(), imported(order()), known(order()), ()) == ()


def test_a_hold_ends():
    held = order(state=OrderState.ON_HOLD)

    assert steps(held, order()) == [Confirm()]
    assert steps(held, held) == []
    assert steps(held, replace(held, state=OrderState.CANCELLED)) == [CancelOrder()]


def test_a_package_leaves():
    [step] = steps(order(*TWO), order(unit(1, **LEFT), unit(2), state=OrderState.PARTIALLY_SHIPPED))

    assert isinstance(step, Fulfill)
    assert (step.package.key, step.package.quantities) == ("p1", {"line-unit-1": 1})
    assert (step.package.tracking_number, step.package.touch_stock) == ("T1", True)


def test_what_the_marketplace_ships_leaves_our_stock_alone():
    theirs = {"fulfilled_by": FulfilledBy.MARKETPLACE}

    [step] = steps(order(**theirs), order(unit(**LEFT), state=OrderState.IN_TRANSIT, **theirs))

    assert not step.package.touch_stock


def _shipped(number: str, **metadata: str) -> FulfillmentState:
    known = {"tiktok.tracking_number": "T1", "tiktok.delivery": "in_transit"}
    facts = {PACKAGE_KEY: "p1", **known, **metadata}
    return FulfillmentState("f1", "FULFILLED", number, {"line-unit-1": 1}, facts)


def test_a_new_tracking_number_is_brought_over_but_not_over_one_that_staff_entered():
    gone = order(unit(**LEFT), state=OrderState.IN_TRANSIT)
    lines = (replace(imported(order()).lines[0], quantity_to_fulfill=0),)
    done = {"fulfillments": (_shipped("STAFF"),), "lines": lines}

    assert steps(order(), gone, **done) == []

    corrected = order(unit(**LEFT | {"tracking_number": "T2"}), state=OrderState.IN_TRANSIT)
    [step] = steps(order(), corrected, **done)
    assert isinstance(step, Track)
    assert (step.fulfillment_id, step.tracking_number) == ("f1", "T2")


def test_cancelled_units_are_taken_out_once():
    now = order(unit(1), unit(2, state=OrderState.CANCELLED, cancel_reason="Out of stock"))

    assert steps(order(*TWO), now) == [CancelLines({"line-unit-1": 1}, "Out of stock")]

    taken_out = (replace(imported(order(*TWO)).lines[0], quantity_to_fulfill=1),)
    assert steps(order(*TWO), now, lines=taken_out) == []


def test_an_order_whose_every_unit_is_cancelled_is_cancelled():
    gone = order(*(unit(n, state=OrderState.CANCELLED) for n in (1, 2)))

    assert steps(order(*TWO), gone) == [CancelOrder()]
    assert steps(order(*TWO), gone, status=Status.CANCELED) == []


def test_a_masked_address_replaces_nothing():
    assert steps(order(), order(recipient=MASKED)) == []

    [step] = steps(order(recipient=MASKED), order())
    assert isinstance(step, UpdateAddress)
    assert step.address.first_name == "Jordan"

    moved = order(recipient=replace(READABLE, lines=("9 Other Street",)))
    assert isinstance(steps(order(), moved)[0], UpdateAddress)


@pytest.mark.parametrize("shown", [READABLE, MASKED])
def test_an_address_that_shows_in_the_hold_window_waits_for_its_end(shown: Recipient):
    held = order(state=OrderState.ON_HOLD, recipient=NO_ADDRESS)

    assert steps(held, replace(held, recipient=shown)) == []

    confirm, update = steps(held, order(recipient=shown))
    assert confirm == Confirm()
    assert isinstance(update, UpdateAddress)


def test_cash_is_collected_with_the_delivery():
    waiting = order(is_cod=True)
    arrived = order(
        unit(**LEFT | {"state": OrderState.DELIVERED}), is_cod=True, state=OrderState.DELIVERED
    )

    charges = [one.charge for one in steps(waiting, arrived) if isinstance(one, RecordCharge)]

    assert [(one.transaction_reference, one.amount) for one in charges] == [
        ("tiktok:576461413000000001", D("17.74")),
        ("tiktok:576461413000000001:platform", D(2)),
    ]


def test_amounts_that_changed_after_the_import_touch_nothing():
    dearer = order(unit(list_price=D(30), sale_price=D("26.50"), taxes=()))

    [step] = steps(order(), dearer)

    assert isinstance(step, Stop)
    assert step.problem.code == "AMOUNTS_DO_NOT_ADD_UP"
    assert step.problem.params["expected"] == "28.50"


def test_a_unit_that_was_added_touches_nothing():
    [step] = steps(order(unit(1)), order(*TWO))

    assert isinstance(step, Stop)
    assert step.problem.code == "LINES_DIFFER"


def test_a_cancelled_order_in_saleor_is_never_reopened():
    [step] = steps(order(), order(), status=Status.CANCELED)

    assert isinstance(step, Stop)
    assert step.problem.code == "CANCELLED_IN_SALEOR"


def test_an_order_imported_without_address_gets_the_masked_one_when_its_hold_ends():
    held = order(state=OrderState.ON_HOLD, recipient=NO_ADDRESS)
    now = order(recipient=MASKED)

    confirm, update = steps(held, now)

    assert confirm == Confirm()
    assert isinstance(update, UpdateAddress)
    assert update.address.city == "Columbus"
    assert steps(held, now, status=Status.UNFULFILLED, shipping_address=update.address) == []
    assert steps(held, order(recipient=NO_ADDRESS)) == [Confirm()]
