"""Faults on demand: what goes wrong, where, and how often. Nothing goes wrong unless asked."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

REQUEST_FAULTS = frozenset(
    {
        "rate_limit",  # 429 rate_limit; reason: Stripe-Rate-Limited-Reason, retry_after: seconds
        "lock_timeout",  # 429 lock_timeout
        "conflict",  # 409 idempotency_key_in_use
        # 500 and nothing is done; should_retry: header; stored=False: the key forgets it
        "error_before",
        "error_after",  # the work is done and the answer is 500; as above
        "unavailable",  # 503 and nothing is done; should_retry: header
        "cut_before",  # the connection is cut and nothing is done
        "lost_answer",  # the work is done and the connection is cut
        "slow",  # seconds: wait before the work, the idempotency key being in use
        "slow_answer",  # seconds: wait after the work
        "key_expired",  # 401 api_key_expired
    }
)
WEBHOOK_FAULTS = frozenset(
    {
        "webhook_duplicate",  # times: how many are sent in all (default 2)
        "webhook_delay",  # seconds: due later
        "webhook_drop",  # never sent
        "webhook_wrong_signature",
    }
)
ALL_FAULTS = REQUEST_FAULTS | WEBHOOK_FAULTS


@dataclass
class Fault:
    """One armed fault: the next `times` calls whose `METHOD path` contains `path`, each with a
    chance when there is a `probability`; of one account, or of all when `account` is empty."""

    kind: str
    path: str = ""
    account: str = ""
    times: int | None = 1
    probability: float | None = None
    params: dict[str, Any] = field(default_factory=dict)


class Faults:
    """The armed faults; chances are drawn from a seeded generator."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(f"faults-{seed}")
        self._armed: list[Fault] = []

    def arm(self, fault: Fault) -> None:
        """Arm a fault; ValueError when no such kind exists."""
        if fault.kind not in ALL_FAULTS:
            raise ValueError(f"unknown fault {fault.kind}; known: {', '.join(sorted(ALL_FAULTS))}")
        self._armed.append(fault)

    def clear(self, account: str = "") -> None:
        """Nothing goes wrong any more (with one account, or with any)."""
        self._armed = [f for f in self._armed if account and f.account != account]

    def take(self, kind: str, path: str = "", account: str = "") -> dict[str, Any] | None:
        """Parameters of the fault of this kind that strikes now, or None."""
        for fault in self._armed:
            if fault.kind != kind or fault.path not in path:
                continue
            if fault.account and fault.account != account:
                continue
            if fault.probability is not None and self._rng.random() >= fault.probability:
                continue
            if fault.times is not None:
                fault.times -= 1
                if fault.times <= 0:
                    self._armed.remove(fault)
            return fault.params
        return None

    def armed(self) -> list[dict[str, Any]]:
        """What is still to strike."""
        return [
            {"kind": f.kind, "path": f.path, "times": f.times, "probability": f.probability}
            for f in self._armed
        ]
