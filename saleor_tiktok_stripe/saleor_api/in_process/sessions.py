"""Payment sessions: Saleor's own words for what a storefront asks, to ours and back.

A session's answer is trusted and, but for ``*_ACTION_REQUIRED``, final: Saleor does not ask again.
One value it cannot read turns a paid session into a failed one, so values are cut to its limits.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from saleor.checkout.models import Checkout
from saleor.order.models import Order
from saleor.payment.interface import TransactionSessionData
from saleor.plugins.models import PluginConfiguration

from ... import conf
from ..transactions import GatewayRequest, PaymentMethodDetails, SessionAnswer, SessionRequest
from .app import ensure_app, find_app
from .ids import global_id
from .reads import address_data

LONGEST_URL: Final = 200
LONGEST_REFERENCE: Final = 512


def takes_payments(channel_slug: str) -> bool:
    """The plugin is on in this channel, and its App is not switched off."""
    rows = PluginConfiguration.objects.filter(identifier=conf.PLUGIN_ID, active=True)
    if not rows.filter(channel__slug=channel_slug).exists():
        return False
    return bool((find_app() or ensure_app()).is_active)


def gateway_request(source: Checkout | Order, amount: Decimal, data: Any) -> GatewayRequest:
    """``data``: what the storefront passed to this gateway, if it named it."""
    return GatewayRequest(
        channel_slug=source.channel.slug,
        source_id=_source_id(source),
        amount=amount,
        currency=source.currency,
        data=data,
    )


def session_request(asked: TransactionSessionData) -> SessionRequest:
    """``transactionProcess`` brings no idempotency key."""
    source = asked.source_object
    return SessionRequest(
        transaction_id=global_id("TransactionItem", asked.transaction.token),
        channel_slug=source.channel.slug,
        source="checkout" if isinstance(source, Checkout) else "order",
        source_id=_source_id(source),
        flow="AUTHORIZATION" if asked.action.action_type == "authorization" else "CHARGE",
        amount=asked.action.amount,
        currency=asked.action.currency,
        data=asked.payment_gateway_data.data,
        idempotency_key=asked.idempotency_key or "",
        psp_reference=asked.transaction.psp_reference or "",
        order_number="" if isinstance(source, Checkout) else str(source.number),
        email=source.get_customer_email() or "",
        customer_ip=asked.customer_ip_address or "",
        billing_address=address_data(source.billing_address),
        shipping_address=address_data(source.shipping_address),
    )


def _source_id(source: Checkout | Order) -> str:
    return global_id("Checkout" if isinstance(source, Checkout) else "Order", source.pk)


def response(answer: SessionAnswer) -> dict[str, Any]:
    """As a payment app would answer Saleor's webhook (3.20-3.24 read the same keys)."""
    said: dict[str, Any] = {
        "result": answer.result,
        "amount": answer.amount,
        "message": answer.message,
        "actions": list(answer.actions),
        "data": dict(answer.data),
    }
    if answer.psp_reference:
        said["pspReference"] = answer.psp_reference[:LONGEST_REFERENCE]
    if answer.external_url.startswith("https://") and len(answer.external_url) <= LONGEST_URL:
        said["externalUrl"] = answer.external_url
    if answer.method is not None:
        said["paymentMethodDetails"] = _method(answer.method)
    return said


def _method(method: PaymentMethodDetails) -> Mapping[str, Any]:
    """Read from 3.22 on, ignored before."""
    said: dict[str, Any] = {"type": method.type, "name": method.name[:256]}
    if method.type == "CARD":
        said |= {"brand": method.brand[:40], "lastDigits": method.last_digits[-4:]}
        if method.exp_month in range(1, 13):
            said["expMonth"] = method.exp_month
        if method.exp_year is not None and method.exp_year >= 2000:
            said["expYear"] = method.exp_year
    return said
