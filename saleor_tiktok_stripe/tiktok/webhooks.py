"""TikTok's notifications: verify on the raw bytes, then read the envelope.

The signature covers neither a timestamp nor a nonce, so a captured call can be replayed for ever:
the receiver deduplicates on ``Notification.event_id`` and treats every event as a hint to look.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from ..errors import InvalidInput
from .types import Notification

EVENT_ID_LIMIT = 128
_LATEST = 4_102_444_800  # 2100-01-01


@dataclass(frozen=True)
class Kind:
    """A notification type: its name, and the key in ``data`` that names what changed."""

    name: str
    subject: str = ""


UNKNOWN = Kind("UNKNOWN")

KINDS: Mapping[int, Kind] = {
    1: Kind("ORDER_STATUS_CHANGE", "order_id"),
    2: Kind("REVERSE_STATUS_UPDATE", "order_id"),
    3: Kind("RECIPIENT_ADDRESS_UPDATE", "order_id"),
    4: Kind("PACKAGE_UPDATE"),
    5: Kind("PRODUCT_STATUS_CHANGE", "product_id"),
    6: Kind("SELLER_DEAUTHORIZATION"),
    7: Kind("UPCOMING_AUTHORIZATION_EXPIRATION"),
    11: Kind("CANCELLATION_STATUS_CHANGE", "order_id"),
    12: Kind("RETURN_STATUS_CHANGE", "order_id"),
    13: Kind("NEW_CONVERSATION"),
    14: Kind("NEW_MESSAGE"),
    15: Kind("PRODUCT_INFORMATION_CHANGE", "product_id"),
    16: Kind("PRODUCT_CREATION", "product_id"),
    18: Kind("PRODUCT_CATEGORY_CHANGE", "product_id"),
    27: Kind("INVENTORY_STATUS_CHANGE", "product_id"),
    33: Kind("NEW_MESSAGE_LISTENER"),
    36: Kind("INVOICE_STATUS_CHANGE", "order_id"),
    37: Kind("PRODUCT_AUDIT_STATUS_CHANGE", "product_id"),
    39: Kind("ACTIVITY_STATUS_CHANGE"),
    50: Kind("SKU_STATUS_CHANGE", "product_id"),
    64: Kind("AFTERSALES_REQUEST_STATUS_UPDATE", "order_id"),
    65: Kind("RMA_STATUS_UPDATE", "order_id"),
    66: Kind("APPEAL_COMPLETED", "order_id"),
    67: Kind("REFUND_SUCCESS", "order_id"),
    68: Kind("INVENTORY_CHANGED", "product_id"),
    71: Kind("INVENTORY_CHANGED_BY_SHOP", "product_id"),
}

ORDER_EVENTS = frozenset(
    kind.name for kind in KINDS.values() if kind.subject == "order_id"
) | frozenset({"PACKAGE_UPDATE"})
"""Kinds that say "look at an order again"; ``order_ids`` tells which."""

CASE_EVENTS = frozenset(
    {
        "REVERSE_STATUS_UPDATE",
        "CANCELLATION_STATUS_CHANGE",
        "RETURN_STATUS_CHANGE",
        "AFTERSALES_REQUEST_STATUS_UPDATE",
        "RMA_STATUS_UPDATE",
        "APPEAL_COMPLETED",
        "REFUND_SUCCESS",
    }
)
"""Kinds about a cancellation, refund or return. The newer ones name no order, or one per line."""

STOCK_EVENTS = frozenset(
    {"INVENTORY_STATUS_CHANGE", "INVENTORY_CHANGED", "INVENTORY_CHANGED_BY_SHOP"}
)
"""Kinds that say "the stock of a SKU is not what it was"."""

SUBSCRIBED = (
    "ORDER_STATUS_CHANGE",
    "RECIPIENT_ADDRESS_UPDATE",
    "PACKAGE_UPDATE",
    "CANCELLATION_STATUS_CHANGE",
    "RETURN_STATUS_CHANGE",
    "SELLER_DEAUTHORIZATION",
    "UPCOMING_AUTHORIZATION_EXPIRATION",
    "PRODUCT_INFORMATION_CHANGE",
    "PRODUCT_STATUS_CHANGE",
)
"""Event types a connected shop is registered for: those that two sources know by this name. The
newer ones are read when a default address in Partner Center sends them."""

SPELLINGS: Mapping[tuple[str, str], str] = {
    ("order_status", "CANCEL"): "CANCELLED",
    ("cancel_status", "CANCELLATION_REQUEST_CANCEL"): "CANCELLATION_REQUEST_CANCELLED",
}
"""Values that notifications spell otherwise than the API does."""


def verify(app_key: str, app_secret: str, raw_body: bytes, signature: object) -> bool:
    """Whether ``signature`` (the ``Authorization`` header) is TikTok's for these exact bytes.

    Lower-case hex HMAC-SHA256 over ``app_key + raw_body`` under the app secret, compared in
    constant time. Never raises, whatever the header holds.
    """
    if not isinstance(signature, str) or not signature or not app_secret:
        return False
    expected = hmac.new(app_secret.encode(), app_key.encode() + raw_body, hashlib.sha256)
    given = signature.encode("utf-8", "backslashreplace")
    return hmac.compare_digest(expected.hexdigest().encode(), given)


def parse(raw_body: bytes) -> Notification:
    """Read a notification whose signature was verified.

    Unknown type numbers are no error: kind ``UNKNOWN``. Numeric ids in ``data`` become text and
    spellings are made the API's. Raises ``InvalidInput`` (``UNREADABLE_NOTIFICATION``) when the
    body is no JSON object with a type.
    """
    envelope = _object(raw_body)
    type_id = _type_id(envelope.get("type"))
    kind = KINDS.get(type_id, UNKNOWN)
    data = _normalised(envelope.get("data"))
    return Notification(
        type_id=type_id,
        kind=kind.name,
        event_id=_event_id(envelope.get("tts_notification_id"), raw_body),
        shop_id=_identifier(envelope.get("shop_id")),
        sent_at=_moment(envelope.get("timestamp")),
        subject=_identifier(data.get(kind.subject)) if kind.subject else "",
        data=data,
    )


def order_ids(notification: Notification) -> tuple[str, ...]:
    """The orders that a notification is about, each once, in the order named."""
    found = [_identifier(notification.data.get("order_id"))]
    packages = notification.data.get("package_list")
    for package in packages if isinstance(packages, list) else []:
        named = package.get("order_id_list") if isinstance(package, dict) else None
        found.extend(_identifier(one) for one in (named if isinstance(named, list) else []))
    lines = notification.data.get("line_items")
    for line in lines if isinstance(lines, list) else []:
        found.append(_identifier(line.get("main_order_id")) if isinstance(line, dict) else "")
    return tuple(dict.fromkeys(one for one in found if one))


def _object(raw_body: bytes) -> dict[str, object]:
    try:
        found = json.loads(raw_body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise InvalidInput("UNREADABLE_NOTIFICATION", "The notification is not a JSON object.")
    return found


def _refuse_constant(name: str) -> object:
    raise ValueError(name)


def _type_id(value: object) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise InvalidInput("UNREADABLE_NOTIFICATION", "The notification has no type number.")


def _event_id(value: object, raw_body: bytes) -> str:
    given = _identifier(value)
    if given and len(given) <= EVENT_ID_LIMIT:
        return given
    return "sha256:" + hashlib.sha256(raw_body).hexdigest()


def _identifier(value: object) -> str:
    """An id as text; numbers occur (product_id in the official sample). "" for anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if 0 <= value < 10**20 else ""
    if not isinstance(value, str) or not value.isascii() or not value.isprintable():
        return ""
    return value


def _moment(value: object) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < _LATEST:
        return None
    return datetime.fromtimestamp(value, UTC)


def _normalised(data: object) -> dict[str, object]:
    if not isinstance(data, dict):
        return {}
    out: dict[str, object] = {}
    for name, value in data.items():
        if isinstance(value, str):
            out[name] = SPELLINGS.get((name, value), value)
        elif name.endswith("_id") and isinstance(value, int):
            out[name] = _identifier(value)
        else:
            out[name] = value
    return out
