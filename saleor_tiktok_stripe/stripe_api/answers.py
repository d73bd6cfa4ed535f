"""Reading answers, whatever their bytes: JSON, refusals, and what they mean for the limits."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ..transport import Reply, Verdict, retry_after_seconds
from .endpoints import Endpoint
from .errors import RATE_PAUSE, Refusal

_NO_PAUSE = frozenset({"resource-specific", "global-concurrency", "endpoint-concurrency"})
"""Reasons of a 429 that a pause of all calls would not cure."""


def load(body: bytes) -> Any:
    """JSON as sent, decimals exact; None where it is none (NaN and absurd nesting included)."""

    def refuse(name: str) -> object:
        raise ValueError(name)

    try:
        return json.loads(body, parse_constant=refuse, parse_float=Decimal)
    except (ValueError, RecursionError, ArithmeticError):
        return None


def judge(reply: Reply) -> Verdict:
    """The verdict for counters, breaker and pauses."""
    if 200 <= reply.status < 300:
        return Verdict("ok")
    if reply.status == 429:
        limited = (
            reply.headers.get("stripe-rate-limited-reason", "") not in _NO_PAUSE
            and _error(load(reply.body)).get("code") != "lock_timeout"
        )
        pause = retry_after_seconds(reply.headers) or RATE_PAUSE
        return Verdict("http_429", pause=pause if limited else None)
    return Verdict(f"http_{reply.status}", healthy=reply.status < 500)


def refusal_of(
    reply: Reply, found: object, endpoint: Endpoint, secrets: tuple[str, ...]
) -> Refusal:
    """What an answer that is no success says; never raises."""
    error = _error(found)
    payment = error.get("payment_intent")
    advice = {"true": True, "false": False}
    return Refusal(
        status=reply.status,
        type=_text(error.get("type")),
        code=_text(error.get("code")),
        message=_text(error.get("message")),
        label=endpoint.label,
        write=not endpoint.safe,
        decline_code=_text(error.get("decline_code")),
        param=_text(error.get("param")),
        request_id=reply.headers.get("request-id", "")[:64],
        payment_id=_text(payment.get("id")) if isinstance(payment, Mapping) else "",
        charge_id=_text(error.get("charge")),
        should_retry=advice.get(reply.headers.get("stripe-should-retry", "")),
        retry_after=retry_after_seconds(reply.headers),
        secrets=secrets,
    )


def _error(found: object) -> Mapping[str, Any]:
    """The error object; that of OAuth is a word with a description beside it."""
    error = found.get("error") if isinstance(found, Mapping) else None
    if isinstance(found, Mapping) and isinstance(error, str):
        return {"type": "oauth", "code": error, "message": found.get("error_description")}
    return error if isinstance(error, Mapping) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
