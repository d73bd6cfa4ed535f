"""Stripe's notifications: verify on the raw bytes, then read the event.

An event is a hint to look at its object again: what it shows is a snapshot, and deliveries come
late, doubled and in any order. Sources: Stripe's pages on webhooks and signatures.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from ..errors import InvalidInput
from .answers import load
from .package import verify_header
from .types import Notification

TOLERANCE: Final = 300.0
"""Seconds a signature's time may lie off ours, in either direction. The package refuses only old
ones: a captured delivery with a time in the future would be good for ever."""

EVENTS: Final = (
    "payment_intent.succeeded",
    "payment_intent.payment_failed",
    "payment_intent.processing",
    "payment_intent.requires_action",
    "payment_intent.amount_capturable_updated",
    "payment_intent.canceled",
    "charge.captured",
    "charge.expired",
    "charge.refunded",
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
)
"""What an endpoint of ours is to hear of."""

CONNECT_EVENTS: Final = (*EVENTS, "account.application.deauthorized")
"""The same for an endpoint that hears of connected accounts."""

_LATEST: Final = 4_102_444_800  # 2100-01-01
_ID_LIMIT: Final = 255


def verify(secrets: Sequence[str], raw_body: bytes, header: str | None, now: float) -> bool:
    """Whether ``header`` (``Stripe-Signature``) signs exactly these bytes with any of ``secrets``,
    at most five minutes before or after ``now`` (Unix seconds). Never raises.

    While a secret is rolled Stripe signs with both; several secrets may be stored likewise.
    """
    if not header or not header.isascii():
        return False
    signed_at = _timestamp(header)
    if signed_at is None or abs(now - signed_at) > TOLERANCE:
        return False
    try:
        payload = raw_body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return any(verify_header(payload, header, secret) for secret in secrets if secret.strip())


def parse(raw_body: bytes) -> Notification:
    """Read an event whose signature was verified.

    Types that are not known are no error. Raises ``InvalidInput`` (``NOT_AN_EVENT``) when the body
    is no event: also for "thin" events of the v2 API, which carry no object.
    """
    found = load(raw_body)
    if not isinstance(found, dict):
        raise _not_an_event("it is no JSON object")
    return of_event(found, raw_body.decode("utf-8", "replace"))


def of_event(event: Mapping[str, Any], raw: str = "") -> Notification:
    """An event as notified, or as listed by the API (``raw`` is then made from it)."""
    if event.get("object") != "event":
        raise _not_an_event("its kind is not 'event'")
    event_id = _id(event.get("id"))
    kind = _id(event.get("type"))
    if not event_id or not kind:
        raise _not_an_event("its id or type is missing")
    data = event.get("data")
    subject = data.get("object") if isinstance(data, Mapping) else None
    subject = subject if isinstance(subject, Mapping) else {}
    return Notification(
        event_id=event_id,
        kind=kind,
        object_type=_word(subject.get("object")),
        object_id=_id(subject.get("id")),
        payment_id=_named(subject, "payment_intent"),
        charge_id=_named(subject, "charge"),
        account_id=_id(event.get("account")),
        livemode=event.get("livemode") is True,
        created_at=_moment(event.get("created")),
        metadata=_metadata(subject.get("metadata")),
        raw=raw or json.dumps(event, default=str),
    )


def _timestamp(header: str) -> int | None:
    """The first ``t``, as the package takes it."""
    for item in header.split(","):
        name, _, value = item.partition("=")
        if name == "t":
            return int(value) if value.isdigit() and len(value) <= 12 else None
    return None


def _not_an_event(why: str) -> InvalidInput:
    return InvalidInput("NOT_AN_EVENT", f"This is no event of Stripe's: {why}.")


def _named(subject: Mapping[str, Any], kind: str) -> str:
    """The id of the ``kind`` that the object is, or names (expanded or not)."""
    if subject.get("object") == kind:
        return _id(subject.get("id"))
    named = subject.get(kind)
    if kind == "charge" and named is None:
        named = subject.get("latest_charge")
    return _id(named.get("id") if isinstance(named, Mapping) else named)


def _id(value: object) -> str:
    """Printable ASCII of a bearable length, else ""."""
    if not isinstance(value, str) or not value.isascii() or not value.isprintable():
        return ""
    return value if len(value) <= _ID_LIMIT else ""


def _word(value: object) -> str:
    return value if isinstance(value, str) else ""


def _moment(value: object) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < _LATEST:
        return None
    return datetime.fromtimestamp(value, UTC)


def _metadata(value: object) -> dict[str, str]:
    if not isinstance(value, Mapping):
        return {}
    return {name: one for name, one in value.items() if isinstance(one, str)}
