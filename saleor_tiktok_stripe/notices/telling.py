"""Decides what is told when, and writes the messages down: nothing is sent here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final

from ..accounts import NoticeMode, NoticePolicy, Severity
from ..insights import zone_of
from ..jobs import LANE_CLICK, enqueue_many
from ..models import Connection, Notice, NoticeDelivery, NoticeSettings
from .content import Content, compose
from .recording import told

GATHER: Final = timedelta(minutes=2)
"""So long things are gathered before they are told at once: what comes together is one message."""
PAUSE: Final = timedelta(minutes=15)
"""The least time between two messages at once."""
SEND: Final = "notice.send"


def tell(row: NoticeSettings, policy: NoticePolicy, now: datetime) -> tuple[int, timedelta | None]:
    """Write down what is due now; how many messages, and when to look again at the latest.

    Call it in a transaction that holds ``row``: what is told and that it was told are one commit.
    """
    messages = 0
    wait = None
    if policy.tells_somebody:
        urgent = [one for one in _pending(row, policy) if _at_once(policy, one)]
        wait = _wait(row, urgent, now)
        if urgent and not wait:
            content = compose("at_once", row.channel_slug, policy, now, urgent)
            messages += deliver(content, policy, now)
            told(urgent, now)
            row.told_at = now
    messages += _digest(row, policy, now)
    row.save()
    return messages, wait or None


def policy_in_zone(policy: NoticePolicy, connections: Sequence[Connection]) -> NoticePolicy:
    """The same with the shop's time zone where none is chosen for notices."""
    if policy.time_zone:
        return policy
    return policy.model_copy(update={"time_zone": zone_of(connections)})


def deliver(content: Content, policy: NoticePolicy, now: datetime) -> int:
    """One row and one job for each receiver of ``content``; how many."""
    rows = receivers(content, policy, now)
    NoticeDelivery.objects.bulk_create(rows)
    enqueue_many(SEND, None, [str(row.key) for row in rows], lane=LANE_CLICK)
    return len(rows)


def receivers(content: Content, policy: NoticePolicy, now: datetime) -> list[NoticeDelivery]:
    """The rows, not saved: a mail to each recipient, and the webhook."""
    means = [(NoticeDelivery.Means.MAIL, address) for address in policy.recipients]
    if policy.webhook_url:
        means.append((NoticeDelivery.Means.WEBHOOK, ""))
    return [
        NoticeDelivery(
            channel_slug=content.channel,
            means=one,
            reason=content.reason,
            target=target,
            content=content.model_dump(mode="json"),
            created_at=now,
        )
        for one, target in means
    ]


def _pending(row: NoticeSettings, policy: NoticePolicy) -> list[Notice]:
    rows = Notice.objects.filter(
        channel_slug=row.channel_slug, state=Notice.State.OPEN, pending_since__isnull=False
    )
    return [one for one in rows if policy.mode(one.kind) != NoticeMode.OFF]


def _at_once(policy: NoticePolicy, notice: Notice) -> bool:
    mode = policy.mode(notice.kind)
    urgent = notice.severity == Severity.ERROR
    return mode == NoticeMode.AT_ONCE or (mode == NoticeMode.URGENT and urgent)


def _wait(row: NoticeSettings, urgent: Sequence[Notice], now: datetime) -> timedelta:
    """How long more is gathered, or the pause since the last message lasts."""
    since = [one.pending_since for one in urgent if one.pending_since is not None]
    ends = [min(since) + GATHER] if since else []
    if since and row.told_at is not None:
        ends.append(row.told_at + PAUSE)
    return max([end - now for end in ends] + [timedelta()])


def _digest(row: NoticeSettings, policy: NoticePolicy, now: datetime) -> int:
    """The digest of what is not told at once, once a day; how many messages. The first comes at
    its hour, not when it is switched on; one that was missed comes as soon as somebody works."""
    day = digest_day(policy, now)
    due = row.digest_on is not None and day > row.digest_on
    row.digest_on = day
    if not due or not policy.tells_somebody:
        return 0
    news = [one for one in _pending(row, policy) if not _at_once(policy, one)]
    solved = _solved(row, policy)
    if not news and not solved and not policy.empty_digest:
        return 0
    open_ = Notice.objects.filter(
        channel_slug=row.channel_slug, state=Notice.State.OPEN, pending_since__isnull=True
    )
    waiting = sum(
        policy.mode(kind) != NoticeMode.OFF for kind in open_.values_list("kind", flat=True)
    )
    content = compose(
        "digest",
        row.channel_slug,
        policy,
        now,
        news,
        solved=solved,
        waiting=waiting,
    )
    messages = deliver(content, policy, now)
    told(news, now)
    Notice.objects.filter(pk__in=[one.pk for one in solved]).update(closing_told=True)
    return messages


def digest_day(policy: NoticePolicy, now: datetime) -> date:
    """The day whose digest is the newest one at ``now``: a day begins at the digest's hour."""
    local = now.astimezone(policy.zone).replace(tzinfo=None)
    return (local - timedelta(hours=policy.digest_hour)).date()


def _solved(row: NoticeSettings, policy: NoticePolicy) -> list[Notice]:
    rows = Notice.objects.filter(
        channel_slug=row.channel_slug, state=Notice.State.CLOSED, closing_told=False
    )
    return [one for one in rows if policy.mode(one.kind) != NoticeMode.OFF]
