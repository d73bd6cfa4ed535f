"""Payment intents, charges and refunds as Stripe writes them, and how they read."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Final

from .money import to_major
from .types import (
    ChargeFacts,
    Decline,
    Payment,
    PaymentMethod,
    PaymentState,
    Refund,
    RefundState,
)
from .wire import (
    Count,
    Currency,
    Expanded,
    Flag,
    Id,
    Metadata,
    Minor,
    Object,
    OptionalId,
    OptionalUnsigned,
    Text,
    Time,
    TolerantFlag,
    Unsigned,
    Wire,
)

PAYMENT_STATES: Final[Mapping[str, PaymentState]] = {
    "requires_payment_method": PaymentState.OPEN,
    "requires_confirmation": PaymentState.OPEN,
    "requires_action": PaymentState.ACTION_REQUIRED,
    "processing": PaymentState.PROCESSING,
    "requires_capture": PaymentState.AUTHORIZED,
    "succeeded": PaymentState.SUCCEEDED,
    "canceled": PaymentState.CANCELED,
}
REFUND_STATES: Final[Mapping[str, RefundState]] = {
    "pending": RefundState.PENDING,
    "requires_action": RefundState.ACTION_REQUIRED,
    "succeeded": RefundState.SUCCEEDED,
    "failed": RefundState.FAILED,
    "canceled": RefundState.CANCELED,
}
CHECKS: Final = ("cvc_check", "address_line1_check", "address_postal_code_check")


class _WalletWire(Wire):
    type: Text = ""


class _ResultWire(Wire):
    result: Text = ""


class _CardWire(Wire):
    brand: Text = ""
    last4: Text = ""
    exp_month: Count = None
    exp_year: Count = None
    fingerprint: Text = ""
    wallet: Annotated[_WalletWire | None, Expanded] = None
    three_d_secure: Annotated[_ResultWire | None, Expanded] = None
    checks: Object = {}


class _MethodWire(Wire):
    type: Text = ""
    card: Annotated[_CardWire | None, Expanded] = None

    def method(self) -> PaymentMethod:
        card = self.card or _CardWire()
        checks = {name: card.checks.get(name) for name in CHECKS}
        if card.three_d_secure is not None:
            checks["three_d_secure"] = card.three_d_secure.result
        return PaymentMethod(
            type=self.type,
            brand=card.brand,
            last4=card.last4,
            exp_month=card.exp_month,
            exp_year=card.exp_year,
            wallet=card.wallet.type if card.wallet else "",
            fingerprint=card.fingerprint,
            checks={name: one for name, one in checks.items() if isinstance(one, str) and one},
        )


class _FeeWire(Wire):
    fee: Minor
    net: Minor
    currency: Currency


class _BillingWire(Wire):
    name: Text = ""
    email: Text = ""


class ChargeWire(Wire):
    id: Id
    currency: Currency
    amount: Unsigned
    amount_captured: OptionalUnsigned = 0
    amount_refunded: OptionalUnsigned = 0
    captured: TolerantFlag = False
    disputed: TolerantFlag = False
    created: Time
    receipt_url: Text = ""
    balance_transaction: Annotated[_FeeWire | None, Expanded] = None
    billing_details: Annotated[_BillingWire | None, Expanded] = None
    payment_method_details: Annotated[_MethodWire | None, Expanded] = None

    def charge(self) -> ChargeFacts:
        """The charge. API versions before ours count what a partial capture released as refunded,
        which shows when more is "refunded" than was captured."""
        refunded = self.amount_refunded
        if refunded > self.amount_captured:
            refunded = max(0, refunded - (self.amount - self.amount_captured))
        booked = self.balance_transaction
        billing = self.billing_details or _BillingWire()
        return ChargeFacts(
            id=self.id,
            captured=to_major(self.amount_captured, self.currency),
            refunded=to_major(refunded, self.currency),
            disputed=self.disputed,
            created_at=self.created,
            receipt_url=self.receipt_url,
            fee=to_major(booked.fee, booked.currency) if booked else None,
            net=to_major(booked.net, booked.currency) if booked else None,
            settlement_currency=booked.currency if booked else "",
            billing_name=billing.name,
            billing_email=billing.email,
        )


class _LastErrorWire(Wire):
    code: Text = ""
    decline_code: Text = ""
    message: Text = ""
    charge: OptionalId = ""

    def decline(self) -> Decline:
        return Decline(self.code, self.decline_code, self.message, self.charge)


class _NextActionWire(Wire):
    type: Text = ""


class PaymentWire(Wire):
    id: Id
    status: Text
    currency: Currency
    amount: Unsigned
    amount_capturable: OptionalUnsigned = 0
    amount_received: OptionalUnsigned = 0
    capture_method: Text = ""
    created: Time
    livemode: Flag
    client_secret: Text = ""
    cancellation_reason: Text = ""
    metadata: Metadata = {}
    latest_charge: Annotated[ChargeWire | None, Expanded] = None
    payment_method: Annotated[_MethodWire | None, Expanded] = None
    last_payment_error: Annotated[_LastErrorWire | None, Expanded] = None
    next_action: Annotated[_NextActionWire | None, Expanded] = None

    def payment(self) -> Payment:
        """The payment, with what of it was expanded."""
        charge = self.latest_charge
        method = charge.payment_method_details if charge else self.payment_method
        return Payment(
            id=self.id,
            state=PAYMENT_STATES.get(self.status, PaymentState.UNKNOWN),
            raw_state=self.status,
            currency=self.currency,
            amount=self._major(self.amount),
            authorized=self._major(self.amount_capturable),
            captured=self._major(self.amount_received),
            capture_later=self.capture_method == "manual",
            created_at=self.created,
            livemode=self.livemode,
            client_secret=self.client_secret,
            cancellation_reason=self.cancellation_reason,
            method=method.method() if method else None,
            decline=self.last_payment_error.decline() if self.last_payment_error else None,
            charge=charge.charge() if charge else None,
            next_action=self.next_action.type if self.next_action else "",
            metadata=self.metadata,
        )

    def _major(self, minor: int) -> Decimal:
        return to_major(minor, self.currency)


class RefundWire(Wire):
    id: Id
    payment_intent: OptionalId = ""
    charge: OptionalId = ""
    status: Text = ""
    amount: Unsigned
    currency: Currency
    reason: Text = ""
    created: Time
    failure_reason: Text = ""
    pending_reason: Text = ""
    destination_details: Object = {}
    metadata: Metadata = {}

    def refund(self) -> Refund:
        """The refund. A status of null (before the bank answered) reads as unknown."""
        return Refund(
            id=self.id,
            payment_id=self.payment_intent,
            charge_id=self.charge,
            state=REFUND_STATES.get(self.status, RefundState.UNKNOWN),
            raw_state=self.status,
            amount=to_major(self.amount, self.currency),
            currency=self.currency,
            reason=self.reason,
            created_at=self.created,
            failure_reason=self.failure_reason,
            pending_reason=self.pending_reason,
            reference=_reference(self.destination_details),
            metadata=self.metadata,
        )


def _reference(destination: Mapping[str, Any]) -> str:
    kind = destination.get("type")
    details = destination.get(kind) if isinstance(kind, str) else None
    found = details.get("reference") if isinstance(details, Mapping) else None
    return found if isinstance(found, str) else ""
