"""Asking for changed cases, because notifications may be lost; and looking after deadlines and
requests that nobody works on. Handler of ``cases.poll``.

As for orders, a page does not go on from a position but from the time of the last row seen: rows
move to the end of the list while it is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q

from ... import accounts, jobs
from ...errors import VendorBug
from ...jobs import Again, ClaimedJob, Done, Result, clock
from ...models import (
    OPEN_REQUESTS,
    AfterSalesCase,
    Connection,
    MarketplaceRequest,
    SyncCursor,
)
from ...orders.cancelling import PUSH
from ...tiktok.client import TikTokClient
from .deadlines import remind
from .rows import SETTLED

SYNC: Final = "case.sync"
ANSWER: Final = "case.answer"
OPEN: Final = "case.open"
OVERLAP: Final = timedelta(minutes=10)
FIRST_LOOK: Final = timedelta(days=30)
"""How far back the very first sweep goes: about as long as a buyer may ask for something."""
PAGES_PER_RUN: Final = 10
OVERDUE_RECHECK: Final = timedelta(minutes=15)
QUIET: Final = timedelta(days=1)
PATIENCE: Final = timedelta(days=120)
"""Nothing comes of a case that is older."""
LOST_AFTER: Final = timedelta(minutes=10)
AT_ONCE: Final = 50
_Kind = MarketplaceRequest.Kind
_WORKED_ON_BY: Final = (
    (ANSWER, (_Kind.ANSWER,), "subject"),
    (OPEN, (_Kind.RETURN,), "order_id"),
    (PUSH, (_Kind.CANCEL, _Kind.SHIP, _Kind.TRACK), "order_id"),
)
"""The job that carries out requests of these kinds, and where they keep its subject."""


@dataclass(frozen=True)
class Seen:
    """What a page says of a case."""

    case_id: str
    order_id: str
    raw_state: str
    updated_at: datetime


Page = tuple[Sequence[Seen], str]
Search = Callable[[datetime, str], Page]


def poll_cases(
    connection: Connection | None, claimed: Sequence[ClaimedJob]
) -> Mapping[int, Result]:
    """Handler of ``cases.poll``: one sweep, and what else has to be looked at regularly."""
    if connection is None:
        return {}
    client = accounts.client(connection)
    finished = sweep(connection, "cases.cancellations", _cancellations(client))
    finished = sweep(connection, "cases.returns", _returns(client)) and finished
    looked = look_again(connection, clock.now())
    woken = wake_requests(connection, clock.now())
    reminded = remind(connection, clock.now())
    note = f"looked={looked} woken={woken} reminded={reminded}"
    result: Result = Done(note=note) if finished else Again()
    return {job.id: result for job in claimed}


def _cancellations(client: TikTokClient) -> Search:
    def turn(since: datetime, token: str) -> Page:
        page = client.search_cancellations(updated_from=since, page_token=token)
        rows = [
            Seen(one.id, one.order_id, (one.raw_state or one.status)[:64], one.updated_at)
            for one in page.cancellations
        ]
        return rows, page.next_token

    return turn


def _returns(client: TikTokClient) -> Search:
    def turn(since: datetime, token: str) -> Page:
        page = client.search_returns(updated_from=since, page_token=token)
        rows = [
            Seen(one.id, one.order_id, one.raw_state[:64], one.updated_at) for one in page.returns
        ]
        return rows, page.next_token

    return turn


def sweep(connection: Connection, resource: str, search: Search) -> bool:
    """Have the orders looked at whose cases changed since the last sweep, less the overlap; False
    when it stopped at ``PAGES_PER_RUN``. The cursor moves with each page."""
    cursor = SyncCursor.of(connection, resource)
    if cursor.window_from is None:
        now = clock.now()
        start = cursor.high_water - OVERLAP if cursor.high_water else now - FIRST_LOOK
        cursor.window_from, cursor.window_to, cursor.page_token = start, now, ""
    for _ in range(PAGES_PER_RUN):
        start = cursor.window_from or clock.now()
        try:
            rows, token = search(start, cursor.page_token)
        except VendorBug:  # the place may not be known any more: the next try begins anew
            cursor.page_token = ""
            cursor.save()
            raise
        with transaction.atomic():
            jobs.enqueue_many(SYNC, connection, sorted(_changed(connection, rows)))
            _advance(cursor, start, rows, token)
        if not token:
            return True
    return False


def _advance(cursor: SyncCursor, start: datetime, rows: Sequence[Seen], token: str) -> None:
    if not token:
        cursor.high_water = cursor.window_to
        cursor.window_from, cursor.window_to, cursor.page_token = None, None, ""
    else:
        newest = (cursor.window_to or start) - OVERLAP
        reached = max((one.updated_at for one in rows if one.updated_at < newest), default=start)
        further = reached > start
        cursor.window_from, cursor.page_token = (reached, "") if further else (start, token)
    cursor.save()


def _changed(connection: Connection, rows: Iterable[Seen]) -> set[str]:
    seen = {one.case_id: one for one in rows}
    known = {
        case_id: (raw_state, updated_at)
        for case_id, raw_state, updated_at in AfterSalesCase.objects.filter(
            connection=connection, case_id__in=seen
        ).values_list("case_id", "raw_state", "marketplace_updated_at")
    }
    return {
        one.order_id
        for one in seen.values()
        if known.get(one.case_id) != (one.raw_state, one.updated_at)
    }


def look_again(connection: Connection, now: datetime) -> int:
    """Orders with cases whose deadline passed, or that were not heard of for a day; how many."""
    rows = AfterSalesCase.objects.filter(connection=connection, opened_at__gt=now - PATIENCE)
    rows = rows.exclude(state__in=SETTLED)
    overdue = Q(state="needs_answer", due_by__lt=now, updated_at__lt=now - OVERDUE_RECHECK)
    quiet = Q(updated_at__lt=now - QUIET)
    ids = rows.filter(overdue | quiet).order_by("updated_at").values_list("order_id", flat=True)
    wanted = sorted(set(ids[:AT_ONCE]))
    jobs.enqueue_many(SYNC, connection, wanted)
    return len(wanted)


def wake_requests(connection: Connection, now: datetime) -> int:
    """Requests that nobody works on: their job was given up, or ended by a disconnect; how many."""
    rows = MarketplaceRequest.objects.filter(
        connection=connection, state__in=OPEN_REQUESTS, updated_at__lt=now - LOST_AFTER
    )
    woken = 0
    for job, kinds, name in _WORKED_ON_BY:
        found = rows.filter(kind__in=kinds).order_by("updated_at").values_list(name, flat=True)
        subjects = sorted(set(found[:AT_ONCE]))
        jobs.enqueue_many(job, connection, subjects)
        woken += len(subjects)
    return woken
