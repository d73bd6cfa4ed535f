"""Webhook deliveries: signed, retried, and disturbed on demand (reference: webhooks)."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import requests

from saleor_tiktok_stripe.sandbox.stripe.world import Account, Object, World

HOUR = 3600
# Live mode: with growing pauses, up to three days. Test mode: three tries within hours.
RETRY_AFTER = {
    True: (300, 1800, 2 * HOUR, 5 * HOUR, 10 * HOUR, *(12 * HOUR,) * 4),
    False: (HOUR, 3 * HOUR),
}
ANSWER_WITHIN = 10.0
POLL = 0.05

Send = Callable[[str, bytes, str], int | None]


@dataclass
class Delivery:
    """One notification on its way to one endpoint."""

    event_id: str
    type: str
    endpoint_id: str
    body: bytes
    due: int
    owner: Account  # whose endpoint it is: the platform's, for Connect
    account: Account  # whose event it is
    wrong_signature: bool = False
    attempts: int = 0
    status: str = "queued"


@dataclass(frozen=True)
class Attempt:
    """One attempt that was made. `answer` is the HTTP status, None when nothing answered."""

    event_id: str
    type: str
    endpoint_id: str
    attempt: int
    answer: int | None
    header: str = field(repr=False)
    body: bytes = field(repr=False)


def signature(secrets: Sequence[str], body: bytes, at: int) -> str:
    """A `Stripe-Signature` header: one v1 for each secret that is valid."""
    said = [f"t={at}"]
    for secret in secrets:
        mac = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256)
        said.append(f"v1={mac.hexdigest()}")
    return ",".join(said)


def wanted(endpoint: Object, type_: str) -> bool:
    """Whether an endpoint is enabled and asked for events of this type."""
    asked = endpoint["enabled_events"]
    return endpoint["status"] == "enabled" and ("*" in asked or type_ in asked)


class Outbox:
    """Queues (one per account) and sender of webhooks."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._local = threading.local()

    def notify(self, account: Account, event: Object) -> None:
        """Queue an event for every endpoint that wants it; the armed webhook faults apply."""
        self._queue(account, account, event, connect=False)
        for (platform, livemode), members in self._world.connected.items():
            if account.id in members and livemode == account.livemode:
                owner = self._world.account(platform, livemode)
                self._queue(owner, account, {**event, "account": account.id}, connect=True)

    def _queue(self, owner: Account, account: Account, event: Object, *, connect: bool) -> None:
        takers = [
            endpoint
            for endpoint in owner.of("webhook_endpoint")
            if owner.note(endpoint["id"]).get("connect", False) == connect
            and wanted(endpoint, event["type"])
        ]
        if not takers:
            return
        account.objects["event"][event["id"]]["pending_webhooks"] += len(takers)
        event = {**event, "pending_webhooks": len(takers)}
        bodies: dict[str, bytes] = {}
        for endpoint in takers:
            version = endpoint["api_version"] or event["api_version"]
            if version not in bodies:
                said = {**event, "api_version": version}
                bodies[version] = json.dumps(said, separators=(",", ":")).encode()
            self._enqueue(owner, account, event, endpoint["id"], bodies[version])

    def _enqueue(
        self, owner: Account, account: Account, event: Object, endpoint_id: str, body: bytes
    ) -> None:
        faults, type_ = self._world.faults, event["type"]
        made = Delivery(
            event["id"], type_, endpoint_id, body, owner.now(), owner, account
        )  # fmt: skip
        account.note(event["id"]).setdefault("deliveries", []).append(made)
        if faults.take("webhook_drop", type_, owner.id) is not None:
            made.status = "dropped"
            return
        delay = faults.take("webhook_delay", type_, owner.id)
        if delay is not None:
            made.due += int(delay.get("seconds", 60))
        if faults.take("webhook_wrong_signature", type_, owner.id) is not None:
            made.wrong_signature = True
        owner.queue.append(made)
        double = faults.take("webhook_duplicate", type_, owner.id)
        if double is not None:
            for _ in range(int(double.get("times", 2)) - 1):
                owner.queue.append(
                    Delivery(event["id"], type_, endpoint_id, body, made.due, owner, account)
                )

    def take_due(self, account: Account) -> list[Delivery]:
        """What is due at an account's endpoints now, shuffled when so set."""
        with self._world.lock:
            if account.held or not account.queue:
                return []
            now = account.now()
            due = [item for item in account.queue if item.status == "queued" and item.due <= now]
            for item in due:
                item.status = "sending"
            if account.reordered:
                account.rng.shuffle(due)
            return due

    def deliver_due(self, account: Account, send: Send | None = None) -> int:
        """Send what is due; returns how many were tried.

        `send(url, body, header)` replaces HTTP; it returns the status, None for no answer.
        """
        due = self.take_due(account)
        for item in due:
            self._send(item, send or self._post)
        if due:
            with self._world.lock:
                account.queue[:] = [i for i in account.queue if i.status in {"queued", "sending"}]
        return len(due)

    def _send(self, item: Delivery, send: Send) -> None:
        endpoint = item.owner.find("webhook_endpoint", item.endpoint_id)
        if endpoint is None or endpoint["status"] != "enabled":
            item.status = "stopped"
            return
        header = self.header(item)
        answer = send(endpoint["url"], item.body, header)
        with self._world.lock:
            item.attempts += 1
            item.owner.attempts.append(
                Attempt(
                    item.event_id, item.type, item.endpoint_id, item.attempts, answer, header,
                    item.body,
                )
            )  # fmt: skip
            self._settle(item, answer)

    def _settle(self, item: Delivery, answer: int | None) -> None:
        pauses = RETRY_AFTER[item.owner.livemode]
        if answer is not None and 200 <= answer < 300:
            item.status = "delivered"
            event = item.account.find("event", item.event_id)
            if event is not None and event["pending_webhooks"]:
                event["pending_webhooks"] -= 1
        elif item.attempts > len(pauses):
            item.status = "given up"
        else:
            item.due = item.owner.now() + pauses[item.attempts - 1]
            item.status = "queued"

    def header(self, item: Delivery) -> str:
        """A fresh signature: of real time, because that is what receivers compare with."""
        owner = item.owner
        secrets = owner.note(item.endpoint_id)["secrets"]
        valid = [text for text, until in secrets if until is None or until > owner.now()]
        if item.wrong_signature:
            valid = ["whsec_of_somebody_else"]
        return signature(valid, item.body, int(time.time()) + owner.signature_skew)

    def _post(self, url: str, body: bytes, header: str) -> int | None:
        if not hasattr(self._local, "session"):
            self._local.session = requests.Session()
        try:
            response = self._local.session.post(
                url,
                data=body,
                headers={
                    "Content-Type": "application/json; charset=utf-8",
                    "Stripe-Signature": header,
                    "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
                },
                timeout=ANSWER_WITHIN,
                allow_redirects=False,
            )
        except requests.RequestException:
            return None
        return int(response.status_code)

    def tick(self) -> None:
        """Let what is due happen in every account, and send what is due."""
        with self._world.lock:
            accounts = list(self._world.accounts.values())
            for account in accounts:
                account.run_due()
        for account in accounts:
            if account.queue:
                self.deliver_due(account)


def delivered(account: Account, event: Object) -> bool:
    """Whether every delivery of an event was answered well (true when nobody wanted it)."""
    made: list[Any] = account.note(event["id"]).get("deliveries", [])
    return all(item.status == "delivered" for item in made)
