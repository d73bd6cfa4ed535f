"""The balance: the sum of the balance transactions."""

from __future__ import annotations

from collections import Counter

from saleor_tiktok_stripe.sandbox.stripe.registry import Request, route
from saleor_tiktok_stripe.sandbox.stripe.world import Account, Object


@route("GET", "/v1/balance", scope="balance")
def balance(request: Request) -> Object:
    """What is available and what is pending, per currency."""
    account = request.account
    return {
        "object": "balance",
        "available": _sums(account, "available"),
        "connect_reserved": [{"amount": 0, "currency": account.currency}],
        "livemode": account.livemode,
        "pending": _sums(account, "pending"),
    }


def _sums(account: Account, status: str) -> list[Object]:
    sums: Counter[str] = Counter({account.currency: 0})
    for row in account.of("balance_transaction"):
        if row["status"] == status:
            sums[row["currency"]] += row["net"]
    return [
        {"amount": amount, "currency": currency, "source_types": {"card": amount}}
        for currency, amount in sums.items()
    ]
