"""Webhooks: what was registered, what is on its way, and the sender (reference: webhooks)."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import requests

from saleor_tiktok_stripe.sandbox.components.faults import Faults
from saleor_tiktok_stripe.sandbox.tiktok.clock import SandboxClock
from saleor_tiktok_stripe.sandbox.tiktok.signing import webhook_signature

TYPES = {
    "ORDER_STATUS_CHANGE": 1,
    "RECIPIENT_ADDRESS_UPDATE": 3,
    "PACKAGE_UPDATE": 4,
    "PRODUCT_STATUS_CHANGE": 5,
    "SELLER_DEAUTHORIZATION": 6,
    "UPCOMING_AUTHORIZATION_EXPIRATION": 7,
    "CANCELLATION_STATUS_CHANGE": 11,
    "RETURN_STATUS_CHANGE": 12,
    "NEW_CONVERSATION": 13,
    "NEW_MESSAGE": 14,
    "PRODUCT_INFORMATION_CHANGE": 15,
    "PRODUCT_CREATION": 16,
    "PRODUCT_CATEGORY_CHANGE": 18,
    "INVENTORY_STATUS_CHANGE": 27,
    "NEW_MESSAGE_LISTENER": 33,
    "INVOICE_STATUS_CHANGE": 36,
    "PRODUCT_AUDIT_STATUS_CHANGE": 37,
    "SKU_STATUS_CHANGE": 50,
    "AFTERSALES_REQUEST_STATUS_UPDATE": 64,
    "RMA_STATUS_UPDATE": 65,
    "APPEAL_COMPLETED": 66,
    "REFUND_SUCCESS": 67,
    "INVENTORY_CHANGED": 68,
    "INVENTORY_CHANGED_BY_SHOP": 71,
}
# Newer ones come to the app's default address only where the app asked for them.
_NEWER = frozenset({50, 64, 65, 66, 67, 68, 71})
RETRY_AFTER = (2 * 60, 30 * 60, 3 * 3600, 12 * 3600)
ANSWER_WITHIN = 3.0
UNKNOWN_TYPE = 9001
POLL = 0.05


@dataclass
class Notification:
    """One call to make: where, what, when it is due and how often it was tried."""

    id: str
    type: int
    address: str
    body: bytes
    signature: str
    due: int
    attempts: int = 0
    status: str = "queued"
    last_answer: int | None = None


@dataclass(frozen=True)
class Delivery:
    """One attempt that was made. `answer` is the HTTP status, None when nothing answered."""

    id: str
    type: int
    attempt: int
    answer: int | None
    body: str


class Outbox:
    """Queue and sender of webhooks for one app."""

    def __init__(self, clock: SandboxClock, faults: Faults, app_key: str, secret: str) -> None:
        self._clock = clock
        self._faults = faults
        self._app_key, self._secret = app_key, secret
        self._lock = threading.RLock()
        self._number = 0
        self.registered: dict[tuple[str, str], dict[str, Any]] = {}
        self.default_address = ""
        self.newer_events = False
        self.queue: list[Notification] = []
        self.log: list[Delivery] = []
        self.shuffle: Callable[[list[Notification]], None] | None = None
        self._session = requests.Session()

    def register(self, shop_id: str, event_type: str, address: str) -> None:
        """Set where one shop's events of one type go."""
        now = self._clock.now()
        with self._lock:
            former = self.registered.get((shop_id, event_type), {})
            self.registered[shop_id, event_type] = {
                "event_type": event_type,
                "address": address,
                "create_time": former.get("create_time", now),
                "update_time": now,
            }

    def forget(self, shop_id: str, event_type: str) -> None:
        """Back to the app's default address; no error when none was set."""
        with self._lock:
            self.registered.pop((shop_id, event_type), None)

    def of_shop(self, shop_id: str) -> list[dict[str, Any]]:
        """What a shop has registered."""
        with self._lock:
            return [dict(row) for (shop, _), row in self.registered.items() if shop == shop_id]

    def emit(self, shop_id: str, event_type: str, data: dict[str, Any]) -> None:
        """Queue a signed notification, if anybody wants it; the armed webhook faults apply."""
        with self._lock:
            row = self.registered.get((shop_id, event_type))
            wanted = self.newer_events or TYPES[event_type] not in _NEWER
            address = row["address"] if row else self.default_address if wanted else ""
            if not address or self._faults.take("webhook_drop", event_type) is not None:
                return
            due = self._clock.now()
            delay = self._faults.take("webhook_delay", event_type)
            if delay is not None:
                due += int(delay.get("seconds", 60))
            item = self._make(shop_id, TYPES[event_type], data, address, due)
            if self._faults.take("webhook_wrong_signature", event_type) is not None:
                item.signature = "0" * 64
            self.queue.append(item)
            if self._faults.take("webhook_duplicate", event_type) is not None:
                twin = Notification(
                    item.id, item.type, item.address, item.body, item.signature, due
                )
                self.queue.append(twin)
            if self._faults.take("webhook_unknown_type", event_type) is not None:
                self.queue.append(
                    self._make(shop_id, UNKNOWN_TYPE, {"what": "nobody knows"}, address, due)
                )

    def _make(
        self, shop_id: str, type_: int, data: dict[str, Any], address: str, due: int
    ) -> Notification:
        self._number += 1
        number = str(7_590_000_000_000_000_000 + self._number)
        body = json.dumps(
            {
                "type": type_,
                "tts_notification_id": number,
                "shop_id": shop_id,
                "timestamp": self._clock.now(),
                "data": data,
            },
            separators=(",", ":"),
        ).encode()
        signature = webhook_signature(self._app_key, self._secret, body)
        return Notification(number, type_, address, body, signature, due)

    def deliver_due(self) -> int:
        """Send everything that is due now, in order (or shuffled); returns how many were tried."""
        now = self._clock.now()
        with self._lock:
            due = [item for item in self.queue if item.status == "queued" and item.due <= now]
            for item in due:
                item.status = "sending"
        if self.shuffle is not None:
            self.shuffle(due)
        for item in due:
            self._send(item)
        with self._lock:
            self.queue = [item for item in self.queue if item.status in {"queued", "sending"}]
        return len(due)

    def _send(self, item: Notification) -> None:
        try:
            response = self._session.post(
                item.address,
                data=item.body,
                headers={"Content-Type": "application/json", "Authorization": item.signature},
                timeout=ANSWER_WITHIN,
                allow_redirects=False,
            )
            item.last_answer = response.status_code
        except requests.RequestException:
            item.last_answer = None
        with self._lock:
            item.attempts += 1
            attempt = Delivery(
                item.id, item.type, item.attempts, item.last_answer, item.body.decode()
            )
            self.log.append(attempt)
            if item.last_answer == requests.codes.ok:
                item.status = "delivered"
            elif item.attempts > len(RETRY_AFTER):
                item.status = "given up"
            else:
                item.due = self._clock.now() + RETRY_AFTER[item.attempts - 1]
                item.status = "queued"

    def pending(self) -> list[dict[str, Any]]:
        """What has not been delivered or given up."""
        with self._lock:
            return [
                {"id": i.id, "type": i.type, "due": i.due, "attempts": i.attempts}
                for i in self.queue
            ]
