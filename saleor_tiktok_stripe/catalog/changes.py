"""Finding what changed in Saleor, at a cost that follows the number of changes.

A cursor says how far Saleor's changes were looked at; it moves only together with the marks of the
rows that became due, in one commit. Rules that changed (the merchant's, or the shop itself) make
everything due.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction

from ..accounts import ChannelPolicy
from ..models import Connection, PriceLevel, StockLevel, SyncCursor
from ..saleor_api import Saleor, runs_inside_saleor
from ..saleor_api.types import VariantChanges
from .levels import AnyLevel, due_all, due_variants

PARTS: Final = 20
PARTS_OF_TOUR: Final = 1
"""Parts of the changes that are read at one look; the next look goes on from there. Over HTTP they
are parts of a tour of all variants, changed or not."""


@dataclass(frozen=True)
class Feed:
    """Stock or prices: where the rows are, who tells the changes, which choices count."""

    name: str
    model: AnyLevel
    ask: Callable[[Saleor, str, str], VariantChanges]
    choices: frozenset[str]


STOCK: Final = Feed(
    "stock",
    StockLevel,
    lambda saleor, channel, cursor: saleor.stock_changes(channel, cursor),
    frozenset(
        {
            "warehouse",
            "stock_push",
            "stock_percent",
            "stock_buffer",
            "stock_max",
            "stock_warehouses",
            "marketplace_warehouse",
        }
    ),
)
PRICE: Final = Feed(
    "price",
    PriceLevel,
    lambda saleor, channel, cursor: saleor.price_changes(channel, cursor),
    frozenset(
        {
            "price_push",
            "price_source",
            "price_percent",
            "price_add",
            "price_rounding",
        }
    ),
)


def find_changes(feed: Feed, connection: Connection, policy: ChannelPolicy, saleor: Saleor) -> bool:
    """Mark due what changed since the last look; False: there is more already.

    Raises what ``Saleor`` raises; what was found before stays marked.
    """
    cursor = SyncCursor.of(connection, f"{feed.name}.changes")
    rules = _rules(feed, connection, policy)
    known = SyncCursor.of(connection, f"{feed.name}.rules")
    if known.page_token != rules:
        # From now on: read before everything is marked, so that no change falls in between.
        cursor.page_token = feed.ask(saleor, connection.channel_slug, "").cursor
        known.page_token = rules
        with transaction.atomic():
            due_all(feed.model, connection)
            cursor.save()
            known.save()
        return True
    for _ in range(PARTS if runs_inside_saleor() else PARTS_OF_TOUR):
        changes = feed.ask(saleor, connection.channel_slug, cursor.page_token)
        cursor.page_token = changes.cursor
        with transaction.atomic():
            due_variants(feed.model, connection, changes.variant_ids)
            cursor.save()
        if changes.complete:
            return True
    return False


def _rules(feed: Feed, connection: Connection, policy: ChannelPolicy) -> str:
    chosen: dict[str, Any] = policy.model_dump(mode="json", include=set(feed.choices))
    text = json.dumps([connection.account_id, chosen], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
