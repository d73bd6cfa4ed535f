"""Stripe's events: verify on the raw bytes, then read the envelope."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from ..errors import InvalidInput
from .types import Notification

TOLERANCE: Final = 300
"""Seconds between signing and receiving, in either direction."""

EVENTS: Final = (
    "payment_intent.succeeded",
    "payment_intent.payment_failed",
    "payment_intent.processing",
    "payment_intent.requires_action",
    "payment_intent.amount_capturable_updated",
    "payment_intent.canceled",
    "charge.refunded",
    "charge.captured",
    "charge.expired",
    "charge.refund.updated",
    "refund.created",
    "refund.updated",
    "refund.failed",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
    "charge.dispute.closed",
    "radar.early_fraud_warning.created",
    "radar.early_fraud_warning.updated",
    "payout.paid",
    "payout.failed",
    "payout.reconciliation_completed",
    "account.updated",
    "capability.updated",
    "account.application.deauthorized",
)
"""What our endpoint is registered for."""


def verify(secrets: Sequence[str], raw_body: bytes, header: str | None, now: float) -> bool:
    """Whether ``Stripe-Signature`` was made with one of ``secrets`` for these exact bytes.

    ``t=<unix>,v1=<hex>[,v1=<hex>]``; signed is ``<t>.<body>``, HMAC-SHA256 under the whole secret.
    Stamps more than five minutes old are refused, and (other than Stripe's own verifier does) those
    from the future. Compared in constant time; never raises.
    """
    stamp, signatures = _parts(header or "")
    if stamp is None or abs(now - stamp) > TOLERANCE:
        return False
    signed = str(stamp).encode() + b"." + raw_body
    fits = False
    for secret in secrets:
        expected = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest().encode()
        for given in signatures:
            fits |= bool(secret) and hmac.compare_digest(expected, given)
    return fits


def parse(raw_body: bytes) -> Notification:
    """Read an event whose signature was verified, or that was listed.

    Raises ``InvalidInput`` (``NOT_AN_EVENT``) when the body is no event of the v1 API.
    """
    try:
        event = json.loads(raw_body)
    except (ValueError, RecursionError):
        event = None
    if not isinstance(event, dict) or event.get("object") != "event":
        raise InvalidInput("NOT_AN_EVENT", "The notification is not a Stripe event.")
    data = event.get("data")
    subject = data.get("object") if isinstance(data, dict) else None
    named: Mapping[str, Any] = subject if isinstance(subject, dict) else {}
    event_id, kind = _text(event.get("id")), _text(event.get("type"))
    if not event_id or not kind:
        raise InvalidInput("NOT_AN_EVENT", "The notification has no id or type.")
    object_type = _text(named.get("object"))
    object_id = _text(named.get("id"))
    return Notification(
        event_id=event_id,
        kind=kind,
        object_type=object_type,
        object_id=object_id,
        payment_id=object_id if object_type == "payment_intent" else _id(named, "payment_intent"),
        charge_id=object_id if object_type == "charge" else _id(named, "charge"),
        account_id=_text(event.get("account")),
        livemode=event.get("livemode") is True,
        created_at=_moment(event.get("created")),
        metadata=_metadata(named.get("metadata")),
        raw=raw_body.decode("utf-8", "backslashreplace"),
    )


def _parts(header: str) -> tuple[int | None, list[bytes]]:
    stamp: int | None = None
    signatures = []
    for part in header.split(","):
        name, _, value = part.strip().partition("=")
        if name == "t" and value.isascii() and value.isdigit() and len(value) < 12:
            stamp = int(value)
        elif name == "v1":
            signatures.append(value.encode("utf-8", "backslashreplace"))
    return stamp, signatures


def _id(named: Mapping[str, Any], key: str) -> str:
    """An id, or that of an expanded object."""
    value = named.get(key)
    return _text(value.get("id") if isinstance(value, dict) else value)


def _text(value: object) -> str:
    fits = isinstance(value, str) and value.isascii() and value.isprintable() and len(value) <= 255
    return str(value) if fits else ""


def _metadata(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        return {}
    return {str(name): text for name, text in value.items() if isinstance(text, str)}


def _moment(value: object) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 4_102_444_800:
        return None
    return datetime.fromtimestamp(value, UTC)
