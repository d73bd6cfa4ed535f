"""What the sandbox Saleor remembers, as small objects: it must hold 100,000 orders."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from .ids import global_id

Metadata = dict[str, str]


@dataclass(slots=True)
class Hook:
    """A webhook of an app: the address, the secret its bodies are signed with, and the
    subscription that makes them."""

    key: int
    event: str
    target_url: str
    secret: str
    query: str
    name: str = ""
    is_active: bool = True


@dataclass(slots=True)
class App:
    """An app and its token. ``hooks``: what it is called for, by sync event."""

    token: str = field(repr=False)
    permissions: set[str]
    name: str = "TikTok Shop"
    is_active: bool = True
    key: int = 1
    identifier: str = ""
    hooks: dict[str, Hook] = field(default_factory=dict)


@dataclass(slots=True)
class Staff:
    """Somebody with an account: of the staff, or a customer. ``token`` never expires ("": there is
    none); ``channels``: slugs they are restricted to; ``token_key`` is in all signed tokens.
    """

    token: str = field(repr=False)
    permissions: set[str]
    email: str
    key: int = 1
    password: str = field(default="", repr=False)
    channels: frozenset[str] | None = None
    is_staff: bool = True
    is_superuser: bool = False
    is_active: bool = True
    token_key: str = field(default_factory=lambda: secrets.token_hex(6), repr=False)


@dataclass(slots=True)
class Warehouse:
    """Where stock is."""

    key: int
    slug: str
    name: str

    @property
    def id(self) -> str:
        """As the API shows it."""
        return global_id("Warehouse", self.key)


@dataclass(slots=True)
class Channel:
    """A sales channel."""

    key: int
    slug: str
    name: str
    currency: str
    country: str
    is_active: bool = True
    warehouses: list[Warehouse] = field(default_factory=list)
    shipping_methods: list[str] = field(default_factory=lambda: ["Standard"])
    shipping_price: Decimal = Decimal(0)
    flow: str = "CHARGE"
    automatically_fulfill_non_shippable_gift_card: bool = True

    @property
    def id(self) -> str:
        """As the API shows it."""
        return global_id("Channel", self.key)


@dataclass(slots=True)
class Product:
    """A product of one variant. ``barcode`` becomes the variant's metadata ``barcode``.

    ``price`` holds in every channel that has none of its own in ``prices``; ``discounted`` is what
    a promotion makes of it there. ``unpublished``: channels that list it without selling it.
    """

    sku: str
    barcode: str
    name: str
    price: Decimal
    key: int = 0
    external_reference: str = ""
    variant_name: str = ""
    track_inventory: bool = True
    channels: set[str] = field(default_factory=set)
    prices: dict[str, Decimal] = field(default_factory=dict)
    discounted: dict[str, Decimal] = field(default_factory=dict)
    unpublished: set[str] = field(default_factory=set)
    metadata: Metadata = field(default_factory=dict)
    attributes: Metadata = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The variant's id."""
        return global_id("ProductVariant", self.key)

    def price_in(self, channel: str) -> Decimal:
        """Before promotions."""
        return self.prices.get(channel, self.price)

    def price_after_promotions(self, channel: str) -> Decimal:
        """What a buyer pays."""
        return self.discounted.get(channel, self.price_in(channel))


@dataclass(slots=True)
class Stock:
    """Of one variant in one warehouse. ``reserved`` is what checkouts hold."""

    quantity: int
    allocated: int = 0
    reserved: int = 0


class Address(NamedTuple):
    """An address; in orders of one buyer, one object."""

    first_name: str
    last_name: str
    company_name: str
    street_address_1: str
    street_address_2: str
    city: str
    city_area: str
    postal_code: str
    country_area: str
    phone: str
    country: str
    metadata: tuple[tuple[str, str], ...]


@dataclass(slots=True)
class Line:
    """A line; amounts are of the whole line."""

    variant: Product | None
    product_name: str
    variant_name: str
    sku: str
    quantity: int
    total_net: Decimal
    total_gross: Decimal
    undiscounted_net: Decimal
    undiscounted_gross: Decimal
    tax_rate: Decimal
    tax_class: bool
    is_shipping_required: bool
    discount_reason: str
    metadata: Metadata | None
    private_metadata: Metadata | None
    quantity_fulfilled: int = 0
    allocations: dict[int, int] | None = None


@dataclass(slots=True)
class Fulfillment:
    """``quantities`` are by line index."""

    status: str
    tracking_number: str
    quantities: dict[int, int]
    created: datetime
    warehouse: int = 0
    metadata: Metadata | None = None
    private_metadata: Metadata | None = None
    is_deleted: bool = False


@dataclass(slots=True)
class Event:
    """Something that happened to a transaction. ``counts``: it is in the sums. ``by`` is the key of
    the app that told it, negative for staff, 0 when Saleor wrote it. ``grant`` is a position."""

    type: str
    amount: Decimal
    psp_reference: str
    message: str
    created: datetime
    counts: bool = True
    external_url: str = ""
    idempotency_key: str = ""
    by: int = 0
    grant: int = -1


@dataclass(slots=True)
class Transaction:
    """A payment; ``app`` 0 means nobody owns it. One that began in a checkout has a ``key`` of its
    own, so that its id stays when an order takes it over; others are told by their position."""

    name: str
    message: str
    psp_reference: str
    external_url: str
    actions: list[str]
    metadata: Metadata | None
    private_metadata: Metadata | None
    app: int
    created: datetime
    authorized: Decimal = Decimal(0)
    charged: Decimal = Decimal(0)
    refunded: Decimal = Decimal(0)
    canceled: Decimal = Decimal(0)
    authorize_pending: Decimal = Decimal(0)
    charge_pending: Decimal = Decimal(0)
    refund_pending: Decimal = Decimal(0)
    cancel_pending: Decimal = Decimal(0)
    events: list[Event] = field(default_factory=list)
    key: int = 0
    idempotency_key: str = ""


@dataclass(slots=True)
class Grant:
    """A granted refund; ``quantities`` by line index."""

    amount: Decimal
    reason: str
    quantities: dict[int, int]
    shipping: bool
    transaction: int
    status: str = "NONE"


@dataclass(slots=True)
class Order:
    """An order with its parts."""

    key: int
    number: int
    external_reference: str | None
    channel: Channel
    currency: str
    status: str
    created: datetime
    updated: datetime
    email: str
    language: str
    billing_address: Address
    shipping_address: Address | None
    shipping_method_name: str
    shipping_net: Decimal
    shipping_gross: Decimal
    shipping_tax_rate: Decimal
    customer_note: str
    origin: str
    metadata: Metadata
    private_metadata: Metadata
    lines: list[Line] = field(default_factory=list)
    fulfillments: list[Fulfillment] = field(default_factory=list)
    transactions: list[Transaction] = field(default_factory=list)
    grants: list[Grant] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)

    @property
    def id(self) -> str:
        """As the API shows it."""
        return global_id("Order", self.key)

    @property
    def total_gross(self) -> Decimal:
        """Lines and shipping."""
        return sum((line.total_gross for line in self.lines), self.shipping_gross)

    @property
    def total_net(self) -> Decimal:
        """Lines and shipping."""
        return sum((line.total_net for line in self.lines), self.shipping_net)

    @property
    def granted(self) -> Decimal:
        """The sum of granted refunds."""
        return sum((grant.amount for grant in self.grants), Decimal(0))

    @property
    def charged(self) -> Decimal:
        """The sum over its transactions."""
        return sum((item.charged for item in self.transactions), Decimal(0))

    @property
    def refunded(self) -> Decimal:
        """The sum over its transactions."""
        return sum((item.refunded for item in self.transactions), Decimal(0))

    @property
    def authorized(self) -> Decimal:
        """The sum over its transactions."""
        return sum((item.authorized for item in self.transactions), Decimal(0))


@dataclass(slots=True)
class CheckoutLine:
    """What somebody wants to buy."""

    variant: Product
    quantity: int


@dataclass(slots=True)
class Checkout:
    """A buyer's cart on its way to be an order. Prices include no tax."""

    key: int
    channel: Channel
    created: datetime
    email: str
    language: str
    lines: list[CheckoutLine]
    billing_address: Address | None
    shipping_address: Address | None
    delivery_method: int = -1
    transactions: list[Transaction] = field(default_factory=list)

    @property
    def id(self) -> str:
        """As the API shows it."""
        return global_id("Checkout", self.key)

    @property
    def currency(self) -> str:
        """The channel's."""
        return self.channel.currency

    @property
    def subtotal(self) -> Decimal:
        """All lines."""
        return sum((line.variant.price * line.quantity for line in self.lines), Decimal(0))

    @property
    def shipping_gross(self) -> Decimal:
        """Nothing until a method is chosen."""
        return self.channel.shipping_price if self.delivery_method >= 0 else Decimal(0)

    @property
    def total_gross(self) -> Decimal:
        """Lines and shipping."""
        return self.subtotal + self.shipping_gross


class Found(NamedTuple):
    """A transaction, whom it pays for, and the number in its id."""

    owner: Checkout | Order
    item: Transaction
    key: int
