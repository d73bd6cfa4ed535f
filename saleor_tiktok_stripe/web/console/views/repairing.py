"""Differences as they are shown, repaired and accepted: on the pages of drift, of an order and of
the money."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from .... import drift
from ....drift import Line, Step
from ....errors import InvalidInput
from ....models import Connection, Difference
from .. import terms, words
from ..entries import number
from ..parts import Code, Column, Form, Input, Lines, Link, Table, table
from ..visits import Visit
from .moneys import by

_DO: Final = Column("Do", hidden=True)
_OPEN: Final = ("open", "repairing")
NOTE_LENGTH: Final = 500


def differences_table(
    visit: Visit, lines: Sequence[Line], *, empty: str, subject: bool = True
) -> Table:
    """Each with what either side has, and what can be done; ``subject``: what it is about too."""
    rows = [_row(visit, one, subject=subject) for one in lines]
    columns: list[str | Column] = ["What differs", "State", "Here", "At the other side", "Since"]
    return table("Differences, oldest first", [*columns, _DO], rows, empty=empty)


def repair_one(visit: Visit, areas: Sequence[str] = ()) -> str:
    """Bring one difference in step; what is said afterwards. ``areas``: only of these, for pages
    whose rule opens no others; left out: those open to this person. Raises ``InvalidInput``."""
    connection, row = _found(visit, areas)
    done = drift.repair(connection, [row.pk], dry_run=False, actor=visit.actor)
    if not done.asked:
        told = done.steps[0].cure if done.steps else "It was accepted, or is gone."
        raise InvalidInput("NOTHING_TO_REPAIR", told)
    return "The repair is on its way. Whether it helped is checked in a minute."


def accept_one(visit: Visit, areas: Sequence[str] = ()) -> str:
    """Accept one difference with a note, as ``repair_one``."""
    connection, row = _found(visit, areas)
    note = visit.entered("note")
    if not note:
        raise InvalidInput("NOTE_REQUIRED", "Say in a few words why it is all right.", field="note")
    if not drift.accept(connection, [row.pk], actor=visit.actor, note=note[:NOTE_LENGTH]):
        raise InvalidInput("DIFFERENCE_GONE", "This difference is gone already.")
    return "Accepted. It opens again when one of the sides changes."


def step_words(step: Step) -> str:
    """What a repair would do about a difference."""
    return words.job(step.job) if step.job else f"You have to act. {step.cure}".strip()


def subject_cell(visit: Visit, area: str, subject: str) -> Any:
    """What a difference is about, with a link where there is a page of it."""
    if area in ("order", "money"):
        if visit.may_open(f"orders/{subject}/"):
            return Link(subject, visit.url("order", id=subject))
    elif area == "payout" and visit.may_open(f"money/payouts/{subject}/"):
        what, _, name = subject.partition(":")
        if what == "payout":
            return Link(name, visit.url("payout", id=name))
    elif area == "payment" and visit.may_open(f"transactions/{subject}/"):
        return Link(subject, visit.url("transaction", id=subject))
    elif area == "sku" and visit.may_open(f"stock/{subject}/"):
        return Link(subject, visit.url("sku", id=subject))
    return Code(subject.replace(":", " "))


def _row(visit: Visit, one: Line, *, subject: bool) -> list[Any]:
    what: tuple[Any, ...] = (one.words, by(one.amount, one.currency), one.cure)
    if subject:
        what = (subject_cell(visit, one.area, one.subject), *what)
    row = [
        Lines(what),
        Lines((terms.badge(terms.DIFFERENCE, one.state), one.note, terms.person(one.actor))),
        _side(one.ours),
        _side(one.theirs),
        one.first_seen,
    ]
    return [*row, _forms(one)]


def _forms(one: Line) -> tuple[Form, ...]:
    if one.state not in _OPEN:
        return ()
    hidden = {"difference": str(one.id)}
    repair = Form(
        "repair",
        "Repair",
        tone="primary",
        name=f"repair-{one.id}",
        hidden=hidden,
        summary="Repair…",
        confirm=f"It would be asked for: {words.job(one.job)}.",
    )
    note = Input("note", "Why it is all right", required=True, help="For the audit log.")
    accept = Form(
        "accept",
        "Accept",
        (note,),
        name=f"accept-{one.id}",
        hidden=hidden,
        summary="Accept…",
    )
    return (repair, accept) if one.job else (accept,)


def _side(facts: Mapping[str, str]) -> Lines:
    return Lines(
        tuple(
            f"{terms.readable(name)}: {value}"
            for name, value in facts.items()
            if name not in ("cause", "cure", "problem")
        )
    )


def _found(visit: Visit, areas: Sequence[str]) -> tuple[Connection, Difference]:
    wanted = areas or drift.open_areas(visit.may)
    [row] = drift.own(visit.connections, [number(visit, "difference")], wanted)
    return row.connection, row
