"""PaymentIntents in the Stripe sandbox, from the buyer's first click to the money."""

from __future__ import annotations

import pytest
import requests
import stripe

DAY = 86_400
BACK = "https://shop.example/back?order=7"
AUTOMATIC = {"automatic_payment_methods": {"enabled": "true"}}
HELD = {"payment_method_options": {"card": {"capture_method": "manual"}}}


@pytest.fixture
def created(api):
    def create(amount=2000, currency="usd", **more):
        return api.payment_intents.create({"amount": amount, "currency": currency, **more})

    return create


@pytest.fixture
def buyer(control, connect):
    """Confirms as Stripe.js does: publishable key and client secret."""
    js = connect(control.publishable_key).v1

    def confirm(payment, method="pm_card_visa", **more):
        params = {
            "client_secret": payment.client_secret,
            "payment_method": method,
            "return_url": BACK,
            **more,
        }
        return js.payment_intents.confirm(payment.id, params)

    return confirm


def test_a_new_payment_waits_for_its_method(created, happened):
    payment = created(metadata={"saleor_payment": "k"}, **AUTOMATIC)

    assert payment.status == "requires_payment_method"
    assert payment.capture_method == "automatic_async"
    assert (payment.amount, payment.amount_received, payment.amount_capturable) == (2000, 0, 0)
    assert payment.client_secret.startswith(f"{payment.id}_secret_")
    assert payment.latest_charge is None
    assert happened() == ["payment_intent.created"]


def test_the_methods_offered_follow_from_currency_and_redirects(created):
    euro = created(currency="eur", **AUTOMATIC)
    stay = created(
        currency="eur",
        automatic_payment_methods={"enabled": "true", "allow_redirects": "never"},
    )
    held = created(currency="eur", capture_method="manual", **AUTOMATIC)

    assert {"card", "ideal", "sepa_debit"} <= set(euro.payment_method_types)
    assert "ideal" not in stay.payment_method_types
    assert "sepa_debit" not in held.payment_method_types
    assert held.capture_method == "manual"


def test_automatic_methods_and_a_list_of_types_exclude_each_other(created, control):
    with pytest.raises(stripe.InvalidRequestError, match="only specify one"):
        created(payment_method_types=["card"], **AUTOMATIC)
    assert control.objects("payment_intent") == []


def test_a_card_is_charged_at_once_with_its_fee(api, created, buyer, happened):
    payment = buyer(created(**AUTOMATIC))

    found = api.payment_intents.retrieve(
        payment.id, {"expand": ["latest_charge.balance_transaction"]}
    )
    row = found.latest_charge.balance_transaction
    assert (found.status, found.amount_received) == ("succeeded", 2000)
    assert (found.latest_charge.amount_captured, found.latest_charge.captured) == (2000, True)
    assert (row.amount, row.fee, row.net, row.status) == (2000, 88, 1912, "pending")
    assert happened() == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
    ]


def test_money_is_pending_for_two_days(api, created, buyer, control):
    buyer(created(**AUTOMATIC))
    assert api.balance.retrieve().pending[0].amount == 1912

    control.turn(2 * DAY)

    balance = api.balance.retrieve()
    assert (balance.pending[0].amount, balance.available[0].amount) == (0, 1912)


def test_a_buyer_sees_less_than_the_merchant_and_needs_the_client_secret(
    created, buyer, control, connect
):
    payment = created(metadata={"saleor_payment": "secret"}, **AUTOMATIC)
    js = connect(control.publishable_key).v1

    seen = js.payment_intents.retrieve(payment.id, {"client_secret": payment.client_secret})
    with pytest.raises(stripe.InvalidRequestError) as missing:
        js.payment_intents.retrieve(payment.id)
    with pytest.raises(stripe.InvalidRequestError) as wrong:
        buyer(payment, client_secret="pi_other_secret_x")

    assert seen.status == "requires_payment_method"
    assert "metadata" not in seen
    assert missing.value.code == "parameter_missing"
    assert wrong.value.code == "payment_intent_invalid_parameter"
    assert control.payment(payment.id)["status"] == "requires_payment_method"


def test_without_a_return_url_a_payment_that_may_redirect_is_not_confirmed(created, buyer, api):
    payment = created(**AUTOMATIC)

    with pytest.raises(stripe.InvalidRequestError, match="you must provide a `return_url`"):
        api.payment_intents.confirm(payment.id, {"payment_method": "pm_card_visa"})


def test_a_decline_leaves_the_payment_open_for_another_card(created, buyer, api, control, happened):
    payment = created(**AUTOMATIC)

    with pytest.raises(stripe.CardError) as caught:
        buyer(payment, "pm_card_visa_chargeDeclinedInsufficientFunds")

    error = caught.value
    assert (error.http_status, error.code) == (402, "card_declined")
    assert error.error.decline_code == "insufficient_funds"
    assert error.error.payment_intent.status == "requires_payment_method"
    after = api.payment_intents.retrieve(payment.id)
    assert after.last_payment_error.decline_code == "insufficient_funds"
    assert api.charges.retrieve(after.latest_charge).status == "failed"
    assert happened(1) == ["charge.failed", "payment_intent.payment_failed"]

    paid = buyer(payment, "pm_card_visa")

    assert (paid.status, paid.last_payment_error) == ("succeeded", None)
    assert control.totals(payment.id).charged == 2000


@pytest.mark.parametrize(
    ("method", "code", "decline_code"),
    [
        ("pm_card_visa_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_visa_chargeDeclinedLostCard", "card_declined", "lost_card"),
        ("pm_card_visa_chargeDeclinedStolenCard", "card_declined", "stolen_card"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", None),
        ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", None),
        ("pm_card_chargeDeclinedProcessingError", "processing_error", None),
        ("pm_card_chargeCustomerFail", "card_declined", "generic_decline"),
    ],
)
def test_each_declined_card_says_why(created, buyer, control, method, code, decline_code):
    payment = created(**AUTOMATIC)

    with pytest.raises(stripe.CardError) as caught:
        buyer(payment, method)

    assert caught.value.code == code
    assert getattr(caught.value.error, "decline_code", None) == decline_code
    assert control.totals(payment.id).charged == 0


def test_three_d_secure_is_completed_on_the_banks_page(created, buyer, control, happened):
    payment = buyer(created(**AUTOMATIC), "pm_card_threeDSecure2Required")
    page = payment.next_action.redirect_to_url.url

    assert payment.status == "requires_action"
    assert payment.next_action.redirect_to_url.return_url == BACK
    assert "Complete authentication" in requests.get(page, timeout=60).text
    assert control.totals(payment.id).charged == 0

    done = requests.post(page, {"outcome": "complete"}, timeout=60, allow_redirects=False)

    assert done.status_code == 303
    assert done.headers["location"] == (
        f"{BACK}&payment_intent={payment.id}&payment_intent_client_secret="
        f"{payment.client_secret}&redirect_status=succeeded"
    )
    assert control.payment(payment.id)["status"] == "succeeded"
    assert happened(1) == [
        "payment_intent.requires_action",
        "charge.succeeded",
        "payment_intent.succeeded",
    ]


def test_three_d_secure_that_fails_leaves_the_payment_open(created, buyer, control, happened):
    payment = buyer(created(**AUTOMATIC), "pm_card_authenticationRequired")

    assert control.authenticate(payment.id, passed=False) == "requires_payment_method"

    after = control.payment(payment.id)
    assert after["last_payment_error"]["code"] == "payment_intent_authentication_failure"
    assert control.objects("charge") == []
    assert happened()[-1] == "payment_intent.payment_failed"


def test_a_buyer_who_is_not_there_cannot_authenticate(created, api):
    with pytest.raises(stripe.CardError) as caught:
        created(
            confirm="true",
            off_session="true",
            payment_method="pm_card_authenticationRequired",
            **AUTOMATIC,
        )

    assert caught.value.code == "authentication_required"


def test_a_redirect_method_goes_to_its_page_and_comes_back(created, buyer, control):
    payment = created(currency="eur", **AUTOMATIC)
    asked = buyer(payment, None, payment_method_data={"type": "ideal"})

    assert asked.status == "requires_action"
    assert asked.next_action.type == "redirect_to_url"
    assert control.authenticate(payment.id) == "succeeded"
    assert control.totals(payment.id).charged == 2000
    assert control.objects("charge")[0]["payment_method_details"]["type"] == "ideal"


def test_a_delayed_method_ends_days_later(created, buyer, control, happened):
    payment = buyer(created(**AUTOMATIC), "pm_usBankAccount_success")
    assert payment.status == "processing"
    assert control.totals(payment.id).charged == 0

    control.turn(4 * DAY)

    assert control.payment(payment.id)["status"] == "succeeded"
    assert control.totals(payment.id).charged == 2000
    assert happened(1) == [
        "charge.pending",
        "payment_intent.processing",
        "charge.succeeded",
        "payment_intent.succeeded",
    ]


def test_a_delayed_method_may_fail_after_all(created, buyer, control, happened):
    payment = buyer(created(currency="eur", **AUTOMATIC), "pm_failed_de")
    with pytest.raises(stripe.InvalidRequestError):
        buyer(payment)

    control.turn(3 * DAY)

    after = control.payment(payment.id)
    assert after["status"] == "requires_payment_method"
    assert after["last_payment_error"]["decline_code"] == "insufficient_funds"
    assert control.totals(payment.id).charged == 0
    assert happened()[-2:] == ["charge.failed", "payment_intent.payment_failed"]


def test_a_test_decides_how_a_delayed_method_ends(created, buyer, control):
    payment = buyer(created(**AUTOMATIC), "pm_usBankAccount_success")

    assert control.settle_payment(payment.id, comes=False) == "requires_payment_method"
    control.turn(5 * DAY)

    assert control.payment(payment.id)["status"] == "requires_payment_method"


@pytest.mark.parametrize("how", [{"capture_method": "manual"}, HELD])
def test_held_money_is_captured_in_part_and_the_rest_released(
    created, buyer, api, control, happened, how
):
    payment = buyer(created(**AUTOMATIC, **how))
    held = control.totals(payment.id)
    assert (payment.status, held.authorized, held.charged) == ("requires_capture", 2000, 0)
    assert control.objects("balance_transaction") == []

    done = api.payment_intents.capture(
        payment.id, {"amount_to_capture": 1500, "expand": ["latest_charge.balance_transaction"]}
    )

    assert (done.status, done.amount, done.amount_received) == ("succeeded", 2000, 1500)
    assert done.amount_capturable == 0
    charge = done.latest_charge
    assert (charge.amount, charge.amount_captured, charge.amount_refunded) == (2000, 1500, 0)
    assert charge.balance_transaction.amount == 1500
    assert happened(1) == [
        "charge.succeeded",
        "payment_intent.amount_capturable_updated",
        "charge.captured",
        "payment_intent.succeeded",
    ]


def test_more_than_is_held_cannot_be_captured(created, buyer, api, control):
    payment = buyer(created(**AUTOMATIC, **HELD))

    with pytest.raises(stripe.InvalidRequestError) as caught:
        api.payment_intents.capture(payment.id, {"amount_to_capture": 2001})

    assert (caught.value.code, caught.value.param) == ("amount_too_large", "amount_to_capture")
    assert control.totals(payment.id).authorized == 2000


def test_nothing_is_captured_twice(created, buyer, api, control):
    payment = buyer(created(**AUTOMATIC, **HELD))
    api.payment_intents.capture(payment.id, {"amount_to_capture": 500})

    with pytest.raises(stripe.InvalidRequestError) as caught:
        api.payment_intents.capture(payment.id, {"amount_to_capture": 500})

    assert caught.value.code == "payment_intent_unexpected_state"
    assert caught.value.error.payment_intent.status == "succeeded"
    assert control.totals(payment.id).charged == 500


def test_several_captures_of_one_payment_are_not_available(created, buyer, api):
    payment = buyer(created(**AUTOMATIC, **HELD))

    with pytest.raises(stripe.InvalidRequestError, match="Multicapture is not available"):
        api.payment_intents.capture(
            payment.id, {"amount_to_capture": 500, "final_capture": "false"}
        )


def test_held_money_runs_out_after_a_week(created, buyer, control, happened):
    payment = buyer(created(**AUTOMATIC, **HELD))

    control.turn(7 * DAY)

    after = control.payment(payment.id)
    assert (after["status"], after["cancellation_reason"]) == ("canceled", "automatic")
    assert control.totals(payment.id).authorized == 0
    assert happened()[-2:] == ["charge.expired", "payment_intent.canceled"]


def test_a_captured_payment_does_not_run_out(created, buyer, api, control):
    payment = buyer(created(**AUTOMATIC, **HELD))
    api.payment_intents.capture(payment.id)

    control.turn(8 * DAY)

    assert control.payment(payment.id)["status"] == "succeeded"


def test_cancel_releases_and_ends(created, buyer, api, control):
    payment = buyer(created(**AUTOMATIC, **HELD))

    done = api.payment_intents.cancel(payment.id, {"cancellation_reason": "duplicate"})

    assert (done.status, done.cancellation_reason) == ("canceled", "duplicate")
    assert done.amount_capturable == 0
    for again in (api.payment_intents.cancel, api.payment_intents.capture):
        with pytest.raises(stripe.InvalidRequestError) as caught:
            again(payment.id)
        assert caught.value.code == "payment_intent_unexpected_state"


def test_a_payment_that_succeeded_cannot_be_canceled(created, buyer, api, control):
    payment = buyer(created(**AUTOMATIC))

    with pytest.raises(stripe.InvalidRequestError) as caught:
        api.payment_intents.cancel(payment.id)

    assert caught.value.user_message.startswith(
        "You cannot cancel this PaymentIntent because it has a status of succeeded."
    )
    assert control.totals(payment.id).charged == 2000


def test_a_paid_payment_is_not_confirmed_again(created, buyer, control):
    payment = created(**AUTOMATIC)
    buyer(payment)

    with pytest.raises(stripe.InvalidRequestError, match="it has already succeeded"):
        buyer(payment)
    assert control.totals(payment.id).charged == 2000


def test_metadata_is_merged_and_unset(created, api, control):
    payment = created(metadata={"a": "1", "b": "2"})

    changed = api.payment_intents.update(payment.id, {"metadata": {"a": "", "c": "3"}})
    cleared = api.payment_intents.update(payment.id, {"metadata": ""})

    assert changed.metadata.to_dict() == {"b": "2", "c": "3"}
    assert cleared.metadata.to_dict() == {}


def test_the_amount_can_change_until_it_is_paid(created, buyer, api, control):
    payment = created(**AUTOMATIC)
    assert api.payment_intents.update(payment.id, {"amount": 2500}).amount == 2500
    buyer(payment)

    with pytest.raises(stripe.InvalidRequestError) as caught:
        api.payment_intents.update(payment.id, {"amount": 3000})

    assert caught.value.code == "payment_intent_unexpected_state"
    assert control.totals(payment.id).charged == 2500


def test_card_numbers_are_taken_from_browsers_only(created, buyer, api):
    payment = created(**AUTOMATIC)
    card = {"type": "card", "card": {"number": "4242 4242 4242 4242"}}

    with pytest.raises(stripe.StripeError, match="generally unsafe"):
        api.payment_intents.confirm(payment.id, {"payment_method_data": card, "return_url": BACK})
    assert buyer(payment, None, payment_method_data=card).status == "succeeded"


def test_test_methods_pay_nothing_in_live_mode(control, connect):
    live = connect(control.other_mode().secret_key).v1

    with pytest.raises(stripe.InvalidRequestError, match="No such PaymentMethod: 'pm_card_visa'"):
        live.payment_intents.create(
            {"amount": 1000, "currency": "usd", "payment_method": "pm_card_visa"}
        )


def test_balance_transactions_may_come_late(created, buyer, api, control, happened):
    control.late_balance_transactions(5)
    payment = buyer(created(**AUTOMATIC))
    charge = api.payment_intents.retrieve(
        payment.id, {"expand": ["latest_charge.balance_transaction"]}
    ).latest_charge
    assert charge.balance_transaction is None

    control.turn(5)

    assert api.charges.retrieve(charge.id).balance_transaction is not None
    assert happened()[-1] == "charge.updated"


def test_an_account_in_yen_has_no_decimals(created, buyer, api):
    payment = buyer(created(amount=500, currency="jpy", **AUTOMATIC))

    found = api.payment_intents.retrieve(
        payment.id, {"expand": ["latest_charge.balance_transaction"]}
    )
    assert (found.amount_received, found.latest_charge.balance_transaction.fee) == (500, 18)
