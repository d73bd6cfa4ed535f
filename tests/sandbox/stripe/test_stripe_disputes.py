"""Disputes over the API, through Stripe's own client: their whole life, and the money with it."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from saleor_tiktok_stripe.sandbox.stripe.control import Control

from .conftest import balance

DAY = 86_400


@pytest.mark.parametrize(
    ("card", "reason", "code", "eligible"),
    [
        ("pm_card_createDispute", "fraudulent", "10.4", []),
        ("pm_card_createDisputeProductNotReceived", "product_not_received", "13.1", []),
        (
            "pm_card_createCe3EligibleDispute",
            "fraudulent",
            "10.4",
            ["visa_compelling_evidence_3"],
        ),
        ("pm_card_createComplianceDispute", "noncompliant", "compliance", ["visa_compliance"]),
        (
            "pm_card_createMastercardComplianceDispute",
            "noncompliant",
            "compliance",
            ["mastercard_compliance"],
        ),
    ],
)
def test_a_chargeback_takes_the_money_and_a_fee(
    card: str, reason: str, code: str, eligible: list[str], dispute: Any, api: Any
) -> None:
    made = dispute(card)

    assert (made.status, made.reason, made.amount, made.currency) == (
        "needs_response", reason, 2000, "usd",
    )  # fmt: skip
    assert made.payment_method_details.card.network_reason_code == code
    assert made.enhanced_eligibility_types == eligible
    assert made.evidence_details.due_by == made.created + 21 * DAY
    assert made.is_charge_refundable is False
    (row,) = made.balance_transactions
    assert (row.amount, row.fee, row.net) == (-2000, 1500, -3500)
    assert (row.type, row.reporting_category, row.source) == ("adjustment", "dispute", made.id)
    assert api.charges.retrieve(made.charge).disputed is True
    assert balance(api) == 2000 - 88 - 3500


def test_the_dispute_is_told_before_the_payment_it_disputes(dispute: Any, happened: Any) -> None:
    dispute()

    assert [kind for kind in happened() if kind.split(".")[0] in {"charge", "payment_intent"}] == [
        "payment_intent.created",
        "charge.succeeded",
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
        "payment_intent.succeeded",
    ]


def test_an_inquiry_moves_no_money_and_leaves_the_charge_refundable(
    dispute: Any, api: Any, happened: Any
) -> None:
    made = dispute("pm_card_createDisputeInquiry")

    assert made.status == "warning_needs_response"
    assert made.payment_method_details.card.case_type == "inquiry"
    assert (made.balance_transactions, made.is_charge_refundable) == ([], True)
    assert "charge.dispute.funds_withdrawn" not in happened()
    refund = api.refunds.create({"charge": made.charge, "amount": 500})
    assert refund.status == "succeeded"


def test_several_disputes_share_one_charge(api: Any, pay: Any) -> None:
    paid = pay("pm_card_createMultipleDisputes", 2001)

    made = api.disputes.list({"charge": paid.latest_charge}).data

    assert sorted(one.amount for one in made) == [1000, 1001]
    assert len({one.id for one in made}) == 2


def test_with_manual_capture_the_dispute_comes_with_the_capture(api: Any, pay: Any) -> None:
    held = pay("pm_card_createDispute", capture_method="manual")
    assert api.disputes.list({"payment_intent": held.id}).data == []

    api.payment_intents.capture(held.id, {"amount_to_capture": 700})

    (made,) = api.disputes.list({"payment_intent": held.id}).data
    assert made.amount == 700


def test_winning_evidence_brings_the_money_back_after_five_seconds(
    dispute: Any, api: Any, control: Control, happened: Any
) -> None:
    made, before = dispute(), balance(api)
    api.disputes.update(made.id, {"evidence": {"uncategorized_text": "winning_evidence"}})
    events = len(happened())
    control.turn(4)
    assert api.disputes.retrieve(made.id).status == "under_review"

    control.turn(1)

    won = api.disputes.retrieve(made.id)
    assert (won.status, won.is_charge_refundable) == ("won", True)
    assert [row.amount for row in won.balance_transactions] == [-2000, 2000]
    assert won.balance_transactions[1].reporting_category == "dispute_reversal"
    assert balance(api) == before + 2000
    assert happened(events) == [
        "charge.dispute.funds_reinstated",
        "charge.dispute.closed",
        "charge.updated",
    ]
    assert api.refunds.create({"charge": made.charge}).amount == 2000


def test_losing_evidence_loses(dispute: Any, api: Any, control: Control, happened: Any) -> None:
    made, before = dispute(), balance(api)
    api.disputes.update(made.id, {"evidence": {"uncategorized_text": "losing_evidence"}})

    control.turn(5)

    assert api.disputes.retrieve(made.id).status == "lost"
    assert balance(api) == before
    assert "charge.dispute.funds_reinstated" not in happened()


def test_an_inquiry_that_escalates_becomes_a_chargeback(
    dispute: Any, api: Any, control: Control, happened: Any
) -> None:
    made = dispute("pm_card_createDisputeInquiry")
    words = {"uncategorized_text": "escalate_inquiry_evidence"}
    asked = api.disputes.update(made.id, {"evidence": words})
    assert asked.status == "warning_under_review"
    events = len(happened())

    control.turn(5)

    now = api.disputes.retrieve(made.id)
    assert (now.status, now.is_charge_refundable) == ("needs_response", False)
    assert now.payment_method_details.card.case_type == "chargeback"
    assert now.evidence_details.due_by == control.now() + 21 * DAY
    assert [row.net for row in now.balance_transactions] == [-3500]
    assert happened(events) == ["charge.dispute.updated", "charge.dispute.funds_withdrawn"]


def test_an_inquiry_nobody_escalates_ends_by_itself(
    dispute: Any, api: Any, control: Control
) -> None:
    made = dispute("pm_card_createDisputeInquiry")
    api.disputes.update(made.id, {"evidence": {"uncategorized_text": "An honest story"}})

    control.turn(120 * DAY)

    closed = api.disputes.retrieve(made.id)
    assert (closed.status, closed.balance_transactions) == ("warning_closed", [])


def test_closing_accepts_a_chargeback_for_good(dispute: Any, api: Any, happened: Any) -> None:
    made = dispute()
    events = len(happened())

    closed = api.disputes.close(made.id)

    assert (closed.status, closed.is_charge_refundable) == ("lost", False)
    assert happened(events) == ["charge.dispute.closed", "charge.updated"]
    for again in (
        lambda: api.disputes.close(made.id),
        lambda: api.disputes.update(made.id, {"evidence": {"customer_name": "Ada"}}),
        lambda: api.disputes.update(made.id, {"submit": True}),
    ):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            again()
        assert refused.value.user_message == "This dispute is already closed"
        assert (refused.value.http_status, refused.value.code) == (400, None)


def test_staged_evidence_that_nobody_sent_is_lost_at_the_deadline(
    dispute: Any, api: Any, control: Control, happened: Any
) -> None:
    made = dispute()
    api.disputes.update(made.id, {"evidence": {"customer_name": "Ada"}, "submit": False})
    control.turn(21 * DAY - 1)
    assert api.disputes.retrieve(made.id).status == "needs_response"

    control.turn(1)

    lost = api.disputes.retrieve(made.id)
    assert (lost.status, lost.evidence_details.past_due) == ("lost", True)
    assert lost.evidence_details.submission_count == 0
    assert happened()[-2] == "charge.dispute.closed"


def test_a_charged_back_charge_is_not_refunded(dispute: Any, api: Any) -> None:
    made = dispute()

    with pytest.raises(stripe.InvalidRequestError, match="has been charged back") as refused:
        api.refunds.create({"charge": made.charge})

    assert refused.value.code == "charge_disputed"
    assert api.refunds.list({"charge": made.charge}).data == []


def test_banks_decide_and_a_lost_dispute_may_still_turn(
    api: Any, pay: Any, control: Control, happened: Any
) -> None:
    paid = pay(amount=5000)
    id_ = control.dispute(paid.id, reason="duplicate", amount=1200)
    assert api.disputes.retrieve(id_).reason == "duplicate"

    control.decide(id_, "lost")
    control.decide(id_, "won")

    turned = api.disputes.retrieve(id_)
    assert turned.status == "won"
    assert [row.amount for row in turned.balance_transactions] == [-1200, 1200]
    assert happened().count("charge.dispute.closed") == 2
    with pytest.raises(ValueError, match="won cannot become lost"):
        control.decide(id_, "lost")


def test_an_appeal_has_a_deadline_of_its_own(dispute: Any, api: Any, control: Control) -> None:
    made = dispute()
    api.disputes.close(made.id)
    control.turn(DAY)

    control.decide(made.id, "appeal_needs_response")
    card = {"reason_for_filing": "New facts"}
    sent = api.disputes.update(
        made.id, {"evidence": {"appeal": {"card": card}, "uncategorized_text": "winning_evidence"}}
    )

    assert (sent.status, sent.evidence.appeal.card.reason_for_filing) == (
        "appeal_under_review", "New facts",
    )  # fmt: skip
    control.turn(5)
    assert api.disputes.retrieve(made.id).status == "won"


def test_a_prevented_dispute_takes_nothing(api: Any, pay: Any, control: Control) -> None:
    id_ = control.prevented_dispute(pay().id)

    made = api.disputes.retrieve(id_)
    assert (made.status, made.balance_transactions) == ("prevented", [])


def test_a_dispute_of_a_partly_refunded_charge_is_about_the_rest(
    api: Any, pay: Any, control: Control
) -> None:
    paid = pay(amount=5000)
    api.refunds.create({"payment_intent": paid.id, "amount": 1500})

    made = api.disputes.retrieve(control.dispute(paid.id))

    assert made.amount == 3500


def test_a_dispute_that_takes_no_answer_has_no_deadline(
    api: Any, pay: Any, control: Control
) -> None:
    id_ = control.dispute(pay().id, reason="insufficient_funds", due_in=0)

    control.turn(60 * DAY)

    made = api.disputes.retrieve(id_)
    assert (made.evidence_details.due_by, made.status) == (None, "needs_response")


@pytest.mark.parametrize(
    ("method", "reason", "brand", "code"),
    [
        ("pm_card_visa", "credit_not_processed", "visa", "13.6"),
        ("pm_card_mastercard", "credit_not_processed", "mastercard", "4860"),
        ("pm_card_amex", "credit_not_processed", "amex", None),
        ("pm_card_visa", "general", "visa", None),
    ],
)
def test_the_networks_call_the_same_reason_by_their_own_codes(
    api: Any, pay: Any, control: Control, method: str, reason: str, brand: str, code: Any
) -> None:
    made = api.disputes.retrieve(control.dispute(pay(method).id, reason=reason))

    card = made.payment_method_details.card
    assert (card.brand, card.network, card.network_reason_code) == (brand, brand, code)
    assert made.network_reason_code == code


def test_a_disputed_bank_debit_has_no_card(api: Any, control: Control) -> None:
    paid = api.payment_intents.create(
        {
            "amount": 2000,
            "currency": "usd",
            "payment_method": "pm_usBankAccount_success",
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
            "confirm": True,
        }
    )
    control.turn(4 * DAY)

    made = api.disputes.retrieve(control.dispute(paid.id, reason="debit_not_authorized"))

    assert (made.payment_method_details, made.network_reason_code) == (None, None)
    assert (made.status, made.balance_transactions[0].net) == ("needs_response", -3500)


def test_disputes_are_listed_by_charge_payment_and_time(
    dispute: Any, api: Any, control: Control
) -> None:
    first = dispute()
    control.turn(100)
    second = dispute("pm_card_createDisputeInquiry")

    assert [one.id for one in api.disputes.list()] == [second.id, first.id]
    assert [one.id for one in api.disputes.list({"charge": first.charge})] == [first.id]
    since = {"created": {"gt": first.created}}
    assert [one.id for one in api.disputes.list(since)] == [second.id]
    with pytest.raises(stripe.InvalidRequestError, match="unknown parameter: status"):
        api.disputes.list({"status": "needs_response"})  # type: ignore[typeddict-unknown-key]


def test_a_fraud_warning_comes_before_and_ends_with_the_dispute(
    api: Any, pay: Any, control: Control, happened: Any
) -> None:
    paid = pay("pm_card_createIssuerFraudRecord")
    (warning,) = api.radar.early_fraud_warnings.list({"payment_intent": paid.id}).data
    assert (warning.actionable, warning.charge) == (True, paid.latest_charge)
    kinds = happened()
    assert kinds.index("radar.early_fraud_warning.created") < kinds.index(
        "payment_intent.succeeded"
    )

    control.dispute(paid.id)

    assert api.radar.early_fraud_warnings.retrieve(warning.id).actionable is False
    assert "radar.early_fraud_warning.updated" in happened()


def test_a_refund_of_all_settles_a_fraud_warning(api: Any, pay: Any, control: Control) -> None:
    paid = pay()
    id_ = control.fraud_warning(paid.id)

    api.refunds.create({"payment_intent": paid.id, "amount": 500})
    assert api.radar.early_fraud_warnings.retrieve(id_).actionable is True
    api.refunds.create({"payment_intent": paid.id})

    assert api.radar.early_fraud_warnings.retrieve(id_).actionable is False


def test_a_refund_of_all_leaves_nothing_refundable_in_an_inquiry(dispute: Any, api: Any) -> None:
    made = dispute("pm_card_createDisputeInquiry")

    api.refunds.create({"charge": made.charge})

    assert api.disputes.retrieve(made.id).is_charge_refundable is False
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.refunds.create({"charge": made.charge})
    assert refused.value.code == "charge_already_refunded"


@pytest.mark.parametrize(
    ("fail", "status", "reason", "refunded"),
    [(True, "failed", "charge_for_pending_refund_disputed", 0), (False, "succeeded", None, 500)],
)
def test_a_refund_made_in_an_inquiry_may_fail_when_it_escalates(
    dispute: Any, api: Any, control: Control, fail: bool, status: str, reason: Any, refunded: int
) -> None:
    made = dispute("pm_card_createDisputeInquiry")
    refund = api.refunds.create({"charge": made.charge, "amount": 500})

    control.escalate(made.id, refunds_fail=fail)

    now = api.refunds.retrieve(refund.id)
    assert (now.status, getattr(now, "failure_reason", None)) == (status, reason)
    assert api.charges.retrieve(made.charge).amount_refunded == refunded
    assert api.disputes.retrieve(made.id).is_charge_refundable is False


def test_smart_disputes_are_shown(dispute: Any, api: Any, control: Control) -> None:
    made = dispute()
    assert made.intended_submission_method == "manual"

    control.smart_dispute(made.id)

    assert api.disputes.retrieve(made.id).intended_submission_method == "smart_disputes"
