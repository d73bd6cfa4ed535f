"""Faults on demand in the Stripe sandbox, and its controls over HTTP."""

from __future__ import annotations

import pytest
import requests
import stripe

from saleor_tiktok_stripe.sandbox.stripe import StripeSandbox

NEW = {"amount": 1000, "currency": "usd"}


def _failed(call, kind):
    with pytest.raises(kind) as caught:
        call(NEW)
    return caught.value


def test_a_lock_timeout_does_nothing(api, control):
    control.fault("lock_timeout")

    error = _failed(api.payment_intents.create, stripe.RateLimitError)

    assert (error.http_status, error.error.code) == (429, "lock_timeout")
    assert control.objects("payment_intent") == []
    assert api.payment_intents.create(NEW).amount == 1000


def test_unavailable_says_whether_to_retry(api, control):
    control.fault("unavailable", should_retry=True)

    error = _failed(api.payment_intents.create, stripe.APIError)

    assert (error.http_status, error.headers["Stripe-Should-Retry"]) == (503, "true")
    assert control.objects("payment_intent") == []


def test_an_expired_key_is_told(api, control):
    control.fault("key_expired")

    error = _failed(api.payment_intents.create, stripe.AuthenticationError)

    assert error.error.code == "api_key_expired"


@pytest.mark.parametrize(("fault", "made"), [("cut_before", 0), ("lost_answer", 1)])
def test_a_cut_connection_tells_nothing_about_what_was_done(api, control, fault, made):
    control.fault(fault, path="POST /v1/payment_intents")

    _failed(api.payment_intents.create, stripe.APIConnectionError)

    assert len(control.objects("payment_intent")) == made
    assert len(control.calls("POST", "/payment_intents")) == made


def test_faults_strike_as_often_as_told_where_told_and_whom_told(api, control, connect):
    control.fault("error_before", path="POST /v1/refunds", times=2)
    other = connect(control.new_account().secret_key).v1
    assert api.payment_intents.create(NEW).amount == 1000
    assert other.refunds.list().data == []

    for _ in range(2):
        with pytest.raises(stripe.APIError):
            api.refunds.create({"charge": "ch_gone"})
    with pytest.raises(stripe.InvalidRequestError):
        api.refunds.create({"charge": "ch_gone"})


def test_a_fault_with_a_chance_strikes_sometimes(api, control):
    control.fault("error_before", path="GET /v1/balance", times=None, probability=0.5)
    answered = []
    for _ in range(30):
        try:
            answered.append(bool(api.balance.retrieve()))
        except stripe.APIError:
            answered.append(False)
    control.clear_faults()

    assert {True, False} == set(answered)
    assert api.balance.retrieve().object == "balance"


def test_there_are_only_faults_that_there_are(control):
    with pytest.raises(ValueError, match="unknown fault gremlin"):
        control.fault("gremlin")


def test_a_rate_limit_can_be_set(connect):
    with StripeSandbox(seed=8, rate_limit=1) as sandbox:
        headers = {"Authorization": f"Bearer {sandbox.secret_key}"}
        with requests.Session() as session:
            for _ in range(100):  # two of them come within a second, however busy the machine
                answer = session.get(f"{sandbox.base_url}/v1/balance", headers=headers, timeout=60)
                if answer.status_code != 200:
                    break

    assert answer.status_code == 429
    assert answer.headers["Stripe-Rate-Limited-Reason"] == "global-rate"
    assert answer.json()["error"]["code"] == "rate_limit"


def test_calls_are_counted_with_their_keys(api, control):
    api.payment_intents.create(NEW, {"idempotency_key": "k-1"})
    api.payment_intents.create(NEW, {"idempotency_key": "k-1"})

    calls = control.calls("POST", "/v1/payment_intents")
    assert [(call.idempotency_key, call.status, call.replayed) for call in calls] == [
        ("k-1", 200, False), ("k-1", 200, True),
    ]  # fmt: skip
    assert calls[0].params == {"amount": "1000", "currency": "usd"}
    assert control.call_counts() == {"POST /v1/payment_intents 200": 2}


def test_controls_answer_over_http_too(stripe_server):
    def control(name, **arguments):
        url = f"{stripe_server.base_url}/_sandbox/{name}"
        answer = requests.post(url, json=arguments, timeout=60)
        return answer.status_code, answer.json()

    status, made = control("new_account", country="DE", currency="eur")
    account = made["result"]["account_id"]
    key = made["result"]["secret_key"]
    payment = requests.post(
        f"{stripe_server.base_url}/v1/payment_intents",
        data={"amount": "1000", "currency": "eur", "payment_method_types[]": "card"},
        auth=(key, ""),
        timeout=60,
    ).json()

    assert status == 200
    assert control("pay", account=account, payment_id=payment["id"]) == (
        200, {"ok": True, "result": "succeeded"},
    )  # fmt: skip
    totals = control("totals", account=account, payment_id=payment["id"])[1]["result"]
    assert (totals["charged"], totals["currency"]) == (1000, "eur")
    assert control("no_such_control")[0] == 400
    status, refused = control("pay", account=account)
    assert (status, refused["ok"]) == (400, False)
    assert "payment_id" in refused["error"]
