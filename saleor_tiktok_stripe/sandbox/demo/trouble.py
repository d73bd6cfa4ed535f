"""Life goes on while the history is imported: new orders, changes, doubled and reordered events."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass, field

from saleor_tiktok_stripe.sandbox.tiktok import TikTokSandbox

_PACE = 0.15


@dataclass
class Trouble:
    """A thread that keeps the shop busy until told to stop, the same for the same seed."""

    tiktok: TikTokSandbox
    seed: int
    created: int = 0
    changed: int = 0
    _ids: list[str] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Arm the webhook faults and begin."""
        self.tiktok.inject_fault("webhook_duplicate", times=None, probability=0.3)
        self.tiktok.inject_fault("webhook_drop", times=None, probability=0.1)
        self.tiktok.inject_fault("webhook_delay", times=None, probability=0.2, seconds=2)
        self.tiktok.inject_fault("webhook_unknown_type", times=None, probability=0.1)
        self.tiktok.inject_fault("webhook_wrong_signature", times=None, probability=0.05)
        self.tiktok.inject_fault("internal_error", times=None, probability=0.02)
        self.tiktok.inject_fault("reset", times=None, probability=0.01)
        self.tiktok.reorder_webhooks()
        self._thread = threading.Thread(target=self._run, name="trouble", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """No more changes, no more faults."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        self.tiktok.clear_faults()
        self.tiktok.reorder_webhooks(False)

    def _run(self) -> None:
        rng = random.Random(f"trouble-{self.seed}")
        history = self.tiktok.order_ids(status="AWAITING_SHIPMENT", limit=40)
        while not self._stop.wait(_PACE):
            if rng.random() < 0.5 or not self._ids:
                self._ids.append(self.tiktok.create_order())
                self.created += 1
            else:
                try:
                    self.tiktok.random_step(rng.choice(self._ids + history))
                except ValueError:
                    continue  # TikTok would not do that to this order now
                self.changed += 1
