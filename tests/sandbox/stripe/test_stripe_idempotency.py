"""Idempotency keys in the Stripe sandbox (reference: idempotency)."""

from __future__ import annotations

import threading

import pytest
import stripe

NEW = {"amount": 1000, "currency": "usd"}
DAY = 86_400


def _key(text):
    return {"idempotency_key": text}


def test_a_second_call_under_a_key_is_answered_with_the_first_answer(api, control):
    first = api.payment_intents.create(NEW, _key("order-1"))
    second = api.payment_intents.create(NEW, _key("order-1"))

    assert second.id == first.id
    assert second.last_response.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.last_response.headers
    assert len(control.objects("payment_intent")) == 1
    assert [call.replayed for call in control.calls("POST", "/payment_intents")] == [False, True]


def test_the_order_of_parameters_does_not_matter(api):
    first = api.payment_intents.create({"amount": 1000, "currency": "usd"}, _key("k"))
    second = api.payment_intents.create({"currency": "usd", "amount": 1000}, _key("k"))

    assert first.id == second.id


def test_other_parameters_under_a_used_key_are_an_error(api, control):
    api.payment_intents.create(NEW, _key("order-1"))

    with pytest.raises(stripe.IdempotencyError) as caught:
        api.payment_intents.create({**NEW, "amount": 2000}, _key("order-1"))

    assert caught.value.http_status == 400
    assert caught.value.user_message == (
        "Keys for idempotent requests can only be used with the same parameters they were first "
        "used with. Try using a key other than 'order-1' if you meant to execute a different "
        "request."
    )
    assert len(control.objects("payment_intent")) == 1


def test_a_used_key_on_another_endpoint_is_an_error(api, pay, control):
    payment = pay()
    api.payment_intents.create(NEW, _key("order-1"))

    with pytest.raises(stripe.IdempotencyError) as caught:
        api.refunds.create({"payment_intent": payment.id}, _key("order-1"))

    assert "('/v1/payment_intents' vs '/v1/refunds')" in caught.value.user_message
    assert control.objects("refund") == []


def test_a_call_while_the_first_is_under_way_is_a_conflict(api, control):
    control.fault("slow", path="POST /v1/payment_intents", seconds=5)
    made = []
    first = threading.Thread(
        target=lambda: made.append(api.payment_intents.create(NEW, _key("slow-1")).id)
    )
    first.start()
    while "slow-1" not in control.account.idempotency:
        first.join(0.01)
        assert first.is_alive()

    with pytest.raises(stripe.APIError) as caught:
        api.payment_intents.create(NEW, _key("slow-1"))
    first.join()

    assert (caught.value.http_status, caught.value.error.code) == (409, "idempotency_key_in_use")
    assert api.payment_intents.create(NEW, _key("slow-1")).id == made[0]


def test_what_fails_validation_is_not_remembered(api, control):
    with pytest.raises(stripe.InvalidRequestError):
        api.payment_intents.create({"amount": 10, "currency": "usd"}, _key("order-1"))

    assert api.payment_intents.create(NEW, _key("order-1")).amount == 1000


def test_what_is_turned_away_by_the_rate_limit_is_not_remembered(api, control):
    control.fault("rate_limit", reason="endpoint-rate", retry_after=2)

    with pytest.raises(stripe.RateLimitError) as caught:
        api.payment_intents.create(NEW, _key("order-1"))

    assert caught.value.headers["Stripe-Rate-Limited-Reason"] == "endpoint-rate"
    assert caught.value.headers["Retry-After"] == "2"
    assert api.payment_intents.create(NEW, _key("order-1")).amount == 1000


def test_a_refusal_met_while_acting_is_remembered(api, pay, control):
    payment = pay(amount=2000)
    too_much = {"payment_intent": payment.id, "amount": 3000}
    for replayed in (None, "true"):
        with pytest.raises(stripe.InvalidRequestError) as caught:
            api.refunds.create(too_much, _key("refund-1"))
        assert caught.value.headers.get("Idempotent-Replayed") == replayed


def test_a_decline_is_remembered_and_charges_no_second_time(api, control):
    params = {
        **NEW,
        "confirm": "true",
        "payment_method": "pm_card_visa_chargeDeclined",
        "return_url": "https://shop.example/back",
    }
    for _ in range(2):
        with pytest.raises(stripe.CardError) as caught:
            api.payment_intents.create(params, _key("order-1"))
        assert caught.value.code == "card_declined"

    assert len(control.objects("charge")) == 1


@pytest.mark.parametrize(("fault", "made"), [("error_before", 0), ("error_after", 1)])
def test_a_500_is_remembered_whether_or_not_the_work_was_done(api, control, fault, made):
    control.fault(fault, path="POST /v1/payment_intents")

    for _ in range(2):
        with pytest.raises(stripe.APIError) as caught:
            api.payment_intents.create(NEW, _key("order-1"))
        assert caught.value.http_status == 500

    assert len(control.objects("payment_intent")) == made


def test_an_answer_that_was_lost_comes_with_the_retry(api, control):
    control.fault("lost_answer", path="POST /v1/payment_intents")

    with pytest.raises(stripe.APIConnectionError):
        api.payment_intents.create(NEW, _key("order-1"))
    again = api.payment_intents.create(NEW, _key("order-1"))

    assert [row["id"] for row in control.objects("payment_intent")] == [again.id]
    assert again.last_response.headers["Idempotent-Replayed"] == "true"


def test_a_key_is_forgotten_after_a_day(api, control):
    first = api.payment_intents.create(NEW, _key("order-1"))
    control.turn(DAY - 1)
    same = api.payment_intents.create(NEW, _key("order-1"))
    control.turn(1)
    other = api.payment_intents.create(NEW, _key("order-1"))

    assert same.id == first.id
    assert other.id != first.id


def test_keys_of_accounts_and_modes_are_apart(api, control, connect):
    first = api.payment_intents.create(NEW, _key("order-1"))
    elsewhere = connect(control.new_account().secret_key).v1
    live = connect(control.other_mode().secret_key).v1

    ids = {
        first.id,
        elsewhere.payment_intents.create(NEW, _key("order-1")).id,
        live.payment_intents.create(NEW, _key("order-1")).id,
    }

    assert len(ids) == 3


def test_a_key_may_not_be_longer_than_255_characters(api):
    with pytest.raises(stripe.InvalidRequestError):
        api.payment_intents.create(NEW, _key("k" * 256))
    assert api.payment_intents.create(NEW, _key("k" * 255)).amount == 1000
