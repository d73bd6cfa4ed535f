"""Circuit breaker per account and endpoint group, after the idea of Saleor's BreakerBoard.

Closed: calls go. When within ``window`` seconds enough of them fail, it opens: nothing is sent for
``cooldown`` seconds. Then one probe at a time is let through; enough good ones close it, a bad one
opens it again. The state lives in the shared store, so all workers agree.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from ..errors import RetryLater
from .store import Store

STATE_LIFE = 24 * 3600.0


class BreakerState(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True)
class BreakerPolicy:
    """``min_failures`` and ``failure_share`` must both be reached within ``window`` seconds."""

    window: float = 300.0
    min_failures: int = 20
    failure_share: float = 0.35
    cooldown: float = 60.0
    recovery_successes: int = 3
    probe_seconds: float = 30.0


class Breaker:
    def __init__(
        self,
        store: Store,
        policy: BreakerPolicy | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._policy = policy or BreakerPolicy()
        self._clock = clock

    def state(self, account: str, group: str) -> BreakerState:
        """What the breaker would say now; reading changes nothing."""
        since = self._opened_at(account, group)
        if since is None:
            return BreakerState.CLOSED
        if self._clock() - since < self._policy.cooldown:
            return BreakerState.OPEN
        return BreakerState.HALF_OPEN

    def admit(self, account: str, group: str) -> None:
        """Let a call pass or raise ``RetryLater`` (``CIRCUIT_OPEN``)."""
        since = self._opened_at(account, group)
        if since is None:
            return
        left = self._policy.cooldown - (self._clock() - since)
        if left <= 0:
            if self._store.claim(self._key(account, group, "probe"), self._policy.probe_seconds):
                return
            left = 1.0
        raise RetryLater(
            "CIRCUIT_OPEN",
            "The other side failed too often just now; calls are held back for a moment.",
            retry_after=left,
        )

    def record(self, account: str, group: str, *, healthy: bool) -> None:
        """Count a call's end and move the state."""
        if self.state(account, group) is not BreakerState.CLOSED:
            self._record_probe(account, group, healthy=healthy)
            return
        bucket = int(self._clock() // self._policy.window)
        total = self._store.add(self._key(account, group, f"total:{bucket}"), self._policy.window)
        if healthy:
            return
        failures = self._store.add(
            self._key(account, group, f"failed:{bucket}"), self._policy.window
        )
        if failures >= self._policy.min_failures and failures >= self._policy.failure_share * total:
            self._open(account, group)

    def _record_probe(self, account: str, group: str, *, healthy: bool) -> None:
        if self.state(account, group) is BreakerState.OPEN:
            return
        if not healthy:
            self._open(account, group)
            return
        good = self._store.add(self._key(account, group, "good"), STATE_LIFE)
        self._store.drop(self._key(account, group, "probe"))
        if good >= self._policy.recovery_successes:
            self._store.drop(*self._all_keys(account, group))

    def _open(self, account: str, group: str) -> None:
        self._store.drop(*self._all_keys(account, group))
        self._store.put(self._key(account, group, "open"), repr(self._clock()), STATE_LIFE)

    def _opened_at(self, account: str, group: str) -> float | None:
        value = self._store.get(self._key(account, group, "open"))
        return None if value is None else float(value)

    def _all_keys(self, account: str, group: str) -> tuple[str, ...]:
        bucket = int(self._clock() // self._policy.window)
        names = ("open", "probe", "good", f"total:{bucket}", f"failed:{bucket}")
        return tuple(self._key(account, group, name) for name in names)

    @staticmethod
    def _key(account: str, group: str, name: str) -> str:
        return f"breaker:{account}:{group}:{name}"
