"""Who may do what: everything that can be asked x everybody who may ask, over HTTP with real
tokens. The rules are written down beside (``rules.txt``): a field or a mutation that is new, or
whose rule changed, fails until it stands there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.test import Client, override_settings

from saleor_tiktok_stripe.access import Rule
from saleor_tiktok_stripe.saleor_api import get_saleor
from saleor_tiktok_stripe.sandbox.saleor import SaleorSandbox
from saleor_tiktok_stripe.sandbox.saleor.people import EVERY_PERMISSION
from saleor_tiktok_stripe.web.console.pages import PAGES
from tests.support.factories import make_connection, make_stripe_connection
from tests.support.stored import everything

from .shape import Asked, everything_asked
from .vendors import counted_vendors

pytestmark = pytest.mark.django_db(transaction=True)

RULES = Path(__file__).with_name("rules.txt")
CHANNEL, OTHER = "tiktok-us", "other-channel"
ADDRESS = f"/plugins/channel/{CHANNEL}/saleor.tiktok_stripe/graphql/"
DENIALS = {
    "SIGN_IN_REQUIRED",
    "PERMISSION_DENIED",
    "CHANNEL_DENIED",
    "TOKEN_EXPIRED",
    "TOKEN_INVALID",
}
WITHOUT_RULE = {"channel"}
"""Says the slug that was asked for, and nothing else."""


def test_every_rule_is_the_one_that_is_written_down():
    stated = {
        f"{one.kind} {one.name}: {one.rule.words if one.rule else 'no rule'}"
        for one in everything_asked()
        if one.name not in WITHOUT_RULE
    }

    assert sorted(stated) == RULES.read_text().splitlines()
    assert not [one for one in stated if one.endswith("no rule")]


BUTTONS = {
    ("start", "verify"): "Verify",
    ("start", "retry"): "JobsRetry",
    ("guide", "enter_app"): "ShopConnect",
    ("guide", "choose"): "ShopSelect",
    ("guide", "enter_keys"): "AccountConnect",
    ("orders", "retry_all"): "JobsRetry",
    ("order", "retry"): "JobRetry",
    ("order", "push"): "OrderPush",
    ("order", "refund"): "OrderRefund",
    ("transaction", "refund"): "OrderRefund",
    ("transaction", "acknowledge"): "RefundFailureAcknowledge",
    ("case", "accept"): "AfterSalesCaseAccept",
    ("case", "reject"): "AfterSalesCaseReject",
    ("case", "offer"): "AfterSalesCaseOffer",
    ("dispute", "draft"): "DisputeDraftCreate",
    ("dispute", "save"): "DisputeEvidenceUpdate",
    ("dispute", "attach"): "DisputeEvidenceFileUpload",
    ("dispute", "remove"): "DisputeEvidenceFileDelete",
    ("dispute", "stage"): "DisputeStage",
    ("dispute", "accept"): "DisputeAccept",
    ("dispute_submit", "submit"): "DisputeSubmit",
    ("stock", "push_stock"): "StockPush",
    ("stock", "push_prices"): "PricePush",
    ("sku", "link"): "SkuLinkCreate",
    ("sku", "unlink"): "SkuLinkDelete",
    ("drift", "check"): "DriftCheck",
    ("drift", "repair_all"): "DriftRepair",
    ("drift", "repair"): "DriftRepair",
    ("drift", "accept"): "DriftAccept",
    ("settings", "verify"): "Verify",
    ("settings", "choices"): "ChannelPolicyUpdate",
    ("settings", "disconnect"): "ShopDisconnect",
    ("settings", "link"): "CarrierLinkCreate",
    ("settings", "unlink"): "CarrierLinkDelete",
    ("settings", "refresh"): "CarriersRefresh",
    ("notices", "save"): "NoticesUpdate",
    ("notices", "test"): "NoticesTest",
    ("notices", "rotate"): "NoticesSecretRotate",
    ("activity", "retry_one"): "JobRetry",
    ("activity", "replay"): "EventReplay",
}
"""Buttons of the console (page and action), and the mutation that does the same."""


def test_the_console_takes_the_same_permissions_for_the_same_work():
    rules = {one.name: one.rule for one in everything_asked()}
    pages = {page.name: page for page in PAGES}

    told = {
        button: pages[button[0]].actions[button[1]].rule or pages[button[0]].rule
        for button in BUTTONS
    }

    assert told == {
        button: rules[f"tiktokStripe{mutation}"] for button, mutation in BUTTONS.items()
    }


@dataclass
class People:
    """Who there is in Saleor, by their tokens."""

    saleor: SaleorSandbox

    def staff(self, permissions: frozenset[str], *channels: str) -> str:
        name = f"{len(self.saleor.state.people)}@example.com"
        return self.saleor.add_staff(name, permissions, channels=channels or None)

    def app(self, permissions: frozenset[str]) -> str:
        return self.saleor.add_app(f"{len(self.saleor.state.apps):030}", permissions).token

    def expired(self, permissions: frozenset[str]) -> str:
        self.staff(permissions)
        return self.saleor.token_for(list(self.saleor.state.people)[-1], seconds=-10)

    def forged(self, permissions: frozenset[str]) -> str:
        head, body, _ = self.staff(permissions).split(".")
        return f"{head}.{body}.{'A' * 43}"

    def token(self, role: str, rule: Rule) -> str:
        """Of somebody in this role, seen from what a rule takes."""
        enough = rule.all_of or rule.any_of
        lacking = frozenset(EVERY_PERMISSION) - (frozenset(sorted(rule.all_of)[:1]) or rule.any_of)
        match role:
            case "anonymous":
                return ""
            case "customer":
                return self.saleor.add_customer(f"{len(self.saleor.state.people)}@example.com")
            case "staff without":
                return self.staff(lacking)
            case "staff without the other":
                last = frozenset(sorted(rule.all_of)[-1:]) or rule.any_of
                return self.staff(frozenset(EVERY_PERMISSION) - last)
            case "staff with":
                return self.staff(enough)
            case "staff with one of them":
                return self.staff(rule.all_of or frozenset(sorted(rule.any_of)[:1]))
            case "staff of this channel":
                return self.staff(enough, CHANNEL)
            case "staff of another channel":
                return self.staff(frozenset(EVERY_PERMISSION), OTHER)
            case "app without":
                return self.app(lacking)
            case "app with":
                return self.app(enough)
            case "expired token":
                return self.expired(frozenset(EVERY_PERMISSION))
            case "forged token":
                return self.forged(frozenset(EVERY_PERMISSION))
            case "somebody's text":
                return "not.a.token"
        raise AssertionError(role)


DENIED = {
    "anonymous": "SIGN_IN_REQUIRED",
    "customer": "PERMISSION_DENIED",
    "staff without": "PERMISSION_DENIED",
    "staff without the other": "PERMISSION_DENIED",
    "staff of another channel": "CHANNEL_DENIED",
    "app without": "PERMISSION_DENIED",
    "expired token": "TOKEN_EXPIRED",
    "forged token": "TOKEN_INVALID",
    "somebody's text": "TOKEN_INVALID",
}
ALLOWED = ("staff with", "staff with one of them", "staff of this channel", "app with")
NOBODY = {"expired token", "forged token", "somebody's text"}
"""A token that is no good is told, whatever is asked for."""


@pytest.fixture
def people(settings) -> Iterator[People]:
    settings.TIKTOK_STRIPE_API_CALLS_PER_MINUTE = 1_000_000
    with SaleorSandbox() as saleor:
        saleor.add_channel(CHANNEL, "USD", "US", ())
        saleor.add_channel(OTHER, "USD", "US", ())
        with override_settings(SALEOR_API_URL=saleor.url, SALEOR_APP_TOKEN=saleor.token):
            get_saleor.cache_clear()
            make_connection(CHANNEL)
            make_stripe_connection(CHANNEL)
            yield People(saleor)
            get_saleor.cache_clear()


def codes_of(asked: Asked, token: str) -> set[str]:
    """The codes of the errors at the top of the answer."""
    headers = {"HTTP_AUTHORIZATION_BEARER": token} if token else {}
    body = json.dumps({"query": asked.document})
    answer = Client().post(ADDRESS, body, content_type="application/json", **headers)
    errors = answer.json().get("errors", [])
    told = {
        one["extensions"].get("code") or one["extensions"]["exception"]["code"] for one in errors
    }
    assert "InternalServerError" not in told, (asked.name, errors)
    return told


def tokens_of(people: People, role: str) -> dict[Rule, str]:
    """One person for each rule."""
    rules = {one.rule for one in everything_asked() if one.rule is not None}
    return {rule: people.token(role, rule) for rule in rules}


@pytest.mark.parametrize("role", DENIED)
def test_who_may_not_is_told_so_and_no_service_is_reached(people: People, role: str):
    tokens = tokens_of(people, role)
    before = everything()

    with counted_vendors() as calls:
        told = {
            (one.kind, one.name): codes_of(one, tokens[one.rule])
            for one in everything_asked()
            if one.rule is not None and (not one.rule.public or role in NOBODY)
        }

    assert told
    assert {key: codes for key, codes in told.items() if codes != {DENIED[role]}} == {}
    assert calls == []
    assert everything() == before


@pytest.mark.parametrize("role", ALLOWED)
def test_who_may_is_let_in(people: People, role: str):
    tokens = tokens_of(people, role)

    with counted_vendors() as calls:
        told = {
            (one.kind, one.name): codes_of(one, tokens[one.rule]) & DENIALS
            for one in everything_asked()
            if one.rule is not None
        }

    assert {key: codes for key, codes in told.items() if codes} == {}
    assert calls, "a service that asks a vendor was reached"


@pytest.mark.parametrize("role", [one for one in DENIED if one not in NOBODY])
def test_what_is_public_is_public(people: People, role: str):
    public = [one for one in everything_asked() if one.rule is not None and one.rule.public]

    told = {one.name: codes_of(one, people.token(role, one.rule)) for one in public}

    assert told == {"storefront": set()}
