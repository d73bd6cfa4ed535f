"""How far each list of the vendor's was read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Final

from ...errors import VendorBug
from ...models import Connection, SyncCursor

PAGES_PER_RUN: Final = 10
"""Calls of one list before others have their turn; the job runs again at once."""
BEFORE_FIRST: Final = timedelta(days=14)
"""A first payout may bundle statements of the weeks before."""


def first_wanted(connection: Connection) -> datetime:
    """Money since then is of interest: the oldest order that is brought over, or the connection."""
    orders_since = connection.orders_since or connection.created_at
    return min(orders_since, connection.created_at)


def begin(row: SyncCursor, since: datetime, now: datetime) -> datetime:
    """Start a pass over the list from ``since``, or go on with the one under way; its start."""
    if row.window_from is None:
        row.window_from, row.window_to, row.page_token = since, now, ""
    return row.window_from


def advance(row: SyncCursor, next_token: str) -> bool:
    """Note that a page was taken in, in its own transaction; whether the pass is complete. Then
    ``high_water`` is when the pass began."""
    if next_token:
        row.page_token = next_token
    else:
        row.high_water = row.window_to
        row.window_from, row.window_to, row.page_token = None, None, ""
    row.save()
    return not next_token


@contextmanager
def kept_place(row: SyncCursor) -> Iterator[None]:
    """Around the call for a page: when it fails in a way that a repetition does not mend, the place
    in the list may not be known any more. Then the next try begins the pass anew."""
    try:
        yield
    except VendorBug:
        if row.page_token:
            row.page_token = ""
            row.save(update_fields=["page_token"])
        raise
