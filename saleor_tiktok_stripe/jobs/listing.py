"""What waits for somebody, with the words that say why and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..models import Connection, Job, JobStatus


@dataclass(frozen=True)
class Waiting:
    """A parked or given-up job. ``subject`` is what it is about: an order, a payment, a dispute."""

    kind: str
    subject: str
    code: str
    cause: str
    cure: str


def waiting(connection: Connection, kind: str = "") -> Iterator[Waiting]:
    """Work of the connection that goes on only once somebody has acted, oldest first."""
    rows = Job.objects.filter(
        connection=connection, status__in=[JobStatus.PARKED, JobStatus.DEAD]
    ).order_by("id")
    for job in (rows.filter(kind=kind) if kind else rows).iterator():
        problem = job.problem or {}
        yield Waiting(
            job.kind,
            job.subject,
            problem.get("code", job.error_code),
            problem.get("cause", ""),
            problem.get("cure", ""),
        )
