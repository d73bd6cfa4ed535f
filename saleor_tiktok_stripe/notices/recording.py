"""Brings a channel's notices in step with what there is to tell now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from ..models import Notice
from .marks import reached, still_told
from .things import Thing
from .words import KINDS, clean

QUIET: Final = timedelta(hours=24)
"""What comes back so soon after it went is the same trouble: it is not told again."""
PUT_OFF: Final = timedelta(hours=1)
"""A deadline that is so much later is another deadline."""
_BATCH: Final = 500
_KEYS: Final = 5_000
_SHOWN: Final = ("severity", "number", "message", "cure", "place", "due_by", "connection_id")
_KEPT: Final = ("state", "reached", "told", "pending_since", "first_seen", "closed_at")


@dataclass(frozen=True)
class Step:
    """How many notices appeared, changed and closed."""

    appeared: int = 0
    changed: int = 0
    closed: int = 0


def bring_in_step(
    channel_slug: str, seen: Mapping[str, Thing], now: datetime, *, silent: bool = False
) -> Step:
    """Write what changed; call it in a transaction that holds the channel's ``NoticeSettings``.

    ``silent``: what closes was not solved (the channel is not used any more): nobody is told.
    """
    open_ = Notice.objects.filter(channel_slug=channel_slug, state=Notice.State.OPEN)
    rows = {row.key: row for row in open_}
    rows |= _closed(channel_slug, [key for key in seen if key not in rows])
    appeared, changed, closed = [], [], []
    for key, thing in seen.items():
        row = rows.pop(key, None)
        if row is None:
            appeared.append(_new(channel_slug, thing, now))
        elif _follow(row, thing, now):
            changed.append(row)
    for row in rows.values():
        _close(row, now, silent=silent)
        closed.append(row)
    Notice.objects.bulk_create(appeared, batch_size=_BATCH)
    names = (*_SHOWN[:-1], "connection", *_KEPT, "closing_told")
    Notice.objects.bulk_update([*changed, *closed], names, batch_size=_BATCH)
    return Step(len(appeared), len(changed), len(closed))


def _closed(channel_slug: str, keys: list[str]) -> dict[str, Notice]:
    found: dict[str, Notice] = {}
    for start in range(0, len(keys), _KEYS):
        rows = Notice.objects.filter(channel_slug=channel_slug, key__in=keys[start : start + _KEYS])
        found |= {row.key: row for row in rows}
    return found


def _new(channel_slug: str, thing: Thing, now: datetime) -> Notice:
    return Notice(
        channel_slug=channel_slug,
        key=thing.key,
        kind=thing.kind.value,
        code=thing.code,
        subject=thing.subject[:255],
        reached=reached(thing, now),
        pending_since=now,
        first_seen=now,
        **_shown(thing),
    )


def _shown(thing: Thing) -> dict[str, Any]:
    return {
        "severity": thing.severity.value,
        "number": thing.number,
        "message": clean(thing.message),
        "cure": clean(thing.cure),
        "place": KINDS[thing.kind].page(thing.subject)[:255],
        "due_by": thing.due_by,
        "connection_id": thing.connection.pk,
    }


def _follow(row: Notice, thing: Thing, now: datetime) -> bool:
    """Make ``row`` say what ``thing`` is now; whether that changed anything."""
    before = _values(row)
    later = _put_off(row.due_by, thing.due_by)
    for name, value in _shown(thing).items():
        setattr(row, name, value)
    row.reached = reached(thing, now)
    row.told = still_told(row.told, row.reached, put_off=later)
    if row.state == Notice.State.CLOSED:
        _reopen(row, now)
    untold = set(row.reached) - set(row.told)
    row.pending_since = (row.pending_since or now) if untold else None
    return _values(row) != before


def _values(row: Notice) -> list[Any]:
    return [getattr(row, name) for name in (*_SHOWN, *_KEPT)]


def _put_off(before: datetime | None, after: datetime | None) -> bool:
    return before is not None and after is not None and after - before > PUT_OFF


def _reopen(row: Notice, now: datetime) -> None:
    """The same trouble again, or, once its end was told or is long ago, a new one."""
    soon = row.closed_at is not None and now - row.closed_at <= QUIET
    if row.closing_told or not soon:
        row.told = []
        row.first_seen = now
    row.state = Notice.State.OPEN
    row.closed_at = None
    row.closing_told = False
    row.pending_since = None


def _close(row: Notice, now: datetime, *, silent: bool) -> None:
    row.state = Notice.State.CLOSED
    row.closed_at = now
    row.pending_since = None
    row.closing_told = silent or not row.told


def told(notices: Iterable[Notice], now: datetime) -> None:
    """Write down that the marks of ``notices`` are told, in the transaction of their delivery."""
    rows = list(notices)
    for row in rows:
        row.told = sorted({*row.told, *row.reached})
        row.told_at = now
        row.pending_since = None
    Notice.objects.bulk_update(rows, ["told", "told_at", "pending_since"], batch_size=_BATCH)
