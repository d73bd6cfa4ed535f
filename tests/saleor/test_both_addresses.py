"""The same API at the plugin's own address and, with our URL configuration, at Saleor's."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.test import Client, override_settings
from django.urls import clear_url_caches
from saleor.graphql import api

from saleor_tiktok_stripe import conf
from saleor_tiktok_stripe.graphql.core import limits
from saleor_tiktok_stripe.graphql.schema import schema
from saleor_tiktok_stripe.models import Connection, ConnectionState

from .merchant import sign_in
from .payments import switch
from .people import make_staff, token_for
from .shop import Shop, make_shop

pytestmark = pytest.mark.django_db
ASKED = """
query ($channel: String) { tiktokStripe(channel: $channel) {
  channel storefront { takesPayments gatewayId }
  connections { vendor state accountName verifiedAt findings { code severity cure } } } }
"""
VERIFY = """
mutation ($channel: String) { tiktokStripeVerify(vendor: STRIPE, channel: $channel) {
  connection { id } errors { code message reason retryable } } }
"""


@pytest.fixture
def shop(settings) -> Shop:
    settings.TIKTOK_STRIPE_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    settings.ALLOWED_HOSTS = ["*"]
    made = make_shop()
    switch(made)
    Connection.objects.create(
        vendor="tiktok", channel_slug=made.channel.slug, state=ConnectionState.PENDING
    )
    return made


@pytest.fixture
def one_endpoint():
    with override_settings(ROOT_URLCONF="saleor_tiktok_stripe.urls"):
        clear_url_caches()
        yield
    clear_url_caches()


def own_address(shop: Shop) -> str:
    return f"/plugins/channel/{shop.channel.slug}/{conf.PLUGIN_ID}/graphql/"


def ask(address: str, token: str, query: str, **variables: Any) -> dict[str, Any]:
    said = Client().post(
        address,
        json.dumps({"query": query, "variables": variables}),
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}"} if token else {},
    )
    return {"status": said.status_code, **said.json()}


def told(answer: dict[str, Any]) -> Any:
    """What both addresses have in common; Saleor adds the cost of a query."""
    errors = [
        (
            one["message"],
            one.get("path"),
            one["extensions"].get("code"),
            one["extensions"]["exception"],
        )
        for one in answer.get("errors", ())
    ]
    return answer["status"], answer.get("data"), errors


@pytest.mark.parametrize("query", [ASKED, VERIFY], ids=["query", "mutation"])
@pytest.mark.parametrize(
    "rights", [("manage_plugins",), ("manage_products",), None], ids=["may", "may not", "stranger"]
)
def test_both_addresses_say_the_same(shop: Shop, one_endpoint, query: str, rights):
    token = sign_in(*rights) if rights else ""

    here = ask(own_address(shop), token, query)
    there = ask("/graphql/", token, query, channel=shop.channel.slug)

    assert told(here) == told(there)
    allowed = rights == ("manage_plugins",)
    assert bool(here.get("errors")) is not allowed


@pytest.mark.parametrize("query", [ASKED, VERIFY], ids=["query", "mutation"])
def test_a_token_that_is_over_is_told_so_at_saleors_address_too(
    shop: Shop, one_endpoint, query: str
):
    over = token_for(make_staff("late@example.com", "MANAGE_PLUGINS"), seconds=-10)

    said = ask("/graphql/", over, query, channel=shop.channel.slug)

    assert [one["extensions"]["code"] for one in said["errors"]] == ["TOKEN_EXPIRED"]
    assert not any((said["data"] or {}).values())


def test_saleors_address_needs_a_channel_where_the_plugin_is_on(shop: Shop, one_endpoint):
    token = sign_in("manage_plugins")

    without = ask("/graphql/", token, ASKED)
    unknown = ask("/graphql/", token, ASKED, channel="elsewhere")

    assert [one["extensions"]["code"] for one in without["errors"]] == ["CHANNEL_REQUIRED"]
    assert [one["extensions"]["code"] for one in unknown["errors"]] == ["CHANNEL_UNKNOWN"]
    assert (without["data"], unknown["data"]) == (None, None)


def test_the_bounds_hold_at_saleors_address_too(shop: Shop, one_endpoint, settings):
    settings.TIKTOK_STRIPE_API_CALLS_PER_MINUTE, settings.REDIS_URL = 2, ""
    limits._limiter.cache_clear()
    token, slug = sign_in("manage_plugins"), shop.channel.slug
    many = " ".join(f"a{n}: jobs(first: 100) {{ edges {{ cursor }} }}" for n in range(99))
    wide = "query ($channel: String) { tiktokStripe(channel: $channel) { " + many + " } }"

    said = [ask("/graphql/", token, one, channel=slug) for one in (wide, ASKED, ASKED, ASKED)]

    codes = [
        [one["extensions"].get("code", one["message"]) for one in each.get("errors", ())]
        for each in said
    ]
    assert codes == [["QUERY_TOO_COSTLY"], [], [], ["RATE_LIMITED"]]


def test_saleors_own_fields_are_all_there_and_work(shop: Shop, one_endpoint):
    from saleor_tiktok_stripe import urls

    theirs, ours = api.schema.get_type_map(), urls.schema.get_type_map()
    assert theirs.keys() <= ours.keys()
    assert schema().get_type_map().keys() <= ours.keys()
    for name in ("Query", "Mutation"):
        assert theirs[name].fields.keys() <= ours[name].fields.keys()

    said = ask("/graphql/", "", "{ shop { name } _service { sdl } }")

    assert said["status"] == 200
    assert "tiktokStripe(" in said["data"]["_service"]["sdl"]


def test_without_our_configuration_saleors_address_is_untouched(shop: Shop):
    said = ask("/graphql/", "", ASKED)

    assert said["status"] == 400
    assert "Cannot query field" in said["errors"][0]["message"]


def test_a_plugin_that_is_off_answers_at_neither(shop: Shop, one_endpoint):
    switch(shop, active=False)
    token = sign_in("manage_plugins")

    there = ask("/graphql/", token, ASKED, channel=shop.channel.slug)

    assert [one["extensions"]["code"] for one in there["errors"]] == ["CHANNEL_UNKNOWN"]
    assert Client().post(own_address(shop)).status_code == 404
