"""Once a day, every linked SKU: its number counted anew beside what the marketplace says it has.

It finds what no look for changes can tell: a number that was changed in Seller Center, a link or a
stock that was changed behind our back, a database that was restored.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db import transaction

from .. import jobs
from ..jobs import clock
from ..models import Connection, SkuLink, StockLevel, SyncCursor
from ..tiktok.client import TikTokClient
from .counting import Counter
from .levels import BATCH, due_skus, fell, known, record
from .pushing import Places, count, is_less, stock_of
from .waiting import tidy_waiting

EVERY: Final = timedelta(days=1)
_DAY: Final = 86_400
_STRIDE: Final = 7919
"""A prime: connections that were made one after the other do not compare at the same hour."""


@dataclass(frozen=True)
class Compared:
    """``after``: the last SKU that was compared; empty once all were. Counts of this run."""

    after: str
    compared: int
    differing: int


def ask_daily(connection: Connection) -> bool:
    """Ask for the comparison when a day has passed since the last; True when it was asked for."""
    with transaction.atomic():
        due = a_day_passed(connection, "stock.compare")
        if due:
            jobs.enqueue("stock.compare", connection)
    return due


def a_day_passed(connection: Connection, resource: str) -> bool:
    """Whether it did since this was last true; part of the caller's transaction. At first, at a
    moment of the day that is the connection's own."""
    now = clock.now()
    spread = timedelta(seconds=connection.pk * _STRIDE % _DAY)
    cursor = SyncCursor.of(connection, resource, high_water=now - spread)
    if cursor.high_water is not None and now - cursor.high_water < EVERY:
        return False
    cursor.high_water = now
    cursor.save(update_fields=["high_water", "updated_at"])
    return True


def compare(
    connection: Connection, client: TikTokClient, *, after: str = "", seconds: float
) -> Compared:
    """Compare the linked SKUs that follow ``after``, 600 at a time, until ``seconds`` are over;
    those that differ are due. The end of it also tidies what waits.

    Raises what the marketplace's client and Saleor raise; the next run goes on where it stopped.
    """
    end = time.monotonic() + seconds
    counter = Counter(connection)
    places = Places(counter.policy.marketplace_warehouse, client)
    compared = differing = 0
    while True:
        links = SkuLink.objects.filter(connection=connection, sku_id__gt=after)
        found = links.exclude(variant_id="").order_by("sku_id").values_list("sku_id", flat=True)
        sku_ids = list(found[:BATCH])
        if not sku_ids:
            tidy_waiting(connection)
            return Compared("", compared, differing)
        differing += _compare(connection, client, counter, places, sku_ids)
        compared += len(sku_ids)
        after = sku_ids[-1]
        if time.monotonic() >= end:
            return Compared(after, compared, differing)


def _compare(
    connection: Connection,
    client: TikTokClient,
    counter: Counter,
    places: Places,
    sku_ids: list[str],
) -> int:
    levels = {
        level.sku_id: level
        for level in StockLevel.objects.filter(connection=connection, sku_id__in=sku_ids)
    }
    counted = counter.of(sku_ids)
    heard = clock.now()
    stocks = stock_of(client, sku_ids)
    told = {sku_id: known(level) for sku_id, level in levels.items()}
    for sku_id, level in levels.items():
        count(level, counted.get(sku_id))
        if sku_id in stocks:
            at = places.of(stocks[sku_id])
            level.seen, level.seen_at = stocks[sku_id].warehouses.get(at, 0), heard
    record(
        list(levels.values()),
        ("wanted", "terms", "reserved", "short", "checked_at", "seen", "seen_at"),
    )
    wrong = [
        sku_id
        for sku_id in sku_ids
        if sku_id not in levels
        or sku_id not in stocks
        or levels[sku_id].seen != levels[sku_id].wanted
    ]
    sold = [
        sku_id
        for sku_id in wrong
        if sku_id in stocks
        and sku_id in levels
        and is_less(levels[sku_id].seen, told[sku_id], levels[sku_id].wanted)
    ]
    due_skus(StockLevel, connection, wrong, anew=True)
    fell(connection, sold)
    return len(wrong)
