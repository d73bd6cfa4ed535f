"""Balance transactions and payouts as Stripe writes them, and how they read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import BeforeValidator

from .balance_types import Payout, PayoutState
from .money import to_major
from .types import BalanceEntry, FeePart
from .wire import (
    Currency,
    ExchangeRate,
    Id,
    Minor,
    OptionalId,
    OptionalTime,
    Rows,
    Text,
    Time,
    TolerantFlag,
    Wire,
)

PAYOUT_STATES: Final[Mapping[str, PayoutState]] = {
    "pending": PayoutState.PENDING,
    "in_transit": PayoutState.PENDING,
    "paid": PayoutState.PAID,
    "failed": PayoutState.FAILED,
    "canceled": PayoutState.CANCELED,
}


class _SourceWire(Wire):
    """A charge, refund or dispute names its payment intent; others, and an id, do not."""

    id: OptionalId = ""
    payment_intent: OptionalId = ""


def _source(value: object) -> object:
    return value if isinstance(value, Mapping) else {"id": value}


class _FeeWire(Wire):
    type: Text = ""
    amount: Minor
    description: Text = ""


class BalanceEntryWire(Wire):
    id: Id
    amount: Minor
    fee: Minor
    net: Minor
    currency: Currency
    type: Text = ""
    reporting_category: Text = ""
    source: Annotated[_SourceWire, BeforeValidator(_source)] = _SourceWire()
    fee_details: Annotated[list[_FeeWire], Rows] = []
    description: Text = ""
    created: Time
    exchange_rate: ExchangeRate = None

    def entry(self) -> BalanceEntry:
        """What moved; ``net`` is ``amount`` less ``fee``."""
        return BalanceEntry(
            id=self.id,
            category=self.reporting_category or self.type,
            amount=to_major(self.amount, self.currency),
            fee=to_major(self.fee, self.currency),
            net=to_major(self.net, self.currency),
            currency=self.currency,
            source_id=self.source.id,
            created_at=self.created,
            exchange_rate=self.exchange_rate,
            payment_id=self.source.payment_intent,
            fees=tuple(
                FeePart(one.type, to_major(one.amount, self.currency), one.description)
                for one in self.fee_details
            ),
            description=self.description,
        )


class PayoutWire(Wire):
    id: Id
    status: Text
    amount: Minor
    currency: Currency
    automatic: TolerantFlag = False
    reconciliation_status: Text = ""
    created: Time
    arrival_date: OptionalTime = None
    failure_code: Text = ""
    failure_message: Text = ""

    def payout(self) -> Payout:
        """The payout; negative where Stripe collects from the bank."""
        return Payout(
            id=self.id,
            state=PAYOUT_STATES.get(self.status, PayoutState.UNKNOWN),
            raw_state=self.status,
            amount=to_major(self.amount, self.currency),
            currency=self.currency,
            automatic=self.automatic,
            is_complete=self.reconciliation_status == "completed",
            created_at=self.created,
            arrives_at=self.arrival_date,
            failure=self.failure_message or self.failure_code,
        )
