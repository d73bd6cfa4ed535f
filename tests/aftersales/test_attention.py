"""What of payments waits for a person is on the health page and in ``doctor``."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from saleor_tiktok_stripe import health
from saleor_tiktok_stripe.aftersales.attention import attention
from saleor_tiktok_stripe.jobs import clock
from saleor_tiktok_stripe.models import Charge, Connection, Dispute
from tests.support.factories import make_stripe_connection

pytestmark = pytest.mark.django_db
PROBLEM = {
    "code": "REFUND_FAILED",
    "stage": "refund",
    "cause": "A refund of 5.00 USD failed: the card is closed.",
    "cure": "Refund another way.",
    "params": {},
    "waits_for": [],
}


@pytest.fixture
def connection() -> Connection:
    return make_stripe_connection(account_id="acct_1", livemode=False)


def charge(connection: Connection, **fields: object) -> Charge:
    values = {
        "transaction_id": str(uuid4()),
        "payment_id": f"pi_{uuid4().hex}",
        "order_number": "1021",
        "flow": "charge",
        "amount": Decimal("25.00"),
        "currency": "USD",
    }
    return Charge.objects.create(connection=connection, **(values | fields))


def dispute(connection: Connection, hours: float, **fields: object) -> Dispute:
    values = {
        "dispute_id": f"du_{uuid4().hex}",
        "state": "needs_response",
        "reason": "fraudulent",
        "amount": Decimal("25.00"),
        "currency": "USD",
        "opened_at": clock.now(),
        "due_by": clock.now() + timedelta(hours=hours, minutes=1),
    }
    made = charge(connection)
    return Dispute.objects.create(connection=connection, charge=made, **(values | fields))


def test_nothing_waits(connection):
    charge(connection)
    dispute(connection, 20, state="under_review", submission_count=1)
    charge(make_stripe_connection("other", account_id="acct_2"), problem=PROBLEM)

    assert attention(connection) == []
    assert health.summary(connection) == {"status": "ok"}


@pytest.mark.parametrize(
    ("hours", "severity", "words", "status"),
    [
        (200, "warning", "must be answered by", "ok"),
        (23, "error", "must be answered by", "attention"),
        (-3, "error", "had to be answered by", "attention"),
    ],
)
def test_dispute_that_waits_for_an_answer_is_told(connection, hours, severity, words, status):
    found = dispute(connection, hours)

    [told] = attention(connection)

    assert (told.code, told.severity, told.subject) == ("DISPUTE_DUE", severity, found.dispute_id)
    assert f"Dispute {found.dispute_id} of order 1021 (fraudulent) {words}" in told.message
    assert f"dispute show --channel {connection.channel_slug} {found.dispute_id}" in told.cure
    assert health.summary(connection) == {"status": status}


def test_charge_with_a_problem_is_told_with_its_cure(connection):
    found = charge(connection, problem=PROBLEM)

    lines = health.as_text(connection)

    told = f"Payment {found.payment_id} of order 1021: A refund of 5.00 USD failed"
    assert [told in line and "Refund another way." in line for line in lines].count(True) == 1
    assert health.summary(connection) == {"status": "attention"}


def test_many_are_counted_and_the_most_urgent_named(connection):
    for hours in (90, 30, 50, 70, 40, 60, 80):
        dispute(connection, hours)
    for _ in range(8):
        charge(connection, problem=PROBLEM)

    found = attention(connection)

    assert [one.code for one in found] == ["DISPUTE_DUE"] * 5 + ["REFUND_FAILED"] * 5
    due = Dispute.objects.order_by("due_by").values_list("dispute_id", flat=True)[:5]
    assert [one.subject for one in found[:5]] == list(due)
    ends = [found[place].message.split(" UTC. ")[-1].split("closed. ")[-1] for place in (4, 9)]
    assert ends == ["And 2 more.", "And 3 more."]


def test_looking_costs_the_same_however_many_charges_there_are(
    connection, django_assert_max_num_queries
):
    for _ in range(20):
        dispute(connection, 50)
        charge(connection, problem=PROBLEM)

    with django_assert_max_num_queries(3):
        attention(connection)
