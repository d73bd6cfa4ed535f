"""Repair: the jobs of other rooms are asked for; that they helped is shown by the next check."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db import transaction

from .. import jobs
from ..catalog.levels import due_skus
from ..models import (
    AuditEntry,
    Connection,
    Difference,
    Job,
    JobStatus,
    OrderLink,
    PriceLevel,
    StockLevel,
)
from .asking import ask_for
from .busy import KINDS, busy
from .classes import AREAS, ORDER, class_of
from .reporting import cure_of, job_of

LOOK_AFTER: Final = timedelta(minutes=1)
"""So long after a repair was asked for it is checked whether it helped."""
NOT_HELPED: Final = "The repair did not help."
_STUCK: Final = (JobStatus.PARKED, JobStatus.DEAD)
_REPAIRABLE: Final = (Difference.State.OPEN, Difference.State.REPAIRING)


@dataclass(frozen=True)
class Step:
    """What is (or would be) done about a difference: ``job`` is asked for, or, where it is empty,
    somebody has to do ``cure``."""

    id: int
    area: str
    subject: str
    code: str
    job: str
    cure: str


@dataclass(frozen=True)
class Repair:
    """``asked``: how many jobs were asked for; in a dry run how many would be."""

    steps: tuple[Step, ...]
    asked: int
    dry_run: bool


def repair(
    connection: Connection,
    ids: Iterable[int] | None,
    *,
    areas: Sequence[str] = (),
    dry_run: bool,
    actor: str,
) -> Repair:
    """Bring open differences (None: all; ``areas``: of any of these) in step: ask for the job that
    does it, where one does, and say what a person has to do where none does. ``dry_run``: only say
    so.

    A repair is checked a minute later. Accepted and gone differences are left alone. Written to the
    audit log.
    """
    with transaction.atomic():
        rows = Difference.objects.filter(connection=connection, state__in=_REPAIRABLE)
        if ids is not None:
            rows = rows.filter(pk__in=list(ids))
        if areas:
            rows = rows.filter(area__in=list(areas))
        found = list(rows.order_by("pk") if dry_run else rows.select_for_update().order_by("pk"))
        steps = tuple(_step(row) for row in found)
        asked = {(step.job, step.area, step.subject) for step in steps if step.job}
        if not dry_run and asked:
            _ask(connection, asked)
            _mark(found, actor)
            _note("drift.repair", connection, actor, [row.pk for row in found if job_of(row)])
    return Repair(steps, len(asked), dry_run)


def accept(connection: Connection, ids: Iterable[int], *, actor: str, note: str = "") -> int:
    """These differences are all right as they are; how many were accepted. One opens again when a
    side changes. What waited for somebody because of it looks again, and ends. Written to the audit
    log."""
    with transaction.atomic():
        rows = Difference.objects.filter(
            connection=connection, pk__in=list(ids), state__in=_REPAIRABLE
        )
        found = list(rows.select_for_update().order_by("pk").values_list("pk", flat=True))
        Difference.objects.filter(pk__in=found).update(
            state=Difference.State.ACCEPTED, actor=actor[:255], note=note[:500]
        )
        if found:
            _note("drift.accept", connection, actor, found)
            _end_waiting(connection, found)
    return len(found)


def _end_waiting(connection: Connection, accepted: Sequence[int]) -> None:
    """Orders whose job waits for the very thing that was accepted."""
    rows = Difference.objects.filter(pk__in=accepted, area=ORDER)
    why = set(rows.values_list("subject", "code"))
    stuck = Job.objects.filter(
        connection=connection,
        kind="order.sync",
        subject__in=[subject for subject, _ in why],
        status=JobStatus.PARKED,
    )
    waiting = why.intersection(stuck.values_list("subject", "error_code"))
    wanted = [subject for subject, _ in sorted(waiting)]
    jobs.enqueue_many("order.sync", connection, wanted, lane=jobs.LANE_CLICK)


def settle_repairs(
    connection: Connection, area: str = "", subjects: Sequence[str] | None = None
) -> int:
    """Differences that are still there although their repair has ended are open again, and say so;
    how many."""
    rows = Difference.objects.filter(connection=connection, state=Difference.State.REPAIRING)
    if area:
        rows = rows.filter(area=area, subject__in=list(subjects or ()))
    with transaction.atomic():
        found = list(rows.select_for_update().order_by("pk"))
        stuck = _stuck(connection, [row.subject for row in found])
        ended = [row for row in found if not _is_under_way(connection, row)]
        for row in ended:
            why = stuck.get((class_of(row.area, row.code).job, row.subject), "")
            row.state, row.note = Difference.State.OPEN, f"{NOT_HELPED} {why}".strip()[:500]
        Difference.objects.bulk_update(ended, ["state", "note"], batch_size=500)
    return len(ended)


def _step(row: Difference) -> Step:
    return Step(row.pk, row.area, row.subject, row.code, job_of(row), cure_of(row))


def _ask(connection: Connection, asked: Iterable[tuple[str, str, str]]) -> None:
    by_job: dict[str, set[str]] = {}
    checks: dict[str, set[str]] = {}
    for kind, area, subject in asked:
        by_job.setdefault(kind, set()).add(subject)
        if area in AREAS:
            checks.setdefault(area, set()).add(subject)
    for kind, subjects in sorted(by_job.items()):
        match kind:
            case "stock.push":
                _push(StockLevel, kind, connection, sorted(subjects))
            case "price.push":
                _push(PriceLevel, kind, connection, sorted(subjects))
            case "order.sync":
                _look_anew(connection, subjects)
                jobs.enqueue_many(kind, connection, sorted(subjects), lane=jobs.LANE_CLICK)
            case _:
                jobs.enqueue_many(kind, connection, sorted(subjects), lane=jobs.LANE_CLICK)
    for area, subjects in sorted(checks.items()):
        ask_for(connection, area, sorted(subjects), after=LOOK_AFTER)


def _push(
    model: type[StockLevel | PriceLevel],
    kind: str,
    connection: Connection,
    sku_ids: Sequence[str],
) -> None:
    """Told anew, whatever is known of what the marketplace has."""
    due_skus(model, connection, sku_ids, anew=True)
    jobs.enqueue(kind, connection, lane=jobs.LANE_CLICK)


def _look_anew(connection: Connection, order_ids: Iterable[str]) -> None:
    """They are compared again although nothing changed at the marketplace."""
    OrderLink.objects.filter(connection=connection, order_id__in=list(order_ids)).update(
        fingerprint=""
    )


def _mark(rows: Iterable[Difference], actor: str) -> None:
    changed = [row for row in rows if job_of(row)]
    for row in changed:
        row.state, row.actor, row.note = Difference.State.REPAIRING, actor[:255], ""
    Difference.objects.bulk_update(changed, ["state", "actor", "note"], batch_size=500)


def _note(action: str, connection: Connection, actor: str, ids: Sequence[int]) -> None:
    AuditEntry.objects.create(
        action=action, connection=connection, actor=actor, data={"ids": list(ids)}
    )


def _is_under_way(connection: Connection, row: Difference) -> bool:
    kinds = {class_of(row.area, row.code).job, *KINDS.get(row.area, ())}
    return bool(busy(connection, sorted(kinds), [row.subject, ""]))


def _stuck(connection: Connection, subjects: Sequence[str]) -> dict[tuple[str, str], str]:
    """Why a repair waits for somebody, by kind of job and subject."""
    rows = Job.objects.filter(connection=connection, subject__in=subjects, status__in=_STUCK)
    return {
        (kind, subject): (problem or {}).get("cause", code)
        for kind, subject, problem, code in rows.values_list(
            "kind", "subject", "problem", "error_code"
        )
    }
