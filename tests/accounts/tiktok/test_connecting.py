"""Connecting a shop: consent, state, shops, currencies; what is refused changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection as database
from django.utils import timezone

from saleor_tiktok_stripe import accounts
from saleor_tiktok_stripe.errors import ChannelError, InvalidInput, NeedsReauthorization, RetryLater
from saleor_tiktok_stripe.models import (
    AuditEntry,
    Connection,
    ConnectionState,
    Job,
    OAuthState,
    SyncCursor,
)
from saleor_tiktok_stripe.sandbox.tiktok import TikTokSandbox

from .conftest import CHANNEL, connect, consent, entered, grant, token_of

pytestmark = pytest.mark.django_db


def refused(state: str, code: str, **how) -> str:
    with pytest.raises(InvalidInput) as caught:
        accounts.complete_connect(state, code, **how)
    return caught.value.code


def test_a_us_shop_is_connected(tiktok):
    connection = connect(tiktok)

    shop = tiktok.credentials
    assert connection.state == ConnectionState.ACTIVE
    assert connection.account_id == shop["shop_id"]
    assert connection.account_handle == shop["shop_cipher"]
    assert connection.region == "US"
    assert connection.livemode is False
    held = accounts.credentials(connection)
    assert held.access_token == grant(tiktok).access_token
    assert held.refresh_token == grant(tiktok).refresh_token
    assert connection.access_expires_at.timestamp() == grant(tiktok).access_expires
    assert connection.refresh_expires_at.timestamp() == grant(tiktok).refresh_expires
    assert "seller.order.info" in connection.scopes
    actions = list(AuditEntry.objects.order_by("pk").values_list("action", "actor"))
    assert actions == [
        ("connection.configured", "staff:1"),
        ("connection.consent_asked", "staff:1"),
        ("connection.active", "staff:1"),
        ("connection.shop_chosen", "staff:1"),
    ]


def test_without_a_date_only_orders_from_the_connection_on_are_wanted(tiktok):
    before = timezone.now()

    connection = connect(tiktok)

    assert before <= connection.orders_since <= timezone.now()
    kinds = sorted(Job.objects.values_list("kind", flat=True))
    assert "orders.backfill" not in kinds
    assert "catalog.refresh" in kinds


def test_connecting_again_leaves_the_first_date(connected, tiktok):
    first = connected.orders_since

    again = connect(tiktok)

    assert again.orders_since == first


def test_a_shop_of_the_rest_of_the_world_is_connected(db, deploy):
    with TikTokSandbox(orders=10, seed=8, regions=("GB",)) as server:
        tiktok = deploy(server)

        url = accounts.begin_connect("tiktok-gb", entered(tiktok), "staff:1")
        answer = consent(url)
        connection = accounts.complete_connect(answer["state"], answer["code"])

    assert url.startswith(f"{tiktok.auth_url}/row/open/authorize?service_id=")
    assert (connection.state, connection.region) == (ConnectionState.ACTIVE, "GB")


def test_only_the_hash_of_a_state_is_stored(tiktok):
    url = accounts.begin_connect(CHANNEL, entered(tiktok), "staff:1")

    state = url.partition("state=")[2]
    with database.cursor() as cursor:
        cursor.execute("SELECT s::text FROM saleor_tiktok_stripe_oauthstate s")
        [row] = cursor.fetchall()
    assert len(state) >= 43
    assert state not in row[0]


def test_a_declined_consent_says_so_and_changes_nothing(tiktok):
    answer = consent(accounts.begin_connect(CHANNEL, entered(tiktok), "staff:1"), "refuse")

    assert answer["code"] == "null"
    assert refused(answer["state"], "null", error=answer["error"]) == "CONSENT_DECLINED"
    assert Connection.objects.get().state == ConnectionState.PENDING
    assert grant(tiktok) is None


def test_an_expired_state_is_refused_and_no_code_is_spent(tiktok):
    answer = consent(accounts.begin_connect(CHANNEL, entered(tiktok), "staff:1"))
    OAuthState.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    assert refused(answer["state"], answer["code"]) == "STATE_EXPIRED"
    assert grant(tiktok) is None
    assert Connection.objects.get().state == ConnectionState.PENDING


@pytest.mark.parametrize(
    ("state", "code"), [("", "STATE_MISSING"), ("forged" * 8, "STATE_UNKNOWN")]
)
def test_a_missing_or_forged_state_is_refused_and_no_code_is_spent(tiktok, state, code):
    answer = consent(accounts.begin_connect(CHANNEL, entered(tiktok), "staff:1"))

    assert refused(state, answer["code"]) == code
    assert grant(tiktok) is None
    assert not accounts.credentials(Connection.objects.get()).access_token


def test_a_state_works_once(tiktok):
    url = accounts.begin_connect(CHANNEL, entered(tiktok), "staff:1")
    first = consent(url)
    accounts.complete_connect(first["state"], first["code"])
    issued = grant(tiktok)

    assert refused(first["state"], tiktok.new_auth_code()) == "STATE_USED"
    assert grant(tiktok) is issued


@pytest.mark.django_db(transaction=True)
def test_of_two_callbacks_with_one_state_one_connects(tiktok):
    answer = consent(accounts.begin_connect(CHANNEL, entered(tiktok), "staff:1"))
    code = answer["code"]

    def finish(_: int) -> str:
        try:
            return accounts.complete_connect(answer["state"], code).state
        except ChannelError as error:
            return error.code
        finally:
            database.close()

    with ThreadPoolExecutor(4) as pool:
        results = sorted(pool.map(finish, range(4)))

    assert results == ["STATE_USED", "STATE_USED", "STATE_USED", "active"]


def test_a_start_ticket_is_no_state_and_a_state_no_ticket(tiktok):
    url = accounts.begin_connect(CHANNEL, entered(tiktok), "staff:1")
    connection = Connection.objects.get()
    ticket = accounts.mint_ticket(connection, "start", "staff:1")

    assert refused(ticket, "code") == "STATE_UNKNOWN"
    with pytest.raises(InvalidInput) as caught:
        accounts.redeem_ticket(url.partition("state=")[2], "start", CHANNEL)
    assert caught.value.code == "TICKET_INVALID"


@pytest.mark.parametrize(
    ("purpose", "channel", "code"),
    [("choose", CHANNEL, "TICKET_INVALID"), ("start", "tiktok-eu", "TICKET_INVALID")],
)
def test_a_ticket_is_for_one_purpose_and_channel(tiktok, purpose, channel, code):
    connection = accounts.configure(CHANNEL, entered(tiktok), "staff:1")
    ticket = accounts.mint_ticket(connection, "start", "staff:1")

    with pytest.raises(InvalidInput) as caught:
        accounts.redeem_ticket(ticket, purpose, channel)

    assert caught.value.code == code
    assert accounts.redeem_ticket(ticket, "start", CHANNEL).actor == "staff:1"
    with pytest.raises(InvalidInput) as again:
        accounts.redeem_ticket(ticket, "start", CHANNEL)
    assert again.value.code == "TICKET_USED"


def test_a_wrong_app_secret_is_said_in_words(tiktok):
    answer = consent(
        accounts.begin_connect(CHANNEL, entered(tiktok, app_secret="wrong"), "staff:1")
    )

    with pytest.raises(InvalidInput) as caught:
        accounts.complete_connect(answer["state"], answer["code"])

    assert caught.value.code == "CODE_REFUSED"
    assert "app secret" in caught.value.message
    assert Connection.objects.get().state == ConnectionState.PENDING


def test_without_credentials_no_consent_is_asked_for(tiktok):
    with pytest.raises(InvalidInput) as caught:
        accounts.begin_connect(CHANNEL, entered(tiktok, app_secret=""), "staff:1")

    assert caught.value.code == "CREDENTIALS_MISSING"
    assert not OAuthState.objects.exists()


def test_with_several_shops_the_merchant_chooses(db, deploy):
    with TikTokSandbox(orders=10, seed=9, regions=("US", "GB", "DE")) as server:
        tiktok = deploy(server)
        connection = connect(tiktok, "tiktok-gb")
        waiting = connection.state, [shop["region"] for shop in connection.shops]
        [british] = [shop for shop in connection.shops if shop["region"] == "GB"]
        [german] = [shop for shop in connection.shops if shop["region"] == "DE"]

        with pytest.raises(InvalidInput) as unknown:
            accounts.choose_shop(connection, "1", "staff:1")
        with pytest.raises(InvalidInput) as currency:
            accounts.choose_shop(connection, german["id"], "staff:1")
        still = Connection.objects.get().state
        chosen = accounts.choose_shop(connection, british["id"], "staff:1")

    assert waiting == (ConnectionState.PENDING, ["US", "GB", "DE"])
    assert unknown.value.code == "SHOP_UNKNOWN"
    assert british["id"] in unknown.value.message
    assert currency.value.code == "CURRENCY_MISMATCH"
    assert currency.value.message == (
        "A TikTok shop in DE sells in EUR, but the Saleor channel 'tiktok-gb' is in GBP. "
        "Connect the shop to a channel with its currency."
    )
    assert still == ConnectionState.PENDING
    assert (chosen.state, chosen.account_id) == (ConnectionState.ACTIVE, british["id"])


def test_a_shop_of_a_consent_that_another_one_replaced_meanwhile_is_not_bound(connected):
    accounts.disconnect(connected, "staff:1")
    first = {"id": "1", "cipher": "c", "code": "", "name": "First", "region": "US"}
    shops = [{**first, "seller_type": ""}]
    Connection.objects.update(shops=shops, state=ConnectionState.PENDING)
    chosen_from = Connection.objects.get()
    Connection.objects.update(shops=[{**shops[0], "id": "2", "name": "Second"}])

    with pytest.raises(InvalidInput) as error:
        accounts.choose_shop(chosen_from, "1", "staff:1")

    assert error.value.code == "SHOP_UNKNOWN"
    assert "Second (2)" in error.value.message
    stored = Connection.objects.get()
    assert (stored.state, stored.account_id) == (ConnectionState.PENDING, connected.account_id)


def test_a_channel_of_another_currency_is_refused_with_words(tiktok):
    answer = consent(accounts.begin_connect("tiktok-eu", entered(tiktok), "staff:1"))

    assert refused(answer["state"], answer["code"]) == "CURRENCY_MISMATCH"
    connection = Connection.objects.get()
    assert (connection.state, connection.account_id) == (ConnectionState.PENDING, "")


def test_a_shop_serves_one_channel(tiktok):
    connect(tiktok)
    answer = consent(accounts.begin_connect("tiktok-us-2", entered(tiktok), "staff:1"))

    with pytest.raises(InvalidInput) as caught:
        accounts.complete_connect(answer["state"], answer["code"])

    assert caught.value.code == "SHOP_TAKEN"
    assert "'tiktok-us'" in caught.value.message
    states = dict(Connection.objects.values_list("channel_slug", "state"))
    assert states == {"tiktok-us": "active", "tiktok-us-2": "pending"}


def test_another_sellers_consent_does_not_replace_the_shop(tiktok, deploy):
    connect(tiktok)
    held = accounts.credentials(Connection.objects.get())
    with TikTokSandbox(orders=10, seed=7) as server:
        deploy(server)
        server.world.authority = tiktok.world.authority
        [other] = server.world.shops
        other.id = "7000000000000000001"
        answer = consent(accounts.begin_connect(CHANNEL, None, "staff:1"))

        assert refused(answer["state"], answer["code"]) == "OTHER_SELLER"

    connection = Connection.objects.get()
    assert connection.state == ConnectionState.ACTIVE
    assert accounts.credentials(connection) == held


def test_connecting_again_renews_the_authorization_and_held_jobs_go_on(connected, tiktok):
    accounts.mark_needs_reauth(connected, "The seller withdrew.")
    held = Job.objects.create(
        kind="order.sync",
        connection=connected,
        subject="1",
        dedup_key="order.sync:1",
        error_code="AUTHORIZATION_ENDED",
        run_after=timezone.now() + timedelta(hours=1),
    )
    with pytest.raises(NeedsReauthorization) as caught:
        accounts.client(connected)

    renewed = connect(tiktok)

    assert caught.value.message == "The seller withdrew."
    assert (renewed.pk, renewed.state) == (connected.pk, ConnectionState.ACTIVE)
    held.refresh_from_db()
    assert held.run_after <= timezone.now()
    assert accounts.client(renewed).shops()


def test_another_shop_after_a_disconnect_starts_without_the_old_cursors(connected, tiktok):
    SyncCursor.objects.create(connection=connected, resource="orders")
    accounts.disconnect(connected, "staff:1")
    again = connect(tiktok)
    kept = SyncCursor.objects.count()
    accounts.disconnect(again, "staff:1")
    Connection.objects.update(account_id="7000000000000000002")

    connect(tiktok)

    assert kept == 1
    assert SyncCursor.objects.count() == 0


def test_a_changed_app_key_ends_the_authorization(connected, tiktok):
    connection = accounts.configure(CHANNEL, entered(tiktok, app_key="another"), "staff:1")

    assert connection.state == ConnectionState.NEEDS_REAUTH
    assert connection.state_reason == "The app key was changed. Connect the shop again."
    assert not accounts.credentials(connection).refresh_token


def test_a_refused_app_secret_is_cured_by_entering_the_right_one(connected, tiktok):
    accounts.configure(CHANNEL, entered(tiktok, app_secret="a-wrong-secret"), "staff:1")
    with pytest.raises(NeedsReauthorization) as refusal:
        accounts.client(connected).search_orders()
    accounts.mark_needs_reauth(Connection.objects.get(), refusal.value.message)

    mended = accounts.configure(CHANNEL, entered(tiktok), "staff:1")

    assert "Enter the app key and app secret" in refusal.value.message
    assert (mended.state, mended.state_reason) == (ConnectionState.ACTIVE, "")
    assert accounts.client(Connection.objects.get()).search_orders().total > 0


@pytest.mark.parametrize("secret", [None, ""])
def test_an_unchanged_or_removed_secret_starts_nothing(connected, tiktok, secret):
    accounts.mark_needs_reauth(connected, "It ended.")

    saved = accounts.configure(CHANNEL, entered(tiktok, app_secret=secret), "staff:1")

    assert (saved.state, saved.state_reason) == (ConnectionState.NEEDS_REAUTH, "It ended.")


def test_another_app_key_says_what_comes_next_though_the_former_was_refused(connected, tiktok):
    accounts.mark_needs_reauth(connected, "TikTok does not know the app key. Enter it again.")

    saved = accounts.configure(CHANNEL, entered(tiktok, app_key="anotherkey01"), "staff:1")

    assert saved.state == ConnectionState.NEEDS_REAUTH
    assert saved.state_reason == "The app key was changed. Connect the shop again."
    assert Connection.objects.get().state_reason == saved.state_reason


def test_tiktok_not_answering_leaves_nothing_connected(tiktok):
    answer = consent(accounts.begin_connect(CHANNEL, entered(tiktok), "staff:1"))
    tiktok.inject_fault("unavailable", path="/authorization/", times=None)

    with pytest.raises(ChannelError) as caught:
        accounts.complete_connect(answer["state"], answer["code"])

    assert caught.value.retryable
    connection = Connection.objects.get()
    assert (connection.state, connection.account_id) == (ConnectionState.PENDING, "")


@pytest.fixture
def two_channels(db, deploy) -> Iterator[tuple[TikTokSandbox, Connection, Connection]]:
    """One seller with a shop in each of two markets, each shop for a channel of its own. As far as
    anybody knows a new consent ends the tokens of the one before."""
    with TikTokSandbox(regions=("US", "GB"), orders=5, seed=8) as server:
        tiktok = deploy(server)
        chosen = {}
        for channel, region in (("tiktok-us", "US"), ("tiktok-gb", "GB")):
            consented = connect(tiktok, channel)
            shop_id = next(one["id"] for one in consented.shops if one["region"] == region)
            chosen[channel] = accounts.choose_shop(consented, shop_id, "staff:1").pk
        us, gb = (Connection.objects.get(pk=pk) for pk in chosen.values())
        yield tiktok, us, gb


def test_two_channels_share_the_authorization_of_their_seller(two_channels):
    _, *both = two_channels

    totals = [accounts.client(one).search_orders().total for one in both]

    assert min(totals) > 0
    assert [Connection.objects.get(pk=one.pk).state for one in both] == [ConnectionState.ACTIVE] * 2


def test_a_refresh_by_one_channel_is_the_others_too(two_channels):
    tiktok, us, gb = two_channels
    soon = timezone.now() + timedelta(minutes=30)
    Connection.objects.update(access_expires_at=soon, access_issued_at=soon - timedelta(days=7))

    refreshed = [accounts.refresh_if_needed(Connection.objects.get(pk=us.pk)) for _ in range(2)]
    again = accounts.refresh_if_needed(Connection.objects.get(pk=gb.pk))

    assert (refreshed, again) == ([True, False], False)
    held = {accounts.credentials(one).refresh_token for one in Connection.objects.all()}
    assert held == {grant(tiktok).refresh_token}
    assert set(Connection.objects.values_list("refresh_lease_until", flat=True)) == {None}


def test_while_one_channel_refreshes_the_other_does_not(two_channels):
    tiktok, us, gb = two_channels
    now = timezone.now()
    Connection.objects.update(access_expires_at=now)
    Connection.objects.filter(pk=us.pk).update(refresh_lease_until=now + timedelta(seconds=60))
    before = grant(tiktok)

    with pytest.raises(RetryLater) as error:
        accounts.client(Connection.objects.get(pk=gb.pk))

    assert error.value.code == "TOKEN_REFRESH_RUNNING"
    assert grant(tiktok) is before


@pytest.mark.django_db(transaction=True)
def test_threads_of_two_channels_make_one_refresh(two_channels):
    tiktok, *both = two_channels
    past = timezone.now() - timedelta(seconds=1)
    Connection.objects.update(access_expires_at=past, access_issued_at=past - timedelta(days=7))
    before = tiktok.world.authority._issued

    with ThreadPoolExecutor(8) as pool:
        tokens = set(pool.map(token_of, [one.pk for one in both] * 4))

    assert tiktok.world.authority._issued == before + 2
    assert tokens == {grant(tiktok).access_token}


def test_connecting_one_channel_again_brings_the_other_back(two_channels):
    tiktok, us, gb = two_channels
    tiktok.world.authority.withdraw()
    Connection.objects.update(access_expires_at=timezone.now())
    with pytest.raises(NeedsReauthorization):
        accounts.client(us)
    stopped = set(Connection.objects.values_list("state", flat=True))

    connect(tiktok, "tiktok-us")

    assert stopped == {ConnectionState.NEEDS_REAUTH}
    assert set(Connection.objects.values_list("state", flat=True)) == {ConnectionState.ACTIVE}
    assert accounts.client(Connection.objects.get(pk=gb.pk)).search_orders().total > 0


def test_a_channel_whose_shop_the_new_consent_leaves_out_keeps_its_own_tokens(two_channels):
    tiktok, us, gb = two_channels
    Connection.objects.filter(pk=gb.pk).update(account_id="7000000000000000001")
    before = accounts.credentials(Connection.objects.get(pk=gb.pk))

    connect(tiktok, "tiktok-us")

    assert accounts.credentials(Connection.objects.get(pk=gb.pk)) == before
    assert accounts.credentials(Connection.objects.get(pk=us.pk)) != before


def test_another_channels_consent_that_comes_to_nothing_does_not_end_this_ones(connected, tiktok):
    with pytest.raises(InvalidInput) as error:
        connect(tiktok, "tiktok-us-2")

    assert error.value.code == "SHOP_TAKEN"
    assert accounts.client(Connection.objects.get(pk=connected.pk)).shops()
    assert Connection.objects.get(pk=connected.pk).state == ConnectionState.ACTIVE
