"""A case as the marketplace tells it, as our row: pure. Comments and pictures of the buyer are not
kept."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from ...models import AfterSalesCase, Connection
from ...tiktok.aftersales_types import Awaited, Return, ReturnKind, ReturnState
from ...tiktok.types import Cancellation

Kind = AfterSalesCase.Kind
State = AfterSalesCase.State

KINDS: Final[Mapping[ReturnKind, str]] = {
    ReturnKind.REFUND: Kind.REFUND,
    ReturnKind.RETURN_AND_REFUND: Kind.RETURN,
    ReturnKind.REPLACEMENT: Kind.REPLACEMENT,
    ReturnKind.UNKNOWN: Kind.UNKNOWN,
}
STATES: Final[Mapping[ReturnState, str]] = {
    ReturnState.PENDING: State.WAITING,
    ReturnState.REJECTED: State.REJECTED,
    ReturnState.AWAITING_BUYER_SHIP: State.WAITING,
    ReturnState.BUYER_SHIPPED: State.WAITING,
    ReturnState.PARCEL_REJECTED: State.REJECTED,
    ReturnState.OFFERED: State.WAITING,
    ReturnState.APPROVED: State.APPROVED,
    ReturnState.CANCELLED: State.CLOSED,
    ReturnState.COMPLETE: State.COMPLETE,
    ReturnState.UNKNOWN: State.WAITING,
}
"""While nothing is awaited from the merchant; ``WAITING`` becomes ``NEEDS_ANSWER`` otherwise."""
SETTLED: Final = frozenset({State.COMPLETE, State.CLOSED})
MOVES: Final = frozenset({State.APPROVED, State.COMPLETE})
"""Money or goods move: the order in Saleor has to follow."""

FIELDS: Final = (
    "order_id", "kind", "state", "raw_state", "role", "reason", "reason_text", "awaited", "due_by",
    "currency", "amount", "shipping_amount", "tax_amount", "offer", "units", "tracking_number",
    "carrier", "buyer_keeps_item", "arbitration", "replaced_by", "opened_at",
    "marketplace_updated_at",
)  # fmt: skip
"""What the marketplace tells; the rest of a row is ours."""


def of_cancellation(connection: Connection, one: Cancellation) -> AfterSalesCase:
    """The row, not saved."""
    return AfterSalesCase(
        connection=connection,
        case_id=one.id,
        order_id=one.order_id,
        kind=Kind.CANCELLATION,
        state=_of_cancellation(one),
        raw_state=(one.raw_state or one.status)[:64],
        role=one.role.lower()[:16],
        reason=one.reason[:255],
        reason_text=one.reason_text[:500],
        awaited=one.awaited.value,
        due_by=one.due_by,
        currency=one.currency,
        amount=one.amount,
        shipping_amount=one.shipping_amount,
        tax_amount=one.tax_amount,
        units={unit.unit_id: _text(unit.amount) for unit in one.units},
        opened_at=one.created_at or one.updated_at,
        marketplace_updated_at=one.updated_at,
    )


def _of_cancellation(one: Cancellation) -> str:
    if one.complete:
        return State.COMPLETE
    if one.approved:
        return State.APPROVED
    if not one.pending:
        return State.CLOSED
    return State.NEEDS_ANSWER if one.awaited is not Awaited.NOTHING else State.WAITING


def of_return(connection: Connection, one: Return) -> AfterSalesCase:
    """The row, not saved. A request that was edited into another one is closed."""
    return AfterSalesCase(
        connection=connection,
        case_id=one.id,
        order_id=one.order_id,
        kind=KINDS[one.kind],
        state=_of_return(one),
        raw_state=one.raw_state[:64],
        role=one.role.lower()[:16],
        reason=one.reason[:255],
        reason_text=one.reason_text[:500],
        awaited=one.awaited.value,
        due_by=one.due_by,
        currency=one.currency,
        amount=one.amount,
        shipping_amount=one.shipping_amount,
        tax_amount=one.tax_amount,
        offer=one.offer,
        units={unit.unit_id: _text(unit.amount) for unit in one.units},
        tracking_number=one.tracking_number[:128],
        carrier=one.carrier[:128],
        buyer_keeps_item=one.buyer_keeps_item,
        arbitration=one.arbitration[:32],
        replaced_by=one.replaced_by,
        opened_at=one.created_at,
        marketplace_updated_at=one.updated_at,
    )


def _of_return(one: Return) -> str:
    if one.replaced_by:
        return State.CLOSED
    state = STATES[one.state]
    asked = one.awaited is not Awaited.NOTHING
    return State.NEEDS_ANSWER if asked and state == State.WAITING else state


def _text(amount: Decimal) -> str:
    return format(amount, "f")


def is_return(case: AfterSalesCase) -> bool:
    """A refund, return or replacement request, rather than a cancellation."""
    return case.kind != Kind.CANCELLATION


def reference(case: AfterSalesCase) -> str:
    """What the case's refund is called on Saleor's transactions."""
    return f"return:{case.case_id}" if is_return(case) else f"cancel:{case.case_id}"
