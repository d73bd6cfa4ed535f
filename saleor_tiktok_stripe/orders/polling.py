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
from ..errors import VendorBug
from ..jobs import Again, ClaimedJob, Done, Result
from ..models import Connection, OrderLink, SyncCursor
from ..tiktok.client import TikTokClient
from ..tiktok.types import OrderPage
from .importing import import_page
from .linking import touch_open_refunds
from .warehouse import recheck_warehouse

OVERLAP: Final = timedelta(minutes=10)
DEEP: Final = timedelta(days=30)
DEEP_EVERY: Final = timedelta(days=1)
FIRST_LOOK: Final = timedelta(hours=1)
"""How far back the very first sweep goes; what is older is the backfill's."""
PAGES_PER_RUN: Final = 10
REFUND_RECHECK: Final = timedelta(minutes=15)
REFUNDS_PER_SWEEP: Final = 50
REFUND_PATIENCE: Final = timedelta(days=60)
"""After this long without a change of the order no money comes back any more."""
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
        recheck_warehouse(connection)
        sweep = _deep(connection, client) or sweep
    note = f"seen={sweep.seen} created={sweep.created} changed={sweep.changed}"
    result: Result = Done(note=note) if sweep.finished else Again()
    return {job.id: result for job in claimed}


def sweep_changes(connection: Connection, client: TikTokClient) -> Sweep:
    """All orders changed since the last sweep, less the overlap; at most ``PAGES_PER_RUN`` pages,
    the next run goes on from there.

    Raises what concerns the whole connection; the cursor then stays where the last page left it.
    """
    cursor = SyncCursor.of(connection, CURSOR)
    since = cursor.high_water or datetime.now(UTC) - FIRST_LOOK
    return _sweep(connection, client, cursor, since - OVERLAP)


def _deep(connection: Connection, client: TikTokClient) -> Sweep | None:
    """Once a day, a month back: finds what a defect on either side made us miss. It goes on in
    later runs until it has caught up."""
    now = datetime.now(UTC)
    cursor = SyncCursor.of(connection, DEEP_CURSOR, high_water=now)
    due = cursor.high_water is None or now - cursor.high_water >= DEEP_EVERY
    if not due and cursor.window_from is None:
        return None
    return _sweep(connection, client, cursor, now - DEEP)


def _sweep(
    connection: Connection, client: TikTokClient, cursor: SyncCursor, start: datetime
) -> Sweep:
    """From ``start``, or from where the last run stopped. ``high_water`` becomes the time at which
    the sweep began (kept in ``window_to`` while it is under way)."""
    if cursor.window_from is None:
        cursor.window_from, cursor.window_to, cursor.page_token = start, datetime.now(UTC), ""
    total = Sweep()
    began = cursor.window_to or datetime.now(UTC)
    steps = walk(client, cursor.window_from, cursor.page_token, began=began)
    for number, step in enumerate(_with_place(steps, cursor), start=1):
        outcome = import_page(connection, client, step.page.orders)
        broken = [order_id for order_id, _ in step.page.broken if order_id]
        with transaction.atomic():
            jobs.enqueue_many("order.sync", connection, broken)
            _advance(cursor, step)
        total = Sweep(
            total.seen + len(step.page.orders) + len(step.page.broken),
            total.created + len(outcome.created),
            total.changed + len(outcome.changed),
            total.failed + len(outcome.failed) + len(broken),
            finished=step.last,
        )
        if number >= PAGES_PER_RUN:
            break
    return total


def _with_place(steps: Iterator[Step], cursor: SyncCursor) -> Iterator[Step]:
    """Where a page cannot be had, its place in the list may not be known any more: the next try
    goes on from the time that was reached."""
    try:
        yield from steps
    except VendorBug:
        if cursor.page_token:
            cursor.page_token = ""
            cursor.save(update_fields=["page_token"])
        raise


def _advance(cursor: SyncCursor, step: Step) -> None:
    if step.last:
        cursor.high_water = cursor.window_to
        cursor.window_from, cursor.window_to, cursor.page_token = None, None, ""
    else:
        cursor.window_from, cursor.page_token = step.next_start, step.next_token
    cursor.save()


@dataclass(frozen=True)
class Step:
    """A page, and from where the next one is to be read."""

    page: OrderPage
    next_start: datetime
    next_token: str

    @property
    def last(self) -> bool:
        """Whether the list ends here."""
        return not self.page.next_token


def walk(
    client: TikTokClient, start: datetime, token: str = "", *, began: datetime
) -> Iterator[Step]:
    """Pages of orders changed since ``start``, oldest change first.

    The next page is asked for from the time of the last row, not by position: rows that moved
    to the end meanwhile would shift the positions. A row may stand in its old place but show a
    change made since the sweep ``began`` (TikTok's own note): such a time says nothing of how far
    the list was read. So among the newest rows (``OVERLAP`` before ``began``: the clocks differ),
    and where a whole page has one and the same time, the position (``token``) decides; the newest
    rows are read again by the next sweep.
    """
    newest = began - OVERLAP
    while True:
        page = client.search_orders(updated_from=start, page_token=token)
        times = (order.updated_at for order in page.orders if order.updated_at < newest)
        reached = max(times, default=start)
        start, token = (reached, "") if reached > start else (start, page.next_token)
        yield Step(page, start, token)
        if not page.next_token:
            return


def look_after_refunds(connection: Connection) -> int:
    """Ask again for cancelled orders whose money was not reported as given back; how many.

    TikTok does not change the order when the refund arrives, so no sweep by time of change sees it.
    """
    now = datetime.now(UTC)
    rows = OrderLink.objects.filter(
        connection=connection,
        refunds_open=True,
        updated_at__lt=now - REFUND_RECHECK,
        marketplace_updated_at__gt=now - REFUND_PATIENCE,
    ).order_by("updated_at")
    ids = list(rows.values_list("order_id", flat=True)[:REFUNDS_PER_SWEEP])
    if ids:
        with transaction.atomic():
            touch_open_refunds(connection, ids)
            jobs.enqueue_many("order.sync", connection, ids)
    return len(ids)
