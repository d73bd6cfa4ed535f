"""Refunds over the API."""

from __future__ import annotations

from saleor_tiktok_stripe.sandbox.stripe import refunds
from saleor_tiktok_stripe.sandbox.stripe.errors import missing, refused
from saleor_tiktok_stripe.sandbox.stripe.events import emit
from saleor_tiktok_stripe.sandbox.stripe.paging import page
from saleor_tiktok_stripe.sandbox.stripe.params import (
    PAGING,
    flag,
    integer,
    merged_metadata,
    metadata,
    text,
    when,
)
from saleor_tiktok_stripe.sandbox.stripe.registry import Request, route
from saleor_tiktok_stripe.sandbox.stripe.world import Account, Object

SCOPE = "charge"
REASONS = ("duplicate", "fraudulent", "requested_by_customer")


def charge_of_payment(account: Account, payment_id: str) -> Object:
    """The charge that a refund of a payment would refund; refuses when there is none."""
    payment = account.find("payment_intent", payment_id)
    if payment is None:
        raise missing("payment_intent", payment_id, "payment_intent")
    if payment["status"] == "requires_capture":
        raise refused(
            f"This PaymentIntent ({payment_id}) has been authorized but not captured. To release "
            "the authorized funds, cancel the PaymentIntent instead of refunding it.",
        )
    charge = account.find("charge", payment["latest_charge"])
    if charge is None or charge["status"] != "succeeded" or not charge["captured"]:
        said = f"This PaymentIntent ({payment_id}) does not have a successful charge to refund."
        raise refused(said)
    return charge


@route(
    "POST",
    "/v1/refunds",
    params={
        "amount": integer(low=1),
        "charge": text(),
        "currency": text(),
        "customer": text(),
        "instructions_email": text(),
        "metadata": metadata(),
        "origin": text(choices=("customer_balance",)),
        "payment_intent": text(),
        "reason": text(choices=REASONS),
        "refund_application_fee": flag(),
        "reverse_transfer": flag(),
    },
    scope=SCOPE,
)
def create(request: Request) -> Object:
    """Refund a charge, all that is left of it or a part."""
    account = request.account
    if request.get("charge"):
        charge = account.get("charge", request.get("charge"))
    elif request.get("payment_intent"):
        charge = charge_of_payment(account, request.get("payment_intent"))
    else:
        raise refused(
            "One of the following params should be provided for this request: payment_intent or "
            "charge."
        )
    amount = refunds.check(account, charge, request.get("amount"))
    return refunds.make(
        account,
        charge,
        amount,
        reason=request.get("reason") or None,
        metadata=merged_metadata({}, request.get("metadata")),
        outcome=account.refund_outcomes.pop(0) if account.refund_outcomes else "",
    )


@route("GET", "/v1/refunds/{id}", scope=SCOPE)
def retrieve(request: Request) -> Object:
    """A refund as it is now."""
    return request.account.get("refund", request.path["id"])


@route("POST", "/v1/refunds/{id}", params={"metadata": metadata()}, scope=SCOPE)
def update(request: Request) -> Object:
    """Only metadata can be changed."""
    refund = request.account.get("refund", request.path["id"])
    former = refund["metadata"]
    refund["metadata"] = merged_metadata(former, request.get("metadata"))
    emit(request.account, "refund.updated", refund, {"metadata": former})
    return refund


@route("POST", "/v1/refunds/{id}/cancel", scope=SCOPE)
def cancel(request: Request) -> Object:
    """Only a refund that waits for the buyer can be canceled."""
    refund = request.account.get("refund", request.path["id"])
    refunds.cancel(request.account, refund)
    return refund


@route(
    "GET",
    "/v1/refunds",
    params={**PAGING, "charge": text(), "created": when(), "payment_intent": text()},
    scope=SCOPE,
)
def listed(request: Request) -> Object:
    """Refunds, newest first, of one charge or payment or of all."""
    rows = [
        row
        for row in request.account.of("refund")
        if request.get("charge") in (None, row["charge"])
        and request.get("payment_intent") in (None, row["payment_intent"])
    ]
    return page(request, rows, "/v1/refunds", "refund")
