"""What crosses the door between the feature rooms and Stripe, in the field's words.

Amounts are ``Decimal`` in major units of the named (upper case) currency; minor units exist only
inside this room. Times are aware, in UTC. States that Stripe may add later read as ``UNKNOWN``,
with its own word in ``raw_state``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any


class PaymentState(StrEnum):
    """Where a payment intent stands; each value names Stripe's ``status`` values it covers.

    ``OPEN``: ``requires_payment_method`` or ``requires_confirmation``: the buyer may (still, or
    again) pay. ``AUTHORIZED``: ``requires_capture``.
    """

    OPEN = "open"
    ACTION_REQUIRED = "action_required"
    PROCESSING = "processing"
    AUTHORIZED = "authorized"
    SUCCEEDED = "succeeded"
    CANCELED = "canceled"
    UNKNOWN = "unknown"


class RefundState(StrEnum):
    PENDING = "pending"
    ACTION_REQUIRED = "action_required"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"
    UNKNOWN = "unknown"


class DisputeState(StrEnum):
    """``INQUIRY_*`` are Stripe's ``warning_*``: questions of the bank, no money moved."""

    INQUIRY_NEEDS_RESPONSE = "inquiry_needs_response"
    INQUIRY_UNDER_REVIEW = "inquiry_under_review"
    INQUIRY_CLOSED = "inquiry_closed"
    NEEDS_RESPONSE = "needs_response"
    UNDER_REVIEW = "under_review"
    WON = "won"
    LOST = "lost"
    PREVENTED = "prevented"
    APPEAL_NEEDS_RESPONSE = "appeal_needs_response"
    APPEAL_UNDER_REVIEW = "appeal_under_review"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class PaymentMethod:
    """How the buyer paid. ``brand``, ``last4`` and expiry are a card's; ``wallet``: ``apple_pay``,
    ``google_pay``, ``link``... ``fingerprint`` is the same for the same card."""

    type: str
    brand: str = ""
    last4: str = ""
    exp_month: int | None = None
    exp_year: int | None = None
    wallet: str = ""
    fingerprint: str = ""
    checks: Mapping[str, str] = field(default_factory=dict)
    """Of a card: ``cvc_check``, ``address_line1_check``, ``address_postal_code_check``,
    ``three_d_secure`` -> Stripe's result."""


@dataclass(frozen=True)
class Decline:
    """Why the last attempt failed. ``message`` is Stripe's, made to be shown to the buyer."""

    code: str
    decline_code: str
    message: str
    charge_id: str = ""


@dataclass(frozen=True)
class ChargeFacts:
    """The charge of a payment that was authorized or paid.

    ``refunded`` holds what Stripe's ``amount_refunded`` says minus what a partial capture released.
    ``fee`` and ``net`` are in ``settlement_currency``; None until Stripe booked the balance
    transaction.
    """

    id: str
    captured: Decimal
    refunded: Decimal
    disputed: bool
    created_at: datetime
    receipt_url: str = ""
    fee: Decimal | None = None
    net: Decimal | None = None
    settlement_currency: str = ""
    billing_name: str = field(default="", repr=False)
    billing_email: str = field(default="", repr=False)


@dataclass(frozen=True)
class Payment:
    """A payment intent. ``authorized`` is what can still be captured, ``captured`` what was
    received. ``capture_later``: manual capture. ``client_secret`` is for the buyer's browser only.
    """

    id: str
    state: PaymentState
    raw_state: str
    currency: str
    amount: Decimal
    authorized: Decimal
    captured: Decimal
    capture_later: bool
    created_at: datetime
    livemode: bool
    client_secret: str = field(default="", repr=False)
    cancellation_reason: str = ""
    method: PaymentMethod | None = None
    decline: Decline | None = None
    charge: ChargeFacts | None = None
    next_action: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Refund:
    """``reference`` is the ARN (or the like) by which a bank finds it, "" until known."""

    id: str
    payment_id: str
    charge_id: str
    state: RefundState
    raw_state: str
    amount: Decimal
    currency: str
    reason: str
    created_at: datetime
    failure_reason: str = ""
    pending_reason: str = ""
    reference: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class FeePart:
    """A part of a balance transaction's fee: ``stripe_fee``, ``tax``, ``application_fee``..."""

    kind: str
    amount: Decimal
    description: str = ""


@dataclass(frozen=True)
class BalanceEntry:
    """A balance transaction: what moved in the account's balance. In settlement currency; ``net``
    is ``amount`` less ``fee``. ``payment_id`` is the payment intent behind its source, where the
    source came with it and has one."""

    id: str
    category: str
    amount: Decimal
    fee: Decimal
    net: Decimal
    currency: str
    source_id: str
    created_at: datetime
    exchange_rate: Decimal | None = None
    payment_id: str = ""
    fees: tuple[FeePart, ...] = ()
    description: str = ""


@dataclass(frozen=True)
class Dispute:
    """``amount`` is in ``currency``; what really left or came back is in ``balance``, with the fee.

    ``due_by`` None: no answer is possible. ``has_evidence``: something is staged (or was sent).
    ``auto_submits``: the account lets Stripe answer by itself at the due date (Smart Disputes).
    ``evidence`` holds what Stripe has on file now, by its field names.
    """

    id: str
    payment_id: str
    charge_id: str
    state: DisputeState
    raw_state: str
    reason: str
    amount: Decimal
    currency: str
    created_at: datetime
    livemode: bool
    due_by: datetime | None
    has_evidence: bool
    past_due: bool
    submission_count: int
    refundable: bool
    balance: tuple[BalanceEntry, ...] = ()
    network_reason_code: str = ""
    case_type: str = ""
    method_type: str = ""
    brand: str = ""
    auto_submits: bool = False
    eligibility: Mapping[str, Any] = field(default_factory=dict)
    evidence: Mapping[str, Any] = field(default_factory=dict, repr=False)
    metadata: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_inquiry(self) -> bool:
        """No money moved (yet)."""
        return self.state in {
            DisputeState.INQUIRY_NEEDS_RESPONSE,
            DisputeState.INQUIRY_UNDER_REVIEW,
            DisputeState.INQUIRY_CLOSED,
        }

    @property
    def needs_response(self) -> bool:
        """It waits for the merchant."""
        return self.state in {
            DisputeState.INQUIRY_NEEDS_RESPONSE,
            DisputeState.NEEDS_RESPONSE,
            DisputeState.APPEAL_NEEDS_RESPONSE,
        }


@dataclass(frozen=True)
class EvidenceFile:
    """A file Stripe keeps. ``size`` in bytes."""

    id: str
    size: int
    kind: str
    filename: str


@dataclass(frozen=True)
class Requirement:
    """Something the account holder must bring to Stripe."""

    name: str
    overdue: bool


@dataclass(frozen=True)
class Account:
    id: str
    name: str
    country: str
    default_currency: str
    charges_enabled: bool
    payouts_enabled: bool
    details_submitted: bool
    capabilities: Mapping[str, str]
    requirements: tuple[Requirement, ...]
    requirements_deadline: datetime | None
    disabled_reason: str
    statement_descriptor: str = ""


@dataclass(frozen=True)
class WebhookEndpoint:
    """``secret`` is given only when it is created."""

    id: str
    url: str
    enabled: bool
    livemode: bool
    api_version: str
    events: tuple[str, ...]
    metadata: Mapping[str, str] = field(default_factory=dict)
    secret: str = field(default="", repr=False)


@dataclass(frozen=True)
class Notification:
    """An event of Stripe, as notified or listed: a hint to look at its object again.

    ``object_id`` is the object's own id, ``payment_id`` and ``charge_id`` those it names (or is).
    ``account_id`` is set for events of connected accounts. ``raw`` is the whole event as JSON text.
    """

    event_id: str
    kind: str
    object_type: str
    object_id: str
    payment_id: str
    charge_id: str
    account_id: str
    livemode: bool
    created_at: datetime | None
    metadata: Mapping[str, str] = field(default_factory=dict)
    raw: str = field(default="", repr=False)


@dataclass(frozen=True)
class Authorization:
    """What the consent of an account holder gave (Connect OAuth)."""

    account_id: str
    scope: str
    livemode: bool
    publishable_key: str


@dataclass(frozen=True)
class PaymentRecord:
    """A payment collected elsewhere and reported to Stripe: no effect on any balance."""

    id: str
    amount: Decimal
    refunded: Decimal
    currency: str
    livemode: bool
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Address:
    """Where goods go. Stripe takes it only with a name and a first line; else it is left out."""

    name: str = ""
    line1: str = ""
    line2: str = ""
    city: str = ""
    postal_code: str = ""
    state: str = ""
    country: str = ""
    phone: str = ""


@dataclass(frozen=True)
class NewPayment:
    """What a payment intent is created from.

    ``capture_later``: the buyer is offered only methods that can be captured later, and the money
    is reserved until ``capture``. ``payment_method`` and ``confirm`` pay at once;
    ``return_url`` is then needed by methods that send the buyer elsewhere, unless
    ``allow_redirects`` is False, which leaves such methods out.
    """

    amount: Decimal
    currency: str
    capture_later: bool = False
    metadata: Mapping[str, str] = field(default_factory=dict)
    description: str = ""
    receipt_email: str = field(default="", repr=False)
    shipping: Address | None = field(default=None, repr=False)
    statement_descriptor_suffix: str = ""
    allow_redirects: bool = True
    payment_method: str = ""
    return_url: str = ""
    confirm: bool = False


@dataclass(frozen=True)
class NewRecord:
    """A payment that somebody else collected, to be reported to Stripe.

    ``reference`` is the collector's own id of it. ``custom_payment_type`` (``cpmt_…``, made in
    Stripe's dashboard) goes before ``display_name``. Stripe does not deduplicate by reference.
    """

    amount: Decimal
    currency: str
    reference: str
    initiated_at: datetime
    guaranteed_at: datetime
    display_name: str = "TikTok Shop"
    custom_payment_type: str = ""
    description: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
