"""What Saleor must be told of refunds and disputes, from what it knows and what Stripe says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from saleor_tiktok_stripe.aftersales.reporting import (
    dispute_reports,
    disputed_amount,
    refund_reports,
    warning_reports,
)
from saleor_tiktok_stripe.saleor_api.transactions import EventReport, TransactionEvent
from saleor_tiktok_stripe.stripe_api.types import (
    BalanceEntry,
    Dispute,
    DisputeState,
    Refund,
    RefundState,
)

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DUE = datetime(2026, 12, 5, 23, 59, tzinfo=UTC)


def refund(state: str, **fields: object) -> Refund:
    values = {
        "id": "re_1",
        "payment_id": "pi_1",
        "charge_id": "ch_1",
        "state": RefundState(state),
        "raw_state": state,
        "amount": Decimal("10.00"),
        "currency": "USD",
        "reason": "",
        "created_at": NOW,
    }
    return Refund(**(values | fields))  # type: ignore[arg-type]


def dispute(state: str = "needs_response", *moved: str, **fields: object) -> Dispute:
    """``moved``: amounts in USD that left (-) or came back."""
    values = {
        "id": "du_1",
        "payment_id": "pi_1",
        "charge_id": "ch_1",
        "state": DisputeState(state),
        "raw_state": state,
        "reason": "fraudulent",
        "amount": Decimal("25.00"),
        "currency": "USD",
        "created_at": NOW,
        "livemode": False,
        "due_by": DUE,
        "has_evidence": False,
        "past_due": False,
        "submission_count": 0,
        "refundable": False,
        "balance": tuple(entry(n, amount) for n, amount in enumerate(moved)),
    }
    return Dispute(**(values | fields))  # type: ignore[arg-type]


def entry(number: int, amount: str, currency: str = "USD") -> BalanceEntry:
    moved = Decimal(amount)
    at = NOW + timedelta(days=number)
    return BalanceEntry(
        f"txn_{number}", "dispute", moved, Decimal(15), moved - 15, currency, "du_1", at
    )


def known(*kinds: str, reference: str = "re_1") -> list[TransactionEvent]:
    return [TransactionEvent(kind, reference, Decimal("10.00")) for kind in kinds]


def as_events(reports: Sequence[EventReport]) -> list[TransactionEvent]:
    return [TransactionEvent(one.type, one.psp_reference, one.amount) for one in reports]


def shown(reports: Sequence[EventReport]) -> list[tuple[str, str, str]]:
    return [(one.type, one.psp_reference, f"{one.amount:.2f}") for one in reports]


@pytest.mark.parametrize(
    ("state", "before", "told"),
    [
        ("pending", [], ["REFUND_REQUEST"]),
        ("action_required", [], ["REFUND_REQUEST"]),
        ("unknown", [], ["REFUND_REQUEST"]),
        ("pending", ["REFUND_REQUEST"], []),
        ("pending", ["REFUND_SUCCESS"], []),
        ("succeeded", [], ["REFUND_SUCCESS"]),
        ("succeeded", ["REFUND_REQUEST"], ["REFUND_SUCCESS"]),
        ("succeeded", ["REFUND_SUCCESS"], []),
        ("succeeded", ["REFUND_FAILURE"], []),
        ("succeeded", ["REFUND_SUCCESS", "REFUND_REVERSE"], []),
        ("failed", [], ["REFUND_FAILURE"]),
        ("canceled", ["REFUND_REQUEST"], ["REFUND_FAILURE"]),
        ("failed", ["REFUND_FAILURE"], []),
        ("failed", ["REFUND_REQUEST", "REFUND_SUCCESS"], ["REFUND_REVERSE"]),
        ("failed", ["REFUND_SUCCESS", "REFUND_REVERSE"], []),
        ("failed", ["REFUND_SUCCESS", "REFUND_FAILURE"], []),
    ],
)
def test_refund_is_told_as_it_stands_and_each_thing_once(state, before, told):
    reports = refund_reports([refund(state)], known(*before))

    assert [one.type for one in reports] == told
    assert all((one.psp_reference, one.amount) == ("re_1", Decimal("10.00")) for one in reports)


def test_events_that_saleor_does_not_count_are_as_if_they_were_not():
    spurious = TransactionEvent("REFUND_FAILURE", "re_1", Decimal("10.00"), counts=False)

    [report] = refund_reports([refund("succeeded")], [spurious])

    assert report.type == "REFUND_SUCCESS"


def test_failed_refund_says_why_and_what_to_do():
    [report] = refund_reports([refund("failed", failure_reason="lost_or_stolen_card")], [])

    assert report.message == (
        "The refund failed: the card was reported lost or stolen. The money is back in the Stripe "
        "balance and the buyer did not get it: refund another way, for example by bank transfer."
    )


def test_refunds_are_told_oldest_first():
    newer = refund("succeeded", id="re_0", created_at=NOW + timedelta(minutes=1))

    reports = refund_reports([newer, refund("succeeded")], [])

    assert [one.psp_reference for one in reports] == ["re_1", "re_0"]


def test_inquiry_moves_no_money_and_says_until_when_an_answer_is_needed():
    """Complaint woocommerce-gateway-stripe#3671: it must say whether a response is needed."""
    [report] = dispute_reports([dispute("inquiry_needs_response")], "USD", [])

    assert (report.type, report.psp_reference) == ("INFO", "du_1:inquiry_needs_response")
    assert report.message == (
        "The buyer's bank asks about this payment (an inquiry: no money moved). 25.00 USD, reason: "
        "fraudulent. A response is needed by 2026-12-05 23:59 UTC."
    )


def test_dispute_that_waits_for_nobody_says_so():
    [report] = dispute_reports([dispute("under_review")], "USD", [])

    assert "No response is needed" in report.message


def test_dispute_that_nobody_can_answer_says_so():
    [report] = dispute_reports([dispute(due_by=None)], "USD", [])

    assert report.message.endswith("No response is possible.")


def test_withdrawal_is_a_chargeback_once():
    first = dispute_reports([dispute("needs_response", "-25.00")], "USD", [])

    assert shown(first) == [
        ("CHARGE_BACK", "du_1", "25.00"),
        ("INFO", "du_1:needs_response", "25.00"),
    ]
    assert dispute_reports([dispute("needs_response", "-25.00")], "USD", as_events(first)) == []


def test_won_dispute_is_told_and_its_money_comes_back_under_its_own_reference():
    """Complaint 12, woocommerce-gateway-stripe#1098: won or lost is never shown."""
    won = dispute("won", "-25.00", "25.00")
    before = as_events(dispute_reports([dispute("needs_response", "-25.00")], "USD", []))

    reports = dispute_reports([won], "USD", before)

    assert shown(reports) == [
        ("CHARGE_SUCCESS", "du_1-reinstated", "25.00"),
        ("INFO", "du_1:won", "25.00"),
    ]
    assert dispute_reports([won], "USD", before + as_events(reports)) == []


def test_lost_dispute_is_only_told_its_money_has_moved_already():
    """Complaint 12, woocommerce-gateway-stripe#1098."""
    before = as_events(dispute_reports([dispute("needs_response", "-25.00")], "USD", []))

    reports = dispute_reports([dispute("lost", "-25.00")], "USD", before)

    assert shown(reports) == [("INFO", "du_1:lost", "25.00")]


def test_dispute_seen_late_still_shows_both_moves():
    reports = dispute_reports([dispute("won", "-25.00", "25.00")], "USD", [])

    assert [one.type for one in reports] == ["CHARGE_BACK", "CHARGE_SUCCESS", "INFO"]


def test_return_in_the_same_second_as_the_withdrawal_is_not_lost():
    back = replace(entry(0, "25.00"), id="txn_00")

    reports = dispute_reports(
        [replace(dispute("won"), balance=(back, entry(0, "-25.00")))], "USD", []
    )

    assert [one.type for one in reports] == ["CHARGE_BACK", "CHARGE_SUCCESS", "INFO"]


def test_decision_turned_over_and_over_moves_money_each_time():
    turned = dispute("lost", "-25.00", "25.00", "-25.00")

    reports = dispute_reports([turned], "USD", [])

    assert shown(reports)[:3] == [
        ("CHARGE_BACK", "du_1", "25.00"),
        ("CHARGE_SUCCESS", "du_1-reinstated", "25.00"),
        ("CHARGE_BACK", "du_1-withdrawn-2", "25.00"),
    ]
    assert disputed_amount([turned], "USD") == Decimal("25.00")


def test_chargebacks_never_pass_what_was_captured():
    second = dispute("needs_response", "-25.00", id="du_2", created_at=NOW + timedelta(hours=1))
    both = [dispute("needs_response", "-25.00"), second]

    reports = dispute_reports(both, "USD", [], Decimal("30.00"))

    backs = [(one.psp_reference, one.amount) for one in reports if one.type == "CHARGE_BACK"]
    assert backs == [("du_1", Decimal("25.00")), ("du_2", Decimal("5.00"))]
    assert disputed_amount(both, "USD", Decimal("30.00")) == Decimal("30.00")


def test_dispute_in_another_currency_is_taken_from_what_left_the_balance():
    foreign = replace(
        dispute(currency="EUR", amount=Decimal("23.00")), balance=(entry(0, "-25.40"),)
    )

    reports = dispute_reports([foreign], "USD", [], Decimal("30.00"))

    assert shown(reports)[0] == ("CHARGE_BACK", "du_1", "25.40")


def test_amount_that_cannot_be_said_in_the_charges_currency_is_never_guessed():
    foreign = replace(
        dispute(currency="EUR", amount=Decimal("23.00")), balance=(entry(0, "-23.00", "EUR"),)
    )

    reports = dispute_reports([foreign], "USD", [])

    assert shown(reports) == [
        ("INFO", "du_1:needs_response", "0.00"),
        ("INFO", "du_1:currency", "0.00"),
    ]
    assert "correct it by hand" in reports[1].message
    assert disputed_amount([foreign], "USD") == Decimal(0)


def test_settlement_in_another_currency_does_not_change_the_amount():
    settled = replace(dispute("won"), balance=(entry(0, "-21.10", "EUR"), entry(1, "21.30", "EUR")))

    reports = dispute_reports([settled], "USD", [])

    assert [one.amount for one in reports[:2]] == [Decimal("25.00"), Decimal("25.00")]


def test_state_that_is_not_known_is_told_in_stripes_word():
    odd = replace(dispute("unknown"), raw_state="frozen_over")

    [report] = dispute_reports([odd], "USD", [])

    assert report.psp_reference == "du_1:frozen_over"
    assert 'Stripe says "frozen_over"' in report.message


def test_answering_by_itself_is_announced():
    [report] = dispute_reports([dispute(auto_submits=True)], "USD", [])

    assert report.message.endswith("otherwise Stripe answers by itself then.")


def test_early_fraud_warning_is_told_once_with_the_advice_to_refund():
    [report] = warning_reports(["issfr_1"], [])

    assert (report.type, report.psp_reference) == ("INFO", "issfr_1:warning")
    assert "refunding it in full now avoids the dispute" in report.message
    assert warning_reports(["issfr_1"], as_events([report])) == []
