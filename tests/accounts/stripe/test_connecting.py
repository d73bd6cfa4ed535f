"""Connecting by a key: whose it is, which mode, what is refused, and a rotation in place."""

from __future__ import annotations

from decimal import Decimal

import pytest

from saleor_tiktok_stripe import accounts
from saleor_tiktok_stripe.accounts.stripe.credentials import credentials
from saleor_tiktok_stripe.errors import InvalidInput, NeedsReauthorization, RetryLater
from saleor_tiktok_stripe.models import (
    AuditEntry,
    Charge,
    ChargeFlow,
    Connection,
    ConnectionState,
    Job,
    SyncCursor,
    Vendor,
)

from .conftest import ACTOR, ALL_SCOPES, CHANNEL, connect, endpoints, entered

pytestmark = pytest.mark.django_db


def charge(connection: Connection) -> Charge:
    return Charge.objects.create(
        connection=connection,
        transaction_id="tx-1",
        flow=ChargeFlow.CHARGE,
        amount=Decimal("10.00"),
        currency="USD",
    )


def test_a_restricted_key_connects_its_account_at_once(stripe):
    settings = entered(stripe)

    connection = accounts.connect_stripe(CHANNEL, settings, ACTOR)

    assert (connection.vendor, connection.state) == (Vendor.STRIPE, ConnectionState.ACTIVE)
    assert connection.account_id == stripe.account_id
    assert (connection.livemode, connection.region) == (False, "US")
    assert connection.account_name
    assert accounts.stripe_publishable(connection) == stripe.publishable_key
    assert accounts.stripe_browser_account(connection) == ""
    assert accounts.stripe_client(connection).account().id == stripe.account_id
    assert Job.objects.get(kind="accounts.verify").connection_id == connection.pk
    assert [call.path for call in stripe.calls()] == ["/v1/account", "/v1/account"]


def test_the_key_is_kept_encrypted_and_shows_nowhere(stripe, caplog):
    settings = entered(stripe)

    connection = accounts.connect_stripe(CHANNEL, settings, ACTOR)

    stored = Connection.objects.values_list("credentials", flat=True).get()
    shown = [repr(settings), repr(credentials(connection)), repr(connection), caplog.text]
    shown += [str(stored.stored), repr(accounts.stripe_client(connection))]
    shown += [str(row) for row in AuditEntry.objects.values_list("data", flat=True)]
    assert [text for text in shown if settings.secret_key in text] == []


def test_a_key_that_may_not_read_the_account_still_says_whose_it_is(stripe):
    without = [scope for scope in ALL_SCOPES if scope != "rak_accounts_kyc_basic_read"]

    connection = connect(stripe, secret_key=stripe.restricted_key(*without))

    assert connection.account_id == stripe.account_id
    assert connection.account_name == stripe.account_id
    assert connection.state == ConnectionState.ACTIVE


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"secret_key": "pk_test_1234567890abcdef"}, "STRIPE_KEYS_SWAPPED", "secret_key"),
        ({"publishable_key": "sk_test_1234567890abcdef"}, "STRIPE_KEYS_SWAPPED", "publishable_key"),
        ({"publishable_key": "rk_live_1234567890abcdef"}, "STRIPE_KEYS_SWAPPED", "publishable_key"),
        ({"publishable_key": '"sk_live_1234567890"'}, "STRIPE_KEYS_SWAPPED", "publishable_key"),
        ({"publishable_key": "whsec_1234567890"}, "STRIPE_KEYS_SWAPPED", "publishable_key"),
        ({"publishable_key": "pk_live_1234567890abcdef"}, "STRIPE_KEYS_MIXED", "publishable_key"),
        ({"secret_key": "rk_live_1234567890abcdef"}, "STRIPE_KEYS_MIXED", "publishable_key"),
        ({"secret_key": "rk_test_with a space"}, "STRIPE_KEY_INVALID", "secret_key"),
        ({"publishable_key": "pk test"}, "STRIPE_PUBLISHABLE_KEY_INVALID", "publishable_key"),
        ({"publishable_key": ""}, "STRIPE_PUBLISHABLE_KEY_REQUIRED", "publishable_key"),
        ({"secret_key": ""}, "STRIPE_SECRET_KEY_REQUIRED", "secret_key"),
        ({"webhook_secret": "secret"}, "STRIPE_WEBHOOK_SECRET_INVALID", "webhook_secret"),
        ({"client_id": "12345"}, "STRIPE_CLIENT_ID_INVALID", "client_id"),
    ],
)
def test_what_cannot_be_right_is_refused_without_asking_stripe(stripe, changes, code, field):
    """dj-stripe/dj-stripe#2146: publishable keys were used to call with."""
    with pytest.raises(InvalidInput) as refused:
        connect(stripe, **changes)

    assert (refused.value.code, refused.value.field) == (code, field)
    assert stripe.calls() == []
    assert not Connection.objects.exists()


def test_a_key_that_stripe_does_not_know_is_refused_in_words(stripe):
    with pytest.raises(InvalidInput) as refused:
        connect(stripe, secret_key="rk_test_unknownunknown")

    assert (refused.value.code, refused.value.field) == ("STRIPE_KEY_NOT_ACCEPTED", "secret_key")
    assert not Connection.objects.exists()


@pytest.mark.parametrize("fault", ["unavailable", "cut_before"])
def test_nothing_is_saved_while_stripe_cannot_be_reached(stripe, fault):
    stripe.fault(fault, path="/v1/account", times=None)
    try:
        with pytest.raises(RetryLater) as refused:
            connect(stripe)
    finally:
        stripe.clear_faults()

    assert refused.value.code == "STRIPE_UNREACHABLE"
    assert "nothing was saved" in refused.value.message
    assert not Connection.objects.exists()


def test_an_unknown_form_of_key_is_taken_when_stripe_takes_it(stripe):
    key = stripe.account.world.add_key(stripe.account, "secret")
    stripe.account.world.keys["org_key_1234567890"] = key

    connection = connect(stripe, secret_key="org_key_1234567890")

    assert (connection.account_id, connection.livemode) == (stripe.account_id, False)


def test_a_new_key_of_the_same_account_is_a_rotation_in_place(stripe, verified):
    before = credentials(verified)
    job = Job.objects.create(kind="payment.sync", connection=verified, dedup_key="payment.sync:1")
    charge(verified)
    another = stripe.restricted_key(*ALL_SCOPES, "rak_other_read")

    connection = connect(stripe, secret_key=another)
    accounts.verify(connection)

    after = credentials(connection)
    assert after.secret_key == another
    assert (after.endpoint_id, after.webhook_secrets) == (
        before.endpoint_id,
        before.webhook_secrets,
    )
    assert len(endpoints(stripe)) == 1
    job.refresh_from_db()
    assert job.status == "queued"


def test_saving_without_a_new_key_asks_nobody(stripe, connected):
    asked = len(stripe.calls())

    policy = accounts.StripePolicy(statement_suffix="SHOP")
    connection = connect(stripe, secret_key=None, policy=policy)

    assert len(stripe.calls()) == asked
    assert accounts.stripe_policy(connection).statement_suffix == "SHOP"
    assert connection.state == ConnectionState.ACTIVE


def test_a_key_of_another_account_is_refused_where_payments_were_taken(
    stripe, verified, stripe_server
):
    charge(verified)
    other = stripe_server.control.new_account()

    with pytest.raises(InvalidInput) as refused:
        connect(other)

    assert (refused.value.code, refused.value.field) == ("STRIPE_OTHER_ACCOUNT", "secret_key")
    verified.refresh_from_db()
    assert verified.account_id == stripe.account_id
    assert accounts.stripe_client(verified).account().id == stripe.account_id
    assert endpoints(other) == []


def test_the_other_mode_of_the_account_is_another_account(stripe, verified):
    charge(verified)
    live = stripe.other_mode()

    with pytest.raises(InvalidInput) as refused:
        connect(live)

    assert refused.value.code == "STRIPE_OTHER_ACCOUNT"
    assert Connection.objects.get().livemode is False


@pytest.mark.django_db(transaction=True)
def test_another_account_takes_over_where_nothing_was_paid_and_the_former_is_left_clean(
    stripe, verified, stripe_server
):
    SyncCursor.objects.create(connection=verified, resource="events")
    Job.objects.create(kind="payment.sync", connection=verified, dedup_key="payment.sync:1")
    assert len(endpoints(stripe)) == 1
    other = stripe_server.control.new_account()

    connection = connect(other)

    assert connection.account_id == other.account_id
    assert accounts.stripe_webhook_secrets(connection) == ()
    assert endpoints(stripe) == []
    assert not SyncCursor.objects.exists()
    assert Job.objects.get(kind="payment.sync").status == "done"


def test_one_account_serves_several_channels_each_with_its_own_endpoint(stripe, verified):
    second = connect(stripe, "tiktok-us-2")

    accounts.verify(second)

    assert second.account_id == verified.account_id
    urls = {one["url"].split("/channel/")[1].split("/")[0] for one in endpoints(stripe)}
    assert urls == {CHANNEL, "tiktok-us-2"}


def test_a_refused_key_stops_the_connection_and_a_new_one_starts_it_again(stripe, connected):
    stripe.revoke_key(credentials(connected).secret_key)
    accounts.verify(connected)
    assert connected.state == ConnectionState.NEEDS_REAUTH
    with pytest.raises(NeedsReauthorization):
        accounts.stripe_client(connected)

    connection = connect(stripe)

    assert connection.state == ConnectionState.ACTIVE
    assert accounts.stripe_client(connection).account().id == stripe.account_id


def test_a_pasted_webhook_secret_is_the_newest_and_the_old_one_still_counts(stripe, verified):
    [first] = accounts.stripe_webhook_secrets(verified)

    connection = connect(stripe, secret_key=None, webhook_secret="whsec_rolled0001")

    assert accounts.stripe_webhook_secrets(connection) == ("whsec_rolled0001", first)


def test_channels_without_an_account_say_so(db):
    assert accounts.stripe_connection(CHANNEL) is None
    row = Connection.objects.create(vendor=Vendor.STRIPE, channel_slug=CHANNEL, livemode=False)

    with pytest.raises(InvalidInput) as refused:
        accounts.stripe_client(row)

    assert refused.value.code == "STRIPE_NOT_CONNECTED"
