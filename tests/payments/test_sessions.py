"""A buyer pays: one payment for each transaction, and nothing final before it is certain."""

from __future__ import annotations

import threading
from dataclasses import replace
from decimal import Decimal

import pytest
from cryptography.fernet import Fernet
from django.db import connection as database

from saleor_tiktok_stripe import payments
from saleor_tiktok_stripe.models import Charge, ConnectionState
from saleor_tiktok_stripe.payments import words
from saleor_tiktok_stripe.saleor_api.transactions import GatewayRequest
from tests.support.till import CHANNEL, Till


def test_gateway_gives_the_publishable_key_and_what_the_channel_can_do(till: Till):
    answer = payments.gateway(GatewayRequest(CHANNEL, "checkout", Decimal("25.00"), "USD"))

    assert answer.error == ""
    assert answer.data == {
        "publishableKey": till.stripe.publishable_key,
        "livemode": False,
        "currency": "USD",
        "redirects": True,
        "flows": ["CHARGE", "AUTHORIZATION"],
        "partialCapture": True,
    }


@pytest.mark.parametrize(
    ("amount", "currency", "words"),
    [("1.005", "USD", "that fine"), ("5.50", "ISK", "that fine"), ("5", "XTS", "XTS")],
)
def test_what_stripe_cannot_charge_is_refused_in_words(
    till: Till, amount: str, currency: str, words: str
):
    gateway = payments.gateway(GatewayRequest(CHANNEL, "", Decimal(amount), currency))
    session = payments.initialize(till.begin(amount, currency=currency))

    assert words in gateway.error
    assert (session.result, words in session.message) == ("CHARGE_FAILURE", True)
    assert till.control.calls("POST", "/v1/payment_intents") == []
    assert not Charge.objects.exists()


def test_buyers_are_told_nothing_of_the_servers_keys(till: Till, settings):
    settings.TIKTOK_STRIPE_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]

    gateway = payments.gateway(GatewayRequest(CHANNEL, "", Decimal("25.00"), "USD"))
    session = payments.initialize(till.begin())

    assert (gateway.data, gateway.error) == (None, words.NOT_HERE)
    assert (session.result, session.message) == ("CHARGE_ACTION_REQUIRED", words.NOT_HERE)


def test_the_client_secret_is_in_the_answer_and_not_in_its_repr(till: Till):
    answer = till.initialize(till.begin())

    secret = answer.data["clientSecret"]
    assert secret.startswith(answer.psp_reference + "_secret_")
    assert secret not in repr(answer)


def test_initialize_makes_a_payment_with_our_marks(till: Till):
    request = till.begin("25.00")

    answer = till.initialize(request)

    made = till.control.payment(answer.psp_reference)
    charge = till.charge(request)
    assert (answer.result, answer.amount) == ("CHARGE_ACTION_REQUIRED", Decimal("25.00"))
    assert answer.data == {
        "publishableKey": till.stripe.publishable_key,
        "paymentIntentId": made["id"],
        "clientSecret": made["client_secret"],
        "status": "requires_payment_method",
    }
    assert (made["amount"], made["currency"]) == (2500, "usd")
    assert made["metadata"] == {
        "saleor_instance": "127.0.0.1:8000",
        "saleor_channel": CHANNEL,
        "saleor_transaction_id": request.transaction_id,
        "saleor_payment": str(charge.key),
    }
    assert (charge.payment_id, charge.state) == (made["id"], "open")
    assert answer.external_url.endswith(f"/test/payments/{made['id']}")


def test_the_same_transaction_asked_again_is_the_same_payment(till: Till):
    request = till.begin()

    first, second = till.initialize(request), till.initialize(request)

    assert first.psp_reference == second.psp_reference
    assert first.data == second.data
    assert len(till.control.objects("payment_intent")) == 1


def test_no_duplicate_payment_intents_under_concurrency_saleor_19220(till: Till):
    request = till.begin()
    answers = []

    def ask() -> None:
        answers.append(payments.initialize(request))
        database.close()

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert len(till.control.objects("payment_intent")) == 1
    (made,) = till.control.objects("payment_intent")
    assert {one.psp_reference for one in answers} == {made["id"]}
    assert Charge.objects.count() == 1


@pytest.mark.parametrize("fault", ["lost_answer", "error_before", "error_after", "cut_before"])
def test_an_answer_lost_while_the_payment_is_made_costs_nothing(till: Till, fault: str):
    till.control.fault(fault, path="POST /v1/payment_intents", times=1)
    request = till.begin()

    first = till.initialize(request)
    second = till.initialize(request)

    assert second.result == "CHARGE_ACTION_REQUIRED"
    assert second.data["clientSecret"]
    assert first.psp_reference in {"", second.psp_reference}
    assert len(till.control.objects("payment_intent")) == 1


def test_killed_between_stripes_answer_and_our_row(till: Till):
    # given: Stripe made it, the row never learned of it
    request = till.begin()
    made = payments.initialize(request)
    Charge.objects.update(payment_id="", state="new")

    # when: the storefront asks again, with other details of the buyer
    again = payments.initialize(replace(request, email="other@example.com", order_number="7"))

    assert again.psp_reference == made.psp_reference
    assert len(till.control.objects("payment_intent")) == 1


def test_stripe_down_is_never_final(till: Till):
    request = till.begin()
    till.control.fault("cut_before", times=None)

    down = till.initialize(request)
    till.control.clear_faults()
    up = till.process(request)

    assert (down.result, down.data) == ("CHARGE_ACTION_REQUIRED", {"tryAgain": True})
    assert down.psp_reference == ""
    assert up.result == "CHARGE_ACTION_REQUIRED"
    assert up.data["clientSecret"]


def test_process_while_stripe_is_down_leaves_a_paid_payment_open(till: Till):
    request = till.pay()
    till.control.fault("unavailable", times=None)

    down = till.process(request)
    till.control.clear_faults()
    up = till.process(request)

    assert down.result == "CHARGE_ACTION_REQUIRED"
    assert (up.result, up.amount) == ("CHARGE_SUCCESS", Decimal("25.00"))


def test_process_tells_what_stripe_says(till: Till):
    request = till.pay("25.00")

    answer = till.process(replace(request, data={"amount": "1000000.00", "paid": True}))

    assert (answer.result, answer.amount) == ("CHARGE_SUCCESS", Decimal("25.00"))
    assert answer.actions == ("REFUND",)
    assert answer.method is not None
    assert (answer.method.type, answer.method.brand) == ("CARD", "visa")
    assert answer.method.last_digits == "4242"
    assert till.sums(request) == {"charged": "25.00"}


def test_an_authorization_is_held_until_it_is_captured(till: Till):
    request = till.pay("25.00", "AUTHORIZATION")

    answer = till.process(request)

    assert (answer.result, answer.amount) == ("AUTHORIZATION_SUCCESS", Decimal("25.00"))
    assert answer.actions == ("CHARGE", "CANCEL")
    assert till.sums(request) == {"authorized": "25.00"}


def test_a_declined_card_may_be_tried_again(till: Till):
    request = till.begin()
    payment_id = till.initialize(request).psp_reference

    till.control.pay(payment_id, "pm_card_visa_chargeDeclined")
    declined = till.process(request)
    till.control.pay(payment_id)
    paid = till.process(request)

    assert declined.result == "CHARGE_ACTION_REQUIRED"
    assert "declined" in declined.message
    assert declined.data["clientSecret"]
    assert paid.result == "CHARGE_SUCCESS"


def test_a_cancelled_payment_is_over(till: Till):
    request = till.begin()
    till.control.dashboard_cancel(till.initialize(request).psp_reference)

    answer = till.process(request)

    assert (answer.result, answer.message) == (
        "CHARGE_FAILURE",
        "This payment was cancelled. Start a new one.",
    )


@pytest.mark.parametrize(
    "changed", [{"amount": Decimal("1.00")}, {"currency": "EUR"}], ids=["amount", "currency"]
)
def test_another_amount_or_currency_is_refused(till: Till, changed: dict):
    request = till.pay("25.00")

    answer = payments.process(replace(request, **changed))

    assert answer.result == "CHARGE_FAILURE"
    assert answer.message == "This payment was started for another amount. Start a new one."


def test_a_payment_of_another_channel_is_refused(till: Till):
    request = till.pay("25.00")
    other = Charge.objects.get()
    till.connection.channel_slug = "elsewhere"
    till.connection.save()

    answer = payments.process(replace(request, channel_slug="elsewhere"))

    assert answer.result == "CHARGE_FAILURE"
    assert answer.message == "This payment does not belong to this channel. Start a new one."
    assert other.payment_id == answer.psp_reference


def test_a_refusal_of_stripe_ends_the_transaction(till: Till):
    request = till.begin("0.10")

    answer = till.initialize(request)
    again = till.initialize(request)

    assert (answer.result, again.result) == ("CHARGE_FAILURE", "CHARGE_FAILURE")
    assert till.charge(request).state == "never_made"
    assert till.control.objects("payment_intent") == []


def test_an_account_that_is_off_takes_no_new_payment_and_ends_none(till: Till):
    begun = till.pay()
    till.connection.state = ConnectionState.NEEDS_REAUTH
    till.connection.save()

    fresh, known = till.initialize(till.begin()), till.process(begun)

    assert fresh.result == "CHARGE_FAILURE"
    assert known.result == "CHARGE_ACTION_REQUIRED"
    assert known.psp_reference == till.charge(begun).payment_id


def test_a_key_that_stripe_refuses_is_seen_at_once(till: Till):
    request = till.begin()
    till.control.revoke_key(till.stripe.secret_key)

    answer = till.initialize(request)

    till.connection.refresh_from_db()
    assert answer.result == "CHARGE_ACTION_REQUIRED"
    assert till.connection.state == ConnectionState.NEEDS_REAUTH
