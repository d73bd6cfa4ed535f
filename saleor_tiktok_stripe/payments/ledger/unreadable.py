"""What of the vendor's lists cannot be read: named, and closed once it can be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ...models import Connection
from .differences import PAYOUT, Found, keep

_CODE: Final = "MONEY_UNREADABLE"


def note_unreadable(connection: Connection, what: str, broken: Sequence[tuple[str, str]]) -> None:
    """``broken``: names of a page's rows that could not be read, and why. ``what`` they are."""
    found = {
        _subject(what, name): Found(_CODE, _subject(what, name), theirs={"reason": reason})
        for name, reason in broken
    }
    if found:
        keep(connection, PAYOUT, list(found), found.values(), codes=[_CODE])


def note_readable(connection: Connection, what: str, names: Sequence[str]) -> None:
    """These could be read: what was open of them is closed."""
    if names:
        subjects = [_subject(what, name) for name in names]
        keep(connection, PAYOUT, subjects, [], codes=[_CODE])


def _subject(what: str, name: str) -> str:
    return f"{what}:{name or 'unknown'}"[:128]
