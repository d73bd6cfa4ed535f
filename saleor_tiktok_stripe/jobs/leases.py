"""Claiming, finishing and freeing rows: every change of a running job's row is here."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.db import connection as database
from django.db import transaction

from ..errors import Problem
from . import clock, outcomes
from .outcomes import CRASH_LIMIT, Verdict
from .registry import Kind, kinds
from .types import ClaimedJob, LeaseLost, Result

_HEAD = """
SELECT {connection}, k.kind, l.lane, h.run_after, h.solo
FROM {source} unnest(%(kinds)s::text[], %(needs_active)s::bool[]) AS k(kind, needs_active)
CROSS JOIN (VALUES (0), (1)) AS l(lane)
CROSS JOIN LATERAL (
    SELECT run_after, solo FROM saleor_tiktok_stripe_job
    WHERE status = 'queued' AND connection_id {is_connection} AND kind = k.kind AND lane = l.lane
    ORDER BY run_after LIMIT 1) AS h
{where}
"""
_HEADS = "{} UNION ALL {}".format(
    _HEAD.format(
        connection="c.id",
        source="saleor_tiktok_stripe_connection AS c CROSS JOIN",
        is_connection="= c.id",
        where="WHERE c.state = 'active' OR NOT k.needs_active",
    ),
    _HEAD.format(connection="NULL::bigint", source="", is_connection="IS NULL", where=""),
)

_CLAIM = """
WITH picked AS (
    SELECT id FROM saleor_tiktok_stripe_job
    WHERE status = 'queued' AND connection_id {is_connection} AND kind = %(kind)s
        AND lane = %(lane)s AND run_after <= %(now)s {batchable}
    ORDER BY run_after LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
UPDATE saleor_tiktok_stripe_job AS j SET status = 'running', lease_owner = %(lease)s,
    lease_until = %(until)s, started_at = %(now)s, waits_for = '{{}}'
FROM picked WHERE j.id = picked.id
RETURNING j.id, j.kind, j.connection_id, j.subject, j.payload, j.attempts, j.generation,
    j.progress, j.lease_owner, j.failures
"""

_CLAIM_ONE = """
WITH picked AS (
    SELECT id FROM saleor_tiktok_stripe_job
    WHERE status = 'queued' AND dedup_key = %(dedup_key)s AND run_after <= %(now)s
        AND (NOT %(needs_active)s OR connection_id IS NULL OR EXISTS (
            SELECT 1 FROM saleor_tiktok_stripe_connection AS c
            WHERE c.id = connection_id AND c.state = 'active'))
    LIMIT 1 FOR UPDATE SKIP LOCKED)
""" + _CLAIM[_CLAIM.index("UPDATE saleor") :].format()  # noqa: S608  (no input in it)

# Rows are locked in the order of dedup_key everywhere, so that two writers never lock each other
# out. `locked` sees the newest version of each row: requests and keys that came while it ran. What
# was asked for meanwhile runs when it was asked for, though the run itself wants to wait
# (`sooner`): it may have seen the state of before. After an error the pause is kept.
_SETTLE = """
WITH r AS (
    SELECT * FROM jsonb_to_recordset(%(rows)s::jsonb) AS r(
        id bigint, lease text, generation int, status text, outcome text, run_after timestamptz,
        attempts int, failures int, solo bool, problem jsonb, waits_for varchar[],
        error_code text, progress jsonb)),
locked AS MATERIALIZED (
    SELECT j.id, (r.status IN ('done', 'parked', 'dead') AND j.generation > r.generation)
        OR (r.status = 'parked' AND j.waits_for && r.waits_for) AS rerun,
        r.status = 'queued' AND r.error_code = '' AND j.generation > r.generation AS sooner
    FROM saleor_tiktok_stripe_job AS j JOIN r ON r.id = j.id
    WHERE j.status = 'running' AND j.lease_owner = r.lease
    ORDER BY j.dedup_key COLLATE "C" FOR UPDATE OF j)
UPDATE saleor_tiktok_stripe_job AS j SET
    status = CASE WHEN l.rerun THEN 'queued' ELSE r.status END,
    outcome = CASE WHEN l.rerun THEN '' ELSE r.outcome END,
    run_after = CASE WHEN l.rerun THEN j.run_after
        WHEN l.sooner THEN LEAST(r.run_after, j.run_after)
        ELSE COALESCE(r.run_after, j.run_after) END,
    lane = CASE WHEN r.status = 'queued' AND r.attempts = 0 AND NOT l.sooner THEN 1
        ELSE j.lane END,
    attempts = CASE WHEN l.rerun THEN 0 ELSE r.attempts END,
    failures = CASE WHEN l.rerun THEN 0 ELSE r.failures END,
    solo = r.solo,
    problem = CASE WHEN l.rerun OR r.problem = 'null'::jsonb THEN NULL ELSE r.problem END,
    waits_for = CASE WHEN l.rerun THEN '{}' ELSE r.waits_for END,
    error_code = CASE WHEN l.rerun THEN '' ELSE r.error_code END,
    progress = COALESCE(NULLIF(r.progress, 'null'::jsonb), j.progress),
    lease_owner = '', lease_until = NULL,
    finished_at = CASE WHEN NOT l.rerun AND r.status IN ('done', 'dead') THEN %(now)s END
FROM locked AS l JOIN r ON r.id = l.id
WHERE j.id = l.id
RETURNING j.id, j.status
"""

_FREE_EXPIRED = """
WITH expired AS (
    SELECT id, failures FROM saleor_tiktok_stripe_job
    WHERE status = 'running' AND lease_until < %(now)s
    ORDER BY dedup_key COLLATE "C" LIMIT 1000 FOR UPDATE SKIP LOCKED)
UPDATE saleor_tiktok_stripe_job AS j SET
    status = CASE WHEN e.failures + 1 >= %(limit)s THEN 'dead' ELSE 'queued' END,
    finished_at = CASE WHEN e.failures + 1 >= %(limit)s THEN %(now)s END,
    problem = CASE WHEN e.failures + 1 >= %(limit)s THEN %(problem)s::jsonb END,
    error_code = 'WORKER_LOST', waits_for = '{}', lease_owner = '', lease_until = NULL,
    attempts = j.attempts + 1, failures = e.failures + 1,
    -- One loss is a deployment; after a second the row is a suspect and runs alone.
    solo = e.failures >= 1,
    run_after = %(now)s + random() * LEAST(%(cap)s, %(base)s * 2 ^ e.failures) * interval '1 s'
FROM expired AS e WHERE j.id = e.id
RETURNING j.status
"""

_finished: ContextVar[dict[int, Verdict] | None] = ContextVar("finished", default=None)


@dataclass(frozen=True)
class Head:
    """The oldest queued job of one connection, kind and lane."""

    connection_id: int | None
    kind: str
    lane: int
    run_after: datetime
    solo: bool


def heads() -> list[Head]:
    """One per connection, kind and lane in which something is queued that may run when due."""
    known = kinds()
    params: dict[str, Any] = {
        "kinds": [kind.name for kind in known],
        "needs_active": [kind.needs_active for kind in known],
    }
    with database.cursor() as cursor:
        cursor.execute(_HEADS, params)
        return [Head(*row) for row in cursor.fetchall()]


def claim(head: Head, kind: Kind, limit: int) -> list[ClaimedJob]:
    """Take up to ``limit`` due jobs like ``head`` under one new lease; none when others did."""
    now = clock.now()
    statement = _CLAIM.format(
        is_connection="IS NULL" if head.connection_id is None else "= %(connection)s",
        batchable="" if head.solo else "AND NOT solo",
    )
    params: dict[str, Any] = {
        "connection": head.connection_id,
        "kind": head.kind,
        "lane": head.lane,
        "now": now,
        "limit": 1 if head.solo else limit,
        "lease": _new_lease(),
        "until": now + timedelta(seconds=kind.lease_seconds),
    }
    with database.cursor() as cursor:
        cursor.execute(statement, params)
        rows = cursor.fetchall()
    return [_claimed(row) for row in sorted(rows)]


def claim_one(kind: Kind, connection_id: int | None, subject: str) -> ClaimedJob | None:
    """Take this very job if it is due and nobody has it."""
    now = clock.now()
    params: dict[str, Any] = {
        "dedup_key": f"{kind.name}:{connection_id or ''}:{subject}",
        "needs_active": kind.needs_active,
        "now": now,
        "lease": _new_lease(),
        "until": now + timedelta(seconds=kind.lease_seconds),
    }
    with database.cursor() as cursor:
        cursor.execute(_CLAIM_ONE, params)
        row = cursor.fetchone()
    return _claimed(row) if row else None


def _new_lease() -> str:
    return f"{socket.gethostname()[:20]}:{os.getpid()}:{uuid4().hex}"


def _claimed(row: Sequence[Any]) -> ClaimedJob:
    values = list(row)
    for place in (4, 7):
        if isinstance(values[place], str):
            values[place] = json.loads(values[place])
    return ClaimedJob(*values)


def renew(jobs: Iterable[ClaimedJob], kind: Kind) -> None:
    """Give the leases their full length again."""
    with database.cursor() as cursor:
        cursor.execute(
            "UPDATE saleor_tiktok_stripe_job SET lease_until = %s WHERE id IN ("
            "SELECT id FROM saleor_tiktok_stripe_job WHERE status = 'running' AND "
            'lease_owner = ANY(%s) AND id = ANY(%s) ORDER BY dedup_key COLLATE "C" FOR UPDATE)',
            [
                clock.now() + timedelta(seconds=kind.lease_seconds),
                list({job.lease for job in jobs}),
                [job.id for job in jobs],
            ],
        )


def settle(verdicts: Mapping[ClaimedJob, Verdict]) -> dict[int, str]:
    """Write the verdicts; answers the status that each row has now. Rows whose lease is not ours
    any more are left alone and missing in the answer."""
    if not verdicts:
        return {}
    rows = [
        asdict(verdict) | {"id": job.id, "lease": job.lease, "generation": job.generation}
        for job, verdict in verdicts.items()
    ]
    with database.cursor() as cursor:
        cursor.execute(_SETTLE, {"rows": json.dumps(rows, default=str), "now": clock.now()})
        return dict(cursor.fetchall())


def finish(results: Mapping[ClaimedJob, Result]) -> None:
    """Record results inside the handler's own transaction, together with what it wrote.

    Call it last in the transaction: it locks the rows. The worker does not finish these jobs once
    more. Raises ``LeaseLost`` when another worker has got one of them meanwhile: let it through, so
    that the transaction rolls back.
    """
    verdicts = {job: outcomes.of_result(job, result) for job, result in results.items()}
    with transaction.atomic():
        settled = settle(verdicts)
        lost = [job.id for job in results if job.id not in settled]
        if lost:
            raise LeaseLost(lost)
    finished = _finished.get()
    if finished is not None:
        committed = {job.id: verdict for job, verdict in verdicts.items()}
        transaction.on_commit(lambda: finished.update(committed))


def finished_inside() -> ContextVar[dict[int, Verdict] | None]:
    """Where ``finish`` notes by id what was committed, for the worker that runs the handler."""
    return _finished


def free_expired() -> tuple[int, int]:
    """Queue the jobs of lost workers again; returns how many, and how many died of it."""
    problem = outcomes.problem_json(
        Problem(
            code="WORKER_LOST",
            stage="job",
            cause=f"The worker was lost {CRASH_LIMIT} times while it did this.",
            cure="Look at the memory and the logs of the workers, then retry it.",
        )
    )
    params: dict[str, Any] = {
        "now": clock.now(),
        "limit": CRASH_LIMIT,
        "problem": json.dumps(problem),
        "cap": outcomes.BACKOFF_CAP,
        "base": outcomes.BACKOFF_BASE,
    }
    with database.cursor() as cursor:
        cursor.execute(_FREE_EXPIRED, params)
        statuses = [row[0] for row in cursor.fetchall()]
    return statuses.count("queued"), statuses.count("dead")


def drainers() -> int:
    """How many workers hold jobs under a lease that has not expired."""
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT count(DISTINCT lease_owner) FROM saleor_tiktok_stripe_job "
            "WHERE status = 'running' AND lease_until >= %s",
            [clock.now()],
        )
        return int(cursor.fetchone()[0])
