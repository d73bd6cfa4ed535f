"""Running jobs: fair between connections, one handler call per batch, one verdict per job."""

from __future__ import annotations

import itertools
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ..errors import ChannelError, NeedsReauthorization, RetryLater
from ..models import Connection, ConnectionState
from . import clock, leases, outcomes, registry
from .leases import Head
from .outcomes import Verdict
from .registry import Kind
from .types import LANE_CLICK, ClaimedJob, Done, Result, SweepReport, WorkReport

log = logging.getLogger("saleor_tiktok_stripe.jobs")

MAX_DRAINERS = 4
"""Workers at once, so that a backlog of ours never takes all of Saleor's."""
_LONGEST_PAUSE = 60.0

Group = tuple[int | None, str]


@dataclass
class _Turns:
    """Who was served when, and which group a vendor asked to pause; memory of this process."""

    _count: itertools.count[int] = field(default_factory=itertools.count)
    _served: dict[object, int] = field(default_factory=dict)
    _paused: dict[Group, datetime] = field(default_factory=dict)

    def order(self, heads: Sequence[Head]) -> list[Head]:
        """Clicks first; then the connection that waited longest, and in it the kind."""
        now = clock.now()
        due = [head for head in heads if head.run_after <= now and not self._rests(head, now)]
        return sorted(
            due,
            key=lambda head: (
                head.lane,
                self._served.get(head.connection_id, -1),
                self._served.get((head.connection_id, head.kind), -1),
                head.run_after,
            ),
        )

    def serve(self, head: Head) -> None:
        turn = next(self._count)
        self._served[head.connection_id] = turn
        self._served[head.connection_id, head.kind] = turn

    def pause(self, group: Group, seconds: float) -> None:
        self._paused[group] = clock.now() + timedelta(seconds=min(seconds, _LONGEST_PAUSE))

    def _rests(self, head: Head, now: datetime) -> bool:
        until = self._paused.get((head.connection_id, head.kind))
        return head.lane != LANE_CLICK and until is not None and now < until


_turns = _Turns()


def work(limit: int = 10_000, deadline_seconds: float = 60.0) -> WorkReport:
    """Run due jobs until none is left, ``limit`` were run or ``deadline_seconds`` are over.

    A job that runs is never cut off: the last one may end after the deadline. Safe to call in any
    number of processes and threads at once, not inside a transaction.
    """
    end = time.monotonic() + deadline_seconds
    counts: dict[str, int] = {}
    handled = 0
    while handled < limit and time.monotonic() < end:
        heads = leases.heads()
        claimed = _claim_fairly(heads, limit - handled)
        if not claimed:
            return _report(counts, more=False, next_due=_next_due(heads))
        handled += len(claimed)
        for name in _Batch(claimed, end).run():
            counts[name] = counts.get(name, 0) + 1
    return _report(counts, more=True, next_due=None)


def run_claimed(job: ClaimedJob) -> None:
    """Run one job that was claimed, and settle it."""
    _Batch([job], time.monotonic()).run()


def _report(counts: Mapping[str, int], *, more: bool, next_due: datetime | None) -> WorkReport:
    return WorkReport(
        done=counts.get("done", 0),
        again=counts.get("again", 0),
        retried=counts.get("retried", 0),
        parked=counts.get("parked", 0),
        dead=counts.get("dead", 0),
        more=more,
        next_due=next_due,
    )


def _claim_fairly(heads: Sequence[Head], limit: int) -> list[ClaimedJob]:
    for head in _turns.order(heads):
        kind = registry.kind(head.kind)
        claimed = leases.claim(head, kind, min(kind.batch, limit))
        if claimed:
            _turns.serve(head)
            return claimed
    return []


def _next_due(heads: Sequence[Head]) -> datetime | None:
    return min((head.run_after for head in heads), default=None)


class _Batch:
    """Claimed jobs of one kind and connection, from claim to verdict."""

    def __init__(self, jobs: Sequence[ClaimedJob], end: float) -> None:
        self._jobs = jobs
        self._end = end
        self._kind: Kind = registry.kind(jobs[0].kind)
        self._connection: Connection | None = None
        self._names: list[str] = []

    def run(self) -> list[str]:
        """What became of each job, as the names of ``WorkReport``."""
        connection_id = self._jobs[0].connection_id
        if connection_id is not None:
            self._connection = Connection.objects.get(pk=connection_id)
            active = self._connection.state == ConnectionState.ACTIVE
            if self._kind.needs_active and not active:
                return self._give_back(self._jobs, solo=False)
        self._call(self._jobs)
        return self._names

    def _call(self, jobs: Sequence[ClaimedJob]) -> None:
        finished: dict[int, Verdict] = {}
        token = leases.finished_inside().set(finished)
        started = time.monotonic()
        try:
            results = self._kind.load()(self._connection, jobs)
            verdicts = {job: self._verdict(job, results.get(job.id, Done())) for job in jobs}
        except RetryLater as error:
            if error.retry_after is not None:
                _turns.pause((jobs[0].connection_id, jobs[0].kind), error.retry_after)
            verdicts = {job: outcomes.of_error(job, error) for job in jobs}
        except outcomes.DATABASE_ERRORS as error:
            # Where the connection is gone, so is this attempt to say so: then the lease expires.
            verdicts = {job: outcomes.of_error(job, error) for job in jobs}
        except NeedsReauthorization as error:
            verdicts = {job: self._verdict(job, error) for job in jobs}
        except Exception as error:  # noqa: BLE001  (becomes the job's state and a log line)
            left = [job for job in jobs if job.id not in finished]
            if len(jobs) > 1:
                self._call_singly(left, error)
                return
            self._log_crash(jobs[0], error)
            verdicts = {jobs[0]: outcomes.of_error(jobs[0], error)}
        finally:
            leases.finished_inside().reset(token)
        self._settle(verdicts, finished, started)

    def _call_singly(self, jobs: Sequence[ClaimedJob], error: Exception) -> None:
        log.info(
            "batch of %d kind=%s connection=%s failed (%s at %s), each runs alone",
            len(jobs),
            self._kind.name,
            jobs[0].connection_id if jobs else None,
            type(error).__name__,
            outcomes.place(error),
        )
        for position, job in enumerate(jobs):
            if time.monotonic() >= self._end:
                self._give_back(jobs[position:], solo=True)
                return
            leases.renew(jobs[position:], self._kind)
            self._call([job])

    def _verdict(self, job: ClaimedJob, result: Result) -> Verdict:
        if isinstance(result, NeedsReauthorization) and self._connection is not None:
            registry.tell_needs_reauth(self._connection, result.message)
        return outcomes.of_result(job, result)

    def _give_back(self, jobs: Sequence[ClaimedJob], *, solo: bool) -> list[str]:
        leases.settle(
            {
                job: Verdict("queued", attempts=job.attempts, failures=job.failures, solo=solo)
                for job in jobs
            }
        )
        return []

    def _settle(
        self,
        verdicts: Mapping[ClaimedJob, Verdict],
        finished: Mapping[int, Verdict],
        started: float,
    ) -> None:
        open_verdicts = {job: v for job, v in verdicts.items() if job.id not in finished}
        settled = leases.settle(open_verdicts)
        milliseconds = (time.monotonic() - started) * 1000
        for job, handed in verdicts.items():
            verdict = finished.get(job.id, handed)
            lost = job in open_verdicts and job.id not in settled
            name = "lease_lost" if lost else _name(verdict, settled.get(job.id, verdict.status))
            log.info(
                "job id=%s kind=%s connection=%s subject=%s outcome=%s code=%s ms=%.0f batch=%d %s",
                job.id,
                job.kind,
                job.connection_id,
                job.subject,
                name if lost or name == "again" else verdict.outcome or name,
                verdict.error_code,
                milliseconds,
                len(verdicts),
                verdict.note,
            )
            if not lost:
                self._names.append(name)

    def _log_crash(self, job: ClaimedJob, error: Exception) -> None:
        if not isinstance(error, ChannelError):
            log.error(
                "job id=%s kind=%s failed: %s at %s",
                job.id,
                job.kind,
                type(error).__name__,
                outcomes.place(error),
            )


def _name(verdict: Verdict, status: str) -> str:
    """``status`` is queued against the verdict when it was asked for again during the run."""
    if status != "queued":
        return status
    return "retried" if verdict.status == "queued" and verdict.error_code else "again"


def sweep() -> SweepReport:
    """Free the jobs of lost workers; any number may sweep at once. Runs nothing itself."""
    freed, dead = leases.free_expired()
    now = clock.now()
    due = sum(head.run_after <= now for head in leases.heads())
    if freed or dead:
        log.warning("sweep freed=%d dead=%d", freed, dead)
    return SweepReport(freed=freed, dead=dead, due=due)
