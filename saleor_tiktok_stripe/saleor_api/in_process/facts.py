"""What an order can prove: what was sold to whom, and how it left."""

from __future__ import annotations

from typing import Final

from saleor.order import FulfillmentStatus
from saleor.order.models import Fulfillment, Order

from ..transactions import OrderFacts, Shipment, SoldLine
from .changes import find_order
from .preload import load_site
from .reads import address_data

CARRIER_KEYS: Final = ("carrier", "tiktok.carrier")
"""A fulfillment's metadata; Saleor itself knows no carrier."""


def order_facts(order_id: str) -> OrderFacts:
    """See ``Saleor.order_facts``."""
    order = find_order(order_id)
    site = load_site()
    shipping = address_data(order.shipping_address)
    billing = address_data(order.billing_address)
    buyer = shipping or billing
    return OrderFacts(
        id=order_id,
        number=str(order.number),
        channel_slug=order.channel.slug,
        currency=order.currency,
        created_at=order.created_at,
        status=order.status.replace(" ", "_").upper(),
        total_gross=order.total_gross_amount,
        shipping_gross=order.shipping_price_gross_amount,
        tax=order.total_gross_amount - order.total_net_amount,
        lines=_lines(order),
        shipments=_shipments(order),
        shipping_method=order.shipping_method_name or "",
        email=order.get_customer_email() or "",
        customer_name=f"{buyer.first_name} {buyer.last_name}".strip() if buyer else "",
        billing_address=billing,
        shipping_address=shipping,
        shop_name=site.site.name,
        shop_address=address_data(site.company_address),
        metadata=order.metadata or {},
    )


def _lines(order: Order) -> tuple[SoldLine, ...]:
    return tuple(
        SoldLine(
            name=" ".join(filter(None, (row.product_name, row.variant_name))),
            sku=row.product_sku or "",
            quantity=row.quantity,
            total_gross=row.total_price_gross_amount,
        )
        for row in order.lines.order_by("created_at", "pk")
    )


def _shipments(order: Order) -> tuple[Shipment, ...]:
    """Only what left: a returned group may hold units that were cancelled before."""
    rows = Fulfillment.objects.filter(order=order, status=FulfillmentStatus.FULFILLED)
    return tuple(
        Shipment(
            tracking_number=row.tracking_number,
            carrier=_carrier(row),
            shipped_at=row.created_at,
            status=row.status.replace(" ", "_").upper(),
        )
        for row in rows.order_by("created_at", "pk")
    )


def _carrier(row: Fulfillment) -> str:
    metadata = row.metadata or {}
    return next((metadata[key] for key in CARRIER_KEYS if metadata.get(key)), "")
