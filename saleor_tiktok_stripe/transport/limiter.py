"""Rate limit per account and endpoint group, shared by all processes through Redis.

Two lanes share one budget: background work may use ``BACKGROUND_SHARE`` of it, so that a merchant's
click finds room. When the shared Redis does not answer, background work waits (nobody can tell how
much the other workers send) and clicks go on under this process's own limit.
"""

from __future__ import annotations

import time
from collections.abc import Mapping

from limits import RateLimitItemPerSecond
from limits.errors import StorageError
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import MovingWindowRateLimiter

from ..errors import RetryLater
from .store import PREFIX, REDIS_REST, REDIS_TIMEOUT
from .types import Call, Lane, Rate

DEFAULT_RATE = Rate(10)
BACKGROUND_SHARE = 0.8
LIMITER_DOWN_RETRY = 30.0
NAMESPACE = PREFIX + "limit"


class RateLimiter:
    """``rates`` gives the rate of each endpoint group; groups not named get ``default``."""

    def __init__(
        self,
        rates: Mapping[str, Rate],
        *,
        redis_url: str = "",
        default: Rate = DEFAULT_RATE,
    ) -> None:
        self._rates = dict(rates)
        self._default = default
        self._local = MovingWindowRateLimiter(MemoryStorage())
        self._shared = self._local
        self._resting_until = 0.0
        if redis_url:
            self._shared = MovingWindowRateLimiter(
                RedisStorage(
                    redis_url,
                    wrap_exceptions=True,
                    socket_timeout=REDIS_TIMEOUT,
                    socket_connect_timeout=REDIS_TIMEOUT,
                )
            )

    def take(self, call: Call) -> None:
        """Take one call out of the budget.

        Raises ``RetryLater`` (``RATE_LIMITED``, with the seconds until there is room) when the
        budget is used up, or (``LIMITER_UNAVAILABLE``) when Redis is down and the lane can wait.
        """
        wait = self._shared_wait(call)
        if wait is None:
            if call.lane is Lane.BACKGROUND:
                raise RetryLater(
                    "LIMITER_UNAVAILABLE",
                    "The shared call counter (Redis) does not answer; work goes on when it does.",
                    retry_after=LIMITER_DOWN_RETRY,
                )
            wait = self._wait(self._local, call)
        if wait > 0:
            raise RetryLater(
                "RATE_LIMITED",
                f"Too many calls to {call.group} at once; the rest follows shortly.",
                retry_after=wait,
            )

    def _shared_wait(self, call: Call) -> float | None:
        """None while the shared store is away; it is then left alone for a few seconds."""
        if time.monotonic() < self._resting_until:
            return None
        try:
            return self._wait(self._shared, call)
        except StorageError:
            self._resting_until = time.monotonic() + REDIS_REST
            return None

    def _wait(self, limiter: MovingWindowRateLimiter, call: Call) -> float:
        """0 when the call may go, else the seconds until it may."""
        rate = self._rates.get(call.group, self._default)
        whole = RateLimitItemPerSecond(rate.amount, rate.seconds, NAMESPACE)
        budgets = [("all", whole)]
        if call.lane is Lane.BACKGROUND:
            share = max(1, int(rate.amount * BACKGROUND_SHARE))
            lesser = RateLimitItemPerSecond(share, rate.seconds, NAMESPACE)
            budgets.insert(0, ("background", lesser))
        for name, item in budgets:
            if not limiter.hit(item, name, call.account, call.group):
                stats = limiter.get_window_stats(item, name, call.account, call.group)
                return max(0.05, stats.reset_time - time.time())
        return 0.0
