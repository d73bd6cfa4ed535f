"""Saleor's own bundled Stripe plugin works in the same process and channel, with another account.

It uses the ``stripe`` package's globals: ours must neither change them nor be touched by them.
"""

from __future__ import annotations

import json

import pytest
import stripe as package
from saleor.plugins.models import PluginConfiguration

from saleor_tiktok_stripe.sandbox.stripe.control import Control
from saleor_tiktok_stripe.sandbox.stripe.sandbox import StripeSandbox

from .payments import begin, checkout, confirm, process, send, sums, work
from .shop import Shop

pytestmark = pytest.mark.django_db(transaction=True)
PAY = """
mutation ($id: ID!, $input: PaymentInput!) {
  checkoutPaymentCreate(id: $id, input: $input) { errors { field message code } }
}
"""
COMPLETE = """
mutation ($id: ID!) {
  checkoutComplete(id: $id) { confirmationNeeded confirmationData errors { field message code } }
}
"""
GLOBALS = (
    "api_key",
    "api_version",
    "api_base",
    "upload_api_base",
    "connect_api_base",
    "max_network_retries",
    "default_http_client",
    "app_info",
    "verify_ssl_certs",
    "proxy",
    "enable_telemetry",
    "log",
)


@pytest.fixture
def stripe(stripe, monkeypatch) -> StripeSandbox:
    # For Saleor's own plugin, which calls Stripe's real address otherwise.
    monkeypatch.setattr(package, "api_base", stripe.base_url)
    monkeypatch.setattr(package, "api_key", "sk_test_of_somebody_else")
    return stripe


@pytest.fixture
def theirs(shop, stripe) -> Control:
    """The account that Saleor's own plugin is set up with, in the same channel."""
    account = stripe.control.new_account()
    values = {
        "public_api_key": account.publishable_key,
        "secret_api_key": account.secret_key,
        "automatic_payment_capture": True,
        "supported_currencies": "USD",
        "webhook_endpoint_id": None,
        "webhook_secret_key": "whsec_theirs",
        "include_receipt_email": True,
    }
    PluginConfiguration.objects.create(
        identifier="saleor.payments.stripe",
        channel=shop.channel,
        active=True,
        name="Stripe",
        configuration=[{"name": name, "value": value} for name, value in values.items()],
    )
    return account


def pay_by_saleors_own(shop: Shop) -> str:
    """A checkout that Saleor's own plugin began to take money for; its payment intent."""
    checkout_id = checkout(shop)
    chosen = {"gateway": "saleor.payments.stripe", "amount": "25"}
    created = send(PAY, id=checkout_id, input=chosen)
    assert created["data"]["checkoutPaymentCreate"]["errors"] == [], created
    done = send(COMPLETE, id=checkout_id)["data"]["checkoutComplete"]
    assert (done["errors"], done["confirmationNeeded"]) == ([], True)
    return str(json.loads(done["confirmationData"])["id"])


def globals_now() -> dict[str, object]:
    return {name: getattr(package, name) for name in GLOBALS}


def test_both_take_payments_in_one_process_and_nothing_crosses(shop, stripe, theirs):
    first = pay_by_saleors_own(shop)
    before = globals_now()

    begun = begin(checkout(shop))
    transaction_id = begun["transaction"]["id"]
    between = pay_by_saleors_own(shop)
    assert confirm(stripe, begun["data"]) == 200
    assert process(transaction_id)["type"] == "CHARGE_SUCCESS"
    work()

    assert globals_now() == before
    assert (before["api_key"], before["api_version"]) == ("sk_test_of_somebody_else", "2020-08-27")
    assert sums(transaction_id) == {"charged": "25.00"}
    ours = [one["id"] for one in stripe.control.objects("payment_intent")]
    assert ours == [begun["data"]["paymentIntentId"]]
    assert [one["id"] for one in theirs.objects("payment_intent")] == [first, between]
    assert {one["amount"] for one in theirs.objects("payment_intent")} == {2500}
