"""The sandbox against what Stripe says of itself: the `stripe` package's types, and its samples."""

from __future__ import annotations

import io
from typing import Any

import pytest
import stripe

from saleor_tiktok_stripe.sandbox.stripe import StripeSandbox, gateway
from saleor_tiktok_stripe.sandbox.stripe.control import Control
from saleor_tiktok_stripe.sandbox.stripe.dispute_rules import DAY, OPENINGS, WARNING_CARD
from saleor_tiktok_stripe.sandbox.stripe.params import Kind, Spec
from saleor_tiktok_stripe.sandbox.stripe.registry import ROUTES, Route

from . import typed
from .conftest import Recorder, client

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


def test_a_parameter_that_stripe_does_not_have_would_be_seen_in_a_call() -> None:
    known = typed.parameters("POST", "/v1/disputes/{}")
    proof = {"prior_undisputed_transactions": [{"charge": "ch_1"}, {"charges": "ch_2"}]}
    call = {
        "submit": "false",
        "evidence": {"enhanced_evidence": {"visa_compelling_evidence_3": proof}},
        "metadata": {"anything": "goes"},
        "reason": "fraudulent",
    }

    root = "evidence[enhanced_evidence][visa_compelling_evidence_3]"
    assert typed.unknown(call, known) == [
        f"{root}[prior_undisputed_transactions][charges]",
        "reason",
    ]


def _walk(api: Any, control: Control) -> None:
    """Something of everything: each resource is made, changed and listed."""

    def pay(method: str, **more: Any) -> Any:
        return api.payment_intents.create(
            {
                "amount": 2000,
                "currency": "usd",
                "payment_method": method,
                "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
                "confirm": True,
                "shipping": {"name": "Ada", "address": {"line1": "Mill Lane 1"}},
                **more,
            }
        )

    hook = api.webhook_endpoints.create({"url": "https://a.example/", "enabled_events": ["*"]})
    held = pay("pm_card_visa", capture_method="manual")
    api.payment_intents.capture(held.id, {"amount_to_capture": 700})
    api.payment_intents.cancel(pay("pm_card_visa", capture_method="manual").id)
    pay("pm_card_authenticationRequired")
    with pytest.raises(stripe.CardError):
        pay("pm_card_visa_chargeDeclined")
    pay("pm_usBankAccount_success")
    for method in ("pm_card_visa", "pm_card_pendingRefund", "pm_card_refundFail"):
        refund = api.refunds.create({"payment_intent": pay(method).id, "amount": 100})
        control.turn(2 * DAY)
        api.refunds.retrieve(refund.id, {"expand": ["balance_transaction", "charge"]})
    control.fail_payout(control.pay_out()[0])
    _dispute(api, control, [pay(method) for method in sorted(OPENINGS)])
    pay(WARNING_CARD)
    _records(api)
    for listed in (
        api.balance_transactions, api.charges, api.disputes, api.events, api.files,
        api.payment_intents, api.payouts, api.radar.early_fraud_warnings, api.refunds,
        api.webhook_endpoints,
    ):  # fmt: skip
        assert listed.list({"limit": 100}).data
    api.charges.list({"expand": ["data.refunds", "data.balance_transaction.source"]})
    api.accounts.retrieve_current()
    api.balance.retrieve()
    api.webhook_endpoints.delete(hook.id)


def _dispute(api: Any, control: Control, payments: list[Any]) -> None:
    proof = io.BytesIO(b"\x89PNG\r\n\x1a\n")
    proof.name = "proof.png"
    file = api.files.create(
        {"purpose": "dispute_evidence", "file": proof, "file_link_data": {"create": True}}
    )
    identity = {"customer_purchase_ip": "10.0.0.1", "shipping_address": {"line1": "Mill Lane 1"}}
    prior = {"charge": payments[0].latest_charge, **identity}
    compelling = {
        "disputed_transaction": identity,
        "prior_undisputed_transactions": [prior, prior],
    }
    for made in api.disputes.list().data:
        enhanced: dict[str, Any] = {
            kind: {"fee_acknowledged": True} if kind.endswith("compliance") else compelling
            for kind in made.enhanced_eligibility_types
        }
        words = {"receipt": file.id, "uncategorized_text": "winning_evidence"}
        given = {**words, "enhanced_evidence": enhanced} if enhanced else words
        api.disputes.update(made.id, {"evidence": given, "expand": ["evidence.receipt"]})
    control.turn(10)


def _records(api: Any) -> None:
    made = api.payment_records.report_payment(
        {
            "amount_requested": {"value": 100, "currency": "usd"},
            "initiated_at": 1,
            "payment_method_details": {
                "type": "custom",
                "custom": {"display_name": "TikTok Shop"},
                "billing_details": {"name": "Ada"},
            },
            "processor_details": {"type": "custom", "custom": {"payment_reference": "5764"}},
            "outcome": "guaranteed",
            "guaranteed": {"guaranteed_at": 1},
            "shipping_details": {"name": "Ada", "address": {"line1": "Mill Lane 1"}},
            "customer_details": {"email": "ada@example.com"},
        }
    )
    api.payment_attempt_records.retrieve(made.latest_payment_attempt_record)


@pytest.mark.skipif(not typed.fixtures(), reason=f"Stripe's samples are not at {typed.SAMPLES}")
def test_every_object_answered_has_the_keys_it_has_at_stripe(
    stripe_server: StripeSandbox, control: Control
) -> None:
    recorder = Recorder()

    _walk(client(stripe_server, control.secret_key, http_client=recorder).v1, control)

    seen = [thing for answer in recorder.answers for thing in typed.objects(answer)]
    assert {thing["object"] for thing in seen} >= {
        "account", "balance", "balance_transaction", "charge", "dispute", "event", "file",
        "file_link", "list", "payment_attempt_record", "payment_intent", "payment_method",
        "payment_record", "payout", "radar.early_fraud_warning", "refund", "webhook_endpoint",
    }  # fmt: skip
    assert sorted({odd for thing in seen for odd in typed.odd_keys(thing)}) == []


@pytest.mark.skipif(not typed.fixtures(), reason=f"Stripe's samples are not at {typed.SAMPLES}")
def test_an_odd_object_would_be_seen() -> None:
    dispute = {**typed.fixtures()["dispute"], "colour": "red"}
    del dispute["reason"]
    dispute["evidence"] = {**dispute["evidence"], "cover_letter": None}

    assert typed.odd_keys(dispute) == [
        "dispute.reason is missing",
        "dispute.evidence.cover_letter is unknown",
        "dispute.colour is unknown",
    ]
