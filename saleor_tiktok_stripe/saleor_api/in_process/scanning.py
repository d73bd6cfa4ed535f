"""Scans for changed variants: a page at a time, going on where the last one ended."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Final

from django.db import connection
from saleor.warehouse.models import ChannelWarehouse

from . import row_versions
from .row_versions import changed

PAGE: Final = 10_000
"""Variants told in one call."""
LINK_TABLE: Final = ChannelWarehouse._meta.db_table
_ALIASES: Final = ("stock", "link", "reservation", "price", "variant", "listing")
_NAMES: Final = {"link_table": LINK_TABLE} | {name: changed(name) for name in _ALIASES}
"""What the queries of this room may name: a table, and for each alias that its row changed."""
_SQL: Final = """
SELECT DISTINCT found.id FROM ({query}) AS found
WHERE found.id > %(after)s ORDER BY found.id LIMIT %(limit)s
"""
_COUNT: Final = """
SELECT count(*), coalesce(max(counted.id), 0), count(*) FILTER (WHERE counted.id > %(highest)s)
FROM {table}
"""


@dataclass(frozen=True)
class _Cursor:
    """Rows not older than ``horizon``; all rows where it is 0. A scan of several pages goes on
    ``after`` a variant, and keeps in ``next`` the horizon that was taken when it began. ``rows``:
    how many there were then and the highest id, of each table that is counted.
    """

    horizon: int
    next: int = 0
    after: int = 0
    rows: tuple[tuple[int, int], ...] = ()


def scan(
    changes: str, everything: str, channel: int, cursor: str, *, counted: Sequence[str] = ()
) -> tuple[list[int], str, bool]:
    """Variants' primary keys, the next cursor, and whether that was all.

    ``changes`` and ``everything`` are queries for the ids of a channel's variants, with ``_NAMES``
    in them. The second is asked where the cursor is not of this database's history (a restored
    backup) or older than two billion transactions, and where one of the ``counted`` tables (tables
    with conditions, their ids called ``counted.id``) has lost rows: nobody can tell whose.
    """
    present = row_versions.now()
    at = _Cursor(**json.loads(cursor)) if cursor else _Cursor(present.horizon)
    if not at.next:
        rows, lost = _count(counted, channel, at)
        known = present.covers(at.horizon) and not lost
        at = _Cursor(at.horizon if known else 0, present.horizon, 0, rows)
    if not cursor:
        return [], _text(_Cursor(at.next, rows=at.rows)), True
    found = _variants(changes if at.horizon else everything, channel, at, present)
    if len(found) > PAGE:
        return found[:PAGE], _text(replace(at, after=found[PAGE - 1])), False
    return found, _text(_Cursor(at.next, rows=at.rows)), True


def _count(
    counted: Sequence[str], channel: int, at: _Cursor
) -> tuple[tuple[tuple[int, int], ...], bool]:
    """How many rows there are, and whether some of the former ones are gone. A row that was added
    late, under a lower id, may hide a lost one until the nightly comparison."""
    rows = []
    lost = False
    for number, table in enumerate(counted):
        before, highest = at.rows[number] if number < len(at.rows) else (0, 0)
        sql = _COUNT.format(table=table.format(**_NAMES))
        with connection.cursor() as database:
            database.execute(sql, {"channel": channel, "highest": highest})
            count, newest, added = database.fetchone()
        rows.append((count, newest))
        lost = lost or count < before + added
    return tuple(rows), lost and bool(at.rows)


def _variants(query: str, channel: int, at: _Cursor, present: row_versions.Now) -> list[int]:
    sql = _SQL.format(query=query.format(**_NAMES))
    values = {
        "channel": channel,
        "after": at.after,
        "limit": PAGE + 1,
        **row_versions.window(at.horizon, present),
    }
    with connection.cursor() as database:
        database.execute(sql, values)
        return [row[0] for row in database.fetchall()]


def _text(cursor: _Cursor) -> str:
    return json.dumps(asdict(cursor))
