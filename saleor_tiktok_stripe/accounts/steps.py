"""The way of a channel from nothing to its first orders, as steps that say where it stands.

Not among the names of ``accounts``: it asks ``orders`` how far the first import is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ..models import Connection, ConnectionState, JobStatus, OrderLink, Vendor
from ..orders.backfill import Progress, backfill_progress
from .findings import Finding, Severity, findings, worst
from .lookup import channel_connections
from .sealed import unreadable
from .tiktok.connecting import shops_to_choose


class StepState(StrEnum):
    """``current``: the next thing to do; ``attention``: begun, and something is in the way."""

    DONE = "done"
    CURRENT = "current"
    TODO = "todo"
    ATTENTION = "attention"


@dataclass(frozen=True)
class Step:
    """``name`` is ``prepare``, ``tiktok``, ``stripe``, ``verify`` or ``import``. ``words`` say
    where it stands. ``findings``: what the verification found that is not well. ``progress`` of the
    first import. ``running``: it goes on by itself; look again."""

    name: str
    title: str
    state: StepState
    words: str
    findings: tuple[Finding, ...] = ()
    progress: Progress | None = None
    running: bool = False


_TITLES: Final = {
    "prepare": "Get your accounts ready",
    "tiktok": "Connect the TikTok shop",
    "stripe": "Connect the Stripe account",
    "verify": "Verify that everything works",
    "import": "Import your orders",
}
_RUNNING: Final = frozenset({JobStatus.QUEUED, JobStatus.RUNNING})


def first_run(channel_slug: str) -> tuple[Step, ...]:
    """The steps of a channel in order; the first that is neither done nor in trouble is
    ``current``. A channel may go without a shop, or without Stripe: then that step stays open."""
    known = channel_connections(channel_slug)
    by_vendor = {one.vendor: one for one in known}
    tiktok, stripe = by_vendor.get(Vendor.TIKTOK), by_vendor.get(Vendor.STRIPE)
    steps = (
        _prepare(known),
        _connected("tiktok", tiktok),
        _connected("stripe", stripe),
        _verified(known),
        _imported(tiktok),
    )
    return _with_current(steps)


def is_set_up(channel_slug: str) -> bool:
    """Whether anything is connected: from then on the channel has a state worth looking at."""
    used = (ConnectionState.ACTIVE, ConnectionState.NEEDS_REAUTH)
    return any(one.state in used for one in channel_connections(channel_slug))


def _with_current(steps: Sequence[Step]) -> tuple[Step, ...]:
    marked: list[Step] = []
    found = False
    for step in steps:
        state = step.state
        if state == StepState.TODO and not found and _may_begin(step, marked):
            state, found = StepState.CURRENT, True
        found = found or state == StepState.ATTENTION
        marked.append(_in_state(step, state))
    return tuple(marked)


def _may_begin(step: Step, before: Sequence[Step]) -> bool:
    done = {one.name for one in before if one.state == StepState.DONE}
    needs = {"verify": {"tiktok", "stripe"}, "import": {"tiktok"}}.get(step.name)
    return needs is None or bool(needs & done)


def _in_state(step: Step, state: StepState) -> Step:
    return Step(
        step.name, step.title, state, step.words, step.findings, step.progress, step.running
    )


def _step(name: str, state: StepState, words: str, found: Sequence[Finding] = ()) -> Step:
    return Step(name, _TITLES[name], state, words, tuple(found))


def _prepare(known: Sequence[Connection]) -> Step:
    if known:
        return _step("prepare", StepState.DONE, "What you entered is kept, encrypted.")
    words = "Have these at hand, so that the rest takes a few minutes."
    return _step("prepare", StepState.TODO, words)


_NOT_BEGUN: Final = {
    "tiktok": "Its orders, stock and shipments are kept in step with this channel.",
    "stripe": "This channel takes payments with it.",
}


def _connected(name: str, connection: Connection | None) -> Step:
    if connection is None:
        return _step(name, StepState.TODO, _NOT_BEGUN[name])
    problem = unreadable(connection)
    if problem is not None:
        return _step(name, StepState.ATTENTION, problem.message)
    match connection.state:
        case ConnectionState.ACTIVE:
            return _step(name, StepState.DONE, _connected_words(connection))
        case ConnectionState.NEEDS_REAUTH:
            return _step(name, StepState.ATTENTION, connection.state_reason)
        case ConnectionState.DISABLED:
            words = connection.state_reason or "It is switched off."
            return _step(name, StepState.TODO, words)
    if shops_to_choose(connection):
        words = "Your authorization covers several shops. Choose the one of this channel."
        return _step(name, StepState.TODO, words)
    return _step(name, StepState.TODO, "The keys are saved. What is missing is your consent.")


def _connected_words(connection: Connection) -> str:
    if connection.vendor == Vendor.TIKTOK:
        return f"Connected to {connection.account_name} ({connection.region})."
    mode = "live mode" if connection.livemode else "test mode: no real money moves"
    return f"Connected to {connection.account_name} ({mode})."


def _verified(known: Sequence[Connection]) -> Step:
    used = [one for one in known if one.state == ConnectionState.ACTIVE]
    if not used:
        return _step("verify", StepState.TODO, "Every part that must fit is tried, and repaired.")
    if any(one.verified_at is None for one in used):
        words = "It runs by itself within seconds. You can ask for it at any time."
        return _step("verify", StepState.TODO, words)
    found = [one for each in used for one in findings(each) if one.severity != Severity.OK]
    if worst(found) == Severity.ERROR:
        words = "Something below must be mended first."
        return _step("verify", StepState.ATTENTION, words, found)
    return _step("verify", StepState.DONE, "Everything that must work does.", found)


def _imported(tiktok: Connection | None) -> Step:
    if tiktok is None or tiktok.state != ConnectionState.ACTIVE:
        words = "New orders come by themselves; earlier ones when you ask for them."
        return _step("import", StepState.TODO, words)
    progress = backfill_progress(tiktok)
    if progress is None:
        return _without_history(tiktok)
    running = progress.status in _RUNNING
    state = _IMPORTED.get(JobStatus(progress.status), StepState.TODO)
    return Step("import", _TITLES["import"], state, _told(progress), (), progress, running)


_IMPORTED: Final = {
    JobStatus.DONE: StepState.DONE,
    JobStatus.PARKED: StepState.ATTENTION,
    JobStatus.DEAD: StepState.ATTENTION,
}


def _without_history(tiktok: Connection) -> Step:
    number = OrderLink.objects.filter(connection=tiktok).count()
    if number:
        words = f"Orders come by themselves: {number:,} so far. Earlier ones were not asked for."
        return _step("import", StepState.DONE, words)
    words = "New orders come by themselves. Import earlier ones if you want them in Saleor too."
    return _step("import", StepState.TODO, words)


def _told(progress: Progress) -> str:
    total = "" if progress.total is None else f" of {progress.total:,}"
    parked = f", {progress.parked:,} need attention" if progress.parked else ""
    counted = f"{progress.seen:,}{total} orders read: {progress.imported:,} are in Saleor{parked}."
    if progress.status in _RUNNING:
        return f"The import runs. {counted}"
    return counted if progress.status == JobStatus.DONE else f"The import stopped. {counted}"
