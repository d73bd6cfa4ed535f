"""Asking again for the work of stored notifications, and letting old ones go."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, QuerySet

from .. import conf
from ..errors import InvalidInput
from ..jobs import clock, enqueue_many, health
from ..jobs.schedule import delete_in_batches
from ..models import AuditEntry, Connection, EventStatus, InboundEvent, Vendor
from ..models.fields import UnreadableSecret
from . import doors, receiving
from .types import ChannelInbox, InboxHealth, ReplayReport
from .vendors import FED_KINDS, WIRES

_BATCH = 500


def replay(event_ids: Sequence[int], actor: str) -> ReplayReport:
    """Hand these events over once more, because ``actor`` asked; harmless however often.

    Ignored ones are handed over too when their type is known by now, those never that a lost
    encryption key keeps from being read. Written to the audit log.
    """
    return _replay(InboundEvent.objects.filter(pk__in=list(event_ids)), actor)


def replay_since(
    connection: Connection, since: datetime, actor: str, kind: str = ""
) -> ReplayReport:
    """``replay`` of all that a connection received since then, of all types or one."""
    events = InboundEvent.objects.filter(connection=connection, received_at__gte=since)
    return _replay(events.filter(event_type=kind) if kind else events, actor)


def _replay(events: QuerySet[InboundEvent], actor: str) -> ReplayReport:
    replayed = ignored = 0
    last = 0
    while page := list(
        events.filter(pk__gt=last).select_related("connection").order_by("pk")[:_BATCH]
    ):
        last = page[-1].pk
        with transaction.atomic():
            handed_over = [event.pk for event in page if _hand_over(event)]
            InboundEvent.objects.filter(pk__in=handed_over).update(
                replays=F("replays") + 1, status=EventStatus.HANDED_OVER
            )
            for connection_id in sorted({event.connection_id for event in page}):
                theirs = {event.pk for event in page if event.connection_id == connection_id}
                AuditEntry.objects.create(
                    actor=actor,
                    action="event.replay",
                    connection_id=connection_id,
                    data={"event_ids": [pk for pk in handed_over if pk in theirs]},
                )
        replayed += len(handed_over)
        ignored += len(page) - len(handed_over)
    return ReplayReport(replayed, ignored)


def _hand_over(event: InboundEvent) -> bool:
    door = doors.of(event.connection)
    try:
        requests = WIRES[Vendor(event.provider)].read(event.body.encode(), door).requests
    except (InvalidInput, UnreadableSecret):
        return False
    for request in requests:
        enqueue_many(request.job, event.connection, request.subjects)
    return bool(requests)


def remove_old_events() -> int:
    """Remove events past ``conf.event_retention_days``; returns how many."""
    horizon = clock.now() - timedelta(days=conf.event_retention_days())
    return sum(
        delete_in_batches(
            InboundEvent.objects.filter(connection_id=connection_id, received_at__lt=horizon)
        )
        for connection_id in Connection.objects.values_list("pk", flat=True)
    )


def inbox_health() -> InboxHealth:
    """When each connection last heard something, and how long notifications wait for their work."""
    waiting: dict[int | None, float] = {}
    for row in health().rows:
        if row.kind in FED_KINDS:
            longest = max(row.oldest_due_seconds, waiting.get(row.connection_id, 0.0))
            waiting[row.connection_id] = longest
    channels = tuple(
        ChannelInbox(
            connection_id=connection_id,
            last_received_at=InboundEvent.objects.filter(connection_id=connection_id)
            .order_by("-received_at")
            .values_list("received_at", flat=True)
            .first(),
            waiting_seconds=waiting.get(connection_id, 0.0),
        )
        for connection_id in Connection.objects.order_by("pk").values_list("pk", flat=True)
    )
    return InboxHealth(channels, receiving.answers())
