"""Stripe's part of the settings form on a real Saleor: over its GraphQL, with a Stripe to ask."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from django.db import connection as database
from django.test import Client
from saleor.plugins.models import PluginConfiguration

from saleor_tiktok_stripe import accounts
from saleor_tiktok_stripe.accounts.form import MASK
from saleor_tiktok_stripe.accounts.stripe import vendor
from saleor_tiktok_stripe.models import Connection, ConnectionState, Job, Vendor
from saleor_tiktok_stripe.sandbox.stripe import StripeSandbox
from saleor_tiktok_stripe.sandbox.stripe.control import Control

from .shop import Shop
from .test_plugin import (  # noqa: F401  (fixtures)
    CANARY,
    ENTERED,
    address,
    deployment,
    save,
    shop,
    shown,
    token,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="session")
def stripe_server() -> Iterator[StripeSandbox]:
    with StripeSandbox(seed=5) as server:
        yield server


@pytest.fixture
def stripe(deployment, settings, stripe_server) -> Control:  # noqa: F811
    """An account of its own at a Stripe that this deployment uses."""
    vendor._door.cache_clear()
    settings.TIKTOK_STRIPE_SANDBOX = "1"
    settings.TIKTOK_STRIPE_PUBLIC_URL = "http://127.0.0.1:9"
    settings.TIKTOK_STRIPE_STRIPE_API_URL = stripe_server.base_url
    settings.TIKTOK_STRIPE_STRIPE_CONNECT_URL = stripe_server.connect_url
    settings.TIKTOK_STRIPE_STRIPE_FILES_URL = stripe_server.files_url
    return stripe_server.control.new_account()


def keys(stripe: Control) -> dict[str, str]:
    return {
        "stripe_secret_key": stripe.secret_key,
        "stripe_publishable_key": stripe.publishable_key,
    }


def stored() -> dict[str, str]:
    rows = PluginConfiguration.objects.get().configuration
    return {row["name"]: row["value"] for row in rows}


def test_saving_connects_the_account_and_moves_the_key(shop, token, stripe):  # noqa: F811
    saved = save(token, shop, active=True, **keys(stripe), stripe_receipt_email="true")

    assert saved["errors"] == []
    connection = Connection.objects.get()
    assert (connection.vendor, connection.state) == (Vendor.STRIPE, ConnectionState.ACTIVE)
    assert connection.account_id == stripe.account_id
    assert accounts.stripe_policy(connection).receipt_email is True
    form = shown(saved)
    assert form["stripe_secret_key"] == MASK[-4:]
    assert form["stripe_publishable_key"] == stripe.publishable_key
    assert form["stripe_state"].startswith("Connected to ")
    assert form["state"] == "Not set up yet."
    assert stored()["stripe_secret_key"] == MASK
    assert Job.objects.get(kind="accounts.verify").connection_id == connection.pk


def test_a_saved_mask_and_a_shown_tail_leave_the_key_alone(shop, token, stripe):  # noqa: F811
    save(token, shop, active=True, **keys(stripe))
    asked = len(stripe.calls())

    for repeated in (MASK, MASK[-4:]):
        saved = save(token, shop, stripe_secret_key=repeated, stripe_statement_suffix="SHOP")
        assert saved["errors"] == []

    connection = Connection.objects.get()
    assert accounts.stripe_client(connection).account().id == stripe.account_id
    assert accounts.stripe_policy(connection).statement_suffix == "SHOP"
    assert len(stripe.calls()) == asked + 1


@pytest.mark.parametrize(
    ("values", "field", "code"),
    [
        ({"stripe_secret_key": "pk_test_1234567890"}, "stripeSecretKey", "INVALID"),
        ({"stripe_secret_key": "rk_test_1234567890"}, "stripeSecretKey", "INVALID"),
        ({"stripe_secret_key": ""}, "stripeSecretKey", "REQUIRED"),
        ({"stripe_publishable_key": ""}, "stripePublishableKey", "REQUIRED"),
        ({"stripe_publishable_key": "pk_live_1234567890"}, "stripePublishableKey", "INVALID"),
        ({"stripe_statement_suffix": "12345"}, "stripeStatementSuffix", "INVALID"),
        ({"stripe_webhook_secret": "nothing"}, "stripeWebhookSecret", "INVALID"),
    ],
)
def test_what_does_not_fit_is_said_and_nothing_of_either_vendor_is_saved(
    shop,  # noqa: F811
    token,  # noqa: F811
    stripe,
    values,
    field,
    code,
):
    saved = save(token, shop, active=True, **{**ENTERED, **keys(stripe), **values})

    [error] = saved["errors"]
    assert (error["field"], error["code"]) == (field, code)
    assert error["message"]
    assert not Connection.objects.exists()
    row = PluginConfiguration.objects.get()
    assert row.active is False
    assert CANARY not in json.dumps(row.configuration)
    assert stripe.secret_key not in json.dumps(row.configuration)


def test_while_stripe_is_away_nothing_is_saved(shop, token, stripe):  # noqa: F811
    stripe.fault("unavailable", times=None)
    try:
        saved = save(token, shop, active=True, **keys(stripe))
    finally:
        stripe.clear_faults()

    [error] = saved["errors"]
    assert "Stripe could not be asked about the key, so nothing was saved" in error["message"]
    assert not Connection.objects.exists()
    assert PluginConfiguration.objects.get().active is False


def test_no_key_is_in_a_dump_of_the_database(shop, token, stripe):  # noqa: F811
    save(token, shop, active=True, **keys(stripe), stripe_webhook_secret="whsec_canary0001")

    with database.cursor() as cursor:
        cursor.execute("SELECT credentials::text FROM saleor_tiktok_stripe_connection")
        text = "".join(row[0] for row in cursor.fetchall())
        cursor.execute("SELECT t::text FROM plugins_pluginconfiguration t")
        text += "".join(row[0] for row in cursor.fetchall())
        cursor.execute("SELECT t::text FROM saleor_tiktok_stripe_auditentry t")
        text += "".join(row[0] for row in cursor.fetchall())

    assert stripe.publishable_key in text
    assert stripe.secret_key not in text
    assert "whsec_canary0001" not in text


def test_clearing_the_key_disconnects_and_tiktok_stays(shop, token, stripe):  # noqa: F811
    save(token, shop, active=True, **ENTERED, **keys(stripe))

    saved = save(token, shop, stripe_secret_key="")

    assert saved["errors"] == []
    assert shown(saved)["stripe_state"] == "The Stripe account is being disconnected."
    assert dict(Connection.objects.values_list("vendor", "state")) == {
        "tiktok": "pending",
        "stripe": "disabled",
    }
    assert stored()["stripe_publishable_key"] == ""


def test_the_switch_holds_payments_too(shop, token, stripe):  # noqa: F811
    save(token, shop, active=True, **keys(stripe))

    save(token, shop, active=False)
    off = Connection.objects.get().state
    save(token, shop, active=True)

    assert off == ConnectionState.DISABLED
    assert Connection.objects.get().state == ConnectionState.ACTIVE


def test_the_connect_link_of_a_platform_leads_to_stripe_once(
    shop: Shop,  # noqa: F811
    token,  # noqa: F811
    stripe,
):
    saved = save(token, shop, active=True, **keys(stripe), stripe_client_id=stripe.client_id)
    link = shown(saved)["stripe_connect_link"]
    path = link.partition("127.0.0.1:9")[2]

    first, second = Client().get(path), Client().get(path)

    assert first.status_code == 302
    assert "/oauth/authorize?response_type=code&client_id=ca_" in first["Location"]
    assert second.status_code == 400
    back = Client().get(address(shop, "oauth/stripe/"))
    assert back.status_code == 400
    assert "not started from Saleor" in back.content.decode()
