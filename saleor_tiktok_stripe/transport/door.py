"""The one door out: every call to a vendor goes through ``Transport.send``."""

from __future__ import annotations

import logging
import os
import random
import threading
import time
from collections.abc import Callable, Collection, Mapping
from http.cookiejar import DefaultCookiePolicy
from typing import TypeVar
from urllib.parse import urlsplit

import requests
from requests_hardened import Config, HTTPSession

from ..errors import ChannelError, InDoubt, RetryLater, VendorBug
from .breaker import Breaker, BreakerPolicy, BreakerState
from .failures import AnswerTooLarge, AnswerTooSlow, Failure, classify
from .limiter import RateLimiter
from .redaction import guard_third_party_loggers
from .store import MemoryStore, RedisStore, Store, StoreUnavailable
from .types import Call, Judge, Rate, Reply, Verdict, judge_by_status
from .unrecorded import unrecorded

logger = logging.getLogger("saleor_tiktok_stripe.transport")

CONNECT_TIMEOUT = 3.05
READ_TIMEOUT = 20.0
BODY_SECONDS = 60.0
"""A body may drip no longer than this, however often bytes arrive."""
BODY_LIMIT = 32 * 1024 * 1024
QUICK_RETRIES = 2
QUICK_RETRY_BASE = 0.2
COUNTERS = "calls"
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_CHUNK = 64 * 1024

T = TypeVar("T")


class Transport:
    """Sends calls to the hosts it was given and to no other.

    ``hosts`` are names without a port; https only. ``allow_loopback`` adds this machine over plain
    http: for the sandbox. ``redis_url`` shares rate limits, breakers and counters between
    processes; without it each process has its own. Safe between threads; sessions are kept per
    thread and renewed after a fork. No redirects, no cookies, no proxies from the environment.
    """

    def __init__(
        self,
        hosts: Collection[str],
        *,
        user_agent: str,
        allow_loopback: bool = False,
        redis_url: str = "",
        rates: Mapping[str, Rate] | None = None,
        breaker: BreakerPolicy | None = None,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        body_limit: int = BODY_LIMIT,
    ) -> None:
        guard_third_party_loggers()
        self._hosts = frozenset(host.lower() for host in hosts)
        self._allow_loopback = allow_loopback
        self._user_agent = user_agent
        self._sleep = sleep
        self._body_limit = body_limit
        self._threads = threading.local()
        self._local: Store = MemoryStore(clock)
        self._shared: Store = RedisStore(redis_url) if redis_url else self._local
        self._limiter = RateLimiter(rates or {}, redis_url=redis_url)
        self._breakers = tuple(
            Breaker(store, breaker, clock) for store in (self._shared, self._local)
        )

    def send(self, call: Call, judge: Judge = judge_by_status) -> Reply:
        """Send ``call`` and return the complete answer, whatever its HTTP status.

        ``judge`` tells what the answer means for counters and breaker. Raises ``RetryLater`` (not
        sent, or safe to repeat), ``InDoubt`` (a write whose answer was not seen) or ``VendorBug``
        (host not allowed, private address, answer too large). No error holds a URL or a header.
        """
        self._check_address(call)
        try:
            self._admit(call)
        except RetryLater as error:
            self._count(call, error.code.lower())
            raise
        with unrecorded():
            outcome = self._attempts(call)
        if isinstance(outcome, Failure):
            self._record(call, Verdict(outcome.code.lower(), healthy=outcome.bug))
            logger.debug("%s: %s", call.label, outcome.code.lower())
            raise _error(call, outcome)
        verdict = judge(outcome)
        self._record(call, verdict)
        logger.debug(
            "%s: %s, HTTP %d in %.0f ms",
            call.label,
            verdict.outcome,
            outcome.status,
            outcome.milliseconds,
        )
        return outcome

    def breaker_state(self, account: str, group: str) -> BreakerState:
        """The breaker of one account and endpoint group, as a merchant may be shown it."""
        return self._with_breaker(lambda breaker: breaker.state(account, group))

    def counters(self) -> dict[tuple[str, str], int]:
        """Calls by (endpoint label, outcome): of all processes with Redis, else of this one."""
        try:
            found = self._shared.counts(COUNTERS)
        except StoreUnavailable:
            found = self._local.counts(COUNTERS)
        return split_counters(found)

    def _check_address(self, call: Call) -> None:
        parts = urlsplit(call.url)
        host = (parts.hostname or "").lower()
        local = self._allow_loopback and host in LOOPBACK
        scheme_fits = parts.scheme == "https" or (local and parts.scheme == "http")
        plain = not (parts.query or parts.fragment or parts.username or parts.password)
        if (host in self._hosts or local) and scheme_fits and plain:
            return
        raise VendorBug("HOST_NOT_ALLOWED", f"{call.label}: this address may not be called.")

    def _admit(self, call: Call) -> None:
        pause = self._pause_left(call)
        if pause > 0:
            raise RetryLater(
                "VENDOR_PAUSE",
                f"{call.group}: the other side asked for a pause.",
                retry_after=pause,
            )
        self._limiter.take(call)
        # Last: a half-open breaker lends its one probe to a call that is really sent.
        self._with_breaker(lambda breaker: breaker.admit(call.account, call.group))

    def _pause_left(self, call: Call) -> float:
        try:
            until = self._shared.get(_pause_key(call))
        except StoreUnavailable:
            until = self._local.get(_pause_key(call))
        return float(until) - time.time() if until else 0.0

    def _attempts(self, call: Call) -> Reply | Failure:
        failure = None
        for attempt in range(QUICK_RETRIES + 1):
            if attempt:
                self._sleep(random.uniform(0, QUICK_RETRY_BASE * 2**attempt))  # noqa: S311
            outcome = self._once(call)
            if isinstance(outcome, Reply):
                return outcome
            failure = outcome
            if not failure.quick or (failure.sent and not call.safe):
                break
        assert failure is not None  # noqa: S101 (the loop ran at least once)
        return failure

    def _once(self, call: Call) -> Reply | Failure:
        started = time.monotonic()
        try:
            response = self._session().request(
                call.method,
                call.url,
                params=list(call.params),
                headers=dict(call.headers),
                data=call.body,
                timeout=call.timeout or (CONNECT_TIMEOUT, READ_TIMEOUT),
                allow_redirects=False,
                stream=True,
            )
            with response:
                body = self._read(response, started)
        except (requests.RequestException, AnswerTooLarge, AnswerTooSlow, ValueError) as error:
            return classify(error)
        return Reply(
            status=response.status_code,
            headers={name.lower(): value for name, value in response.headers.items()},
            body=body,
            milliseconds=(time.monotonic() - started) * 1000,
        )

    def _read(self, response: requests.Response, started: float) -> bytes:
        chunks = []
        size = 0
        for chunk in response.iter_content(_CHUNK):
            size += len(chunk)
            if size > self._body_limit:
                raise AnswerTooLarge
            if time.monotonic() - started > BODY_SECONDS:
                raise AnswerTooSlow
            chunks.append(chunk)
        return b"".join(chunks)

    def _session(self) -> HTTPSession:
        """The calling thread's session; a forked child must not share its parent's sockets."""
        kept = getattr(self._threads, "session", None)
        if kept is not None and self._threads.pid == os.getpid():
            return kept
        session = HTTPSession(
            Config(
                ip_filter_enable=True,
                ip_filter_allow_loopback_ips=self._allow_loopback,
                never_redirect=True,
                default_timeout=(CONNECT_TIMEOUT, READ_TIMEOUT),
                user_agent_override=self._user_agent,
            )
        )
        session.trust_env = False
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        self._threads.session, self._threads.pid = session, os.getpid()
        return session

    def _record(self, call: Call, verdict: Verdict) -> None:
        self._count(call, verdict.outcome)
        self._with_breaker(
            lambda breaker: breaker.record(call.account, call.group, healthy=verdict.healthy)
        )
        if verdict.pause:
            until = repr(time.time() + verdict.pause)
            try:
                self._shared.put(_pause_key(call), until, verdict.pause)
            except StoreUnavailable:
                self._local.put(_pause_key(call), until, verdict.pause)

    def _count(self, call: Call, outcome: str) -> None:
        name = f"{call.label}|{outcome}"
        try:
            self._shared.count(COUNTERS, name)
        except StoreUnavailable:
            self._local.count(COUNTERS, name)

    def _with_breaker(self, act: Callable[[Breaker], T]) -> T:
        """Ask the shared breaker, or this process's own while the shared store is away."""
        shared, local = self._breakers
        try:
            return act(shared)
        except StoreUnavailable:
            return act(local)


def split_counters(found: Mapping[str, int]) -> dict[tuple[str, str], int]:
    """Stored counter names back to (label, outcome)."""
    return {
        (label, outcome): value
        for name, value in found.items()
        for label, _, outcome in [name.partition("|")]
    }


def shared_counters(redis_url: str) -> dict[tuple[str, str], int]:
    """Calls by (label, outcome) of all processes, for ``doctor`` and the health page.

    Raises ``RetryLater`` (``COUNTERS_UNAVAILABLE``) when Redis does not answer.
    """
    try:
        return split_counters(RedisStore(redis_url).counts(COUNTERS))
    except StoreUnavailable:
        pass
    raise RetryLater("COUNTERS_UNAVAILABLE", "The shared counters (Redis) do not answer.")


def _pause_key(call: Call) -> str:
    return f"pause:{call.account}:{call.group}"


def _error(call: Call, failure: Failure) -> ChannelError:
    words = f"{call.label}: the other side {failure.words}."
    if failure.sent and not call.safe:
        return InDoubt(
            failure.code, f"{words} Whether it did what was asked must be checked first."
        )
    if failure.bug:
        return VendorBug(failure.code, words)
    return RetryLater(failure.code, words)
