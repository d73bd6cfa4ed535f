"""What the sandbox Saleor remembers. Small objects: it must hold 100,000 orders."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from .ids import global_id

ALL_PERMISSIONS = (
    "HANDLE_PAYMENTS",
    "MANAGE_ORDERS",
    "MANAGE_ORDERS_IMPORT",
    "MANAGE_PRODUCTS",
)
Metadata = dict[str, str]


@dataclass(slots=True)
class App:
    """An app and its token."""

    token: str
    permissions: set[str]
    name: str = "TikTok Shop"
    is_active: bool = True
    key: int = 1


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
    automatically_fulfill_non_shippable_gift_card: bool = True

    @property
    def id(self) -> str:
        """As the API shows it."""
        return global_id("Channel", self.key)


@dataclass(slots=True)
class Product:
    """A product of one variant. ``barcode`` becomes the variant's metadata ``barcode``."""

    sku: str
    barcode: str
    name: str
    price: Decimal
    key: int = 0
    external_reference: str = ""
    variant_name: str = ""
    track_inventory: bool = True
    channels: set[str] = field(default_factory=set)
    metadata: Metadata = field(default_factory=dict)
    attributes: Metadata = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The variant's id."""
        return global_id("ProductVariant", self.key)


@dataclass(slots=True)
class Stock:
    """Of one variant in one warehouse."""

    quantity: int
    allocated: int = 0


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


@dataclass(slots=True)
class Event:
    """Something that happened to a transaction."""

    type: str
    amount: Decimal
    psp_reference: str
    message: str
    created: datetime


@dataclass(slots=True)
class Transaction:
    """A payment; ``app`` 0 means nobody owns it."""

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
    events: list[Event] = field(default_factory=list)


@dataclass(slots=True)
class Grant:
    """A granted refund; ``quantities`` by line index."""

    amount: Decimal
    reason: str
    quantities: dict[int, int]
    shipping: bool
    transaction: int


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


class State:
    """Everything, behind one lock: a request sees and leaves a consistent state."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.apps: dict[str, App] = {}
        self.channels: dict[str, Channel] = {}
        self.warehouses: dict[int, Warehouse] = {}
        self.variants: dict[int, Product] = {}
        self.by_sku: dict[str, Product] = {}
        self.by_reference: dict[str, Product] = {}
        self.stocks: dict[tuple[int, int], Stock] = {}
        self.orders: dict[int, Order] = {}
        self.order_references: dict[str, int] = {}
        self.has_tax_class = True
        self._order_keys = itertools.count(1)
        self._keys = itertools.count(1)

    def next_order_key(self) -> int:
        """Keys and numbers count from 1."""
        return next(self._order_keys)

    def add_app(self, token: str, permissions: Iterable[str] = ALL_PERMISSIONS) -> App:
        """Another token, with these permissions."""
        app = App(token, set(permissions), key=next(self._keys))
        self.apps[token] = app
        return app

    def add_channel(
        self,
        slug: str,
        currency: str,
        country: str,
        *,
        warehouses: Sequence[str] = ("default",),
    ) -> Channel:
        """A channel that ships from the named warehouses (made when new)."""
        with self.lock:
            channel = Channel(next(self._keys), slug, slug.title(), currency, country)
            channel.warehouses = [self.warehouse(slug) for slug in warehouses]
            self.channels[slug] = channel
            return channel

    def warehouse(self, slug: str) -> Warehouse:
        """The warehouse of that slug, made when new."""
        found = next((w for w in self.warehouses.values() if w.slug == slug), None)
        if found is None:
            found = Warehouse(next(self._keys), slug, slug.replace("-", " ").title())
            self.warehouses[found.key] = found
        return found

    def add_products(
        self, products: Iterable[Product], *, channels: Sequence[str], quantity: int = 1000
    ) -> list[Product]:
        """Put products on sale in channels, with ``quantity`` in each channel's warehouses."""
        with self.lock:
            added = []
            for product in products:
                product.key = next(self._keys)
                product.channels |= set(channels)
                if product.barcode:
                    product.metadata.setdefault("barcode", product.barcode)
                self.variants[product.key] = product
                self.by_sku[product.sku] = product
                if product.external_reference:
                    self.by_reference[product.external_reference] = product
                for channel in channels:
                    for warehouse in self.channels[channel].warehouses:
                        self.stocks.setdefault((warehouse.key, product.key), Stock(quantity))
                added.append(product)
            return added

    def stock(self, warehouse: str, sku: str) -> Stock:
        """For assertions and for changing what is on hand."""
        return self.stocks[self.warehouse(warehouse).key, self.by_sku[sku].key]

    def order(self, external_reference: str) -> Order:
        """The order with this reference; ``KeyError`` where there is none."""
        return self.orders[self.order_references[external_reference]]
