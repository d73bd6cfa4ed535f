"""What Saleor asks an app by synchronous webhooks, as our types.

The bodies are made by Saleor from ``operations/subscriptions/*.graphql``. They are believed because
of their signature: HMAC-SHA256 of the raw body with the webhook's secret, as hex, in the header
``Saleor-Signature`` (Saleor 3.20-3.24 for webhooks with a secret). Only what is signed is used: the
kind of request comes from the body, never from a header.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, Literal

from ...errors import InvalidInput
from ..documents import document
from ..transactions import ActionKind, ActionRequest, GatewayRequest, SessionRequest
from . import reading

_UNFIT: Final = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RecursionError,
)
"""What reading a body of another shape meets."""
Asked = GatewayRequest | SessionRequest | ActionRequest
View = Mapping[str, Any]

SUBSCRIPTIONS: Final[Mapping[str, str]] = {
    "PAYMENT_GATEWAY_INITIALIZE_SESSION": "paymentGatewayInitializeSession",
    "TRANSACTION_INITIALIZE_SESSION": "transactionInitializeSession",
    "TRANSACTION_PROCESS_SESSION": "transactionProcessSession",
    "TRANSACTION_CHARGE_REQUESTED": "transactionChargeRequested",
    "TRANSACTION_REFUND_REQUESTED": "transactionRefundRequested",
    "TRANSACTION_CANCELATION_REQUESTED": "transactionCancelationRequested",
}
"""Sync event of Saleor -> the subscription that our app registers for it."""
_ACTIONS: Final[Mapping[str, ActionKind]] = {
    "TransactionChargeRequested": "CHARGE",
    "TransactionRefundRequested": "REFUND",
    "TransactionCancelationRequested": "CANCEL",
}


def subscriptions() -> dict[str, str]:
    """Event -> text of its subscription, with fragments."""
    return {event: document(f"subscriptions/{name}") for event, name in SUBSCRIPTIONS.items()}


def is_signed(secret: str, raw_body: bytes, signature: str) -> bool:
    """Whether ``signature`` was made with ``secret``; in constant time."""
    expected = hmac.new(secret.encode(), raw_body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), signature.strip().lower().encode())


def parse(raw_body: bytes) -> tuple[Literal["gateway", "initialize", "process", "action"], Asked]:
    """What is asked. Raises ``InvalidInput`` (``NOT_A_REQUEST``) for anything else, without words
    of the body, which may hold buyer data.
    """
    try:
        body = json.loads(raw_body, parse_float=Decimal)
        name = body["__typename"]
        if name == "PaymentGatewayInitializeSession":
            return "gateway", _gateway(body)
        if name == "TransactionInitializeSession":
            return "initialize", _session(body)
        if name == "TransactionProcessSession":
            return "process", _session(body)
        return "action", _action(body, _ACTIONS[name])
    except _UNFIT as error:
        raise InvalidInput(
            "NOT_A_REQUEST", f"Saleor's request cannot be read ({type(error).__name__})."
        ) from None


def _gateway(body: View) -> GatewayRequest:
    source = body["sourceObject"]
    amount = body["amount"]
    return GatewayRequest(
        channel_slug=source["channel"]["slug"],
        source_id=source["id"],
        amount=None if amount is None else Decimal(amount),
        currency=source["channel"]["currencyCode"],
        data=body["data"],
    )


def _session(body: View) -> SessionRequest:
    source, action = body["sourceObject"], body["action"]
    at_checkout = source["__typename"] == "Checkout"
    return SessionRequest(
        transaction_id=body["transaction"]["id"],
        channel_slug=source["channel"]["slug"],
        source="checkout" if at_checkout else "order",
        source_id=source["id"],
        flow="AUTHORIZATION" if action["actionType"] == "AUTHORIZATION" else "CHARGE",
        amount=Decimal(action["amount"]),
        currency=action["currency"],
        data=body["data"],
        idempotency_key=body.get("idempotencyKey") or "",
        psp_reference=body["transaction"]["pspReference"],
        order_number="" if at_checkout else source["number"],
        email=source["email" if at_checkout else "userEmail"] or "",
        customer_ip=body["customerIpAddress"] or "",
        billing_address=reading.address(source["billingAddress"]),
        shipping_address=reading.address(source["shippingAddress"]),
    )


def _action(body: View, kind: ActionKind) -> ActionRequest:
    transaction, action = body["transaction"], body["action"]
    amount = action["amount"]
    request = _request_event(transaction, kind, amount)
    granted = body.get("grantedRefund") or {}
    channel = (transaction["order"] or transaction["checkout"])["channel"]
    return ActionRequest(
        transaction_id=transaction["id"],
        event_id=request["id"],
        channel_slug=channel["slug"],
        kind=kind,
        amount=None if amount is None else Decimal(amount),
        currency=action["currency"],
        psp_reference=transaction["pspReference"],
        granted_refund_id=granted.get("id") or "",
        lines={row["orderLine"]["id"]: row["quantity"] for row in granted.get("lines") or ()},
        reason=request["message"] or granted.get("reason") or "",
        actor=_actor(body["issuingPrincipal"]),
    )


def _request_event(transaction: View, kind: ActionKind, amount: Any) -> View:
    """Saleor's own record of this request: the payload does not name it. It is the newest that has
    no reference yet; Saleor sends the very same payload when it asks again.
    """
    waiting = [
        event
        for event in transaction["events"]
        if event["type"] == f"{kind}_REQUEST" and not event["pspReference"]
    ]
    fitting = [event for event in waiting if event["amount"]["amount"] == amount]
    found: View = (fitting or waiting)[-1]
    return found


def _actor(issuer: View | None) -> str:
    """Who asks, for the audit log. A checkout left behind is released by Saleor itself."""
    if not issuer:
        return "saleor"
    return f"staff:{issuer['email']}" if issuer["__typename"] == "User" else f"app:{issuer['name']}"
