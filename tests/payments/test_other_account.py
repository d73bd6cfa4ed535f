"""A channel that goes from test to live, or to another account, while payments are open."""

from __future__ import annotations

import pytest

from saleor_tiktok_stripe import accounts, aftersales, payments
from saleor_tiktok_stripe.errors import InvalidInput
from saleor_tiktok_stripe.jobs import clock
from saleor_tiktok_stripe.models import CaptureRequest, Charge, Job, RefundRequest
from saleor_tiktok_stripe.payments.sweeping import look_again
from tests.support.till import CHANNEL, Till

DAY = 25 * 3600


def reconnect(till: Till, secret_key: str, publishable_key: str) -> None:
    settings = accounts.StripeSettings(secret_key=secret_key, publishable_key=publishable_key)
    till.connection = accounts.connect_stripe(CHANNEL, settings, "staff")


def switch_account(till: Till) -> None:
    """Disconnect, then connect another account, as a merchant does it."""
    accounts.disconnect(till.connection, "staff")
    other = till.control.new_account()
    reconnect(till, other.secret_key, other.publishable_key)
    till.control = other


def test_open_payments_of_the_former_account_stop_no_sweep(till: Till):
    # given: one payment of the former account is still open, one is of the present account
    old = till.begin()
    till.initialize(old)
    switch_account(till)
    new = till.begin()
    payment_id = till.initialize(new).psp_reference

    with clock.turned(DAY):
        job = till.run("payments.sweep")

    assert (job.status, job.error_code) == ("done", "")
    assert till.control.payment(payment_id)["cancellation_reason"] == "abandoned"
    assert till.charge(old).state == "open"


def test_payments_of_the_former_account_are_not_looked_for_in_the_present_one(till: Till):
    till.pay("25.00")
    switch_account(till)

    with clock.turned(3600):
        assert look_again(till.connection) == 0


def test_a_refund_is_refused_when_another_account_took_the_payment(till: Till):
    request = till.paid("25.00")
    switch_account(till)

    with pytest.raises(InvalidInput) as refused:
        aftersales.request_refund(till.ask(request, "REFUND", "10.00"))

    assert refused.value.code == "PAYMENT_OF_OTHER_ACCOUNT"
    assert not RefundRequest.objects.exists()


@pytest.mark.parametrize("kind", ["CHARGE", "CANCEL"])
def test_a_capture_is_refused_when_another_account_holds_the_payment(till: Till, kind: str):
    request = till.paid("25.00", "AUTHORIZATION")
    switch_account(till)
    ask = payments.request_capture if kind == "CHARGE" else payments.request_cancel

    with pytest.raises(InvalidInput) as refused:
        ask(till.ask(request, kind, "25.00"))

    assert refused.value.code == "PAYMENT_OF_OTHER_ACCOUNT"
    assert not CaptureRequest.objects.exists()


def test_what_was_asked_before_the_switch_is_refused_not_left_pending(till: Till):
    held, taken = till.paid("25.00", "AUTHORIZATION"), till.paid("30.00")
    payments.request_capture(till.ask(held, "CHARGE", "25.00"))
    aftersales.request_refund(till.ask(taken, "REFUND", "10.00"))
    switch_account(till)

    with clock.turned(3600):
        till.run("payments.sweep")
        till.run("disputes.watch")
        till.run_all()

    [capture], [refund] = CaptureRequest.objects.all(), RefundRequest.objects.all()
    assert (capture.state, capture.error_code) == ("refused", "PAYMENT_OF_OTHER_ACCOUNT")
    assert (refund.state, refund.error_code) == ("refused", "PAYMENT_OF_OTHER_ACCOUNT")
    assert not Job.objects.filter(status="dead").exists()


def test_what_is_in_doubt_waits_for_its_own_account(till: Till):
    # given: Stripe refunded, its answer was lost
    request = till.paid("25.00")
    aftersales.request_refund(till.ask(request, "REFUND", "10.00"))
    till.control.fault("lost_answer", path="POST /v1/refunds")
    till.work()
    former = till.control
    switch_account(till)

    # when: long after Stripe forgot the key
    with clock.turned(DAY):
        till.run("disputes.watch")
        till.run_all()
    [refund] = RefundRequest.objects.all()
    assert refund.state == "in_doubt"

    # then: back at its own account it is found, not sent again
    accounts.disconnect(till.connection, "staff")
    reconnect(till, former.secret_key, former.publishable_key)
    with clock.turned(DAY):
        till.run("disputes.watch")
        till.run_all()
    refund.refresh_from_db()
    assert (refund.state, refund.attempt) == ("succeeded", 1)
    assert len(former.objects("refund")) == 1


def test_a_refund_waits_for_its_account_to_be_connected_again(till: Till):
    request = till.paid("25.00")
    aftersales.request_refund(till.ask(request, "REFUND", "10.00"))
    accounts.disconnect(till.connection, "staff")
    reconnect(till, till.stripe.secret_key, till.stripe.publishable_key)

    with clock.turned(3600):
        till.run("disputes.watch")
        till.run_all()

    [refund] = RefundRequest.objects.all()
    assert refund.state == "succeeded"


def test_a_payment_that_stripe_deleted_stops_no_sweep(till: Till):
    """Stripe's dashboard can delete all test data."""
    gone, other = till.begin(), till.begin()
    till.initialize(gone)
    kept = till.initialize(other).psp_reference
    Charge.objects.filter(transaction_id=gone.transaction_id).update(payment_id="pi_gone")

    with clock.turned(DAY):
        job = till.run("payments.sweep")
        again = look_again(till.connection)

    assert (job.status, till.charge(gone).state) == ("done", "never_made")
    assert till.control.payment(kept)["status"] == "canceled"
    assert again == 0


def test_a_payment_first_made_after_the_switch_belongs_to_the_present_account(till: Till):
    # given: Stripe was down when the transaction began
    request = till.begin()
    till.control.fault("error_before", path="POST /v1/payment_intents", times=9)
    assert till.initialize(request).result == "CHARGE_ACTION_REQUIRED"
    switch_account(till)

    till.control.pay(till.initialize(request).psp_reference)
    till.sync(request)
    aftersales.request_refund(till.ask(request, "REFUND", "10.00"))
    till.work()

    assert till.charge(request).account_id == till.control.account_id
    assert RefundRequest.objects.get().state == "succeeded"
