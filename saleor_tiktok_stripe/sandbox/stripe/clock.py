"""The sandbox's clock; each account adds how far its own was turned (`Account.turn`)."""

from __future__ import annotations

import time


class SandboxClock:
    """Unix seconds that run at `rate` times real speed; 0 stands still."""

    def __init__(self, start: float | None = None, rate: float = 1.0) -> None:
        self._origin = time.monotonic()
        self._base = time.time() if start is None else float(start)
        self._rate = rate

    def now(self) -> int:
        """The sandbox time in whole seconds."""
        return int(self._base + (time.monotonic() - self._origin) * self._rate)
