"""Where TikTok, Stripe, Saleor and our rows do not agree: by area, compared again, repaired after a
dry run, or accepted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from django.http import HttpResponse

from .... import access, drift
from ....drift import Repair
from ....errors import InvalidInput
from .. import terms, words
from ..parts import Badge, Choice, Fact, Filter, Form, Input, Lines, Link, Table, table
from ..visits import Visit
from . import repairing

_SHOWN: Final = 100
"""So many steps of a dry run are shown."""
_STATES: Final = {"": "Open", "all": "All"}


def show(visit: Visit, planned: Sequence[Repair] = ()) -> HttpResponse:
    """Differences of ``?area=``; with ``?list=all`` also what is accepted or gone. ``planned``:
    what a repair of all would do."""
    area, everything = visit.query("area"), visit.query("list") == "all"
    if area in drift.BOOKS:
        visit.require(access.MONEY)
    areas = drift.open_areas(visit.may)
    page = drift.listed(
        visit.connections,
        area,
        areas=areas,
        states=drift.ALL if everything else drift.OPEN,
        after=visit.query("after"),
    )
    counted: Counter[str] = Counter()
    for one in drift.counts(visit.connections, areas=areas):
        counted[one.area] += one.number
    return visit.show(
        "drift.html",
        tabs=[
            (Link(_label(name, counted), visit.url(query={"area": name})), name == area)
            for name in ("", *areas)
        ],
        name=terms.words(terms.AREA, area) if area else "All differences",
        tours=list(_tours(visit)),
        filter=_filter(visit, area),
        table=repairing.differences_table(visit, page.items, empty="Nothing differs here."),
        pager=visit.pager(page.next, area=area, list="all" if everything else ""),
        check=Form("check", "Compare now", tone="plain"),
        plan=Form("plan", "Repair all…", tone="primary") if sum(counted.values()) else None,
        planned=_planned(visit, planned) if planned else None,
    )


def check(visit: Visit) -> HttpResponse:
    """Compare everything in the background."""
    if not visit.connections:
        raise InvalidInput("NOT_CONNECTED", "No account of this channel is connected.")
    for connection in visit.connections:
        drift.ask(connection, actor=visit.actor)
    return visit.go(visit.url(), "Everything is compared now, in the background.")


def plan(visit: Visit) -> HttpResponse:
    """Say what a repair of all would do; nothing is done."""
    return show(visit, _repaired(visit, dry_run=True))


def repair_all(visit: Visit) -> HttpResponse:
    """Bring everything that is open in step."""
    done = _repaired(visit, dry_run=False)
    asked = sum(one.asked for one in done)
    if not asked:
        return visit.go(visit.url(), "There is nothing that could be repaired.", "info")
    said = "One repair is on its way." if asked == 1 else f"{asked:,} repairs are on their way."
    return visit.go(visit.url(), f"{said} Whether it helped is checked in a minute.")


def _repaired(visit: Visit, *, dry_run: bool) -> list[Repair]:
    areas = drift.open_areas(visit.may)
    return [
        drift.repair(one, None, areas=areas, dry_run=dry_run, actor=visit.actor)
        for one in visit.connections
    ]


def repair(visit: Visit) -> HttpResponse:
    """Bring one difference in step."""
    return visit.go(visit.url(), repairing.repair_one(visit))


def accept(visit: Visit) -> HttpResponse:
    """Accept one difference, with a note."""
    return visit.go(visit.url(), repairing.accept_one(visit))


def _label(area: str, counted: Counter[str]) -> str:
    label = terms.words(terms.AREA, area) if area else "All"
    count = counted[area] if area else sum(counted.values())
    return f"{label} ({count:,})" if count else label


def _tours(visit: Visit) -> list[Fact]:
    facts = []
    for one, tour in zip(visit.connections, drift.tours(visit.connections), strict=True):
        under_way = Badge(f"Under way, {tour.seen:,} compared", "info") if tour.under_way else ""
        value = Lines((tour.checked_at or "Not compared yet", under_way))
        facts.append(Fact(f"{words.VENDORS[one.vendor]}, all compared", value))
    return facts


def _planned(visit: Visit, done: Sequence[Repair]) -> dict[str, object]:
    """What would be done, and the button that does it."""
    steps = [step for one in done for step in one.steps]
    asked = sum(one.asked for one in done)
    rows = [
        (
            repairing.subject_cell(visit, step.area, step.subject),
            terms.readable(step.code.lower()),
            repairing.step_words(step),
        )
        for step in steps[:_SHOWN]
    ]
    shown: Table = table(
        "What would be done", ("About", "What differs", "What would be done"), rows
    )
    confirm = Form("repair_all", "Repair now" if asked == 1 else f"Repair {asked:,} now")
    return {
        "asked": asked,
        "yours": sum(1 for step in steps if not step.job),
        "more": max(0, len(steps) - _SHOWN),
        "table": shown,
        "form": confirm if asked else None,
    }


def _filter(visit: Visit, area: str) -> Filter:
    choices = tuple(Choice(one, label) for one, label in _STATES.items())
    chosen = Input(
        "list", "Show", "select", value=visit.query("list"), choices=choices, id="filter-list"
    )
    return Filter((chosen,), hidden={"area": area} if area else {})
