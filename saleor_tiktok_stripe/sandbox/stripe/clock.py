"""A clock that can be turned: what the sandbox believes the time is."""

from __future__ import annotations

import threading
import time


class SandboxClock:
    """Unix seconds that run at `rate` times real speed and can be set or pushed forward."""

    def __init__(self, start: float | None = None, rate: float = 1.0) -> None:
        self._lock = threading.Lock()
        self._origin = time.monotonic()
        self._base = time.time() if start is None else float(start)
        self._rate = rate

    def _read(self) -> float:
        return self._base + (time.monotonic() - self._origin) * self._rate

    def now(self) -> int:
        """The sandbox time in whole seconds."""
        with self._lock:
            return int(self._read())

    def _rebase(self, base: float, rate: float) -> int:
        self._origin = time.monotonic()
        self._base = base
        self._rate = rate
        return int(base)

    def set(self, timestamp: float) -> int:
        """Turn the clock to a time; returns it."""
        with self._lock:
            return self._rebase(timestamp, self._rate)

    def advance(self, seconds: float) -> int:
        """Push the clock forward (or back, with a negative number); returns the new time."""
        with self._lock:
            return self._rebase(self._read() + seconds, self._rate)

    def set_rate(self, rate: float) -> int:
        """Let the clock run `rate` times as fast as real time; 0 stops it."""
        with self._lock:
            return self._rebase(self._read(), rate)
