"""Payment Records: payments collected elsewhere, reported to Stripe. No effect on any balance."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from . import endpoints
from .calls import Calls, checked_metadata, seconds
from .money import to_minor
from .record_records import PaymentRecordWire
from .types import NewRecord, PaymentRecord


class RecordCalls(Calls):
    """Needs API version 2025-10-29.clover or later. ``Refused`` or ``NotFound`` where the account
    (its country, the currency) cannot have payment records."""

    def report_payment(self, new: NewRecord, *, key: str) -> PaymentRecord:
        """Report a payment whose money is certain. Stripe keeps no two of the same reference
        apart: only ``key`` and the caller's own row prevent doubles."""
        kind = {"type": new.custom_payment_type} if new.custom_payment_type else None
        params = {
            "amount_requested": _value(new.amount, new.currency),
            "initiated_at": seconds(new.initiated_at),
            "customer_presence": "on_session",
            "outcome": "guaranteed",
            "guaranteed": {"guaranteed_at": seconds(new.guaranteed_at)},
            "payment_method_details": {
                "type": "custom",
                "custom": kind or {"display_name": new.display_name},
            },
            "processor_details": {
                "type": "custom",
                "custom": {"payment_reference": new.reference},
            },
            "description": new.description or None,
            "metadata": checked_metadata(new.metadata),
        }
        row = self._gateway.call(endpoints.RECORD_PAYMENT, params, key=key)
        return self._record(row, endpoints.RECORD_PAYMENT)

    def report_refund(
        self,
        record_id: str,
        amount: Decimal,
        currency: str,
        *,
        reference: str,
        happened_at: datetime,
        key: str,
    ) -> PaymentRecord:
        """Report a refund that was paid out; ``reference`` must differ from that of every other
        refund."""
        params = {
            "outcome": "refunded",
            "amount": _value(amount, currency),
            "initiated_at": seconds(happened_at),
            "refunded": {"refunded_at": seconds(happened_at)},
            "processor_details": {"type": "custom", "custom": {"refund_reference": reference}},
        }
        row = self._gateway.call(endpoints.RECORD_REFUND, params, key=key, of=record_id)
        return self._record(row, endpoints.RECORD_REFUND)

    def payment_record(self, record_id: str) -> PaymentRecord:
        """The record as it is now."""
        return self._record(self._gateway.call(endpoints.RECORD, of=record_id), endpoints.RECORD)

    def _record(self, row: object, endpoint: endpoints.Endpoint) -> PaymentRecord:
        return self._gateway.build(row, PaymentRecordWire, PaymentRecordWire.record, endpoint)


def _value(amount: Decimal, currency: str) -> dict[str, object]:
    return {"value": to_minor(amount, currency), "currency": currency.lower()}
