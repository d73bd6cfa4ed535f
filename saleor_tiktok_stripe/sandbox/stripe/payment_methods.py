"""PaymentMethod objects, made from test methods."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from saleor_tiktok_stripe.sandbox.stripe.buyer_methods import (
    BY_NUMBER,
    BY_TYPE,
    METHODS,
    Method,
)
from saleor_tiktok_stripe.sandbox.stripe.errors import StripeError, invalid, missing
from saleor_tiktok_stripe.sandbox.stripe.world import Account, Object, letters

_ADDRESS = ("city", "country", "line1", "line2", "postal_code", "state")
_NOBODY: Mapping[str, Any] = {}


def billing(given: Mapping[str, Any] | None = None) -> Object:
    """`billing_details`, complete."""
    given = given or {}
    address = given.get("address") or {}
    return {
        "address": {name: address.get(name) for name in _ADDRESS},
        "email": given.get("email"),
        "name": given.get("name"),
        "phone": given.get("phone"),
        "tax_id": given.get("tax_id"),
    }


def card_facts(method: Method) -> Object:
    """What a card object and a charge's card details have in common."""
    return {
        "brand": method.brand,
        "checks": {
            "address_line1_check": None,
            "address_postal_code_check": None,
            "cvc_check": "fail" if method.decline and "cvc" in method.decline.code else "pass",
        },
        "country": "US",
        "exp_month": 12,
        "exp_year": 2034,
        "fingerprint": letters(f"card/{method.name}", 16),
        "funding": "credit",
        "last4": method.last4,
        "regulated_status": "unregulated",
        "wallet": None,
    }


def _details(method: Method) -> Object:
    if method.type == "card":
        return {
            **card_facts(method),
            "display_brand": method.brand,
            "generated_from": None,
            "networks": {"available": [method.brand], "preferred": None},
            "three_d_secure_usage": {"supported": True},
        }
    return bank_facts(method)


def bank_facts(method: Method) -> Object:
    """Details of a method that is no card."""
    if method.type == "sepa_debit":
        return {
            "bank_code": "37040044",
            "branch_code": "",
            "country": "DE",
            "fingerprint": letters(f"iban/{method.name}", 16),
            "last4": method.last4,
        }
    if method.type == "us_bank_account":
        return {
            "account_holder_type": "individual",
            "account_type": "checking",
            "bank_name": "STRIPE TEST BANK",
            "fingerprint": letters(f"bank/{method.name}", 16),
            "last4": method.last4,
            "routing_number": "110000000",
        }
    if method.type == "ideal":
        return {"bank": None, "bic": None}
    return {}


def make(account: Account, method: Method, details: Mapping[str, Any] | None = None) -> Object:
    """A new PaymentMethod that behaves as the test method does."""
    made = account.put(
        {
            "id": account.new_id("pm"),
            "object": "payment_method",
            "allow_redisplay": "unspecified",
            "billing_details": billing(details),
            method.type: _details(method),
            "created": account.now(),
            "customer": None,
            "customer_account": None,
            "livemode": account.livemode,
            "metadata": {},
            "type": method.type,
        }
    )
    account.note(made["id"])["method"] = method
    return made


def behaviour(account: Account, payment_method_id: str) -> Method:
    """The test method behind a PaymentMethod."""
    method: Method = account.note(payment_method_id)["method"]
    return method


def named(account: Account, name: str, param: str = "payment_method") -> Object:
    """A saved PaymentMethod, or a new one for the name of a test method (test mode only)."""
    found = account.find("payment_method", name)
    if found is not None:
        return found
    if name in METHODS and name.startswith("pm_") and not account.livemode:
        return make(account, METHODS[name])
    raise missing("PaymentMethod", name, param, 400)


def from_data(account: Account, data: Mapping[str, Any], *, by_buyer: bool) -> Object:
    """A PaymentMethod from `payment_method_data`; card numbers only from the buyer's browser."""
    details = data.get("billing_details") or _NOBODY
    type_ = data.get("type")
    if type_ != "card":
        if type_ not in BY_TYPE:
            raise invalid(
                f"Invalid payment_method_data[type]: {type_}", "payment_method_data[type]"
            )
        return make(account, BY_TYPE[type_], details)
    card = data.get("card") or {}
    token = str(card.get("token", ""))
    if token:
        name = f"pm_card_{token.removeprefix('tok_')}"
        if name not in METHODS:
            raise missing("token", token, "payment_method_data[card][token]", 400)
        return make(account, METHODS[name], details)
    if not by_buyer:
        raise StripeError(
            402,
            message="Sending credit card numbers directly to the Stripe API is generally unsafe. "
            "We suggest you use test tokens that map to the test card you are using, see "
            "https://stripe.com/docs/testing.",
        )
    method = BY_NUMBER.get(str(card.get("number", "")).replace(" ", ""))
    if method is None:
        said = "Your card number is incorrect."
        raise StripeError(402, "card_error", "incorrect_number", "number", said)
    return make(account, method, details)
