"""The sidecar as Saleor's payment app, over real HTTP: the sandbox Saleor asks it by webhooks, and
it asks the sandbox Stripe. Only jobs that nobody waits for are run by the tests themselves."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator

import pytest
import requests

from saleor_tiktok_stripe import accounts, conf, jobs
from saleor_tiktok_stripe.accounts.stripe import vendor
from saleor_tiktok_stripe.models import CaptureRequest, Charge, RefundRequest
from saleor_tiktok_stripe.payments import at_once
from saleor_tiktok_stripe.saleor_api import get_saleor
from saleor_tiktok_stripe.saleor_api.over_http.requests import subscriptions
from saleor_tiktok_stripe.sandbox.saleor import SaleorSandbox
from saleor_tiktok_stripe.sandbox.stripe import StripeSandbox
from tests.accounts.tiktok.conftest import app_url  # noqa: F401  (fixture)
from tests.sandbox.saleor.paying import GATEWAY, SECRET, Store, events, pens, sums
from tests.support.factories import make_stripe_connection
from tests.support.singles import join_singles

pytestmark = pytest.mark.django_db(transaction=True)
CHANNEL = "tiktok-us"
LATER = "tiktok-later"


@pytest.fixture
def stripe() -> Iterator[StripeSandbox]:
    with StripeSandbox(seed=3, auto_deliver=False) as running:
        yield running


@pytest.fixture
def address(settings, stripe, app_url) -> str:  # noqa: F811
    """Where Saleor asks this deployment."""
    settings.TIKTOK_STRIPE_SANDBOX = "1"
    settings.TIKTOK_STRIPE_PUBLIC_URL = app_url
    settings.TIKTOK_STRIPE_STRIPE_API_URL = stripe.base_url
    settings.TIKTOK_STRIPE_STRIPE_FILES_URL = stripe.files_url
    settings.SALEOR_WEBHOOK_SECRET = SECRET
    vendor._door.cache_clear()  # breakers and limits of the test before
    return conf.channel_url(CHANNEL, "webhooks/saleor/")


@pytest.fixture
def store(settings, stripe, address) -> Iterator[Store]:
    with SaleorSandbox() as saleor:
        saleor.courier.first_pause = 0.01
        pens(saleor)
        saleor.add_channel(LATER, "USD", "US", flow="AUTHORIZATION")
        saleor.state.by_sku["PEN"].channels.add(LATER)
        saleor.add_webhooks(address, SECRET, subscriptions())
        settings.SALEOR_API_URL = saleor.url
        settings.SALEOR_APP_TOKEN = saleor.token
        get_saleor.cache_clear()
        for channel in (CHANNEL, LATER):
            make_stripe_connection(
                channel,
                account_id=stripe.account_id,
                secret_key=stripe.secret_key,
                publishable_key=stripe.publishable_key,
            )
        yield Store(saleor)
    get_saleor.cache_clear()


def pay(store: Store, stripe: StripeSandbox, method: str = "pm_card_visa") -> tuple[str, str]:
    """A completed checkout of 25.00 (20.00 in the other channel, where shipping is free); the order
    and its transaction."""
    checkout = store.checkout()
    begun = store.initialize(checkout)
    transaction = begun["transaction"]["id"]
    stripe.control.pay(Charge.objects.get(transaction_id=transaction).payment_id, method)
    processed = store.process(transaction)
    assert processed["errors"] == []
    done = store.complete(checkout)
    assert done["errors"] == []
    settle(store)
    return done["order"]["id"], transaction


def settle(store: Store) -> None:
    """Everything that was asked for is done."""
    assert store.sandbox.courier.wait_idle(60)
    join_singles()
    with jobs.clock.turned(120):
        report = jobs.work()
    assert (report.parked, report.dead) == (0, 0)


def transaction_of(store: Store, order: str) -> dict:
    [transaction] = store.payments(order)["transactions"]
    return transaction


def test_a_storefront_learns_how_to_pay(store, stripe):
    said = store.run(
        "storefront/paymentGatewayInitialize",
        id=store.checkout(),
        paymentGateways=[{"id": GATEWAY}],
    )

    [config] = said["gatewayConfigs"]
    assert config["errors"] == []
    assert config["data"]["publishableKey"] == stripe.publishable_key
    assert config["data"]["livemode"] is False


def test_a_channel_without_stripe_is_told_as_not_usable(store):
    vendor.stripe_connection(CHANNEL).delete()

    said = store.run(
        "storefront/paymentGatewayInitialize",
        id=store.checkout(),
        paymentGateways=[{"id": GATEWAY}],
    )

    assert [error["code"] for error in said["gatewayConfigs"][0]["errors"]] == ["INVALID"]


def test_a_checkout_is_paid_refunded_and_its_sums_are_stripes(store, stripe):
    order, transaction = pay(store, stripe)

    store.staff("transactionRefund", id=transaction, amount="3.00")
    settle(store)

    charge = Charge.objects.get(transaction_id=transaction)
    [row] = RefundRequest.objects.all()
    shown = transaction_of(store, order)
    assert sums(shown) == {"charged": "22.00", "refunded": "3.00"}
    assert ("REFUND_REQUEST", row.refund_id, "3.00") in events(shown)
    assert ("REFUND_SUCCESS", row.refund_id, "3.00") in events(shown)
    assert not [event for event in events(shown) if event[0].endswith("_FAILURE")]
    totals = stripe.control.totals(charge.payment_id)
    assert (totals.charged, totals.refunded) == (2500, 300)
    assert row.actor == "staff:staff@example.com"


def test_a_granted_refund_ends_as_the_refund_does(store, stripe):
    order, transaction = pay(store, stripe)
    grant = store.staff(
        "orderGrantRefundCreate",
        id=order,
        input={"amount": "4.00", "transactionId": transaction, "reason": "Broken"},
    )["grantedRefund"]["id"]

    store.staff("transactionRequestRefundForGrantedRefund", grantedRefundId=grant)
    settle(store)

    shown = store.payments(order)
    assert [item["status"] for item in shown["grantedRefunds"]] == ["SUCCESS"]
    assert (shown["chargeStatus"], shown["totalCharged"]["amount"]) == ("FULL", 21.0)
    assert RefundRequest.objects.get().note == "Broken"


def test_a_refused_refund_fails_at_once_with_the_reason(store, stripe):
    order, transaction = pay(store, stripe)
    charge = Charge.objects.get(transaction_id=transaction)
    stripe.control.dashboard_refund(charge.payment_id, 2400)

    store.staff("transactionRefund", id=transaction, amount="3.00")
    settle(store)

    [row] = RefundRequest.objects.filter(source=RefundRequest.Source.DASHBOARD)
    failed = [event for event in events(transaction_of(store, order)) if "FAILURE" in event[0]]
    assert failed == [("REFUND_FAILURE", str(row.key), "3.00")]
    assert sums(transaction_of(store, order)) == {"charged": "1.00", "refunded": "24.00"}
    assert stripe.control.totals(charge.payment_id).refunded == 2400


def test_an_authorized_payment_is_captured_in_part(store, stripe):
    store.channel = LATER
    order, transaction = pay(store, stripe)

    store.staff("transactionCapture", id=transaction, amount="15.00")
    settle(store)
    again = store.staff("transactionCapture", id=transaction, amount="1.00")
    settle(store)

    shown = transaction_of(store, order)
    assert sums(shown) == {"charged": "15.00", "canceled": "5.00"}
    assert again["errors"] == []
    assert [event[0] for event in events(shown) if "FAILURE" in event[0]] == ["CHARGE_FAILURE"]
    assert [row.state for row in CaptureRequest.objects.all()] == ["succeeded"]


def test_an_authorized_payment_is_cancelled(store, stripe):
    store.channel = LATER
    order, transaction = pay(store, stripe)

    store.staff("transactionCancel", id=transaction)
    settle(store)

    assert sums(transaction_of(store, order)) == {"canceled": "20.00"}
    charge = Charge.objects.get(transaction_id=transaction)
    assert stripe.control.payment(charge.payment_id)["status"] == "canceled"


def test_an_answer_of_stripe_that_was_lost_is_asked_for_again_and_nothing_is_done_twice(
    store, stripe, monkeypatch
):
    order, transaction = pay(store, stripe)
    charge = Charge.objects.get(transaction_id=transaction)
    monkeypatch.setattr(at_once, "ANSWER_SECONDS", 1.0)
    store.sandbox.courier.first_pause = 3.0  # the job's own pause is over by then
    stripe.control.fault("lost_answer", path="POST /v1/refunds", times=1)

    store.staff("transactionRefund", id=transaction, amount="3.00")
    settle(store)

    statuses = [code for event, code in store.sandbox.courier.sent if "REFUND" in event]
    assert statuses[-1] == 200
    assert set(statuses[:-1]) <= {503}
    assert len(stripe.control.objects("refund")) == 1
    assert stripe.control.totals(charge.payment_id).refunded == 300
    shown = transaction_of(store, order)
    assert sums(shown) == {"charged": "22.00", "refunded": "3.00"}
    assert not [event for event in events(shown) if event[0].endswith("_FAILURE")]


def test_the_same_request_twice_is_answered_alike(store, stripe, address):
    _, transaction = pay(store, stripe)
    bodies: list[bytes] = []
    send = store.sandbox.courier._send

    def noting(hook, body):
        bodies.append(body)
        return send(hook, body)

    store.sandbox.courier._send = noting
    store.staff("transactionRefund", id=transaction, amount="3.00")
    settle(store)

    again = ask(address, bodies[-1])

    assert again.status_code == 200
    assert again.json() == {"pspReference": RefundRequest.objects.get().refund_id}
    assert len(stripe.control.objects("refund")) == 1


def ask(address: str, body: bytes, secret: str = SECRET, **headers: str) -> requests.Response:
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return requests.post(
        address, data=body, headers={"Saleor-Signature": signature, **headers}, timeout=30
    )


@pytest.mark.parametrize("signature", ["", "0" * 64, "é"])
def test_a_wrong_signature_is_refused(store, address, signature):
    body = json.dumps({"__typename": "PaymentGatewayInitializeSession"}).encode()

    answer = requests.post(
        address, data=body, headers={"Saleor-Signature": signature.encode("latin-1")}, timeout=30
    )

    assert (answer.status_code, answer.content) == (401, b"")


def test_another_secret_is_refused(store, address):
    assert ask(address, b"{}", "another").status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b'{"__typename": "OrderCreated"}',
        b"\xff",
        b"[" * 100_000,
        b'{"__typename": "PaymentGatewayInitializeSession", "amount": "x", "data": null,'
        b' "sourceObject": {"id": "1", "channel": {"slug": "a", "currencyCode": "USD"}}}',
        b'{"__typename": "TransactionRefundRequested", "action": {"amount": 1},'
        b' "transaction": {"events": []}}',
    ],
)
def test_what_is_no_request_is_refused(store, address, body):
    answer = ask(address, body)

    assert (answer.status_code, answer.content) == (400, b"")


def test_a_body_that_is_too_large_is_refused(store, address):
    assert ask(address, b"x" * (conf.WEBHOOK_BODY_LIMIT + 1)).status_code == 413


def test_requests_come_by_post_only(store, address):
    assert requests.get(address, timeout=30).status_code == 405


def test_without_a_secret_there_is_no_such_address(store, address, settings):
    settings.SALEOR_WEBHOOK_SECRET = ""

    assert ask(address, b"{}", "").status_code == 404
    assert accounts.stripe_connection(CHANNEL) is not None
