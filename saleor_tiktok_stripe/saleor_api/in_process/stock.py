"""What can be sold: stocks of variants in a channel's warehouses, and which of them changed.

Saleor keeps what is allocated on the stock's own row as well (``quantity_allocated``, written by
every path of its ``warehouse/management.py`` that allocates, frees or ships, 3.20-3.24), so a
changed stock row tells of orders too. Reservations of checkouts are rows of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from django.db import connection

from ..ids import database_ids, global_id
from ..types import VariantChanges, VariantStock, WarehouseStock
from . import scanning
from .preload import load_channel

STOCK: Final = """
SELECT variant.id, variant.track_inventory,
  EXISTS (
    SELECT FROM product_productvariantchannellisting AS price
    JOIN product_productchannellisting AS listing
      ON listing.channel_id = price.channel_id AND listing.product_id = variant.product_id
    WHERE price.variant_id = variant.id AND price.channel_id = %(channel)s
      AND price.price_amount IS NOT NULL AND listing.is_published
      AND (listing.published_at IS NULL OR listing.published_at <= now())
      AND listing.available_for_purchase_at <= now()
  ),
  warehouse.slug, stock.quantity,
  (SELECT coalesce(sum(allocation.quantity_allocated), 0) FROM warehouse_allocation AS allocation
    WHERE allocation.stock_id = stock.id),
  (SELECT coalesce(sum(reservation.quantity_reserved), 0) FROM warehouse_reservation AS reservation
    WHERE reservation.stock_id = stock.id AND reservation.reserved_until > now())
FROM product_productvariant AS variant
LEFT JOIN (
  warehouse_stock AS stock
  JOIN warehouse_warehouse AS warehouse ON warehouse.id = stock.warehouse_id
  JOIN {link_table} AS link
    ON link.warehouse_id = stock.warehouse_id AND link.channel_id = %(channel)s
) ON stock.product_variant_id = variant.id
WHERE variant.id = ANY(%(variants)s)
ORDER BY variant.id, link.sort_order, link.id
"""
ALL: Final = "SELECT id FROM product_productvariant"
"""Of every channel: also those that have no stock or no price here any more."""
COUNTED: Final = (
    "warehouse_stock AS counted JOIN {link_table} AS link"
    " ON link.warehouse_id = counted.warehouse_id AND link.channel_id = %(channel)s",
    "product_productvariantchannellisting AS counted JOIN product_productvariant AS variant"
    " ON variant.id = counted.variant_id AND counted.channel_id = %(channel)s",
)
"""Where a row that is gone means that less can be sold."""
CHANGES: Final = """
SELECT stock.product_variant_id AS id FROM warehouse_stock AS stock
JOIN {link_table} AS link ON link.warehouse_id = stock.warehouse_id
WHERE link.channel_id = %(channel)s AND ({stock} OR {link})
UNION ALL
SELECT stock.product_variant_id FROM warehouse_reservation AS reservation
JOIN warehouse_stock AS stock ON stock.id = reservation.stock_id
JOIN {link_table} AS link ON link.warehouse_id = stock.warehouse_id
WHERE link.channel_id = %(channel)s AND {reservation}
UNION ALL
SELECT price.variant_id FROM product_productvariantchannellisting AS price
WHERE price.channel_id = %(channel)s AND {price}
UNION ALL
SELECT variant.id FROM product_productvariant AS variant
JOIN product_productchannellisting AS listing ON listing.product_id = variant.product_id
WHERE listing.channel_id = %(channel)s AND ({variant} OR {listing})
"""
"""Stocks counted, allocated or given to the channel; checkouts; what is on sale and is tracked."""


def stock(channel_slug: str, variant_ids: Sequence[str]) -> dict[str, VariantStock]:
    """See ``Saleor.stock``: one query, so one moment. Allocated is the sum of the allocations, as
    Saleor's own availability counts; reservations that ended do not count."""
    names = database_ids("ProductVariant", variant_ids)
    values = {"channel": load_channel(channel_slug).pk, "variants": list(names)}
    found: dict[str, VariantStock] = {}
    with connection.cursor() as cursor:
        cursor.execute(STOCK.format(link_table=scanning.LINK_TABLE), values)
        for pk, tracked, sellable, slug, quantity, allocated, reserved in cursor.fetchall():
            known = found.get(names[pk])
            warehouses = dict(known.warehouses) if known else {}
            if slug is not None:
                warehouses[slug] = WarehouseStock(quantity, int(allocated), int(reserved))
            found[names[pk]] = VariantStock(names[pk], tracked, sellable, warehouses)
    return found


def stock_changes(channel_slug: str, cursor: str) -> VariantChanges:
    """See ``Saleor.stock_changes``. After a stock, a warehouse or a listing was taken away all
    variants are told, as no row says whose it was. A reservation that ended or was given up is not
    told."""
    channel = load_channel(channel_slug).pk
    ids, cursor, complete = scanning.scan(CHANGES, ALL, channel, cursor, counted=COUNTED)
    return VariantChanges(tuple(global_id("ProductVariant", pk) for pk in ids), cursor, complete)
