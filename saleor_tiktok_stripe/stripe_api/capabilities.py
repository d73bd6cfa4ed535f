"""What a key must be allowed to do, and the cheap read that shows it.

A write permission cannot be tried without leaving something behind, so a probe shows that the
resource is open to reading; the write is first seen when it is used. Sources: Stripe's page on
restricted keys; the names are those of its dashboard.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from . import endpoints
from .endpoints import Endpoint


class Capability(StrEnum):
    PAYMENTS = "payments"
    REFUNDS = "refunds"
    DISPUTES = "disputes"
    EVIDENCE_FILES = "evidence_files"
    WEBHOOKS = "webhooks"
    EVENTS = "events"
    FEES = "fees"
    PAYOUTS = "payouts"
    PAYMENT_RECORDS = "payment_records"
    ACCOUNT = "account"


@dataclass(frozen=True)
class Scope:
    """``permission`` and ``access`` are to be ticked in Stripe's dashboard; ``purpose`` says in
    the merchant's words what works with it. ``optional``: the channel works without."""

    permission: str
    access: str
    purpose: str
    probe: Endpoint
    by_id: str = ""
    optional: bool = False

    @property
    def words(self) -> str:
        """What to add to the key."""
        return f"{self.permission}: {self.access}"


SCOPES: Final[Mapping[Capability, Scope]] = {
    Capability.PAYMENTS: Scope(
        "Payment Intents", "Write", "Take, capture and cancel payments", endpoints.PAYMENTS
    ),
    Capability.REFUNDS: Scope(
        "Charges and Refunds", "Write", "Refund payments", endpoints.REFUNDS
    ),
    Capability.DISPUTES: Scope(
        "Disputes", "Write", "See and answer disputes", endpoints.DISPUTES
    ),
    Capability.EVIDENCE_FILES: Scope(
        "Files", "Write", "Upload evidence", endpoints.FILES
    ),
    Capability.WEBHOOKS: Scope(
        "Webhook Endpoints", "Write", "Hear of payments at once", endpoints.WEBHOOKS
    ),
    Capability.EVENTS: Scope(
        "Events", "Read", "Catch up on what was missed", endpoints.EVENTS
    ),
    Capability.FEES: Scope(
        "Balance and Balance Transactions", "Read", "Show fees and what is paid out",
        endpoints.BALANCE_TRANSACTIONS,
    ),
    Capability.PAYOUTS: Scope(
        "Payouts", "Read", "Show payouts", endpoints.PAYOUTS, optional=True
    ),
    Capability.PAYMENT_RECORDS: Scope(
        "Payment Records", "Write", "Mirror sales collected by TikTok Shop", endpoints.RECORD,
        by_id="pr_probe", optional=True,
    ),
    Capability.ACCOUNT: Scope(
        "Connect: Accounts", "Read", "Show what Stripe still wants to know about the account",
        endpoints.OWN_ACCOUNT, optional=True,
    ),
}  # fmt: skip
"""Payment records have no list to rely on: an id that cannot exist is asked for."""
