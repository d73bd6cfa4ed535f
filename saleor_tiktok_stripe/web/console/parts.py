"""What pages are made of, as data; ``templates/.../console/parts/`` and ``tags.py`` draw it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from django.utils.safestring import SafeString

Tone = Literal["good", "bad", "warn", "info", "plain"]


@dataclass(frozen=True)
class Badge:
    """A word in a coloured box; the word says it all without the colour."""

    text: str
    tone: Tone = "plain"


@dataclass(frozen=True)
class Link:
    """A link; ``button`` draws it as one, ``away`` leads to another site."""

    text: str
    url: str
    button: bool = False
    away: bool = False


@dataclass(frozen=True)
class Money:
    """An amount; None is drawn as a dash."""

    amount: Decimal | None
    currency: str


@dataclass(frozen=True)
class Lines:
    """Several things below each other in one cell: the first counts, the others explain."""

    items: tuple[Any, ...]


@dataclass(frozen=True)
class Due:
    """A deadline; one that has passed says so."""

    at: datetime


@dataclass(frozen=True)
class Code:
    """An id, an address or an error code."""

    text: str


@dataclass(frozen=True)
class Choice:
    """One of an input's choices."""

    value: str
    label: str


@dataclass(frozen=True)
class Input:
    """One input of a form, always with a label. ``kind`` ``switch`` is a checkbox that sends
    ``true``; ``password`` never shows a value again. ``rows`` counts for ``textarea``.
    """

    name: str
    label: str
    kind: Literal[
        "text", "password", "email", "number", "date", "select", "radio", "switch", "textarea",
        "file",
    ] = "text"  # fmt: skip
    help: str = ""
    value: str = ""
    choices: tuple[Choice, ...] = ()
    required: bool = False
    autocomplete: str = "off"
    inputmode: str = ""
    accept: str = ""
    rows: int = 4
    error: str = ""
    id: str = ""


@dataclass(frozen=True)
class Form:
    """A form that asks for one of a page's actions; without ``inputs`` it is only its button.

    ``name`` sets it apart from other forms of the same action on one page. ``hidden`` is sent
    along. ``confirm``: words that are shown, with the button, only after a first click: for what
    cannot be undone. ``url``: another page that takes the action. ``summary`` words the first
    click, and ``submit`` the second.
    """

    action: str
    submit: str
    inputs: tuple[Input, ...] = ()
    name: str = ""
    tone: Literal["primary", "plain", "danger"] = "primary"
    hidden: Mapping[str, str] = field(default_factory=dict)
    confirm: str = ""
    summary: str = ""
    url: str = ""

    @property
    def id(self) -> str:
        """Unique on its page."""
        return self.name or self.action

    @property
    def takes_files(self) -> bool:
        """Whether it sends files."""
        return any(one.kind == "file" for one in self.inputs)


@dataclass(frozen=True)
class Filter:
    """A form that only asks for another view of the same page (GET)."""

    inputs: tuple[Input, ...]
    submit: str = "Show"
    hidden: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Column:
    """A column's heading. ``number`` aligns to the right; ``hidden`` is read out only."""

    label: str
    number: bool = False
    hidden: bool = False


@dataclass(frozen=True)
class Table:
    """``caption`` is read out, not shown. A cell may be text, a number, a time, None, or a part:
    ``Badge``, ``Link``, ``Money``, ``Lines``, ``Code``, ``Form``, or a tuple of these.
    On a phone each row is a card whose first cell is its heading.
    """

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...]
    empty: str = "There is nothing here."

    @property
    def cells(self) -> list[list[tuple[Column, Any]]]:
        """Each cell with its column."""
        return [list(zip(self.columns, row, strict=True)) for row in self.rows]


def table(
    caption: str,
    columns: Sequence[str | Column],
    rows: Sequence[Sequence[Any]],
    *,
    empty: str = "There is nothing here.",
) -> Table:
    """A ``Table`` whose plain columns are only named."""
    headed = tuple(one if isinstance(one, Column) else Column(one) for one in columns)
    return Table(caption, headed, tuple(tuple(row) for row in rows), empty)


@dataclass(frozen=True)
class Pager:
    """Addresses; "" where there is none."""

    first: str = ""
    next: str = ""


@dataclass(frozen=True)
class Attention:
    """Something that somebody should know or do. ``actions``: forms and links."""

    tone: Tone
    title: str
    text: str = ""
    cure: str = ""
    actions: tuple[Form | Link, ...] = ()
    due: datetime | None = None


@dataclass(frozen=True)
class Fact:
    """A term and its value (any cell)."""

    term: str
    value: Any


@dataclass(frozen=True)
class Figure:
    """A number to be seen at once."""

    label: str
    value: str
    note: str = ""
    tone: Tone = "plain"
    url: str = ""


@dataclass(frozen=True)
class Html:
    """Markup from code of ours that is known to be safe (a chart)."""

    markup: SafeString
