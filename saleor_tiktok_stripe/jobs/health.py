"""Figures for the health page and the doctor."""

from __future__ import annotations

from django.db import connection as database

from . import clock, leases
from .types import Health, KindHealth

_COUNTS = """
SELECT connection_id, kind, status, count(*) FROM saleor_tiktok_stripe_job
WHERE status IN ('queued', 'running', 'parked', 'dead') GROUP BY connection_id, kind, status
"""
_EXPIRED = """
SELECT count(*) FROM saleor_tiktok_stripe_job WHERE status = 'running' AND lease_until < %s
"""


def health() -> Health:
    """Open jobs by connection and kind, and how long the oldest one that may run has waited."""
    now = clock.now()
    with database.cursor() as cursor:
        cursor.execute(_COUNTS)
        counted = cursor.fetchall()
        cursor.execute(_EXPIRED, [now])
        expired = int(cursor.fetchone()[0])
    waited: dict[tuple[int | None, str], float] = {}
    for head in leases.heads():
        key = (head.connection_id, head.kind)
        seconds = max(0.0, (now - head.run_after).total_seconds())
        waited[key] = max(seconds, waited.get(key, 0.0))
    numbers: dict[tuple[int | None, str], dict[str, int]] = {}
    for connection_id, kind, status, count in counted:
        numbers.setdefault((connection_id, kind), {})[status] = count
    rows = tuple(
        KindHealth(
            connection_id, kind, oldest_due_seconds=waited.get((connection_id, kind), 0.0), **found
        )
        for (connection_id, kind), found in sorted(
            numbers.items(), key=lambda item: (item[0][0] or 0, item[0][1])
        )
    )
    return Health(rows, max(waited.values(), default=0.0), expired)
