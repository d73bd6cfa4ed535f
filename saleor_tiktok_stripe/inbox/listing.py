"""Notifications as they are listed: when each came, what it told of, what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ..models import Connection, InboundEvent
from ..models.paging import SIZE, Page, Source, newest_of


@dataclass(frozen=True)
class EventLine:
    """A notification. ``subject`` is what it tells of: an order, a payment, a dispute.
    ``replays``: how often it was handed over again. What it held is not shown: it may name buyers.
    """

    id: int
    vendor: str
    event_type: str
    subject: str
    status: str
    sent_at: datetime | None
    received_at: datetime
    replays: int


def events(
    connections: Sequence[Connection],
    *,
    status: str = "",
    event_type: str = "",
    subject: str = "",
    after: str = "",
    size: int = SIZE,
) -> Page[EventLine]:
    """What came in, the newest first; kept for ``conf.event_retention_days``."""
    terms = {"status": status, "event_type": event_type, "subject": subject}
    rows = InboundEvent.objects.filter(**{name: value for name, value in terms.items() if value})
    each = [
        Source(rows.filter(connection=known).defer("body"), "received_at", str(known.pk))
        for known in connections
    ]
    page: Page[InboundEvent] = newest_of(each, after, size)
    return page.of(lambda found: [_line(one) for one in found])


def _line(one: InboundEvent) -> EventLine:
    return EventLine(
        id=one.pk,
        vendor=one.provider,
        event_type=one.event_type,
        subject=one.subject,
        status=one.status,
        sent_at=one.sent_at,
        received_at=one.received_at,
        replays=one.replays,
    )
