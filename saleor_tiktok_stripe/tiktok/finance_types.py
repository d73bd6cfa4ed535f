"""Statements, settled and expected amounts, payouts, in neutral words. Amounts are signed as the
marketplace signs them: charges are negative, and a settlement is the plain sum of its parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any


@dataclass(frozen=True)
class Statement:
    """One day's settlement. ``payment_status``: ``processing``, ``paid``, ``failed``."""

    id: str
    at: datetime
    currency: str
    settlement: Decimal
    revenue: Decimal
    fee: Decimal
    shipping: Decimal
    adjustment: Decimal
    payment_status: str
    payment_id: str
    paid_at: datetime | None


@dataclass(frozen=True)
class StatementPage:
    statements: tuple[Statement, ...]
    broken: tuple[tuple[str, str], ...]
    next_token: str
    total: int | None


@dataclass(frozen=True)
class SettledRow:
    """One transaction of a statement, for an order or an adjustment. ``parts`` are all components
    by group (``revenue``, ``shipping``, ``fee``, ``tax``, ``supplementary``...) and the
    marketplace's own name, zero ones left out; names come and go, so none is expected. ``raw`` is
    the whole row as it came."""

    id: str
    kind: str
    order_id: str
    adjustment_id: str
    related_order_id: str
    currency: str
    settlement: Decimal
    revenue: Decimal
    shipping: Decimal
    fee_tax: Decimal
    adjustment: Decimal
    reserve: Decimal
    reserve_status: str
    ordered_at: datetime | None
    parts: Mapping[str, Mapping[str, Decimal]]
    raw: Mapping[str, Any] = field(repr=False, default_factory=dict)
    statement_id: str = ""


@dataclass(frozen=True)
class SettledPage:
    """A page of a statement, with the statement's own totals."""

    statement_id: str
    currency: str
    settlement: Decimal
    reserve: Decimal
    payable: Decimal
    rows: tuple[SettledRow, ...]
    broken: tuple[tuple[str, str], ...]
    next_token: str
    total: int | None


@dataclass(frozen=True)
class ExpectedRow:
    """An estimate of what is not settled yet; it goes away once it is."""

    id: str
    order_id: str
    adjustment_id: str
    currency: str
    revenue: Decimal
    fee_tax: Decimal
    shipping: Decimal
    adjustment: Decimal
    settlement: Decimal
    ordered_at: datetime | None
    expected: str
    """When, in the marketplace's words: a time, or "x days after delivery"."""


@dataclass(frozen=True)
class ExpectedPage:
    rows: tuple[ExpectedRow, ...]
    broken: tuple[tuple[str, str], ...]
    next_token: str
    total: int | None


@dataclass(frozen=True)
class MarketplacePayment:
    """Money sent to the seller's bank. ``amount`` may be in another currency than what was settled:
    then ``before_exchange`` and ``exchange_rate`` say what it was."""

    id: str
    status: str
    created_at: datetime
    paid_at: datetime | None
    currency: str
    amount: Decimal
    settlement_currency: str
    settlement: Decimal
    reserve: Decimal
    before_exchange: Decimal | None
    exchange_rate: Decimal | None
    bank_account: str


@dataclass(frozen=True)
class PaymentPage:
    payments: tuple[MarketplacePayment, ...]
    broken: tuple[tuple[str, str], ...]
    next_token: str
    total: int | None


@dataclass(frozen=True)
class Withdrawal:
    """A movement of the seller's wallet, where there is one. ``kind``: ``withdraw``, ``settle``,
    ``transfer``, ``reverse``."""

    id: str
    kind: str
    status: str
    currency: str
    amount: Decimal
    created_at: datetime


@dataclass(frozen=True)
class WithdrawalPage:
    withdrawals: tuple[Withdrawal, ...]
    broken: tuple[tuple[str, str], ...]
    next_token: str
    total: int | None
