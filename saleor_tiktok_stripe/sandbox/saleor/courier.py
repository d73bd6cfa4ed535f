"""What Saleor tells apps by synchronous webhooks: made from their subscription, signed, sent.

Sessions wait for the answer while the storefront waits. Requests for an action go out after the
mutation was answered; an answer of 500 and above is asked for again, with growing pauses, up to
five times (Saleor 3.20-3.24: 10 s, doubled each time).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any

import requests

from .state import Hook

logger = logging.getLogger("saleor_tiktok_stripe.sandbox.saleor")
SYNC_SECONDS = 20.0
RETRIES = 5
Answered = Callable[[Any], None]


class HttpCourier:
    """Sends over HTTP. ``first_pause`` (s) is Saleor's, shorter in tests. ``sent`` lists the event
    and status of every delivery (0: no answer)."""

    def __init__(self, api_url: Callable[[], str], *, first_pause: float = 10.0) -> None:
        self.first_pause = first_pause
        self.sent: list[tuple[str, int]] = []
        self._api_url = api_url
        self._open = 0
        self._change = threading.Condition()
        self._stopped = threading.Event()

    def ask(self, hook: Hook, payload: Mapping[str, Any]) -> Any:
        """The answer's JSON; None for a status of 300 and above, or no answer in 20 s."""
        status, answer = self._send(hook, _body(payload))
        return answer if 200 <= status < 300 else None

    def request(self, hook: Hook, payload: Mapping[str, Any], answered: Answered) -> None:
        """Send from a thread of its own, the same body each time."""
        with self._change:
            self._open += 1
        threading.Thread(
            target=self._deliver, args=(hook, _body(payload), answered), daemon=True
        ).start()

    def wait_idle(self, seconds: float = 30.0) -> bool:
        """Until no request is on its way; False when that took too long."""
        with self._change:
            return self._change.wait_for(lambda: self._open == 0, seconds)

    def stop(self) -> None:
        """No more retries."""
        self._stopped.set()

    def _deliver(self, hook: Hook, body: bytes, answered: Answered) -> None:
        try:
            answered(self._answer(hook, body))
        finally:
            with self._change:
                self._open -= 1
                self._change.notify_all()

    def _answer(self, hook: Hook, body: bytes) -> Any:
        for number in range(RETRIES + 1):
            status, answer = self._send(hook, body)
            if status < 500:  # without any answer (0) Saleor does not ask again
                return answer if 200 <= status < 300 else None
            if number == RETRIES or self._stopped.wait(self.first_pause * 2**number):
                return None
        return None

    def _send(self, hook: Hook, body: bytes) -> tuple[int, Any]:
        signature = hmac.new(hook.secret.encode(), body, hashlib.sha256).hexdigest()
        url = self._api_url()
        headers = {
            "Content-Type": "application/json",
            "Saleor-Event": hook.event.lower(),
            "Saleor-Domain": url.split("/")[2],
            "Saleor-Api-Url": url,
            "Saleor-Signature": signature,
        }
        try:
            reply = requests.post(
                hook.target_url,
                data=body,
                headers=headers,
                timeout=SYNC_SECONDS,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            logger.info("webhook %s not delivered: %s", hook.event, type(error).__name__)
            self.sent.append((hook.event, 0))
            return 0, None
        self.sent.append((hook.event, reply.status_code))
        try:
            return reply.status_code, json.loads(reply.content)
        except ValueError:
            return reply.status_code, None


def _body(payload: Mapping[str, Any]) -> bytes:
    return json.dumps(payload, default=str).encode()
