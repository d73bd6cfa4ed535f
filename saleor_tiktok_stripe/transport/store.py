"""Small shared memory of the door: Redis where there is one, this process otherwise.

What is kept here (breaker states, pauses, counters) is a help, not a record: losing it is harmless.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

PREFIX = "saleor_tiktok_stripe:"
REDIS_TIMEOUT = 0.5
REDIS_REST = 5.0


class StoreUnavailable(Exception):
    """The shared store does not answer."""


class Store(Protocol):
    def get(self, key: str) -> str | None: ...

    def put(self, key: str, value: str, seconds: float) -> None: ...

    def claim(self, key: str, seconds: float) -> bool:
        """Set ``key`` unless it is set; True for the one caller that set it."""
        ...

    def add(self, key: str, seconds: float) -> int:
        """Count up and return the new count; the first count starts the life of ``seconds``."""
        ...

    def drop(self, *keys: str) -> None: ...

    def count(self, table: str, name: str) -> None:
        """Count up ``name`` in ``table``, for ever."""
        ...

    def counts(self, table: str) -> dict[str, int]: ...


class MemoryStore:
    """The store of one process; safe between threads."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._values: dict[str, tuple[str, float]] = {}
        self._tables: dict[str, dict[str, int]] = {}

    def _live(self, key: str) -> str | None:
        value, until = self._values.get(key, ("", 0.0))
        if until > self._clock():
            return value
        self._values.pop(key, None)
        return None

    def get(self, key: str) -> str | None:
        with self._lock:
            return self._live(key)

    def put(self, key: str, value: str, seconds: float) -> None:
        with self._lock:
            self._values[key] = (value, self._clock() + seconds)

    def claim(self, key: str, seconds: float) -> bool:
        with self._lock:
            if self._live(key) is not None:
                return False
            self._values[key] = ("1", self._clock() + seconds)
            return True

    def add(self, key: str, seconds: float) -> int:
        with self._lock:
            held = self._live(key)
            until = self._values[key][1] if held is not None else self._clock() + seconds
            value = int(held or 0) + 1
            self._values[key] = (str(value), until)
            return value

    def drop(self, *keys: str) -> None:
        with self._lock:
            for key in keys:
                self._values.pop(key, None)

    def count(self, table: str, name: str) -> None:
        with self._lock:
            names = self._tables.setdefault(table, {})
            names[name] = names.get(name, 0) + 1

    def counts(self, table: str) -> dict[str, int]:
        with self._lock:
            return dict(self._tables.get(table, {}))


class RedisStore:
    """The same over Redis. After a failure Redis is left alone for ``REDIS_REST`` seconds, so that
    a dead Redis does not add its timeout to every call. Raises ``StoreUnavailable``.
    """

    def __init__(self, url: str, monotonic: Callable[[], float] = time.monotonic) -> None:
        import redis  # noqa: PLC0415 (only installations with Redis have it)

        self._errors: tuple[type[Exception], ...] = (redis.RedisError, OSError)
        self._redis: Any = redis.Redis.from_url(
            url,
            socket_timeout=REDIS_TIMEOUT,
            socket_connect_timeout=REDIS_TIMEOUT,
            decode_responses=True,
        )
        self._monotonic = monotonic
        self._resting_until = 0.0

    def _try(self, command: Callable[[], Any]) -> Any:
        if self._monotonic() < self._resting_until:
            raise StoreUnavailable
        try:
            return command()
        except self._errors:
            self._resting_until = self._monotonic() + REDIS_REST
        raise StoreUnavailable

    def get(self, key: str) -> str | None:
        value: str | None = self._try(lambda: self._redis.get(PREFIX + key))
        return value

    def put(self, key: str, value: str, seconds: float) -> None:
        life = max(1, int(seconds * 1000))
        self._try(lambda: self._redis.set(PREFIX + key, value, px=life))

    def claim(self, key: str, seconds: float) -> bool:
        life = max(1, int(seconds * 1000))
        return bool(self._try(lambda: self._redis.set(PREFIX + key, "1", px=life, nx=True)))

    def add(self, key: str, seconds: float) -> int:
        def command() -> int:
            with self._redis.pipeline(transaction=True) as pipe:
                pipe.set(PREFIX + key, "0", px=max(1, int(seconds * 1000)), nx=True)
                pipe.incr(PREFIX + key)
                return int(pipe.execute()[1])

        return int(self._try(command))

    def drop(self, *keys: str) -> None:
        self._try(lambda: self._redis.delete(*(PREFIX + key for key in keys)))

    def count(self, table: str, name: str) -> None:
        self._try(lambda: self._redis.hincrby(PREFIX + table, name, 1))

    def counts(self, table: str) -> dict[str, int]:
        found = self._try(lambda: self._redis.hgetall(PREFIX + table))
        return {str(name): int(value) for name, value in found.items()}
