"""Payments with Stripe: listed, shown with all that happened, refunded once after a check."""

from __future__ import annotations

from decimal import Decimal

import pytest

from saleor_tiktok_stripe.models import AuditEntry, CaptureRequest, Job, RefundRequest
from tests.graphql.rows import a_charge, a_dispute, a_problem, a_refund
from tests.support.factories import make_stripe_connection

from .conftest import BASE, signed_in
from .daily import forms_of, hidden, queries, rows_of, shown

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(saleor):
    return make_stripe_connection()


@pytest.fixture
def charge(account):
    return a_charge(account, 1)


def page(charge) -> str:
    return f"transactions/{charge.pk}/"


def test_payments_are_listed_with_what_is_left_of_them(admin, account):
    a_charge(account, 1)
    a_charge(account, 2, refunded=Decimal("20.00"), disputed=Decimal(5), livemode=True)

    assert rows_of(admin.get("transactions/")) == [
        "Order #2 pi_2 Paid Partly refunded Disputed 1 Nov 2026, 12:02 UTC 50.00 USD "
        "Refunded 20.00 USD Disputed 5.00 USD 1.75 USD 48.25 USD",
        "Order #1 pi_1 Paid Test 1 Nov 2026, 12:01 UTC 50.00 USD 1.75 USD 48.25 USD",
    ]


def test_payments_are_found_by_number_state_and_problem(admin, account):
    a_charge(account, 1)
    a_charge(account, 2, state="canceled", problem=a_problem("REFUND_FAILED"))

    by_number = rows_of(admin.get("transactions/", search="1"))
    by_state = rows_of(admin.get("transactions/", state="canceled"))
    wrong = rows_of(admin.get("transactions/", problem="yes"))

    assert by_number[0].startswith("Order #1 ")
    assert len(by_number) == 1
    assert by_state == wrong
    assert "Cause of REFUND_FAILED." in wrong[0]


def test_a_page_of_payments_takes_as_many_queries_whatever_is_on_it(admin, account):
    a_refund(a_charge(account, 1), "5")
    few = queries(admin, "transactions/")
    for number in range(2, 30):
        made = a_charge(account, number)
        a_refund(made, "5")
        a_dispute(made, number)

    assert queries(admin, "transactions/") == few


def test_one_payment_tells_all_that_happened_in_order(admin, charge):
    CaptureRequest.objects.create(
        charge=charge, amount=Decimal(50), currency="USD", state="succeeded", actor="staff:bo@x",
        created_at=charge.created_at,
    )  # fmt: skip
    a_refund(charge, "10.00", note="Too small", message="On its way")
    a_dispute(charge, 1)

    rows = rows_of(admin.get(page(charge)))

    assert [one.split()[0] for one in rows] == ["Payment", "Capture", "Paid", "Dispute", "Refund"]
    assert "bo@x" in rows[1]
    assert rows[3].startswith("Dispute The buyer says that the goods never came Needs your answer")
    assert "Too small" in rows[4]


def test_a_payment_that_is_not_there_is_said_so(admin, account):
    assert admin.get("transactions/999/").status_code == 404
    assert admin.get("transactions/pi_x/").status_code == 404


def test_a_check_says_what_would_happen_and_does_nothing(admin, charge):
    answer = admin.post(page(charge), do="check_refund", amount="12.50", key="k1", note="n")

    text = shown(answer)
    assert answer.status_code == 200
    assert "This would happen Goes back to the buyer 12.50 USD Left afterwards 37.50 USD" in text
    assert "Refund 12.50 USD" in text
    assert (RefundRequest.objects.count(), Job.objects.count()) == (0, 0)
    assert 'name="amount" value="12.50"' in answer.content.decode()


def test_a_check_says_what_speaks_against_it(admin, charge):
    answer = admin.post(page(charge), do="check_refund", amount="50.01", key="k1")

    assert "This would be refused" in shown(answer)
    assert "50.01 USD is more than the 50.00 USD left to refund." in shown(answer)
    assert "refund" not in forms_of(answer)
    assert not RefundRequest.objects.exists()


def test_a_refund_is_written_down_once_however_often_its_form_is_sent(admin, charge):
    form = admin.get(page(charge))
    key = hidden(form, "key")
    sent = {"amount": "12.50", "reason": "duplicate", "note": "Paid twice", "key": key}

    first = admin.post(page(charge), do="refund", **sent)
    second = admin.post(page(charge), do="refund", **sent)

    row = RefundRequest.objects.get()
    assert (first.status_code, second.status_code) == (303, 303)
    assert first["Location"] == BASE + page(charge)
    assert (row.amount, row.reason, row.note) == (Decimal("12.500"), "duplicate", "Paid twice")
    assert (row.actor, row.state, row.request_key) == ("admin@shop.example", "waiting", key)
    assert Job.objects.get(kind="payment.refund").subject == str(charge.key)
    assert AuditEntry.objects.get(action="refund.request").actor == "admin@shop.example"


def test_each_form_has_a_key_of_its_own(admin, charge):
    assert hidden(admin.get(page(charge)), "key") != hidden(admin.get(page(charge)), "key")


def test_all_that_is_left_is_refunded_when_no_amount_is_named(admin, charge):
    admin.post(page(charge), do="refund", key="k1")

    assert RefundRequest.objects.get().amount == Decimal(50)


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"amount": "50.01", "key": "k"}, "REFUND_ABOVE_REST"),
        ({"amount": "0", "key": "k"}, "AMOUNT_NOT_POSITIVE"),
        ({"amount": "-1", "key": "k"}, "AMOUNT_NOT_POSITIVE"),
        ({"amount": "1.001", "key": "k"}, "AMOUNT_TOO_FINE"),
        ({"amount": "much", "key": "k"}, "AMOUNT_INVALID"),
        ({"amount": "NaN", "key": "k"}, "AMOUNT_INVALID"),
        ({"amount": "1e9999", "key": "k"}, "AMOUNT_INVALID"),
        ({"amount": "1", "key": "k", "reason": "x"}, "REFUND_REASON_UNKNOWN"),
        ({"amount": "1"}, "FORM_OUT_OF_DATE"),
        ({"amount": "1", "key": "k" * 65}, "FORM_OUT_OF_DATE"),
    ],
)
def test_what_cannot_be_refunded_is_refused_and_nothing_is_written(admin, charge, sent, code):
    answer = admin.post(page(charge), do="refund", form="check_refund", **sent)

    assert answer.status_code == 422
    assert f"<code>{code}</code>" in answer.content.decode()
    assert (RefundRequest.objects.count(), Job.objects.count()) == (0, 0)
    assert not AuditEntry.objects.exists()
    shown(answer)


def test_nothing_is_left_of_a_payment_that_was_refunded(admin, charge):
    a_refund(charge, "50.00")

    answer = admin.get(page(charge))

    assert "Nothing is left of this payment" in shown(answer)
    assert "check_refund" not in forms_of(answer)


def test_a_failed_refund_is_noted_as_settled(admin, account):
    charge = a_charge(account, 1, problem=a_problem("REFUND_FAILED"))

    shown_before = admin.get(page(charge))
    admin.post(page(charge), do="acknowledge")

    charge.refresh_from_db()
    assert "acknowledge" in forms_of(shown_before)
    assert charge.problem is None


def test_a_payment_of_another_channel_is_not_refunded(admin, account):
    theirs = a_charge(make_stripe_connection("other", account_id="acct_2"), 9)

    answer = admin.client.post(
        BASE + page(theirs),
        {"csrf": hidden(admin.get("transactions/"), "csrf"), "do": "refund", "key": "k"},
    )

    assert answer.status_code == 404
    assert not RefundRequest.objects.exists()


def test_who_handles_no_payments_sees_none(charge):
    person = signed_in("orders@shop.example")

    assert person.get("transactions/").status_code == 403
    assert person.get(page(charge)).status_code == 403


def test_a_payment_is_begun_before_it_is_paid_though_stripe_tells_whole_seconds(admin, charge):
    begun = charge.created_at.replace(microsecond=400_000)
    type(charge).objects.filter(pk=charge.pk).update(
        created_at=begun, paid_at=begun.replace(microsecond=0)
    )

    said = [row.split()[0] for row in rows_of(admin.get(page(charge)))]

    assert said.index("Payment") < said.index("Paid")
