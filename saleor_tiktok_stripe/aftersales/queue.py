"""One queue of what waits for the merchant: the buyers' requests at the marketplace and the banks'
disputes, ordered by deadline, each with what can be done about it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final, Literal

from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce

from ..errors import InvalidInput
from ..jobs import clock
from ..models import AfterSalesCase, Connection, Dispute, EvidenceState
from .cases.actions import CaseAction, possible_actions
from .cases.deadlines import answering
from .cases.rows import SETTLED, State
from .cases.words import OTHERWISE, asked, reason_words, state_words
from .words import NEEDS_RESPONSE, dispute_words

NEVER: Final = datetime(9999, 1, 1, tzinfo=UTC)
"""Orders what has no deadline last."""
MOST: Final = 200


@dataclass(frozen=True)
class QueueItem:
    """``source``: ``case`` for a request at the marketplace (``kind`` is the case's own), or
    ``dispute`` for a bank's.
    ``asks``: what is asked, or where it stands. ``hours_left``: whole hours until ``due_by``,
    negative when it is over, None without one. ``otherwise``: what happens if nobody answers."""

    source: Literal["case", "dispute"]
    id: str
    kind: str
    state: str
    channel_slug: str
    order_id: str
    order_number: str
    amount: Decimal
    currency: str
    reason: str
    asks: str
    due_by: datetime | None
    hours_left: int | None
    actions: tuple[CaseAction | DisputeAction, ...]
    otherwise: str


@dataclass(frozen=True)
class DisputeAction:
    """As ``CaseAction``: ``answer`` with evidence, or ``accept`` (the buyer keeps the money)."""

    name: str
    does: str
    refusal: str = ""
    code: str = ""

    @property
    def allowed(self) -> bool:
        """Whether it can be done now."""
        return not self.refusal


@dataclass(frozen=True)
class QueuePage:
    """``after`` goes on behind the last item; empty on the last page. ``places``: behind each."""

    items: tuple[QueueItem, ...]
    after: str
    places: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Place:
    """A position in the queue: deadline, source, primary key."""

    due_by: datetime
    source: str
    pk: int

    def __str__(self) -> str:
        text = f"{self.due_by.isoformat()} {self.source} {self.pk}"
        return base64.urlsafe_b64encode(text.encode()).decode()

    @classmethod
    def read(cls, text: str) -> _Place:
        try:
            due_by, source, pk = base64.urlsafe_b64decode(text.encode()).decode().split(" ")
            return cls(datetime.fromisoformat(due_by), source, int(pk))
        except (ValueError, binascii.Error):
            raise InvalidInput(
                "PAGE_INVALID", "This is no place in the list.", field="after"
            ) from None


def queue(
    connections: Iterable[Connection],
    *,
    open_only: bool = True,
    after: str = "",
    limit: int = 50,
) -> QueuePage:
    """What waits for the merchant in these connections, the nearest deadline first; without
    ``open_only`` also what waits for others, and what is over.

    ``after``: the position a former page ended with. Raises ``InvalidInput`` (``PAGE_INVALID``).
    A page costs four queries, however long the queue is.
    """
    wanted, size = list(connections), max(1, min(limit, MOST))
    place = _Place.read(after) if after else None
    cases = list(_cases(wanted, place, open_only=open_only)[: size + 1])
    disputes = list(_disputes(wanted, place, open_only=open_only)[: size + 1])
    places = sorted(
        [*_placed("case", cases), *_placed("dispute", disputes)],
        key=lambda pair: (pair[0].due_by, pair[0].source, pair[0].pk),
    )
    shown = places[:size]
    more = str(shown[-1][0]) if len(places) > size else ""
    items = _items(wanted, [row for _, row in shown])
    return QueuePage(items, more, tuple(str(place) for place, _ in shown))


def _placed(
    source: str, rows: Sequence[AfterSalesCase | Dispute]
) -> list[tuple[_Place, AfterSalesCase | Dispute]]:
    return [(_Place(one.due_by or NEVER, source, one.pk), one) for one in rows]


def _cases(
    connections: Sequence[Connection], place: _Place | None, *, open_only: bool
) -> QuerySet[AfterSalesCase]:
    rows = AfterSalesCase.objects.filter(connection__in=connections).select_related("connection")
    if open_only:
        rows = rows.filter(state=State.NEEDS_ANSWER)
    return _from(rows, "case", place)


def _disputes(
    connections: Sequence[Connection], place: _Place | None, *, open_only: bool
) -> QuerySet[Dispute]:
    rows = Dispute.objects.filter(connection__in=connections)
    rows = rows.select_related("connection", "charge", "evidence")
    if open_only:
        sent = Q(evidence__state__in=_ON_ITS_WAY)
        rows = rows.filter(
            state__in=NEEDS_RESPONSE, due_by__isnull=False, submission_count=0
        ).exclude(sent)
    return _from(rows, "dispute", place)


_ON_ITS_WAY: Final = (
    EvidenceState.SUBMITTING,
    EvidenceState.IN_DOUBT,
    EvidenceState.SUBMITTED,
    EvidenceState.ACCEPTING,
    EvidenceState.ACCEPTED,
)


def _from(rows: QuerySet, source: str, place: _Place | None) -> QuerySet:  # type: ignore[type-arg]
    """In order, from behind ``place`` on. Settled ones have no deadline any more."""
    rows = rows.annotate(at=Coalesce("due_by", NEVER)).order_by("at", "pk")
    if place is None:
        return rows
    if source == place.source:
        return rows.filter(Q(at__gt=place.due_by) | Q(at=place.due_by, pk__gt=place.pk))
    same = Q(at=place.due_by) if source > place.source else Q(pk__in=())
    return rows.filter(Q(at__gt=place.due_by) | same)


def _items(
    connections: Sequence[Connection], rows: Sequence[AfterSalesCase | Dispute]
) -> tuple[QueueItem, ...]:
    now = clock.now()
    sent = answering(connections, [one.case_id for one in rows if isinstance(one, AfterSalesCase)])
    return tuple(
        of_case(one, now=now, on_its_way=one.case_id in sent)
        if isinstance(one, AfterSalesCase)
        else of_dispute(one, now=now)
        for one in rows
    )


def of_case(case: AfterSalesCase, *, now: datetime, on_its_way: bool) -> QueueItem:
    """A case as an item; ``on_its_way``: its answer is written down and not confirmed."""
    waits = case.state == State.NEEDS_ANSWER
    return QueueItem(
        source="case",
        id=case.case_id,
        kind=case.kind,
        state=case.state,
        channel_slug=case.connection.channel_slug,
        order_id=case.saleor_order_id,
        order_number=case.order_number,
        amount=case.amount,
        currency=case.currency,
        reason=reason_words(case),
        asks=asked(case) if waits else f"The case {state_words(case)}",
        due_by=None if case.state in SETTLED else case.due_by,
        hours_left=_hours(None if case.state in SETTLED else case.due_by, now),
        actions=possible_actions(case, now=now, answering=on_its_way),
        otherwise=OTHERWISE.get(case.awaited, "") if waits else "",
    )


def item_of(case: AfterSalesCase) -> QueueItem:
    """A case as an item now."""
    on_its_way = bool(answering([case.connection], [case.case_id]))
    return of_case(case, now=clock.now(), on_its_way=on_its_way)


def of_dispute(dispute: Dispute, *, now: datetime) -> QueueItem:
    """A bank's dispute as an item."""
    waits = dispute.state in NEEDS_RESPONSE and dispute.due_by is not None
    if not waits:
        otherwise = ""
    elif dispute.auto_submits:
        otherwise = "Stripe answers by itself."
    else:
        otherwise = "The dispute is lost: the buyer keeps the money."
    return QueueItem(
        source="dispute",
        id=dispute.dispute_id,
        kind="dispute",
        state=dispute.state,
        channel_slug=dispute.connection.channel_slug,
        order_id=dispute.charge.order_id,
        order_number=dispute.charge.order_number,
        amount=dispute.amount,
        currency=dispute.currency,
        reason=dispute.reason or "not given",
        asks=dispute_words(dispute),
        due_by=dispute.due_by,
        hours_left=_hours(dispute.due_by, now),
        actions=_dispute_actions(dispute, now) if waits else (),
        otherwise=otherwise,
    )


def _dispute_actions(dispute: Dispute, now: datetime) -> tuple[DisputeAction, ...]:
    code = refusal = ""
    held = getattr(dispute, "evidence", None)
    if held is not None and held.state in _ON_ITS_WAY or dispute.submission_count:
        code, refusal = "ALREADY_ANSWERED", "It is answered already, and is answered once only."
    elif dispute.due_by is not None and dispute.due_by <= now:
        code, refusal = "ANSWER_TOO_LATE", "The time to answer is over."
    return (
        DisputeAction("answer", "Sends evidence to the buyer's bank, once.", refusal, code),
        DisputeAction("accept", "Lets the buyer keep the money.", refusal, code),
    )


def _hours(due_by: datetime | None, now: datetime) -> int | None:
    return None if due_by is None else int((due_by - now).total_seconds() // 3600)
