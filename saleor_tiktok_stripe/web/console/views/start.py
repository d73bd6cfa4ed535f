"""The channel's health at a glance: each connection, how many orders are how, and what somebody
should do, with a button for it. Until something is connected it is the set-up guide."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from django.http import HttpResponse

from .... import access, accounts, jobs, notices
from ....accounts import Severity
from ....accounts.steps import StepState, first_run, is_set_up
from ....models import Connection, ConnectionState, Vendor
from ....notices import NoticeKind, Thing
from ....notices.things import things
from ....notices.words import KINDS
from ....orders import listing as orders
from .. import rendering, words
from ..parts import Attention, Badge, Code, Fact, Figure, Form, Link, Tone
from ..visits import CONSOLE, Visit

SHOWN: Final = 4
"""So many of a kind are shown; of the others the last one tells how many there are."""
_TONES: Final[dict[str, Tone]] = {
    ConnectionState.ACTIVE: "good",
    ConnectionState.PENDING: "info",
    ConnectionState.NEEDS_REAUTH: "bad",
    ConnectionState.DISABLED: "plain",
}
_TONE: Final[dict[Severity, Tone]] = {
    Severity.ERROR: "bad",
    Severity.WARNING: "warn",
    Severity.OK: "good",
}
_OPEN: Final = {
    NoticeKind.CASES: "Answer",
    NoticeKind.DISPUTES: "Answer",
    NoticeKind.SHIPMENTS: "Open the order",
    NoticeKind.PAYMENTS: "Open transactions",
    NoticeKind.STOCK: "Open stock",
    NoticeKind.MONEY: "Open money",
    NoticeKind.DRIFT: "Compare and repair",
    NoticeKind.DELIVERY: "Open settings",
}


def show(visit: Visit) -> HttpResponse:
    """The start page; leads to the guide while nothing is connected."""
    if visit.error is None and not is_set_up(visit.channel):
        return rendering.see_other(visit.url("guide"))
    found = sorted(things(visit.connections), key=_urgency)
    return visit.show(
        "start.html",
        connections=[(one, _badge(one), _facts(one), _buttons(visit, one)) for one in _used(visit)],
        figures=list(_figures(visit)),
        attention=list(_told(visit, found)),
        step=_next_step(visit),
        guide=visit.may(access.SETTINGS),
        notices=notices.listed(visit.channel, "closed", size=5).items,
    )


def verify(visit: Visit) -> HttpResponse:
    """Verify one vendor's connection, or all that are used."""
    vendor = visit.entered("vendor")
    wanted = [visit.connection(vendor)] if vendor in words.VENDORS else visit.connections
    used = [one for one in wanted if one.state == ConnectionState.ACTIVE]
    found = [finding for one in used for finding in accounts.verify(one, visit.actor)]
    wrong = [one for one in found if one.severity != Severity.OK]
    if not wrong:
        return visit.go(visit.url(), f"Verified: all {len(found)} checks are well.")
    tone = "bad" if accounts.worst(wrong) == Severity.ERROR else "info"
    return visit.go(
        visit.url(), f"Verified: {len(wrong)} of {len(found)} checks need a look.", tone
    )


def retry(visit: Visit) -> HttpResponse:
    """Try again all work of one kind that waits because of one problem."""
    groups = jobs.retry_many(
        visit.connections,
        kinds=[visit.entered("kind")],
        codes=[visit.entered("code")],
        actor=visit.actor,
    )
    number = sum(one.count for one in groups)
    if not number:
        return visit.go(visit.url(), "Nothing of this waits any more.", "info")
    things = "One thing is" if number == 1 else f"{number} things are"
    return visit.go(visit.url(), f"{things} tried again now.")


def _used(visit: Visit) -> list[Connection]:
    """What is used, else what there is."""
    used = [one for one in visit.connections if one.state != ConnectionState.DISABLED]
    return used or visit.connections


def _badge(one: Connection) -> Badge:
    return Badge(words.CONNECTION_STATES[one.state], _TONES[one.state])


def _facts(one: Connection) -> list[Fact]:
    account = Code(one.account_id) if one.account_id else None
    mode = "Live" if one.livemode else "Test: no real money moves"
    facts = [
        Fact("Shop" if one.vendor == Vendor.TIKTOK else "Account", one.account_name or None),
        Fact("Id", account),
        Fact("Mode", mode),
        Fact("Verified", one.verified_at),
    ]
    if one.refresh_expires_at is not None and one.vendor == Vendor.TIKTOK:
        facts.append(Fact("Authorized until", one.refresh_expires_at))
    return facts


def _buttons(visit: Visit, one: Connection) -> tuple[Form | Link, ...]:
    if not visit.may(access.SETTINGS):
        return ()
    if one.state != ConnectionState.ACTIVE:
        return (Link("Connect", visit.url("guide"), button=True),)
    hidden = {"vendor": one.vendor}
    again = Form("verify", "Verify", tone="plain", name=f"verify-{one.vendor}", hidden=hidden)
    return (again,)


def _figures(visit: Visit) -> Iterator[Figure]:
    shop = visit.connection_or_none(Vendor.TIKTOK)
    if shop is None or not shop.account_id:
        return
    counted = orders.counted(shop)
    pages = {one.name for one in visit.menu}
    for label, number, sync, tone in (
        ("Orders in step", counted.in_step, "in_step", "plain"),
        ("Orders on their way", counted.waiting, "waiting", "plain"),
        (
            "Orders that need attention",
            counted.parked,
            "parked",
            "bad" if counted.parked else "plain",
        ),
    ):
        url = visit.url("orders", {"sync": sync}) if "orders" in pages else ""
        yield Figure(label, f"{number:,}", tone=tone, url=url)  # type: ignore[arg-type]


def _urgency(one: Thing) -> tuple[bool, bool, float]:
    due = one.due_by.timestamp() if one.due_by else 0.0
    return (one.severity != Severity.ERROR, one.due_by is None, due)


def _told(visit: Visit, found: Sequence[Thing]) -> Iterator[Attention]:
    """In order, and of many that are alike the first ones."""
    alike = Counter((one.kind, one.code, one.severity) for one in found)
    seen: Counter[tuple[NoticeKind, str, Severity]] = Counter()
    for one in found:
        key = (one.kind, one.code, one.severity)
        seen[key] += 1
        if seen[key] <= SHOWN:
            yield _attention(visit, one)
        if seen[key] == alike[key] > SHOWN:
            told = KINDS[one.kind]
            rest = alike[key] - SHOWN
            place = told.place.partition("{")[0].removeprefix(CONSOLE)
            link = Link("See all", visit.place.base + place, button=True)
            links = (link,) if place and visit.may_open(place) else ()
            title = f"And {rest:,} more {told.one if rest == 1 else told.many}"
            yield Attention(_TONE[one.severity], title, actions=links)


def _attention(visit: Visit, one: Thing) -> Attention:
    tone = _TONE[one.severity]
    return Attention(
        tone, one.message, cure=one.cure, actions=tuple(_actions(visit, one)), due=one.due_by
    )


def _actions(visit: Visit, one: Thing) -> Iterator[Form | Link]:
    if one.kind == NoticeKind.WORK and visit.may(access.ORDERS):
        hidden = {"kind": one.subject, "code": one.code}
        name = f"retry-{one.connection.vendor}-{one.subject}-{one.code}".replace(".", "-").lower()
        yield Form("retry", "Try again", tone="plain", name=name, hidden=hidden)
        yield Link("See all", visit.url("activity", {"list": "parked"}), button=True)
    elif one.kind == NoticeKind.AUTHORIZATION and visit.may(access.SETTINGS):
        yield Link("Connect again", visit.url("guide"), button=True)
    elif one.kind == NoticeKind.SETUP and visit.may(access.SETTINGS):
        vendor = one.connection.vendor
        name = f"verify-{vendor}-{one.code}-{one.subject}".replace(".", "-").lower()
        yield Form("verify", "Verify again", tone="plain", name=name, hidden={"vendor": vendor})
    else:
        place = KINDS[one.kind].place.format(subject=one.subject).removeprefix(CONSOLE)
        if one.kind in _OPEN and visit.may_open(place):
            yield Link(_OPEN[one.kind], visit.place.base + place, button=True)


def _next_step(visit: Visit) -> Attention | None:
    """What is left of the set-up, where it was begun."""
    if not visit.may(access.SETTINGS):
        return None
    known = {one.vendor for one in visit.connections if one.state != ConnectionState.DISABLED}
    for step in first_run(visit.channel):
        begun = step.name not in ("tiktok", "stripe") or step.name in known
        if step.state == StepState.CURRENT and begun:
            link = Link("Go on with the set-up", visit.url("guide"), button=True)
            return Attention("info", step.title, step.words, actions=(link,))
    return None
