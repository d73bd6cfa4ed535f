"""Accounts connected, completed, chosen, verified and disconnected through the API."""

from __future__ import annotations

import json
from contextlib import nullcontext
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from saleor_tiktok_stripe import accounts
from saleor_tiktok_stripe.models import AuditEntry, Connection, ConnectionState, OAuthState
from saleor_tiktok_stripe.sandbox.tiktok import TikTokSandbox
from tests.accounts.stripe.conftest import ALL_SCOPES, stripe, stripe_server  # noqa: F401
from tests.accounts.tiktok.conftest import consent, deploy, saleor, tiktok  # noqa: F401
from tests.support.factories import make_connection
from tests.support.stored import everything

from .operations import OTHER_CHANNEL, done, refused, run
from .vendors import counted_vendors

pytestmark = pytest.mark.django_db

CHANNEL = "tiktok-us"


def app_of(sandbox: TikTokSandbox) -> dict[str, str]:
    found = sandbox.credentials
    return {
        "appKey": found["app_key"],
        "appSecret": found["app_secret"],
        "serviceId": found["service_id"],
        "regionGroup": "US",
    }


def keys_of(control: Any, **changes: str) -> dict[str, str]:
    secret = control.restricted_key(*ALL_SCOPES)
    return {"secretKey": secret, "publishableKey": control.publishable_key} | changes


def test_a_shop_is_connected_by_the_sellers_consent(tiktok):  # noqa: F811
    begun = done("tiktokStripeShopConnect", input=app_of(tiktok))
    answer = consent(begun["consentUrl"])
    payload = done("tiktokStripeShopConnectComplete", state=answer["state"], code=answer["code"])

    assert begun["connection"]["state"] == "PENDING"
    assert payload["connection"]["state"] == "ACTIVE"
    assert payload["connection"]["accountId"] == tiktok.credentials["shop_id"]
    assert payload["shops"] == []
    assert tiktok.credentials["app_secret"] not in json.dumps([begun, payload])
    actors = set(AuditEntry.objects.values_list("actor", flat=True))
    assert actors == {"admin@example.com"}


def test_what_was_saved_need_not_be_entered_again(tiktok):  # noqa: F811
    done("tiktokStripeShopConnect", input=app_of(tiktok))

    again = done("tiktokStripeShopConnect")
    other = done("tiktokStripeShopConnect", input={"serviceId": "77"})

    held = accounts.credentials(Connection.objects.get())
    assert again["consentUrl"] != other["consentUrl"]
    assert (held.app.service_id, held.app.app_secret) == ("77", tiktok.credentials["app_secret"])


def test_an_app_that_is_not_complete_is_refused_and_nothing_is_saved(db):
    assert refused("tiktokStripeShopConnect") == [("NOT_CONFIGURED", None)]
    assert refused("tiktokStripeShopConnect", input={"appKey": "a b"}) == [
        ("APP_KEY_INVALID", "appKey")
    ]
    assert not Connection.objects.exists()


def test_a_consent_of_another_channel_is_refused_and_stays_unused(tiktok):  # noqa: F811
    begun = done("tiktokStripeShopConnect", input=app_of(tiktok))
    answer = consent(begun["consentUrl"])
    before = everything()

    told = refused(
        "tiktokStripeShopConnectComplete", in_channel=OTHER_CHANNEL, state=answer["state"], code="c"
    )

    assert told == [("STATE_UNKNOWN", None)]
    assert everything() == before
    assert OAuthState.objects.filter(used_at=None).exists()


def test_one_of_several_shops_is_chosen(db, deploy, saleor):  # noqa: F811
    saleor.add_channel("tiktok-shops", "USD", "US")
    connection = make_connection(
        CHANNEL,
        state=ConnectionState.PENDING,
        shop_id="",
        account_handle="",
        shops=[
            {"id": one, "name": f"Shop {one}", "cipher": f"c{one}", "region": "US", "code": "",
             "seller_type": ""}
            for one in ("11", "22")
        ],
    )  # fmt: skip

    assert refused("tiktokStripeShopSelect", shopId="33") == [("SHOP_UNKNOWN", "shopId")]
    assert refused("tiktokStripeShopSelect", in_channel=OTHER_CHANNEL, shopId="11") == [
        ("NOT_CONFIGURED", None)
    ]
    chosen = done("tiktokStripeShopSelect", shopId="22")

    connection.refresh_from_db()
    assert (chosen["connection"]["accountId"], connection.account_id) == ("22", "22")
    assert chosen["connection"]["state"] == "ACTIVE"


def test_a_stripe_account_is_connected_by_its_key_and_the_key_never_comes_back(stripe):  # noqa: F811
    entered = keys_of(stripe)

    payload = done("tiktokStripeAccountConnect", input=entered)
    rotated = keys_of(stripe)
    again = done("tiktokStripeAccountConnect", input={"secretKey": rotated["secretKey"]})

    assert payload["connection"]["accountId"] == stripe.account_id
    assert (payload["connection"]["state"], payload["consentUrl"]) == ("ACTIVE", None)
    assert again["connection"]["id"] == payload["connection"]["id"]
    assert entered["secretKey"] not in json.dumps(payload)
    assert rotated["secretKey"] not in json.dumps(again)


def test_keys_that_do_not_fit_are_refused_by_their_field_and_nothing_is_saved(stripe):  # noqa: F811
    swapped = {"secretKey": "pk_test_x", "publishableKey": "pk_test_x"}
    told = [
        refused("tiktokStripeAccountConnect", input=one)
        for one in (
            {},
            swapped,
            keys_of(stripe, secretKey="rk_test_nobodys"),
            keys_of(stripe, publishableKey="sk_test_x"),
        )
    ]

    assert told == [
        [("STRIPE_SECRET_KEY_REQUIRED", "secretKey")],
        [("STRIPE_KEYS_SWAPPED", "secretKey")],
        [("STRIPE_KEY_NOT_ACCEPTED", "secretKey")],
        [("STRIPE_KEYS_SWAPPED", "publishableKey")],
    ]
    assert not Connection.objects.exists()


def test_a_platforms_account_is_connected_by_its_holders_consent(stripe):  # noqa: F811
    account = stripe.new_account(country="DE", currency="eur")
    stripe.platform(signed_in=account.account_id)
    platform = keys_of(stripe, secretKey=stripe.secret_key, clientId=stripe.client_id)

    begun = done("tiktokStripeAccountConnect", input=platform)
    state = parse_qs(urlsplit(begun["consentUrl"]).query)["state"][0]
    elsewhere = refused(
        "tiktokStripeAccountConnectComplete",
        in_channel=OTHER_CHANNEL,
        state=state,
        code=stripe.oauth_code(),
    )
    payload = done("tiktokStripeAccountConnectComplete", state=state, code=stripe.oauth_code())

    assert begun["connection"]["state"] == "PENDING"
    assert elsewhere == [("STATE_UNKNOWN", None)]
    assert payload["connection"]["accountId"] == account.account_id
    assert payload["connection"]["state"] == "ACTIVE"


def test_a_connection_is_verified(stripe):  # noqa: F811
    done("tiktokStripeAccountConnect", input=keys_of(stripe))

    payload = done("tiktokStripeVerify", vendor="STRIPE")

    assert payload["connection"]["verifiedAt"]
    assert payload["connection"]["findings"]
    assert refused("tiktokStripeVerify") == [("NOT_CONFIGURED", None)]


@pytest.mark.parametrize("vendor", ["tiktok", "stripe"])
def test_an_account_is_disconnected_once_that_is_confirmed(stripe, vendor):  # noqa: F811
    name = {"tiktok": "tiktokStripeShopDisconnect", "stripe": "tiktokStripeAccountDisconnect"}
    if vendor == "stripe":
        done("tiktokStripeAccountConnect", input=keys_of(stripe))
    else:
        make_connection(CHANNEL)
    before = everything()

    assert refused(name[vendor], confirm=False) == [("CONFIRMATION_NEEDED", "confirm")]
    assert everything() == before
    assert refused(name[vendor], in_channel=OTHER_CHANNEL, confirm=True) == [
        ("NOT_CONFIGURED", None)
    ]
    with counted_vendors() if vendor == "tiktok" else nullcontext():
        payload = run(name[vendor], confirm=True)

    assert payload["errors"] == []
    assert payload["connection"]["state"] == "DISABLED"
    assert accounts.unreadable(Connection.objects.get()) is None
    action = AuditEntry.objects.filter(action="connection.disconnected").get()
    assert action.actor == "admin@example.com"
