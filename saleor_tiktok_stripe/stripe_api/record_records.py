"""Payment records as Stripe writes them, and how they read."""

from __future__ import annotations

from typing import Annotated

from .money import to_major
from .types import PaymentRecord
from .wire import Currency, Expanded, Flag, Id, Metadata, Unsigned, Wire


class _ValueWire(Wire):
    value: Unsigned
    currency: Currency


class PaymentRecordWire(Wire):
    id: Id
    amount_requested: _ValueWire
    amount_refunded: Annotated[_ValueWire | None, Expanded] = None
    livemode: Flag
    metadata: Metadata = {}

    def record(self) -> PaymentRecord:
        """The record; amounts are what was reported."""
        asked, back = self.amount_requested, self.amount_refunded
        return PaymentRecord(
            id=self.id,
            amount=to_major(asked.value, asked.currency),
            refunded=to_major(back.value if back else 0, asked.currency),
            currency=asked.currency,
            livemode=self.livemode,
            metadata=self.metadata,
        )
