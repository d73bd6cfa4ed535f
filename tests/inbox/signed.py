"""Notifications as TikTok sends them, signed by an own few lines: not with the code under test."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

from tests.support.factories import APP_KEY, APP_SECRET, SHOP_ID

ORDER = "576653688135258178"


def sign(raw: bytes, *, key: str = APP_KEY, secret: str = APP_SECRET) -> str:
    return hmac.new(secret.encode(), key.encode() + raw, hashlib.sha256).hexdigest()


def body(
    type_id: int = 1, data: dict[str, Any] | None = None, *, event_id: str = "1", **fields: Any
) -> bytes:
    envelope = {
        "type": type_id,
        "tts_notification_id": event_id,
        "shop_id": SHOP_ID,
        "timestamp": 1718305585,
        "data": {"order_id": ORDER, "order_status": "UNPAID"} if data is None else data,
    }
    return json.dumps(envelope | fields, separators=(",", ":")).encode()
