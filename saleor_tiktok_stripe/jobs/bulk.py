"""Trying again much at once: what waits for somebody, by kind of work and cause."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from ..models import Connection, Job, JobStatus
from .queue import retry

EXAMPLES: Final = 5


@dataclass(frozen=True)
class RetryGroup:
    """Parked and given-up jobs of one kind with one problem: ``count`` of them, some of their
    ``subjects``, and the ``cause`` and ``cure`` of the oldest in the merchant's words."""

    kind: str
    code: str
    count: int
    subjects: tuple[str, ...]
    cause: str
    cure: str


def retry_many(
    connections: Iterable[Connection],
    *,
    kinds: Iterable[str] = (),
    codes: Iterable[str] = (),
    subjects: Iterable[str] = (),
    actor: str,
    dry_run: bool = False,
) -> tuple[RetryGroup, ...]:
    """Run again what is parked or given up, all of it or what every given filter fits; the groups
    it comes to. ``dry_run``: only say which. Written to the audit log.
    """
    rows = Job.objects.filter(
        connection__in=list(connections), status__in=[JobStatus.PARKED, JobStatus.DEAD]
    )
    wanted_kinds, wanted_codes, wanted = set(kinds), set(codes), set(subjects)
    if wanted_kinds:
        rows = rows.filter(kind__in=wanted_kinds)
    if wanted:
        rows = rows.filter(subject__in=wanted)
    ids: list[int] = []
    groups: dict[tuple[str, str], RetryGroup] = {}
    found = rows.order_by("id").values_list("id", "kind", "subject", "problem", "error_code")
    for job_id, kind, subject, problem, error_code in found.iterator():
        told = problem or {}
        code = told.get("code", error_code)
        if wanted_codes and code not in wanted_codes:
            continue
        ids.append(job_id)
        words = (told.get("cause", ""), told.get("cure", ""))
        known = groups.get((kind, code)) or RetryGroup(kind, code, 0, (), *words)
        groups[kind, code] = _one_more(known, subject)
    if ids and not dry_run:
        retry(ids, actor)
    return tuple(groups[key] for key in sorted(groups))


def _one_more(group: RetryGroup, subject: str) -> RetryGroup:
    shown = (*group.subjects, subject) if len(group.subjects) < EXAMPLES else group.subjects
    return RetryGroup(group.kind, group.code, group.count + 1, shown, group.cause, group.cure)
