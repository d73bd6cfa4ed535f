"""Whatever happens to payments in the Stripe sandbox, its own books stay true."""

from __future__ import annotations

import random

import pytest
import stripe

from saleor_tiktok_stripe.sandbox.stripe import StripeSandbox

METHODS = (
    "pm_card_visa",
    "pm_card_pendingRefund",
    "pm_card_refundFail",
    "pm_card_createDispute",
    "pm_card_createDisputeInquiry",
    "pm_usBankAccount_success",
)
FAULTS = ("lost_answer", "cut_before", "error_after", "rate_limit", "unavailable", "conflict")
PATHS = {"capture": "/capture", "refund": "POST /v1/refunds", "cancel": "/cancel"}
DAY = 86_400
CONNECTION_LOST = (stripe.APIConnectionError, stripe.APIError, stripe.RateLimitError)


def _persistent(call, *args, key):
    """Retries under one key until Stripe answers; None when it refuses."""
    for _ in range(20):
        try:
            return call(*args, {"idempotency_key": key})
        except stripe.InvalidRequestError:
            return None
        except CONNECTION_LOST as error:
            if error.http_status == 500:
                return None
    raise AssertionError("Stripe never answered")


def _live(rng, api, control, number):
    payment = api.payment_intents.create(
        {
            "amount": rng.randrange(100, 5000),
            "currency": "usd",
            "payment_method_types": ["card", "us_bank_account"],
            "payment_method_options": {"card": {"capture_method": rng.choice(["manual", ""])}},
        }
    )
    control.pay(payment.id, rng.choice(METHODS))
    for step in range(rng.randrange(2, 7)):
        key = f"{number}-{step}"
        amount = rng.randrange(1, payment.amount)
        action = rng.choice(["capture", "refund", "refund", "dashboard", "turn", "cancel"])
        if rng.random() < 0.4:
            control.fault(rng.choice(FAULTS), path=PATHS.get(action, "nothing"))
        if action == "capture":
            _persistent(
                api.payment_intents.capture, payment.id, {"amount_to_capture": amount}, key=key
            )
        elif action == "refund":
            _persistent(
                api.refunds.create, {"payment_intent": payment.id, "amount": amount}, key=key
            )
        elif action == "cancel":
            _persistent(api.payment_intents.cancel, payment.id, {}, key=key)
        elif action == "turn":
            control.turn(rng.choice([60, 3600, DAY, 8 * DAY]))
        elif api.payment_intents.retrieve(payment.id).status == "succeeded":
            refund = api.refunds.list({"payment_intent": payment.id, "limit": 1}).data
            if refund:
                control.fail_refund(refund[0].id)
        control.clear_faults()
    return payment.id


def _booked(control, payment_id):
    charges = {c["id"] for c in control.objects("charge") if c["payment_intent"] == payment_id}
    refunds = {r["id"] for r in control.objects("refund") if r["payment_intent"] == payment_id}
    disputes = {d["id"] for d in control.objects("dispute") if d["payment_intent"] == payment_id}
    sources = charges | refunds | disputes
    return sum(
        row["amount"] for row in control.objects("balance_transaction") if row["source"] in sources
    )


@pytest.mark.parametrize("seed", range(12))
def test_balance_transactions_charges_and_totals_agree(connect, stripe_server, seed):
    rng = random.Random(seed)
    control = stripe_server.control.new_account()
    api = connect(control.secret_key).v1

    ids = [_live(rng, api, control, number) for number in range(5)]

    assert list(control.all_totals()) == ids
    for payment_id, totals in control.all_totals().items():
        refunded = totals.refunded + totals.refund_pending
        charge = next(
            (c for c in control.objects("charge") if c["payment_intent"] == payment_id), None
        )
        assert 0 <= refunded <= totals.charged
        assert totals.authorized == 0 or totals.charged == 0
        assert charge is None or charge["amount_refunded"] == refunded
        assert _booked(control, payment_id) == totals.charged - refunded - totals.charged_back
    keys = [
        call.idempotency_key
        for call in control.calls("POST", "/v1/refunds")
        if call.status == 200 and not call.replayed
    ]
    assert len(keys) == len(set(keys))


def test_the_same_seed_and_calls_give_the_same_world():
    def lived():
        with StripeSandbox(seed=21, clock_rate=0, start_time=1_760_000_000) as sandbox:
            api = stripe.StripeClient(
                sandbox.secret_key, base_addresses={"api": sandbox.base_url}
            ).v1
            _live(random.Random(4), api, sandbox.control, 0)
            sandbox.control.turn(DAY)
            return [
                (event["id"], event["type"], event["created"], event["data"]["object"]["id"])
                for event in sandbox.control.objects("event")
            ]

    assert lived() == lived()
