"""Lists: newest first, with cursors and `created` filters."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from saleor_tiktok_stripe.sandbox.stripe.errors import missing
from saleor_tiktok_stripe.sandbox.stripe.registry import Request

DEFAULT_LIMIT = 10
_COMPARE: dict[str, Callable[[int, int], bool]] = {
    "gt": int.__gt__,
    "gte": int.__ge__,
    "lt": int.__lt__,
    "lte": int.__le__,
}


def in_range(value: int, wanted: int | dict[str, int] | None) -> bool:
    """Whether a time fits a filter of kind `when`."""
    if wanted is None:
        return True
    if isinstance(wanted, int):
        return value == wanted
    return all(_COMPARE[name](value, bound) for name, bound in wanted.items())


def listing(rows: list[Any], url: str, has_more: bool = False) -> dict[str, Any]:
    """A list object."""
    return {"object": "list", "data": rows, "has_more": has_more, "url": url}


def page(
    request: Request, things: Iterable[dict[str, Any]], url: str, kind: str = "object"
) -> dict[str, Any]:
    """A page of `things` (oldest first, as `account.of` gives them), newest first.

    Applies `limit`, `starting_after`, `ending_before` and `created`; a cursor that is not there is
    400 resource_missing.
    """
    rows = list(things)
    rows.reverse()
    for cursor in ("starting_after", "ending_before"):
        id_ = request.get(cursor)
        if id_ and not any(row["id"] == id_ for row in rows):
            raise missing(kind, id_, cursor, 400)
    places = {row["id"]: place for place, row in enumerate(rows)}
    limit = request.get("limit", DEFAULT_LIMIT)
    after, before = request.get("starting_after"), request.get("ending_before")
    if after:
        rows = rows[places[after] + 1 :]
    if before:
        rows = rows[: places[before]]
    wanted = request.get("created")
    if wanted is not None:
        rows = [row for row in rows if in_range(row["created"], wanted)]
    more = len(rows) > limit
    shown = rows[-limit:] if before else rows[:limit]
    return listing(shown, url, more)
