"""Things that are named by id, found within the channel that it is about."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, TypeVar

from django.db import models

from ...errors import InvalidInput
from .ids import key_of

M = TypeVar("M", bound=models.Model)
_LONGEST: Final = 18
"""Digits of a key that a table can hold."""


def number_of(type_name: str, given: str, field: str = "id") -> int:
    """The row's number in an id. Raises ``InvalidInput`` (``ID_UNKNOWN``)."""
    key = key_of(type_name, given, field)
    if not (key.isascii() and key.isdigit() and len(key) <= _LONGEST):
        raise InvalidInput("ID_UNKNOWN", f"This is no id of a {type_name}.", field=field)
    return int(key)


def numbers_of(type_name: str, given: Iterable[str], field: str = "ids") -> list[int]:
    """Of several."""
    return [number_of(type_name, one, field) for one in given]


def find(rows: models.QuerySet[M], type_name: str, given: str, field: str = "id") -> M:
    """The row of ``rows``, which are those of the channel. Raises ``InvalidInput``: ``ID_UNKNOWN``,
    ``ID_NOT_FOUND``."""
    found = rows.filter(pk=number_of(type_name, given, field)).first()
    if found is None:
        raise InvalidInput("ID_NOT_FOUND", "This channel has nothing with this id.", field=field)
    return found


def listed(given: Any) -> list[Any]:
    """What was given as a list; nothing for null."""
    return list(given or ())
