"""A storefront and its staff in a real Saleor, with the ready-made operations of ``graphql/``."""

from __future__ import annotations

import itertools
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import requests
from django.test import Client
from django.utils import timezone
from saleor.account.models import Group, User
from saleor.channel.models import Channel
from saleor.core.jwt import create_access_token
from saleor.order.models import Order
from saleor.payment.models import TransactionEvent, TransactionItem
from saleor.permission.models import Permission
from saleor.plugins.models import PluginConfiguration

from saleor_tiktok_stripe import accounts, jobs
from saleor_tiktok_stripe.accounts import StripeSettings
from saleor_tiktok_stripe.models import Job
from saleor_tiktok_stripe.saleor_api.ids import database_id, global_id
from saleor_tiktok_stripe.saleor_api.in_process.app import ensure_app
from saleor_tiktok_stripe.sandbox.stripe.sandbox import StripeSandbox

from .shop import Shop

GATEWAY = "saleor.tiktok_stripe"
OPERATIONS = Path(__file__).parents[2] / "graphql"
SUMS = ("authorized", "charged", "refunded", "canceled")
_numbers = itertools.count(1)


def run(name: str, token: str = "", **variables: Any) -> dict[str, Any]:
    """What ``graphql/<name>.graphql`` answers over Saleor's GraphQL view, its one field's value."""
    said = send((OPERATIONS / f"{name}.graphql").read_text("utf-8"), token, **variables)
    assert "errors" not in said, said
    [value] = said["data"].values()
    return value


def send(query: str, token: str = "", **variables: Any) -> dict[str, Any]:
    """The whole answer, errors included."""
    answer = Client().post(
        "/graphql/",
        json.dumps({"query": query, "variables": variables}),
        content_type="application/json",
        headers={"Authorization-Bearer": token} if token else {},
    )
    return answer.json()


def staff_token() -> str:
    """Staff who handle orders and payments in every channel."""
    user = User.objects.create(
        email=f"staff{next(_numbers)}@example.com", is_staff=True, is_active=True
    )
    group = Group.objects.create(name=user.email, restricted_access_to_channels=False)
    names = ("manage_orders", "handle_payments")
    group.permissions.add(*Permission.objects.filter(codename__in=names))
    user.groups.add(group)
    return create_access_token(user)


def switch(shop: Shop, *, active: bool = True) -> None:
    """The plugin's own switch in this channel, as the Dashboard keeps it."""
    ensure_app()
    PluginConfiguration.objects.update_or_create(
        identifier=GATEWAY,
        channel=shop.channel,
        defaults={"active": active, "name": "TikTok Shop with Stripe", "configuration": []},
    )


def charge_later(shop: Shop) -> None:
    """The channel's payments are authorized first, captured by staff."""
    Channel.objects.filter(pk=shop.channel.pk).update(
        default_transaction_flow_strategy="authorization"
    )


ADDRESS = {
    "firstName": "Ada",
    "lastName": "Lovelace",
    "streetAddress1": "1600 Amphitheatre Pkwy",
    "city": "Mountain View",
    "postalCode": "94043",
    "country": "US",
    "countryArea": "CA",
}


def checkout(shop: Shop, quantity: int = 2) -> str:
    """An anonymous buyer's checkout, delivery chosen: articles at 10.00 and 5.00 for shipping."""
    made = run(
        "storefront/checkoutCreate",
        input={
            "channel": shop.channel.slug,
            "email": "ada@example.com",
            "lines": [{"variantId": shop.variant_id(), "quantity": quantity}],
            "shippingAddress": ADDRESS,
            "billingAddress": ADDRESS,
        },
    )
    assert made["errors"] == []
    delivered = run(
        "storefront/checkoutDeliveryMethodUpdate",
        id=made["checkout"]["id"],
        deliveryMethodId=global_id("ShippingMethod", shop.shipping_method.pk),
    )
    assert delivered["errors"] == []
    total = delivered["checkout"]["totalPrice"]["gross"]["amount"]
    assert total == 10.0 * quantity + 5
    return made["checkout"]["id"]


def row(transaction_id: str) -> TransactionItem:
    return TransactionItem.objects.get(token=database_id("TransactionItem", transaction_id))


def sums(transaction_id: str) -> dict[str, str]:
    """What is not zero of the transaction's sums."""
    item = row(transaction_id)
    names = [*SUMS, "authorize_pending", "charge_pending", "refund_pending", "cancel_pending"]
    values = {name: getattr(item, f"{name}_value") for name in names}
    return {name: f"{value:.2f}" for name, value in values.items() if value}


def events(transaction_id: str) -> list[tuple[str, str, bool]]:
    """Type, amount and whether it counts, of every event, as they were written."""
    rows = TransactionEvent.objects.filter(transaction=row(transaction_id)).order_by("pk")
    return [
        (event.type.upper(), f"{event.amount_value:.2f}", event.include_in_calculations)
        for event in rows
    ]


def money_of(order_id: str) -> tuple[str, Decimal, str, Decimal]:
    """How the order itself stands: charge status and sum, authorize status and sum."""
    order = Order.objects.get(pk=database_id("Order", order_id))
    return (
        order.charge_status,
        order.total_charged_amount,
        order.authorize_status,
        order.total_authorized_amount,
    )


def connect(shop: Shop, stripe: StripeSandbox) -> None:
    """Give the channel a Stripe account of its own, by its keys."""
    accounts.connect_stripe(
        shop.channel.slug,
        StripeSettings(secret_key=stripe.secret_key, publishable_key=stripe.publishable_key),
        "test",
    )


def begin(source_id: str, **changes: Any) -> dict[str, Any]:
    """The storefront begins a payment with us."""
    gateway = {"id": GATEWAY, "data": None}
    variables = {"id": source_id, "paymentGateway": gateway} | changes
    begun = run("storefront/transactionInitialize", **variables)
    assert begun["errors"] == [], begun
    return begun


def confirm(stripe: StripeSandbox, data: dict[str, Any], method: str = "pm_card_visa") -> int:
    """The buyer pays in the browser, as Stripe.js does; the HTTP status."""
    answer = requests.post(
        f"{stripe.base_url}/v1/payment_intents/{data['paymentIntentId']}/confirm",
        auth=(data["publishableKey"], ""),
        data={
            "client_secret": data["clientSecret"],
            "payment_method": method,
            "return_url": "https://shop.example.com/thanks",
        },
        timeout=30,
    )
    return answer.status_code


def process(transaction_id: str) -> dict[str, Any]:
    """The storefront asks how it ended."""
    processed = run("storefront/transactionProcess", id=transaction_id)
    assert processed["errors"] == [], processed
    return processed["transactionEvent"]


def work() -> None:
    """All that is queued, also what is put off until Saleor has written its own part."""
    Job.objects.filter(status="queued").update(run_after=timezone.now())
    jobs.work()


def paid_order(shop: Shop, stripe: StripeSandbox, quantity: int = 2) -> tuple[str, str]:
    """An order that a buyer paid (or authorized) with a card: its id and its transaction's."""
    checkout_id = checkout(shop, quantity)
    begun = begin(checkout_id)
    transaction_id = begun["transaction"]["id"]
    assert confirm(stripe, begun["data"]) == 200
    assert process(transaction_id)["type"].endswith("_SUCCESS")
    completed = run("storefront/checkoutComplete", id=checkout_id)
    assert completed["errors"] == [], completed
    work()
    return completed["order"]["id"], transaction_id
