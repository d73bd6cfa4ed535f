"""Imported orders that somebody changed in Saleor, over its API."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from ..types import ChangedOrder, OrderChanges
from .client import Client

PAGE: Final = 100
FIRST_LOOK: Final = timedelta(hours=1)
OVERLAP: Final = timedelta(minutes=2)
"""What a look goes over again: changes whose commit came late, and clocks that differ."""


@dataclass(frozen=True)
class _Cursor:
    """Changes ``since`` then, going on ``after`` Saleor's cursor; the next look begins at
    ``next_since``, taken when this one began."""

    since: str
    next_since: str = ""
    after: str = ""


def orders_changed(
    client: Client, channel_slug: str, cursor: str, *, limit: int = 100
) -> OrderChanges:
    """See ``Saleor.orders_changed``. Each change is told for two minutes. What Saleor changes
    without touching the order (a tracking number) is not told."""
    clock = datetime.now(UTC)
    first = _Cursor((clock - FIRST_LOOK).isoformat())
    scan = _Cursor(**json.loads(cursor)) if cursor else first
    if not scan.next_since:
        scan = replace(scan, next_since=(clock - OVERLAP).isoformat())
    page = client.query(
        "ordersChanged",
        {
            "channel": channel_slug,
            "since": scan.since,
            "first": min(limit, PAGE),
            "after": scan.after or None,
        },
    )["orders"]
    more = bool(page["pageInfo"]["hasNextPage"])
    scan = replace(scan, after=page["pageInfo"]["endCursor"]) if more else _Cursor(scan.next_since)
    nodes = [edge["node"] for edge in page["edges"] if edge["node"]["externalReference"]]
    found = tuple(
        ChangedOrder(
            node["id"], node["externalReference"], datetime.fromisoformat(node["updatedAt"])
        )
        for node in nodes
    )
    return OrderChanges(found, json.dumps(asdict(scan)), more)
