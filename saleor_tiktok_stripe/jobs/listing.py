"""What waits for somebody, with the words that say why and what to do; and what was worked on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import CharField, Count, Q, QuerySet
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce

from ..errors import InvalidInput
from ..models import Connection, Job, JobStatus
from ..models.paging import SIZE, Page, last_first

STUCK = (JobStatus.PARKED, JobStatus.DEAD)


@dataclass(frozen=True)
class Waiting:
    """A parked or given-up job. ``subject`` is what it is about: an order, a payment, a dispute."""

    kind: str
    subject: str
    code: str
    cause: str
    cure: str


@dataclass(frozen=True)
class JobLine:
    """A job as it is listed. ``subject`` is what it is about ("": the whole connection). While it
    is parked or dead, ``code``, ``cause`` and ``cure`` say why, ``since`` since when. ``outcome``
    is what came of it once it is done."""

    id: int
    vendor: str
    kind: str
    subject: str
    status: str
    outcome: str
    code: str
    cause: str
    cure: str
    attempts: int
    created_at: datetime
    run_after: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def since(self) -> datetime:
        """When it last ended, or was asked for."""
        return self.finished_at or self.started_at or self.created_at


@dataclass(frozen=True)
class StuckCount:
    """So many jobs of a kind wait for somebody because of a problem, and its words."""

    kind: str
    code: str
    number: int


def waiting(connection: Connection, kind: str = "") -> Iterator[Waiting]:
    """Work of the connection that goes on only once somebody has acted, oldest first."""
    rows = Job.objects.filter(connection=connection, status__in=STUCK).order_by("id")
    for job in (rows.filter(kind=kind) if kind else rows).iterator():
        yield Waiting(job.kind, job.subject, *words_of(job))


def words_of(job: Job) -> tuple[str, str, str]:
    """Code, cause and cure of what a job waits for; empty where it waits for nobody."""
    problem = job.problem or {}
    code = problem.get("code", job.error_code) if job.status in STUCK else ""
    return code, problem.get("cause", ""), problem.get("cure", "")


def parked(
    connections: Sequence[Connection],
    *,
    kind: str = "",
    code: str = "",
    subject: str = "",
    after: str = "",
    size: int = SIZE,
) -> Page[JobLine]:
    """What goes on only once somebody has acted, the latest first."""
    rows = _stuck(connections, kind)
    if code:
        rows = rows.filter(Q(problem__code=code) | Q(problem__isnull=True, error_code=code))
    return _lines(rows, connections, subject, after, size)


def parked_counts(connections: Sequence[Connection]) -> tuple[StuckCount, ...]:
    """How much of it there is, by kind and problem."""
    code = Coalesce(KeyTextTransform("code", "problem"), "error_code", output_field=CharField())
    rows = _stuck(connections, "").annotate(code=code)
    grouped = rows.values_list("kind", "code").annotate(number=Count("id"))
    return tuple(StuckCount(*row) for row in grouped.order_by("kind", "code"))


def recent(
    connections: Sequence[Connection],
    *,
    kind: str = "",
    status: str = "",
    subject: str = "",
    after: str = "",
    size: int = SIZE,
) -> Page[JobLine]:
    """Jobs in any state, those that were asked for last first; done ones are kept for some days."""
    rows = Job.objects.all()
    terms = {"kind": kind, "status": status}
    rows = rows.filter(**{name: value for name, value in terms.items() if value})
    return _lines(rows, connections, subject, after, size)


def find_job(connections: Sequence[Connection], job_id: int) -> JobLine:
    """A job by its id. Raises ``InvalidInput`` (``JOB_NOT_FOUND``)."""
    vendors = {known.pk: known.vendor for known in connections}
    found = Job.objects.filter(pk=job_id, connection_id__in=vendors).first()
    if found is None:
        raise InvalidInput("JOB_NOT_FOUND", f"This channel has no job {job_id}.", field="id")
    return _line(found, vendors[found.connection_id or 0])


def _stuck(connections: Sequence[Connection], kind: str) -> QuerySet[Job]:
    rows = Job.objects.filter(status__in=STUCK, connection__in=list(connections))
    return rows.filter(kind=kind) if kind else rows


def _lines(
    rows: QuerySet[Job], connections: Sequence[Connection], subject: str, after: str, size: int
) -> Page[JobLine]:
    vendors = {known.pk: known.vendor for known in connections}
    rows = rows.filter(connection_id__in=vendors)
    page = last_first(rows.filter(subject=subject) if subject else rows, after, size)
    return page.of(lambda jobs: [_line(job, vendors[job.connection_id or 0]) for job in jobs])


def _line(job: Job, vendor: str) -> JobLine:
    code, cause, cure = words_of(job)
    return JobLine(
        id=job.pk,
        vendor=vendor,
        kind=job.kind,
        subject=job.subject,
        status=job.status,
        outcome=job.outcome,
        code=code,
        cause=cause,
        cure=cure,
        attempts=job.attempts,
        created_at=job.created_at,
        run_after=job.run_after,
        started_at=job.started_at,
        finished_at=job.finished_at,
    )
