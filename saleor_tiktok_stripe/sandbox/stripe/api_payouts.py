"""Payouts over the API. They come by the account's schedule (`control.pay_out`)."""

from __future__ import annotations

from saleor_tiktok_stripe.sandbox.stripe.expand import expandable
from saleor_tiktok_stripe.sandbox.stripe.paging import in_range, page
from saleor_tiktok_stripe.sandbox.stripe.params import PAGING, Spec, text, when
from saleor_tiktok_stripe.sandbox.stripe.registry import Request, route
from saleor_tiktok_stripe.sandbox.stripe.world import Object

_LIST: Spec = {
    **PAGING,
    "arrival_date": when(),
    "created": when(),
    "destination": text(),
    "status": text(),
}

expandable(
    "payout",
    balance_transaction="balance_transaction",
    failure_balance_transaction="balance_transaction",
    original_payout="payout",
    reversed_by="payout",
)


@route("GET", "/v1/payouts", params=_LIST, scope="payout")
def list_payouts(request: Request) -> Object:
    """All payouts, or those of a status, a destination or a day of arrival."""
    found = [
        one
        for one in request.account.of("payout")
        if in_range(one["arrival_date"], request.get("arrival_date"))
        and request.get("status") in (None, one["status"])
        and request.get("destination") in (None, one["destination"])
    ]
    return page(request, found, "/v1/payouts", "payout")


@route("GET", "/v1/payouts/{id}", scope="payout")
def retrieve_payout(request: Request) -> Object:
    """One payout."""
    return request.account.get("payout", request.path["id"])
