"""A merchant at the sandbox Stripe, a sandbox Saleor, and a channel between them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.fernet import Fernet

from saleor_tiktok_stripe import accounts, inbox
from saleor_tiktok_stripe.accounts.stripe import vendor
from saleor_tiktok_stripe.models import Connection
from saleor_tiktok_stripe.saleor_api import get_saleor
from saleor_tiktok_stripe.sandbox.saleor import SaleorSandbox
from saleor_tiktok_stripe.sandbox.stripe import StripeSandbox
from saleor_tiktok_stripe.sandbox.stripe.control import Control

CHANNEL = "tiktok-us"
ENCRYPTION_KEY = Fernet.generate_key().decode()
ACTOR = "staff:1"
ALL_SCOPES = (
    "rak_payment_intent_write",
    "rak_charge_write",
    "rak_dispute_write",
    "rak_file_write",
    "rak_webhook_write",
    "rak_event_read",
    "rak_balance_read",
    "rak_balance_transaction_source_read",
    "rak_payout_read",
    "rak_payment_record_write",
    "rak_accounts_kyc_basic_read",
)


@pytest.fixture
def saleor(settings) -> Iterator[SaleorSandbox]:
    with SaleorSandbox() as server:
        server.add_channel(CHANNEL, "USD", "US")
        server.add_channel("tiktok-us-2", "USD", "US")
        settings.SALEOR_API_URL = server.url
        settings.SALEOR_APP_TOKEN = server.token
        get_saleor.cache_clear()
        yield server
    get_saleor.cache_clear()


@pytest.fixture(scope="session")
def stripe_server() -> Iterator[StripeSandbox]:
    with StripeSandbox(seed=11) as server:
        yield server


@pytest.fixture
def stripe(settings, saleor, stripe_server) -> Control:
    """An account of its own at a Stripe that this deployment uses."""
    inbox.forget()
    vendor._door.cache_clear()  # breakers of the test before
    settings.TIKTOK_STRIPE_SANDBOX = "1"
    settings.TIKTOK_STRIPE_ENCRYPTION_KEYS = [ENCRYPTION_KEY]
    settings.TIKTOK_STRIPE_PUBLIC_URL = "http://127.0.0.1:9"
    settings.TIKTOK_STRIPE_STRIPE_API_URL = stripe_server.base_url
    settings.TIKTOK_STRIPE_STRIPE_CONNECT_URL = stripe_server.connect_url
    settings.TIKTOK_STRIPE_STRIPE_FILES_URL = stripe_server.files_url
    return stripe_server.control.new_account()


def entered(stripe: Control, **changes: Any) -> accounts.StripeSettings:
    """What a merchant copies from Stripe's dashboard."""
    values: dict[str, Any] = {
        "secret_key": stripe.restricted_key(*ALL_SCOPES),
        "publishable_key": stripe.publishable_key,
    }
    return accounts.StripeSettings(**{**values, **changes})


def connect(stripe: Control, channel: str = CHANNEL, **changes: Any) -> Connection:
    return accounts.connect_stripe(channel, entered(stripe, **changes), ACTOR)


def endpoints(stripe: Control) -> list[dict[str, Any]]:
    return stripe.objects("webhook_endpoint")


@pytest.fixture
def connected(db, stripe) -> Connection:
    return connect(stripe)


@pytest.fixture
def verified(connected) -> Connection:
    accounts.verify(connected)
    connected.refresh_from_db()
    return connected
