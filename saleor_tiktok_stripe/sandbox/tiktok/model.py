"""What an order is inside the sandbox. Amounts are minor units, times Unix seconds, 0 = not yet."""

from __future__ import annotations

from dataclasses import dataclass, field

from saleor_tiktok_stripe.sandbox.tiktok.catalog import CatalogSku

SHIPPED = frozenset({"AWAITING_COLLECTION", "IN_TRANSIT", "DELIVERED", "COMPLETED"})
LINE_ORDER = (
    "UNPAID",
    "AWAITING_SHIPMENT",
    "AWAITING_COLLECTION",
    "IN_TRANSIT",
    "DELIVERED",
    "COMPLETED",
)
PACKAGE_OF_LINE = {
    "UNPAID": "TO_FULFILL",
    "AWAITING_SHIPMENT": "TO_FULFILL",
    "AWAITING_COLLECTION": "PROCESSING",
    "IN_TRANSIT": "FULFILLING",
    "DELIVERED": "COMPLETED",
    "COMPLETED": "COMPLETED",
    "CANCELLED": "CANCELLED",
}


@dataclass(slots=True)
class Address:
    """Where an order goes, in readable form; masking happens when it is shown."""

    first_name: str
    last_name: str
    phone: str
    street: str
    extra: str
    state: str
    state_code: str
    county: str
    city: str
    postal_code: str


@dataclass(slots=True)
class Line:
    """One unit of one SKU."""

    id: str
    sku: CatalogSku
    original: int
    seller_discount: int
    platform_discount: int
    tax: int
    tax_rate: int
    status: str
    gift: bool = False
    gift_value: int = 0
    retail_delivery_fee: int = 0
    small_order_fee: int = 0
    buyer_service_fee: int = 0
    pfand: int = 0
    package_id: str = ""
    shipped_at: int = 0
    cancel_reason: str = ""
    cancel_user: str = ""
    shipments: int = 0
    """How often it was handed to a carrier."""
    refunded: int = 0
    """What the buyer got back for it, tax included."""
    taken_from: str = ""
    """Id of the warehouse whose available stock it took a unit of."""

    @property
    def sale(self) -> int:
        """What the buyer pays for it before tax on top."""
        return self.original - self.seller_discount - self.platform_discount

    @property
    def active(self) -> bool:
        """Not cancelled."""
        return self.status != "CANCELLED"


@dataclass(slots=True)
class Package:
    """A parcel: lines of one order, or of several combined ones."""

    id: str
    slot: int
    order_ids: list[str]
    line_ids: list[str]
    create_time: int
    update_time: int
    pay_time: int
    status: str = "TO_FULFILL"
    provider_id: str = ""
    provider_name: str = ""
    tracking: str = ""
    tag: str = ""
    shipped_at: int = 0
    tracking_changes: int = 0


@dataclass(slots=True)
class Refund:
    """Money that goes back to the buyer for some lines."""

    subtotal: int
    tax: int
    shipping: int = 0
    retail_delivery_fee: int = 0
    buyer_service_fee: int = 0
    withheld: int = 0
    """What the platform had paid of the subtotal: the seller owes it back, the buyer gets none."""

    @property
    def total(self) -> int:
        """All of it."""
        return (
            self.subtotal
            + self.tax
            + self.shipping
            + self.retail_delivery_fee
            + self.buyer_service_fee
        )


@dataclass(slots=True)
class Cancellation:
    """A cancellation of an order or of some of its lines."""

    id: str
    slot: int
    order_id: str
    role: str
    kind: str
    status: str
    reason: str
    reason_text: str
    line_ids: list[str]
    refund: Refund
    create_time: int
    update_time: int
    replenish: bool = True
    """Whether what is cancelled may be sold again."""


@dataclass(slots=True)
class Record:
    """One step of a return's history."""

    role: str
    description: str
    reason_text: str
    note: str
    create_time: int


@dataclass(slots=True)
class Return:
    """A refund or return request."""

    id: str
    slot: int
    order_id: str
    role: str
    kind: str
    status: str
    reason: str
    reason_text: str
    line_ids: list[str]
    refund: Refund
    create_time: int
    update_time: int
    tracking: str = ""
    handover_method: str = ""
    shipment_type: str = ""
    arbitration: str = ""
    proposed: str = ""
    """PARTIAL_REFUND once the seller has offered a part."""
    offer: int = 0
    offer_refused: bool = False
    buyer_keeps: bool = False
    paid_back: bool = False
    deadline: int = 0
    former_id: str = ""
    next_id: str = ""
    records: list[Record] = field(default_factory=list)

    @property
    def open(self) -> bool:
        """Not yet paid back, and not given up."""
        return not self.paid_back and not self.status.endswith(("CANCEL", "COMPLETE"))

    @property
    def claims(self) -> bool:
        """Whether money was or may be paid for it."""
        return self.paid_back or (not self.status.endswith("CANCEL") and self.kind != "REPLACEMENT")


@dataclass(slots=True)
class Order:
    """One order, whole."""

    index: int
    id: str
    status: str
    currency: str
    exponent: int
    region: str
    create_time: int
    update_time: int
    shipping_type: str
    platform_fulfilled: bool
    cash_on_delivery: bool
    order_type: str
    sample: bool
    warehouse: int
    buyer_id: str
    address: Address
    lines: list[Line]
    shipping_original: int
    shipping_seller_discount: int
    shipping_platform_discount: int
    shipping_tax: int
    handling_fee: int = 0
    shipping_insurance: int = 0
    item_insurance: int = 0
    payment_discount: int = 0
    paid_time: int = 0
    hold_end: int = 0
    ship_time: int = 0
    collection_time: int = 0
    delivery_time: int = 0
    end_time: int = 0
    cancel_time: int = 0
    request_cancel_time: int = 0
    cancel_reason: str = ""
    cancel_by: str = ""
    hold: bool = True
    buyer_requests_cancel: bool = False
    address_updated: bool = False
    tag: str = ""
    message: str = ""
    next_package: int = 0
    next_case: int = 0
    packages: list[Package] = field(default_factory=list)
    cancellations: list[Cancellation] = field(default_factory=list)
    returns: list[Return] = field(default_factory=list)
    settled_on: int = 0

    @property
    def shipping_fee(self) -> int:
        """Shipping as the buyer pays it, before tax on top."""
        return (
            self.shipping_original - self.shipping_seller_discount - self.shipping_platform_discount
        )

    def total_of(self, name: str) -> int:
        """Sum of one amount over all lines, cancelled ones included.

        The payment block never changes after the order was placed.
        """
        return sum(getattr(line, name) for line in self.lines)

    @property
    def tax(self) -> int:
        """Tax on top, products and shipping."""
        return self.total_of("tax") + self.shipping_tax

    @property
    def total(self) -> int:
        """What the buyer paid."""
        fees = ("retail_delivery_fee", "small_order_fee", "buyer_service_fee", "pfand")
        return (
            self.total_of("sale")
            + self.shipping_fee
            + self.tax
            + sum(self.total_of(fee) for fee in fees)
            + self.handling_fee
            + self.shipping_insurance
            + self.item_insurance
            - self.payment_discount
        )

    def claimed(self) -> int:
        """What went back to the buyer, or is asked back."""
        cancelled = [c.refund.total for c in self.cancellations if not c.status.endswith("LED")]
        returned = [r.refund.total for r in self.returns if r.claims]
        return sum(cancelled) + sum(returned)

    def locked_lines(self) -> set[str]:
        """Lines that a request is open for."""
        return {line_id for case in self.returns if case.open for line_id in case.line_ids}

    def active_lines(self) -> list[Line]:
        """Lines that are not cancelled."""
        return [line for line in self.lines if line.active]

    def derived_status(self) -> str:
        """The order status that its lines add up to."""
        states = {line.status for line in self.active_lines()}
        if not states:
            return "CANCELLED"
        if "AWAITING_SHIPMENT" in states and states & SHIPPED:
            return "PARTIALLY_SHIPPING"
        return min(states, key=LINE_ORDER.index)
