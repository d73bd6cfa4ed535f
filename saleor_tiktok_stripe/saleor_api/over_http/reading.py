"""Saleor's answers as our types."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from ..types import (
    AddressData,
    AppStatus,
    ChannelInfo,
    FulfillmentState,
    OrderLineState,
    SaleorOrder,
    SaleorOrderStatus,
    TransactionState,
    Variant,
    Warehouse,
)

NEEDED_PERMISSIONS = (
    "MANAGE_ORDERS",
    "MANAGE_ORDERS_IMPORT",
    "HANDLE_PAYMENTS",
    "MANAGE_PRODUCTS",
)
BARCODE_KEYS = ("barcode", "ean", "gtin", "upc", "isbn")
View = Mapping[str, Any]


def channel_info(view: View) -> ChannelInfo:
    """From ``channel``'s answer."""
    return ChannelInfo(
        id=view["id"],
        slug=view["slug"],
        currency=view["currencyCode"],
        is_active=view["isActive"],
        default_country=view["defaultCountry"]["code"],
        warehouses=tuple(
            Warehouse(item["id"], item["slug"], item["name"]) for item in view["warehouses"]
        ),
        gift_card_auto_fulfill=view["orderSettings"]["automaticallyFulfillNonShippableGiftCard"],
    )


def app_status(view: View) -> AppStatus:
    """From ``app``'s answer, with what it lacks."""
    permissions = tuple(sorted(item["code"] for item in view["permissions"] or ()))
    return AppStatus(
        id=view["id"],
        name=view["name"] or "",
        is_active=bool(view["isActive"]),
        permissions=permissions,
        missing_permissions=tuple(p for p in NEEDED_PERMISSIONS if p not in permissions),
    )


def digits(value: str) -> str:
    """The digits of a barcode alone."""
    return "".join(character for character in value if character.isdigit())


def variant(view: View, channel_slug: str) -> Variant:
    """From a variant of an answer; ``in_channel`` when it is listed there."""
    listings = view["channelListings"] or ()
    return Variant(
        id=view["id"],
        product_id=view["product"]["id"],
        sku=view["sku"] or "",
        external_reference=view["externalReference"] or "",
        barcodes=_barcodes(view),
        product_name=view["product"]["name"],
        variant_name=view["name"],
        in_channel=any(item["channel"]["slug"] == channel_slug for item in listings),
        track_inventory=view["trackInventory"],
    )


def _barcodes(view: View) -> tuple[str, ...]:
    values = [item["value"] for item in view["metadata"] if item["key"].lower() in BARCODE_KEYS]
    for item in view["attributes"]:
        if (item["attribute"]["slug"] or "").lower() in BARCODE_KEYS:
            values += [value["plainText"] or value["name"] or "" for value in item["values"]]
    return tuple(dict.fromkeys(value for value in values if value))


def metadata(view: View) -> dict[str, str]:
    """Metadata items as a mapping."""
    return {item["key"]: item["value"] for item in view["metadata"]}


def amount(view: View | None) -> Decimal:
    """Exact: the client reads JSON numbers as ``Decimal``; whole numbers come as int."""
    return Decimal(view["amount"]) if view else Decimal(0)


def order(view: View) -> SaleorOrder:
    """From an order of an answer."""
    return SaleorOrder(
        id=view["id"],
        number=view["number"],
        external_reference=view["externalReference"] or "",
        channel_slug=view["channel"]["slug"],
        currency=view["total"]["gross"]["currency"],
        status=SaleorOrderStatus(view["status"]),
        total_gross=amount(view["total"]["gross"]),
        shipping_gross=amount(view["shippingPrice"]["gross"]),
        charged=amount(view["totalCharged"]),
        granted_refunds=amount(view["totalGrantedRefund"]),
        lines=tuple(_line(item) for item in view["lines"]),
        fulfillments=tuple(fulfillment(item) for item in view["fulfillments"]),
        transactions=tuple(_transaction(item) for item in view["transactions"]),
        shipping_address=address(view["shippingAddress"]),
        metadata=metadata(view),
        shipping_method_name=view["shippingMethodName"] or "",
        updated_at=datetime.fromisoformat(view["updatedAt"]),
    )


def _line(view: View) -> OrderLineState:
    return OrderLineState(
        id=view["id"],
        variant_id=view["productVariantId"],
        sku=view["productSku"] or "",
        quantity=view["quantity"],
        quantity_fulfilled=view["quantityFulfilled"],
        quantity_to_fulfill=view["quantityToFulfill"],
        quantity_allocated=sum(item["quantity"] for item in view["allocations"] or ()),
        unit_gross=amount(view["unitPrice"]["gross"]),
        total_gross=amount(view["totalPrice"]["gross"]),
        metadata=metadata(view),
    )


def fulfillment(view: View) -> FulfillmentState:
    """From a fulfillment of an answer."""
    quantities: dict[str, int] = {}
    for item in view["lines"] or ():
        if item["orderLine"]:
            key = item["orderLine"]["id"]
            quantities[key] = quantities.get(key, 0) + item["quantity"]
    return FulfillmentState(
        id=view["id"],
        status=view["status"],
        tracking_number=view["trackingNumber"],
        quantities=quantities,
        metadata=metadata(view),
        created_at=datetime.fromisoformat(view["created"]),
    )


def _transaction(view: View) -> TransactionState:
    return TransactionState(
        id=view["id"],
        name=view["name"],
        psp_reference=view["pspReference"],
        authorized=amount(view["authorizedAmount"]),
        charged=amount(view["chargedAmount"]),
        refunded=amount(view["refundedAmount"]),
        event_references=tuple(
            item["pspReference"]
            for item in view["events"]
            if item["pspReference"] and not item["type"].endswith(("_REQUEST", "_FAILURE"))
        ),
    )


def address(view: View | None) -> AddressData | None:
    """From an address of an answer; None where there is none."""
    if view is None:
        return None
    return AddressData(
        first_name=view["firstName"],
        last_name=view["lastName"],
        company_name=view["companyName"],
        street_address_1=view["streetAddress1"],
        street_address_2=view["streetAddress2"],
        city=view["city"],
        city_area=view["cityArea"],
        postal_code=view["postalCode"],
        country=view["country"]["code"],
        country_area=view["countryArea"],
        phone=view["phone"] or "",
        metadata=metadata(view),
    )


def transaction_token(transaction_id: str) -> str:
    """The token inside a transaction's global id (``TransactionItem:<uuid>``)."""
    return base64.b64decode(transaction_id).decode().partition(":")[2]
