"""Pages of rows that go on where the last one ended, whatever is added meanwhile."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Generic, NamedTuple, TypeVar

from django.db.models import Model, Q, QuerySet

from ..errors import InvalidInput

Row = TypeVar("Row", bound=Model)
Item = TypeVar("Item")
Made = TypeVar("Made")
SIZE: Final = 50
LARGEST: Final = 200
_LARGEST_KEY: Final = 2**63 - 1


@dataclass(frozen=True)
class Page(Generic[Item]):
    """``next`` asks for the next page, "" when there is none. ``places``: of each item, where a
    page that begins behind it would go on; ``next`` is the last one's."""

    items: tuple[Item, ...]
    next: str = ""
    places: tuple[str, ...] = ()

    def of(self, make: Callable[[Sequence[Item]], Sequence[Made]]) -> Page[Made]:
        """The same page with what ``make`` turns its items into, all at once and in order."""
        made: Any = replace(self, items=tuple(make(self.items)))  # type: ignore[arg-type]
        return made  # type: ignore[no-any-return]


class Source(NamedTuple):
    """Rows that are listed among others: by ``when``, a time that each of them has. ``name`` tells
    sources apart, and orders rows of the same moment."""

    rows: QuerySet[Any]
    when: str
    name: str = ""


class _Place(NamedTuple):
    at: datetime
    key: int
    name: str

    def __str__(self) -> str:
        tail = f"|{self.name}" if self.name else ""
        return f"{self.at.isoformat()}|{self.key}{tail}"


def newest_first(rows: QuerySet[Row], when: str, after: str, size: int) -> Page[Row]:
    """A page of ``rows`` by ``when`` (a time), the newest first; ``after`` is the last page's
    ``next``, or an item's place. Raises ``InvalidInput`` (``PAGE_INVALID``)."""
    return newest_of([Source(rows, when)], after, size)


def newest_of(sources: Sequence[Source], after: str, size: int) -> Page[Any]:
    """``newest_first`` of several sources together; one query each, however much is in them."""
    place = _read(after) if after else None
    size = limited(size)
    each = [_placed(one, _behind(one, place)[: size + 1]) for one in sources]
    merged = heapq.merge(*each, key=lambda pair: (-pair[0].at.timestamp(), pair[0].name))
    return _page([(str(place), row) for place, row in merged], size)


def in_order(rows: QuerySet[Row], key: str, after: str, size: int) -> Page[Row]:
    """A page of ``rows`` by ``key``, which no two of them share: a text, or the primary key (as
    ``pk``)."""
    size = limited(size)
    if after:
        rows = rows.filter(**{f"{key}__gt": _number(after) if key == "pk" else after})
    found = list(rows.order_by(key)[: size + 1])
    return _page([(str(getattr(row, key)), row) for row in found], size)


def last_first(rows: QuerySet[Row], after: str, size: int) -> Page[Row]:
    """A page of ``rows`` by their primary key, the largest first: for tables that have no index by
    time and need none, because rows are written in its order."""
    size = limited(size)
    if after:
        rows = rows.filter(pk__lt=_number(after))
    found = list(rows.order_by("-pk")[: size + 1])
    return _page([(str(row.pk), row) for row in found], size)


def limited(size: int) -> int:
    """A page's size within bounds."""
    return max(1, min(size, LARGEST))


def _page(found: Sequence[tuple[str, Any]], size: int) -> Page[Any]:
    shown = found[:size]
    places = tuple(place for place, _ in shown)
    more = places[-1] if len(found) > size else ""
    return Page(tuple(row for _, row in shown), more, places)


def _placed(source: Source, rows: QuerySet[Any]) -> list[tuple[_Place, Any]]:
    return [(_Place(getattr(row, source.when), row.pk, source.name), row) for row in rows]


def _behind(source: Source, place: _Place | None) -> QuerySet[Any]:
    """In order, from behind ``place`` on."""
    rows = source.rows.order_by(f"-{source.when}", "-pk")
    if place is None:
        return rows
    same = Q(**{source.when: place.at})
    earlier = Q(**{f"{source.when}__lt": place.at})
    if source.name == place.name:
        return rows.filter(earlier | same & Q(pk__lt=place.key))
    return rows.filter(earlier | same if source.name > place.name else earlier)


def _read(after: str) -> _Place:
    at, _, rest = after.partition("|")
    key, _, name = rest.partition("|")
    try:
        found = datetime.fromisoformat(at)
    except ValueError:
        raise _invalid() from None
    if found.tzinfo is None:
        raise _invalid()
    return _Place(found, _number(key), name)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= _LARGEST_KEY):
        raise _invalid()
    return int(text)


def _invalid() -> InvalidInput:
    return InvalidInput("PAGE_INVALID", "This is no place in the list.", field="after")
