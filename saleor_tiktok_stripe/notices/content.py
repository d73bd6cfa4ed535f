"""What a message tells, as it is kept until it was delivered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, BaseModel, ConfigDict

from ..accounts import NoticeKind, NoticePolicy
from ..models import Notice
from .words import KINDS

MOST: Final = 50
"""So many things are told one by one, and so many solved ones; of the others the number."""
_ORDER: Final = list(KINDS)


class Item(BaseModel):
    """One thing. ``place`` is its page below the plugin's address of the channel. ``again``: it was
    told before and got worse, or its deadline is nearer."""

    model_config = ConfigDict(frozen=True)

    id: int
    kind: NoticeKind
    code: str
    severity: str
    subject: str
    number: int
    message: str
    cure: str
    due_by: AwareDatetime | None
    place: str
    again: bool = False


class Content(BaseModel):
    """``counts``: things by kind, those not among ``items`` included; ``more``: how many those are.
    ``solved`` are no more; ``waiting``: how many others were told before and are open."""

    model_config = ConfigDict(frozen=True)

    version: Literal[1] = 1
    reason: Literal["at_once", "digest", "test"]
    channel: str
    time_zone: str
    made_at: AwareDatetime
    items: tuple[Item, ...] = ()
    counts: dict[NoticeKind, int] = {}  # noqa: RUF012
    more: int = 0
    solved: tuple[Item, ...] = ()
    solved_number: int = 0
    waiting: int = 0

    @property
    def zone(self) -> ZoneInfo:
        """The shop's time zone."""
        return ZoneInfo(self.time_zone)

    @property
    def number(self) -> int:
        """How many things there are to tell."""
        return sum(self.counts.values())


def compose(
    reason: Literal["at_once", "digest", "test"],
    channel_slug: str,
    policy: NoticePolicy,
    now: datetime,
    notices: Sequence[Notice] = (),
    *,
    solved: Sequence[Notice] = (),
    waiting: int = 0,
) -> Content:
    """A message about ``notices``, the most urgent first."""
    ordered = sorted(notices, key=_rank)
    return Content(
        reason=reason,
        channel=channel_slug,
        time_zone=policy.time_zone,
        made_at=now,
        items=tuple(map(_item, ordered[:MOST])),
        counts=dict(Counter(NoticeKind(one.kind) for one in ordered)),
        more=max(0, len(ordered) - MOST),
        solved=tuple(map(_item, sorted(solved, key=_rank)[:MOST])),
        solved_number=len(solved),
        waiting=waiting,
    )


def _rank(notice: Notice) -> tuple[bool, bool, float, int, int]:
    due = notice.due_by
    return (
        notice.severity != "error",
        due is None,
        due.timestamp() if due is not None else 0.0,
        _ORDER.index(NoticeKind(notice.kind)),
        notice.pk,
    )


def _item(notice: Notice) -> Item:
    return Item(
        id=notice.pk,
        kind=NoticeKind(notice.kind),
        code=notice.code,
        severity=notice.severity,
        subject=notice.subject,
        number=notice.number,
        message=notice.message,
        cure=notice.cure,
        due_by=notice.due_by,
        place=notice.place,
        again=bool(notice.told),
    )
