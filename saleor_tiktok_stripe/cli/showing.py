"""How answers are shown: lines for people, one JSON document for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import click


def say_json(value: object) -> None:
    """One document. Amounts and times are text, so that nothing is rounded on the way."""
    click.echo(json.dumps(value, default=_plain, indent=2, ensure_ascii=False))


def _plain(value: object) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    return str(value)


def say_table(rows: Iterable[Sequence[object]]) -> None:
    """Columns below each other; nothing for no rows."""
    cells = [[tame(str(cell)) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo(line.rstrip())


def pairs(values: Mapping[str, object]) -> str:
    """``name value, name value``."""
    return tame(", ".join(f"{name} {value}" for name, value in values.items()))


def day(moment: datetime | None) -> str:
    """A time to the minute, in UTC; "-" for none."""
    return f"{moment:%Y-%m-%d %H:%M}" if moment else "-"


def tame(text: str) -> str:
    """What others wrote, without the signs that a terminal obeys."""
    return "".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in text)


def more(next_page: str) -> None:
    """How to go on, where there is more."""
    if next_page:
        click.echo(f"There is more: --page '{next_page}'")
