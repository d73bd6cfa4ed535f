"""From what a handler said or raised to what the row will say. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from secrets import SystemRandom
from traceback import extract_tb
from typing import Any, Final

from django.db import InterfaceError, OperationalError

from ..errors import ChannelError, NeedsReauthorization, Parked, Problem, RetryLater
from . import clock, registry
from .types import Again, ClaimedJob, Done, Park, Result

BACKOFF_BASE = 10.0
BACKOFF_CAP = 900.0
CRASH_LIMIT = 5
"""Workers that a job may take down before it is dead."""
SOLO_AFTER = 4
"""Runs without success after which a job runs alone: it may be what its batches fail of."""

DATABASE_ERRORS: Final = (OperationalError, InterfaceError)
"""A deadlock, a restart, a connection that broke: nobody's fault, it passes."""

_random = SystemRandom()


@dataclass(frozen=True)
class Verdict:
    """The new state of a row; ``run_after`` and ``progress`` None leave the row's own."""

    status: str
    outcome: str = ""
    run_after: str | None = None
    attempts: int = 0
    failures: int = 0
    solo: bool = False
    problem: Mapping[str, Any] | None = None
    waits_for: tuple[str, ...] = ()
    error_code: str = ""
    progress: Mapping[str, Any] | None = None
    note: str = ""


def pause(attempts: int, retry_after: float | None = None) -> float:
    """Seconds until the next run: full jitter below a doubling bound. Who names a time
    (``retry_after``) is believed: never before it, and not much later, or a history of many short
    waits for our own call budget would take many times as long."""
    if retry_after is not None:
        return retry_after + _random.uniform(0, min(BACKOFF_BASE, retry_after))
    return _random.uniform(0, min(BACKOFF_CAP, BACKOFF_BASE * 2.0 ** min(attempts, 30)))


def of_result(job: ClaimedJob, result: Result) -> Verdict:
    """What becomes of ``job`` after what its handler said."""
    if isinstance(result, Done):
        return Verdict("done", outcome=result.outcome, note=result.note)
    if isinstance(result, Again):
        return Verdict("queued", run_after=_after(result.after_seconds), progress=result.progress)
    if isinstance(result, Park):
        return _parked(result.problem)
    return of_error(job, result)


def of_error(job: ClaimedJob, error: Exception) -> Verdict:
    """What becomes of ``job`` after ``error``, which concerns it alone."""
    if isinstance(error, Parked):
        return _parked(error.problem)
    if isinstance(error, NeedsReauthorization):
        # Held by the connection's state; the pause only matters should that be active still.
        return Verdict(
            "queued",
            run_after=_after(BACKOFF_BASE),
            attempts=job.attempts + 1,
            failures=job.failures,
            error_code=error.code,
        )
    if isinstance(error, RetryLater):
        return _later(job, error.code, job.failures, error.retry_after)
    if isinstance(error, DATABASE_ERRORS):
        return _later(job, "DATABASE_UNAVAILABLE", job.failures, None)
    return _failed(job, error)


def _parked(problem: Problem) -> Verdict:
    return Verdict(
        "parked",
        outcome="parked",
        problem=problem_json(problem),
        waits_for=tuple(problem.waits_for),
        error_code=problem.code,
    )


def _failed(job: ClaimedJob, error: Exception) -> Verdict:
    failures = job.failures + 1
    code = error.code if isinstance(error, ChannelError) else "UNEXPECTED"
    if failures < registry.kind(job.kind).max_attempts:
        return _later(job, code, failures, None)
    return Verdict(
        "dead",
        outcome="failed",
        attempts=job.attempts + 1,
        failures=failures,
        problem=problem_json(_given_up(error, code)),
        error_code=code,
    )


def _later(job: ClaimedJob, code: str, failures: int, retry_after: float | None) -> Verdict:
    return Verdict(
        "queued",
        run_after=_after(pause(job.attempts, retry_after)),
        attempts=job.attempts + 1,
        failures=failures,
        # Who names a time to come back (a limit, a pause, an open breaker) blames no single row.
        solo=job.attempts + 1 >= SOLO_AFTER and retry_after is None,
        error_code=code,
    )


def _given_up(error: Exception, code: str) -> Problem:
    cause = error.message if isinstance(error, ChannelError) else "The program failed."
    return Problem(
        code=code,
        stage="job",
        cause=cause,
        cure="Retry it once the cause is gone; if it stays, report it with the place named here.",
        params={"error": type(error).__name__, "at": place(error)},
    )


def place(error: BaseException) -> str:
    """Where ``error`` was raised, as ``file:line in function``. Its words stay out: they may hold
    what somebody entered."""
    frames = extract_tb(error.__traceback__)
    if not frames:
        return ""
    last = frames[-1]
    return f"{Path(last.filename).name}:{last.lineno} in {last.name}"


def problem_json(problem: Problem) -> dict[str, Any]:
    """As kept in ``Job.problem``."""
    return asdict(problem) | {"params": dict(problem.params)}


def _after(seconds: float) -> str:
    moment: datetime = clock.now() + timedelta(seconds=seconds)
    return moment.isoformat()
