"""What the TikTok room hands out: a marketplace's order in neutral words.

Nothing here is spelled as on the wire; ``tiktok/schemas.py`` knows the wire and builds these.
Amounts are ``Decimal`` in major units of ``Payment.currency``; times are aware UTC datetimes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from ..errors import Problem
from .aftersales_types import Awaited


class OrderState(StrEnum):
    UNPAID = "unpaid"
    ON_HOLD = "on_hold"
    AWAITING_SHIPMENT = "awaiting_shipment"
    PARTIALLY_SHIPPED = "partially_shipped"
    AWAITING_COLLECTION = "awaiting_collection"
    IN_TRANSIT = "in_transit"
    DELIVERED = "delivered"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


SHIPPED_STATES = frozenset(
    {
        OrderState.AWAITING_COLLECTION,
        OrderState.IN_TRANSIT,
        OrderState.DELIVERED,
        OrderState.COMPLETED,
    }
)


class OrderKind(StrEnum):
    NORMAL = "normal"
    LOTTERY = "lottery"
    PRE_ORDER = "pre_order"
    MADE_TO_ORDER = "made_to_order"
    BACK_ORDER = "back_order"
    UNKNOWN = "unknown"


class FulfilledBy(StrEnum):
    SELLER = "seller"
    MARKETPLACE = "marketplace"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Tax:
    """``rate`` is a fraction (``0.075``), or None where the marketplace gives none."""

    kind: str
    amount: Decimal
    rate: Decimal | None


@dataclass(frozen=True)
class Component:
    """One part of a virtual bundle sold as a single unit."""

    sku_id: str
    product_id: str
    seller_sku: str
    quantity: int


@dataclass(frozen=True)
class Unit:
    """One sold unit. TikTok has no quantities: two pieces of one SKU are two units.

    ``sale_price == list_price - seller_discount - platform_discount``.
    """

    id: str
    sku_id: str
    product_id: str
    seller_sku: str
    product_name: str
    sku_name: str
    image_url: str
    currency: str
    list_price: Decimal
    seller_discount: Decimal
    platform_discount: Decimal
    sale_price: Decimal
    taxes: tuple[Tax, ...]
    state: OrderState
    package_id: str
    carrier: str
    carrier_id: str
    tracking_number: str
    is_gift: bool
    cancel_reason: str
    cancelled_by: str
    shipped_at: datetime | None = None
    components: tuple[Component, ...] = ()


@dataclass(frozen=True)
class Payment:
    """What the buyer paid and who funded which discount.

    ``total`` is what the buyer paid. ``fees`` stay between buyer and marketplace (small order,
    buyer service, handling, retail delivery, insurance, deposit), by kind, zero ones left out.
    """

    currency: str
    list_total: Decimal
    seller_discount: Decimal
    platform_discount: Decimal
    sub_total: Decimal
    shipping_list: Decimal
    shipping_seller_discount: Decimal
    shipping_platform_discount: Decimal
    shipping_cofunded_discount: Decimal
    shipping_fee: Decimal
    product_tax: Decimal
    shipping_tax: Decimal
    tax: Decimal
    payment_platform_discount: Decimal
    fees: Mapping[str, Decimal]
    total: Decimal
    method: str = ""


@dataclass(frozen=True)
class Recipient:
    """Buyer data. ``masked`` is True when any part of it is hidden (``*``) or missing."""

    name: str
    first_name: str
    last_name: str
    phone: str
    lines: tuple[str, ...]
    city: str
    area: str
    area_code: str
    postal_code: str
    country: str
    full_address: str
    masked: bool

    def __repr__(self) -> str:
        return f"Recipient(country={self.country!r}, masked={self.masked})"


@dataclass(frozen=True)
class Order:
    id: str
    state: OrderState
    raw_state: str
    kind: OrderKind
    fulfilled_by: FulfilledBy
    ships_with_marketplace_label: bool
    created_at: datetime
    paid_at: datetime | None
    updated_at: datetime
    cancelled_at: datetime | None
    delivered_at: datetime | None
    units: tuple[Unit, ...]
    payment: Payment
    recipient: Recipient
    buyer_id: str
    buyer_email: str = field(repr=False)
    buyer_message: str = field(repr=False)
    seller_note: str = ""
    warehouse_id: str = ""
    delivery_option: str = ""
    cancel_reason: str = ""
    cancelled_by: str = ""
    is_on_hold: bool = False
    is_cod: bool = False
    is_sample: bool = False
    is_replacement: bool = False
    is_exchange: bool = False
    replaced_order_id: str = ""
    combine_group_id: str = ""
    split_or_combined: str = ""
    platform: str = ""
    ship_by: datetime | None = None
    deadlines: Mapping[str, datetime] = field(default_factory=dict)
    cancel_requested: bool = False


@dataclass(frozen=True)
class OrderPage:
    """``broken`` holds (order id, why) of rows that could not be read: they are parked, the rest
    goes on. ``next_token`` is empty on the last page.
    """

    orders: tuple[Order, ...]
    broken: tuple[tuple[str, str], ...]
    next_token: str
    total: int | None


@dataclass(frozen=True)
class Shop:
    """A shop that the authorization covers. ``cipher`` is the handle that calls name it by."""

    id: str
    cipher: str
    code: str
    name: str
    region: str
    seller_type: str


@dataclass(frozen=True)
class Tokens:
    """Expiries are aware UTC datetimes, read off the answer."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    access_expires_at: datetime
    refresh_expires_at: datetime
    open_id: str
    seller_name: str
    seller_region: str
    scopes: tuple[str, ...]


@dataclass(frozen=True)
class CancelledUnit:
    unit_id: str
    amount: Decimal


@dataclass(frozen=True)
class Cancellation:
    """``complete`` once the buyer's money was returned. Amounts are what the buyer gets back.

    ``reason`` is its key, ``reason_text`` for people. ``role`` (``BUYER``, ``SELLER``, ``SYSTEM``)
    and ``kind`` (``BUYER_CANCEL``: somebody has to agree) are the marketplace's words,
    ``raw_state`` what it spelled. ``awaited`` is what the seller is asked to do, until ``due_by``.
    """

    id: str
    order_id: str
    status: str
    complete: bool
    pending: bool
    reason: str
    updated_at: datetime
    currency: str
    amount: Decimal
    shipping_amount: Decimal
    tax_amount: Decimal
    units: tuple[CancelledUnit, ...]
    role: str = ""
    kind: str = ""
    raw_state: str = ""
    reason_text: str = ""
    awaited: Awaited = Awaited.NOTHING
    due_by: datetime | None = None
    created_at: datetime | None = None

    @property
    def approved(self) -> bool:
        """It goes ahead, and the money is on its way back."""
        return self.status.endswith("_SUCCESS")


@dataclass(frozen=True)
class CancellationPage:
    """As ``OrderPage``; ``broken`` holds (cancellation id, why)."""

    cancellations: tuple[Cancellation, ...]
    broken: tuple[tuple[str, str], ...]
    next_token: str
    total: int | None


@dataclass(frozen=True)
class Product:
    """A listed SKU of the shop, for linking."""

    product_id: str
    title: str
    sku_id: str
    seller_sku: str
    barcode: str
    status: str


@dataclass(frozen=True)
class ProductPage:
    """Listed SKUs; ``total`` counts products. ``broken`` holds (product id, why)."""

    products: tuple[Product, ...]
    broken: tuple[tuple[str, str], ...]
    next_token: str
    total: int | None


@dataclass(frozen=True)
class Warehouse:
    """``sells`` is True for a sales warehouse, False for one that takes returns."""

    id: str
    name: str
    region: str
    is_default: bool
    sells: bool
    enabled: bool


@dataclass(frozen=True)
class ExternalReference:
    """Our order's number for a marketplace order, and our line id by marketplace unit id."""

    order_id: str
    reference: str
    units: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Refused:
    """One row of a batch that was refused while the others were accepted. ``passing``: the same
    may be accepted later."""

    subject: str
    code: int
    problem: Problem
    passing: bool = False


@dataclass(frozen=True)
class WebhookRegistration:
    event_type: str
    address: str


@dataclass(frozen=True)
class Notification:
    """A parsed webhook: only a hint that something changed."""

    type_id: int
    kind: str
    event_id: str
    shop_id: str
    sent_at: datetime | None
    subject: str
    data: Mapping[str, object]
