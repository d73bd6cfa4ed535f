"""Notices and messages as they are shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from .. import conf
from ..models import Notice, NoticeDelivery
from ..models.paging import SIZE, Page, newest_first
from .sending import words_for


@dataclass(frozen=True)
class NoticeLine:
    """One notice. ``told_at`` None: it was not told to anybody. ``url`` is its console page."""

    id: int
    kind: str
    code: str
    severity: str
    subject: str
    number: int
    message: str
    cure: str
    due_by: datetime | None
    state: str
    first_seen: datetime
    told_at: datetime | None
    closed_at: datetime | None
    url: str


@dataclass(frozen=True)
class DeliveryLine:
    """One message to one receiver. ``target`` is the address of a mail; ``error`` the code of the
    last attempt that failed, with ``words``."""

    id: str
    means: str
    reason: str
    target: str
    state: str
    attempts: int
    error: str
    words: str
    created_at: datetime
    ended_at: datetime | None


def listed(
    channel_slug: str,
    state: Literal["open", "closed", ""] = "open",
    after: str = "",
    size: int = SIZE,
) -> Page[NoticeLine]:
    """Notices of a channel, the newest first; ``state`` "": in any. Raises ``InvalidInput``
    (``PAGE_INVALID``)."""
    rows = Notice.objects.filter(channel_slug=channel_slug)
    page = newest_first(rows.filter(state=state) if state else rows, "first_seen", after, size)
    return page.of(lambda rows: [_notice(row) for row in rows])


def deliveries(channel_slug: str, after: str = "", size: int = SIZE) -> Page[DeliveryLine]:
    """Messages of a channel, the newest first. Raises ``InvalidInput`` (``PAGE_INVALID``)."""
    rows = NoticeDelivery.objects.filter(channel_slug=channel_slug)
    page = newest_first(rows, "created_at", after, size)
    return page.of(lambda rows: [_delivery(row) for row in rows])


def _notice(row: Notice) -> NoticeLine:
    return NoticeLine(
        id=row.pk,
        kind=row.kind,
        code=row.code,
        severity=row.severity,
        subject=row.subject,
        number=row.number,
        message=row.message,
        cure=row.cure,
        due_by=row.due_by,
        state=row.state,
        first_seen=row.first_seen,
        told_at=row.told_at,
        closed_at=row.closed_at,
        url=conf.channel_url(row.channel_slug, row.place),
    )


def _delivery(row: NoticeDelivery) -> DeliveryLine:
    return DeliveryLine(
        id=str(row.key),
        means=row.means,
        reason=row.reason,
        target=row.target,
        state=row.state,
        attempts=row.attempts,
        error=row.error,
        words=words_for(row.error) if row.error else "",
        created_at=row.created_at,
        ended_at=row.ended_at,
    )
