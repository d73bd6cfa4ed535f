"""Looks what there is to tell, and writes down what is to be sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction

from ..accounts.notice_settings import parse_notice_policy
from ..errors import ChannelError
from ..jobs import clock
from ..models import Connection, Notice, NoticeSettings
from .collecting import undelivered
from .recording import Step, bring_in_step
from .telling import policy_in_zone, tell
from .things import Thing, in_use, things


@dataclass(frozen=True)
class Looked:
    """Notices that appeared, changed and were solved; messages that are sent now; ``wait``: when to
    look again, because more is gathered before it is told."""

    appeared: int = 0
    changed: int = 0
    solved: int = 0
    messages: int = 0
    wait: timedelta | None = None


def look(connections: Sequence[Connection]) -> Looked:
    """Bring the notices of these channels in step with what there is now; have sent what is due.

    ``connections`` must be all that their channels have. Nothing is called: what is sent is written
    down here, in the commit that says it was told.
    """
    found = Looked()
    for channel_slug, ones in _by_channel(connections).items():
        found = _together(found, _look(channel_slug, ones))
    return found


def look_everywhere() -> Looked:
    """``look`` at all channels that are in use, or have notices open still."""
    return look_at(
        {
            *Connection.objects.values_list("channel_slug", flat=True),
            *Notice.objects.filter(state=Notice.State.OPEN).values_list("channel_slug", flat=True),
        }
    )


def look_at(channels: set[str]) -> Looked:
    """``look`` at these channels, also where no connection is left. Raises what was wrong with one
    of them once all others were looked at."""
    known = _by_channel(list(Connection.objects.filter(channel_slug__in=channels)))
    found, wrong = Looked(), None
    for channel_slug in sorted(channels):
        try:
            found = _together(found, _look(channel_slug, known.get(channel_slug, [])))
        except ChannelError as error:
            wrong = wrong or error
    if wrong is not None:
        raise wrong
    return found


def _look(channel_slug: str, connections: Sequence[Connection]) -> Looked:
    used = [one for one in connections if in_use(one)]
    seen = {thing.key: thing for thing in [*things(used), *_undelivered(used)]}
    now = clock.now()
    with transaction.atomic():
        if not used and not Notice.objects.filter(channel_slug=channel_slug).exists():
            return Looked()
        NoticeSettings.objects.get_or_create(channel_slug=channel_slug)
        row = NoticeSettings.objects.select_for_update().get(channel_slug=channel_slug)
        step = bring_in_step(channel_slug, seen, now, silent=not used)
        policy = policy_in_zone(parse_notice_policy(row.policy), used)
        messages, wait = tell(row, policy, now)
    return _looked(step, messages, wait)


def _undelivered(used: Sequence[Connection]) -> list[Thing]:
    """Notices that did not arrive are told by the means that still work."""
    return undelivered(used[0]) if used else []


def _looked(step: Step, messages: int, wait: timedelta | None) -> Looked:
    return Looked(step.appeared, step.changed, step.closed, messages, wait)


def _together(one: Looked, other: Looked) -> Looked:
    waits = [wait for wait in (one.wait, other.wait) if wait is not None]
    return Looked(
        one.appeared + other.appeared,
        one.changed + other.changed,
        one.solved + other.solved,
        one.messages + other.messages,
        min(waits, default=None),
    )


def _by_channel(connections: Sequence[Connection]) -> Mapping[str, list[Connection]]:
    found: dict[str, list[Connection]] = {}
    for one in sorted(connections, key=lambda one: (one.channel_slug, one.pk)):
        found.setdefault(one.channel_slug, []).append(one)
    return found
