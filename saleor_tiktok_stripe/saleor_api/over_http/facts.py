"""What an order can prove, from Saleor's API."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from ..transactions import OrderFacts, Shipment, SoldLine
from . import reading
from .changing import order_gone
from .client import Client

CARRIER_KEYS: Final = ("carrier", "tiktok.carrier")
"""A fulfillment's metadata; Saleor itself knows no carrier."""
View = Mapping[str, Any]


def order_facts(client: Client, order_id: str) -> OrderFacts:
    """See ``Saleor.order_facts``."""
    data = client.query("orderFacts", {"id": order_id})
    view, shop = data["order"], data["shop"]
    if view is None:
        order_gone(order_id)
    shipping = reading.address(view["shippingAddress"])
    billing = reading.address(view["billingAddress"])
    buyer = shipping or billing
    return OrderFacts(
        id=view["id"],
        number=view["number"],
        channel_slug=view["channel"]["slug"],
        currency=view["total"]["gross"]["currency"],
        created_at=datetime.fromisoformat(view["created"]),
        status=view["status"],
        total_gross=reading.amount(view["total"]["gross"]),
        shipping_gross=reading.amount(view["shippingPrice"]["gross"]),
        tax=reading.amount(view["total"]["tax"]),
        lines=tuple(_line(item) for item in view["lines"]),
        shipments=tuple(
            _shipment(item) for item in view["fulfillments"] if item["status"] == "FULFILLED"
        ),
        shipping_method=view["shippingMethodName"] or "",
        email=view["userEmail"] or "",
        customer_name=f"{buyer.first_name} {buyer.last_name}".strip() if buyer else "",
        billing_address=billing,
        shipping_address=shipping,
        shop_name=shop["name"],
        shop_address=reading.address(shop["companyAddress"]),
        metadata=reading.metadata(view),
    )


def _line(view: View) -> SoldLine:
    return SoldLine(
        name=" ".join(filter(None, (view["productName"], view["variantName"]))),
        sku=view["productSku"] or "",
        quantity=view["quantity"],
        total_gross=reading.amount(view["totalPrice"]["gross"]),
    )


def _shipment(view: View) -> Shipment:
    metadata = reading.metadata(view)
    return Shipment(
        tracking_number=view["trackingNumber"],
        carrier=next((metadata[key] for key in CARRIER_KEYS if metadata.get(key)), ""),
        shipped_at=datetime.fromisoformat(view["created"]),
        status=view["status"],
    )
