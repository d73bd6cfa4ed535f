"""What is entered one thing at a time, and what the settings form knows of it afterwards."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from saleor_tiktok_stripe.accounts import form
from saleor_tiktok_stripe.accounts.entering import (
    enter_choices,
    enter_tiktok,
    entered_stripe,
    entered_tiktok,
)
from saleor_tiktok_stripe.accounts.form import MASK, as_entered
from saleor_tiktok_stripe.errors import InvalidInput
from saleor_tiktok_stripe.models import Connection, Vendor
from tests.support.factories import (
    APP_KEY,
    APP_SECRET,
    STRIPE_PUBLISHABLE_KEY,
    STRIPE_SECRET_KEY,
    make_connection,
    make_stripe_connection,
)

pytestmark = pytest.mark.django_db
CHANNEL = "tiktok-us"
APP = {"app_key": "key1", "app_secret": "secret1", "service_id": "73", "region": "US"}


def test_an_app_is_saved_and_shown_without_its_secret():
    enter_tiktok(CHANNEL, "me", **APP)

    shown = entered_tiktok(CHANNEL)
    assert (shown.app_key, shown.service_id, shown.region) == ("key1", "73", "US")
    assert (shown.has_secret, shown.complete) == (True, True)
    assert "secret1" not in repr(shown)


def test_choices_survive_another_app():
    enter_tiktok(CHANNEL, "me", **APP)
    enter_choices(CHANNEL, Vendor.TIKTOK, {"stock_buffer": "3"}, "me")

    enter_tiktok(CHANNEL, "me", **{**APP, "app_secret": ""})

    connection = Connection.objects.get()
    assert connection.policy["stock_buffer"] == 3
    assert connection.credentials["app_secret"] == "secret1"


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"app_key": ""}, "APP_KEY_REQUIRED", "app_key"),
        ({"app_secret": ""}, "APP_SECRET_REQUIRED", "app_secret"),
        ({"service_id": ""}, "SERVICE_ID_REQUIRED", "service_id"),
        ({"region": ""}, "REGION_INVALID", "region"),
    ],
)
def test_what_is_missing_is_named_and_nothing_is_saved(changes, code, field):
    with pytest.raises(InvalidInput) as raised:
        enter_tiktok(CHANNEL, "me", **{**APP, **changes})

    assert (raised.value.code, raised.value.field) == (code, field)
    assert not Connection.objects.exists()


def test_choices_need_settings_first():
    with pytest.raises(InvalidInput) as raised:
        enter_choices(CHANNEL, Vendor.STRIPE, {"mirror_tiktok": True}, "me")

    assert raised.value.code == "NOT_CONFIGURED"


def test_choices_of_a_disconnected_account_are_changed_without_its_keys():
    connection = make_stripe_connection()
    connection.credentials, connection.state = {}, "disabled"
    connection.save()

    enter_choices(CHANNEL, Vendor.STRIPE, {"receipt_email": True}, "me")

    connection.refresh_from_db()
    assert connection.policy["receipt_email"] is True
    assert connection.state == "disabled"


def test_before_anything_is_entered_the_addresses_are_known(settings):
    settings.TIKTOK_STRIPE_PUBLIC_URL = "https://shop.example"

    tiktok, stripe = entered_tiktok(CHANNEL), entered_stripe(CHANNEL)

    assert tiktok.redirect_address.endswith("/tiktok-us/saleor.tiktok_stripe/oauth/tiktok/")
    assert stripe.redirect_address.endswith("/tiktok-us/saleor.tiktok_stripe/oauth/stripe/")
    assert (tiktok.has_secret, stripe.has_secret) == (False, False)


def test_the_form_knows_what_was_entered_elsewhere():
    make_connection(policy={"stock_buffer": 7, "import_from": "2026-11-01T00:00:00Z"})
    make_stripe_connection(policy={"statement_suffix": "MUGS"})

    held = form.current(CHANNEL)

    assert (held["app_key"], held["app_secret"]) == (APP_KEY, MASK)
    assert (held["stock_buffer"], held["import_from"]) == ("7", "2026-11-01")
    assert held["stock_push"] is True
    assert held["stripe_secret_key"] == MASK
    assert held["stripe_publishable_key"] == STRIPE_PUBLISHABLE_KEY
    assert held["stripe_statement_suffix"] == "MUGS"
    assert APP_SECRET not in str(held)
    assert STRIPE_SECRET_KEY not in str(held)


def test_every_field_it_tells_is_one_of_the_form():
    make_connection()
    make_stripe_connection()

    held = form.current(CHANNEL)

    kinds = {field.name: field.kind for field in form.FIELDS}
    assert set(held) <= set(kinds)
    assert form.Kind.OUTPUT not in {kinds[name] for name in held}


def test_the_form_knows_nothing_where_nothing_is_entered():
    assert form.current(CHANNEL) == {}


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""),
        (True, True),
        (5, "5"),
        (Decimal("97.50"), "97.50"),
        (("a", "b"), "a, b"),
        ((), ""),
        (datetime(2026, 11, 1, tzinfo=UTC), "2026-11-01"),
        (datetime(2026, 11, 1, 8, tzinfo=UTC), "2026-11-01T08:00:00+00:00"),
    ],
)
def test_a_choice_is_shown_as_one_would_enter_it(value, shown):
    assert as_entered(value) == shown
