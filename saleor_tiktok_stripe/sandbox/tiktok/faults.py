"""What can go wrong at this TikTok on demand; how a fault strikes: `components/faults.py`."""

from __future__ import annotations

REQUEST_FAULTS = frozenset(
    {
        "rate_limit",  # 429 with 36009002; retry_after: seconds, or None to leave the header out
        "internal_error",  # code 36009003
        "unavailable",  # HTTP 503 without an envelope
        "latency",  # seconds: wait before the answer
        "reset",  # the connection is cut and nothing is done
        "lost_answer",  # the work is done and the connection is cut
        "token_expired",  # code 105002
        "scope_missing",  # code 105005
        "region_refused",  # code 21008106
        "mask_flip",  # addresses come masked (to: MASKED, HIDDEN or READABLE)
        "moves_while_paging",  # orders of the page change after they were selected
        "page_token_missing",  # the last page has no next_page_token instead of an empty one
        "partial_errors",  # code 0 and an entry in data.errors instead of the work
    }
)
WEBHOOK_FAULTS = frozenset(
    {
        "webhook_duplicate",  # sent twice
        "webhook_delay",  # seconds: due later
        "webhook_drop",  # never sent
        "webhook_wrong_signature",
        "webhook_unknown_type",  # another notification of a type nobody knows goes out as well
    }
)
ALL_FAULTS = REQUEST_FAULTS | WEBHOOK_FAULTS
