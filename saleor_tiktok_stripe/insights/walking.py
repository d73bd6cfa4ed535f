"""Which sales to look at again: what changed since the last look, and everything once a day.

Nobody tells this room of a change. It follows the times that rows of other rooms were written,
and a daily tour finds what that misses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from ..jobs import clock
from ..models import (
    AfterSalesCase,
    Charge,
    Connection,
    LedgerEntry,
    OrderLink,
    SaleFact,
    SyncCursor,
    Vendor,
)

BATCH: Final = 200
SETTLES: Final = timedelta(minutes=1)
"""Rows of the last minute wait: others of an earlier time may not be committed yet."""


@dataclass(frozen=True)
class Leg:
    """Rows of ``model`` by when they were written. ``first``: each names a sale, so that a walk
    from the oldest on meets all sales there are; others begin at the present."""

    name: str
    model: type[Model]
    when: str
    first: bool = False

    @property
    def resource(self) -> str:
        """The name of its cursor."""
        return f"insights.{self.name}"


LEGS: Final[Mapping[str, tuple[Leg, ...]]] = {
    Vendor.TIKTOK.value: (
        Leg("sales", OrderLink, "updated_at", first=True),
        Leg("cases", AfterSalesCase, "updated_at"),
        Leg("ledger", LedgerEntry, "created_at"),
    ),
    Vendor.STRIPE.value: (
        Leg("sales", Charge, "updated_at", first=True),
        Leg("ledger", LedgerEntry, "created_at"),
    ),
}


@dataclass(frozen=True)
class Step:
    """Sales to look at. ``cursor`` is moved past them, not saved: that goes with what comes of
    them. ``last``: there is nothing behind them now."""

    sale_ids: tuple[str, ...]
    cursor: SyncCursor
    last: bool


def cursor_of(connection: Connection, leg: Leg) -> SyncCursor:
    """Where a leg is. While a first walk goes on, ``window_from`` says when it began and ``total``
    how many rows there were."""
    row = SyncCursor.objects.filter(connection=connection, resource=leg.resource).first()
    if row is not None:
        return row
    now = clock.now()
    if not leg.first:
        # Whatever is there already is seen with its sale.
        return SyncCursor.of(connection, leg.resource, high_water=now - SETTLES)
    total = _rows(connection, leg).count()
    return SyncCursor.of(connection, leg.resource, window_from=now, total=total)


def next_step(connection: Connection, leg: Leg) -> Step:
    """The next rows that were written, the oldest first."""
    cursor = cursor_of(connection, leg)
    rows = _rows(connection, leg).filter(**{f"{leg.when}__lt": clock.now() - SETTLES})
    if cursor.high_water is not None:
        same = Q(**{leg.when: cursor.high_water, "pk__gt": int(cursor.page_token or 0)})
        rows = rows.filter(Q(**{f"{leg.when}__gt": cursor.high_water}) | same)
        rows = rows.filter(**{f"{leg.when}__gte": cursor.high_water})  # so that the index serves
    found = list(rows.order_by(leg.when, "pk").values_list("order_id", leg.when, "pk")[:BATCH])
    last = len(found) < BATCH
    if found:
        cursor.high_water, cursor.page_token = found[-1][1], str(found[-1][2])
        cursor.seen += len(found)
    if last and cursor.window_from is not None:
        cursor.high_water = cursor.high_water or cursor.window_from - SETTLES
        cursor.window_from = None
    return Step(_unique(found), cursor, last)


def without_estimate(connection: Connection) -> tuple[str, ...]:
    """Sales that hold an estimate which the ledger took back: removed rows leave no time."""
    if connection.vendor != Vendor.TIKTOK:
        return ()
    expected = LedgerEntry.objects.filter(
        connection=connection, order_id=OuterRef("sale_id"), expected=True
    )
    rows = SaleFact.objects.filter(connection=connection, estimated=True)
    return tuple(rows.filter(~Exists(expected)).values_list("sale_id", flat=True)[:BATCH])


def sources_after(
    connection: Connection, pk: int, since: datetime | None
) -> tuple[tuple[str, ...], int | None]:
    """The next sales of a tour by key, and where to go on; None: that was the last of them."""
    leg = LEGS[connection.vendor][0]
    rows = _rows(connection, leg).filter(pk__gt=pk)
    if since is not None:
        when = "placed_at" if leg.model is OrderLink else "created_at"
        rows = rows.filter(**{f"{when}__gte": since})
    found = list(rows.order_by("pk").values_list("order_id", leg.when, "pk")[:BATCH])
    return _unique(found), found[-1][2] if len(found) == BATCH else None


def facts_after(
    connection: Connection, pk: int, since: datetime | None
) -> tuple[tuple[str, ...], int | None]:
    """The next facts of a tour whose sale is gone, and where to go on."""
    leg = LEGS[connection.vendor][0]
    own = _rows(connection, leg).filter(order_id=OuterRef("sale_id"))
    rows = SaleFact.objects.filter(~Exists(own), connection=connection, pk__gt=pk)
    if since is not None:
        rows = rows.filter(day__gte=(since - timedelta(days=1)).date())
    found = list(rows.order_by("pk").values_list("sale_id", "pk")[:BATCH])
    return tuple(one[0] for one in found), found[-1][1] if len(found) == BATCH else None


def _rows(connection: Connection, leg: Leg) -> QuerySet[Any]:
    """Those that belong to an order."""
    rows = leg.model._default_manager.filter(connection=connection)
    return rows.exclude(order_id="") if leg.model is not OrderLink else rows


def _unique(found: Sequence[Any]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(row[0] for row in found))
