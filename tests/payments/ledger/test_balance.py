"""Stripe's balance transactions as entries: what moved, each part of the fee, and its own net."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from saleor_tiktok_stripe.payments.ledger.balance import balance_entries
from saleor_tiktok_stripe.stripe_api.types import BalanceEntry, FeePart

AT = datetime(2026, 1, 10, tzinfo=UTC)


def moved(amount: str = "100.00", *fees: tuple[str, str], **changes: Any) -> BalanceEntry:
    fee = sum((Decimal(one) for _, one in fees), Decimal(0))
    values: dict[str, Any] = {
        "id": "txn_1",
        "category": "charge",
        "amount": Decimal(amount),
        "fee": fee,
        "net": Decimal(amount) - fee,
        "currency": "USD",
        "source_id": "ch_1",
        "created_at": AT,
        "payment_id": "pi_1",
        "fees": tuple(FeePart(kind, Decimal(one)) for kind, one in fees),
    }
    return BalanceEntry(**(values | changes))


def test_a_charge_is_its_gross_and_each_part_of_its_fee() -> None:
    entries = balance_entries(
        moved("100.00", ("stripe_fee", "3.20"), ("tax", "0.61"), ("stripe_fee", "0.10")), "T3JkZXI6"
    )

    assert [(one.source_id, one.kind, one.component, one.amount) for one in entries] == [
        ("txn_1:charge", "sale", "charge", Decimal("100.00")),
        ("txn_1:fee.stripe_fee.1", "fee", "stripe_fee", Decimal("-3.20")),
        ("txn_1:fee.tax.1", "tax", "tax", Decimal("-0.61")),
        ("txn_1:fee.stripe_fee.2", "fee", "stripe_fee", Decimal("-0.10")),
    ]
    assert {(one.order_id, one.source_ref, one.row_id) for one in entries} == {
        ("T3JkZXI6", "pi_1", "txn_1")
    }


@pytest.mark.parametrize(
    ("category", "kind"),
    [
        ("refund", "refund"),
        ("refund_failure", "refund"),
        ("dispute", "dispute"),
        ("dispute_reversal", "dispute"),
        ("payout", "payout"),
        ("payout_reversal", "payout"),
        ("fee", "fee"),
        ("risk_reserved_funds", "reserve"),
        ("other_adjustment", "adjustment"),
        ("climate_order_purchase", "other"),
    ],
)
def test_every_category_has_a_kind_and_new_ones_are_other(category: str, kind: str) -> None:
    [entry] = balance_entries(moved("-5.00", category=category))

    assert (entry.kind, entry.component, entry.amount) == (kind, category, Decimal("-5.00"))


def test_the_fee_of_a_dispute_is_named_so() -> None:
    taken, fee = balance_entries(moved("-100.00", ("stripe_fee", "15.00"), category="dispute"))

    assert (taken.kind, taken.amount) == ("dispute", Decimal("-100.00"))
    assert (fee.kind, fee.component, fee.amount) == ("fee", "dispute_fee", Decimal("-15.00"))


def test_a_fee_without_its_parts_is_a_fee_all_the_same() -> None:
    entries = balance_entries(moved("10.00", fee=Decimal("0.59"), net=Decimal("9.41")))

    assert [(one.component, one.amount) for one in entries] == [
        ("charge", Decimal("10.00")),
        ("fee", Decimal("-0.59")),
    ]


def test_a_fee_taken_by_itself_has_no_amount_besides() -> None:
    entries = balance_entries(moved("0.00", ("tax", "0.20"), category="fee"))

    assert [(one.component, one.amount) for one in entries] == [("tax", Decimal("-0.20"))]


def test_what_belongs_to_no_payment_is_known_by_its_source() -> None:
    payout = moved("-50.00", category="payout", payment_id="", source_id="po_1")
    [entry] = balance_entries(payout)

    assert (entry.source_ref, entry.order_id) == ("po_1", "")
