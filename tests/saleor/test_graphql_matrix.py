"""Who may do what on a real Saleor: everything that can be asked, by people and apps with Saleor's
own tokens. All roles are in ``tests/graphql/test_matrix.py``; here are those whose tokens and
rights are Saleor's business."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from cryptography.fernet import Fernet
from django.test import Client

from saleor_tiktok_stripe import conf
from saleor_tiktok_stripe.access import Rule
from tests.graphql.shape import Asked, everything_asked
from tests.graphql.vendors import counted_vendors
from tests.support.factories import make_connection, make_stripe_connection
from tests.support.stored import everything

from .payments import switch
from .people import forged, make_app, make_customer, make_staff, token_for
from .shop import Shop, make_shop

pytestmark = pytest.mark.django_db
EVERY = (
    "HANDLE_PAYMENTS",
    "MANAGE_CHANNELS",
    "MANAGE_ORDERS",
    "MANAGE_PLUGINS",
    "MANAGE_PRODUCTS",
    "MANAGE_STAFF",
    "MANAGE_USERS",
)
TokenOf = Callable[[Shop, Rule], str]


def needed(rule: Rule) -> tuple[str, ...]:
    return tuple(sorted(rule.all_of or rule.any_of))


def lacking(rule: Rule) -> tuple[str, ...]:
    gone = set(sorted(rule.all_of)[:1]) or rule.any_of
    return tuple(one for one in EVERY if one not in gone)


def mail(rule: Rule) -> str:
    return f"{abs(hash((rule.all_of, rule.any_of)))}@example.com"


DENIED: dict[str, tuple[str, TokenOf]] = {
    "anonymous": ("SIGN_IN_REQUIRED", lambda shop, rule: ""),
    "customer": ("PERMISSION_DENIED", lambda shop, rule: token_for(make_customer(mail(rule)))),
    "staff without": (
        "PERMISSION_DENIED",
        lambda shop, rule: token_for(make_staff(mail(rule), *lacking(rule))),
    ),
    "staff of another channel": (
        "CHANNEL_DENIED",
        lambda shop, rule: token_for(make_staff(mail(rule), *EVERY, channels=())),
    ),
    "app without": (
        "PERMISSION_DENIED",
        lambda shop, rule: make_app(mail(rule), *lacking(rule))[1],
    ),
    "expired token": (
        "TOKEN_EXPIRED",
        lambda shop, rule: token_for(make_staff(mail(rule), *EVERY), seconds=-10),
    ),
    "forged token": (
        "TOKEN_INVALID",
        lambda shop, rule: forged(token_for(make_staff(mail(rule), *EVERY))),
    ),
}
ALLOWED: dict[str, TokenOf] = {
    "staff with": lambda shop, rule: token_for(make_staff(mail(rule), *needed(rule))),
    "staff of this channel": lambda shop, rule: token_for(
        make_staff(mail(rule), *needed(rule), channels=(shop.channel.slug,))
    ),
    "superuser": lambda shop, rule: token_for(make_staff(mail(rule), superuser=True)),
    "app with": lambda shop, rule: make_app(mail(rule), *needed(rule))[1],
}
DENIALS = {code for code, _ in DENIED.values()}


@pytest.fixture
def shop(settings) -> Shop:
    settings.TIKTOK_STRIPE_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    settings.TIKTOK_STRIPE_API_CALLS_PER_MINUTE = 1_000_000
    settings.ALLOWED_HOSTS = ["*"]
    made = make_shop()
    switch(made)
    make_connection(made.channel.slug)
    make_stripe_connection(made.channel.slug)
    return made


def codes_of(shop: Shop, asked: Asked, token: str) -> set[str]:
    said = Client().post(
        f"/plugins/channel/{shop.channel.slug}/{conf.PLUGIN_ID}/graphql/",
        json.dumps({"query": asked.document}),
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}"} if token else {},
    )
    errors = said.json().get("errors", [])
    told = {
        one["extensions"].get("code") or one["extensions"]["exception"]["code"] for one in errors
    }
    assert "InternalServerError" not in told, (asked.name, errors)
    return told


def ruled() -> list[tuple[Asked, Rule]]:
    return [(one, one.rule) for one in everything_asked() if one.rule and not one.rule.public]


@pytest.mark.parametrize("role", DENIED)
def test_who_may_not_is_told_so_and_nothing_is_done(shop: Shop, role: str):
    code, token_of = DENIED[role]
    tokens = {rule: token_of(shop, rule) for rule in {rule for _, rule in ruled()}}
    before = everything()

    with counted_vendors() as calls:
        told = {one.name: codes_of(shop, one, tokens[rule]) for one, rule in ruled()}

    assert {name: codes for name, codes in told.items() if codes != {code}} == {}
    assert len(told) > 70
    assert calls == []
    assert everything() == before


@pytest.mark.parametrize("role", ALLOWED)
def test_who_may_is_let_in(shop: Shop, role: str):
    tokens = {rule: ALLOWED[role](shop, rule) for rule in {rule for _, rule in ruled()}}

    with counted_vendors() as calls:
        told = {one.name: codes_of(shop, one, tokens[rule]) & DENIALS for one, rule in ruled()}

    assert {name: codes for name, codes in told.items() if codes} == {}
    assert calls
