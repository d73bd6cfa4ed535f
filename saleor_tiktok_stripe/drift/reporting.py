"""What is different, for people: counted by class, and one by one."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from django.db.models import Count as Number

from ..errors import InvalidInput
from ..models import Connection, Difference, SyncCursor
from ..models.paging import Page as Paged
from ..models.paging import in_order
from .classes import class_of
from .touring import CURSOR

PAGE: Final = 50
MOST: Final = 500
OPEN: Final = (Difference.State.OPEN.value, Difference.State.REPAIRING.value)
ALL: Final = tuple(state.value for state in Difference.State)


@dataclass(frozen=True)
class Count:
    """How many differences of a class are in a state."""

    area: str
    code: str
    state: str
    number: int


@dataclass(frozen=True)
class Line:
    """A difference. ``words`` say what it is, ``cure`` what a person does about it ("": ``job``
    brings both sides in step). ``amount`` is what the other side has more, in ``currency``;
    ``ours`` and ``theirs`` are what each side has, as text by name."""

    id: int
    channel: str
    area: str
    subject: str
    code: str
    state: str
    words: str
    job: str
    cure: str
    currency: str
    amount: Decimal | None
    ours: Mapping[str, str]
    theirs: Mapping[str, str]
    note: str
    actor: str
    first_seen: datetime
    last_seen: datetime
    gone_at: datetime | None


@dataclass(frozen=True)
class Tour:
    """``checked_at``: when the last comparison of everything began (None: never). ``under_way``:
    one is running. ``seen``: how many things it has compared."""

    connection_id: int
    checked_at: datetime | None
    under_way: bool
    seen: int


@dataclass(frozen=True)
class Report:
    """``counts`` are of all, ``lines`` of this page; ``next_page`` goes on from here ("": the end).
    ``checked_at``: when the last whole tour began (None: never). ``under_way``: one is running."""

    counts: tuple[Count, ...]
    lines: tuple[Line, ...]
    next_page: str
    checked_at: datetime | None
    under_way: bool


def listed(
    connections: Sequence[Connection],
    area: str = "",
    *,
    areas: Sequence[str] = (),
    code: str = "",
    states: Sequence[str] = OPEN,
    subject: str = "",
    after: str = "",
    size: int = PAGE,
) -> Paged[Line]:
    """Differences of these connections, as in ``report``; ``areas``: of any of these. Raises
    ``InvalidInput`` (``PAGE_INVALID``)."""
    slugs = {one.pk: one.channel_slug for one in connections}
    terms = {"area": area, "code": code, "subject": subject}
    rows = Difference.objects.filter(
        connection__in=list(connections),
        state__in=list(states),
        **{name: value for name, value in terms.items() if value},
    )
    rows = rows.filter(area__in=list(areas)) if areas else rows
    page = in_order(rows, "pk", after, size)
    return page.of(lambda found: [line(row, slugs[row.connection_id]) for row in found])


def own(
    connections: Sequence[Connection], ids: Collection[int], areas: Sequence[str]
) -> list[Difference]:
    """These differences, in any state. Raises ``InvalidInput`` (``DIFFERENCE_UNKNOWN``) where one
    is none of these connections', or of no such area."""
    rows = Difference.objects.select_related("connection").filter(
        connection__in=list(connections), area__in=list(areas), pk__in=list(ids)
    )
    found = list(rows.order_by("pk"))
    if len(found) < len(set(ids)):
        raise InvalidInput(
            "DIFFERENCE_UNKNOWN", "This channel has no such difference.", field="ids"
        )
    return found


def counts(
    connections: Sequence[Connection],
    states: Sequence[str] = OPEN,
    *,
    areas: Sequence[str] = (),
) -> tuple[Count, ...]:
    """How many there are, by class and state; ``areas``: of any of these."""
    rows = Difference.objects.filter(connection__in=list(connections), state__in=list(states))
    rows = rows.filter(area__in=list(areas)) if areas else rows
    grouped = rows.values_list("area", "code", "state").annotate(number=Number("id"))
    return tuple(Count(*row) for row in grouped.order_by("area", "code", "state"))


def tours(connections: Sequence[Connection]) -> tuple[Tour, ...]:
    """How fresh it is, for each connection in turn."""
    rows = SyncCursor.objects.filter(connection__in=list(connections), resource=CURSOR)
    found = {row.connection_id: row for row in rows}
    return tuple(_tour(one.pk, found.get(one.pk)) for one in connections)


def _tour(connection_id: int, cursor: SyncCursor | None) -> Tour:
    if cursor is None:
        return Tour(connection_id, None, under_way=False, seen=0)
    checked = cursor.high_water if cursor.seen else None
    return Tour(connection_id, checked, under_way=cursor.window_from is not None, seen=cursor.seen)


def report(
    connection: Connection,
    area: str = "",
    *,
    code: str = "",
    states: Sequence[str] = OPEN,
    page: str = "",
    limit: int = PAGE,
) -> Report:
    """Differences of a connection, the ledger's (``money``, ``payout``) among them; of ``area`` and
    ``code`` only, where given. Oldest first, ``limit`` (at most 500) a page. Raises
    ``InvalidInput`` (``PAGE_INVALID``)."""
    rows = Difference.objects.filter(connection=connection, state__in=list(states))
    if area:
        rows = rows.filter(area=area)
    if code:
        rows = rows.filter(code=code)
    grouped = rows.values_list("area", "code", "state").annotate(number=Number("id"))
    size = max(1, min(limit, MOST))
    found = list(rows.filter(pk__gt=_after(page)).order_by("pk")[: size + 1])
    cursor = SyncCursor.objects.filter(connection=connection, resource=CURSOR).first()
    return Report(
        counts=tuple(Count(*row) for row in grouped.order_by("area", "code", "state")),
        lines=tuple(line(row, connection.channel_slug) for row in found[:size]),
        next_page=str(found[size - 1].pk) if len(found) > size else "",
        checked_at=cursor.high_water if cursor and cursor.seen else None,
        under_way=bool(cursor and cursor.window_from),
    )


def lines_of(connection: Connection, area: str, subjects: Sequence[str]) -> tuple[Line, ...]:
    """What is open of these orders, SKUs or payments."""
    rows = Difference.objects.filter(
        connection=connection, area=area, subject__in=list(subjects), state__in=OPEN
    )
    return tuple(line(row, connection.channel_slug) for row in rows.order_by("pk"))


def line(row: Difference, channel: str) -> Line:
    """A difference with its words."""
    known = class_of(row.area, row.code)
    return Line(
        id=row.pk,
        channel=channel,
        area=row.area,
        subject=row.subject,
        code=row.code,
        state=row.state,
        words=known.words,
        job=job_of(row),
        cure=cure_of(row),
        currency=row.currency,
        amount=row.amount,
        ours=row.ours,
        theirs=row.theirs,
        note=row.note,
        actor=row.actor,
        first_seen=row.first_seen,
        last_seen=row.last_seen,
        gone_at=row.gone_at,
    )


def job_of(row: Difference) -> str:
    """The kind of job that ends it; "": a person has to act first."""
    return "" if row.ours.get("problem") else class_of(row.area, row.code).job


def cure_of(row: Difference) -> str:
    """What a person has to do; "": nothing."""
    if row.ours.get("problem"):
        return str(row.ours.get("cure") or row.ours.get("cause", ""))
    return class_of(row.area, row.code).cure


def _after(page: str) -> int:
    if not page:
        return 0
    if not page.isascii() or not page.isdigit():
        raise InvalidInput("PAGE_INVALID", "This page does not exist.", field="page")
    return int(page)
