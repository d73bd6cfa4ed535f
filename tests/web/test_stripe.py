"""Stripe's addresses over real HTTP: the consent there and back, and what Stripe delivers."""

from __future__ import annotations

import pytest
import requests
from click.testing import CliRunner
from django.db import connection as database
from django.test import RequestFactory

from saleor_tiktok_stripe import accounts, inbox
from saleor_tiktok_stripe.cli import main
from saleor_tiktok_stripe.models import Connection, ConnectionState, InboundEvent, Vendor
from saleor_tiktok_stripe.web import notifications
from tests.accounts.stripe.conftest import (  # noqa: F401  (fixtures)
    CHANNEL,
    connect,
    endpoints,
    entered,
    saleor,
    stripe,
    stripe_server,
)
from tests.accounts.tiktok.conftest import app_url  # noqa: F401  (fixture)

pytestmark = pytest.mark.django_db(transaction=True)
PREFIX = f"/plugins/channel/{CHANNEL}/saleor.tiktok_stripe/"


@pytest.fixture
def host(stripe, app_url, settings) -> str:  # noqa: F811
    """This app on its own address, which Stripe calls and sends account holders back to."""
    settings.TIKTOK_STRIPE_PUBLIC_URL = app_url
    return app_url + PREFIX


@pytest.fixture
def link(stripe, host) -> str:  # noqa: F811
    """The connect link of a platform, whose consent page approves by itself."""
    merchant = stripe.new_account()
    stripe.platform(signed_in=merchant.account_id, auto_approve=True)
    connection = connect(stripe, secret_key=stripe.secret_key, client_id=stripe.client_id)
    return host + "oauth/stripe/start/?ticket=" + accounts.mint_ticket(connection, "start", "staff")


def test_the_connect_link_leads_through_the_consent_and_back_with_what_was_found(link):
    answer = requests.get(link, timeout=60)

    assert answer.status_code == 200
    assert answer.url.split("?")[0].endswith("/oauth/stripe/")
    assert "Connected: " in answer.text
    assert "takes payments with this account from now on" in answer.text
    assert Connection.objects.get().state == ConnectionState.ACTIVE


def test_the_link_works_once_and_the_way_back_too(link):
    back = requests.get(link, timeout=60).url

    assert requests.get(link, timeout=60).status_code == 400
    again = requests.get(back, timeout=60)
    assert again.status_code == 400
    assert "it works only once" in again.text


def test_a_link_for_tiktok_does_not_open_stripes_consent(stripe, host):  # noqa: F811
    connect(stripe, secret_key=stripe.secret_key, client_id=stripe.client_id)
    other = Connection.objects.create(vendor=Vendor.TIKTOK, channel_slug=CHANNEL)
    ticket = accounts.mint_ticket(other, "start", "staff")

    answer = requests.get(f"{host}oauth/stripe/start/?ticket={ticket}", timeout=60)

    assert answer.status_code == 400
    assert "This link is not valid here." in answer.text


@pytest.mark.parametrize("path", ["oauth/stripe/", "oauth/stripe/start/", "health/"])
def test_a_channel_without_stripe_has_none_of_its_pages(host, path):
    assert requests.get(host + path, timeout=60).status_code == 404


def test_what_stripe_delivers_to_the_endpoint_it_was_given_is_taken(stripe, host):  # noqa: F811
    connection = connect(stripe)
    accounts.verify(connection)
    [endpoint] = endpoints(stripe)

    stripe.account_state("due")
    stripe.deliver()

    assert endpoint["url"] == host + "webhooks/stripe/"
    assert {one.answer for one in stripe.attempts()} == {200}
    assert InboundEvent.objects.filter(event_type="account.updated").count() == 1


def test_a_rolled_secret_works_as_soon_as_it_is_pasted(stripe, host):  # noqa: F811
    connection = connect(stripe)
    accounts.verify(connection)
    rolled = stripe.roll_secret(keep=0)
    connect(stripe, secret_key=None, webhook_secret=rolled)

    stripe.account_state("due")
    stripe.deliver()

    assert {one.answer for one in stripe.attempts()} == {200}


def test_health_of_a_channel_that_only_has_stripe(stripe, host, settings):  # noqa: F811
    accounts.verify(connect(stripe))
    bearer = {"Authorization": f"Bearer {settings.SALEOR_APP_TOKEN}"}

    brief = requests.get(host + "health/", timeout=60).json()
    full = requests.get(host + "health/", headers=bearer, timeout=60).json()

    assert brief == {"status": "ok"}
    assert full["connection"]["account_id"] == stripe.account_id
    assert stripe.secret_key not in str(full)


def test_the_command_line_connects_verifies_and_disconnects(stripe, host):  # noqa: F811
    keys = entered(stripe)
    told = CliRunner().invoke(
        main,
        ["connect", "--channel", CHANNEL, "--vendor", "stripe"]
        + ["--publishable-key", keys.publishable_key],
        env={"STRIPE_SECRET_KEY": keys.secret_key},
        catch_exceptions=False,
    )
    checked = CliRunner().invoke(main, ["verify", "--channel", CHANNEL], catch_exceptions=False)
    ended = CliRunner().invoke(
        main, ["disconnect", "--channel", CHANNEL, "--vendor", "stripe"], catch_exceptions=False
    )

    assert (told.exit_code, checked.exit_code, ended.exit_code) == (0, 0, 0), checked.output
    assert told.output.startswith(f"{CHANNEL} takes payments with ")
    assert "Stripe tells this channel" in checked.output or "was mended" in checked.output
    assert ended.output == f"{CHANNEL} is disconnected.\n"
    assert Connection.objects.get().state == ConnectionState.DISABLED
    assert endpoints(stripe) == []


def test_while_the_database_is_away_stripe_is_asked_to_come_again(
    host,
    stripe,  # noqa: F811
    caplog,
    monkeypatch,
):
    connect(stripe)
    monkeypatch.setitem(database.settings_dict, "PORT", "1")
    body = b'{"object":"event","email":"buyer@example.com"}'
    request = RequestFactory().post(PREFIX, body, content_type="application/json")
    database.close()
    inbox.forget()

    answer = notifications.receive(request, CHANNEL, Vendor.STRIPE)

    assert (answer.status_code, answer.content) == (503, b"")
    assert "OperationalError" in caplog.text
    assert "buyer@example.com" not in caplog.text
