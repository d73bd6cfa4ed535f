"""Rows of statements as entries: every name kept, and always the row's own sum."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saleor_tiktok_stripe.payments.ledger.drafts import Draft
from saleor_tiktok_stripe.payments.ledger.settled import expected_entries, settled_entries
from saleor_tiktok_stripe.tiktok.finance_types import ExpectedRow, SettledRow

AT = datetime(2026, 1, 10, tzinfo=UTC)
PLACED = datetime(2025, 12, 30, tzinfo=UTC)
ZERO = Decimal(0)


def row(**changes: Any) -> SettledRow:
    """The sale of the reference's sample statement."""
    values: dict[str, Any] = {
        "id": "1636700041000000001",
        "kind": "ORDER",
        "order_id": "576461413000000002",
        "adjustment_id": "",
        "related_order_id": "",
        "currency": "USD",
        "settlement": Decimal("44.4"),
        "revenue": Decimal("53.5"),
        "shipping": Decimal("-3.21"),
        "fee_tax": Decimal("-5.89"),
        "adjustment": ZERO,
        "reserve": ZERO,
        "reserve_status": "",
        "ordered_at": PLACED,
        "parts": {
            "revenue": {
                "subtotal_before_discount_amount": Decimal(55),
                "seller_discount_amount": Decimal("-1.5"),
            },
            "shipping": {
                "actual_shipping_fee_amount": Decimal("-9.2"),
                "customer_paid_shipping_fee_amount": Decimal("5.99"),
            },
            "fee": {
                "referral_fee_amount": Decimal("-3.21"),
                "affiliate_commission_amount": Decimal("-2.68"),
            },
            "supplementary": {
                "customer_payment_amount": Decimal("59.65"),
                "platform_discount_amount": Decimal(-4),
                "sales_tax_amount": Decimal("4.16"),
            },
        },
    }
    return SettledRow(**(values | changes))


def shown(drafts: list[Draft]) -> dict[str, tuple[str, str, bool]]:
    return {one.component: (one.kind, str(one.amount), one.in_settlement) for one in drafts}


def test_a_sale_is_every_component_by_its_name_and_kind() -> None:
    entries = settled_entries(row(), AT)

    assert shown(entries) == {
        "subtotal_before_discount_amount": ("sale", "55", True),
        "seller_discount_amount": ("seller_discount", "-1.5", True),
        "actual_shipping_fee_amount": ("shipping", "-9.2", True),
        "customer_paid_shipping_fee_amount": ("shipping", "5.99", True),
        "referral_fee_amount": ("fee", "-3.21", True),
        "affiliate_commission_amount": ("commission", "-2.68", True),
        "customer_payment_amount": ("sale", "59.65", False),
        "platform_discount_amount": ("platform_discount", "-4", False),
        "sales_tax_amount": ("tax", "4.16", False),
    }
    assert {(one.order_id, one.row_id, one.currency, one.happened_at, one.ordered_at)
            for one in entries} == {
        ("576461413000000002", "1636700041000000001", "USD", AT, PLACED)
    }  # fmt: skip
    assert entries[0].source_id == "1636700041000000001:revenue.subtotal_before_discount_amount"


def test_a_name_that_is_new_is_kept_as_other() -> None:
    parts = {"revenue": {"subtotal_before_discount_amount": Decimal(50),
                         "loyalty_bonus_amount": Decimal("3.5")}}  # fmt: skip
    entries = settled_entries(
        row(parts=parts, shipping=ZERO, fee_tax=ZERO, settlement=Decimal("53.5")), AT
    )

    assert shown(entries) == {
        "subtotal_before_discount_amount": ("sale", "50", True),
        "loyalty_bonus_amount": ("other", "3.5", True),
    }


def test_what_no_name_explains_is_an_entry_of_its_block() -> None:
    entries = settled_entries(row(fee_tax=Decimal("-6.00"), settlement=Decimal("44.30")), AT)

    unexplained = [one for one in entries if one.component.startswith("unexplained")]
    assert shown(unexplained) == {
        "unexplained fee_tax": ("other", "-0.11", True),
        "unexplained settlement": ("other", "0.01", True),
    }


def test_fees_and_taxes_may_come_in_one_group_and_new_groups_are_told_besides() -> None:
    parts = {
        "fee_tax": {"referral_fee_amount": Decimal(-5), "vat_amount": Decimal("-0.89")},
        "loyalty_breakdown": {"points_amount": Decimal(7)},
    }
    entries = settled_entries(
        row(parts=parts, revenue=ZERO, shipping=ZERO, settlement=Decimal("-5.89")), AT
    )

    assert shown(entries) == {
        "referral_fee_amount": ("fee", "-5", True),
        "vat_amount": ("tax", "-0.89", True),
        "points_amount": ("other", "7", False),
    }


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("LOGISTICS_REIMBURSEMENT", "adjustment"),
        ("CHARGE_BACK", "dispute"),
        ("SOMETHING_NEW", "other"),
    ],
)
def test_an_adjustment_is_one_entry_by_its_type(kind: str, expected: str) -> None:
    amounts = dict.fromkeys(("revenue", "shipping", "fee_tax"), ZERO)
    adjustment = row(
        kind=kind, order_id="", adjustment_id="7238804564000000501",
        related_order_id="576461413000000007", adjustment=Decimal(12), settlement=Decimal(12),
        parts={}, ordered_at=None, **amounts,
    )  # fmt: skip
    [entry] = settled_entries(adjustment, AT)

    assert (entry.kind, entry.component, entry.amount) == (expected, kind, Decimal(12))
    assert (entry.order_id, entry.source_ref) == ("576461413000000007", "7238804564000000501")


def test_a_reserve_is_kept_apart_from_what_is_settled() -> None:
    amounts = dict.fromkeys(("revenue", "shipping", "fee_tax", "settlement"), ZERO)
    reserve = row(
        kind="RESERVE", order_id="", related_order_id="576461413000000002", parts={},
        reserve=Decimal(-4), reserve_status="collected", **amounts,
    )  # fmt: skip

    assert shown(settled_entries(reserve, AT)) == {"RESERVE collected": ("reserve", "-4", True)}


def test_a_row_of_nothing_has_no_entry() -> None:
    amounts = dict.fromkeys(("revenue", "shipping", "fee_tax", "settlement"), ZERO)

    assert settled_entries(row(parts={}, **amounts), AT) == []


def test_an_estimate_is_its_blocks_and_what_they_do_not_explain() -> None:
    estimate = ExpectedRow(
        id="1", order_id="2", adjustment_id="", currency="USD", revenue=Decimal(20),
        fee_tax=Decimal(-2), shipping=ZERO, adjustment=ZERO, settlement=Decimal("17.99"),
        ordered_at=PLACED, expected="3 days after delivery",
    )  # fmt: skip

    assert shown(expected_entries(estimate, AT)) == {
        "revenue": ("sale", "20", True),
        "fee_tax": ("fee", "-2", True),
        "unexplained settlement": ("other", "-0.01", True),
    }


def test_names_too_long_for_a_key_stay_different() -> None:
    long = ["x" * 200 + end for end in "ab"]
    entries = settled_entries(
        row(parts={"revenue": dict.fromkeys(long, Decimal(1))}, revenue=Decimal(2)), AT
    )

    keys = {one.source_id for one in entries}
    assert len(keys) == len(entries)
    assert max(len(key) for key in keys) == 160


AMOUNTS = st.decimals(-1000, 1000, places=2, allow_nan=False, allow_infinity=False)
NAMES = st.sampled_from(
    ["subtotal_before_discount_amount", "vat_amount", "referral_fee_amount", "new_amount"]
)
PARTS = st.dictionaries(
    st.sampled_from(["revenue", "shipping", "fee", "tax", "supplementary", "unheard_of"]),
    st.dictionaries(NAMES, AMOUNTS),
)


@given(PARTS, AMOUNTS, AMOUNTS, AMOUNTS, AMOUNTS, AMOUNTS, AMOUNTS)
def test_entries_always_sum_to_what_was_settled_and_reserved(
    parts: dict[str, dict[str, Decimal]],
    revenue: Decimal,
    shipping: Decimal,
    fee_tax: Decimal,
    adjustment: Decimal,
    settlement: Decimal,
    reserve: Decimal,
) -> None:
    entries = settled_entries(
        row(parts=parts, revenue=revenue, shipping=shipping, fee_tax=fee_tax,
            adjustment=adjustment, settlement=settlement, reserve=reserve), AT
    )  # fmt: skip

    inside = [one for one in entries if one.in_settlement]
    assert sum((one.amount for one in inside), ZERO) == settlement + reserve
    assert sum((one.amount for one in inside if one.kind != "reserve"), ZERO) == settlement
    assert len({one.source_id for one in entries}) == len(entries)
