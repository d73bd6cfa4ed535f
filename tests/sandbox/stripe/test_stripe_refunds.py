"""Refunds in the Stripe sandbox (reference: refunds)."""

from __future__ import annotations

import pytest
import stripe

from saleor_tiktok_stripe.sandbox.stripe.control_payments import Totals

HOUR = 3600


@pytest.fixture
def refund(api):
    def make(payment, amount=None, **more):
        params = {"payment_intent": payment.id, **more}
        if amount is not None:
            params["amount"] = amount
        return api.refunds.create(params)

    return make


def _refused(call, *args, **more):
    with pytest.raises(stripe.InvalidRequestError) as caught:
        call(*args, **more)
    return caught.value


def test_a_refund_in_parts_down_to_the_last_cent(pay, refund, api, control, happened):
    payment = pay(amount=3000)

    first = refund(payment, 1000, reason="requested_by_customer", metadata={"saleor_refund": "a"})
    second = refund(payment, 1000)
    rest = refund(payment)

    assert (first.status, first.reason, first.metadata["saleor_refund"]) == (
        "succeeded", "requested_by_customer", "a",
    )  # fmt: skip
    assert (second.amount, rest.amount) == (1000, 1000)
    assert len({first.id, second.id, rest.id}) == 3
    charge = api.charges.retrieve(payment.latest_charge)
    assert (charge.amount_refunded, charge.refunded) == (3000, True)
    totals = control.totals(payment.id)
    assert (totals.charged, totals.refunded, totals.kept) == (3000, 3000, 0)
    assert happened(3) == ["refund.created", "charge.refunded"] * 3
    assert [row.id for row in api.refunds.list({"payment_intent": payment.id})] == [
        rest.id, second.id, first.id,
    ]  # fmt: skip


def test_the_fee_is_not_given_back(pay, refund, control):
    refund(pay(amount=2000))

    booked = [
        (row["type"], row["amount"], row["fee"]) for row in control.objects("balance_transaction")
    ]
    assert booked == [("charge", 2000, 88), ("refund", -2000, 0)]


def test_never_more_than_is_left(pay, refund, control):
    payment = pay(amount=4000)
    refund(payment, 1000)

    error = _refused(refund, payment, 4000)

    assert (error.http_status, error.param, error.code) == (400, "amount", None)
    assert error.user_message == (
        "Refund amount ($40.00) is greater than unrefunded amount on charge ($30.00)"
    )
    assert control.totals(payment.id).refunded == 1000


def test_nothing_is_left_after_a_full_refund(pay, refund, control):
    payment = pay()
    refund(payment)

    error = _refused(refund, payment, 1)

    assert error.code == "charge_already_refunded"
    assert error.user_message == f"Charge {payment.latest_charge} has already been refunded."
    assert len(control.objects("refund")) == 1


def test_an_amount_of_nothing_is_no_refund(pay, refund):
    assert _refused(refund, pay(), 0).code == "parameter_invalid_integer"


def test_an_unknown_reason_is_refused(pay, refund):
    error = _refused(refund, pay(), reason="because")

    assert (error.param, error.code) == ("reason", None)


def test_what_to_refund_must_be_said_and_known(api):
    neither = _refused(api.refunds.create, {"amount": 100})
    unknown = _refused(api.refunds.create, {"charge": "ch_gone"})

    assert (neither.http_status, neither.code) == (400, None)
    assert neither.user_message == (
        "One of the following params should be provided for this request: payment_intent or charge."
    )
    assert (unknown.http_status, unknown.code, unknown.param) == (404, "resource_missing", "id")


def test_held_money_is_to_be_canceled_not_refunded(pay, refund):
    payment = pay(capture_method="manual")

    assert "cancel the PaymentIntent" in _refused(refund, payment).user_message


def test_only_what_was_captured_can_be_refunded(pay, refund, api, control):
    payment = pay(amount=2000, capture_method="manual")
    api.payment_intents.capture(payment.id, {"amount_to_capture": 1500})

    _refused(refund, payment, 1501)
    refund(payment)

    assert control.totals(payment.id).refunded == 1500


def test_a_payment_that_was_not_made_has_nothing_to_refund(api, refund):
    payment = api.payment_intents.create({"amount": 1000, "currency": "usd"})

    assert "does not have a successful charge to refund" in _refused(refund, payment).user_message


def test_a_pending_refund_arrives_later_and_counts_from_the_start(
    pay, refund, api, control, happened
):
    payment = pay("pm_card_pendingRefund", 2000)
    made = refund(payment, 500)

    assert (made.status, made.pending_reason) == ("pending", "processing")
    totals = control.totals(payment.id)
    assert (totals.refunded, totals.refund_pending) == (0, 500)
    _refused(refund, payment, 1501)

    control.turn(HOUR)

    assert api.refunds.retrieve(made.id).status == "succeeded"
    assert control.totals(payment.id).refunded == 500
    assert happened(5) == ["refund.updated", "charge.refund.updated"]


def test_a_refund_that_succeeded_may_fail_and_the_money_comes_back(
    pay, refund, api, control, happened
):
    payment = pay("pm_card_refundFail", 2000)
    made = refund(payment, 500)
    assert (made.status, control.totals(payment.id).refunded) == ("succeeded", 500)

    control.turn(HOUR)

    failed = api.refunds.retrieve(made.id, {"expand": ["failure_balance_transaction"]})
    assert (failed.status, failed.failure_reason) == ("failed", "expired_or_canceled_card")
    assert failed.failure_balance_transaction.amount == 500
    assert failed.failure_balance_transaction.type == "refund_failure"
    assert control.totals(payment.id).refunded == 0
    charge = api.charges.retrieve(payment.latest_charge)
    assert (charge.amount_refunded, charge.refunded) == (0, False)
    assert happened(5) == ["refund.failed", "refund.updated", "charge.refund.updated"]
    assert refund(payment).amount == 2000


def test_a_test_decides_how_refunds_end(pay, refund, api, control):
    payment = pay(amount=3000)
    control.next_refunds("pending", "succeeded")
    first, second = refund(payment, 1000), refund(payment, 1000)
    assert (first.status, second.status) == ("pending", "succeeded")

    control.fail_refund(first.id, "insufficient_funds")
    control.fail_refund(second.id, "lost_or_stolen_card")
    control.fail_refund(second.id)

    assert api.refunds.retrieve(first.id).failure_reason == "insufficient_funds"
    assert api.refunds.retrieve(second.id).failure_reason == "lost_or_stolen_card"
    assert control.totals(payment.id) == Totals("usd", charged=3000)
    with pytest.raises(ValueError, match="no failure_reason"):
        control.fail_refund(second.id, "bad luck")


def test_a_refund_that_waits_for_its_buyer_can_be_canceled(pay, refund, api, control, happened):
    payment = pay(amount=2000)
    control.next_refunds("requires_action", "requires_action")
    made, other = refund(payment, 500), refund(payment, 700)
    assert (made.status, made.next_action.type) == ("requires_action", "display_details")
    assert control.totals(payment.id).refund_pending == 1200

    canceled = api.refunds.cancel(made.id)
    control.settle_refund(other.id)

    assert (canceled.status, "next_action" in canceled) == ("canceled", False)
    assert happened(7) == ["refund.updated", "charge.refund.updated"] * 2
    totals = control.totals(payment.id)
    assert (totals.refunded, totals.refund_pending) == (700, 0)
    assert api.charges.retrieve(payment.latest_charge).amount_refunded == 700
    assert sum(row["amount"] for row in control.objects("balance_transaction")) == 1300


def test_the_reference_of_a_card_refund_comes_later(pay, refund, api, control):
    made = refund(pay())
    assert made.destination_details.card.reference_status == "pending"

    control.turn(HOUR)

    card = api.refunds.retrieve(made.id).destination_details.card
    assert (card.reference_status, card.type) == ("available", "refund")


def test_refunds_to_bank_accounts_take_their_time(api, control, refund):
    payment = api.payment_intents.create(
        {
            "amount": 1000,
            "currency": "usd",
            "payment_method": "pm_usBankAccount_success",
            "payment_method_types": ["us_bank_account"],
            "confirm": "true",
        }
    )
    assert "does not have a successful charge" in _refused(refund, payment).user_message
    control.settle_payment(payment.id)

    assert refund(payment).status == "pending"


def test_a_refund_made_in_stripes_dashboard_has_no_metadata(pay, api, control, happened):
    payment = pay(amount=2000)

    made = control.dashboard_refund(payment.id, 700, "duplicate")

    found = api.refunds.retrieve(made)
    assert (found.amount, found.reason, found.metadata.to_dict()) == (700, "duplicate", {})
    assert happened(3) == ["refund.created", "charge.refunded"]
    assert control.calls("POST", "/refunds") == []


def test_a_charge_that_was_charged_back_is_not_refunded(pay, refund, control):
    payment = pay("pm_card_createDispute")
    control.turn(5)

    error = _refused(refund, payment)

    assert error.code == "charge_disputed"
    assert error.user_message == (
        f"Charge {payment.latest_charge} has been charged back; cannot issue a refund."
    )
    totals = control.totals(payment.id)
    assert (totals.charged_back, totals.refunded) == (2000, 0)


def test_an_inquiry_does_not_stop_a_refund(pay, refund, control):
    payment = pay("pm_card_createDisputeInquiry")
    control.turn(5)

    assert refund(payment).status == "succeeded"
    assert control.totals(payment.id).charged_back == 0


def test_metadata_of_a_refund_can_be_changed_and_nothing_else(pay, refund, api, happened):
    made = refund(pay(), 100)

    assert api.refunds.update(made.id, {"metadata": {"k": "v"}}).metadata["k"] == "v"
    assert happened()[-1] == "refund.updated"
    assert _refused(api.refunds.update, made.id, {"amount": 5}).code == "parameter_unknown"
    assert _refused(api.refunds.cancel, made.id).user_message == (
        "Canceling this refund is unsupported."
    )


def test_refunds_too_fine_for_their_currency_are_refused(pay, refund):
    payment = pay(amount=500000, currency="isk")

    error = _refused(refund, payment, 100050)

    assert error.code == "invalid_charge_amount_no_decimal_compatible"
    assert refund(payment, 100000).status == "succeeded"
