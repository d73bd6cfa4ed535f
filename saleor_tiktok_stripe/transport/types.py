"""What goes through the one door out, and what comes back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

Params = tuple[tuple[str, str], ...]


class Lane(StrEnum):
    """Who waits for the answer: a person (``INTERACTIVE``) or a job (``BACKGROUND``)."""

    INTERACTIVE = "interactive"
    BACKGROUND = "background"


@dataclass(frozen=True)
class Call:
    """One request. Nothing that may hold a secret shows in its ``repr``.

    ``url`` is scheme, host and path; the query goes into ``params`` (decoded values). ``safe`` says
    that repeating the call does no harm. ``account`` and ``group`` are the key of rate limit and
    breaker and must hold no secret; ``label`` names the endpoint in logs and counters.
    ``timeout`` is (connect, read) in seconds.
    """

    method: str
    url: str = field(repr=False)
    label: str
    params: Params = field(default=(), repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)
    safe: bool = False
    group: str = "default"
    account: str = ""
    lane: Lane = Lane.BACKGROUND
    timeout: tuple[float, float] | None = None


@dataclass(frozen=True)
class Reply:
    """A complete answer. Header names are lower case; ``milliseconds`` is the time it took."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    milliseconds: float


@dataclass(frozen=True)
class Verdict:
    """What an answer means for limits and counters.

    ``outcome`` is ``ok`` or a short code (``http_503``, a vendor's code). ``healthy`` is False when
    the vendor itself failed: that counts towards the breaker. ``pause`` holds back this account and
    group for so many seconds, in every process.
    """

    outcome: str
    healthy: bool = True
    pause: float | None = None


Judge = Callable[[Reply], Verdict]


def judge_by_status(reply: Reply) -> Verdict:
    """The verdict where nothing but the HTTP status is known."""
    if reply.status < 400:
        return Verdict("ok")
    pause = retry_after_seconds(reply.headers) if reply.status == 429 else None
    return Verdict(f"http_{reply.status}", healthy=reply.status < 500, pause=pause)


def retry_after_seconds(headers: Mapping[str, str], *, cap: float = 3600.0) -> float | None:
    """``Retry-After`` in seconds (at most ``cap``), or None where absent or not a number."""
    value = headers.get("retry-after", "").strip()
    if not value.isascii() or not value.isdigit() or len(value) > 9:
        return None
    return min(float(value), cap)


@dataclass(frozen=True)
class Rate:
    """At most ``amount`` calls in any ``seconds`` for one account and group."""

    amount: int
    seconds: int = 1
