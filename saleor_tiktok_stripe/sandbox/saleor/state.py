"""Everything the sandbox Saleor remembers, and how it gets there."""

from __future__ import annotations

import itertools
import secrets
import threading
from collections.abc import Iterable, Sequence
from decimal import Decimal

from .ids import parse_id, parse_part
from .records import (
    Address,
    App,
    Channel,
    Checkout,
    CheckoutLine,
    Event,
    Found,
    Fulfillment,
    Grant,
    Hook,
    Line,
    Metadata,
    Order,
    Product,
    Staff,
    Stock,
    Transaction,
    Warehouse,
)

__all__ = [
    "ALL_PERMISSIONS",
    "Address",
    "App",
    "Channel",
    "Checkout",
    "CheckoutLine",
    "Event",
    "Found",
    "Fulfillment",
    "Grant",
    "Hook",
    "Line",
    "Metadata",
    "Order",
    "Product",
    "Staff",
    "State",
    "Stock",
    "Transaction",
    "Warehouse",
    "transaction_at",
]
_OWN_KEYS = 1 << 64
"""Numbers of transactions that began in a checkout: none is an order's position."""
ALL_PERMISSIONS = (
    "HANDLE_PAYMENTS",
    "MANAGE_ORDERS",
    "MANAGE_ORDERS_IMPORT",
    "MANAGE_PRODUCTS",
)


class State:
    """Everything, behind one lock: a request sees and leaves a consistent state."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.apps: dict[str, App] = {}
        self.staff: dict[str, Staff] = {}
        self.people: dict[str, Staff] = {}
        self.signing_key = secrets.token_bytes(32)
        self.failures: dict[str, int] = {}
        self.blocked: dict[str, float] = {}
        self.channels: dict[str, Channel] = {}
        self.warehouses: dict[int, Warehouse] = {}
        self.variants: dict[int, Product] = {}
        self.by_sku: dict[str, Product] = {}
        self.by_reference: dict[str, Product] = {}
        self.stocks: dict[tuple[int, int], Stock] = {}
        self.orders: dict[int, Order] = {}
        self.order_references: dict[str, int] = {}
        self.checkouts: dict[int, Checkout] = {}
        self.completed: dict[int, int] = {}
        self.payers: dict[int, Checkout | Order] = {}
        self.idempotency_keys: dict[tuple[int, str], int] = {}
        self.has_tax_class = True
        self.shop_name = "Sandbox shop"
        self._order_keys = itertools.count(1)
        self._keys = itertools.count(1)

    def next_order_key(self) -> int:
        """Keys and numbers count from 1."""
        return next(self._order_keys)

    def next_key(self) -> int:
        """For anything but orders."""
        return next(self._keys)

    def add_app(
        self, token: str, permissions: Iterable[str] = ALL_PERMISSIONS, *, identifier: str = ""
    ) -> App:
        """Another token, with these permissions."""
        app = App(token, set(permissions), key=next(self._keys), identifier=identifier)
        self.apps[token] = app
        return app

    def add_staff(
        self, token: str, email: str, permissions: Iterable[str] = ALL_PERMISSIONS
    ) -> Staff:
        """Somebody who works in the Dashboard, with a token that never expires."""
        person = Staff(token, set(permissions), email, key=next(self._keys))
        self.staff[token] = self.people[email] = person
        return person

    def gateway(self, identifier: str) -> App | None:
        """The active app that storefronts name as the payment gateway."""
        found = (app for app in self.apps.values() if identifier and app.identifier == identifier)
        return next((app for app in found if app.is_active), None)

    def add_channel(
        self,
        slug: str,
        currency: str,
        country: str,
        *,
        warehouses: Sequence[str] = ("default",),
        shipping_price: Decimal = Decimal(0),
        flow: str = "CHARGE",
    ) -> Channel:
        """A channel that ships from the named warehouses (made when new). ``flow`` is its
        ``defaultTransactionFlowStrategy``."""
        with self.lock:
            channel = Channel(next(self._keys), slug, slug.title(), currency, country)
            channel.shipping_price, channel.flow = shipping_price, flow
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

    def pay(self, owner: Checkout | Order, item: Transaction) -> Found:
        """Add a transaction with an id of its own."""
        item.key = _OWN_KEYS + self.next_key()
        owner.transactions.append(item)
        self.payers[item.key] = owner
        return Found(owner, item, item.key)

    def payer_of(self, item: Transaction) -> Checkout | Order:
        """Whom a transaction pays for now: a checkout's goes over to the order."""
        if item.key:
            return self.payers[item.key]
        return next(
            order for order in self.orders.values() if any(o is item for o in order.transactions)
        )

    def stock(self, warehouse: str, sku: str) -> Stock:
        """For assertions and for changing what is on hand."""
        return self.stocks[self.warehouse(warehouse).key, self.by_sku[sku].key]

    def order(self, external_reference: str) -> Order:
        """The order with this reference; ``KeyError`` where there is none."""
        return self.orders[self.order_references[external_reference]]


def transaction_at(state: State, value: str) -> Found | None:
    """The transaction with this id."""
    kind, key = parse_id(value)
    if kind != "TransactionItem":
        return None
    owner = state.payers.get(key)
    if owner is not None:
        return next(Found(owner, item, key) for item in owner.transactions if item.key == key)
    _, number, index = parse_part(value)
    order = state.orders.get(number)
    if order is None or index >= len(order.transactions) or order.transactions[index].key:
        return None
    return Found(order, order.transactions[index], key)
