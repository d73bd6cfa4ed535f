"""Scans for changed variants: a page at a time, going on where the last one ended."""

from __future__ import annotations

import json
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


@dataclass(frozen=True)
class _Cursor:
    """Rows not older than ``horizon``; all rows where it is 0. A scan of several pages goes on
    ``after`` a variant, and keeps in ``next`` the horizon that was taken when it began.
    """

    horizon: int
    next: int = 0
    after: int = 0


def scan(changes: str, everything: str, channel: int, cursor: str) -> tuple[list[int], str, bool]:
    """Variants' primary keys, the next cursor, and whether that was all.

    ``changes`` and ``everything`` are queries for the ids of a channel's variants, with ``_NAMES``
    in them. The second is asked where the cursor is not of this database's history (a restored
    backup) or older than two billion transactions.
    """
    present = row_versions.now()
    if not cursor:
        return [], _text(_Cursor(present.horizon)), True
    at = _Cursor(**json.loads(cursor))
    if at.horizon and not present.covers(at.horizon):
        at = _Cursor(0)
    if not at.next:
        at = replace(at, next=present.horizon)
    found = _variants(changes if at.horizon else everything, channel, at, present)
    if len(found) > PAGE:
        return found[:PAGE], _text(replace(at, after=found[PAGE - 1])), False
    return found, _text(_Cursor(at.next)), True


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
