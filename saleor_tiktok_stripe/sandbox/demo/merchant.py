"""What a merchant does once: a channel with products, the plugin's settings, the consent."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import requests

from saleor_tiktok_stripe import accounts
from saleor_tiktok_stripe.models import Connection, ConnectionState
from saleor_tiktok_stripe.sandbox.demo.stack import CHANNEL, Stack
from saleor_tiktok_stripe.sandbox.demo.storefront import Shop
from saleor_tiktok_stripe.sandbox.saleor import ADMIN_EMAIL, ADMIN_PASSWORD, Product

STOCK = 10_000
SHIPPING = Decimal("4.90")


PERMISSIONS = (
    "rak_payment_intent_write",
    "rak_charge_write",
    "rak_dispute_write",
    "rak_file_write",
    "rak_webhook_write",
    "rak_event_read",
    "rak_balance_read",
    "rak_balance_transaction_source_read",
    "rak_payout_read",
    "rak_accounts_kyc_basic_read",
)
"""Of the restricted key that the guide tells merchants to make."""


class DemoFailed(Exception):
    """A step did not end as it must; the message says which and why."""


def prepare_channel(stack: Stack) -> int:
    """A channel with the shop's SKUs in stock; returns how many. Unlinked ones are left out."""
    skus = [sku for sku in stack.tiktok.catalog() if sku["linked"] and sku["seller_sku"]]
    if stack.saleor is None:
        from saleor_tiktok_stripe.sandbox.demo import saleor_shop

        saleor_shop.make(CHANNEL, skus, stock=STOCK, shipping=SHIPPING)
        return len(skus)
    products = [
        Product(
            sku=sku["seller_sku"],
            barcode=sku["barcode"],
            name=sku["product_name"],
            variant_name=sku["sku_name"],
            price=Decimal(sku["price"]),
        )
        for sku in skus
    ]
    stack.saleor.add_channel(
        CHANNEL,
        "USD",
        "US",
        products,
        quantity=STOCK,
        shipping_price=SHIPPING,
        flow="AUTHORIZATION",
    )
    return len(skus)


def storefront(stack: Stack) -> Shop:
    """Where buyers and staff of the channel go."""
    if stack.saleor is not None:
        return Shop(stack.saleor.url, stack.saleor.staff_token)
    from saleor_tiktok_stripe.sandbox.demo import saleor_shop

    return Shop(f"{stack.url}/graphql/", saleor_shop.staff_token(stack.url))


def console_key(stack: Stack) -> tuple[str, str]:
    """With which e-mail address and password somebody of the staff signs in."""
    if stack.saleor is not None:
        return ADMIN_EMAIL, ADMIN_PASSWORD
    from saleor_tiktok_stripe.sandbox.demo import saleor_shop

    return saleor_shop.add_staff()


def connect_stripe(stack: Stack) -> Connection:
    """Enter the account's keys and let the plugin set up its webhook endpoint."""
    keys = {
        "secret_key": stack.stripe.control.restricted_key(*PERMISSIONS),
        "publishable_key": stack.stripe.publishable_key,
    }
    if stack.home.real:
        from saleor_tiktok_stripe.sandbox.demo import saleor_shop

        fields = {f"stripe_{name}": value for name, value in keys.items()}
        saleor_shop.enable_plugin(stack.url, CHANNEL, fields)
    else:
        settings = accounts.StripeSettings(
            secret_key=keys["secret_key"], publishable_key=keys["publishable_key"]
        )
        accounts.connect_stripe(CHANNEL, settings, "demo")
    connection = accounts.stripe_connection(CHANNEL)
    if connection is None or connection.state != ConnectionState.ACTIVE:
        raise DemoFailed("The Stripe account was not connected.")
    return connection


def connect(stack: Stack) -> Connection:
    """Enter the credentials, follow the consent link as a browser would, and look at the result."""
    link = _link_from_dashboard(stack) if stack.home.real else _link(stack)
    page = requests.get(link, timeout=30)
    connection = accounts.find_connection(CHANNEL)
    if page.status_code != 200 or connection.state != ConnectionState.ACTIVE:
        raise DemoFailed(f"The shop was not connected: HTTP {page.status_code}, {connection.state}")
    return connection


def _credentials(stack: Stack) -> dict[str, str]:
    return dict(stack.tiktok.credentials)


def _link(stack: Stack) -> str:
    app = _credentials(stack)
    settings = accounts.ChannelSettings(
        app_key=app["app_key"],
        app_secret=app["app_secret"],
        service_id=app["service_id"],
        region_group="US",
        policy=accounts.ChannelPolicy(),
    )
    return accounts.begin_connect(CHANNEL, settings, actor="demo")


def _link_from_dashboard(stack: Stack) -> str:
    from saleor_tiktok_stripe.sandbox.demo import saleor_shop

    app = _credentials(stack)
    fields: dict[str, Any] = {
        "app_key": app["app_key"],
        "app_secret": app["app_secret"],
        "service_id": app["service_id"],
        "region_group": "US",
    }
    saved = saleor_shop.enable_plugin(stack.url, CHANNEL, fields)
    link = saved.get("connect_link", "")
    if not link.startswith("http"):
        raise DemoFailed(f"The settings form shows no connect link: {link!r}")
    return link
