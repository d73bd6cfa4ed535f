"""What a field of the settings form is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time
from enum import StrEnum
from typing import Any, Final

from ...models import Connection
from ..findings import Finding, Severity, findings
from ..sealed import unreadable

MASK: Final = "********"
"""Stands for a stored secret: saving it again changes nothing."""
ACTOR: Final = "settings form"


class Kind(StrEnum):
    """How a field is entered; ``OUTPUT`` is only shown."""

    TEXT = "text"
    SECRET = "secret"  # noqa: S105
    SWITCH = "switch"
    OUTPUT = "output"


@dataclass(frozen=True)
class Field:
    """One field of the form, with the words beside it."""

    name: str
    kind: Kind
    label: str
    help_text: str
    default: str | bool = ""


def text(value: Any) -> str:
    """As entered, without the spaces around it."""
    return str(value).strip() if value is not None else ""


def as_entered(value: Any) -> str | bool:
    """A choice as the form holds it: as one would enter it."""
    if isinstance(value, bool):
        return value
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    if isinstance(value, datetime):
        at = value.astimezone(UTC)
        return f"{at:%Y-%m-%d}" if at.time() == time() else at.isoformat()
    return "" if value is None else str(value)


def is_mask(entered: str) -> bool:
    """Whether this is the mask, or its end as Saleor shows it, and no secret."""
    return entered != "" and not entered.strip("*")


def is_lost(before: Connection, secret: str) -> bool:
    """Whether what is stored cannot be read, and ``secret`` does not enter it anew."""
    return not secret.strip("*") and unreadable(before) is not None


def findings_text(connection: Connection) -> str:
    """The last verification in one line."""
    if connection.verified_at is None:
        return "Not checked yet."
    wrong = [found for found in findings(connection) if found.severity != Severity.OK]
    when = f"Checked on {connection.verified_at:%Y-%m-%d %H:%M} UTC: "
    return when + (" ".join(map(_line, wrong)) if wrong else "everything works.")


def _line(found: Finding) -> str:
    return f"{found.severity.value.title()}: {found.message} {found.cure}"
