"""Payment sessions: Saleor's own words for what a storefront asks, to ours and back.

The answer's form is ``saleor_api/answers.py``'s, the same on both hosts.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from saleor.checkout.models import Checkout
from saleor.order.models import Order
from saleor.payment.interface import TransactionSessionData

from .. import answers
from ..ids import global_id
from ..transactions import GatewayRequest, SessionRequest
from .app import ensure_app, find_app
from .reads import address_data, plugin_active


def takes_payments(channel_slug: str) -> bool:
    """The plugin is on in this channel, and its App is not switched off."""
    if not plugin_active(channel_slug):
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


response = answers.session
"""A session's answer as a payment app would give it."""
