"""When a thing is told again: the marks it comes to, each told once. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from ..accounts import NoticeKind, Severity
from .things import Thing

HERE: Final = "here"
URGENT: Final = "urgent"
OVER: Final = "over"
HOURS: Final = (72, 24, 4)
"""Before a deadline, for what somebody has to do."""
ENDING_HOURS: Final = (720, 168, 24)
"""Before an authorization ends: 30, 7 and 1 days."""
NUMBERS: Final = (10, 100, 1_000, 10_000)
_DEADLINE: Final = frozenset({OVER, *(f"{hours}h" for hours in (*HOURS, *ENDING_HOURS))})


def reached(thing: Thing, now: datetime) -> list[str]:
    """The marks that ``thing`` has come to: that it is there, that it is urgent, that it became ten
    times as many, and the hours before its deadline, down to ``over``."""
    marks = [HERE]
    if thing.severity == Severity.ERROR:
        marks.append(URGENT)
    marks += [f"x{number}" for number in NUMBERS if thing.number >= number]
    if thing.due_by is not None:
        left = thing.due_by - now
        hours = ENDING_HOURS if thing.kind == NoticeKind.AUTHORIZATION else HOURS
        marks += [f"{one}h" for one in hours if left <= timedelta(hours=one)]
        marks += [OVER] * (left <= timedelta())
    return marks


def still_told(told: Iterable[str], marks: Iterable[str], *, put_off: bool) -> list[str]:
    """What counts as told of ``told``. Where the deadline was put off, what was told of the old one
    does not count for the new."""
    if not put_off:
        return list(told)
    kept = set(marks)
    return [mark for mark in told if mark in kept or mark not in _DEADLINE]
