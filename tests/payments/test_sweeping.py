"""What no event told about is found by looking again, and events that were missed are fetched."""

from __future__ import annotations

from datetime import timedelta

import pytest

from saleor_tiktok_stripe import accounts, jobs, payments
from saleor_tiktok_stripe.jobs import clock
from saleor_tiktok_stripe.models import (
    CaptureRequest,
    Charge,
    InboundEvent,
    Job,
    SyncCursor,
)
from saleor_tiktok_stripe.payments.catching_up import (
    CURSOR,
    STEP,
    delivery_problem,
    until_by_stripe,
)
from saleor_tiktok_stripe.payments.sweeping import cancel_abandoned, due, look_again
from tests.support.till import Till

HOUR = 3600


def later(hours: float):
    return clock.turned(timedelta(hours=hours).total_seconds())


def test_a_payment_that_nobody_told_about_is_found(till: Till):
    request = till.pay("25.00")

    with later(0.2):
        till.run("payments.sweep")

    assert till.sums(request) == {"charged": "25.00"}


def test_pauses_grow_with_age(till: Till):
    request = till.paid("25.00", "AUTHORIZATION")
    charge = till.charge(request)

    def is_due(age: timedelta, since_look: timedelta) -> bool:
        now = clock.now()
        Charge.objects.update(created_at=now - age, synced_at=now - since_look)
        return due(till.connection).exists()

    minutes, hours, days = (
        lambda n: timedelta(minutes=n),
        lambda n: timedelta(hours=n),
        lambda n: timedelta(days=n),
    )
    assert charge.state == "authorized"
    assert [is_due(minutes(30), minutes(n)) for n in (4, 6)] == [False, True]
    assert [is_due(hours(5), minutes(n)) for n in (59, 61)] == [False, True]
    assert [is_due(days(3), hours(n)) for n in (5, 7)] == [False, True]
    assert [is_due(days(20), hours(n)) for n in (23, 25)] == [False, True]
    assert not is_due(days(60), days(30))


def test_a_settled_payment_is_left_in_peace(till: Till):
    request = till.paid("25.00")
    Charge.objects.update(order_id="T3JkZXI6MQ==")

    with later(2):
        assert look_again(till.connection) == 0
        Charge.objects.filter(pk=till.charge(request).pk).update(fee=None)
        assert look_again(till.connection) == 1


def test_a_fee_that_is_booked_late_is_found(till: Till):
    till.control.late_balance_transactions(600)
    request = till.paid("25.00")
    before = till.charge(request).fee
    till.control.turn(HOUR)

    with later(2):
        till.run("payments.sweep")

    assert before is None
    assert till.charge(request).fee is not None


def test_a_row_that_lost_stripes_answer_finds_its_payment(till: Till):
    request = till.pay("25.00")
    Charge.objects.update(payment_id="", state="new")

    with later(0.2):
        till.run("payments.sweep")

    assert till.charge(request).state == "succeeded"
    assert till.sums(request) == {"charged": "25.00"}


def test_a_row_that_stripe_never_heard_of_is_closed_after_a_day(till: Till):
    till.control.fault("cut_before", times=None)
    request = till.begin()
    till.initialize(request)
    till.control.clear_faults()

    with later(1):
        till.run("payments.sweep")
    young = till.charge(request).state
    with later(25):
        till.run("payments.sweep")

    assert (young, till.charge(request).state) == ("new", "never_made")


def test_an_abandoned_payment_is_cancelled_after_a_day(till: Till):
    request = till.begin()
    payment_id = till.initialize(request).psp_reference

    with later(23):
        till.run("payments.sweep")
    young = till.control.payment(payment_id)["status"]
    with later(25):
        till.run("payments.sweep")

    old = till.control.payment(payment_id)
    assert young == "requires_payment_method"
    assert (old["status"], old["cancellation_reason"]) == ("canceled", "abandoned")
    assert till.sums(request) == {"canceled": "25.00"}


def test_a_payment_paid_in_the_last_moment_is_not_cancelled(till: Till):
    request = till.pay("25.00")
    assert till.charge(request).state == "open"

    with later(25):
        till.run("payments.sweep")

    assert till.sums(request) == {"charged": "25.00"}


def test_a_sweep_that_takes_long_leaves_the_rest_to_the_next(till: Till):
    payment_id = till.initialize(till.begin()).psp_reference
    client = accounts.stripe_client(till.connection)

    with later(25):
        nothing = cancel_abandoned(till.connection, client, seconds=0)
        before = till.control.payment(payment_id)["status"]
        one = cancel_abandoned(till.connection, client)

    assert (nothing, one) == (0, 1)
    assert before == "requires_payment_method"


def test_a_capture_whose_job_was_given_up_is_taken_up_again(till: Till):
    request = till.paid("25.00", "AUTHORIZATION")
    payments.request_capture(till.ask(request, "CHARGE", "25.00"))
    Job.objects.filter(kind="payment.act").delete()

    with later(0.5):
        till.run("payments.sweep")

    assert CaptureRequest.objects.get().state == "succeeded"


# --- events --------------------------------------------------------------------------------------


def test_events_that_never_arrived_are_fetched_and_told(till: Till):
    till.run("payments.catch_up")
    request = till.pay("25.00")
    till.control.drop()

    with later(0.5):
        till.run("payments.catch_up")
        problem = delivery_problem(till.connection)

    assert till.sums(request) == {"charged": "25.00"}
    assert problem is not None
    assert (problem.code, problem.severity) == ("STRIPE_EVENTS_MISSING", "warning")
    assert "1 had to be fetched" in problem.message


def test_events_that_arrive_are_no_problem_and_end_one(till: Till):
    till.run("payments.catch_up")
    till.pay("25.00")
    till.control.drop()
    with later(0.5):
        till.run("payments.catch_up")
        again = till.run("payments.catch_up")
        still = delivery_problem(till.connection)

    # when: the next ones are delivered
    till.control.turn(HOUR)
    till.pay("30.00")
    till.deliver()
    with later(2):
        till.run("payments.catch_up")

    assert (again.status, still is not None) == ("done", True)
    assert delivery_problem(till.connection) is None


def test_an_event_on_its_way_is_left_to_its_notification(till: Till):
    till.pay("25.00")

    till.run("payments.catch_up")

    assert not InboundEvent.objects.exists()


def test_after_a_longer_outage_than_stripe_remembers_everything_is_looked_at(till: Till):
    # given: a payment known before, refunded while we were away; another made meanwhile
    known = till.paid("25.00")
    meanwhile = till.pay("30.00")
    Charge.objects.filter(pk=till.charge(meanwhile).pk).update(payment_id="", state="new")
    till.control.dashboard_refund(till.charge(known).payment_id, 500)
    till.control.drop()
    SyncCursor.objects.create(
        connection=till.connection, resource=CURSOR, high_water=clock.now() - timedelta(minutes=1)
    )

    with clock.turned(timedelta(days=40).total_seconds()):
        till.run("payments.catch_up")

    assert till.sums(known) == {"charged": "20.00", "refunded": "5.00"}
    assert till.sums(meanwhile) == {"charged": "30.00"}


def test_a_run_that_stripe_cuts_off_goes_on_from_where_it_was(till: Till):
    till.run("payments.catch_up")
    before = SyncCursor.objects.get(resource=CURSOR).high_water
    request = till.pay("25.00")
    till.control.drop()
    till.control.fault("unavailable", path="/v1/events", times=1)

    with later(0.5):
        till.run("payments.catch_up")
        held = SyncCursor.objects.get(resource=CURSOR).high_water
    with later(1):
        till.run_all()

    assert held == before
    assert till.sums(request) == {"charged": "25.00"}


def test_a_long_outage_is_caught_up_in_steps_each_kept(till: Till):
    till.run("payments.catch_up")
    begun = SyncCursor.objects.get(resource=CURSOR).high_water
    early = till.pay("25.00")
    till.control.turn(20 * HOUR)
    late = till.pay("30.00")
    till.control.drop()

    with later(21):
        jobs.enqueue("payments.catch_up", till.connection)
        first = jobs.work(limit=1)
        held = SyncCursor.objects.get(resource=CURSOR).high_water
        till.work()
        left = clock.now() - SyncCursor.objects.get(resource=CURSOR).high_water

    # then: never more than a few hours of events at once, and all of them in the end
    assert (first.again, held - begun) == (1, STEP)
    assert left < timedelta(minutes=6)
    assert till.sums(early) == {"charged": "25.00"}
    assert till.sums(late) == {"charged": "30.00"}


@pytest.mark.parametrize(
    ("skew", "short"), [(None, 0), (0.4, 0), (3600.0, 0), (-30.0, 30), (-3600.0, 3600)]
)
def test_a_clock_that_is_ahead_does_not_pass_over_events_of_the_next_hour(skew, short):
    now = clock.now()
    newest = now - timedelta(minutes=5)

    assert until_by_stripe(newest, now, skew) == newest - timedelta(seconds=short)
    old = now - timedelta(days=2)
    assert until_by_stripe(old, now, skew) == old
