"""What can go wrong at this Stripe on demand; how a fault strikes: `components/faults.py`."""

from __future__ import annotations

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
