"""Asking for work: rows written in the caller's own transaction, merged into the open one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.db import connection as database
from django.db import transaction

from ..models import AuditEntry, Connection, Job
from . import clock
from .types import LANE_BACKGROUND, LANE_CLICK
from .wake import wake

_INSERT = """
INSERT INTO saleor_tiktok_stripe_job AS j (
    kind, connection_id, subject, dedup_key, lane, payload, status, outcome, run_after, attempts,
    failures, solo, generation, lease_owner, waits_for, error_code, progress, created_at)
SELECT %s, %s, s.subject, %s || s.subject, %s, %s::jsonb, 'queued', '', %s, 0,
    0, false, 0, '', '{{}}', '', '{{}}'::jsonb, %s
FROM unnest(%s::text[]) WITH ORDINALITY AS s(subject, position)
{guard}
ORDER BY s.position
ON CONFLICT (dedup_key) WHERE NOT (status = 'done') DO UPDATE SET
    generation = j.generation + 1,
    payload = CASE WHEN EXCLUDED.payload = '{{}}'::jsonb THEN j.payload ELSE EXCLUDED.payload END,
    lane = LEAST(j.lane, EXCLUDED.lane),
    run_after = CASE
        WHEN j.status IN ('parked', 'dead') THEN EXCLUDED.run_after
        WHEN j.status = 'running' AND j.run_after <= j.started_at THEN EXCLUDED.run_after
        WHEN j.status = 'queued' AND j.attempts > 0 AND EXCLUDED.lane > 0 THEN j.run_after
        ELSE LEAST(j.run_after, EXCLUDED.run_after) END,
    status = CASE WHEN j.status IN ('parked', 'dead') THEN 'queued' ELSE j.status END,
    attempts = CASE WHEN j.status IN ('parked', 'dead') THEN 0 ELSE j.attempts END,
    failures = CASE WHEN j.status IN ('parked', 'dead') THEN 0 ELSE j.failures END,
    problem = CASE WHEN j.status IN ('parked', 'dead') THEN NULL ELSE j.problem END,
    waits_for = CASE WHEN j.status IN ('parked', 'dead') THEN '{{}}' ELSE j.waits_for END,
    error_code = CASE WHEN j.status IN ('parked', 'dead') THEN '' ELSE j.error_code END,
    outcome = CASE WHEN j.status IN ('parked', 'dead') THEN '' ELSE j.outcome END,
    finished_at = NULL
RETURNING j.id
"""

_RELEASE = """
UPDATE saleor_tiktok_stripe_job SET
    status = 'queued', run_after = %(now)s, lane = LEAST(lane, %(lane)s), attempts = 0,
    failures = 0, solo = false, problem = NULL, waits_for = '{}', error_code = '', outcome = '',
    finished_at = NULL
WHERE id IN (SELECT id FROM saleor_tiktok_stripe_job WHERE {condition}
    ORDER BY dedup_key COLLATE "C" FOR UPDATE)
"""


def insert_sql(guard: str = "") -> str:
    """The merging insert, for a statement that has more to do; ``guard`` is a WHERE clause."""
    return _INSERT.format(guard=guard)


def insert_params(
    kind: str,
    connection_id: int | None,
    subjects: Iterable[str],
    *,
    payload: Mapping[str, Any] | None = None,
    run_after: datetime | None = None,
    lane: int = LANE_BACKGROUND,
) -> list[Any]:
    """Parameters of ``insert_sql``. Subjects are sorted, so that two writers never lock each other
    out, and each taken once."""
    now = clock.now()
    return [
        kind,
        connection_id,
        f"{kind}:{connection_id or ''}:",
        lane,
        json.dumps(payload or {}),
        run_after or now,
        now,
        sorted(set(subjects)),
    ]


def enqueue(
    kind: str,
    connection: Connection | None,
    subject: str = "",
    *,
    payload: Mapping[str, Any] | None = None,
    run_after: datetime | None = None,
    lane: int = LANE_BACKGROUND,
) -> int:
    """Ask for ``kind`` on ``subject``, as part of the caller's transaction; returns the job's id.

    Merges into the row of the same kind, connection and subject that is not done yet: one that is
    running will run once more, one that is parked or dead is queued again, one that waits after an
    error keeps its pause unless a click asks. ``payload`` (ids only, no buyer data) replaces the
    row's unless empty. Workers are woken on commit.
    """
    [job_id] = _insert(kind, connection, [subject], payload, run_after, lane)
    return job_id


def enqueue_many(
    kind: str,
    connection: Connection | None,
    subjects: Sequence[str],
    *,
    payload: Mapping[str, Any] | None = None,
    run_after: datetime | None = None,
    lane: int = LANE_BACKGROUND,
) -> None:
    """``enqueue`` for each of ``subjects``, in one statement."""
    if subjects:
        _insert(kind, connection, subjects, payload, run_after, lane)


def _insert(
    kind: str,
    connection: Connection | None,
    subjects: Sequence[str],
    payload: Mapping[str, Any] | None,
    run_after: datetime | None,
    lane: int,
) -> list[int]:
    connection_id = connection.pk if connection is not None else None
    params = insert_params(
        kind, connection_id, subjects, payload=payload, run_after=run_after, lane=lane
    )
    with database.cursor() as cursor:
        cursor.execute(insert_sql(), params)
        ids = [row[0] for row in cursor.fetchall()]
    wake_on_commit(params[5])
    return ids


def wake_on_commit(run_after: datetime | None = None) -> None:
    """Wake the workers once the caller's transaction is through; never fails the caller."""
    seconds = 0.0 if run_after is None else (run_after - clock.now()).total_seconds()
    transaction.on_commit(partial(wake, max(0.0, seconds)), robust=True)


def release_waiting(connection: Connection, keys: Sequence[str]) -> int:
    """Queue the parked jobs of ``connection`` that wait for one of ``keys``; returns how many.

    Call it in the transaction that makes the keys appear. A job that is running just then, and
    parks itself only afterwards for want of one of them, is told too and runs again.
    """
    with database.cursor() as cursor:
        cursor.execute(
            "UPDATE saleor_tiktok_stripe_job SET waits_for = waits_for || %s::varchar[] "
            "WHERE id IN (SELECT id FROM saleor_tiktok_stripe_job WHERE connection_id = %s "
            "AND status = 'running' ORDER BY dedup_key COLLATE \"C\" FOR UPDATE)",
            [list(keys), connection.pk],
        )
    return _release(
        "connection_id = %(connection)s AND status = 'parked' AND waits_for && %(keys)s::varchar[]",
        {"connection": connection.pk, "keys": list(keys)},
        LANE_BACKGROUND,
    )


def release_held(connection: Connection) -> int:
    """Let all queued jobs of ``connection`` run now (its authorization was renewed); how many."""
    condition = "connection_id = %(connection)s AND status = 'queued' AND error_code <> ''"
    return _release(condition, {"connection": connection.pk}, LANE_BACKGROUND)


def retry(job_ids: Sequence[int], actor: str) -> int:
    """Run parked, dead and waiting jobs now, because ``actor`` asked; returns how many.

    Running and done ones are left alone. Written to the audit log of each connection.
    """
    condition = "id = ANY(%(ids)s) AND status IN ('queued', 'parked', 'dead')"
    with transaction.atomic():
        released = _release(condition, {"ids": list(job_ids)}, LANE_CLICK)
        for connection_id, ids in _by_connection(job_ids).items():
            AuditEntry.objects.create(
                actor=actor,
                action="job.retry",
                connection_id=connection_id,
                subject=str(ids[0]) if len(ids) == 1 else "",
                data={"job_ids": ids, "released": released},
            )
    return released


def _by_connection(job_ids: Sequence[int]) -> dict[int | None, list[int]]:
    known = dict(Job.objects.filter(pk__in=job_ids).values_list("pk", "connection_id"))
    grouped: dict[int | None, list[int]] = {}
    for job_id in job_ids:
        grouped.setdefault(known.get(job_id), []).append(job_id)
    return grouped or {None: []}


def _release(condition: str, params: dict[str, Any], lane: int) -> int:
    with database.cursor() as cursor:
        cursor.execute(
            _RELEASE.replace("{condition}", condition), params | {"now": clock.now(), "lane": lane}
        )
        released = int(cursor.rowcount)
    if released:
        wake_on_commit()
    return released
