"""The sandbox against what Stripe says of itself: the `stripe` package's types, and its samples."""

from __future__ import annotations

import pytest

from saleor_tiktok_stripe.sandbox.stripe import gateway
from saleor_tiktok_stripe.sandbox.stripe.params import Kind, Spec
from saleor_tiktok_stripe.sandbox.stripe.registry import ROUTES, Route

from . import typed

# What the package sends by other means than its typed parameters.
BESIDE_THE_TYPES = {
    ("POST", "/v1/files"): {"file"},  # a part of the multipart body
    # What Stripe.js may send of a card, and what the pinned version takes and the newest does not.
    ("POST", "/v1/payment_intents"): {"payment_method_data.card", "payment_method_types"},
    ("POST", "/v1/payment_intents/{id}"): {"payment_method_data.card", "payment_method_types"},
    ("POST", "/v1/payment_intents/{id}/confirm"): {
        "payment_method_data.card",
        "payment_method_types",
    },
    # A copy of another account's method needs no type; here they are all made anew.
    ("POST", "/v1/payment_methods"): {"type"},
    ("POST", "/oauth/token"): {"client_secret"},  # instead of the header
    ("POST", "/oauth/deauthorize"): {"client_secret", "stripe_user_id"},
}
OAUTH = {
    ("GET", "/oauth/authorize"): "OAuthAuthorizeUrlParams",
    ("POST", "/oauth/token"): "OAuthTokenParams",
    ("POST", "/oauth/deauthorize"): "OAuthDeauthorizeParams",
}
# Pages for people, with forms of their own.
PAGES = ("/pages/",)
FORMS = {("POST", "/oauth/authorize")}
# Left to the handler, because the refusal differs by what else is sent.
CHECKED_LATER = {"file", "grant_type"}
TABLE = [
    route
    for route in ROUTES
    if (route.method, route.path) not in FORMS and not route.path.startswith(PAGES)
]


def _typed(route: Route) -> typed.Typed | None:
    name = OAUTH.get((route.method, route.path))
    return typed.oauth(name) if name else typed.parameters(route.method, route.path)


def _compare(spec: Spec, known: typed.Typed, beside: set[str], where: str = "") -> list[str]:
    found = [
        f"{where}{name} is required"
        for name in known.required - beside - CHECKED_LATER
        if name not in spec or not spec[name].required
    ]
    for name, kind in spec.items():
        full = f"{where}{name}"
        if name == "expand" or full in beside:
            continue
        if name not in known.fields:
            found.append(f"{full} is unknown")
            continue
        if kind.required and name not in known.required:
            found.append(f"{full} is optional")
        told = known.choices(name) - {""}
        found += [f"{full}={word} is unknown" for word in kind.choices if told and word not in told]
        found += _deeper(kind, known.below(name), beside, full)
    return found


def _deeper(kind: Kind, below: typed.Typed | None, beside: set[str], full: str) -> list[str]:
    if kind.name == "items" and kind.each is not None:
        return _deeper(kind.each, below, beside, full)
    if kind.name != "obj":
        return []
    return _compare(kind.of, below, beside, f"{full}.") if below else [f"{full} is no object"]


def test_the_table_is_the_one_served() -> None:
    assert gateway.RESOURCES
    assert len(TABLE) > 50


@pytest.mark.parametrize("route", TABLE, ids=lambda route: f"{route.method} {route.path}")
def test_every_call_is_one_that_stripe_has_with_the_same_parameters(route: Route) -> None:
    known = _typed(route)

    assert known is not None, "Stripe has no such call"
    beside = BESIDE_THE_TYPES.get((route.method, route.path), set())
    assert _compare(route.params, known, beside) == []


def test_a_parameter_too_much_or_too_little_would_be_seen() -> None:
    known = typed.parameters("POST", "/v1/disputes/{}")
    assert known is not None
    wrong = {
        "submitt": Kind("flag"),
        "metadata": Kind("metadata", required=True),
        "intended_submission_method": Kind("text", choices=("manual", "by_pigeon")),
        "evidence": Kind("obj", of={"receipts": Kind("text")}),
    }

    assert _compare(wrong, known, set()) == [
        "submitt is unknown",
        "metadata is optional",
        "intended_submission_method=by_pigeon is unknown",
        "evidence.receipts is unknown",
    ]
    refund = typed.parameters("POST", "/v1/payment_records/{}/report_refund")
    assert refund is not None
    assert sorted(_compare({}, refund, set())) == [
        "outcome is required",
        "processor_details is required",
    ]
