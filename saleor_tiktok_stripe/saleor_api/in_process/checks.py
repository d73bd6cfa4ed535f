"""What must hold before an order is written: one bad order is refused in words, the rest goes on.

Saleor's own mutation checks the same things; writing past it, we check them here. A value that
only the database would refuse (too long, too many digits, a NUL character) would take the whole
batch down, so those are looked at too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final

from django_countries import countries

from ..types import AddressData, NewOrder, SaleorOrderStatus
from .preload import Batch

MAX_AMOUNT: Final = Decimal(10) ** 15
MAX_QUANTITY: Final = 2**31 - 1
ADDRESS_LIMITS: Final[Mapping[str, int]] = {
    "first_name": 256,
    "last_name": 256,
    "company_name": 256,
    "street_address_1": 256,
    "street_address_2": 256,
    "city": 256,
    "city_area": 128,
    "postal_code": 20,
    "country_area": 128,
    "phone": 128,
}
"""Column lengths of Saleor's ``Address`` (3.20-3.24)."""
ORDER_LIMITS: Final[Mapping[str, int]] = {
    "external_reference": 250,
    "email": 254,
    "shipping_method_name": 255,
}
NO_GOODS_LEFT: Final = {SaleorOrderStatus.DRAFT, SaleorOrderStatus.EXPIRED}


class Refused(Exception):
    """Why Saleor would not take this order, in the merchant's words (no buyer data)."""


def check(order: NewOrder, batch: Batch) -> None:
    """Raise ``Refused`` at the first thing that does not hold."""
    _check_frame(order, batch)
    _check_texts(order)
    for name, address in (("billing", order.billing_address), ("shipping", order.shipping_address)):
        if address is not None:
            _check_address(name, address)
    _check_lines(order, batch)
    _check_money(order, batch.currency_places)
    _check_packages(order)


def _check_frame(order: NewOrder, batch: Batch) -> None:
    if not order.external_reference:
        raise Refused("The order has no external reference.")
    if order.currency != batch.channel.currency_code:
        raise Refused(
            f"The order is in {order.currency}, the channel sells in {batch.channel.currency_code}."
        )
    if order.status in NO_GOODS_LEFT:
        raise Refused(f"An order cannot be imported with the status {order.status.value}.")
    if order.created_at.tzinfo is None:
        raise Refused("The order's date has no time zone.")
    if order.warehouse_id and order.warehouse_id not in batch.warehouses:
        raise Refused("The warehouse that was chosen for this channel does not exist any more.")


def _check_texts(order: NewOrder) -> None:
    for name, limit in ORDER_LIMITS.items():
        if len(getattr(order, name)) > limit:
            raise Refused(f"The order's {name.replace('_', ' ')} is over {limit} characters long.")
    for text in _texts(order):
        if "\x00" in text:
            raise Refused("The order holds a NUL character, which no database keeps.")


def _texts(order: NewOrder) -> Iterable[str]:
    yield order.external_reference
    yield order.email
    yield order.customer_note
    yield from order.notes
    yield from _pairs(order.metadata)
    yield from _pairs(order.private_metadata)
    for line in order.lines:
        yield from (line.key, line.product_name, line.variant_name, line.sku, line.discount_reason)
        yield from _pairs(line.metadata)
    for package in order.fulfillments:
        yield from (package.key, package.tracking_number)
        yield from _pairs(package.metadata)
    for item in order.transactions:
        yield from (item.name, item.message, item.psp_reference, item.external_url)
        yield from _pairs(item.metadata)


def _pairs(metadata: Mapping[str, str]) -> Iterable[str]:
    yield from metadata.keys()
    yield from metadata.values()


def _check_address(name: str, address: AddressData) -> None:
    if address.country not in countries.countries:
        raise Refused(f"The {name} address names no country that Saleor knows.")
    for field, limit in ADDRESS_LIMITS.items():
        value = getattr(address, field)
        if len(value) > limit:
            words = field.replace("_", " ")
            raise Refused(f"The {name} address's {words} is over {limit} characters long.")
        if "\x00" in value:
            raise Refused(f"The {name} address holds a NUL character, which no database keeps.")
    if any("\x00" in text for text in _pairs(address.metadata)):
        raise Refused(f"The {name} address holds a NUL character, which no database keeps.")


def _check_lines(order: NewOrder, batch: Batch) -> None:
    if not order.lines:
        raise Refused("The order has no lines.")
    if len({line.key for line in order.lines}) != len(order.lines):
        raise Refused("Two lines of the order have the same key.")
    for line in order.lines:
        if not 1 <= line.quantity <= MAX_QUANTITY:
            raise Refused(f"Line {line.key} has the quantity {line.quantity}.")
        if line.variant_id is not None and line.variant_id not in batch.variants:
            raise Refused(f"Line {line.key} is linked to a variant that does not exist any more.")
        if line.variant_id is None and not line.product_name:
            raise Refused(f"Line {line.key} has neither a variant nor a product name.")
        if len(line.sku) > 255:
            raise Refused(f"The SKU of line {line.key} is over 255 characters long.")


def _check_money(order: NewOrder, places: int) -> None:
    total = order.shipping_gross
    _check_price("Shipping", order.shipping_net, order.shipping_gross, places)
    _check_amount("Shipping", order.undiscounted_shipping_gross, places)
    _check_amount("The granted refund", order.granted_refund, places)
    _check_rate("Shipping", order.shipping_tax_rate)
    if order.undiscounted_shipping_gross < order.shipping_gross:
        raise Refused("Shipping costs more after its discount than before.")
    for line in order.lines:
        name = f"Line {line.key}"
        _check_price(name, line.unit_net, line.unit_gross, places)
        _check_price(name, line.undiscounted_unit_net, line.undiscounted_unit_gross, places)
        _check_rate(name, line.tax_rate)
        if (
            line.undiscounted_unit_gross < line.unit_gross
            or line.undiscounted_unit_net < line.unit_net
        ):
            raise Refused(f"{name} costs more after its discount than before.")
        total += line.unit_gross * line.quantity
    _check_transactions(order, total, places)


def _check_transactions(order: NewOrder, total: Decimal, places: int) -> None:
    paid = Decimal(0)
    for item in order.transactions:
        for amount in (item.charged, item.refunded, item.authorized):
            _check_amount(f"Transaction {item.name}", amount, places)
            paid += amount
        if len(item.name) > 512 or len(item.message) > 512 or len(item.psp_reference) > 480:
            raise Refused(f"A text of transaction {item.name[:40]} is over 480 characters long.")
        if item.external_url and not item.external_url.startswith(("https://", "http://")):
            raise Refused(f"The link of transaction {item.name} is no web address.")
        if len(item.external_url) > 200:
            raise Refused(f"The link of transaction {item.name} is over 200 characters long.")
    if order.transactions and paid != total:
        raise Refused(
            f"Lines and shipping come to {total} {order.currency}, the payments to {paid}."
        )


def _check_price(name: str, net: Decimal, gross: Decimal, places: int) -> None:
    _check_amount(name, net, places)
    _check_amount(name, gross, places)
    if net > gross:
        raise Refused(f"{name} has a net price above its gross price.")


def _check_amount(name: str, amount: Decimal, places: int) -> None:
    if not amount.is_finite() or not 0 <= amount < MAX_AMOUNT:
        raise Refused(f"{name} has the amount {amount}.")
    exponent = amount.as_tuple().exponent
    if -int(exponent) > places and amount != round(amount, places):
        raise Refused(f"{name} has an amount finer than the currency's smallest coin: {amount}.")


def _check_rate(name: str, rate: Decimal | None) -> None:
    if rate is not None and not 0 <= rate < 10:
        raise Refused(f"{name} has the tax rate {rate}.")


def _check_packages(order: NewOrder) -> None:
    units = {line.key: line.quantity for line in order.lines}
    placed: Counter[str] = Counter()
    for package in order.fulfillments:
        if len(package.tracking_number) > 255:
            raise Refused(f"The tracking number of package {package.key} is too long.")
        for key, quantity in package.quantities.items():
            if key not in units or quantity < 1:
                raise Refused(f"Package {package.key} holds {quantity} of an unknown line {key}.")
            placed[key] += quantity
    if len({package.key for package in order.fulfillments}) != len(order.fulfillments):
        raise Refused("Two packages of the order have the same id.")
    for key, quantity in placed.items():
        if quantity > units[key]:
            raise Refused(f"Packages hold {quantity} units of line {key}, ordered {units[key]}.")
    _check_status(order)


def _check_status(order: NewOrder) -> None:
    """As ``orderBulkCreate`` does; units cancelled before the import count as not ordered."""
    shipped = sum(sum(p.quantities.values()) for p in order.fulfillments if not p.returned)
    returned = sum(sum(p.quantities.values()) for p in order.fulfillments if p.returned)
    to_ship = sum(line.quantity for line in order.lines) - returned
    status = SaleorOrderStatus
    if shipped == 0:
        wrong = {status.PARTIALLY_FULFILLED, status.FULFILLED}
    elif shipped < to_ship:
        wrong = {status.FULFILLED, status.UNFULFILLED}
    else:
        wrong = {status.PARTIALLY_FULFILLED, status.UNFULFILLED}
    if order.status in wrong:
        raise Refused(
            f"The order's status is {order.status.value}, but {shipped} of {to_ship} units"
            " have been shipped."
        )
