"""The envelope around every answer: code, message, request id, data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any

from ..transport import Reply, Verdict, judge_by_status, retry_after_seconds
from .errors import Refusal, rule_for
from .rules import Action
from .wire import load

_CODE_DIGITS = 12


@dataclass(frozen=True)
class Envelope:
    """``code`` is None when the body is no envelope at all; ``data`` is then empty."""

    code: int | None
    message: str = field(repr=False)
    request_id: str
    data: Mapping[str, Any] = field(repr=False)
    status: int
    retry_after: float | None = None

    @property
    def accepted(self) -> bool:
        return self.code == 0 and self.status < 400


def read(reply: Reply) -> Envelope:
    """Read an answer; never raises, whatever the bytes."""
    retry_after = retry_after_seconds(reply.headers)
    try:
        found = load(reply.body)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        return Envelope(None, "", "", {}, reply.status, retry_after)
    data = found.get("data")
    return Envelope(
        code=_code(found.get("code")),
        message=_text(found.get("message")),
        request_id=_text(found.get("request_id"))[:64],
        data=data if isinstance(data, dict) else {},
        status=reply.status,
        retry_after=retry_after,
    )


def judge(envelope: Envelope, reply: Reply) -> Verdict:
    """The verdict for counters, breaker and pauses: busy and unreadable answers are unhealthy."""
    if envelope.accepted:
        return Verdict("ok")
    if envelope.code is None:
        verdict = judge_by_status(reply)
        return verdict if reply.status >= 400 else Verdict("unreadable", healthy=False)
    refusal = Refusal(envelope.code, envelope.message, envelope.status, "", "", safe=True)
    rule = rule_for(refusal)
    limited = rule.name == "RATE_LIMITED"
    healthy = rule.action is not Action.RETRY or rule.done
    pause = max(envelope.retry_after or 0.0, rule.after or 0.0) if limited else None
    return Verdict(str(envelope.code), healthy=healthy, pause=pause)


def server_time(reply: Reply) -> float | None:
    """The other side's clock from the ``Date`` header, in Unix seconds; None where unreadable."""
    try:
        return parsedate_to_datetime(reply.headers.get("date", "")).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _code(value: object) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value) if len(value) <= _CODE_DIGITS else None
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**_CODE_DIGITS:
        return value
    return None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
