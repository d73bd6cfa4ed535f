"""Balance transactions over the API: what moved in an account's balance, and in which payout."""

from __future__ import annotations

from typing import Any

from saleor_tiktok_stripe.sandbox.stripe import payouts
from saleor_tiktok_stripe.sandbox.stripe.errors import invalid
from saleor_tiktok_stripe.sandbox.stripe.expand import includable
from saleor_tiktok_stripe.sandbox.stripe.paging import page
from saleor_tiktok_stripe.sandbox.stripe.params import PAGING, Spec, text, when
from saleor_tiktok_stripe.sandbox.stripe.registry import Request, route
from saleor_tiktok_stripe.sandbox.stripe.world import Account, Object

_SCOPE = "balance_transaction_source"
_EQUAL = ("currency", "source", "type")
_SOURCES = ("charge", "refund", "dispute", "payout")
_LIST: Spec = {
    **PAGING,
    "created": when(),
    "payout": text(),
    **{name: text() for name in _EQUAL},
}


def _source(account: Account, row: Object) -> Any:
    found = (account.find(kind, row["source"]) for kind in _SOURCES)
    return next((thing for thing in found if thing is not None), row["source"])


includable("balance_transaction", "source", _source)


@route("GET", "/v1/balance_transactions", params=_LIST, scope=_SCOPE)
def list_transactions(request: Request) -> Object:
    """All of them, or those of a type, currency, source or automatic payout."""
    account = request.account
    rows = list(account.of("balance_transaction"))
    if request.get("payout"):
        rows = _of_payout(account, request.params["payout"])
    for name in _EQUAL:
        if request.get(name):
            rows = [row for row in rows if row[name] == request.params[name]]
    return page(request, rows, "/v1/balance_transactions", "balance_transaction")


def _of_payout(account: Account, payout_id: str) -> list[Object]:
    payout = account.get("payout", payout_id, "payout", 400)
    if not payout["automatic"]:
        raise invalid(
            "Balance transaction history can only be filtered on automatic payouts, not manual.",
            "payout",
        )
    if payout["reconciliation_status"] != "completed":
        raise invalid("The balance transactions of this payout are not available yet.", "payout")
    return payouts.members(account, payout_id)


@route("GET", "/v1/balance_transactions/{id}", scope=_SCOPE)
def retrieve_transaction(request: Request) -> Object:
    """One balance transaction."""
    return request.account.get("balance_transaction", request.path["id"])
