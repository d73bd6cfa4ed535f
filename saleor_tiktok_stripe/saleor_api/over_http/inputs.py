"""Our new orders as ``OrderBulkCreateInput``. Field names are Saleor's (3.20-3.24)."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from ..keys import LINE_KEY
from ..types import (
    AddressData,
    NewFulfillment,
    NewLine,
    NewOrder,
    NewTransaction,
    SaleorOrderStatus,
)

Input = dict[str, Any]
NOTE_LENGTH = 255
TEXT_LENGTH = 512
WAREHOUSE_KEY: Final = "tiktok.warehouse"
"""In an order's private metadata: from where it ships. Saleor forgets what the import named."""

_LANGUAGES = frozenset(
    """AR BG CA CS DA DE EL EN ES ET FI FR HE HI HR HU ID IT JA KO LT LV MS NB NL PL PT RO RU SK SL
    SV TH TR UK VI ZH""".split()  # noqa: SIM905 (a list of forty lines says no more)
)
_REQUIRED_PARTS = ("streetAddress1", "city", "postalCode", "countryArea")


@dataclass(frozen=True)
class Delivery:
    """What every imported order needs and no marketplace gives: Saleor's own ids.

    ``shipping_method_ids`` by country; ``tax_class_id`` None when the shop has none.
    """

    warehouse_id: str
    default_country: str
    shipping_method_ids: Mapping[str, Mapping[str, str]]
    tax_class_id: str | None

    def shipping_method(self, country: str, name: str) -> str | None:
        """The method of that name serving the country, else any of it, else any of the channel."""
        methods = self.shipping_method_ids.get(country) or next(
            (found for found in self.shipping_method_ids.values() if found), {}
        )
        return methods.get(name) or next(iter(methods.values()), None)


def order_input(order: NewOrder, delivery: Delivery, *, fill: bool = False) -> Input:
    """One row of ``orderBulkCreate``. ``fill`` puts a dash into parts of an address that Saleor
    demands for its country and the marketplace withheld.
    """
    shipping = order.shipping_address or order.billing_address
    billing = order.billing_address or shipping
    warehouse = order.warehouse_id or delivery.warehouse_id
    item: Input = {
        "externalReference": order.external_reference,
        "channel": order.channel_slug,
        "createdAt": order.created_at,
        "status": first_status(order),
        "user": {"email": order.email},
        "billingAddress": _address(billing, delivery.default_country, fill),
        "currency": order.currency,
        "languageCode": language(order.language_code),
        "displayGrossPrices": order.display_gross_prices,
        "customerNote": order.customer_note,
        "notes": [{"message": text} for note in order.notes for text in note_parts(note)],
        "metadata": pairs(order.metadata),
        "privateMetadata": pairs({**order.private_metadata, WAREHOUSE_KEY: warehouse}),
        "lines": [_line(order, line, warehouse, delivery) for line in order.lines],
        "fulfillments": [_fulfillment(order, one, warehouse) for one in shipped(order)],
        "transactions": [_transaction(order, one) for one in order.transactions],
        "deliveryMethod": _delivery_method(order, delivery, shipping),
    }
    if shipping is not None:
        item["shippingAddress"] = _address(shipping, delivery.default_country, fill)
    return item


def shipped(order: NewOrder) -> list[NewFulfillment]:
    """The packages; returned units have no place in ``orderBulkCreate`` and follow later."""
    return [one for one in order.fulfillments if not one.returned]


def first_status(order: NewOrder) -> str:
    """The status to create with: before units that were cancelled early are taken out, which
    gives the order its final one.
    """
    if order.status is SaleorOrderStatus.CANCELED or len(shipped(order)) == len(order.fulfillments):
        return order.status.value
    total = sum(line.quantity for line in order.lines)
    gone = sum(sum(one.quantities.values()) for one in shipped(order))
    if gone == 0:
        return SaleorOrderStatus.UNFULFILLED.value
    partly = SaleorOrderStatus.PARTIALLY_FULFILLED if gone < total else SaleorOrderStatus.FULFILLED
    return partly.value


def language(code: str) -> str:
    """``en`` or ``en-US`` as a ``LanguageCodeEnum`` name: the language, English if unknown."""
    first = code.replace("_", "-").split("-")[0].upper()
    return first if first in _LANGUAGES else "EN"


def note_parts(text: str) -> list[str]:
    """Notes of at most 255 characters: Saleor refuses longer ones."""
    return textwrap.wrap(text, NOTE_LENGTH, replace_whitespace=False) if text.strip() else []


def pairs(values: Mapping[str, str]) -> list[Input]:
    """A mapping as Saleor takes metadata."""
    return [{"key": key, "value": value} for key, value in values.items()]


def address_input(address: AddressData) -> Input:
    """Unvalidated: marketplaces mask addresses, and a masked postal code has no valid format."""
    return {
        "firstName": address.first_name,
        "lastName": address.last_name,
        "companyName": address.company_name,
        "streetAddress1": address.street_address_1,
        "streetAddress2": address.street_address_2,
        "city": address.city,
        "cityArea": address.city_area,
        "postalCode": address.postal_code,
        "country": address.country or None,
        "countryArea": address.country_area,
        "phone": address.phone,
        "metadata": pairs(address.metadata),
        "skipValidation": True,
    }


def _address(address: AddressData | None, country: str, fill: bool) -> Input:
    item: Input = {"skipValidation": True} if address is None else address_input(address)
    item["country"] = item.get("country") or country
    if fill:
        item["phone"] = ""  # Saleor looks at it even where it is told not to
        item.update({name: "-" for name in _REQUIRED_PARTS if not (item.get(name) or "").strip()})
    return item


def _price(net: Decimal, gross: Decimal) -> Input:
    return {"net": net, "gross": gross}


def _line(order: NewOrder, line: NewLine, warehouse: str, delivery: Delivery) -> Input:
    count = line.quantity
    item: Input = {
        "variantId": line.variant_id,
        "productName": line.product_name,
        "variantName": line.variant_name,
        "productSku": line.sku,
        "createdAt": order.created_at,
        "isShippingRequired": True,
        "isGiftCard": False,
        "quantity": count,
        "totalPrice": _price(line.unit_net * count, line.unit_gross * count),
        "undiscountedTotalPrice": _price(
            line.undiscounted_unit_net * count, line.undiscounted_unit_gross * count
        ),
        "unitDiscountReason": line.discount_reason or None,
        "warehouse": warehouse,
        "taxRate": line.tax_rate,
        "taxClassId": delivery.tax_class_id,
        "metadata": pairs(line.metadata),
        "privateMetadata": pairs({LINE_KEY: line.key}),
    }
    return item


def _delivery_method(order: NewOrder, delivery: Delivery, shipping: AddressData | None) -> Input:
    country = shipping.country if shipping else delivery.default_country
    return {
        "shippingMethodId": delivery.shipping_method(country, order.shipping_method_name),
        "shippingMethodName": order.shipping_method_name,
        "shippingPrice": _price(order.shipping_net, order.shipping_gross),
        "shippingTaxClassId": delivery.tax_class_id,
    }


def _fulfillment(order: NewOrder, one: NewFulfillment, warehouse: str) -> Input:
    positions = {line.key: number for number, line in enumerate(order.lines)}
    return {
        "trackingCode": one.tracking_number,
        "lines": [
            {
                "variantId": order.lines[positions[key]].variant_id,
                "quantity": quantity,
                "warehouse": warehouse,
                "orderLineIndex": positions[key],
            }
            for key, quantity in one.quantities.items()
        ],
    }


def _transaction(order: NewOrder, one: NewTransaction) -> Input:
    amounts = {
        "amountAuthorized": one.authorized,
        "amountCharged": one.charged,
        "amountRefunded": one.refunded,
    }
    return {
        "name": one.name[:TEXT_LENGTH],
        "message": one.message[:TEXT_LENGTH],
        "pspReference": one.psp_reference,
        "externalUrl": one.external_url or None,
        "availableActions": list(one.actions),
        "metadata": pairs(one.metadata),
        **{
            name: {"amount": amount, "currency": order.currency}
            for name, amount in amounts.items()
            if amount
        },
    }


def tolerated_paths(order: NewOrder) -> Iterator[str]:
    """Where Saleor complains about a placeholder line although it can create it."""
    placeholders = {number for number, line in enumerate(order.lines) if line.variant_id is None}
    yield from (f"lines.{number}" for number in sorted(placeholders))
    keys = [line.key for line in order.lines]
    for number, one in enumerate(shipped(order)):
        for part, key in enumerate(one.quantities):
            if keys.index(key) in placeholders:
                yield f"fulfillments.{number}.lines.{part}"


def only_tolerated(order: NewOrder, delivery: Delivery, errors: Sequence[Input]) -> bool:
    """True when the row can be created with ``IGNORE_FAILED`` without losing anything: the only
    errors are those of placeholder lines, of a shop without tax classes, of an order without an
    e-mail address.
    """
    paths = set(tolerated_paths(order))
    return all(
        (error["code"] == "REQUIRED" and error["path"] in paths)
        or (error["code"] == "REQUIRED" and error["path"] == "user" and not order.email)
        or (delivery.tax_class_id is None and "TaxClass" in (error["message"] or ""))
        for error in errors
    )
