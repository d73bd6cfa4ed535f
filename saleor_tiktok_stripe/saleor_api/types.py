"""What crosses the door between the feature rooms and Saleor, in Saleor's words.

Ids are Saleor's global ids (base64 strings, as its GraphQL API shows them). Amounts are ``Decimal``
in major units of the named currency. Metadata values are strings, as Saleor's are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


class SaleorOrderStatus(StrEnum):
    """``OrderStatus`` of Saleor's GraphQL schema (3.20-3.24)."""

    UNCONFIRMED = "UNCONFIRMED"
    UNFULFILLED = "UNFULFILLED"
    PARTIALLY_FULFILLED = "PARTIALLY_FULFILLED"
    FULFILLED = "FULFILLED"
    PARTIALLY_RETURNED = "PARTIALLY_RETURNED"
    RETURNED = "RETURNED"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"
    DRAFT = "DRAFT"


@dataclass(frozen=True)
class ChannelInfo:
    id: str
    slug: str
    currency: str
    is_active: bool
    default_country: str
    warehouses: tuple[Warehouse, ...]
    gift_card_auto_fulfill: bool = True


@dataclass(frozen=True)
class Warehouse:
    id: str
    slug: str
    name: str


@dataclass(frozen=True)
class Variant:
    """A sellable variant found by one of its keys. ``barcodes`` are the values of the attributes
    or metadata keys ``barcode``, ``ean``, ``gtin``, ``upc``, ``isbn`` (digits only compared).
    """

    id: str
    product_id: str
    sku: str
    external_reference: str
    barcodes: tuple[str, ...]
    product_name: str
    variant_name: str
    in_channel: bool
    track_inventory: bool = True


@dataclass(frozen=True)
class AddressData:
    first_name: str
    last_name: str
    company_name: str
    street_address_1: str
    street_address_2: str
    city: str
    city_area: str
    postal_code: str
    country: str
    country_area: str
    phone: str
    metadata: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"AddressData(country={self.country!r})"


@dataclass(frozen=True)
class NewLine:
    """One line of an order to be created. ``key`` is unique in the order and comes back in results.

    Unit amounts times ``quantity`` are the line's totals to the cent: no rounding happens later.
    ``tax_rate`` is a fraction or None where the marketplace gave none. ``allocate`` is False for
    units that this merchant does not ship (fulfilled by the marketplace, already shipped).
    ``variant_id`` None makes a placeholder line.
    """

    key: str
    variant_id: str | None
    quantity: int
    product_name: str
    variant_name: str
    sku: str
    unit_net: Decimal
    unit_gross: Decimal
    undiscounted_unit_net: Decimal
    undiscounted_unit_gross: Decimal
    tax_rate: Decimal | None
    allocate: bool
    is_gift: bool = False
    discount_reason: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class NewFulfillment:
    """A package that already left, or (``returned``) units cancelled before the first import.

    ``key`` (the package id) is kept in the fulfillment's metadata as ``tiktok.package_id``.
    """

    key: str
    quantities: Mapping[str, int]
    tracking_number: str = ""
    shipped_at: datetime | None = None
    returned: bool = False
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class NewTransaction:
    """Money that the marketplace already moved. ``psp_reference`` is unique per order and kind,
    ``actions`` what staff may ask for (``REFUND``)."""

    name: str
    message: str
    psp_reference: str
    charged: Decimal
    refunded: Decimal
    authorized: Decimal
    external_url: str = ""
    actions: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class NewOrder:
    """``external_reference`` is unique in the whole Saleor and makes creation idempotent.

    Invariant checked by whoever writes it: lines + shipping (gross) == sum of the transactions'
    charged + refunded + authorized, unless ``unpaid``.
    """

    external_reference: str
    channel_slug: str
    currency: str
    status: SaleorOrderStatus
    created_at: datetime
    email: str
    language_code: str
    billing_address: AddressData | None
    shipping_address: AddressData | None
    shipping_method_name: str
    shipping_net: Decimal
    shipping_gross: Decimal
    undiscounted_shipping_gross: Decimal
    shipping_tax_rate: Decimal | None
    lines: tuple[NewLine, ...]
    transactions: tuple[NewTransaction, ...]
    fulfillments: tuple[NewFulfillment, ...] = ()
    granted_refund: Decimal = Decimal(0)
    customer_note: str = ""
    notes: tuple[str, ...] = ()
    warehouse_id: str | None = None
    display_gross_prices: bool = True
    metadata: Mapping[str, str] = field(default_factory=dict)
    private_metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class CreatedOrder:
    """``created`` is False when an order with this reference existed already.

    ``unallocated`` maps line keys to the units for which no stock could be set aside (oversold, or
    a host that cannot allocate). ``error`` is set, and ``order_id`` empty, when Saleor refused it.
    """

    external_reference: str
    order_id: str
    number: str
    created: bool
    line_ids: Mapping[str, str]
    unallocated: Mapping[str, int] = field(default_factory=dict)
    error: str = ""


@dataclass(frozen=True)
class OrderLineState:
    id: str
    variant_id: str | None
    sku: str
    quantity: int
    quantity_fulfilled: int
    quantity_to_fulfill: int
    quantity_allocated: int
    unit_gross: Decimal
    total_gross: Decimal
    metadata: Mapping[str, str]


@dataclass(frozen=True)
class FulfillmentState:
    """``status`` is Saleor's ``FulfillmentStatus`` name (FULFILLED, RETURNED, CANCELED...)."""

    id: str
    status: str
    tracking_number: str
    quantities: Mapping[str, int]
    metadata: Mapping[str, str]
    created_at: datetime | None = None


@dataclass(frozen=True)
class TransactionState:
    """``event_references``: of what happened. What is only asked for, or failed, is left out: it
    may still happen under the same reference."""

    id: str
    name: str
    psp_reference: str
    authorized: Decimal
    charged: Decimal
    refunded: Decimal
    event_references: tuple[str, ...]


@dataclass(frozen=True)
class SaleorOrder:
    """The newest state of one Saleor order, as needed to bring it in step with the marketplace."""

    id: str
    number: str
    external_reference: str
    channel_slug: str
    currency: str
    status: SaleorOrderStatus
    total_gross: Decimal
    shipping_gross: Decimal
    charged: Decimal
    granted_refunds: Decimal
    lines: tuple[OrderLineState, ...]
    fulfillments: tuple[FulfillmentState, ...]
    transactions: tuple[TransactionState, ...]
    shipping_address: AddressData | None
    metadata: Mapping[str, str]
    shipping_method_name: str = ""
    updated_at: datetime | None = None


@dataclass(frozen=True)
class Package:
    """A shipment to be recorded as a Saleor fulfillment. Quantities are by Saleor order line id.

    ``touch_stock`` False when the goods did not leave this merchant's warehouses.
    """

    key: str
    quantities: Mapping[str, int]
    tracking_number: str
    touch_stock: bool
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Refund:
    """Money the marketplace gave back. ``reference`` is unique on the transaction: a second report
    with the same one changes nothing.
    """

    transaction_reference: str
    reference: str
    amount: Decimal
    message: str
    happened_at: datetime | None = None


@dataclass(frozen=True)
class Grant:
    """A refund to be granted: ``key`` makes it happen once, ``quantities`` are by order line id."""

    key: str
    amount: Decimal
    quantities: Mapping[str, int]
    reason: str

    @property
    def text(self) -> str:
        """The reason as Saleor keeps it, the key in its last line."""
        return f"{self.reason}\n{self.key}"

    @staticmethod
    def key_in(text: str | None) -> str:
        """The key of a grant that Saleor keeps with this ``text``."""
        return (text or "").rsplit("\n", 1)[-1]


@dataclass(frozen=True)
class Charge:
    """Money that arrived later than the order (cash on delivery)."""

    transaction_reference: str
    reference: str
    amount: Decimal
    message: str


@dataclass(frozen=True)
class AppStatus:
    """The plugin's own App record (or the token's app over HTTP)."""

    id: str
    name: str
    is_active: bool
    permissions: tuple[str, ...]
    missing_permissions: tuple[str, ...]


@dataclass(frozen=True)
class GoodsReturn:
    """Shipped units that came back (or that the buyer keeps and is refunded for). ``key`` is kept
    in the returned fulfillment's metadata and makes it happen once; quantities are by order line
    id. ``restock``: they are put back into the stock they left.
    """

    key: str
    quantities: Mapping[str, int]
    restock: bool
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ChangedOrder:
    """An order that somebody, perhaps we, changed in Saleor."""

    id: str
    external_reference: str
    updated_at: datetime


@dataclass(frozen=True)
class OrderChanges:
    """Oldest change first. ``cursor`` goes on from here; ``more``: there is more already."""

    orders: tuple[ChangedOrder, ...]
    cursor: str
    more: bool


@dataclass(frozen=True)
class WarehouseStock:
    """Pieces of a variant in one warehouse: ``allocated`` to orders, ``reserved`` by checkouts."""

    quantity: int
    allocated: int
    reserved: int


@dataclass(frozen=True)
class VariantStock:
    """A variant's stock by slug of the channel's warehouses. Where ``tracks_inventory`` is False,
    quantities say nothing: it is always there. ``sellable``: published for sale in the channel."""

    variant_id: str
    tracks_inventory: bool
    sellable: bool
    warehouses: Mapping[str, WarehouseStock]


@dataclass(frozen=True)
class ListedPrice:
    """What a variant costs in a channel. ``discounted`` is after Saleor's promotions."""

    variant_id: str
    currency: str
    price: Decimal
    discounted: Decimal


@dataclass(frozen=True)
class VariantChanges:
    """Variants to look at again. ``cursor`` goes on from here. ``complete`` False: there is more,
    ask again. None of a variant's changes after the former cursor is left out once it is True.
    """

    variant_ids: tuple[str, ...]
    cursor: str
    complete: bool
