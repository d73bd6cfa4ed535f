"""Balance transactions: what each movement costs, and when it is available."""

from __future__ import annotations

from typing import Any

from saleor_tiktok_stripe.sandbox.stripe.world import Account, Object

ZERO_DECIMAL = frozenset(
    {"bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga",
     "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf"}
)  # fmt: skip
THREE_DECIMAL = frozenset({"bhd", "jod", "kwd", "omr", "tnd"})
# Sent with two decimals that must be 00.
WHOLE_ONLY = frozenset({"isk", "ugx"})
DAY = 86_400
AVAILABLE_AFTER = 2 * DAY
_CATEGORIES = {
    "charge": "charge",
    "payment": "charge",
    "refund": "refund",
    "payment_refund": "refund",
    "refund_failure": "refund_failure",
    "payment_failure_refund": "refund_failure",
    "stripe_fee": "fee",
    "payout": "payout",
    "payout_failure": "payout_reversal",
}


def card_fee(amount: int, currency: str) -> int:
    """Stripe's standard price: 2.9 % + 30 (minor units), rounded half up."""
    fixed = 3 if currency in ZERO_DECIMAL else 300 if currency in THREE_DECIMAL else 30
    return (amount * 29 + 500) // 1000 + fixed


def book(
    account: Account,
    type_: str,
    amount: int,
    currency: str,
    source: str,
    *,
    fee: int = 0,
    fee_description: str = "Stripe processing fees",
    description: str | None = None,
    category: str = "",
    available_after: int = AVAILABLE_AFTER,
) -> Object:
    """Write a balance transaction and return it; `amount` is negative for money going out.

    `net` is amount - fee. It turns from pending to available after `available_after` seconds of
    the account's clock. `category` (reporting_category) follows from the type unless given.
    """
    now = account.now()
    details: list[dict[str, Any]] = []
    if fee:
        details.append(
            {
                "amount": fee,
                "application": None,
                "currency": currency,
                "description": fee_description,
                "type": "stripe_fee",
            }
        )
    row = account.put(
        {
            "id": account.new_id("txn"),
            "object": "balance_transaction",
            "amount": amount,
            "available_on": now + available_after,
            "balance_type": "payments",
            "created": now,
            "currency": currency,
            "description": description,
            "exchange_rate": None,
            "fee": fee,
            "fee_details": details,
            "net": amount - fee,
            "reporting_category": category or _CATEGORIES.get(type_, "other_adjustment"),
            "source": source,
            "status": "pending" if available_after > 0 else "available",
            "type": type_,
        }
    )
    if available_after > 0:
        account.later(available_after, lambda: row.update(status="available"))
    return row
