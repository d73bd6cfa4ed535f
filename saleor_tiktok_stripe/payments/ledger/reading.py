"""Statements, payouts and entries as they are listed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ...models import Connection, LedgerEntry, Payout, Statement
from ...models.paging import SIZE, Page, newest_first


@dataclass(frozen=True)
class EntryFilter:
    """What entries are wanted; empty fields do not filter. ``since`` inclusive, ``until`` not."""

    order_id: str = ""
    kind: str = ""
    statement_id: str = ""
    payout_id: str = ""
    since: datetime | None = None
    until: datetime | None = None
    expected: bool | None = None
    in_settlement: bool | None = None


def statements(connection: Connection, *, after: str = "", size: int = SIZE) -> Page[Statement]:
    """Statements, the newest first, each with its payout."""
    rows = Statement.objects.filter(connection=connection).select_related("payout")
    return newest_first(rows, "at", after, size)


def payouts(connection: Connection, *, after: str = "", size: int = SIZE) -> Page[Payout]:
    """Payouts, the newest first."""
    return newest_first(Payout.objects.filter(connection=connection), "made_at", after, size)


def entries(
    connection: Connection,
    wanted: EntryFilter | None = None,
    *,
    after: str = "",
    size: int = SIZE,
) -> Page[LedgerEntry]:
    """Entries, the newest first. ``order_id`` may be the marketplace's or Saleor's."""
    chosen = wanted or EntryFilter()
    rows = LedgerEntry.objects.filter(connection=connection).select_related("statement", "payout")
    terms = {
        "kind": chosen.kind,
        "statement__statement_id": chosen.statement_id,
        "payout__payout_id": chosen.payout_id,
    }
    rows = rows.filter(**{name: value for name, value in terms.items() if value})
    if chosen.order_id:
        found = rows.filter(order_id=chosen.order_id)
        rows = found if found.exists() else rows.filter(saleor_order_id=chosen.order_id)
    bounds = {
        "happened_at__gte": chosen.since,
        "happened_at__lt": chosen.until,
        "expected": chosen.expected,
        "in_settlement": chosen.in_settlement,
    }
    rows = rows.filter(**{name: value for name, value in bounds.items() if value is not None})
    return newest_first(rows, "happened_at", after, size)
