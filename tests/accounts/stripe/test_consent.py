"""Connect OAuth: a platform's keys, the consent of the account holder, and its end."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from saleor_tiktok_stripe import accounts, conf
from saleor_tiktok_stripe.accounts import jobs as account_jobs
from saleor_tiktok_stripe.errors import InvalidInput
from saleor_tiktok_stripe.models import Connection, ConnectionState, OAuthState, Vendor

from .conftest import ACTOR, CHANNEL, connect, endpoints

pytestmark = pytest.mark.django_db


@pytest.fixture
def merchant(stripe):
    """Who looks at the consent page."""
    account = stripe.new_account(country="DE", currency="eur")
    stripe.platform(signed_in=account.account_id)
    return account


def platform(stripe, **changes) -> Connection:
    values = {"secret_key": stripe.secret_key, "client_id": stripe.client_id}
    return connect(stripe, **{**values, **changes})


def state_of(url: str) -> str:
    return parse_qs(urlsplit(url).query)["state"][0]


def consented(stripe, scope: str = "read_write") -> Connection:
    url = accounts.begin_stripe_connect(CHANNEL, ACTOR)
    return accounts.complete_stripe_connect(state_of(url), stripe.oauth_code(scope))


def test_a_platforms_keys_wait_for_a_consent(stripe, merchant):
    connection = platform(stripe)

    url = accounts.begin_stripe_connect(CHANNEL, ACTOR)

    assert connection.state == ConnectionState.PENDING
    asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    state = asked.pop("state")
    assert url.startswith(f"{conf.stripe_connect_url()}/oauth/authorize?")
    assert asked == {
        "response_type": "code",
        "client_id": stripe.client_id,
        "scope": "read_write",
        "redirect_uri": conf.channel_url(CHANNEL, "oauth/stripe/"),
    }
    assert not OAuthState.objects.filter(state_hash=state).exists()


def test_the_consent_connects_the_account_and_calls_name_it(stripe, merchant):
    platform(stripe)

    connection = consented(stripe)

    assert connection.state == ConnectionState.ACTIVE
    assert connection.account_id == merchant.account_id
    assert (connection.region, connection.livemode) == ("DE", False)
    assert accounts.stripe_browser_account(connection) == merchant.account_id
    assert accounts.stripe_client(connection).account().id == merchant.account_id


def test_the_endpoint_is_the_platforms_and_hears_of_connected_accounts(stripe, merchant):
    platform(stripe)
    connection = consented(stripe)

    accounts.verify(connection)

    assert endpoints(merchant) == []
    [endpoint] = endpoints(stripe)
    assert endpoint["metadata"]["saleor_channel"] == CHANNEL
    assert "account.application.deauthorized" in endpoint["enabled_events"]


def test_a_state_works_once_and_only_for_its_vendor(stripe, merchant):
    platform(stripe)
    url = accounts.begin_stripe_connect(CHANNEL, ACTOR)

    with pytest.raises(InvalidInput) as elsewhere:
        accounts.complete_connect(state_of(url), "code")
    accounts.complete_stripe_connect(state_of(url), stripe.oauth_code())
    with pytest.raises(InvalidInput) as again:
        accounts.complete_stripe_connect(state_of(url), stripe.oauth_code())

    assert (elsewhere.value.code, again.value.code) == ("STATE_UNKNOWN", "STATE_USED")


@pytest.mark.parametrize("state", ["", "forged" * 8])
def test_a_missing_or_forged_state_connects_nothing(stripe, merchant, state):
    platform(stripe)

    with pytest.raises(InvalidInput) as refused:
        accounts.complete_stripe_connect(state, stripe.oauth_code())

    assert refused.value.code in {"STATE_MISSING", "STATE_UNKNOWN"}
    assert Connection.objects.get().account_id == ""


def test_a_declined_consent_changes_nothing(stripe, merchant):
    platform(stripe)
    url = accounts.begin_stripe_connect(CHANNEL, ACTOR)

    with pytest.raises(InvalidInput) as refused:
        accounts.complete_stripe_connect(state_of(url), "", error="access_denied")

    assert refused.value.code == "CONSENT_DECLINED"
    assert Connection.objects.get().state == ConnectionState.PENDING


def test_a_code_that_stripe_does_not_know_is_refused(stripe, merchant):
    platform(stripe)
    url = accounts.begin_stripe_connect(CHANNEL, ACTOR)

    with pytest.raises(InvalidInput) as refused:
        accounts.complete_stripe_connect(state_of(url), "ac_unknown")

    assert refused.value.code == "STRIPE_CONSENT_CODE_INVALID"


def test_a_consent_to_read_only_is_no_connection(stripe, merchant):
    platform(stripe)

    with pytest.raises(InvalidInput) as refused:
        consented(stripe, "read_only")

    assert refused.value.code == "STRIPE_READ_ONLY"
    assert Connection.objects.get().state == ConnectionState.PENDING


def test_a_consent_after_the_channel_was_switched_off_does_not_switch_it_on(stripe, merchant):
    connection = platform(stripe)
    url = accounts.begin_stripe_connect(CHANNEL, ACTOR)
    accounts.switch_off(connection, ACTOR)

    with pytest.raises(InvalidInput) as refused:
        accounts.complete_stripe_connect(state_of(url), stripe.oauth_code())

    assert refused.value.code == "SWITCHED_OFF"


def test_without_a_platform_there_is_no_consent_to_ask_for(stripe, connected):
    with pytest.raises(InvalidInput) as refused:
        accounts.begin_stripe_connect(CHANNEL, ACTOR)

    assert refused.value.code == "STRIPE_PLATFORM_MISSING"


def test_keys_of_an_account_do_not_become_those_of_a_platform_unseen(stripe, connected):
    with pytest.raises(InvalidInput) as refused:
        platform(stripe)

    assert (refused.value.code, refused.value.field) == ("STRIPE_WAY_CHANGED", "client_id")
    assert accounts.stripe_client(Connection.objects.get()).account().id == stripe.account_id


def test_a_new_key_of_the_platform_keeps_the_account(stripe, merchant):
    platform(stripe)
    consented(stripe)
    another = stripe.account.world.add_key(stripe.account, "secret").text

    connection = platform(stripe, secret_key=another)

    assert connection.state == ConnectionState.ACTIVE
    assert accounts.stripe_client(connection).account().id == merchant.account_id


def test_a_disconnect_ends_the_consent(stripe, merchant):
    platform(stripe)
    connection = consented(stripe)
    accounts.verify(connection)

    assert accounts.disconnect(connection, ACTOR) == []

    assert merchant.account_id not in stripe.account.world.connected[stripe.account_id, False]
    assert endpoints(stripe) == []


def test_a_disconnect_leaves_the_consent_to_another_channel_that_works_by_it(stripe, merchant):
    platform(stripe)
    connection = consented(stripe)
    Connection.objects.create(
        vendor=Vendor.STRIPE,
        channel_slug="tiktok-us-2",
        account_id=merchant.account_id,
        account_handle=merchant.account_id,
        state=ConnectionState.ACTIVE,
        credentials=connection.credentials,
    )

    accounts.disconnect(connection, ACTOR)

    assert merchant.account_id in stripe.account.world.connected[stripe.account_id, False]


def test_a_consent_that_its_holder_ended_stops_the_connection(stripe, merchant):
    platform(stripe)
    connection = consented(stripe)
    merchant.end_consent(stripe.account_id)

    account_jobs.deauthorized(connection, [])

    assert Connection.objects.get().state == ConnectionState.NEEDS_REAUTH
    assert [one.code for one in accounts.verify(connection)][0] == "STRIPE_KEY_ENDED"
    assert consented(stripe).state == ConnectionState.ACTIVE
