"""The jobs of this room."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from .. import conf
from ..jobs import Again, ClaimedJob, Done, Result, clock
from ..jobs.schedule import delete_in_batches
from ..models import Connection, Notice, NoticeDelivery
from .looking import look_everywhere
from .sending import send

__all__ = ["forget_old", "look", "send"]


def look(_: Connection | None, claimed: Sequence[ClaimedJob]) -> Mapping[int, Result]:
    """Handler of ``notices.look``: all channels, and again soon where more is gathered."""
    found = look_everywhere()
    note = f"appeared={found.appeared} solved={found.solved} messages={found.messages}"
    result: Result = Done(note=note)
    if found.wait is not None:
        result = Again(max(1.0, found.wait.total_seconds()))
    return {job.id: result for job in claimed}


def forget_old() -> int:
    """Remove messages and solved notices that are as old as events may be; returns rows."""
    before = clock.now() - timedelta(days=conf.event_retention_days())
    solved = Notice.objects.filter(state=Notice.State.CLOSED, closed_at__lt=before)
    return delete_in_batches(
        NoticeDelivery.objects.filter(created_at__lt=before)
    ) + delete_in_batches(solved)
