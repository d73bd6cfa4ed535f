"""Returns, refunds and what may be answered, in neutral words. Cancellations are in ``types``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


class ReturnKind(StrEnum):
    REFUND = "refund"
    RETURN_AND_REFUND = "return_and_refund"
    REPLACEMENT = "replacement"
    UNKNOWN = "unknown"


class ReturnState(StrEnum):
    """``OFFERED``: the buyer has been offered a part. ``APPROVED``: the money goes back.
    ``REJECTED`` may still turn: the buyer may ask the marketplace to decide."""

    PENDING = "pending"
    REJECTED = "rejected"
    AWAITING_BUYER_SHIP = "awaiting_buyer_ship"
    BUYER_SHIPPED = "buyer_shipped"
    PARCEL_REJECTED = "parcel_rejected"
    OFFERED = "offered"
    APPROVED = "approved"
    CANCELLED = "cancelled"
    COMPLETE = "complete"
    UNKNOWN = "unknown"


class Awaited(StrEnum):
    """What the seller is asked to do next."""

    NOTHING = ""
    ANSWER_CANCELLATION = "answer_cancellation"
    ANSWER_REFUND = "answer_refund"
    ANSWER_RETURN = "answer_return"
    CHECK_PARCEL = "check_parcel"
    ANSWER_REPLACEMENT = "answer_replacement"


class Arbitration(StrEnum):
    """``arbitration_status`` of a return (Open API 202309): the marketplace decides between the
    two."""

    OPEN = "IN_PROGRESS"
    FOR_BUYER = "SUPPORT_BUYER"
    FOR_SELLER = "SUPPORT_SELLER"
    CLOSED = "CLOSED"


@dataclass(frozen=True)
class ReturnedUnit:
    unit_id: str
    sku_id: str
    amount: Decimal


@dataclass(frozen=True)
class Return:
    """A refund, return or replacement request. ``amount`` is what the buyer gets back, of which
    ``shipping_amount`` and ``tax_amount``; ``offer`` a part that was offered instead and not
    refused. A replacement that was sent has the amount 0. ``role``, ``reason`` (its key),
    ``arbitration`` and ``raw_state`` are the marketplace's words, ``reason_text`` is for people.
    ``fees``: what the way back costs, and whom; and fees that the buyer gets back."""

    id: str
    order_id: str
    kind: ReturnKind
    state: ReturnState
    raw_state: str
    role: str
    reason: str
    reason_text: str
    currency: str
    amount: Decimal
    shipping_amount: Decimal
    tax_amount: Decimal
    offer: Decimal | None
    units: tuple[ReturnedUnit, ...]
    awaited: Awaited
    due_by: datetime | None
    arbitration: str
    tracking_number: str
    carrier: str
    buyer_keeps_item: bool
    replaced_by: str
    """The request that took this one's place (it was edited), or empty."""
    created_at: datetime
    updated_at: datetime
    fees: Mapping[str, Decimal] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """The money was returned to the buyer; goods sent in place of others return none."""
        replaced = self.kind is ReturnKind.REPLACEMENT and not self.amount
        return self.state is ReturnState.COMPLETE and not replaced


@dataclass(frozen=True)
class ReturnPage:
    """As ``OrderPage``; ``broken`` holds (return id, why)."""

    returns: tuple[Return, ...]
    broken: tuple[tuple[str, str], ...]
    next_token: str
    total: int | None


class Decision(StrEnum):
    """What a seller may say to a return request. Values are the marketplace's own."""

    APPROVE_REFUND = "APPROVE_REFUND"
    APPROVE_RETURN = "APPROVE_RETURN"
    APPROVE_PARCEL = "APPROVE_RECEIVED_PACKAGE"
    APPROVE_REPLACEMENT = "APPROVE_REPLACEMENT"
    REFUND_INSTEAD_OF_REPLACEMENT = "ISSUE_REPLACEMENT_REFUND"
    OFFER_PART = "OFFER_PARTIAL_REFUND"
    REJECT_REFUND = "REJECT_REFUND"
    REJECT_RETURN = "REJECT_RETURN"
    REJECT_PARCEL = "REJECT_RECEIVED_PACKAGE"
    REJECT_REPLACEMENT = "REJECT_REPLACEMENT"


@dataclass(frozen=True)
class RejectReason:
    """One that the marketplace accepts for this very case; ``text`` is for people."""

    key: str
    text: str


@dataclass(frozen=True)
class Eligibility:
    """Whether units may be cancelled, refunded or returned by the seller now, and why not.
    ``request``: ``cancel``, ``refund`` or ``return_and_refund``."""

    sku_id: str
    request: str
    eligible: bool
    unit_ids: tuple[str, ...]
    code: str
    reason: str
    reasons: tuple[str, ...] = ()
    """Keys of the reasons that would be accepted, where the marketplace tells them."""


@dataclass(frozen=True)
class Opened:
    """A cancellation or return that a call of ours opened. ``status`` is the marketplace's word."""

    id: str
    status: str
