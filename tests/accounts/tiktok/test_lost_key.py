"""A missing or other encryption key: said in words everywhere, and there is a way out."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet
from django.test import Client

from saleor_tiktok_stripe import accounts, health, inbox
from saleor_tiktok_stripe.accounts import form
from saleor_tiktok_stripe.errors import ChannelError
from saleor_tiktok_stripe.models import Connection, ConnectionState
from tests.support.factories import make_connection

pytestmark = pytest.mark.django_db
CHANNEL = "tiktok-us"
FORM = {"app_key": "newkey0001", "service_id": "7001", "region_group": "ROW", "shop": ""}


@pytest.fixture(params=[[], ["malformed"], [Fernet.generate_key().decode()]])
def lost(request, settings) -> Connection:
    connection = make_connection(CHANNEL)
    inbox.forget()
    settings.TIKTOK_STRIPE_ENCRYPTION_KEYS = request.param
    return Connection.objects.get(pk=connection.pk)


def test_a_notification_is_answered_so_that_tiktok_sends_it_again(lost):
    address = f"/plugins/channel/{CHANNEL}/saleor.tiktok_stripe/webhooks/tiktok/"

    answer = Client(raise_request_exception=True).post(address, b"{}", "application/json")

    assert (answer.status_code, answer.content) == (503, b"")


def test_the_form_still_opens_and_says_what_to_do(lost):
    shown = form.outputs(CHANNEL, "staff:1")

    assert "TIKTOK_STRIPE_ENCRYPTION_KEYS" in shown["state"]
    assert "connect_link" not in shown


def test_verifying_finds_it(lost):
    [found] = accounts.verify(lost)

    assert found.code in {"SECRET_UNREADABLE", "ENCRYPTION_KEYS_NOT_USABLE"}
    assert found.severity == accounts.Severity.ERROR
    assert accounts.findings(Connection.objects.get()) == [found]


def test_health_does_not_say_that_all_is_well(lost):
    assert health.summary(lost) == {"status": "attention"}
    assert "TIKTOK_STRIPE_ENCRYPTION_KEYS" in health.details(lost)["connection"]["reason"]


def test_entering_the_secret_anew_is_the_way_out_of_a_lost_key(saleor, settings):
    make_connection(CHANNEL)
    settings.TIKTOK_STRIPE_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]

    kept = form.save(CHANNEL, {**FORM, "app_secret": "new-secret-0001"}, active=True)

    connection = Connection.objects.get()
    held = accounts.credentials(connection)
    assert kept["app_secret"] == form.MASK
    assert (held.app.app_secret, held.access_token) == ("new-secret-0001", "")
    assert connection.state == ConnectionState.NEEDS_REAUTH
    assert "could not be read" in connection.state_reason


@pytest.mark.parametrize("secret", [form.MASK, ""])
def test_without_the_secret_nothing_is_overwritten(saleor, settings, secret):
    key = Fernet.generate_key().decode()
    settings.TIKTOK_STRIPE_ENCRYPTION_KEYS = [key]
    before = accounts.credentials(make_connection(CHANNEL))
    settings.TIKTOK_STRIPE_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]

    with pytest.raises(ChannelError, match="SECRET_UNREADABLE"):
        form.save(CHANNEL, {**FORM, "app_secret": secret}, active=True)

    settings.TIKTOK_STRIPE_ENCRYPTION_KEYS = [key]
    assert accounts.credentials(Connection.objects.get()) == before
