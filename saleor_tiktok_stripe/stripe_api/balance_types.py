"""Pages of balance transactions, and payouts, in neutral words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from .types import BalanceEntry


@dataclass(frozen=True)
class BalancePage:
    """Balance transactions, newest first; ``broken`` are ids that could not be read, and why.
    ``next_after`` asks for the next page, "" when this is the last."""

    entries: tuple[BalanceEntry, ...]
    broken: tuple[tuple[str, str], ...]
    next_after: str


class PayoutState(StrEnum):
    PENDING = "pending"
    PAID = "paid"
    FAILED = "failed"
    CANCELED = "canceled"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Payout:
    """Money sent to the bank. Only of an ``automatic`` one can its balance transactions be listed,
    and only once ``is_complete``: Stripe then knows what it is made of."""

    id: str
    state: PayoutState
    raw_state: str
    amount: Decimal
    currency: str
    automatic: bool
    is_complete: bool
    created_at: datetime
    arrives_at: datetime | None
    failure: str = ""


@dataclass(frozen=True)
class PayoutPage:
    """As ``BalancePage``."""

    payouts: tuple[Payout, ...]
    broken: tuple[tuple[str, str], ...]
    next_after: str
