"""Captures and cancellations that staff ask for: each once, none of them ever a refund."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from saleor_tiktok_stripe import payments
from saleor_tiktok_stripe.errors import InvalidInput
from saleor_tiktok_stripe.jobs import clock
from saleor_tiktok_stripe.models import CaptureRequest, Charge, Job
from saleor_tiktok_stripe.payments.acting import decide
from saleor_tiktok_stripe.saleor_api.transactions import ActionRequest
from saleor_tiktok_stripe.stripe_api.types import PaymentState
from tests.support.stripe_lives import payment
from tests.support.till import Till


def capture(till: Till, request, amount: str) -> ActionRequest:
    asked = till.ask(request, "CHARGE", amount)
    assert payments.request_capture(asked) is True
    return asked


def cancel(till: Till, request, amount: str = "25.00") -> ActionRequest:
    asked = till.ask(request, "CANCEL", amount)
    assert payments.request_cancel(asked) is True
    return asked


def test_a_full_capture(till: Till):
    request = till.paid("25.00", "AUTHORIZATION")

    capture(till, request, "25.00")
    till.work()

    row = CaptureRequest.objects.get()
    assert (row.state, row.attempt, row.actor) == ("succeeded", 1, "staff@example.com")
    assert till.sums(request) == {"charged": "25.00"}
    assert till.transaction(request).actions == ("REFUND",)


def test_a_partial_capture_releases_the_rest(till: Till):
    request = till.paid("25.00", "AUTHORIZATION")

    capture(till, request, "10.00")
    till.work()

    assert till.sums(request) == {"charged": "10.00", "canceled": "15.00"}
    assert till.control.totals(till.charge(request).payment_id).charged == 1000


def test_a_cancellation_releases_all(till: Till):
    request = till.paid("25.00", "AUTHORIZATION")

    cancel(till, request)
    till.work()

    assert till.sums(request) == {"canceled": "25.00"}
    assert till.charge(request).state == "canceled"
    assert till.transaction(request).actions == ()


def test_the_same_request_twice_is_one(till: Till):
    request = till.paid("25.00", "AUTHORIZATION")
    asked = capture(till, request, "10.00")

    assert payments.request_capture(asked) is True
    till.work()

    assert CaptureRequest.objects.count() == 1
    assert till.sent("/capture") == 1


@pytest.mark.parametrize("fault", ["lost_answer", "error_before", "error_after", "cut_before"])
def test_double_capture_never_becomes_a_refund_medusa_13301_12674(till: Till, fault: str):
    # given: the answer to the capture is lost, or Stripe fails
    request = till.paid("25.00", "AUTHORIZATION")
    till.control.fault(fault, path="/capture")
    capture(till, request, "10.00")
    till.work()

    # when: it is tried again, and staff ask once more as well
    with_second = capture(till, request, "10.00")
    till.run_all()
    till.run_all()

    # then
    charge = till.charge(request)
    assert with_second.event_id
    assert till.control.totals(charge.payment_id).charged == 1000
    assert till.control.objects("refund") == []
    assert till.sums(request) == {"charged": "10.00", "canceled": "15.00"}
    first, second = CaptureRequest.objects.order_by("id")
    assert (first.state, second.state) == ("succeeded", "refused")
    assert second.message == "10.00 USD of this payment was captured before: nothing was done."


def test_a_failure_stored_under_the_key_is_not_asked_for_again(till: Till):
    request = till.paid("25.00", "AUTHORIZATION")
    till.control.fault("error_before", path="/capture")
    capture(till, request, "25.00")
    till.work()
    doubt = CaptureRequest.objects.get()

    till.run_all()

    row = CaptureRequest.objects.get()
    assert (doubt.state, doubt.attempt, doubt.error_code) == ("in_doubt", 1, "STRIPE_BUSY")
    assert (row.state, row.attempt) == ("succeeded", 2)
    assert till.sums(request) == {"charged": "25.00"}


def test_an_answer_not_seen_keeps_its_key_for_a_day(till: Till):
    """medusajs/medusa#16292: a retry under a new key captured again."""
    request = till.paid("25.00", "AUTHORIZATION")
    till.control.fault("cut_before", path="/capture", times=2)
    capture(till, request, "25.00")
    till.work()
    till.run_all()
    same_day = CaptureRequest.objects.get()

    with clock.turned(timedelta(hours=24).total_seconds()):
        till.run_all()

    row = CaptureRequest.objects.get()
    assert (same_day.state, same_day.attempt) == ("in_doubt", 1)
    assert (row.state, row.attempt) == ("succeeded", 2)


def test_capturing_a_captured_payment_is_refused_in_words_medusa_12674(till: Till):
    request = till.paid("25.00")

    with pytest.raises(InvalidInput) as refused:
        payments.request_capture(till.ask(request, "CHARGE", "25.00"))
    with pytest.raises(InvalidInput) as not_cancelled:
        payments.request_cancel(till.ask(request, "CANCEL", "25.00"))

    assert refused.value.code == "PAYMENT_CAPTURED"
    assert not_cancelled.value.message == (
        "25.00 USD was captured already, so there is nothing to cancel. Refund it instead."
    )
    assert not CaptureRequest.objects.exists()
    assert till.control.objects("refund") == []


def test_a_cancellation_that_comes_after_a_capture_is_refused(till: Till):
    request = till.paid("25.00", "AUTHORIZATION")
    capture(till, request, "10.00")
    cancel(till, request, "15.00")

    till.work()

    states = list(CaptureRequest.objects.order_by("id").values_list("state", flat=True))
    assert states == ["succeeded", "refused"]
    assert till.sums(request) == {"charged": "10.00", "canceled": "15.00"}
    assert till.control.objects("refund") == []


def test_what_stripe_refuses_ends_the_request_in_saleor(till: Till):
    # given: our row is behind Stripe, where the authorization expired
    request = till.paid("25.00", "AUTHORIZATION")
    till.control.expire_authorization(till.charge(request).payment_id)

    capture(till, request, "25.00")
    till.work()

    row = CaptureRequest.objects.get()
    failure = [e for e in till.transaction(request).events if e.type == "CHARGE_FAILURE"]
    assert (row.state, row.error_code) == ("refused", "PAYMENT_NOT_AUTHORIZED")
    assert [(one.psp_reference, one.message) for one in failure] == [(str(row.key), row.message)]
    assert till.sums(request) == {"canceled": "25.00"}


def test_a_refused_capture_leaves_a_later_one_its_place(till: Till):
    # given: Stripe does not let this key capture
    request = till.paid("25.00", "AUTHORIZATION")
    scopes = ("rak_payment_intent_read", "rak_charge_read", "rak_dispute_read", "rak_refund_read")
    weak = till.control.restricted_key(*scopes)
    strong = dict(till.connection.credentials)
    till.connection.credentials = strong | {"secret_key": weak}
    till.connection.save()
    capture(till, request, "10.00")
    till.work()
    held = till.sums(request)

    # when: the key was mended
    till.connection.credentials = strong
    till.connection.save()
    capture(till, request, "12.00")
    till.run_all()

    assert held == {"authorized": "25.00"}
    assert till.sums(request) == {"charged": "12.00", "canceled": "13.00"}


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"amount": Decimal("25.01")}, "AMOUNT_TOO_LARGE"),
        ({"amount": Decimal("1.005")}, "AMOUNT_TOO_FINE"),
        ({"amount": Decimal(0)}, "AMOUNT_INVALID"),
        ({"currency": "EUR"}, "CURRENCY_MISMATCH"),
    ],
)
def test_what_cannot_be_captured_is_refused_before_it_is_written_down(
    till: Till, changed: dict, code: str
):
    request = till.paid("25.00", "AUTHORIZATION")
    asked = replace(till.ask(request, "CHARGE", "25.00"), **changed)

    with pytest.raises(InvalidInput) as refused:
        payments.request_capture(asked)

    assert refused.value.code == code
    assert not CaptureRequest.objects.exists()


def test_a_transaction_that_is_not_ours_is_left_to_others(till: Till):
    asked = ActionRequest("VHJhbnNhY3Rpb25JdGVtOjk=", "e1", "tiktok-us", "CHARGE", None, "USD")

    assert payments.request_capture(asked) is False
    assert payments.request_cancel(replace(asked, kind="CANCEL")) is False


def test_a_payment_that_was_never_made_cannot_be_captured(till: Till):
    request = till.begin("25.00", "AUTHORIZATION")
    till.control.fault("cut_before", times=None)
    till.initialize(request)

    with pytest.raises(InvalidInput) as refused:
        payments.request_capture(till.ask(request, "CHARGE", "25.00"))

    assert refused.value.code == "PAYMENT_NOT_MADE"


def test_a_worker_killed_after_stripe_did_it_finds_out(till: Till):
    # given: sent, captured, and nothing of it written down
    request = till.paid("25.00", "AUTHORIZATION")
    capture(till, request, "10.00")
    till.work()
    CaptureRequest.objects.update(state="in_doubt")
    Job.objects.filter(kind="payment.act").update(status="queued", run_after=clock.now())

    till.work()

    assert CaptureRequest.objects.get().state == "succeeded"
    assert till.sent("/capture") == 1
    assert till.sums(request) == {"charged": "10.00", "canceled": "15.00"}


def test_decide_knows_its_own_capture_from_another():
    row = CaptureRequest(charge=Charge(), amount=Decimal("10.00"), currency="USD", state="in_doubt")
    done = payment(state=PaymentState.SUCCEEDED, captured=Decimal("10.00"))
    other = replace(done, captured=Decimal("12.00"))

    assert decide(row, done).refusal == ""
    assert decide(row, other).code == "PAYMENT_CAPTURED"
    row.state = "waiting"
    assert decide(row, done).code == "PAYMENT_CAPTURED"
