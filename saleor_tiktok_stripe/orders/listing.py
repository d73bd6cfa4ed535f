"""Orders of the marketplace as they are listed: brought over or not, in step or not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, Final

from django.db.models import Exists, OuterRef, Q, QuerySet

from ..errors import InvalidInput
from ..jobs.listing import STUCK, words_of
from ..models import (
    OPEN_STATUSES,
    Connection,
    Job,
    JobStatus,
    MarketplaceRequest,
    OrderLink,
)
from ..models.paging import SIZE, Page, Source, newest_of

KINDS: Final = ("order.sync", "order.push")
"""Jobs whose subject is an order of the marketplace. The first that waits for somebody is told."""
_UNDER_WAY: Final = (JobStatus.QUEUED, JobStatus.RUNNING)


class Sync(StrEnum):
    """Whether an order is the same on both sides, as far as is known."""

    IN_STEP = "in_step"
    PARKED = "parked"
    """It goes on only once somebody has acted."""
    WAITING = "waiting"
    """It is being worked on, or waits for its moment."""


@dataclass(frozen=True)
class OrderLine:
    """An order as it is listed. ``id`` names it here ("" until it is in Saleor). ``state`` is the
    marketplace's (a ``tiktok.types.OrderState``; "" until it was read). ``currency`` and ``buyer``
    (what the buyer paid) are known once it was brought over. ``ship_by``: while something is still
    to be shipped. ``job_id`` is the job that waits for somebody, or is under way; ``code``,
    ``cause`` and ``cure`` say what it waits for. ``again``: it is not looked at for the first time,
    as after a new try."""

    order_id: str
    saleor_order_id: str
    saleor_number: str
    state: str
    sync: Sync
    placed_at: datetime | None
    ship_by: datetime | None
    updated_at: datetime
    currency: str
    money: Mapping[str, Decimal]
    oversold: Mapping[str, int]
    has_returns: bool
    job_id: int | None = None
    job_kind: str = ""
    code: str = ""
    cause: str = ""
    cure: str = ""
    again: bool = False

    @property
    def buyer(self) -> Decimal | None:
        """What the buyer paid."""
        return self.money.get("buyer")


@dataclass(frozen=True)
class OneOrder:
    """Everything about one order: ``jobs`` that are open or were done lately, ``requests`` are what
    the marketplace was asked to do, oldest first."""

    line: OrderLine
    requests: tuple[MarketplaceRequest, ...]
    units: Mapping[str, str]


@dataclass(frozen=True)
class Counted:
    """How many orders are how."""

    in_step: int
    parked: int
    waiting: int


def listed(
    connection: Connection,
    *,
    state: str = "",
    search: str = "",
    sync: str = "",
    after: str = "",
    size: int = SIZE,
) -> Page[OrderLine]:
    """Orders, the newest first: by when they were placed; those that are not in Saleor by when
    they were heard of. ``search``: an id of the marketplace or of Saleor, or Saleor's number.
    At most four queries, however many there are."""
    links = OrderLink.objects.filter(connection=connection)
    if state:
        links = links.filter(state=state)
    jobs = _jobs(connection, OPEN_STATUSES)
    if search.strip():
        links, jobs = _searched(links, jobs, search.strip())
    if sync in (Sync.PARKED, Sync.WAITING):
        page = newest_of([Source(_by_sync(jobs, sync, state), "created_at", "j")], after, size)
    else:
        page = newest_of(_sources(links, jobs, sync, state), after, size)
    return page.of(lambda rows: _lines(connection, rows))


def counted(connection: Connection) -> Counted:
    """By ``Sync``."""
    jobs = _jobs(connection, OPEN_STATUSES)
    parked, waiting = (_by_sync(jobs, one).count() for one in (Sync.PARKED, Sync.WAITING))
    linked = OrderLink.objects.filter(connection=connection)
    unsettled = linked.filter(order_id__in=jobs.values("subject")).count()
    return Counted(linked.count() - unsettled, parked, waiting)


def one(connection: Connection, name: str) -> OneOrder:
    """An order by the marketplace's id, Saleor's id or Saleor's number. Raises ``InvalidInput``
    (``ORDER_UNKNOWN``)."""
    links, jobs = _searched(
        OrderLink.objects.filter(connection=connection), _jobs(connection, OPEN_STATUSES), name
    )
    link = links.order_by("pk").first() if name else None
    job = jobs.order_by("pk").first() if name and link is None else None
    found = link or job
    if found is None:
        raise InvalidInput("ORDER_UNKNOWN", f"Nothing is known of order {name}.", field="order")
    (line,) = _lines(connection, [found])
    asked = MarketplaceRequest.objects.filter(connection=connection, order_id=line.order_id)
    return OneOrder(
        line=line,
        requests=tuple(asked.order_by("created_at", "pk")),
        units=dict(link.line_map) if link else {},
    )


def lines_of(connection: Connection, order_ids: Sequence[str]) -> dict[str, OrderLine]:
    """Those of these orders that are in Saleor, by the marketplace's id; two queries."""
    rows = OrderLink.objects.filter(connection=connection, order_id__in=list(order_ids))
    return {line.order_id: line for line in _lines(connection, list(rows))}


def _sources(
    links: QuerySet[OrderLink], jobs: QuerySet[Job], sync: str, state: str
) -> list[Source]:
    if sync:
        links = links.filter(~Exists(_of_order(OPEN_STATUSES)))
    placed = Source(links.annotate(is_open=Exists(_of_order(OPEN_STATUSES))), "placed_at")
    return [placed] if sync or state else [placed, Source(_unlinked(jobs), "created_at", "j")]


def _by_sync(jobs: QuerySet[Job], sync: str, state: str = "") -> QuerySet[Job]:
    """One job for each order that is so: of several, the one that is told."""
    statuses = STUCK if sync == Sync.PARKED else _UNDER_WAY
    same = Job.objects.filter(connection=OuterRef("connection"), subject=OuterRef("subject"))
    weightier = Q(kind=KINDS[0], status__in=statuses) & ~Q(pk=OuterRef("pk"))
    if sync == Sync.WAITING:
        weightier |= Q(kind__in=KINDS, status__in=STUCK)
    rows = jobs.filter(~Exists(same.filter(weightier)), status__in=statuses)
    if state:
        links = OrderLink.objects.filter(connection=OuterRef("connection"), state=state)
        rows = rows.filter(Exists(links.filter(order_id=OuterRef("subject"))))
    return rows


def _jobs(connection: Connection, statuses: Sequence[str]) -> QuerySet[Job]:
    rows = Job.objects.filter(connection=connection, kind__in=KINDS, status__in=statuses)
    return rows.exclude(subject="")


def _of_order(statuses: Sequence[str]) -> QuerySet[Job]:
    return Job.objects.filter(
        connection=OuterRef("connection"),
        subject=OuterRef("order_id"),
        kind__in=KINDS,
        status__in=statuses,
    )


def _unlinked(jobs: QuerySet[Job]) -> QuerySet[Job]:
    """One job for each order that is not in Saleor."""
    links = OrderLink.objects.filter(
        connection=OuterRef("connection"), order_id=OuterRef("subject")
    )
    return jobs.filter(~Exists(links), kind=KINDS[0])


def _searched(
    links: QuerySet[OrderLink], jobs: QuerySet[Job], search: str
) -> tuple[QuerySet[OrderLink], QuerySet[Job]]:
    found = links.filter(
        Q(order_id=search) | Q(saleor_order_id=search) | Q(saleor_number=search.removeprefix("#"))
    )
    return found, jobs.filter(Q(subject=search) | Q(subject__in=found.values("order_id")))


def _lines(connection: Connection, rows: Sequence[OrderLink | Job]) -> list[OrderLine]:
    """In the order of ``rows``; at most two queries for all of them. Rows that say so themselves
    (``is_open``) are not looked for among the jobs."""
    ids = [row.order_id if isinstance(row, OrderLink) else row.subject for row in rows]
    asked = [one for one, row in zip(ids, rows, strict=True) if getattr(row, "is_open", True)]
    missing = [row.subject for row in rows if isinstance(row, Job)]
    links = {row.order_id: row for row in rows if isinstance(row, OrderLink)}
    if missing:
        found = OrderLink.objects.filter(connection=connection, order_id__in=missing)
        links |= {link.order_id: link for link in found}
    told: dict[str, Job] = {}
    jobs = _jobs(connection, OPEN_STATUSES).filter(subject__in=asked).order_by("pk")
    for job in jobs if asked else ():
        known = told.get(job.subject)
        if known is None or _weight(job) < _weight(known):
            told[job.subject] = job
    return [_line(one_id, links.get(one_id), told.get(one_id)) for one_id in ids]


def _weight(job: Job) -> tuple[bool, int]:
    return job.status not in STUCK, KINDS.index(job.kind)


def _line(order_id: str, link: OrderLink | None, job: Job | None) -> OrderLine:
    sync = Sync.IN_STEP
    facts: dict[str, Any] = {}
    if job is not None:
        sync = Sync.PARKED if job.status in STUCK else Sync.WAITING
        code, cause, cure = words_of(job)
        facts = {"job_id": job.pk, "job_kind": job.kind, "code": code, "cause": cause, "cure": cure}
        facts["again"] = sync is Sync.WAITING and _was_looked_at(job)
    row = link or OrderLink()
    return OrderLine(
        order_id=order_id,
        saleor_order_id=row.saleor_order_id,
        saleor_number=row.saleor_number,
        state=row.state,
        sync=sync,
        placed_at=link.placed_at if link else None,
        ship_by=row.ship_by,
        updated_at=job.created_at if job is not None and link is None else row.updated_at,
        currency=row.money.get("currency", ""),
        money=_amounts(row.money),
        oversold=row.unallocated,
        has_returns=row.has_returns,
        **facts,
    )


def _was_looked_at(job: Job) -> bool:
    """Before it was asked for now. Of a job that runs for the first time that cannot be said."""
    return job.started_at is not None and (job.status == JobStatus.QUEUED or job.generation > 0)


def _amounts(money: Mapping[str, str]) -> dict[str, Decimal]:
    found = {}
    for name, text in money.items():
        try:
            found[name] = Decimal(text)
        except InvalidOperation:
            continue  # the currency
    return found
