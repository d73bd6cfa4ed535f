"""What each rule takes, and of whom."""

from __future__ import annotations

import pytest
from django.test import RequestFactory

from saleor_tiktok_stripe import access
from saleor_tiktok_stripe.access import Denied, Rule
from saleor_tiktok_stripe.errors import InvalidInput
from saleor_tiktok_stripe.saleor_api import get_saleor
from saleor_tiktok_stripe.saleor_api.requestors import ANONYMOUS, Requestor
from saleor_tiktok_stripe.sandbox.saleor import SaleorSandbox

RULES = {
    "PUBLIC": [set()],
    "HEALTH": [{"MANAGE_PLUGINS"}, {"MANAGE_ORDERS"}],
    "SETTINGS": [{"MANAGE_PLUGINS"}],
    "ORDERS": [{"MANAGE_ORDERS"}],
    "CARRIERS": [{"MANAGE_PLUGINS"}, {"MANAGE_ORDERS"}],
    "CARRIER_LINKS": [{"MANAGE_PLUGINS"}],
    "CATALOG": [{"MANAGE_PRODUCTS"}],
    "MONEY": [{"HANDLE_PAYMENTS"}],
    "CASES": [{"MANAGE_ORDERS"}],
    "CASE_ANSWERS": [{"MANAGE_ORDERS", "HANDLE_PAYMENTS"}],
    "INSIGHTS": [{"MANAGE_ORDERS"}],
    "PRIVACY": [{"MANAGE_ORDERS", "MANAGE_USERS"}],
}
ALL = frozenset().union(*(held for ways in RULES.values() for held in ways))
CLOSED = sorted(set(RULES) - {"PUBLIC"})


def staff(permissions=ALL, channels=None) -> Requestor:
    return Requestor("staff", "VXNlcjox", "mia@example.com", frozenset(permissions), channels)


def code(rule: Rule, who: Requestor, channel: str = "tiktok-us") -> str:
    with pytest.raises(Denied) as caught:
        access.check(rule, who, channel)
    assert not access.allows(rule, who, channel)
    return caught.value.code


def test_every_rule_is_known_here():
    made = {name for name in access.__all__ if isinstance(getattr(access, name), Rule)}

    assert made == set(RULES)


@pytest.mark.parametrize("name", RULES)
def test_a_rule_is_opened_by_what_it_names_and_by_nothing_less(name):
    rule = getattr(access, name)

    for enough in RULES[name]:
        access.check(rule, staff(enough), "tiktok-us")
        access.check(rule, Requestor("app", permissions=frozenset(enough)), "tiktok-us")
        for one in enough:
            assert code(rule, staff(enough - {one})) == "PERMISSION_DENIED"
    if name != "PUBLIC":
        others = ALL - frozenset().union(*RULES[name])
        assert code(rule, staff(others)) == "PERMISSION_DENIED"
        assert code(rule, staff([])) == "PERMISSION_DENIED"


@pytest.mark.parametrize("name", CLOSED)
def test_nobody_and_customers_are_refused(name):
    rule = getattr(access, name)
    customer = Requestor("customer", "VXNlcjoy", "buyer@example.com", ALL)

    assert code(rule, ANONYMOUS) == "SIGN_IN_REQUIRED"
    assert code(rule, customer) == "PERMISSION_DENIED"


@pytest.mark.parametrize("name", CLOSED)
def test_staff_work_on_their_own_channels_only(name):
    rule = getattr(access, name)

    access.check(rule, staff(channels=frozenset({"tiktok-us", "web"})), "tiktok-us")

    assert code(rule, staff(channels=frozenset({"web"}))) == "CHANNEL_DENIED"
    assert code(rule, staff(channels=frozenset())) == "CHANNEL_DENIED"


def test_what_is_public_is_open_to_all():
    for who in (ANONYMOUS, Requestor("customer"), staff([], frozenset())):
        assert access.allows(access.PUBLIC, who, "tiktok-us")


def test_a_rule_without_permissions_that_is_not_public_lets_no_customer_in():
    rule = Rule()

    assert code(rule, ANONYMOUS) == "SIGN_IN_REQUIRED"
    assert code(rule, Requestor("customer")) == "PERMISSION_DENIED"


def test_rules_in_words():
    assert access.CASE_ANSWERS.words == "HANDLE_PAYMENTS and MANAGE_ORDERS"
    assert access.HEALTH.words == "MANAGE_ORDERS or MANAGE_PLUGINS"
    assert access.PUBLIC.words == "none"
    with pytest.raises(Denied, match="takes the permission MANAGE_ORDERS or MANAGE_PLUGINS in"):
        access.check(access.HEALTH, staff([]), "tiktok-us")


@pytest.mark.parametrize(
    ("headers", "token"),
    [
        ({}, ""),
        ({"Authorization": "Bearer abc"}, "abc"),
        ({"Authorization": "bearer  abc "}, "abc"),
        ({"Authorization": "JWT abc"}, "abc"),
        ({"Authorization": "Basic abc"}, ""),
        ({"Authorization": "abc"}, ""),
        ({"Authorization-Bearer": "abc"}, "abc"),
        ({"Authorization-Bearer": "abc", "Authorization": "Bearer other"}, "abc"),
    ],
)
def test_a_token_is_taken_from_where_saleor_takes_it(headers, token):
    assert access.token_of(RequestFactory().get("/", headers=headers)) == token


@pytest.mark.parametrize(
    ("forwarded", "ip"),
    [
        ("", "127.0.0.1"),
        ("192.0.2.7", "192.0.2.7"),
        ("192.0.2.7, 192.0.2.8", "192.0.2.7"),
        ("unknown, 2001:db8::1", "2001:db8::1"),
        ("x\t", "127.0.0.1"),
    ],
)
def test_where_a_request_comes_from(forwarded, ip):
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}

    assert access.ip_of(RequestFactory().get("/", headers=headers)) == ip


def test_who_asks(settings):
    get_saleor.cache_clear()
    with SaleorSandbox() as saleor:
        settings.SALEOR_API_URL, settings.SALEOR_APP_TOKEN = saleor.url, saleor.token
        token = saleor.add_staff("mia@example.com", ["MANAGE_ORDERS"])

        def asks(bearer: str) -> Requestor:
            headers = {"Authorization": f"Bearer {bearer}"}
            return access.who_asks(RequestFactory().get("/", headers=headers))

        assert asks(token).name == "mia@example.com"
        assert asks(saleor.token).kind == "app"
        with pytest.raises(InvalidInput) as caught:
            asks("junk")
        assert caught.value.code == "TOKEN_INVALID"
    get_saleor.cache_clear()


def test_a_request_without_a_token_needs_no_saleor(settings):
    settings.SALEOR_API_URL = settings.SALEOR_APP_TOKEN = ""
    get_saleor.cache_clear()

    assert access.who_asks(RequestFactory().get("/")) is ANONYMOUS
