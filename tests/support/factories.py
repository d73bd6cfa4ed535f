"""Rows that tests begin with."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from saleor_tiktok_stripe.models import Connection, ConnectionState, Vendor

APP_KEY = "appkey0001"
APP_SECRET = "canary-app-secret-0001"
SHOP_ID = "7495540735365777507"
STRIPE_ACCOUNT = "acct_1TESTaccount0001"
STRIPE_SECRET_KEY = "rk_test_canarySecretKey0001"
STRIPE_PUBLISHABLE_KEY = "pk_test_publishableKey0001"
STRIPE_WEBHOOK_SECRET = "whsec_canaryWebhookSecret0001"


def make_connection(
    channel_slug: str = "tiktok-us",
    *,
    state: str = ConnectionState.ACTIVE,
    shop_id: str = SHOP_ID,
    app_key: str = APP_KEY,
    app_secret: str = APP_SECRET,
    **fields: Any,
) -> Connection:
    """A connected TikTok shop with tokens that last a week."""
    credentials = {
        "app_key": app_key,
        "app_secret": app_secret,
        "service_id": "service0001",
        "region_group": "ROW",
        "access_token": "canary-access-token",
        "refresh_token": "canary-refresh-token",
        "open_id": "open0001",
    }
    values: dict[str, Any] = {
        "vendor": Vendor.TIKTOK,
        "channel_slug": channel_slug,
        "state": state,
        "account_id": shop_id,
        "account_name": "Test shop",
        "account_handle": f"cipher-{shop_id}",
        "region": "US",
        "credentials": credentials,
        "access_expires_at": datetime.now(UTC) + timedelta(days=7),
        "refresh_expires_at": datetime.now(UTC) + timedelta(days=300),
    }
    return Connection.objects.create(**(values | fields))


def make_stripe_connection(
    channel_slug: str = "tiktok-us",
    *,
    state: str = ConnectionState.ACTIVE,
    account_id: str = STRIPE_ACCOUNT,
    secret_key: str = STRIPE_SECRET_KEY,
    publishable_key: str = STRIPE_PUBLISHABLE_KEY,
    webhook_secrets: Sequence[str] = (STRIPE_WEBHOOK_SECRET,),
    **fields: Any,
) -> Connection:
    """A Stripe account connected by its keys, in test mode."""
    credentials = {
        "mode": "api_key",
        "secret_key": secret_key,
        "publishable_key": publishable_key,
        "webhook_secrets": list(webhook_secrets),
        "endpoint_id": "we_1TESTendpoint0001",
    }
    values: dict[str, Any] = {
        "vendor": Vendor.STRIPE,
        "channel_slug": channel_slug,
        "state": state,
        "account_id": account_id,
        "account_name": "Test account",
        "region": "US",
        "livemode": False,
        "credentials": credentials,
    }
    return Connection.objects.create(**(values | fields))
