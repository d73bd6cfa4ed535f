"""Payments as Saleor's Transactions API sees them: what it asks, what it is told.

Ids are Saleor's global ids. Amounts are ``Decimal`` in major units. Event types and actions are the
names of Saleor's enums ``TransactionEventTypeEnum`` and ``TransactionActionEnum`` (3.20-3.24).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from .types import AddressData

ActionKind = Literal["CHARGE", "REFUND", "CANCEL"]
Flow = Literal["CHARGE", "AUTHORIZATION"]


@dataclass(frozen=True)
class GatewayRequest:
    """``paymentGatewayInitialize``: a storefront asks how it can pay ``amount`` here."""

    channel_slug: str
    source_id: str
    amount: Decimal | None
    currency: str
    data: Any = None


@dataclass(frozen=True)
class GatewayAnswer:
    """``data`` is for the buyer's browser; ``error`` is shown to the storefront instead."""

    data: Mapping[str, Any] | None = None
    error: str = ""


@dataclass(frozen=True)
class SessionRequest:
    """``transactionInitialize`` or ``transactionProcess`` of one Saleor transaction.

    ``source_id`` is the checkout's or order's id, ``data`` what the storefront passed.
    ``idempotency_key`` is the storefront's. ``psp_reference`` is what an earlier step reported.
    """

    transaction_id: str
    channel_slug: str
    source: Literal["checkout", "order"]
    source_id: str
    flow: Flow
    amount: Decimal
    currency: str
    data: Any = field(default=None, repr=False)
    idempotency_key: str = ""
    psp_reference: str = ""
    order_number: str = ""
    email: str = field(default="", repr=False)
    customer_ip: str = field(default="", repr=False)
    billing_address: AddressData | None = field(default=None, repr=False)
    shipping_address: AddressData | None = field(default=None, repr=False)


@dataclass(frozen=True)
class PaymentMethodDetails:
    """Saleor's ``PaymentMethodDetails``: ``type`` is ``CARD`` or ``OTHER``."""

    type: Literal["CARD", "OTHER"]
    name: str
    brand: str = ""
    last_digits: str = ""
    exp_month: int | None = None
    exp_year: int | None = None


@dataclass(frozen=True)
class SessionAnswer:
    """``result`` is an event type. ``data`` goes to the storefront, with the client secret."""

    result: str
    amount: Decimal
    psp_reference: str = ""
    message: str = ""
    external_url: str = ""
    actions: tuple[str, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict, repr=False)
    method: PaymentMethodDetails | None = None


@dataclass(frozen=True)
class ActionRequest:
    """Somebody asks to capture, refund or cancel (``transactionRequestAction`` and the like).

    ``event_id`` names Saleor's own record of this request; it is unique per request. ``amount``
    None: all of it. ``lines``: what a granted refund names, order line id -> quantity.
    """

    transaction_id: str
    event_id: str
    channel_slug: str
    kind: ActionKind
    amount: Decimal | None
    currency: str
    psp_reference: str = ""
    granted_refund_id: str = ""
    lines: Mapping[str, int] = field(default_factory=dict)
    reason: str = ""
    actor: str = ""


@dataclass(frozen=True)
class ActionAnswer:
    """What came of an ``ActionRequest``: the reference Saleor knows it by from now on ("": none),
    and why it came to nothing ("": it is done or on its way). ``amount`` is of a refused one.
    """

    psp_reference: str = ""
    refusal: str = ""
    amount: Decimal | None = None


@dataclass(frozen=True)
class EventReport:
    """An event to be reported once: Saleor knows it by ``type`` and ``psp_reference``."""

    type: str
    psp_reference: str
    amount: Decimal
    message: str = ""
    external_url: str = ""
    happened_at: datetime | None = None


@dataclass(frozen=True)
class TransactionEvent:
    """``counts``: Saleor includes it in its sums."""

    type: str
    psp_reference: str
    amount: Decimal
    message: str = ""
    created_at: datetime | None = None
    counts: bool = True


@dataclass(frozen=True)
class PaymentTransaction:
    """A Saleor transaction with its sums and events (oldest first)."""

    id: str
    channel_slug: str
    currency: str
    psp_reference: str
    order_id: str
    order_number: str
    checkout_id: str
    app_identifier: str
    authorized: Decimal
    charged: Decimal
    refunded: Decimal
    canceled: Decimal
    authorize_pending: Decimal
    charge_pending: Decimal
    refund_pending: Decimal
    cancel_pending: Decimal
    actions: tuple[str, ...]
    events: Sequence[TransactionEvent]


@dataclass(frozen=True)
class SoldLine:
    """A line as sold; ``total_gross`` after discounts."""

    name: str
    sku: str
    quantity: int
    total_gross: Decimal


@dataclass(frozen=True)
class Shipment:
    tracking_number: str
    carrier: str
    shipped_at: datetime
    status: str


@dataclass(frozen=True)
class OrderFacts:
    """What an order can prove: for answers to disputes and receipts."""

    id: str
    number: str
    channel_slug: str
    currency: str
    created_at: datetime
    status: str
    total_gross: Decimal
    shipping_gross: Decimal
    tax: Decimal
    lines: tuple[SoldLine, ...]
    shipments: tuple[Shipment, ...]
    shipping_method: str
    email: str = field(default="", repr=False)
    customer_name: str = field(default="", repr=False)
    billing_address: AddressData | None = field(default=None, repr=False)
    shipping_address: AddressData | None = field(default=None, repr=False)
    shop_name: str = ""
    shop_address: AddressData | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
