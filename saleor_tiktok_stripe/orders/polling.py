"""Asking for changed orders, because notifications may be lost.

The cursor is a time: everything the marketplace changed before it has been seen. It moves only with
the rows of a page, in one commit. Every sweep starts a little earlier (overlap), and once a day one
starts a month earlier. Orders move to the end of the list while it is read; so a page does not go
on from a position but from the time of the last row seen, and nothing can slip through.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from django.db import transaction

from .. import accounts, catalog, jobs
from ..jobs import Again, ClaimedJob, Done, Result
from ..models import Connection, OrderLink, SyncCursor
from ..tiktok.client import TikTokClient
from ..tiktok.types import Order, OrderPage
from .importing import import_page
from .linking import touch_open_refunds

OVERLAP: Final = timedelta(minutes=10)
DEEP: Final = timedelta(days=30)
DEEP_EVERY: Final = timedelta(days=1)
FIRST_LOOK: Final = timedelta(hours=1)
"""How far back the very first sweep goes; what is older is the backfill's."""
PAGES_PER_RUN: Final = 10
REFUND_RECHECK: Final = timedelta(minutes=15)
REFUNDS_PER_SWEEP: Final = 50
CURSOR: Final = "orders.updated"
DEEP_CURSOR: Final = "orders.updated.deep"


@dataclass(frozen=True)
class Sweep:
    """What a run of polling saw. ``finished`` False: it stopped at its limit, ask again."""

    seen: int = 0
    created: int = 0
    changed: int = 0
    failed: int = 0
    finished: bool = True


def poll(connection: Connection | None, claimed: Sequence[ClaimedJob]) -> Mapping[int, Result]:
    """Handler of ``orders.poll``: one sweep, and what else has to be looked at regularly."""
    if connection is None:
        return {}
    client = accounts.client(connection)
    sweep = sweep_changes(connection, client)
    if sweep.finished:
        look_after_refunds(connection)
        catalog.recheck_missing(connection)
        sweep = _deep(connection, client) or sweep
    note = f"seen={sweep.seen} created={sweep.created} changed={sweep.changed}"
    result: Result = Done(note=note) if sweep.finished else Again()
    return {job.id: result for job in claimed}


def sweep_changes(connection: Connection, client: TikTokClient) -> Sweep:
    """All orders changed since the last sweep, less the overlap; at most ``PAGES_PER_RUN`` pages.

    Raises what concerns the whole connection; the cursor then stays where the last page left it.
    """
    cursor = _cursor(connection, CURSOR, datetime.now(UTC) - FIRST_LOOK)
    assert cursor.high_water is not None  # noqa: S101 (just made)
    return _sweep(connection, client, cursor, cursor.high_water - OVERLAP)


def _deep(connection: Connection, client: TikTokClient) -> Sweep | None:
    """Once a day, a month back: finds what a defect on either side made us miss. It goes on in
    later runs until it has caught up.
    """
    now = datetime.now(UTC)
    cursor = _cursor(connection, DEEP_CURSOR, now)
    if cursor.window_to is None:
        assert cursor.high_water is not None  # noqa: S101 (just made)
        if now - cursor.high_water < DEEP_EVERY:
            return None
        cursor.window_to, cursor.high_water = now, now - DEEP
    assert cursor.high_water is not None  # noqa: S101 (set above or before)
    sweep = _sweep(connection, client, cursor, cursor.high_water)
    if sweep.finished:
        cursor.window_to = None
        cursor.save(update_fields=["window_to", "updated_at"])
    return sweep


def _cursor(connection: Connection, resource: str, start: datetime) -> SyncCursor:
    cursor, _ = SyncCursor.objects.get_or_create(
        connection=connection, resource=resource, defaults={"high_water": start}
    )
    if cursor.high_water is None:
        cursor.high_water = start
    return cursor


def _sweep(
    connection: Connection, client: TikTokClient, cursor: SyncCursor, start: datetime
) -> Sweep:
    began = datetime.now(UTC)
    seen = created = changed = failed = 0
    pages = walk(client, start)
    for number, (page, reached) in enumerate(pages, start=1):
        with_page = import_page(connection, client, page.orders)
        last = not page.next_token
        with transaction.atomic():
            broken = [order_id for order_id, _ in page.broken if order_id]
            jobs.enqueue_many("order.sync", connection, broken)
            cursor.high_water = began if last else reached
            cursor.save(update_fields=["high_water", "window_to", "updated_at"])
        seen += len(page.orders) + len(page.broken)
        created += len(with_page.created)
        changed += len(with_page.changed)
        failed += len(with_page.failed) + len(broken)
        if number >= PAGES_PER_RUN and not last:
            return Sweep(seen, created, changed, failed, finished=False)
    return Sweep(seen, created, changed, failed)


def walk(client: TikTokClient, start: datetime) -> Iterator[tuple[OrderPage, datetime]]:
    """Pages of orders changed since ``start``, and the time up to which all was seen with them.

    The next page is asked for from the time of the last row, not by position: rows that moved
    to the end meanwhile would shift the positions. Only where a whole page has one and the same
    time does the position decide.
    """
    token = ""
    while True:
        page = client.search_orders(updated_from=start, page_token=token)
        reached = max((order.updated_at for order in page.orders), default=start)
        yield page, reached
        if not page.next_token:
            return
        start, token = _onwards(start, reached, page.orders, page.next_token)


def _onwards(
    start: datetime, reached: datetime, orders: Sequence[Order], token: str
) -> tuple[datetime, str]:
    return (reached, "") if orders and reached > start else (start, token)


def look_after_refunds(connection: Connection) -> int:
    """Ask again for cancelled orders whose money was not reported as given back; how many.

    TikTok does not change the order when the refund arrives, so no sweep by time of change sees it.
    """
    before = datetime.now(UTC) - REFUND_RECHECK
    rows = OrderLink.objects.filter(
        connection=connection, refunds_open=True, updated_at__lt=before
    ).order_by("updated_at")
    ids = list(rows.values_list("order_id", flat=True)[:REFUNDS_PER_SWEEP])
    if ids:
        with transaction.atomic():
            touch_open_refunds(connection, ids)
            jobs.enqueue_many("order.sync", connection, ids)
    return len(ids)
