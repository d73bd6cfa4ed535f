"""The one door out: hardened session, timeouts, rate limit, quick retry, breaker, redaction."""

from .breaker import BreakerPolicy, BreakerState
from .door import Transport, shared_counters
from .redaction import redact
from .types import Call, Judge, Lane, Rate, Reply, Verdict, judge_by_status, retry_after_seconds

__all__ = [
    "BreakerPolicy",
    "BreakerState",
    "Call",
    "Judge",
    "Lane",
    "Rate",
    "Reply",
    "Transport",
    "Verdict",
    "judge_by_status",
    "redact",
    "retry_after_seconds",
    "shared_counters",
]
