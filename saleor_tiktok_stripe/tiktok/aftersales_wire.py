"""Cancellations and returns on the wire.

Source of names: the return and refund references, 202309, and captures of 202602, which adds
exchanges. Spellings differ between answers, filters and notifications.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator

from . import aftersales_types as types
from .aftersales_types import Awaited, ReturnKind, ReturnState
from .types import Cancellation, CancelledUnit
from .wire import (
    ZERO,
    Amount,
    Currency,
    Flag,
    Id,
    Nullable,
    OptionalAmount,
    OptionalId,
    OptionalTime,
    Reference,
    Text,
    Time,
    Unreadable,
    Wire,
    money,
)

CANCELLATION_DONE = "CANCELLATION_REQUEST_COMPLETE"
CANCELLATION_PENDING = "CANCELLATION_REQUEST_PENDING"
CANCELLATION_SPELLINGS = {"CANCELLATION_REQUEST_CANCEL": "CANCELLATION_REQUEST_CANCELLED"}

AWAITED: Mapping[str, Awaited] = {
    "SELLER_RESPOND_CANCEL": Awaited.ANSWER_CANCELLATION,
    "SELLER_RESPOND_REFUND": Awaited.ANSWER_REFUND,
    "SELLER_RESPOND_RETURN": Awaited.ANSWER_RETURN,
    "SELLER_RESPOND_RECEIVE_PACKAGE": Awaited.CHECK_PARCEL,
    "SELLER_RESPOND_REPLACEMENT": Awaited.ANSWER_REPLACEMENT,
}
KINDS: Mapping[str, ReturnKind] = {
    "REFUND": ReturnKind.REFUND,
    "RETURN_AND_REFUND": ReturnKind.RETURN_AND_REFUND,
    "REPLACEMENT": ReturnKind.REPLACEMENT,
    "EXCHANGE": ReturnKind.REPLACEMENT,
}
STATES: Mapping[str, ReturnState] = {
    "RETURN_OR_REFUND_REQUEST_PENDING": ReturnState.PENDING,
    "REFUND_OR_RETURN_REQUEST_REJECT": ReturnState.REJECTED,
    "AWAITING_BUYER_SHIP": ReturnState.AWAITING_BUYER_SHIP,
    "BUYER_SHIPPED_ITEM": ReturnState.BUYER_SHIPPED,
    "REJECT_RECEIVE_PACKAGE": ReturnState.PARCEL_REJECTED,
    "AWAITING_BUYER_RESPONSE": ReturnState.OFFERED,
    "RETURN_OR_REFUND_REQUEST_SUCCESS": ReturnState.APPROVED,
    "RETURN_OR_REFUND_REQUEST_CANCEL": ReturnState.CANCELLED,
    "RETURN_OR_REFUND_REQUEST_COMPLETE": ReturnState.COMPLETE,
    "REPLACEMENT_REQUEST_PENDING": ReturnState.PENDING,
    "REPLACEMENT_REQUEST_REJECT": ReturnState.REJECTED,
    "REPLACEMENT_REQUEST_REFUND_SUCCESS": ReturnState.COMPLETE,
    "REPLACEMENT_REQUEST_CANCEL": ReturnState.CANCELLED,
    "REPLACEMENT_REQUEST_COMPLETE": ReturnState.COMPLETE,
    "EXCHANGE_REQUEST_PENDING": ReturnState.PENDING,
    "EXCHANGE_REQUEST_REFUND_SUCCESS": ReturnState.COMPLETE,
    "EXCHANGE_REQUEST_CANCEL": ReturnState.CANCELLED,
    "EXCHANGE_REQUEST_COMPLETE": ReturnState.COMPLETE,
}
GOODS_FOR_GOODS = frozenset({"REPLACEMENT_REQUEST_COMPLETE", "EXCHANGE_REQUEST_COMPLETE"})
"""A new order replaces the goods: no money goes back."""

BUYER_FEES: Mapping[str, str] = {
    "retail_delivery_fee": "retail_delivery",
    "buyer_service_fee": "buyer_service",
}
WAY_BACK_FEES: Mapping[str, str] = {
    "seller_paid_return_shipping_fee": "return_shipping_by_seller",
    "platform_paid_return_shipping_fee": "return_shipping_by_platform",
    "buyer_paid_return_shipping_fee": "return_shipping_by_buyer",
}
REQUESTS: Mapping[str, str] = {
    "CANCEL": "cancel",
    "REFUND": "refund",
    "RETURN_AND_REFUND": "return_and_refund",
}


_NO_DEADLINE = datetime.max.replace(tzinfo=UTC)


def _block(value: object) -> object:
    """Blocks of nothing but empty values stand for absent ones."""
    empty = isinstance(value, dict) and not any(value.values())
    return None if empty else value


class RefundAmountWire(Wire):
    currency: Currency
    refund_total: Amount
    refund_subtotal: OptionalAmount = ZERO
    refund_shipping_fee: OptionalAmount = ZERO
    refund_tax: OptionalAmount = ZERO
    retail_delivery_fee: OptionalAmount = ZERO
    buyer_service_fee: OptionalAmount = ZERO


Refund = Annotated[RefundAmountWire | None, BeforeValidator(_block)]


class NextActionWire(Wire):
    action: Text = ""
    deadline: OptionalTime = None


class CancelLineWire(Wire):
    order_line_item_id: Id
    refund_amount: Refund = None


class CancellationWire(Wire):
    cancel_id: Id
    order_id: Id
    cancel_status: Text
    cancel_type: Text = ""
    cancel_reason: Text = ""
    cancel_reason_text: Text = ""
    role: Text = ""
    create_time: OptionalTime = None
    update_time: Time
    refund_amount: Refund = None
    seller_next_action_response: Annotated[list[NextActionWire], Nullable] = []
    cancel_line_items: Annotated[list[CancelLineWire], Nullable] = []

    def cancellation(self) -> Cancellation:
        """An unpaid order's cancellation has no refund block: amounts 0, currency ""."""
        refund = self.refund_amount
        status = CANCELLATION_SPELLINGS.get(self.cancel_status, self.cancel_status)
        currency = refund.currency if refund else ""
        awaited, due_by = _awaited(self.seller_next_action_response)
        return Cancellation(
            id=self.cancel_id,
            order_id=self.order_id,
            status=status,
            complete=status == CANCELLATION_DONE,
            pending=status == CANCELLATION_PENDING,
            reason=self.cancel_reason,
            updated_at=self.update_time,
            currency=currency,
            amount=money(refund.refund_total, currency) if refund else ZERO,
            shipping_amount=money(refund.refund_shipping_fee, currency) if refund else ZERO,
            tax_amount=money(refund.refund_tax, currency) if refund else ZERO,
            units=tuple(
                CancelledUnit(line.order_line_item_id, _line_amount(line.refund_amount, currency))
                for line in self.cancel_line_items
            ),
            role=self.role,
            kind=self.cancel_type,
            raw_state=self.cancel_status,
            reason_text=self.cancel_reason_text,
            awaited=awaited,
            due_by=due_by,
            created_at=self.create_time,
        )


class MoneyWire(Wire):
    amount: Amount
    currency: Currency


class WayBackWire(Wire):
    currency: Text = ""
    seller_paid_return_shipping_fee: OptionalAmount = ZERO
    platform_paid_return_shipping_fee: OptionalAmount = ZERO
    buyer_paid_return_shipping_fee: OptionalAmount = ZERO


class ReturnLineWire(Wire):
    order_line_item_id: Id
    sku_id: OptionalId = ""
    refund_amount: Refund = None


class ReturnWire(Wire):
    return_id: Id
    order_id: Id
    return_type: Text = ""
    return_status: Text
    arbitration_status: Text = ""
    role: Text = ""
    return_reason: Text = ""
    return_reason_text: Text = ""
    return_tracking_number: Text = ""
    return_provider_name: Text = ""
    can_buyer_keep_item: Flag = False
    next_return_id: Reference = ""
    refund_amount: Refund = None
    partial_refund: Annotated[MoneyWire | None, BeforeValidator(_block)] = None
    buyer_rejected_partial_refund: Flag = False
    shipping_fee_amount: Annotated[list[WayBackWire], Nullable] = []
    seller_next_action_response: Annotated[list[NextActionWire], Nullable] = []
    return_line_items: Annotated[list[ReturnLineWire], Nullable] = []
    create_time: Time
    update_time: Time

    def returned(self) -> types.Return:
        refund = None if self.return_status in GOODS_FOR_GOODS else self.refund_amount
        currency = self.refund_amount.currency if self.refund_amount else ""
        awaited, due_by = _awaited(self.seller_next_action_response)
        return types.Return(
            id=self.return_id,
            order_id=self.order_id,
            kind=KINDS.get(self.return_type, ReturnKind.UNKNOWN),
            state=STATES.get(self.return_status, ReturnState.UNKNOWN),
            raw_state=self.return_status,
            role=self.role,
            reason=self.return_reason,
            reason_text=self.return_reason_text,
            currency=currency,
            amount=money(refund.refund_total, currency) if refund else ZERO,
            shipping_amount=money(refund.refund_shipping_fee, currency) if refund else ZERO,
            tax_amount=money(refund.refund_tax, currency) if refund else ZERO,
            offer=self._offer(currency),
            units=tuple(
                types.ReturnedUnit(
                    line.order_line_item_id,
                    line.sku_id,
                    _line_amount(line.refund_amount, currency) if refund else ZERO,
                )
                for line in self.return_line_items
            ),
            awaited=awaited,
            due_by=due_by,
            arbitration=self.arbitration_status,
            tracking_number=self.return_tracking_number,
            carrier=self.return_provider_name,
            buyer_keeps_item=self.can_buyer_keep_item,
            replaced_by=self.next_return_id,
            created_at=self.create_time,
            updated_at=self.update_time,
            fees=self._fees(refund, currency),
        )

    def _offer(self, currency: str) -> Decimal | None:
        """Absent, or empty, where nothing was offered; one that the buyer refused is none."""
        offer = self.partial_refund
        if offer is None or self.buyer_rejected_partial_refund:
            return None
        if currency and offer.currency != currency:
            raise Unreadable("the offer is in another currency")
        return money(offer.amount, offer.currency)

    def _fees(self, refund: RefundAmountWire | None, currency: str) -> dict[str, Decimal]:
        fees: dict[str, Decimal] = {}
        for theirs, ours in BUYER_FEES.items():
            fees[ours] = getattr(refund, theirs) if refund else ZERO
        for theirs, ours in WAY_BACK_FEES.items():
            fees[ours] = sum(
                (
                    getattr(row, theirs)
                    for row in self.shipping_fee_amount
                    if row.currency == currency
                ),
                ZERO,
            )
        return {name: money(amount, currency) for name, amount in fees.items() if amount}


class CancelOpenedWire(Wire):
    cancel_id: Id
    cancel_status: Text = ""

    def opened(self) -> types.Opened:
        return types.Opened(self.cancel_id, self.cancel_status)


class ReturnOpenedWire(Wire):
    return_id: Id
    return_status: Text = ""

    def opened(self) -> types.Opened:
        return types.Opened(self.return_id, self.return_status)


class ReasonWire(Wire):
    name: Text
    text: Text = ""

    def reason(self) -> types.RejectReason:
        return types.RejectReason(self.name, self.text or self.name)


class LineEligibilityWire(Wire):
    request_type: Text = ""
    eligible: Flag = False
    ineligible_code: Annotated[str, BeforeValidator(lambda value: str(value or ""))] = ""
    ineligible_reason: Text = ""
    order_line_items_ids: Annotated[list[Id], Nullable] = []
    available_reason_names: Annotated[list[str], Nullable] = []


class EligibilityWire(Wire):
    sku_id: Id
    line_item_eligibility: Annotated[list[LineEligibilityWire], Nullable] = []

    def eligibilities(self) -> tuple[types.Eligibility, ...]:
        return tuple(
            types.Eligibility(
                sku_id=self.sku_id,
                request=REQUESTS.get(one.request_type, one.request_type.lower()),
                eligible=one.eligible,
                unit_ids=tuple(one.order_line_items_ids),
                code=one.ineligible_code,
                reason=one.ineligible_reason,
                reasons=tuple(one.available_reason_names),
            )
            for one in self.line_item_eligibility
        )


def _awaited(actions: Sequence[NextActionWire]) -> tuple[Awaited, datetime | None]:
    """What is asked of the seller first; kinds that are not known here are left out."""
    known = [one for one in actions if one.action in AWAITED]
    if not known:
        return Awaited.NOTHING, None
    first = min(known, key=lambda one: one.deadline or _NO_DEADLINE)
    return AWAITED[first.action], first.deadline


def _line_amount(refund: RefundAmountWire | None, currency: str) -> Decimal:
    if refund is None:
        return ZERO
    if refund.currency != currency:
        raise Unreadable("a line is refunded in another currency")
    return money(refund.refund_total, currency)
