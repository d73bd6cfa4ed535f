"""Cases that wait for the merchant: until when, and staff reminded on the order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from ...errors import Parked
from ...jobs import clock
from ...models import OPEN_REQUESTS, AfterSalesCase, Connection, MarketplaceRequest
from ...saleor_api import get_saleor
from ..telling import GONE
from .rows import State
from .words import asked, reminder

WARN_HOURS: Final = (24, 6)


@dataclass(frozen=True)
class CaseDeadline:
    """``hours``: whole hours left, negative when it is over. ``asks``: what for, in words."""

    case_id: str
    order_number: str
    asks: str
    due_by: datetime
    hours: int


def case_deadlines(
    connections: Iterable[Connection], now: datetime | None = None
) -> list[CaseDeadline]:
    """Cases that wait for an answer which is not on its way, the most urgent first."""
    at = now or clock.now()
    return [
        CaseDeadline(
            case.case_id, case.order_number, asked(case), case.due_by, hours_left(case, at)
        )
        for case in unanswered(list(connections))
        if case.due_by is not None
    ]


def unanswered(connections: Sequence[Connection]) -> list[AfterSalesCase]:
    """Rows that need an answer by a certain time, without those whose answer is being sent."""
    rows = AfterSalesCase.objects.filter(
        connection__in=connections, state=State.NEEDS_ANSWER, due_by__isnull=False
    )
    found = list(rows.select_related("connection").order_by("due_by", "pk"))
    sent = answering(connections, [case.case_id for case in found])
    return [case for case in found if case.case_id not in sent]


def answering(connections: Sequence[Connection], case_ids: Sequence[str]) -> set[str]:
    """The cases whose answer is written down and not confirmed yet."""
    rows = MarketplaceRequest.objects.filter(
        connection__in=connections,
        kind=MarketplaceRequest.Kind.ANSWER,
        subject__in=case_ids,
        state__in=OPEN_REQUESTS,
    )
    return set(rows.values_list("subject", flat=True))


def hours_left(case: AfterSalesCase, now: datetime) -> int:
    """Whole hours until the case's deadline."""
    return int(((case.due_by or now) - now).total_seconds() // 3600)


def remind(connection: Connection, now: datetime) -> int:
    """Write a note on the orders of cases that are soon due, once for each of ``WARN_HOURS``; how
    many."""
    reminded = 0
    for case in unanswered([connection]):
        if case.due_by is None or case.due_by <= now:
            continue
        reached = [h for h in WARN_HOURS if case.due_by - now <= timedelta(hours=h)]
        if reached and (case.due_reminded is None or min(reached) < case.due_reminded):
            _remind(case, min(reached))
            reminded += 1
    return reminded


def _remind(case: AfterSalesCase, hours: int) -> None:
    rows = AfterSalesCase.objects.filter(pk=case.pk)
    if not case.saleor_order_id:
        rows.update(due_reminded=hours)
        return
    saleor = get_saleor()
    try:
        with saleor.exclusive(case.saleor_order_id):
            saleor.add_note(case.saleor_order_id, reminder(case, hours))
            rows.update(due_reminded=hours)
    except Parked as error:
        if error.code not in GONE:
            raise
        rows.update(due_reminded=hours)
