"""What made-up payments are made of: ways to pay, faults, decisions, and what a stage can do."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from django.db import connections

from saleor_tiktok_stripe.models import Connection
from saleor_tiktok_stripe.sandbox.stripe.control import Control

CURRENCIES = ("USD",) * 5 + ("EUR", "JPY", "KWD", "ISK", "HUF")
FINEST = {"JPY": Decimal(1), "ISK": Decimal(1), "KWD": Decimal("0.01")}
"""The smallest amount that Stripe takes, where it is not a hundredth."""
LEAST = {"HUF": 200, "ISK": 100, "JPY": 100}
CARDS = (
    *("pm_card_visa",) * 8,
    *("pm_card_threeDSecure2Required",) * 3,
    *("pm_card_visa_chargeDeclined", "pm_card_chargeDeclinedExpiredCard"),
    *("pm_card_createDispute", "pm_card_createDisputeInquiry", "pm_card_createMultipleDisputes"),
    *("pm_card_pendingRefund", "pm_card_refundFail", "pm_card_createIssuerFraudRecord"),
)
DELAYED = {
    "USD": ("pm_usBankAccount_success", "pm_usBankAccount_insufficientFunds"),
    "EUR": ("pm_success_de", "pm_failed_de"),
}
REFUSALS = {
    "REFUND_ABOVE_REST",
    "CHARGE_DISPUTED",
    "ALREADY_REFUNDED",
    "AMOUNT_NOT_POSITIVE",
    "NOTHING_CAPTURED",
    "REQUEST_KEY_REUSED",
}
FAULTS = {
    "rate_limit": ("", "POST "),
    "lock_timeout": ("POST ", "POST /v1/refunds"),
    "conflict": ("POST ", "POST /v1/refunds"),
    "error_before": ("", "POST ", "POST /v1/refunds"),
    "error_after": ("POST ", "POST ", "POST /v1/refunds", "/capture", "/cancel"),
    "unavailable": ("", "POST "),
    "cut_before": ("", "POST "),
    "lost_answer": ("POST ", "POST ", "POST /v1/refunds", "/capture", "/cancel"),
}
TURNS = (10, 60, 600, 3_600, 20_000, 90_000, 260_000, 700_000)
"""Seconds by which it gets later at once."""
DECISIONS = {
    "warning_needs_response": ("warning_closed", "needs_response", "warning_under_review"),
    "warning_under_review": ("warning_closed", "needs_response"),
    "needs_response": ("under_review", "won", "lost"),
    "under_review": ("won", "lost"),
    "lost": ("won", "appeal_needs_response"),
    "appeal_needs_response": ("won", "lost"),
}


PAYMENTS = (1, 1, 1, 2, 2, 3)
"""Begun at one checkout."""
SALEOR_ASKS = 6
"""How often Saleor asks before it gives a request up."""
KILLS = 8
"""At most so many processes die: a job that takes down five workers is given up."""


class Stage(Protocol):
    """Where it happens: a sandbox Saleor or a real one."""

    control: Control
    connection: Connection
    serving: bool

    def checkout(self, quantity: int) -> str: ...
    def initialize(self, checkout: str, key: str) -> dict[str, Any]: ...
    def process(self, transaction_id: str) -> dict[str, Any]: ...
    def complete(self, checkout: str) -> str: ...
    def request(self, kind: str, transaction_id: str, amount: Decimal | None) -> None: ...
    def grant(self, order_id: str, transaction_id: str, amount: Decimal) -> None: ...
    def cancel_order(self, order_id: str) -> None: ...
    def order_status(self, order_id: str) -> str: ...
    def books(self, transaction_id: str) -> Any: ...
    def trouble(self, kind: str) -> None: ...
    def turn(self, seconds: float) -> None: ...
    def bring(self) -> None: ...
    def work(self, limit: int = 10_000) -> None: ...
    def run(self, *names: str) -> None: ...
    def notify(self, body: bytes, header: str) -> None: ...


@dataclass
class Life:
    """One payment: what the storefront knows of it. ``canceled``: staff gave the order up."""

    checkout: str
    key: str
    transaction_id: str = ""
    payment_id: str = ""
    order_id: str = ""
    canceled: bool = False


def at_once(actions: list[Callable[[], Any]]) -> None:
    def run(action: Callable[[], Any]) -> None:
        try:
            action()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(one,)) for one in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
