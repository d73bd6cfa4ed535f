"""An order as Saleor's own rows, unsaved: one ``OrderRows`` per order.

Field by field what ``orderBulkCreate`` and a completed checkout write;
``docs/reference/imported-orders.md`` lists where ours differ on purpose, and a test holds both.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

import phonenumbers
from django.conf import settings
from django.utils import timezone
from saleor.account.models import Address
from saleor.discount import DiscountType, DiscountValueType
from saleor.discount.models import OrderLineDiscount
from saleor.order import FulfillmentStatus, OrderOrigin, OrderStatus
from saleor.order.models import (
    Fulfillment,
    FulfillmentLine,
    Order,
    OrderEvent,
    OrderGrantedRefund,
    OrderLine,
)
from saleor.order.utils import update_order_authorize_status, update_order_charge_status
from saleor.payment import TransactionEventType
from saleor.payment.models import TransactionEvent, TransactionItem

from ..keys import LINE_KEY, PACKAGE_KEY
from ..types import AddressData, NewFulfillment, NewLine, NewOrder, NewTransaction
from . import versions
from .preload import Batch
from .search import search_vector

LANGUAGES = {code for code, _ in settings.LANGUAGES}


@dataclass
class OrderRows:
    """One order's rows in the order they must be written."""

    new: NewOrder
    order: Order
    addresses: list[Address]
    lines: dict[str, OrderLine]
    discounts: list[OrderLineDiscount]
    fulfillments: list[tuple[NewFulfillment, Fulfillment, list[FulfillmentLine]]]
    transactions: list[tuple[TransactionItem, list[TransactionEvent]]]
    granted_refunds: list[OrderGrantedRefund]
    events: list[OrderEvent] = field(default_factory=list)

    def open_units(self, key: str) -> int:
        """Units of a line that neither left nor were cancelled yet."""
        line = self.lines[key]
        return int(line.quantity - line.quantity_fulfilled)


def build(new: NewOrder, number: int, batch: Batch) -> OrderRows:
    """All rows of one checked order."""
    order = Order(**versions.known(Order, _order_values(new, number, batch)))
    addresses = [a for a in (order.billing_address, order.shipping_address) if a is not None]
    lines = {line.key: _line(order, line, batch) for line in new.lines}
    transactions = [_transaction(order, item, batch) for item in new.transactions]
    fulfillments = [
        _fulfillment(order, place, package, lines)
        for place, package in enumerate(new.fulfillments, start=1)
    ]
    _set_totals(order, new, list(lines.values()))
    _set_payment(order, new, [item for item, _ in transactions])
    order.search_vector = search_vector(order, lines.values(), transactions, new.notes)
    return OrderRows(
        new=new,
        order=order,
        addresses=addresses,
        lines=lines,
        discounts=_discounts(lines, new),
        fulfillments=fulfillments,
        transactions=transactions,
        granted_refunds=_granted_refunds(order, new, batch),
    )


def _order_values(new: NewOrder, number: int, batch: Batch) -> dict[str, object]:
    billing = new.billing_address or new.shipping_address
    country = (new.shipping_address or billing or _NoAddress).country
    shipping_base = new.shipping_gross if batch.tax.prices_entered_with_tax else new.shipping_net
    discount = new.undiscounted_shipping_gross - new.shipping_gross
    return {
        "number": number,
        "created_at": new.created_at,
        "status": getattr(OrderStatus, new.status.value),
        "user": batch.users.get(new.email),
        "user_email": new.email,
        "language_code": _language(new.language_code),
        "billing_address": _address(billing),
        "shipping_address": _address(new.shipping_address),
        "origin": OrderOrigin.BULK_CREATE,
        "currency": new.currency,
        "channel": batch.channel,
        "external_reference": new.external_reference,
        "shipping_method_name": new.shipping_method_name or None,
        "shipping_price_net_amount": new.shipping_net,
        "shipping_price_gross_amount": new.shipping_gross,
        "base_shipping_price_amount": shipping_base,
        "undiscounted_base_shipping_price_amount": shipping_base + discount,
        "shipping_tax_rate": _rate(new.shipping_tax_rate),
        "lines_count": len(new.lines),
        "should_refresh_prices": False,
        "display_gross_prices": new.display_gross_prices
        and batch.display_gross(country or batch.channel.default_country.code),
        "customer_note": new.customer_note,
        "metadata": dict(new.metadata),
        "private_metadata": dict(new.private_metadata),
    }


class _NoAddress:
    country = ""


def _language(code: str) -> str:
    """Saleor's code for the language: ``de-AT`` -> ``de-at``, else ``de``, else the default."""
    code = code.lower()
    for known in (code, code.split("-")[0]):
        if known in LANGUAGES:
            return known
    return str(settings.LANGUAGE_CODE)


def _address(data: AddressData | None) -> Address | None:
    """``validation_skipped``: a marketplace's address is kept as the buyer gave it (or masked)."""
    if data is None:
        return None
    return Address(
        first_name=data.first_name,
        last_name=data.last_name,
        company_name=data.company_name,
        street_address_1=data.street_address_1,
        street_address_2=data.street_address_2,
        city=data.city,
        city_area=data.city_area,
        postal_code=data.postal_code,
        country=data.country,
        country_area=data.country_area,
        phone=possible_phone(data.phone, data.country),
        metadata=dict(data.metadata),
        validation_skipped=True,
    )


def possible_phone(text: str, country: str) -> str:
    """E.164, or nothing where no valid number can be read from it (masked, made up): Saleor's
    forms refuse the whole address for it, its search index takes only numbers.
    """
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_valid_number(number):
        return ""
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def _rate(rate: Decimal | None) -> Decimal | None:
    return None if rate is None else round(rate, 4)


def _line(order: Order, new: NewLine, batch: Batch) -> OrderLine:
    variant = batch.variants.get(new.variant_id) if new.variant_id else None
    values: dict[str, object] = {
        "order": order,
        "variant": variant,
        "product_name": new.product_name[:386],
        "variant_name": new.variant_name[:255],
        "product_sku": new.sku or None,
        "product_variant_id": new.variant_id,
        "is_shipping_required": True,
        "is_gift_card": False,
        "is_gift": new.is_gift,
        "quantity": new.quantity,
        "currency": order.currency,
        "tax_rate": _rate(new.tax_rate),
        "metadata": dict(new.metadata),
        "private_metadata": {LINE_KEY: new.key},
        **_line_prices(new, batch.tax.prices_entered_with_tax),
    }
    if variant is not None:
        product = variant.product
        tax_class = product.tax_class or product.product_type.tax_class
        values |= {
            "product_name": (new.product_name or product.name)[:386],
            "variant_name": (new.variant_name or variant.name)[:255],
            "product_sku": new.sku or variant.sku,
            "product_type_id": product.product_type_id,
            "is_shipping_required": variant.is_shipping_required(),
            "is_gift_card": variant.is_gift_card(),
            "tax_class": tax_class,
            "tax_class_name": tax_class.name if tax_class else None,
            "tax_class_metadata": tax_class.metadata if tax_class else {},
            "tax_class_private_metadata": tax_class.private_metadata if tax_class else {},
        }
    return OrderLine(**versions.known(OrderLine, values))


def _line_prices(new: NewLine, with_tax: bool) -> dict[str, object]:
    """Totals are unit amounts times quantity. Base prices are as the channel enters prices."""
    base = new.unit_gross if with_tax else new.unit_net
    undiscounted = new.undiscounted_unit_gross if with_tax else new.undiscounted_unit_net
    discount = undiscounted - base
    return {
        "unit_price_net_amount": new.unit_net,
        "unit_price_gross_amount": new.unit_gross,
        "total_price_net_amount": new.unit_net * new.quantity,
        "total_price_gross_amount": new.unit_gross * new.quantity,
        "undiscounted_unit_price_net_amount": new.undiscounted_unit_net,
        "undiscounted_unit_price_gross_amount": new.undiscounted_unit_gross,
        "undiscounted_total_price_net_amount": new.undiscounted_unit_net * new.quantity,
        "undiscounted_total_price_gross_amount": new.undiscounted_unit_gross * new.quantity,
        "base_unit_price_amount": base,
        "undiscounted_base_unit_price_amount": undiscounted,
        "unit_discount_amount": discount,
        "unit_discount_value": discount,
        "unit_discount_type": DiscountValueType.FIXED if discount else None,
        "unit_discount_reason": (new.discount_reason or None) if discount else None,
    }


def _discounts(lines: dict[str, OrderLine], new: NewOrder) -> list[OrderLineDiscount]:
    if not versions.makes_line_discounts():
        return []
    return [
        OrderLineDiscount(
            line=line,
            type=DiscountType.MANUAL,
            unique_type=DiscountType.MANUAL,
            value_type=DiscountValueType.FIXED,
            value=line.unit_discount_value,
            amount_value=line.unit_discount_amount * line.quantity,
            currency=new.currency,
            reason=line.unit_discount_reason,
        )
        for line in lines.values()
        if line.unit_discount_amount
    ]


def _fulfillment(
    order: Order, place: int, new: NewFulfillment, lines: dict[str, OrderLine]
) -> tuple[NewFulfillment, Fulfillment, list[FulfillmentLine]]:
    """No stock is named: what already left was never counted here."""
    fulfillment = Fulfillment(
        order=order,
        fulfillment_order=place,
        status=FulfillmentStatus.RETURNED if new.returned else FulfillmentStatus.FULFILLED,
        tracking_number=new.tracking_number,
        metadata={**new.metadata, PACKAGE_KEY: new.key},
    )
    rows = []
    for key, quantity in new.quantities.items():
        lines[key].quantity_fulfilled += quantity
        rows.append(
            FulfillmentLine(fulfillment=fulfillment, order_line=lines[key], quantity=quantity)
        )
    return new, fulfillment, rows


def _transaction(
    order: Order, new: NewTransaction, batch: Batch
) -> tuple[TransactionItem, list[TransactionEvent]]:
    """The item with the events that Saleor would add up to the same amounts again: each success
    takes its amount from the step before it (charge from authorization, refund from charge).
    """
    owner = {"app": batch.app, "app_identifier": batch.app.identifier}
    item = TransactionItem(
        name=new.name,
        message=new.message,
        psp_reference=new.psp_reference,
        currency=order.currency,
        order=order,
        authorized_value=new.authorized,
        charged_value=new.charged,
        refunded_value=new.refunded,
        external_url=new.external_url or None,
        available_actions=[action.lower() for action in new.actions],
        metadata=dict(new.metadata),
        **owner,
    )
    charged = new.charged + new.refunded
    authorized = new.authorized + charged if new.authorized else Decimal(0)
    amounts = {
        TransactionEventType.AUTHORIZATION_SUCCESS: authorized,
        TransactionEventType.CHARGE_SUCCESS: charged,
        TransactionEventType.REFUND_SUCCESS: new.refunded,
    }
    events = [
        TransactionEvent(
            transaction=item,
            type=event_type,
            amount_value=amount,
            currency=order.currency,
            psp_reference=new.psp_reference,
            message=new.message,
            include_in_calculations=True,
            created_at=timezone.now(),
            **owner,
        )
        for event_type, amount in amounts.items()
        if amount
    ]
    return item, events


def _granted_refunds(order: Order, new: NewOrder, batch: Batch) -> list[OrderGrantedRefund]:
    if not new.granted_refund:
        return []
    return [
        OrderGrantedRefund(
            order=order, amount_value=new.granted_refund, currency=new.currency, app=batch.app
        )
    ]


def _set_totals(order: Order, new: NewOrder, lines: list[OrderLine]) -> None:
    zero = Decimal(0)
    tax = new.shipping_gross - new.shipping_net
    net = sum((line.total_price_net_amount for line in lines), zero)
    gross = sum((line.total_price_gross_amount for line in lines), zero)
    order.subtotal_net_amount = net
    order.subtotal_gross_amount = gross
    order.total_net_amount = net + new.shipping_net
    order.total_gross_amount = gross + new.shipping_gross
    before_net = sum((line.undiscounted_total_price_net_amount for line in lines), zero)
    before_gross = sum((line.undiscounted_total_price_gross_amount for line in lines), zero)
    order.undiscounted_total_net_amount = before_net + new.undiscounted_shipping_gross - tax
    order.undiscounted_total_gross_amount = before_gross + new.undiscounted_shipping_gross


def _set_payment(order: Order, new: NewOrder, transactions: list[TransactionItem]) -> None:
    """Saleor's own rules for the two states; they query nothing once the sums are set."""
    zero = Decimal(0)
    order.total_charged_amount = sum((item.charged_value for item in transactions), zero)
    order.total_authorized_amount = sum((item.authorized_value for item in transactions), zero)
    update_order_charge_status(order, new.granted_refund)
    update_order_authorize_status(order, new.granted_refund)
