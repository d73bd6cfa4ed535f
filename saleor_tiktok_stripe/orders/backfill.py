"""Orders from before the connection, page by page, with progress to see and to go on from."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.db import transaction

from .. import accounts, jobs
from ..errors import InvalidInput, VendorBug
from ..jobs import LANE_CLICK, Again, ClaimedJob, Done, Result
from ..models import AuditEntry, Connection, Job, JobStatus
from ..tiktok.client import TikTokClient
from ..tiktok.types import OrderPage
from .importing import Outcome, import_page

KIND: Final = "orders.backfill"
SLICE_LIMIT: Final = 5_000
"""A window with more orders is halved: no list grows beyond what is safely paged through."""
SHORTEST: Final = timedelta(hours=1)
PREVIEW_PAGES: Final = 20
BEGINNING: Final = datetime(2021, 1, 1, tzinfo=UTC)
"""Before TikTok Shop opened its first market."""


@dataclass(frozen=True)
class Progress:
    """How far a backfill is. ``total`` None until the marketplace said how many there are;
    ``imported`` counts orders that are in Saleor, ``parked`` those that need attention.
    """

    status: str
    seen: int
    total: int | None
    imported: int
    parked: int
    upto: datetime | None

    @property
    def share(self) -> float:
        """0 to 1."""
        if self.status == JobStatus.DONE:
            return 1.0
        return min(1.0, self.seen / self.total) if self.total else 0.0


@dataclass
class Preview:
    """What a backfill would do. ``total`` is what the marketplace has in the window; the counts are
    of the ``read`` ones, all of them when ``complete``. ``created`` would be imported, ``changed``
    are there and would be looked at, ``unchanged`` are there and in step, ``waiting`` are in their
    hold window. ``skipped`` and ``failed`` say why (a problem's code) how many are not imported.
    """

    placed_from: str
    placed_to: str
    total: int | None
    read: int = 0
    states: Counter[str] = field(default_factory=Counter)
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    waiting: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    complete: bool = False

    def add(self, page: OrderPage, outcome: Outcome) -> None:
        """Count a page in."""
        self.read += len(page.orders) + len(page.broken)
        self.states.update(order.state.value for order in page.orders)
        self.created += len(outcome.created)
        self.changed += len(outcome.changed)
        self.unchanged += len(outcome.unchanged)
        self.waiting += len(outcome.waiting)
        self.skipped.update(outcome.skipped.values())
        self.failed.update(error.code for error in outcome.failed.values())
        self.failed.update(["ORDER_UNREADABLE"] * len(page.broken))


def start_backfill(
    connection: Connection,
    actor: str,
    *,
    placed_from: datetime | None = None,
    placed_to: datetime | None = None,
) -> int:
    """Ask for all orders placed in a window (default: the policy's start until now); the job's id.

    Where a backfill is under way, what is left of it is read too (and what lies between); what was
    imported is recognised. Raises ``InvalidInput`` (``BACKFILL_WINDOW``) for a window that ends
    before it starts.
    """
    start, window = _window(connection, placed_from, placed_to)
    with transaction.atomic():
        _accept_from(connection, start)
        joined = _with_rest(connection, window)
        job_id = jobs.enqueue(KIND, connection, payload=joined, lane=LANE_CLICK)
        AuditEntry.objects.create(
            actor=actor, action="orders.backfill", connection=connection, data=window
        )
    return job_id


def preview_backfill(
    connection: Connection,
    *,
    placed_from: datetime | None = None,
    placed_to: datetime | None = None,
    pages: int = PREVIEW_PAGES,
) -> Preview:
    """What ``start_backfill`` with this window would do, read off its first ``pages`` pages by the
    same steps; nothing is written. Raises as it does, and what both sides' calls raise.
    """
    start, window = _window(connection, placed_from, placed_to)
    asked = copy.copy(connection)
    if asked.orders_since is not None:
        asked.orders_since = min(asked.orders_since, start)
    client = accounts.client(connection)
    state = begin(client, window)
    found = Preview(window["from"], window["to"], state["total"])
    while not is_over(state) and pages > 0:
        page = next_page(client, state)
        if page is not None:
            pages -= 1
            found.add(page, import_page(asked, client, page.orders, dry_run=True))
    found.complete = is_over(state)
    return found


def _window(
    connection: Connection, placed_from: datetime | None, placed_to: datetime | None
) -> tuple[datetime, dict[str, str]]:
    start = placed_from or accounts.policy(connection).import_from or BEGINNING
    end = placed_to or datetime.now(UTC)
    if start >= end:
        raise InvalidInput(
            "BACKFILL_WINDOW", "The window ends before it starts.", field="placed_from"
        )
    return start, {"from": start.isoformat(), "to": end.isoformat()}


def _with_rest(connection: Connection, window: dict[str, str]) -> dict[str, str]:
    """``window``, made longer by what is left of a backfill that has not ended."""
    rows = Job.objects.filter(connection=connection, kind=KIND).exclude(status=JobStatus.DONE)
    job = rows.select_for_update().first()
    if job is None or not job.payload:
        return window
    left, state = job.payload["from"], job.progress
    if state.get("window") == job.payload:
        left = max(state["at"], state.get("reached", state["at"]), key=datetime.fromisoformat)
    return {
        "from": min(window["from"], left, key=datetime.fromisoformat),
        "to": max(window["to"], job.payload["to"], key=datetime.fromisoformat),
    }


def _accept_from(connection: Connection, start: datetime) -> None:
    """From now on orders placed since ``start`` are not too old, in whatever way they come."""
    row = Connection.objects.select_for_update(no_key=True).get(pk=connection.pk)
    if row.orders_since is not None and start < row.orders_since:
        row.orders_since = start
        row.save(update_fields=["orders_since"])
    connection.orders_since = row.orders_since


def backfill_progress(connection: Connection) -> Progress | None:
    """The newest backfill of this connection, None where there was none."""
    job = Job.objects.filter(connection=connection, kind=KIND).order_by("-id").first()
    if job is None:
        return None
    state: Mapping[str, Any] = job.progress
    upto = state.get("at")
    return Progress(
        status=job.status,
        seen=int(state.get("seen", 0)),
        total=state.get("total"),
        imported=int(state.get("imported", 0)),
        parked=int(state.get("parked", 0)),
        upto=datetime.fromisoformat(upto) if upto else None,
    )


def backfill(connection: Connection | None, claimed: Sequence[ClaimedJob]) -> Mapping[int, Result]:
    """Handler of ``orders.backfill``: one page per run; the place it reached is in its progress."""
    if connection is None:
        return {}
    client = accounts.client(connection)
    return {job.id: backfill_step(connection, client, job) for job in claimed}


def backfill_step(connection: Connection, client: TikTokClient, job: ClaimedJob) -> Result:
    """One page of a backfill. Killed before its progress was kept, the page is read again and its
    orders are recognised.
    """
    window = dict(job.payload)
    state = dict(job.progress) if job.progress.get("window") == window else begin(client, window)
    if is_over(state):
        return Done(note=_note(state))
    page = next_page(client, state)
    if page is not None:
        outcome = import_page(connection, client, page.orders)
        jobs.enqueue_many("order.sync", connection, [one for one, _ in page.broken if one])
        state["imported"] += len(outcome.created | outcome.unchanged | outcome.changed)
        state["parked"] += len(outcome.failed) + len(page.broken)
    return Again(progress=state)


def is_over(state: Mapping[str, Any]) -> bool:
    """Whether all of the window was read."""
    return datetime.fromisoformat(state["at"]) >= datetime.fromisoformat(state["window"]["to"])


def next_page(client: TikTokClient, state: dict[str, Any]) -> OrderPage | None:
    """The next page; ``state`` then says where the one after it starts. None: only that changed,
    ask again.

    Where a page cannot be had, its place in the list may not be known any more (reading may stop
    for days): it goes on from the time that was reached, unless it was there before.
    """
    try:
        return _page(client, state)
    except VendorBug:
        reached = state.get("reached")  # None: kept by an earlier release
        if not state["token"] or reached == state["at"]:
            raise
        state |= {"at": reached or state["at"], "token": ""}
        return None


def _page(client: TikTokClient, state: dict[str, Any]) -> OrderPage | None:
    """None: the part of the window that is read at once became smaller."""
    at, upto = datetime.fromisoformat(state["at"]), datetime.fromisoformat(state["upto"])
    page = client.search_orders(
        created_from=at, created_to=upto, page_token=state["token"], sort="create_time"
    )
    if (page.total or 0) > SLICE_LIMIT and not state["token"] and upto - at > SHORTEST:
        state["upto"] = (at + (upto - at) / 2).isoformat()
        return None
    state["seen"] += len(page.orders) + len(page.broken)
    state["token"] = page.next_token
    state["reached"] = max((one.created_at for one in page.orders), default=at).isoformat()
    if not page.next_token:
        state |= {"at": upto.isoformat(), "upto": state["window"]["to"]}
    return page


def begin(client: TikTokClient, window: Mapping[str, Any]) -> dict[str, Any]:
    """The state (JSON) of reading all orders placed in ``window`` (``from``, ``to``)."""
    start, end = datetime.fromisoformat(window["from"]), datetime.fromisoformat(window["to"])
    first = client.search_orders(
        created_from=start, created_to=end, sort="create_time", page_size=1
    )
    at = first.orders[0].created_at if first.orders else start
    return {
        "window": dict(window),
        "at": max(at, start).isoformat(),
        "upto": end.isoformat(),
        "token": "",
        "seen": 0,
        "total": first.total,
        "imported": 0,
        "parked": 0,
    }


def _note(state: Mapping[str, Any]) -> str:
    return f"seen={state['seen']} imported={state['imported']} parked={state['parked']}"
