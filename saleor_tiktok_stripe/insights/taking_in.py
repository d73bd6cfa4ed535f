"""Sales taken in: what changed becomes facts, facts become sums.

A batch of sales, the place in the list and the marks of their days are one commit, so that a worker
killed anywhere goes on where it was. Saleor is asked before, outside of the transaction.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import Min

from ..jobs import clock
from ..models import Connection, StaleSalesDay, SyncCursor, Vendor
from . import facts, gateway, marketplace
from .lines import read_lines, rename
from .periods import channel_zone
from .rolling import roll_up
from .sales import Sale
from .types import Progress
from .walking import (
    LEGS,
    SETTLES,
    cursor_of,
    facts_after,
    next_step,
    sources_after,
    without_estimate,
)

TOUR: Final = "insights.tour"
EVERY: Final = timedelta(days=1)
USUALLY: Final = timedelta(days=120)
"""So far back a daily tour goes: money moves that long after a sale."""
NAMES: Final = 200
"""Products asked for their names at the end of a tour."""
ROLLING_SHARE: Final = 0.4
"""Part of a run that belongs to the sums, so that a first walk shows what it found."""
_READ: Final[Mapping[str, Callable[[Connection, Sequence[str]], list[Sale]]]] = {
    Vendor.TIKTOK.value: marketplace.read,
    Vendor.STRIPE.value: gateway.read,
}
_SALEOR_IDS: Final[Mapping[str, Callable[[Connection, Sequence[str]], dict[str, str]]]] = {
    Vendor.TIKTOK.value: marketplace.saleor_ids,
    Vendor.STRIPE.value: gateway.saleor_ids,
}


def take_in(connection: Connection, seconds: float) -> bool:
    """Take in what changed, go on with the tour that is due, work out sums; until about ``seconds``
    are over. Whether all is done. Raises what Saleor's calls raise: the next run goes on there."""
    end = time.monotonic() + seconds * (1 - ROLLING_SHARE)
    zone = channel_zone(connection)
    done = _follow(connection, zone, end) and _tour(connection, zone, end)
    return roll_up(connection, seconds * ROLLING_SHARE) and done


def refresh(
    connection: Connection,
    sale_ids: Sequence[str],
    zone: str,
    *,
    cursor: SyncCursor | None = None,
) -> int:
    """Work out these sales anew and keep ``cursor``, in one commit; how many changed. Lines that
    were not read yet are asked of Saleor first."""
    before = facts.lines_known(connection, sale_ids)
    wanted = _SALEOR_IDS[connection.vendor](connection, sale_ids)
    unread = {one for sale_id, one in wanted.items() if one and before.get(sale_id) != one}
    lines = read_lines(connection, sorted(unread)) if unread else {}
    with transaction.atomic():
        _hold(connection)
        sales = _READ[connection.vendor](connection, sale_ids)
        changed = facts.write(connection, sale_ids, sales, lines, zone)
        if cursor is not None:
            cursor.save()
    return changed


def progress(connections: Sequence[Connection]) -> Progress:
    """How far the sales of a channel were taken in."""
    resources = {one.pk: LEGS[one.vendor][0].resource for one in connections}
    rows = SyncCursor.objects.filter(
        connection__in=list(resources), resource__in=resources.values()
    )
    cursors = list(rows)
    begun = len(cursors) == len(connections)
    complete = begun and all(row.window_from is None for row in cursors)
    seen = sum(row.seen for row in cursors)
    found = sum(max(row.total or 0, row.seen) for row in cursors) if begun else None
    percent = 100 if complete else min(seen * 100 // found, 99) if found else None
    stale = StaleSalesDay.objects.filter(connection__in=list(resources))
    since = stale.aggregate(at=Min("since"))["at"]
    looked = min((row.updated_at - SETTLES for row in cursors), default=None) if begun else None
    return Progress(
        taken_in=seen,
        found=found,
        percent=percent,
        complete=complete,
        stale_days=stale.count(),
        as_of=min((one for one in (since, looked) if one), default=None),
    )


def _hold(connection: Connection) -> None:
    """One at a time: what is read after this is not older than what another worker wrote."""
    own = cursor_of(connection, LEGS[connection.vendor][0])
    SyncCursor.objects.select_for_update().get(pk=own.pk)


def _follow(connection: Connection, zone: str, end: float) -> bool:
    """What was written since the last look; False when the time was over first."""
    for leg in LEGS[connection.vendor]:
        while True:
            step = next_step(connection, leg)
            if step.sale_ids:
                refresh(connection, step.sale_ids, zone, cursor=step.cursor)
                gone = without_estimate(connection) if leg.name == "ledger" else ()
                if gone:
                    refresh(connection, gone, zone)
            else:
                step.cursor.save()
            if step.last:
                break
            if time.monotonic() >= end:
                return False
    return True


# --- the tour ------------------------------------------------------------------------------------

_Walk = Callable[[Connection, int, datetime | None], tuple[tuple[str, ...], int | None]]
_WALKS: Final[tuple[_Walk, ...]] = (sources_after, facts_after)


def _tour(connection: Connection, zone: str, end: float) -> bool:
    """Once a day everything of the last months is worked out anew, whatever its time; and all
    there is when the shop's days are other ones than before. False when the time was over first.
    """
    basis = basis_of(connection)
    at_first = {"high_water": clock.now(), "page_token": json.dumps({"basis": basis})}
    cursor = SyncCursor.of(connection, TOUR, **at_first)
    state = json.loads(cursor.page_token)
    if state["basis"] != basis:
        state = _begin(cursor, basis, None)
    elif cursor.window_from is None:
        if cursor.high_water is not None and clock.now() - cursor.high_water < EVERY:
            return True
        state = _begin(cursor, basis, clock.now() - USUALLY)
    since = datetime.fromisoformat(state["since"]) if state["since"] else None
    while state["walk"] < len(_WALKS):
        found, after = _WALKS[state["walk"]](connection, state["after"], since)
        state |= {"after": after or 0, "walk": state["walk"] + (after is None)}
        cursor.page_token = json.dumps(state)
        refresh(connection, found, zone, cursor=cursor)
        if time.monotonic() >= end:
            return False
    rename(connection, NAMES)
    cursor.high_water, cursor.window_from = cursor.window_from, None
    cursor.save()
    return True


def basis_of(connection: Connection) -> str:
    """What all days of a connection rest on: when it changes, all sales are looked at again."""
    return f"{channel_zone(connection)}|{connection.livemode}"


def _begin(cursor: SyncCursor, basis: str, since: datetime | None) -> dict[str, Any]:
    """A tour of what was placed since then; None: of all."""
    cursor.window_from = clock.now()
    return {
        "basis": basis,
        "walk": 0,
        "after": 0,
        "since": since.isoformat() if since else None,
    }
