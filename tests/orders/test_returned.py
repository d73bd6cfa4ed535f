"""Goods and money that come back: pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal as D
from typing import Any

import pytest

from saleor_tiktok_stripe.orders.money import settle
from saleor_tiktok_stripe.orders.refunds import Given, refunds
from saleor_tiktok_stripe.orders.returned import goods_are_back, returned_units
from saleor_tiktok_stripe.orders.states import saleor_status
from saleor_tiktok_stripe.saleor_api.types import SaleorOrderStatus
from saleor_tiktok_stripe.tiktok.aftersales_types import (
    Awaited,
    Return,
    ReturnedUnit,
    ReturnKind,
    ReturnState,
)
from saleor_tiktok_stripe.tiktok.types import OrderState

from .samples import WHEN, cancellation, order, unit

SENT = order(unit(1, state=OrderState.DELIVERED), unit(2, state=OrderState.DELIVERED),
             state=OrderState.DELIVERED)  # fmt: skip


def back(*unit_ids: str, amount: str = "17.74", **changes: Any) -> Return:
    """A completed return of ``unit_ids`` with its parcel."""
    return replace(
        Return(
            id="4035318504000000201",
            order_id=SENT.id,
            kind=ReturnKind.RETURN_AND_REFUND,
            state=ReturnState.COMPLETE,
            raw_state="RETURN_OR_REFUND_REQUEST_COMPLETE",
            role="BUYER",
            reason="defective",
            reason_text="",
            currency="USD",
            amount=D(amount),
            shipping_amount=D(0),
            tax_amount=D("1.24"),
            offer=None,
            units=tuple(ReturnedUnit(one, "sku", D(0)) for one in unit_ids),
            awaited=Awaited.NOTHING,
            due_by=None,
            arbitration="",
            tracking_number="BACK1",
            carrier="",
            buyer_keeps_item=False,
            replaced_by="",
            created_at=WHEN,
            updated_at=WHEN,
        ),
        **changes,
    )


def _given(*returns: Return, of=SENT, cancellations=()) -> list[Given]:
    return list(refunds(of, settle(of, "US"), cancellations, returns))


def test_a_unit_refunded_in_full_takes_the_platforms_share_along():
    [one] = _given(back("unit-1"))

    assert (one.by_buyer, one.by_platform, one.unit_ids) == (D("17.74"), D(2), ("unit-1",))
    assert one.reference == "return:4035318504000000201"


def test_a_part_of_the_price_is_the_buyers_alone_and_names_no_item():
    [one] = _given(back("unit-1", amount="5.00"))

    assert (one.by_buyer, one.by_platform, one.unit_ids) == (D("5.00"), D(0), ())


def test_fees_are_left_out_and_the_way_back_is_no_refund():
    fees = {"retail_delivery": D("0.28"), "return_shipping_by_seller": D("5.10")}

    [one] = _given(back("unit-1", amount="18.02", fees=fees))

    assert one.by_buyer == D("17.74")


def test_all_refunds_together_never_pass_what_the_buyer_paid():
    twice = [back("unit-1", id=str(number), amount="30.00") for number in (1, 2)]

    assert sum(one.by_buyer for one in _given(*twice)) == settle(SENT, "US").by_buyer


def test_cancelled_and_returned_units_are_given_back_each_once():
    of = order(unit(1, state=OrderState.DELIVERED), unit(2, state=OrderState.CANCELLED),
               state=OrderState.DELIVERED)  # fmt: skip
    gone = cancellation("unit-2", amount="17.74", tax_amount=D("1.24"))

    given = _given(back("unit-1"), of=of, cancellations=[gone])

    assert [one.by_buyer for one in given] == [D("17.74")] * 2
    assert sum(one.total for one in given) == settle(of, "US").total


def test_what_is_not_complete_or_was_edited_gives_nothing_back():
    approved = back("unit-1", state=ReturnState.APPROVED)

    assert _given(approved, back("unit-1", replaced_by="2"), back("unit-1", amount="0")) == []


def test_cash_on_delivery_is_given_back_once_it_was_collected():
    on_its_way = replace(SENT, is_cod=True, state=OrderState.IN_TRANSIT)

    assert _given(back("unit-1"), of=on_its_way) == []
    assert [one.by_buyer for one in _given(back("unit-1"), of=replace(SENT, is_cod=True))] == [
        D("17.74")
    ]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, True),
        ({"state": ReturnState.APPROVED}, True),
        ({"state": ReturnState.BUYER_SHIPPED}, False),
        ({"state": ReturnState.PARCEL_REJECTED}, False),
        ({"buyer_keeps_item": True}, False),
        ({"kind": ReturnKind.REFUND}, False),
        ({"kind": ReturnKind.UNKNOWN}, False),
        ({"kind": ReturnKind.REPLACEMENT}, True),
        ({"kind": ReturnKind.REPLACEMENT, "tracking_number": ""}, False),
        ({"replaced_by": "2"}, False),
    ],
)
def test_when_goods_are_back(changes: dict[str, Any], expected: bool):  # noqa: FBT001
    assert goods_are_back(back("unit-1", **changes)) is expected


def test_a_unit_comes_back_with_one_return_only():
    first = back("unit-1", id="1")
    second = back("unit-1", "unit-2", id="2", created_at=WHEN + timedelta(days=1))

    assert returned_units(SENT, [second, first]) == {"1": ("unit-1",), "2": ("unit-2",)}


def test_a_return_that_names_no_units_is_of_all_that_left():
    assert returned_units(SENT, [back()]) == {back().id: ("unit-1", "unit-2")}


@pytest.mark.parametrize(
    ("returned", "status"),
    [
        (0, SaleorOrderStatus.FULFILLED),
        (1, SaleorOrderStatus.PARTIALLY_RETURNED),
        (2, SaleorOrderStatus.RETURNED),
    ],
)
def test_the_state_of_an_order_whose_goods_came_back(returned: int, status: SaleorOrderStatus):
    assert saleor_status(SENT, returned) is status
