"""What variants cost in a channel, and which of these prices changed.

Saleor writes the price after its promotions on the same row (``discounted_price_amount``), so a
promotion that begins or ends changes it too, once Saleor has recalculated it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from saleor.product.models import ProductVariantChannelListing

from ..ids import database_ids, global_id
from ..types import ListedPrice, VariantChanges
from . import scanning
from .preload import load_channel

ALL: Final = """
SELECT price.variant_id AS id FROM product_productvariantchannellisting AS price
WHERE price.channel_id = %(channel)s
"""
CHANGES: Final = ALL + " AND {price}"


def prices(channel_slug: str, variant_ids: Sequence[str]) -> dict[str, ListedPrice]:
    """See ``Saleor.prices``: one query."""
    names = database_ids("ProductVariant", variant_ids)
    rows = ProductVariantChannelListing.objects.filter(
        channel__slug=channel_slug, variant_id__in=names, price_amount__isnull=False
    ).order_by("variant_id")
    columns = ("variant_id", "currency", "price_amount", "discounted_price_amount")
    return {
        names[pk]: ListedPrice(
            names[pk], currency, price, price if discounted is None else discounted
        )
        for pk, currency, price, discounted in rows.values_list(*columns)
    }


def price_changes(channel_slug: str, cursor: str) -> VariantChanges:
    """See ``Saleor.price_changes``. A variant taken out of the channel is not told."""
    channel = load_channel(channel_slug).pk
    ids, cursor, complete = scanning.scan(CHANGES, ALL, channel, cursor)
    return VariantChanges(tuple(global_id("ProductVariant", pk) for pk in ids), cursor, complete)
