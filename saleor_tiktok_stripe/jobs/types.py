"""What goes through the door of the jobs room."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from ..errors import ChannelError, Problem, RetryLater
from ..models import Connection

LANE_CLICK: Final = 0
"""Somebody waits for it."""
LANE_BACKGROUND: Final = 1


@dataclass(frozen=True)
class ClaimedJob:
    """A job that this worker may run until its lease ends.

    ``attempts``: earlier runs since the last progress. ``progress`` is what the last ``Again``
    left. ``lease`` proves the claim when the job is finished.
    """

    id: int
    kind: str
    connection_id: int | None
    subject: str
    payload: Mapping[str, Any] = field(hash=False, compare=False)
    attempts: int
    generation: int
    progress: Mapping[str, Any] = field(hash=False, compare=False)
    lease: str
    failures: int = 0


@dataclass(frozen=True)
class Done:
    """It ran. ``outcome`` says what came of it (``ok``, ``skipped``, ``business_failure``...);
    ``note`` goes into the log line only: ids and counts, never buyer data."""

    outcome: str = "ok"
    note: str = ""


@dataclass(frozen=True)
class Again:
    """A step is done and there is more to do: run again after ``after_seconds``.

    No failure: attempts start anew. ``progress`` is kept in the row and handed to the next run.
    """

    after_seconds: float = 0.0
    progress: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Park:
    """It waits for somebody to act, or for one of ``problem.waits_for`` to appear."""

    problem: Problem


Result = Done | Again | Park | ChannelError
"""What a handler says of one job; an error as a value concerns that job alone."""

Handler = Callable[[Connection | None, Sequence[ClaimedJob]], Mapping[int, Result]]
"""Gets jobs of one kind and one connection; answers by job id, a missing id means ``Done()``.

An exception concerns all of them: ``RetryLater`` and ``NeedsReauthorization`` are believed as they
are, after any other each job is run again alone, so that only the guilty one suffers."""


class LeaseLost(RetryLater):
    """The job was given to another worker meanwhile: roll back, that one does it."""

    def __init__(self, job_ids: Sequence[int]) -> None:
        super().__init__("LEASE_LOST", "Another worker took this over.")
        self.job_ids = tuple(job_ids)


@dataclass(frozen=True)
class WorkReport:
    """Counts of jobs. ``more``: it stopped at its limit or deadline, not for want of work.
    ``next_due``: when the next waiting job may run, if any waits."""

    done: int = 0
    again: int = 0
    retried: int = 0
    parked: int = 0
    dead: int = 0
    more: bool = False
    next_due: datetime | None = None

    @property
    def handled(self) -> int:
        """All that ran."""
        return self.done + self.again + self.retried + self.parked + self.dead


@dataclass(frozen=True)
class SweepReport:
    """``freed`` jobs of lost workers were queued again, ``dead`` ones had lost too many."""

    freed: int
    dead: int
    due: int


@dataclass(frozen=True)
class KindHealth:
    """Open jobs of one kind of one connection (None: of no connection)."""

    connection_id: int | None
    kind: str
    queued: int = 0
    running: int = 0
    parked: int = 0
    dead: int = 0
    oldest_due_seconds: float = 0.0


@dataclass(frozen=True)
class Health:
    """``oldest_due_seconds``: how long the oldest job that may run has waited."""

    rows: tuple[KindHealth, ...]
    oldest_due_seconds: float
    expired_leases: int

    def total(self, status: str) -> int:
        """Jobs in ``queued``, ``running``, ``parked`` or ``dead``."""
        return sum(getattr(row, status) for row in self.rows)
