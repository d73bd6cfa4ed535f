"""What came in, what was worked, and who did what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from django.http import HttpResponse

from .... import access, accounts, inbox, jobs
from ....errors import InvalidInput
from ....inbox import listing as received
from ....jobs import listing as work
from ....models import AuditEntry, EventStatus, InboundEvent, JobStatus
from .. import entries, words
from ..parts import (
    Attention,
    Badge,
    Choice,
    Code,
    Column,
    Filter,
    Form,
    Input,
    Lines,
    Link,
    Table,
    table,
)
from ..visits import Visit

PARKED, EVENTS, JOBS, AUDIT = "parked", "events", "jobs", "audit"
TABS: Final[Mapping[str, str]] = {
    PARKED: "Needs attention",
    EVENTS: "Notifications",
    JOBS: "All work",
    AUDIT: "Audit log",
}
_AGAIN: Final = Column("Again", hidden=True)
_JOB_TONES: Final = {
    JobStatus.QUEUED: "info",
    JobStatus.RUNNING: "info",
    JobStatus.PARKED: "warn",
    JobStatus.DONE: "good",
    JobStatus.DEAD: "bad",
}


def show(visit: Visit) -> HttpResponse:
    """One of the lists, by ``?list=``; ``?state=`` filters it."""
    tab = visit.query("list") if visit.query("list") in TABS else PARKED
    listed, following, states = _LISTS[tab](visit)
    return visit.show(
        "activity.html",
        tabs=[(Link(TABS[one], visit.url(query={"list": one})), one == tab) for one in TABS],
        name=TABS[tab],
        groups=_groups(visit) if tab == PARKED else [],
        table=listed,
        filter=_filter(visit, tab, states),
        pager=visit.pager(following, list=tab, state=visit.query("state")),
    )


def retry(visit: Visit) -> HttpResponse:
    """Try again all that waits for one reason."""
    groups = jobs.retry_many(
        visit.connections,
        kinds=[visit.entered("kind")],
        codes=[visit.entered("code")],
        actor=visit.actor,
    )
    number = sum(one.count for one in groups)
    words_ = "Nothing of this waits any more." if not number else f"{number:,} tried again now."
    return visit.go(visit.url(query={"list": PARKED}), words_, "good" if number else "info")


def retry_one(visit: Visit) -> HttpResponse:
    """Try one job again."""
    found = work.find_job(visit.connections, entries.number(visit, "job"))
    jobs.retry([found.id], visit.actor)
    return visit.go(visit.url(query={"list": PARKED}), f"{words.job(found.kind)}: tried again now.")


def replay(visit: Visit) -> HttpResponse:
    """Hand a notification over once more."""
    wanted = entries.number(visit, "event")
    here = InboundEvent.objects.filter(connection__in=visit.connections)
    if not here.filter(pk=wanted).exists():
        raise InvalidInput("EVENT_UNKNOWN", "This notification is not kept any more.")
    report = inbox.replay([wanted], visit.actor)
    if report.replayed:
        return visit.go(
            visit.url(query={"list": EVENTS}), "The notification was handed over again."
        )
    return visit.go(
        visit.url(query={"list": EVENTS}), "There is nothing to do for this notification.", "info"
    )


def _groups(visit: Visit) -> list[Attention]:
    """What waits by its reason, with one button for all of it."""
    may = visit.may(access.ORDERS)
    found = jobs.retry_many(visit.connections, actor=visit.actor, dry_run=True)
    return [
        Attention(
            "warn",
            f"{words.job(one.kind)}: {one.count:,}",
            one.cause,
            one.cure,
            (_retry_form(one.kind, one.code, one.count),) if may else (),
        )
        for one in found
    ]


def _retry_form(kind: str, code: str, count: int) -> Form:
    return Form(
        "retry",
        "Try all again" if count > 1 else "Try again",
        tone="plain",
        name=f"retry-{kind}-{code}".replace(".", "-").lower(),
        hidden={"kind": kind, "code": code},
    )


def _parked(visit: Visit) -> tuple[Table, str, dict[str, str]]:
    page = work.parked(visit.connections, after=visit.query("after"))
    may = visit.may(access.ORDERS)
    rows = [
        (
            Lines((words.job(one.kind), Code(one.subject))),
            Lines((one.cause, one.cure, Code(one.code))),
            one.created_at,
            one.attempts,
            Form(
                "retry_one",
                "Try again",
                tone="plain",
                name=f"job-{one.id}",
                hidden={"job": str(one.id)},
            )
            if may
            else None,
        )
        for one in page.items
    ]
    columns = ("Work", "Why it waits", "Since", Column("Tries", number=True), _AGAIN)
    empty = "Nothing waits for anybody."
    return table("Work that waits for somebody", columns, rows, empty=empty), page.next, {}


def _events(visit: Visit) -> tuple[Table, str, dict[str, str]]:
    page = received.events(
        visit.connections, status=visit.query("state"), after=visit.query("after")
    )
    may = visit.may(access.SETTINGS)
    rows = [
        (
            Lines((words.event(one.event_type), Code(one.subject))),
            words.VENDORS.get(one.vendor, one.vendor),
            one.received_at,
            Lines(
                (
                    Badge("Handed over", "good")
                    if one.status == EventStatus.HANDED_OVER
                    else Badge("Nothing to do"),
                    f"{one.replays} times again" if one.replays else "",
                )
            ),
            Form(
                "replay",
                "Hand over again",
                tone="plain",
                name=f"replay-{one.id}",
                hidden={"event": str(one.id)},
            )
            if may
            else None,
        )
        for one in page.items
    ]
    columns = ("Notification", "From", "Received", "State", _AGAIN)
    listed = table(
        "Notifications received, newest first",
        columns,
        rows,
        empty="Nothing was received yet. Notifications come within seconds once something happens.",
    )
    return listed, page.next, dict(EventStatus.choices)


def _jobs(visit: Visit) -> tuple[Table, str, dict[str, str]]:
    page = work.recent(visit.connections, status=visit.query("state"), after=visit.query("after"))
    rows = [
        (
            Lines((words.job(one.kind), Code(one.subject))),
            Badge(words.STATUSES[one.status], _JOB_TONES[JobStatus(one.status)]),  # type: ignore[arg-type]
            Lines((one.outcome, Code(one.code))) if one.outcome or one.code else None,
            one.created_at,
            one.finished_at or one.run_after,
        )
        for one in page.items
    ]
    columns = ("Work", "State", "Outcome", "Asked for", "Done, or due")
    listed = table("Work, newest first", columns, rows, empty="There was no work yet.")
    return listed, page.next, words.STATUSES


def _audit(visit: Visit) -> tuple[Table, str, dict[str, str]]:
    page = accounts.audit_entries(visit.connections, after=visit.query("after"))
    rows = [(words.audit(one.action), one.actor, _what(one), one.at) for one in page.items]
    columns = ("What", "By", "About", "When")
    return table("Audit log, newest first", columns, rows), page.next, {}


def _what(entry: AuditEntry) -> Lines:
    told = [f"{name.replace('_', ' ')}: {value}" for name, value in entry.data.items() if value]
    return Lines((Code(entry.subject) if entry.subject else "", *told))


def _filter(visit: Visit, tab: str, states: Mapping[str, str]) -> Filter | None:
    if not states:
        return None
    choices = (Choice("", "All"), *(Choice(key, label) for key, label in states.items()))
    return Filter(
        (
            Input(
                "state",
                "State",
                "select",
                value=visit.query("state"),
                choices=choices,
                id="filter-state",
            ),
        ),
        hidden={"list": tab},
    )


_LISTS: Final[Mapping[str, Callable[[Visit], tuple[Table, str, dict[str, str]]]]] = {
    PARKED: _parked,
    EVENTS: _events,
    JOBS: _jobs,
    AUDIT: _audit,
}
