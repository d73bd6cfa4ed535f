"""Payments and refunds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from . import endpoints
from .calls import PAGE, Calls, checked_metadata, money, one_of, seconds
from .money import to_minor
from .payment_records import PaymentWire, RefundWire
from .types import Address, NewPayment, Payment, Refund

REFUND_REASONS: Final = frozenset({"duplicate", "fraudulent", "requested_by_customer"})
CANCEL_REASONS: Final = frozenset({"abandoned", "duplicate", "fraudulent", "requested_by_customer"})
READ_EXPAND = ("latest_charge.balance_transaction",)
WRITE_EXPAND = ("latest_charge",)
"""A write asks for no more than the charge: what it would otherwise need to read (balance) is a
permission of its own, and a key without it must still be able to take payments."""


class PaymentCalls(Calls):
    """Payment intents and their refunds. ``key`` is the idempotency key, derived from a stored
    row; the same key with other parameters is a ``VendorBug``."""

    def create_payment(self, new: NewPayment, *, key: str) -> Payment:
        """Create a payment intent that offers the methods switched on in the account's dashboard.

        Raises ``InvalidInput`` (amount, currency, metadata), ``Declined`` when confirmed at once
        and declined, and what every call raises.
        """
        return self._payment(endpoints.PAYMENT_CREATE, _new_payment(new), key=key)

    def payment(self, payment_id: str) -> Payment:
        """The payment as it is now, with its charge and, once booked, its fee."""
        row = self._gateway.call(endpoints.PAYMENT, {"expand": READ_EXPAND}, of=payment_id)
        return self._gateway.build(row, PaymentWire, PaymentWire.payment, endpoints.PAYMENT)

    def payments(self, *, since: datetime) -> Iterator[Payment]:
        """All payments created at ``since`` or later, newest first, with charge, without fee."""
        params = {
            "created": {"gte": seconds(since)},
            "limit": PAGE,
            "expand": ["data.latest_charge"],
        }
        for row in self._gateway.pages(endpoints.PAYMENTS, params):
            yield self._gateway.build(row, PaymentWire, PaymentWire.payment, endpoints.PAYMENTS)

    def update_payment(
        self,
        payment_id: str,
        *,
        metadata: Mapping[str, str] | None = None,
        amount: Decimal | None = None,
        currency: str = "",
        key: str,
    ) -> Payment:
        """Change metadata (merged by key) or, before it is confirmed, the amount."""
        params: dict[str, Any] = {"metadata": checked_metadata(metadata)}
        if amount is not None:
            params |= money(amount, currency)
        return self._payment(endpoints.PAYMENT_UPDATE, params, key=key, of=payment_id)

    def capture(
        self, payment_id: str, amount: Decimal | None, currency: str, *, key: str
    ) -> Payment:
        """Capture ``amount``, or all that is authorized (None). The rest is released."""
        taken = None if amount is None else to_minor(amount, currency)
        return self._payment(
            endpoints.PAYMENT_CAPTURE, {"amount_to_capture": taken}, key=key, of=payment_id
        )

    def cancel(self, payment_id: str, *, reason: str = "", key: str) -> Payment:
        """Cancel what was not paid; ``reason`` is one of ``CANCEL_REASONS`` or ""."""
        given = one_of(reason, CANCEL_REASONS, "reason")
        return self._payment(
            endpoints.PAYMENT_CANCEL, {"cancellation_reason": given}, key=key, of=payment_id
        )

    def confirm(
        self, payment_id: str, *, payment_method: str, return_url: str = "", key: str
    ) -> Payment:
        """Pay with a payment method, as Stripe.js does it for the buyer. Raises ``Declined``."""
        params = {"payment_method": payment_method, "return_url": return_url or None}
        return self._payment(endpoints.PAYMENT_CONFIRM, params, key=key, of=payment_id)

    def create_refund(
        self,
        payment_id: str,
        amount: Decimal,
        currency: str,
        *,
        reason: str = "",
        metadata: Mapping[str, str] | None = None,
        key: str,
    ) -> Refund:
        """Refund a part of a payment. ``reason`` is one of ``REFUND_REASONS`` or "".

        Raises ``Refused`` where more is asked than is left (``param`` ``amount``), where all was
        refunded (``stripe_code`` ``charge_already_refunded``) or charged back
        (``charge_disputed``).
        """
        params = {
            "payment_intent": payment_id,
            "amount": to_minor(amount, currency),
            "reason": one_of(reason, REFUND_REASONS, "reason"),
            "metadata": checked_metadata(metadata),
        }
        row = self._gateway.call(endpoints.REFUND_CREATE, params, key=key)
        return self._gateway.build(row, RefundWire, RefundWire.refund, endpoints.REFUND_CREATE)

    def refund(self, refund_id: str) -> Refund:
        """The refund as it is now."""
        row = self._gateway.call(endpoints.REFUND, of=refund_id)
        return self._gateway.build(row, RefundWire, RefundWire.refund, endpoints.REFUND)

    def refunds(self, payment_id: str) -> tuple[Refund, ...]:
        """All refunds of a payment, oldest first, whoever made them."""
        params = {"payment_intent": payment_id, "limit": PAGE}
        rows = list(self._gateway.pages(endpoints.REFUNDS, params))
        return tuple(
            self._gateway.build(row, RefundWire, RefundWire.refund, endpoints.REFUNDS)
            for row in reversed(rows)
        )

    def _payment(
        self, endpoint: endpoints.Endpoint, params: Mapping[str, Any], *, key: str, of: str = ""
    ) -> Payment:
        row = self._gateway.call(endpoint, {**params, "expand": WRITE_EXPAND}, key=key, of=of)
        return self._gateway.build(row, PaymentWire, PaymentWire.payment, endpoint)


def _new_payment(new: NewPayment) -> dict[str, Any]:
    redirects = "always" if new.allow_redirects else "never"
    return {
        **money(new.amount, new.currency),
        "automatic_payment_methods": {"enabled": True, "allow_redirects": redirects},
        "capture_method": "manual" if new.capture_later else "automatic",
        "metadata": checked_metadata(new.metadata),
        "description": new.description or None,
        "receipt_email": new.receipt_email or None,
        "shipping": _shipping(new.shipping),
        "statement_descriptor_suffix": new.statement_descriptor_suffix or None,
        "payment_method": new.payment_method or None,
        "return_url": new.return_url or None,
        "confirm": True if new.confirm else None,
    }


def _shipping(address: Address | None) -> dict[str, Any] | None:
    if address is None or not address.name or not address.line1:
        return None
    names = ("line1", "line2", "city", "postal_code", "state", "country")
    return {
        "name": address.name,
        "phone": address.phone or None,
        "address": {name: getattr(address, name) or None for name in names},
    }
