"""Pages of rows that go on where the last one ended, whatever is added meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

from django.db.models import Model, Q, QuerySet

from ..errors import InvalidInput

Row = TypeVar("Row", bound=Model)
Item = TypeVar("Item")
SIZE: Final = 50
LARGEST: Final = 200


@dataclass(frozen=True)
class Page(Generic[Item]):
    """``next`` asks for the next page, "" when there is none."""

    items: tuple[Item, ...]
    next: str = ""


def newest_first(rows: QuerySet[Row], when: str, after: str, size: int) -> Page[Row]:
    """A page of ``rows`` by ``when`` (a time), the newest first; ``after`` is the last page's
    ``next``. Raises ``InvalidInput`` (``PAGE_INVALID``)."""
    if after:
        at, key = _place(after)
        rows = rows.filter(Q(**{f"{when}__lt": at}) | Q(**{when: at, "pk__lt": key}))
    size = limited(size)
    found = list(rows.order_by(f"-{when}", "-pk")[: size + 1])
    if len(found) <= size:
        return Page(tuple(found))
    last = found[size - 1]
    at = getattr(last, when)
    return Page(tuple(found[:size]), f"{at.isoformat()}|{last.pk}")


def limited(size: int) -> int:
    """A page's size within bounds."""
    return max(1, min(size, LARGEST))


def _place(after: str) -> tuple[datetime, int]:
    at, _, key = after.partition("|")
    try:
        found: tuple[Any, int] = (datetime.fromisoformat(at), int(key))
    except ValueError:
        found = (None, 0)
    if found[0] is None or found[0].tzinfo is None:
        raise InvalidInput("PAGE_INVALID", "This is no place in the list.", field="after")
    return found
