"""Charges and payment methods over the API."""

from __future__ import annotations

from saleor_tiktok_stripe.sandbox.stripe import payment_params as spec
from saleor_tiktok_stripe.sandbox.stripe import payments
from saleor_tiktok_stripe.sandbox.stripe.api_payments import shipping
from saleor_tiktok_stripe.sandbox.stripe.charges import refunds_of
from saleor_tiktok_stripe.sandbox.stripe.events import emit
from saleor_tiktok_stripe.sandbox.stripe.paging import page
from saleor_tiktok_stripe.sandbox.stripe.params import (
    PAGING,
    free,
    integer,
    merged_metadata,
    metadata,
    text,
    when,
)
from saleor_tiktok_stripe.sandbox.stripe.payment_methods import from_data
from saleor_tiktok_stripe.sandbox.stripe.registry import Request, route
from saleor_tiktok_stripe.sandbox.stripe.world import Object

SCOPE = "charge"


@route("GET", "/v1/charges/{id}", scope=SCOPE)
def retrieve(request: Request) -> Object:
    """A charge as it is now."""
    return request.account.get("charge", request.path["id"])


@route(
    "POST",
    "/v1/charges/{id}",
    params={
        "description": text(),
        "metadata": metadata(),
        "receipt_email": text(),
        "shipping": spec.SHIPPING,
    },
    scope=SCOPE,
)
def update(request: Request) -> Object:
    """What describes a charge can be changed."""
    account = request.account
    charge = account.get("charge", request.path["id"])
    previous = {name: charge[name] for name in request.params}
    charge["metadata"] = merged_metadata(charge["metadata"], request.get("metadata"))
    if "shipping" in request.params:
        charge["shipping"] = shipping(request.get("shipping"))
    for name in ("description", "receipt_email"):
        if name in request.params:
            charge[name] = request.get(name) or None
    emit(account, "charge.updated", charge, previous)
    return charge


@route(
    "POST",
    "/v1/charges/{id}/capture",
    params={
        "amount": integer(low=1),
        "receipt_email": text(),
        "statement_descriptor": text(longest=22),
        "statement_descriptor_suffix": text(longest=22),
    },
    scope=SCOPE,
)
def capture(request: Request) -> Object:
    """The older way to capture: through the charge."""
    account = request.account
    charge = account.get("charge", request.path["id"])
    payment = account.get("payment_intent", charge["payment_intent"])
    payments.capture(account, payment, request.get("amount"))
    return charge


@route("GET", "/v1/charges/{id}/refunds", params=PAGING, scope=SCOPE)
def refunds(request: Request) -> Object:
    """The refunds of a charge."""
    account = request.account
    charge = account.get("charge", request.path["id"])
    rows = reversed(refunds_of(account, charge["id"]))
    return page(request, rows, f"/v1/charges/{charge['id']}/refunds", "refund")


@route(
    "GET",
    "/v1/charges",
    params={
        **PAGING,
        "created": when(),
        "customer": text(),
        "payment_intent": text(),
        "transfer_group": text(),
    },
    scope=SCOPE,
)
def listed(request: Request) -> Object:
    """Charges, newest first."""
    rows = [
        row
        for row in request.account.of("charge")
        if all(
            request.get(name) in (None, row[name])
            for name in ("payment_intent", "customer", "transfer_group")
        )
    ]
    return page(request, rows, "/v1/charges", "charge")


@route(
    "POST",
    "/v1/payment_methods",
    params={
        "type": text(required=True),
        "billing_details": spec.BILLING,
        "card": free(),
        "ideal": free(),
        "metadata": metadata(),
        "sepa_debit": free(),
        "us_bank_account": free(),
    },
    scope="payment_method",
    auth="publishable",
    js_params=spec.JS,
)
def create_method(request: Request) -> Object:
    """A payment method, as Stripe.js makes it."""
    by_buyer = request.key.kind == "publishable"
    made = from_data(request.account, request.params, by_buyer=by_buyer)
    made["metadata"] = merged_metadata({}, request.get("metadata"))
    return made


@route("GET", "/v1/payment_methods/{id}", scope="payment_method")
def retrieve_method(request: Request) -> Object:
    """A payment method."""
    return request.account.get("payment_method", request.path["id"], "payment_method")
