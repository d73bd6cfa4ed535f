"""The end of a connection at Stripe, switching off and on, and what Stripe tells us of an end."""

from __future__ import annotations

import pytest

from saleor_tiktok_stripe import accounts
from saleor_tiktok_stripe.accounts import jobs as account_jobs
from saleor_tiktok_stripe.accounts.stripe.credentials import StripeCredentials, credentials
from saleor_tiktok_stripe.errors import RetryLater
from saleor_tiktok_stripe.models import AuditEntry, Connection, ConnectionState, Job

from .conftest import ACTOR, connect, endpoints

pytestmark = pytest.mark.django_db


def test_a_disconnect_removes_endpoint_and_secrets_and_keeps_the_account_in_memory(
    stripe, verified
):
    stripe.add_endpoint("https://elsewhere.example.com/hook")
    Job.objects.create(kind="payment.sync", connection=verified, dedup_key="payment.sync:1")

    found = accounts.disconnect(verified, ACTOR)

    assert found == []
    assert [one["url"] for one in endpoints(stripe)] == ["https://elsewhere.example.com/hook"]
    stored = Connection.objects.get()
    assert credentials(stored) == StripeCredentials()
    assert (stored.state, stored.account_id) == (ConnectionState.DISABLED, stripe.account_id)
    assert stored.state_reason == "The Stripe account was disconnected."
    assert Job.objects.get(kind="payment.sync").status == "done"
    assert AuditEntry.objects.filter(action="connection.disconnected", actor=ACTOR).exists()


def test_the_way_back_is_to_connect_again(stripe, verified):
    accounts.disconnect(verified, ACTOR)

    connection = connect(stripe)

    assert connection.pk == verified.pk
    assert connection.state == ConnectionState.ACTIVE
    accounts.verify(connection)
    assert len(endpoints(stripe)) == 1


def test_stripe_being_away_is_no_reason_to_stay_connected(stripe, verified):
    stripe.fault("unavailable", times=None)
    try:
        with pytest.raises(RetryLater):
            accounts.disconnect(verified, ACTOR, insist=True)
        assert Connection.objects.get().state == ConnectionState.ACTIVE
        [told] = accounts.disconnect(verified, ACTOR)
    finally:
        stripe.clear_faults()

    assert told.code == "STRIPE_NOT_TOLD"
    assert credentials(Connection.objects.get()).secret_key == ""


def test_a_dead_key_has_nothing_left_to_remove(stripe, verified):
    stripe.revoke_key(credentials(verified).secret_key)
    accounts.verify(verified)
    asked = len(stripe.calls())

    assert accounts.disconnect(verified, ACTOR) == []

    assert len(stripe.calls()) == asked


def test_another_channel_of_the_same_account_keeps_its_endpoint(stripe, verified):
    second = connect(stripe, "tiktok-us-2")
    accounts.verify(second)

    accounts.disconnect(verified, ACTOR)

    [left] = endpoints(stripe)
    assert left["metadata"]["saleor_channel"] == "tiktok-us-2"


def test_switching_off_keeps_the_keys_and_on_goes_on(stripe, verified):
    accounts.switch_off(verified, ACTOR)
    off = verified.state
    accounts.switch_on(verified, ACTOR)

    assert off == ConnectionState.DISABLED
    assert verified.state == ConnectionState.ACTIVE
    assert accounts.stripe_client(verified).account().id == stripe.account_id


def test_switching_on_after_a_disconnect_waits_for_keys(verified):
    accounts.disconnect(verified, ACTOR)

    accounts.switch_on(verified, ACTOR)

    assert verified.state == ConnectionState.PENDING


@pytest.mark.parametrize(("revoked", "state"), [(False, "active"), (True, "needs_reauth")])
def test_what_is_told_of_an_end_is_asked_back(stripe, connected, revoked, state):
    if revoked:
        stripe.revoke_key(credentials(connected).secret_key)

    account_jobs.deauthorized(connected, [])

    assert Connection.objects.get().state == state
