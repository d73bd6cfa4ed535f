"""Saleor is brought in step with a payment, whoever changed it and whatever told us of it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from saleor_tiktok_stripe import accounts, aftersales, jobs
from saleor_tiktok_stripe.jobs import clock
from saleor_tiktok_stripe.models import Charge, Job, JobStatus, RefundRequest
from saleor_tiktok_stripe.payments.following import bring_in_step, look, sync_payment
from saleor_tiktok_stripe.saleor_api import get_saleor
from tests.support.till import Till


def test_a_payment_told_by_notifications_alone_is_charged_once_saleor_14648(till: Till):
    request = till.pay("25.00")
    till.control.duplicate()
    till.control.reorder()

    # when: every event comes twice, and the storefront asks as well
    delivered = till.deliver()
    till.process(request)
    till.run_all()

    assert delivered == 2
    assert till.counted(request) == ["CHARGE_SUCCESS"]
    assert till.sums(request) == {"charged": "25.00"}
    assert till.transaction(request).actions == ("REFUND",)


def test_what_was_paid_is_kept_with_its_fee(till: Till):
    request = till.paid("25.00")

    charge = till.charge(request)

    assert (charge.state, charge.captured, charge.refunded) == ("succeeded", 25, 0)
    assert (charge.fee, charge.net, charge.settlement_currency) == (
        Decimal("1.03"),
        Decimal("23.97"),
        "USD",
    )
    assert charge.charge_id.startswith("ch_")
    assert charge.paid_at is not None
    assert charge.method["last4"] == "4242"


def test_a_partial_capture_in_stripes_dashboard_releases_the_rest(till: Till):
    request = till.paid("25.00", "AUTHORIZATION")
    till.control.dashboard_capture(till.charge(request).payment_id, 1000)

    till.sync(request)

    assert till.sums(request) == {"charged": "10.00", "canceled": "15.00"}
    assert till.counted(request) == ["AUTHORIZATION_SUCCESS", "CHARGE_SUCCESS", "CANCEL_SUCCESS"]


def test_an_authorization_that_expires_is_released(till: Till):
    request = till.paid("25.00", "AUTHORIZATION")
    till.control.expire_authorization(till.charge(request).payment_id)

    till.sync(request)

    assert till.sums(request) == {"canceled": "25.00"}
    assert till.transaction(request).actions == ()
    assert "expired" in till.transaction(request).events[-1].message


def test_a_declined_attempt_is_a_note_and_no_failure(till: Till):
    request = till.pay("25.00", method="pm_card_visa_chargeDeclined")

    till.sync(request)
    till.sync(request)

    notes = [one for one in till.transaction(request).events if one.type == "INFO"]
    assert [one.message for one in notes] == ["Your card was declined."]
    assert till.counted(request) == []


def test_a_delayed_method_is_pending_then_comes(till: Till):
    request = till.pay("25.00", method="pm_usBankAccount_success")
    if till.control.payment(till.charge(request).payment_id)["status"] != "processing":
        pytest.fail("the sandbox's delayed method is not delayed")

    announced = till.process(request)
    pending = till.sums(request)
    till.control.settle_payment(till.charge(request).payment_id)
    till.sync(request)

    assert announced.result == "CHARGE_REQUEST"
    assert pending == {"charge_pending": "25.00"}
    assert till.sums(request) == {"charged": "25.00"}


def test_a_delayed_method_that_was_announced_and_fails_is_a_failure(till: Till):
    request = till.pay("25.00", method="pm_usBankAccount_success")
    till.process(request)
    till.control.settle_payment(till.charge(request).payment_id, comes=False)

    till.sync(request)

    assert till.counted(request) == ["CHARGE_FAILURE"]
    assert till.sums(request) == {}


def test_a_delayed_method_that_failed_is_not_pending_while_the_buyer_tries_another(till: Till):
    request = till.pay("25.00", method="pm_usBankAccount_success")
    till.process(request)
    payment_id = till.charge(request).payment_id

    # when: nobody looks before the buyer has begun again
    till.control.settle_payment(payment_id, comes=False)
    till.control.pay(payment_id, "pm_card_threeDSecure2Required")
    till.sync(request)

    assert till.sums(request) == {}
    assert till.counted(request) == ["CHARGE_FAILURE"]
    till.control.authenticate(payment_id)
    till.sync(request)
    assert till.sums(request) == {"charged": "25.00"}


def test_refunds_and_a_dispute_made_elsewhere_are_found(till: Till):
    request = till.paid("25.00")
    payment_id = till.charge(request).payment_id
    till.control.dashboard_refund(payment_id, 500)
    till.control.dispute(till.charge(request).charge_id, amount=2000)

    till.sync(request)

    charge = till.charge(request)
    assert till.sums(request) == {"refunded": "5.00"}
    assert sorted(till.counted(request)) == ["CHARGE_BACK", "CHARGE_SUCCESS", "REFUND_SUCCESS"]
    assert (charge.refunded, charge.disputed) == (5, 20)
    assert RefundRequest.objects.get().source == "stripe"
    assert till.transaction(request).actions == ()


def test_a_dispute_before_the_payment_event_comes_after_the_charge(till: Till):
    request = till.pay("25.00", method="pm_card_createDispute")
    till.control.drop("payment_intent.succeeded")
    till.control.drop("charge.succeeded")

    till.deliver()
    till.run_all()

    assert till.counted(request) == ["CHARGE_SUCCESS", "CHARGE_BACK"]
    assert till.sums(request) == {}


def test_a_look_older_than_the_one_kept_does_nothing(till: Till):
    # given: a slow worker saw the authorization, a quick one the capture
    request = till.pay("25.00", "AUTHORIZATION")
    charge = till.charge(request)
    client = accounts.stripe_client(till.connection)
    slow_at = clock.now()
    slow = look(client, charge, client.payment(charge.payment_id), slow_at)
    till.control.dashboard_capture(charge.payment_id, 1000)
    till.sync(request)

    # when
    outcome = bring_in_step(get_saleor(), charge, slow, slow_at)

    assert outcome == "stale"
    assert till.charge(request).state == "succeeded"
    assert till.sums(request) == {"charged": "10.00", "canceled": "15.00"}


def test_a_second_look_changes_nothing(till: Till):
    request = till.paid("25.00")
    before = len(till.transaction(request).events)

    outcome = sync_payment(till.connection, till.charge(request).payment_id)

    assert outcome == "unchanged"
    assert len(till.transaction(request).events) == before


def test_a_payment_whose_row_lost_the_answer_is_found_by_its_marks(till: Till):
    request = till.pay("25.00")
    payment_id = till.charge(request).payment_id
    Charge.objects.update(payment_id="", state="new")

    outcome = sync_payment(till.connection, payment_id)

    assert outcome == "ok"
    assert till.charge(request).payment_id == payment_id
    assert till.sums(request) == {"charged": "25.00"}


def test_a_payment_whose_row_is_gone_gets_it_again(till: Till):
    request = till.pay("25.00")
    before = till.charge(request)
    Charge.objects.all().delete()

    sync_payment(till.connection, before.payment_id)

    again = till.charge(request)
    assert (again.key, again.flow, again.amount) == (before.key, "charge", 25)
    assert till.sums(request) == {"charged": "25.00"}


def test_a_payment_that_names_another_apps_transaction_is_none_of_ours(till: Till):
    # given: whoever can write metadata at Stripe names a transaction that belongs to other money
    theirs = till.begin("25.00")
    till.found(theirs).item.psp_reference = "tiktok-order-1"
    mine = till.pay("25.00")
    payment_id = till.charge(mine).payment_id
    Charge.objects.all().delete()
    client = accounts.stripe_client(till.connection)
    client.update_payment(
        payment_id, metadata={"saleor_transaction_id": theirs.transaction_id}, key="k"
    )

    assert sync_payment(till.connection, payment_id) == "foreign"
    assert not Charge.objects.exists()
    assert till.sums(theirs) == {}


def test_foreign_payments_are_left_alone(till: Till):
    client = accounts.stripe_client(till.connection)
    request = till.pay("25.00")
    payment_id = till.charge(request).payment_id
    till.connection.channel_slug = "other"
    till.connection.save()
    Charge.objects.all().delete()

    assert sync_payment(till.connection, payment_id) == "foreign"
    assert sync_payment(till.connection, "pi_that_is_nowhere") == "foreign"
    assert not Charge.objects.exists()
    assert client.payment(payment_id).metadata["saleor_channel"] == "tiktok-us"


def test_money_for_a_transaction_that_saleor_lost_waits_for_somebody(till: Till):
    request = till.pay("25.00")
    found = till.found(request)
    found.owner.transactions.remove(found.item)
    del till.saleor.state.payers[found.key]

    till.sync(request)

    job = Job.objects.filter(kind="payment.sync").latest("id")
    assert (job.status, job.error_code) == (JobStatus.PARKED, "PAYMENT_WITHOUT_TRANSACTION")
    assert till.charge(request).state == "succeeded"


def test_one_payment_that_fails_holds_up_no_other(till: Till):
    first, second = till.pay("25.00"), till.pay("30.00")
    found = till.found(first)
    found.owner.transactions.remove(found.item)
    del till.saleor.state.payers[found.key]
    ids = [till.charge(one).payment_id for one in (first, second)]

    jobs.enqueue_many("payment.sync", till.connection, ids)
    till.work()

    assert till.sums(second) == {"charged": "30.00"}


def test_the_orders_number_is_noted_on_the_payment(till: Till):
    request = till.paid("25.00")
    charge = till.charge(request)
    charge.order_number = "1042"
    charge.save()

    sync_payment(till.connection, charge.payment_id)

    assert till.control.payment(charge.payment_id)["metadata"]["saleor_order"] == "1042"


def test_an_outage_of_stripe_keeps_the_rest_of_the_batch_waiting(till: Till):
    requests = [till.pay("25.00") for _ in range(3)]
    ids = [till.charge(one).payment_id for one in requests]
    jobs.enqueue_many("payment.sync", till.connection, ids)
    till.control.fault("unavailable", path="GET /v1/payment_intents", times=None)

    jobs.work(limit=3)
    down = Job.objects.filter(kind="payment.sync", status="queued").count()
    tried = len(till.control.calls("GET"))
    till.control.clear_faults()
    till.run_all()

    assert (down, tried) == (3, 1)
    assert [till.sums(one) for one in requests] == [{"charged": "25.00"}] * 3


def test_an_authorization_that_ends_soon_is_told_once(till: Till):
    request = till.paid("25.00", "AUTHORIZATION")

    with clock.turned(5.5 * 86_400):
        till.sync(request)
        till.sync(request)

    notes = [one for one in till.transaction(request).events if one.type == "INFO"]
    assert [one.psp_reference for one in notes] == [f"{till.charge(request).payment_id}:ends-soon"]
    assert till.sums(request) == {"authorized": "25.00"}


def test_a_key_without_a_permission_says_which(till: Till):
    request = till.pay("25.00")
    weak = till.control.restricted_key("rak_payment_intent_read", "rak_charge_read")
    strong = dict(till.connection.credentials)
    till.connection.credentials = strong | {"secret_key": weak}
    till.connection.save()

    till.sync(request)

    job = Job.objects.filter(kind="payment.sync").latest("id")
    assert (job.status, job.error_code) == (JobStatus.PARKED, "STRIPE_PERMISSION_MISSING")
    assert till.sums(request) == {}

    # when: it was added, the sweep tries again
    till.connection.credentials = strong
    till.connection.save()
    with clock.turned(600):
        till.run("payments.sweep")

    assert till.sums(request) == {"charged": "25.00"}


def test_money_of_a_lost_transaction_that_was_given_back_is_no_problem_any_more(till: Till):
    # given: parked, with the cure "refund it in Stripe's dashboard, then retry"
    request = till.pay("25.00")
    found = till.found(request)
    found.owner.transactions.remove(found.item)
    del till.saleor.state.payers[found.key]
    till.sync(request)
    payment_id = till.charge(request).payment_id

    # when
    till.control.dashboard_refund(payment_id, 1000)
    till.sync(request)
    in_part = Job.objects.filter(kind="payment.sync").latest("id").status
    till.control.dashboard_refund(payment_id, 1500)
    till.sync(request)

    job = Job.objects.filter(kind="payment.sync").latest("id")
    assert (in_part, job.status) == (JobStatus.PARKED, JobStatus.DONE)


def test_a_refund_right_after_a_payment_that_was_looked_at_while_it_was_open(till: Till):
    # given: a declined attempt was followed, then the buyer paid and the storefront told us
    request = till.begin()
    payment_id = till.initialize(request).psp_reference
    till.control.pay(payment_id, "pm_card_visa_chargeDeclined")
    till.sync(request)
    till.control.pay(payment_id)
    assert till.process(request).result == "CHARGE_SUCCESS"

    # when: before the payment is looked at again
    assert till.charge(request).state == "open"
    aftersales.request_refund(till.ask(request, "REFUND", "10.00"))
    till.work()

    [refund] = RefundRequest.objects.all()
    assert (refund.state, till.sent("/v1/refunds")) == ("succeeded", 1)


def test_a_host_whose_clock_is_behind_looks_again_instead_of_passing_news_over(till: Till):
    # given: a host whose clock is ahead looked last
    request = till.pay("25.00")
    with clock.turned(20):
        sync_payment(till.connection, till.charge(request).payment_id)
    till.control.dashboard_refund(till.charge(request).payment_id, 400)

    # when: ours, behind, gets the refund's event
    till.sync(request)
    job = Job.objects.filter(kind="payment.sync").latest("id")
    assert job.status == JobStatus.QUEUED
    with clock.turned(40):
        till.run_all()

    assert till.sums(request) == {"charged": "21.00", "refunded": "4.00"}
