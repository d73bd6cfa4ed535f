"""A shop in a real Saleor, and a member of its staff who uses the Dashboard's own mutations.

Imports Saleor: only for a demo on a real one.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import graphene
import requests
from django.db import transaction
from django.utils import timezone
from saleor.account.models import Address, Group, User
from saleor.channel.models import Channel
from saleor.permission.enums import (
    OrderPermissions,
    PaymentPermissions,
    PluginsPermissions,
    ProductPermissions,
)
from saleor.permission.models import Permission
from saleor.product.models import (
    Product,
    ProductChannelListing,
    ProductType,
    ProductVariant,
    ProductVariantChannelListing,
)
from saleor.shipping.models import (
    ShippingMethod,
    ShippingMethodChannelListing,
    ShippingZone,
)
from saleor.tax.models import TaxConfiguration
from saleor.warehouse.models import Stock, Warehouse

from saleor_tiktok_stripe import conf

_MAY = (
    OrderPermissions.MANAGE_ORDERS.codename,
    PaymentPermissions.HANDLE_PAYMENTS.codename,
    PluginsPermissions.MANAGE_PLUGINS.codename,
    ProductPermissions.MANAGE_PRODUCTS.codename,
)
_TOKEN = """mutation($email: String!, $password: String!) {
  tokenCreate(email: $email, password: $password) { token errors { message } }
}"""
_UPDATE = """mutation($id: ID!, $channel: ID!, $input: PluginUpdateInput!) {
  pluginUpdate(id: $id, channelId: $channel, input: $input) {
    errors { field message }
    plugin { channelConfigurations { channel { slug } configuration { name value } } }
  }
}"""


@transaction.atomic
def make(slug: str, skus: Sequence[Mapping[str, Any]], *, stock: int, shipping: Decimal) -> None:
    """A US channel with one warehouse and a variant for each SKU, ``stock`` pieces of each.

    Payments are authorized first and captured by staff; ``shipping`` is the price of delivery.
    """
    channel = Channel.objects.create(
        name=slug,
        slug=slug,
        currency_code="USD",
        default_country="US",
        is_active=True,
        default_transaction_flow_strategy="authorization",
    )
    TaxConfiguration.objects.create(channel=channel)
    zone = ShippingZone.objects.create(name="United States", countries=["US"])
    zone.channels.add(channel)
    method = ShippingMethod.objects.create(name="Parcel", type="price", shipping_zone=zone)
    ShippingMethodChannelListing.objects.create(
        shipping_method=method,
        channel=channel,
        currency=channel.currency_code,
        price_amount=shipping,
    )
    address = Address.objects.create(
        street_address_1="1 Main St",
        city="LOS ANGELES",
        country="US",
        country_area="CA",
        postal_code="90001",
    )
    warehouse = Warehouse.objects.create(name="Main", slug="main", address=address)
    warehouse.channels.add(channel)
    warehouse.shipping_zones.add(zone)
    kind = ProductType.objects.create(name="Goods", slug="goods", is_shipping_required=True)
    products: dict[str, Product] = {}
    for sku in skus:
        product = products.get(sku["product_id"]) or _product(sku, kind, channel)
        products[sku["product_id"]] = product
        _variant(sku, product, channel, warehouse, stock)


def _product(sku: Mapping[str, Any], kind: ProductType, channel: Channel) -> Product:
    product = Product.objects.create(
        name=sku["product_name"], slug=f"product-{sku['product_id']}", product_type=kind
    )
    ProductChannelListing.objects.create(
        product=product,
        channel=channel,
        currency=channel.currency_code,
        is_published=True,
        visible_in_listings=True,
        available_for_purchase_at=timezone.now(),
    )
    return product


def _variant(
    sku: Mapping[str, Any], product: Product, channel: Channel, warehouse: Warehouse, stock: int
) -> None:
    variant = ProductVariant.objects.create(
        product=product,
        sku=sku["seller_sku"],
        name=sku["sku_name"],
        metadata={"barcode": sku["barcode"]},
    )
    ProductVariantChannelListing.objects.create(
        variant=variant,
        channel=channel,
        currency=channel.currency_code,
        price_amount=sku["price"],
        discounted_price_amount=sku["price"],
    )
    Stock.objects.create(warehouse=warehouse, product_variant=variant, quantity=stock)


def enable_plugin(url: str, channel_slug: str, fields: Mapping[str, Any]) -> dict[str, str]:
    """Switch the plugin on for a channel as the Dashboard does; what the form shows afterwards."""
    channel = Channel.objects.get(slug=channel_slug)
    data = _post(
        url,
        _UPDATE,
        {
            "id": conf.PLUGIN_ID,
            "channel": graphene.Node.to_global_id("Channel", channel.pk),
            "input": {
                "active": True,
                "configuration": [
                    {"name": name, "value": str(value)} for name, value in fields.items()
                ],
            },
        },
        token=staff_token(url),
    )
    answer = data["pluginUpdate"]
    if answer["errors"]:
        raise RuntimeError(f"The settings were refused: {answer['errors']}")
    shown = next(
        entry["configuration"]
        for entry in answer["plugin"]["channelConfigurations"]
        if entry["channel"]["slug"] == channel_slug
    )
    return {field["name"]: field["value"] or "" for field in shown}


def add_staff() -> tuple[str, str]:
    """A new member of the staff: e-mail address and password."""
    password = secrets.token_urlsafe(16)
    email = f"staff-{secrets.token_hex(4)}@example.com"
    user = User(email=email, is_staff=True, is_active=True)
    user.set_password(password)
    user.save()
    group = Group.objects.create(name=email, restricted_access_to_channels=False)
    group.permissions.add(*Permission.objects.filter(codename__in=_MAY))
    user.groups.add(group)
    return email, password


def staff_token(url: str) -> str:
    """A new member of the staff signs in, as the Dashboard lets them."""
    email, password = add_staff()
    answer = _post(url, _TOKEN, {"email": email, "password": password})
    token: str = answer["tokenCreate"]["token"]
    return token


def _post(url: str, query: str, variables: Mapping[str, Any], token: str = "") -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    reply = requests.post(
        f"{url}/graphql/",
        json={"query": query, "variables": variables},
        headers=headers,
        timeout=60,
    )
    body = reply.json()
    if body.get("errors"):
        raise RuntimeError(f"Saleor refused: {[error['message'] for error in body['errors']]}")
    data: dict[str, Any] = body["data"]
    return data
