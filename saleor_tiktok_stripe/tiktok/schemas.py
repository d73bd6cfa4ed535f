"""TikTok's order on the wire, and how it becomes a neutral ``Order``.

Source of names: the order object of ``/order/202309`` and ``/order/202507``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from . import types
from .address import AddressWire, recipient
from .types import FulfilledBy, OrderKind, OrderState
from .wire import (
    Amount,
    Count,
    Currency,
    Flag,
    Id,
    Nullable,
    OptionalAmount,
    OptionalId,
    OptionalTime,
    Rate,
    Text,
    Time,
    Unreadable,
    Wire,
    money,
)

STATES: Mapping[str, OrderState] = {
    "UNPAID": OrderState.UNPAID,
    "ON_HOLD": OrderState.ON_HOLD,
    "AWAITING_SHIPMENT": OrderState.AWAITING_SHIPMENT,
    "PARTIALLY_SHIPPING": OrderState.PARTIALLY_SHIPPED,
    "AWAITING_COLLECTION": OrderState.AWAITING_COLLECTION,
    "IN_TRANSIT": OrderState.IN_TRANSIT,
    "DELIVERED": OrderState.DELIVERED,
    "COMPLETED": OrderState.COMPLETED,
    "CANCELLED": OrderState.CANCELLED,
    "CANCEL": OrderState.CANCELLED,
}
KINDS: Mapping[str, OrderKind] = {
    "": OrderKind.NORMAL,
    "NORMAL": OrderKind.NORMAL,
    "ZERO_LOTTERY": OrderKind.LOTTERY,
    "PRE_ORDER": OrderKind.PRE_ORDER,
    "MADE_TO_ORDER": OrderKind.MADE_TO_ORDER,
    "BACK_ORDER": OrderKind.BACK_ORDER,
}
FULFILLERS: Mapping[str, FulfilledBy] = {
    "FULFILLMENT_BY_SELLER": FulfilledBy.SELLER,
    "FULFILLMENT_BY_TIKTOK": FulfilledBy.MARKETPLACE,
    "FULFILLMENT_BY_DILAYANI_TOKOPEDIA": FulfilledBy.MARKETPLACE,
}
FEES: Mapping[str, str] = {
    "retail_delivery_fee": "retail_delivery",
    "small_order_fee": "small_order",
    "buyer_service_fee": "buyer_service",
    "handling_fee": "handling",
    "shipping_insurance_fee": "shipping_insurance",
    "item_insurance_fee": "item_insurance",
    "item_insurance_tax": "item_insurance_tax",
    "payment_discount_service_fee": "payment_discount_service",
}
"""Fees between buyer and marketplace: wire name to ours. ``deposit`` is summed from the lines."""
DEADLINES: Mapping[str, str] = {
    "rts_sla_time": "ship_by",
    "tts_sla_time": "hand_over_by",
    "cancel_order_sla_time": "answer_cancel_by",
    "shipping_due_time": "cancelled_unless_shipped_by",
    "collection_due_time": "cancelled_unless_collected_by",
    "delivery_due_time": "cancelled_unless_delivered_by",
    "delivery_sla_time": "deliver_by",
}


class TaxWire(Wire):
    tax_type: Text = ""
    tax_amount: Amount
    tax_rate: Rate = None


class ComponentWire(Wire):
    sku_id: Id
    product_id: OptionalId = ""
    seller_sku: Text = ""
    sku_count: Count = 1


class LineWire(Wire):
    id: Id
    sku_id: Id
    product_id: Id
    seller_sku: Text = ""
    product_name: Text = ""
    sku_name: Text = ""
    sku_image: Text = ""
    currency: Currency
    original_price: Amount
    sale_price: Amount
    seller_discount: OptionalAmount = Decimal(0)
    platform_discount: OptionalAmount = Decimal(0)
    pfand_fee: OptionalAmount = Decimal(0)
    item_tax: Annotated[list[TaxWire], Nullable] = []
    display_status: Text
    package_id: OptionalId = ""
    shipping_provider_id: OptionalId = ""
    shipping_provider_name: Text = ""
    tracking_number: Text = ""
    is_gift: Flag = False
    cancel_reason: Text = ""
    cancel_user: Text = ""
    rts_time: OptionalTime = None
    combined_listing_skus: Annotated[list[ComponentWire], Nullable] = []


class PaymentWire(Wire):
    currency: Currency
    original_total_product_price: Amount
    seller_discount: OptionalAmount = Decimal(0)
    platform_discount: OptionalAmount = Decimal(0)
    sub_total: Amount
    original_shipping_fee: OptionalAmount = Decimal(0)
    shipping_fee_seller_discount: OptionalAmount = Decimal(0)
    shipping_fee_platform_discount: OptionalAmount = Decimal(0)
    shipping_fee_cofunded_discount: OptionalAmount = Decimal(0)
    shipping_fee: OptionalAmount = Decimal(0)
    product_tax: OptionalAmount = Decimal(0)
    shipping_fee_tax: OptionalAmount = Decimal(0)
    tax: OptionalAmount = Decimal(0)
    payment_platform_discount: OptionalAmount = Decimal(0)
    retail_delivery_fee: OptionalAmount = Decimal(0)
    small_order_fee: OptionalAmount = Decimal(0)
    buyer_service_fee: OptionalAmount = Decimal(0)
    handling_fee: OptionalAmount = Decimal(0)
    shipping_insurance_fee: OptionalAmount = Decimal(0)
    item_insurance_fee: OptionalAmount = Decimal(0)
    item_insurance_tax: OptionalAmount = Decimal(0)
    payment_discount_service_fee: OptionalAmount = Decimal(0)
    total_amount: Amount


class OrderWire(Wire):
    id: Id
    status: Text
    order_type: Text = ""
    commerce_platform: Text = ""
    fulfillment_type: Text = ""
    shipping_type: Text = ""
    create_time: Time
    update_time: Time
    paid_time: OptionalTime = None
    cancel_time: OptionalTime = None
    delivery_time: OptionalTime = None
    rts_sla_time: OptionalTime = None
    tts_sla_time: OptionalTime = None
    cancel_order_sla_time: OptionalTime = None
    shipping_due_time: OptionalTime = None
    collection_due_time: OptionalTime = None
    delivery_due_time: OptionalTime = None
    delivery_sla_time: OptionalTime = None
    payment: PaymentWire
    payment_method_name: Text = ""
    line_items: list[LineWire]
    recipient_address: AddressWire | None = None
    user_id: Text = ""
    buyer_email: Text = ""
    buyer_message: Text = ""
    seller_note: Text = ""
    warehouse_id: OptionalId = ""
    delivery_option_name: Text = ""
    cancel_reason: Text = ""
    cancellation_initiator: Text = ""
    is_on_hold_order: Flag = False
    is_cod: Flag = False
    is_sample_order: Flag = False
    is_replacement_order: Flag = False
    is_exchange_order: Flag = False
    is_buyer_request_cancel: Flag = False
    replaced_order_id: OptionalId = ""
    auto_combine_group_id: Text = ""
    split_or_combine_tag: Text = ""


def order(wire: OrderWire) -> types.Order:
    """The neutral order. Raises ``Unreadable`` when it has no lines, a line twice, or an amount
    with more decimals than its currency. Whether the sums close is for the orders room to say.
    """
    units = tuple(_unit(line) for line in wire.line_items)
    if not units:
        raise Unreadable("the order has no lines")
    if len({unit.id for unit in units}) != len(units):
        raise Unreadable("a line id occurs twice")
    return types.Order(
        id=wire.id,
        state=STATES.get(wire.status, OrderState.UNKNOWN),
        raw_state=wire.status,
        kind=KINDS.get(wire.order_type, OrderKind.UNKNOWN),
        fulfilled_by=FULFILLERS.get(wire.fulfillment_type, FulfilledBy.UNKNOWN),
        ships_with_marketplace_label=wire.shipping_type == "TIKTOK",
        created_at=wire.create_time,
        paid_at=wire.paid_time,
        updated_at=wire.update_time,
        cancelled_at=wire.cancel_time,
        delivered_at=wire.delivery_time,
        units=units,
        payment=_payment(wire),
        recipient=recipient(wire.recipient_address),
        buyer_id=wire.user_id,
        buyer_email=wire.buyer_email,
        buyer_message=wire.buyer_message,
        seller_note=wire.seller_note,
        warehouse_id=wire.warehouse_id,
        delivery_option=wire.delivery_option_name,
        cancel_reason=wire.cancel_reason,
        cancelled_by=wire.cancellation_initiator,
        is_on_hold=wire.is_on_hold_order,
        is_cod=wire.is_cod,
        is_sample=wire.is_sample_order,
        is_replacement=wire.is_replacement_order,
        is_exchange=wire.is_exchange_order,
        replaced_order_id=wire.replaced_order_id,
        combine_group_id=wire.auto_combine_group_id,
        split_or_combined=wire.split_or_combine_tag,
        platform=wire.commerce_platform,
        ship_by=wire.rts_sla_time,
        deadlines=_deadlines(wire),
        cancel_requested=wire.is_buyer_request_cancel,
    )


def _deadlines(wire: OrderWire) -> dict[str, datetime]:
    found = ((ours, getattr(wire, theirs)) for theirs, ours in DEADLINES.items())
    return {name: moment for name, moment in found if moment is not None}


def _unit(line: LineWire) -> types.Unit:
    currency = line.currency
    return types.Unit(
        id=line.id,
        sku_id=line.sku_id,
        product_id=line.product_id,
        seller_sku=line.seller_sku.strip(),
        product_name=line.product_name,
        sku_name=line.sku_name,
        image_url=line.sku_image,
        currency=currency,
        list_price=money(line.original_price, currency),
        seller_discount=money(line.seller_discount, currency),
        platform_discount=money(line.platform_discount, currency),
        sale_price=money(line.sale_price, currency),
        taxes=tuple(
            types.Tax(tax.tax_type, money(tax.tax_amount, currency), tax.tax_rate)
            for tax in line.item_tax
        ),
        state=STATES.get(line.display_status, OrderState.UNKNOWN),
        package_id=line.package_id,
        carrier=line.shipping_provider_name,
        carrier_id=line.shipping_provider_id,
        tracking_number=line.tracking_number,
        is_gift=line.is_gift,
        cancel_reason=line.cancel_reason,
        cancelled_by=line.cancel_user,
        shipped_at=line.rts_time,
        components=tuple(
            types.Component(one.sku_id, one.product_id, one.seller_sku, one.sku_count or 1)
            for one in line.combined_listing_skus
        ),
    )


def _payment(wire: OrderWire) -> types.Payment:
    paid = wire.payment
    currency = paid.currency

    def exact(value: Decimal) -> Decimal:
        return money(value, currency)

    fees = {ours: exact(getattr(paid, theirs)) for theirs, ours in FEES.items()}
    fees["deposit"] = exact(sum((line.pfand_fee for line in wire.line_items), Decimal(0)))
    return types.Payment(
        currency=currency,
        list_total=exact(paid.original_total_product_price),
        seller_discount=exact(paid.seller_discount),
        platform_discount=exact(paid.platform_discount),
        sub_total=exact(paid.sub_total),
        shipping_list=exact(paid.original_shipping_fee),
        shipping_seller_discount=exact(paid.shipping_fee_seller_discount),
        shipping_platform_discount=exact(paid.shipping_fee_platform_discount),
        shipping_cofunded_discount=exact(paid.shipping_fee_cofunded_discount),
        shipping_fee=exact(paid.shipping_fee),
        product_tax=exact(paid.product_tax),
        shipping_tax=exact(paid.shipping_fee_tax),
        tax=exact(paid.tax),
        payment_platform_discount=exact(paid.payment_platform_discount),
        fees={name: amount for name, amount in fees.items() if amount},
        total=exact(paid.total_amount),
        method=wire.payment_method_name,
    )
