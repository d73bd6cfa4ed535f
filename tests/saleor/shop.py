"""A small shop in a real Saleor, made of its own models, and orders to import into it."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal

from django.conf import settings
from django.contrib.sites.models import Site
from saleor.account.models import Address
from saleor.channel import AllocationStrategy
from saleor.channel.models import Channel
from saleor.product import ProductTypeKind
from saleor.product.models import (
    Product,
    ProductChannelListing,
    ProductType,
    ProductVariant,
    ProductVariantChannelListing,
)
from saleor.shipping.models import ShippingMethod, ShippingMethodChannelListing, ShippingZone
from saleor.site.models import SiteSettings
from saleor.tax.models import TaxClass, TaxConfiguration
from saleor.warehouse.models import Stock, Warehouse

from saleor_tiktok_stripe.saleor_api.ids import global_id
from saleor_tiktok_stripe.saleor_api.types import (
    AddressData,
    NewLine,
    NewOrder,
    NewTransaction,
    SaleorOrderStatus,
)

_counter = itertools.count(1)
ORDERED_AT = datetime(2026, 11, 1, 12, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Shop:
    channel: Channel
    warehouses: list[Warehouse]
    variants: list[ProductVariant]
    tax_class: TaxClass
    shipping_method: ShippingMethod
    zone: ShippingZone

    def stock(self, variant: int = 0, warehouse: int = 0) -> Stock:
        return Stock.objects.get(
            product_variant=self.variants[variant], warehouse=self.warehouses[warehouse]
        )

    def variant_id(self, variant: int = 0) -> str:
        return global_id("ProductVariant", self.variants[variant].pk)

    def warehouse_id(self, warehouse: int = 0) -> str:
        return global_id("Warehouse", self.warehouses[warehouse].pk)


def make_shop(
    *,
    slug: str = "tiktok-us",
    variants: int = 2,
    stocks: tuple[int, ...] = (100,),
    strategy: str = AllocationStrategy.PRIORITIZE_SORTING_ORDER,
) -> Shop:
    """One warehouse per entry of ``stocks``, which is its quantity of every variant."""
    site, _ = Site.objects.get_or_create(pk=settings.SITE_ID)  # gone after a truncating test
    SiteSettings.objects.get_or_create(site=site)
    channel = Channel.objects.create(
        name=slug,
        slug=slug,
        currency_code="USD",
        default_country="US",
        is_active=True,
        allocation_strategy=strategy,
    )
    TaxConfiguration.objects.create(channel=channel, prices_entered_with_tax=True)
    zone = ShippingZone.objects.create(name=f"{slug} US", countries=["US"])
    zone.channels.add(channel)
    warehouses = [_warehouse(f"{slug}-{n}", channel, zone) for n in range(len(stocks))]
    tax_class = TaxClass.objects.create(name=f"{slug} goods")
    made = [_variant(slug, n, channel, tax_class) for n in range(variants)]
    Stock.objects.bulk_create(
        Stock(warehouse=warehouse, product_variant=variant, quantity=quantity)
        for warehouse, quantity in zip(warehouses, stocks, strict=True)
        for variant in made
    )
    method = ShippingMethod.objects.create(
        name="Standard", type="price", shipping_zone=zone, tax_class=tax_class
    )
    ShippingMethodChannelListing.objects.create(
        shipping_method=method, channel=channel, currency="USD", price_amount=5
    )
    return Shop(channel, warehouses, made, tax_class, method, zone)


def _warehouse(slug: str, channel: Channel, zone: ShippingZone) -> Warehouse:
    address = Address.objects.create(
        street_address_1="1 Main St",
        city="LOS ANGELES",
        country="US",
        country_area="CA",
        postal_code="90001",
    )
    warehouse = Warehouse.objects.create(name=slug, slug=slug, address=address)
    warehouse.channels.add(channel)
    warehouse.shipping_zones.add(zone)
    return warehouse


def _variant(slug: str, number: int, channel: Channel, tax_class: TaxClass) -> ProductVariant:
    product_type, _ = ProductType.objects.get_or_create(
        slug="goods",
        defaults={"name": "Goods", "kind": ProductTypeKind.NORMAL, "is_shipping_required": True},
    )
    product = Product.objects.create(
        name=f"Article {number}",
        slug=f"{slug}-article-{number}",
        product_type=product_type,
        tax_class=tax_class,
    )
    ProductChannelListing.objects.create(
        product=product,
        channel=channel,
        currency="USD",
        is_published=True,
        visible_in_listings=True,
        available_for_purchase_at=ORDERED_AT,
    )
    variant = ProductVariant.objects.create(
        product=product,
        sku=f"{slug}-{number}",
        name=f"Size {number}",
        external_reference=f"erp-{slug}-{number}",
    )
    ProductVariantChannelListing.objects.create(
        variant=variant,
        channel=channel,
        currency="USD",
        price_amount=10,
        discounted_price_amount=10,
    )
    return variant


BUYER = AddressData(
    first_name="Ada",
    last_name="Lovelace",
    company_name="",
    street_address_1="1600 Amphitheatre Pkwy",
    street_address_2="",
    city="MOUNTAIN VIEW",
    city_area="",
    postal_code="94043",
    country="US",
    country_area="CA",
    phone="+16502530000",
)


def line(
    shop: Shop, variant: int = 0, quantity: int = 1, *, price: str = "10.00", **changes
) -> NewLine:
    """A line without tax and without discount."""
    amount = Decimal(price)
    made = NewLine(
        key=f"sku-{variant}",
        variant_id=shop.variant_id(variant),
        quantity=quantity,
        product_name=f"Article {variant}",
        variant_name=f"Size {variant}",
        sku=shop.variants[variant].sku or "",
        unit_net=amount,
        unit_gross=amount,
        undiscounted_unit_net=amount,
        undiscounted_unit_gross=amount,
        tax_rate=Decimal(0),
        allocate=True,
    )
    return replace(made, **changes)


def order(shop: Shop, *lines: NewLine, shipping: str = "5.00", **changes) -> NewOrder:
    """A paid order of the given lines; its one transaction closes to the cent."""
    reference = f"tiktok:{next(_counter):018d}"
    lines = lines or (line(shop),)
    cost = Decimal(shipping)
    total = sum((item.unit_gross * item.quantity for item in lines), cost)
    made = NewOrder(
        external_reference=reference,
        channel_slug=shop.channel.slug,
        currency="USD",
        status=SaleorOrderStatus.UNFULFILLED,
        created_at=ORDERED_AT,
        email="v1abc@scs.tiktokw.us",
        language_code="en",
        billing_address=BUYER,
        shipping_address=BUYER,
        shipping_method_name="Standard",
        shipping_net=cost,
        shipping_gross=cost,
        undiscounted_shipping_gross=cost,
        shipping_tax_rate=Decimal(0),
        lines=tuple(lines),
        transactions=(
            NewTransaction(
                name="TikTok Shop",
                message="Collected by TikTok Shop",
                psp_reference=reference,
                charged=total,
                refunded=Decimal(0),
                authorized=Decimal(0),
            ),
        ),
        metadata={"tiktok.order_id": reference.removeprefix("tiktok:")},
    )
    return replace(made, **changes)
