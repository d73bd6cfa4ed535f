"""Which rows of Saleor changed: told by PostgreSQL's row versions, at the cost of the changes.

Every version of a row carries the id of the transaction that wrote it (``xmin``). A scan notes, in
the snapshot it works with, the oldest transaction that is still running (its *horizon*): whatever
commits later has that id or a higher one, so the next scan asks for rows whose version is not
older. A transaction that was running during a scan is thus covered by the next one; what committed
meanwhile may be told twice.

Ids of transactions count in 64 bits, the ones in rows are their last 32: they are compared within a
window above the horizon. Freezing keeps a row's ``xmin`` (PostgreSQL 9.4 and later), so a row older
than 4 billion transactions may fall into the window and be told without need, never the other way.
What leaves no row behind (reservations that ended, deleted rows) is not told by this, nor what a
restored backup brought: ``scanning`` counts rows, and a full comparison once a night finds the
rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.db import connection

_ROW_IDS: Final = 1 << 32
_SLACK: Final = 1 << 24
"""Ids that subtransactions still running may have above the snapshot."""
TOO_OLD: Final = 1 << 31


@dataclass(frozen=True)
class Now:
    """Ids of transactions in a snapshot: ``horizon`` is the oldest one still running, ``end`` the
    first one not yet given out."""

    horizon: int
    end: int

    def covers(self, horizon: int) -> bool:
        """False for a horizon that is not of this database's history, or lost in its past."""
        return 0 < horizon <= self.end and self.end - horizon < TOO_OLD


def now() -> Now:
    """The database's present."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_snapshot_xmin(s)::text::bigint, pg_snapshot_xmax(s)::text::bigint"
            " FROM pg_current_snapshot() AS s"
        )
        return Now(*cursor.fetchone())


def changed(table: str) -> str:
    """An SQL condition on the rows of ``table`` (or alias); its values are ``window(...)``."""
    return f"(({table}.xmin::text::bigint - %(horizon)s) & {_ROW_IDS - 1}) < %(window)s"


def window(horizon: int, present: Now) -> dict[str, int]:
    """Values for ``changed``: from ``horizon`` up to the present."""
    return {"horizon": horizon, "window": present.end - horizon + _SLACK}
