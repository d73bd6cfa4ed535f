"""Pieces that the marketplace sold in orders which are not in Saleor yet.

An order takes the marketplace's stock when it is placed; Saleor's is set aside when the order is
imported: after its hold window, or once a parked one is mended. A number made of Saleor's stock
alone, and told in between, would offer the sold pieces once more. So they are taken off it; and so
are those of orders that came in while stock was short, or over HTTP, where an import sets none
aside.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import Q, QuerySet

from ..jobs import clock
from ..models import Connection, OrderLink, WaitingOrder
from ..tiktok.types import OrderState
from .levels import due

OPEN: Final = frozenset(
    {
        OrderState.UNPAID,
        OrderState.ON_HOLD,
        OrderState.AWAITING_SHIPMENT,
        OrderState.PARTIALLY_SHIPPED,
    }
)
"""Orders of which something is still to leave the warehouse."""


@dataclass(frozen=True)
class Held:
    """What an order that is not in Saleor holds: pieces by SKU id (none: nothing any more), as of
    ``updated_at``. It counts until ``expires_at``: the marketplace does not keep an order open for
    ever, and we may never hear of its end."""

    order_id: str
    units: Mapping[str, int]
    updated_at: datetime
    expires_at: datetime


def note_waiting(connection: Connection, orders: Sequence[Held]) -> None:
    """Keep what these orders hold, and look at those SKUs again where that changed. An older state
    of an order than the one kept changes nothing. One query where nothing is new."""
    if not orders:
        return
    rows = WaitingOrder.objects.filter(
        connection=connection, order_id__in=[one.order_id for one in orders]
    )
    known = {row.order_id: row for row in rows}
    changed = [one for one in orders if _differs(known.get(one.order_id), one)]
    if not changed:
        return
    with transaction.atomic():
        WaitingOrder.objects.bulk_create(
            sorted((_row(connection, one) for one in changed if one.units), key=_by_order),
            update_conflicts=True,
            unique_fields=["connection", "order_id"],
            update_fields=["units", "marketplace_updated_at", "expires_at"],
        )
        _remove(connection, [one.order_id for one in changed if not one.units])
        before = [set(known[one.order_id].units) for one in changed if one.order_id in known]
        due(connection, set().union(*before, *(one.units for one in changed)), moved=True)


def no_longer_waiting(connection: Connection, order_ids: Sequence[str]) -> None:
    """These orders are in Saleor now and have their stock there; call it in the transaction that
    brings them in."""
    held = _remove(connection, order_ids)
    if held:
        due(connection, held, moved=True)


def units_waiting(connection: Connection, sku_ids: Iterable[str]) -> dict[str, int]:
    """Pieces of these SKUs in orders that are not in Saleor."""
    wanted = set(sku_ids)
    found: dict[str, int] = {}
    for units in _counting(connection, wanted).values_list("units", flat=True):
        for sku_id, quantity in units.items():
            if sku_id in wanted:
                found[sku_id] = found.get(sku_id, 0) + quantity
    return found


def orders_waiting(connection: Connection, sku_ids: Iterable[str]) -> list[str]:
    """Ids of the orders that hold pieces of these SKUs and are not in Saleor."""
    rows = _counting(connection, set(sku_ids)).order_by("order_id")
    return list(rows.values_list("order_id", flat=True))


def units_owed(connection: Connection, variant_skus: Iterable[str]) -> dict[str, int]:
    """Pieces by variant's SKU that open orders in Saleor need and that are not set aside there."""
    wanted = set(variant_skus)
    found: dict[str, int] = {}
    for units in _owing(connection, wanted).values_list("unallocated", flat=True):
        for sku, quantity in units.items():
            if sku in wanted:
                found[sku] = found.get(sku, 0) + quantity
    return found


def orders_owed(connection: Connection, variant_sku: str) -> list[str]:
    """Ids of the open orders that no stock of this variant is set aside for."""
    rows = _owing(connection, {variant_sku}).order_by("order_id")
    return list(rows.values_list("order_id", flat=True))


def _owing(connection: Connection, variant_skus: set[str]) -> QuerySet[OrderLink]:
    rows = OrderLink.objects.filter(
        connection=connection,
        state__in=sorted(OPEN),
        unallocated__has_any_keys=sorted(variant_skus),
    )
    return rows.exclude(unallocated={})


def tidy_waiting(connection: Connection) -> int:
    """Remove rows that count no more: expired ones, and orders that came in some other way."""
    rows = WaitingOrder.objects.filter(connection=connection)
    ids = rows.values_list("order_id", flat=True)
    linked = OrderLink.objects.filter(connection=connection, order_id__in=ids)
    over = Q(expires_at__lte=clock.now()) | Q(order_id__in=linked.values("order_id"))
    with transaction.atomic():
        gone = list(rows.filter(over).values_list("order_id", flat=True))
        no_longer_waiting(connection, gone)
    return len(gone)


def _counting(connection: Connection, sku_ids: set[str]) -> QuerySet[WaitingOrder]:
    return WaitingOrder.objects.filter(
        connection=connection, expires_at__gt=clock.now(), units__has_any_keys=sorted(sku_ids)
    )


def _differs(row: WaitingOrder | None, held: Held) -> bool:
    if row is None:
        return bool(held.units)
    return row.marketplace_updated_at <= held.updated_at and row.units != dict(held.units)


def _row(connection: Connection, held: Held) -> WaitingOrder:
    return WaitingOrder(
        connection=connection,
        order_id=held.order_id,
        units=dict(held.units),
        marketplace_updated_at=held.updated_at,
        expires_at=held.expires_at,
    )


def _by_order(row: WaitingOrder) -> str:
    return row.order_id


def _remove(connection: Connection, order_ids: Sequence[str]) -> set[str]:
    """The SKUs they held."""
    if not order_ids:
        return set()
    rows = WaitingOrder.objects.filter(connection=connection, order_id__in=list(order_ids))
    locked = list(rows.select_for_update().order_by("order_id"))
    if locked:
        WaitingOrder.objects.filter(pk__in=[row.pk for row in locked]).delete()
    return {sku_id for row in locked for sku_id in row.units}
