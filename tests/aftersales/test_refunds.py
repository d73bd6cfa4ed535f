"""Refunds against the sandbox Stripe: asked for once, sent once, told as they end."""

from __future__ import annotations

import threading
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection as database

from saleor_tiktok_stripe import aftersales
from saleor_tiktok_stripe.aftersales import sending
from saleor_tiktok_stripe.errors import InvalidInput, RetryLater
from saleor_tiktok_stripe.jobs import clock
from saleor_tiktok_stripe.models import Charge, Job, RefundRequest

pytestmark = pytest.mark.django_db(transaction=True)


def refuse(code: str):
    return pytest.raises(InvalidInput, match=f"^{code}: ")


def test_staffs_refund_is_written_down_first_then_sent_and_told(till):
    charge = till.pay()

    assert aftersales.request_refund(till.ask(charge, "10.00", reason="came late")) is True

    [row] = till.refunds(charge)
    assert (row.state, row.source, row.note) == ("waiting", "dashboard", "came late")
    assert till.at_stripe(charge) == []
    till.work()
    [row] = till.refunds(charge)
    assert (row.state, row.amount, row.reason) == (
        "succeeded",
        Decimal("10.00"),
        "requested_by_customer",
    )
    assert till.at_stripe(charge) == [(1000, "succeeded")]
    assert ("REFUND_SUCCESS", row.refund_id, "10.00") in till.told(charge)
    assert till.sums(charge) == ("15.00", "10.00")


def test_refund_of_a_transaction_that_is_not_ours_is_left_to_others(till):
    charge = till.pay()

    assert aftersales.request_refund(till.ask(charge, "1.00", transaction_id="other")) is False

    assert RefundRequest.objects.count() == 0


def test_refund_asked_twice_for_the_same_event_is_one(till):
    charge = till.pay()

    for _ in range(2):
        assert aftersales.request_refund(till.ask(charge, "10.00")) is True
        till.work()

    assert till.at_stripe(charge) == [(1000, "succeeded")]


def test_two_equal_partial_refunds_are_two(till):
    """Complaint saleor/apps#2446: keys made of transaction and amount swallow the second one."""
    charge = till.pay()

    aftersales.request_refund(till.ask(charge, "5.00", event="one"))
    aftersales.request_refund(till.ask(charge, "5.00", event="two"))
    till.work()

    assert till.at_stripe(charge) == [(500, "succeeded"), (500, "succeeded")]
    assert till.sums(charge) == ("15.00", "10.00")


def test_same_request_key_is_one_refund_and_never_another_amount(till):
    charge = till.pay()
    first = aftersales.refund(charge, Decimal(5), actor="api", request_key="k1")

    again = aftersales.refund(charge, Decimal(5), actor="api", request_key="k1")

    assert again.pk == first.pk
    with refuse("REQUEST_KEY_REUSED"):
        aftersales.refund(charge, Decimal(6), actor="api", request_key="k1")
    till.work()
    assert till.at_stripe(charge) == [(500, "succeeded")]


def test_a_request_key_that_is_too_long_is_refused_before_anything_is_written(till):
    charge = till.pay()

    for dry_run in (False, True):
        with refuse("REQUEST_KEY_TOO_LONG"):
            aftersales.refund(charge, None, actor="cli", request_key="k" * 129, dry_run=dry_run)

    assert not RefundRequest.objects.exists()
    longest = aftersales.refund(charge, None, actor="cli", request_key="k" * 128)
    assert longest.request_key == "k" * 128


def test_no_more_than_is_left_can_be_asked_for(till):
    charge = till.pay()
    aftersales.refund(charge, Decimal(20), actor="api")

    assert aftersales.refundable(charge) == Decimal(5)
    with refuse("REFUND_ABOVE_REST"):
        aftersales.request_refund(till.ask(charge, "5.01"))
    assert aftersales.refund(charge, None, actor="api").amount == Decimal(5)
    with refuse("ALREADY_REFUNDED"):
        aftersales.refund(charge, None, actor="api")
    assert RefundRequest.objects.count() == 2


@pytest.mark.parametrize(
    ("amount", "currency", "code"),
    [
        ("5.00", "EUR", "REFUND_CURRENCY"),
        ("0", "USD", "AMOUNT_NOT_POSITIVE"),
        ("-1", "USD", "AMOUNT_NOT_POSITIVE"),
        ("5.001", "USD", "AMOUNT_TOO_FINE"),
    ],
)
def test_what_cannot_be_refunded_is_refused_in_words(till, amount, currency, code):
    charge = till.pay()

    with refuse(code):
        aftersales.request_refund(till.ask(charge, amount, currency=currency))

    assert not Job.objects.filter(kind="payment.refund").exists()


def test_unpaid_charge_is_cancelled_not_refunded(till):
    charge = till.pay()
    Charge.objects.update(captured=0)

    with refuse("NOTHING_CAPTURED"):
        aftersales.refund(charge, Decimal(1), actor="api")


def test_unknown_reason_is_refused(till):
    with refuse("REFUND_REASON_UNKNOWN"):
        aftersales.refund(till.pay(), Decimal(1), reason="bored", actor="api")


def test_refunds_asked_for_at_once_never_pass_the_charge(till):
    charge = till.pay()
    start, outcomes = threading.Barrier(6), []

    def ask() -> None:
        start.wait()
        try:
            outcomes.append(aftersales.refund(charge, Decimal(10), actor="api").state)
        except InvalidInput as error:
            outcomes.append(error.code)
        finally:
            database.close()

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    till.work()

    assert sorted(outcomes) == ["REFUND_ABOVE_REST"] * 4 + ["waiting"] * 2
    assert till.at_stripe(charge) == [(1000, "succeeded"), (1000, "succeeded")]


@pytest.mark.parametrize("fault", ["lost_answer", "error_after"])
def test_refund_whose_answer_was_lost_is_found_and_not_sent_again(till, fault):
    """Complaint 9, antiwork/gumroad#6193: recorded two or three times."""
    charge = till.pay()
    aftersales.request_refund(till.ask(charge, "10.00"))
    till.stripe.fault(fault, path="POST /v1/refunds")

    till.work()

    [row] = till.refunds(charge)
    assert row.state == "in_doubt"
    assert row.sent_at is not None
    till.again()
    [row] = till.refunds(charge)
    assert row.state == "succeeded"
    assert row.attempt == 1
    assert till.posts("/v1/refunds") == 1
    assert till.at_stripe(charge) == [(1000, "succeeded")]
    assert till.sums(charge) == ("15.00", "10.00")


def test_webhook_before_the_answer_does_not_refund_twice(till):
    """Complaint 9, woocommerce/woocommerce-gateway-stripe#838: the webhook races the response."""
    charge = till.pay()
    aftersales.request_refund(till.ask(charge, "10.00"))
    till.stripe.fault("lost_answer", path="POST /v1/refunds")
    till.work()

    till.sync(charge)
    till.again()

    [row] = till.refunds(charge)
    assert (row.state, row.source) == ("succeeded", "dashboard")
    assert till.at_stripe(charge) == [(1000, "succeeded")]
    assert [kind for kind, *_ in till.told(charge)].count("REFUND_SUCCESS") == 1


@pytest.mark.parametrize("fault", ["cut_before", "unavailable", "rate_limit", "lock_timeout"])
def test_retry_after_a_failure_uses_the_same_key(till, fault):
    """Complaint medusajs/medusa#16681: a retry with a new key refunds twice."""
    charge = till.pay()
    aftersales.request_refund(till.ask(charge, "10.00"))
    till.stripe.fault(fault, path="POST /v1/refunds")

    till.work()
    till.until(lambda: till.refunds(charge)[0].state == "succeeded")

    [row] = till.refunds(charge)
    assert row.attempt == 1
    keys = {call.idempotency_key for call in till.stripe.calls("POST", "/v1/refunds")}
    assert keys == {f"refund:{row.key}:1"}
    assert till.at_stripe(charge) == [(1000, "succeeded")]


def test_failure_that_stripe_stored_is_left_behind_once_it_lists_nothing(till):
    charge = till.pay()
    aftersales.request_refund(till.ask(charge, "10.00"))
    till.stripe.fault("error_before", path="POST /v1/refunds")
    till.work()
    till.again()
    assert till.refunds(charge)[0].state == "in_doubt"

    with clock.turned(601):
        till.again()
        till.work()

    [row] = till.refunds(charge)
    assert (row.state, row.attempt) == ("succeeded", 2)
    assert till.at_stripe(charge) == [(1000, "succeeded")]


def test_key_that_stripe_forgot_is_replaced_only_when_it_lists_nothing(till):
    charge = till.pay()
    aftersales.request_refund(till.ask(charge, "10.00"))
    till.stripe.fault("cut_before", path="POST /v1/refunds")
    till.work()
    RefundRequest.objects.update(error_code="STRIPE_NO_ANSWER")

    with clock.turned(23 * 3600 + 60):
        till.again()
        till.work()

    [row] = till.refunds(charge)
    assert (row.state, row.attempt) == ("succeeded", 2)


def test_doubt_blocks_the_refunds_behind_it(till):
    charge = till.pay()
    aftersales.request_refund(till.ask(charge, "10.00", event="one"))
    aftersales.request_refund(till.ask(charge, "2.00", event="two"))
    till.stripe.fault("lost_answer", path="POST /v1/refunds")

    till.work()

    assert [row.state for row in till.refunds(charge)] == ["in_doubt", "waiting"]
    till.again()
    assert till.at_stripe(charge) == [(1000, "succeeded"), (200, "succeeded")]


def test_refund_made_in_stripes_dashboard_flows_back(till):
    """Complaint opencollective#4932: refunds made in the Dashboard never arrive."""
    charge = till.pay()
    refund_id = till.stripe.dashboard_refund(charge.payment_id, 400)

    till.sync(charge)

    [row] = till.refunds(charge)
    assert (row.source, row.state, row.amount) == ("stripe", "succeeded", Decimal("4.00"))
    assert ("REFUND_SUCCESS", refund_id, "4.00") in till.told(charge)
    charge.refresh_from_db()
    assert aftersales.refundable(charge) == Decimal("21.00")


def test_refund_overtaken_by_stripes_dashboard_is_refused_and_saleor_told(till):
    charge = till.pay()
    aftersales.request_refund(till.ask(charge, "10.00"))
    till.stripe.dashboard_refund(charge.payment_id, 2000)

    till.work()

    row = next(row for row in till.refunds(charge) if row.source == "dashboard")
    assert (row.state, row.error_code) == ("refused", "REFUND_ABOVE_REST")
    assert "5.00 USD left" in row.message
    assert till.posts("/v1/refunds") == 0
    assert ("REFUND_FAILURE", str(row.key), "10.00") in till.told(charge)
    assert till.sums(charge) == ("5.00", "20.00")


def test_disputed_charge_is_not_refunded(till):
    charge = till.pay()
    aftersales.request_refund(till.ask(charge, "10.00"))
    till.stripe.dispute(charge.payment_id)
    till.stripe.settle()

    till.work()

    [row] = till.refunds(charge)
    assert (row.state, row.error_code) == ("refused", "CHARGE_DISPUTED")
    assert till.posts("/v1/refunds") == 0
    charge.refresh_from_db()
    with refuse("CHARGE_DISPUTED"):
        aftersales.refund(charge, Decimal(1), actor="api")


def test_refund_that_is_pending_is_told_as_such_until_it_ends(till):
    charge = till.pay()
    till.stripe.next_refunds("pending")
    aftersales.request_refund(till.ask(charge, "10.00"))
    till.work()

    [row] = till.refunds(charge)
    assert row.state == "pending"
    assert ("REFUND_REQUEST", row.refund_id, "10.00") in till.told(charge)
    assert till.sums(charge) == ("15.00", "0.00")
    till.stripe.settle_refund(row.refund_id)
    till.sync(charge)
    assert till.refunds(charge)[0].state == "succeeded"
    assert till.sums(charge) == ("15.00", "10.00")


def test_failed_refund_is_not_shown_as_refunded(till):
    """Complaint woocommerce-gateway-stripe#4405: failed refunds shown as refunded."""
    charge = till.pay()
    till.stripe.next_refunds("pending")
    aftersales.request_refund(till.ask(charge, "10.00"))
    till.work()
    [row] = till.refunds(charge)

    till.stripe.fail_refund(row.refund_id, "lost_or_stolen_card")
    till.sync(charge)

    [row] = till.refunds(charge)
    assert (row.state, row.failure_reason) == ("failed", "lost_or_stolen_card")
    assert ("REFUND_FAILURE", row.refund_id, "10.00") in till.told(charge)
    assert till.sums(charge) == ("25.00", "0.00")


def test_refund_that_failed_after_it_succeeded_is_reversed_once_and_becomes_a_problem(till):
    charge = till.pay()
    aftersales.request_refund(till.ask(charge, "10.00"))
    till.work()
    [row] = till.refunds(charge)

    till.stripe.fail_refund(row.refund_id)
    till.sync(charge)
    till.sync(charge)

    kinds = [kind for kind, reference, _ in till.told(charge) if reference == row.refund_id]
    assert kinds.count("REFUND_REVERSE") == 1
    assert "REFUND_FAILURE" not in kinds
    assert till.sums(charge) == ("25.00", "0.00")
    charge.refresh_from_db()
    assert charge.problem["code"] == "REFUND_FAILED"
    assert "the card is closed" in charge.problem["cause"]
    aftersales.acknowledge(charge, "ada@example.com")
    till.sync(charge)
    charge.refresh_from_db()
    assert charge.problem is None


def test_key_without_the_permission_parks_and_sends_later(till):
    charge = till.pay()
    aftersales.request_refund(till.ask(charge, "10.00"))
    whole = till.connection.credentials
    scopes = ("rak_charge_read", "rak_dispute_read", "rak_payment_intent_read")
    till.connection.credentials = {**whole, "secret_key": till.stripe.restricted_key(*scopes)}
    till.connection.save()

    till.work()

    job = Job.objects.get(kind="payment.refund")
    assert (job.status, job.error_code) == ("parked", "STRIPE_PERMISSION_MISSING")
    assert till.refunds(charge)[0].state == "waiting"
    till.connection.credentials = whole
    till.connection.save()
    Job.objects.filter(pk=job.pk).update(status="queued")
    till.again()
    assert till.at_stripe(charge) == [(1000, "succeeded")]


def test_refund_that_was_being_sent_when_its_worker_died_is_not_sent_with_another_key(till):
    charge = till.pay()
    row = aftersales.refund(charge, Decimal(10), actor="api")
    till.client.create_refund(
        charge.payment_id,
        Decimal(10),
        "USD",
        reason="requested_by_customer",
        metadata={"saleor_refund": str(row.key), "saleor_payment": str(charge.key)},
        key=f"refund:{row.key}:1",
    )
    RefundRequest.objects.update(state="in_doubt", sent_at=clock.now())

    till.work()

    [row] = till.refunds(charge)
    assert row.state == "succeeded"
    assert till.at_stripe(charge) == [(1000, "succeeded")]


def test_two_workers_at_the_same_refund_send_it_once(till):
    charge = till.pay()
    aftersales.refund(charge, Decimal(10), actor="api")
    aftersales.refund(charge, Decimal(5), actor="api")
    till.stripe.fault("slow", path="POST /v1/refunds", seconds=0.3)
    start, errors = threading.Barrier(2), []

    def send() -> None:
        start.wait()
        try:
            sending.send_refunds(till.connection, Charge.objects.get(pk=charge.pk))
        except RetryLater as error:
            errors.append(error.code)
        finally:
            database.close()

    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    till.until(lambda: {row.state for row in till.refunds(charge)} == {"succeeded"})

    assert sorted(till.at_stripe(charge)) == [(500, "succeeded"), (1000, "succeeded")]
    assert set(errors) <= {"STRIPE_REQUEST_RUNNING", "STRIPE_LOCKED"}
    assert [row.attempt for row in till.refunds(charge)] == [1, 1]


def test_charge_disputed_while_it_is_sent_is_refused_in_words_that_help(till):
    charge = till.pay()
    row = aftersales.refund(charge, Decimal(10), actor="api")
    till.stripe.dispute(charge.payment_id)
    till.stripe.settle()
    RefundRequest.objects.update(state="in_doubt", sent_at=clock.now())

    till.work()

    row.refresh_from_db()
    assert (row.state, row.error_code) == ("refused", "CHARGE_DISPUTED")
    assert "accept it to let the buyer keep the money" in row.message
    assert till.posts("/v1/refunds") == 1
    assert till.at_stripe(charge) == []


def test_refund_above_what_stripe_has_left_is_refused_in_stripes_words(till):
    charge = till.pay()
    row = aftersales.refund(charge, Decimal(20), actor="api")
    till.stripe.dashboard_refund(charge.payment_id, 1000)
    RefundRequest.objects.update(state="in_doubt", sent_at=clock.now())

    till.work()

    row.refresh_from_db()
    assert (row.state, row.error_code) == ("refused", "REFUND_ABOVE_REST")
    assert "20.00 USD is more than Stripe has left to refund" in row.message


def test_key_that_stripe_refuses_holds_the_refund_until_there_is_a_new_one(till):
    charge = till.pay()
    aftersales.refund(charge, Decimal(10), actor="api")
    till.stripe.fault("key_expired", path="POST /v1/refunds")

    till.work()

    till.connection.refresh_from_db()
    assert till.connection.state == "needs_reauth"
    assert till.refunds(charge)[0].state == "waiting"
    till.connection.state = "active"
    till.connection.save()
    till.again()
    assert till.at_stripe(charge) == [(1000, "succeeded")]


def test_a_failure_after_a_lost_answer_is_given_its_own_time_to_settle(till):
    """What just failed inside Stripe may still be done a moment later: no other key yet."""
    # given: sent, no answer; a quarter of an hour later Stripe fails
    charge = till.pay()
    aftersales.request_refund(till.ask(charge, "10.00"))
    till.stripe.fault("cut_before", path="POST /v1/refunds")
    till.work()
    with clock.turned(900):
        till.stripe.fault("error_before", path="POST /v1/refunds")
        till.again()
        [row] = till.refunds(charge)
        assert (row.state, row.error_code) == ("in_doubt", "STRIPE_BUSY")

        # when: tried again at once
        till.again()

    keys = {call.idempotency_key for call in till.stripe.calls("POST", "/v1/refunds")}
    assert keys == {f"refund:{row.key}:1"}
    with clock.turned(900 + 601):
        till.again()
    assert [(one.state, one.attempt) for one in till.refunds(charge)] == [("succeeded", 2)]
    assert till.at_stripe(charge) == [(1000, "succeeded")]


def test_a_refund_that_met_the_same_failure_twice_rests_until_it_settled(till):
    charge = till.pay()
    aftersales.request_refund(till.ask(charge, "10.00"))
    till.stripe.fault("error_before", path="POST /v1/refunds")
    till.work()
    till.again()

    job = Job.objects.get(kind="payment.refund", status="queued")
    assert job.run_after - clock.now() > timedelta(minutes=9)
