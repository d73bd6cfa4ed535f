"""Controls of webhooks: deliver, hold, reorder, double, drop."""

from __future__ import annotations

from typing import Any

from saleor_tiktok_stripe.sandbox.stripe.control_base import ControlBase
from saleor_tiktok_stripe.sandbox.stripe.webhooks import Attempt, Delivery, Send


class WebhookControls(ControlBase):
    """Everything about this account's deliveries."""

    def deliver(self, send: Send | None = None) -> int:
        """Send what is due, and what that causes, until nothing is; returns how many were tried.

        `send(url, body, header) -> status` replaces HTTP.
        """
        tried = 0
        while found := self.world.outbox.deliver_due(self.account, send):
            tried += found
        return tried

    def hold(self, on: bool = True) -> None:
        """Send nothing until released with `hold(False)`."""
        self.account.held = on

    def reorder(self, on: bool = True) -> None:
        """Send what is due together in a random order (seeded)."""
        self.account.reordered = on

    def drop(self, type: str = "") -> int:  # noqa: A002 (Stripe's own word)
        """Lose what waits (of one type, or all of it); returns how many were lost."""
        with self.world.lock:
            lost = [item for item in self.account.queue if type in ("", item.type)]
            for item in lost:
                item.status = "dropped"
                self.account.queue.remove(item)
            return len(lost)

    def duplicate(self, type: str = "") -> int:  # noqa: A002
        """Queue what waits (of one type, or all of it) once more; returns how many."""
        with self.world.lock:
            twins = [
                Delivery(i.event_id, i.type, i.endpoint_id, i.body, i.due, i.owner, i.account)
                for i in self.account.queue
                if type in ("", i.type)
            ]
            self.account.queue.extend(twins)
            return len(twins)

    def pending(self) -> list[dict[str, Any]]:
        """What has not been delivered, given up or lost."""
        return [
            {"event": i.event_id, "type": i.type, "due": i.due, "attempts": i.attempts}
            for i in list(self.account.queue)
        ]

    def attempts(self) -> list[Attempt]:
        """Every attempt made at this account's endpoints."""
        return list(self.account.attempts)
