"""Imported orders that somebody changed in Saleor."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection
from django.utils import timezone

from ..ids import global_id
from ..types import ChangedOrder, OrderChanges
from . import row_versions

FIRST_LOOK: Final = timedelta(hours=1)
LATE: Final = timedelta(minutes=10)
"""How long a transaction may take from setting an order's ``updated_at`` to its commit."""
_SQL: Final = """
SELECT orders.id, orders.external_reference, orders.updated_at
FROM order_order AS orders
JOIN channel_channel AS channel ON channel.id = orders.channel_id
WHERE channel.slug = %(channel)s AND orders.external_reference <> ''
  AND orders.updated_at >= %(since)s {version} {page}
ORDER BY orders.updated_at, orders.id LIMIT %(limit)s
"""


@dataclass(frozen=True)
class _Cursor:
    """A scan: orders touched ``since`` then, in a version not older than ``horizon`` (0: any). It
    goes on after ``at``, ``id``; once through, the next one begins at ``next_since`` and
    ``next_horizon``, which were taken when this one began.
    """

    since: str
    horizon: int
    next_since: str = ""
    next_horizon: int = 0
    at: str = ""
    id: str = ""


def orders_changed(channel_slug: str, cursor: str, *, limit: int = 100) -> OrderChanges:
    """See ``Saleor.orders_changed``: one query beside that of the present, by the index of
    ``updated_at``. Each change is told once, and again where it was committed during the look.
    """
    scan, present = _begin(cursor)
    rows = _rows(channel_slug, scan, present, limit)
    more = len(rows) > limit
    rows = rows[:limit]
    if more:
        pk, _, at = rows[-1]
        scan = replace(scan, at=at.isoformat(), id=str(pk))
    else:
        scan = _Cursor(scan.next_since, scan.next_horizon)
    found = tuple(ChangedOrder(global_id("Order", pk), reference, at) for pk, reference, at in rows)
    return OrderChanges(found, json.dumps(asdict(scan)), more)


def _begin(cursor: str) -> tuple[_Cursor, row_versions.Now]:
    present, clock = row_versions.now(), timezone.now()
    first = _Cursor((clock - FIRST_LOOK).isoformat(), 0)
    scan = _Cursor(**json.loads(cursor)) if cursor else first
    if scan.horizon and not present.covers(scan.horizon):
        scan = _Cursor(scan.since, 0)
    if not scan.next_horizon:
        since = (clock - LATE).isoformat()
        scan = replace(scan, next_since=since, next_horizon=present.horizon)
    return scan, present


def _rows(
    channel_slug: str, scan: _Cursor, present: row_versions.Now, limit: int
) -> list[tuple[Any, str, datetime]]:
    version = f"AND {row_versions.changed('orders')}" if scan.horizon else ""
    page = "AND (orders.updated_at, orders.id) > (%(at)s, %(id)s)" if scan.at else ""
    values: dict[str, str | int] = {
        "channel": channel_slug,
        "since": scan.since,
        "at": scan.at,
        "id": scan.id,
        "limit": limit + 1,
        **row_versions.window(scan.horizon, present),
    }
    with connection.cursor() as database:
        database.execute(_SQL.format(version=version, page=page), values)
        return list(database.fetchall())
