"""Neutral orders to start from; every amount stands in the test that uses it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from saleor_tiktok_stripe.catalog.types import VariantRef
from saleor_tiktok_stripe.orders.mapping import MappingContext
from saleor_tiktok_stripe.saleor_api.types import ChannelInfo
from saleor_tiktok_stripe.tiktok.types import (
    Cancellation,
    CancelledUnit,
    FulfilledBy,
    Order,
    OrderKind,
    OrderState,
    Payment,
    Recipient,
    Tax,
    Unit,
)

D = Decimal
WHEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

READABLE = Recipient(
    name="Jordan Rivers",
    first_name="Jordan",
    last_name="Rivers",
    phone="(+1)6145550142",
    lines=("140 Sample Road", "Apt 5"),
    city="Columbus",
    area="Ohio",
    area_code="OH",
    postal_code="43215",
    country="US",
    full_address="United States, Ohio, Franklin, Columbus, 140 Sample Road Apt 5",
    masked=False,
)
MASKED = replace(
    READABLE,
    name="J*** R***",
    first_name="J***",
    last_name="R***",
    phone="(+1)614*****42",
    lines=("1** S** R** A**",),
    full_address="United States, Ohio, Franklin, Columbus, 1** S** R** A**",
    masked=True,
)
NO_ADDRESS = Recipient("", "", "", "", (), "", "", "", "", "", "", masked=True)


def unit(number: int = 1, **changes: Any) -> Unit:
    """A unit at 20, of which the seller gives 1.50 and the platform 2 off, taxed at 7.5 %."""
    return replace(
        Unit(
            id=f"unit-{number}",
            sku_id="sku-1",
            product_id="product-1",
            seller_sku="TEE-BLK-M",
            product_name="Cotton tee",
            sku_name="Black, M",
            image_url="https://example.invalid/tee.jpg",
            currency="USD",
            list_price=D("20"),
            seller_discount=D("1.50"),
            platform_discount=D("2"),
            sale_price=D("16.50"),
            taxes=(Tax("SALES_TAX", D("1.24"), D("0.075")),),
            state=OrderState.AWAITING_SHIPMENT,
            package_id="",
            carrier="",
            carrier_id="",
            tracking_number="",
            is_gift=False,
            cancel_reason="",
            cancelled_by="",
        ),
        **changes,
    )


def payment(units: tuple[Unit, ...], **changes: Any) -> Payment:
    """What goes with ``units``: no shipping, no fees, tax on top; ``changes`` win, and the total is
    made from what stands then unless it is given."""
    sums = {
        name: sum((getattr(one, name) for one in units), D(0))
        for name in ("list_price", "seller_discount", "platform_discount", "sale_price")
    }
    tax = sum((tax.amount for one in units for tax in one.taxes), D(0))
    made = Payment(
        currency=units[0].currency,
        list_total=sums["list_price"],
        seller_discount=sums["seller_discount"],
        platform_discount=sums["platform_discount"],
        sub_total=sums["sale_price"],
        shipping_list=D(0),
        shipping_seller_discount=D(0),
        shipping_platform_discount=D(0),
        shipping_cofunded_discount=D(0),
        shipping_fee=D(0),
        product_tax=tax,
        shipping_tax=D(0),
        tax=tax,
        payment_platform_discount=D(0),
        fees={},
        total=D(0),
        method="Credit card",
    )
    made = replace(made, **changes)
    if "tax" not in changes:
        made = replace(made, tax=made.product_tax + made.shipping_tax)
    if "total" not in changes:
        fees = sum(made.fees.values(), D(0))
        total = made.sub_total + made.shipping_fee + made.tax + fees
        made = replace(made, total=total - made.payment_platform_discount)
    return made


def order(*units: Unit, paid: dict[str, Any] | None = None, **changes: Any) -> Order:
    """An order that waits to be shipped by the seller, with a readable address."""
    units = units or (unit(),)
    return replace(
        Order(
            id="576461413000000001",
            state=OrderState.AWAITING_SHIPMENT,
            raw_state="AWAITING_SHIPMENT",
            kind=OrderKind.NORMAL,
            fulfilled_by=FulfilledBy.SELLER,
            ships_with_marketplace_label=False,
            created_at=WHEN,
            paid_at=WHEN,
            updated_at=WHEN,
            cancelled_at=None,
            delivered_at=None,
            units=units,
            payment=payment(units, **(paid or {})),
            recipient=READABLE,
            buyer_id="7494960000000000101",
            buyer_email="v2b2v5x9@chat.seller.tiktok.com",
            buyer_message="",
            delivery_option="Standard Shipping",
        ),
        **changes,
    )


def context(**changes: Any) -> MappingContext:
    """A US channel that sells every SKU of the samples."""
    variants = {f"sku-{n}": VariantRef(f"variant-{n}", f"SKU-{n}", "Tee", "M") for n in range(9)}
    channel = ChannelInfo("channel-1", "tiktok-us", changes.pop("currency", "USD"), True, "US", ())
    return replace(MappingContext(channel, "US", variants), **changes)


def cancellation(*unit_ids: str, amount: str, **changes: Any) -> Cancellation:
    """A completed cancellation of ``unit_ids`` that gave ``amount`` back, without shipping."""
    return replace(
        Cancellation(
            id="4035325000000000001",
            order_id="576461413000000001",
            status="CANCELLATION_REQUEST_COMPLETE",
            complete=True,
            pending=False,
            reason="out_of_stock",
            updated_at=WHEN,
            currency="USD",
            amount=D(amount),
            shipping_amount=D(0),
            tax_amount=D(0),
            units=tuple(CancelledUnit(one, D(0)) for one in unit_ids),
        ),
        **changes,
    )
