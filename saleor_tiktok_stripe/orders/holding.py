"""What an order that is not in Saleor yet holds of the stock at the marketplace."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Final

from .. import catalog
from ..models import Connection, OrderLink
from ..saleor_api import runs_inside_saleor
from ..tiktok.types import FulfilledBy, Order, OrderState
from .states import Place, place

KEPT_OPEN: Final[Mapping[OrderState, timedelta]] = {
    OrderState.UNPAID: timedelta(days=3),
    OrderState.ON_HOLD: timedelta(days=7),
}
"""How long after its last change an order can hold stock: unpaid ones are cancelled within two
days, holds end within hours."""
USUALLY: Final = timedelta(days=30)
"""Paid orders that are not shipped are cancelled long before."""


def tell_waiting(connection: Connection, orders: Iterable[Order]) -> None:
    """Let the stock push know of orders that are not in Saleor: unpaid, on hold, parked, or not
    wanted there."""
    catalog.note_waiting(connection, [_held(order) for order in orders])


def tell_sold(connection: Connection, orders: Sequence[Order], links: Sequence[OrderLink]) -> bool:
    """These orders are in Saleor now; call it in the transaction that brings them in. True: what
    they sold must be told at once, and is not found by itself: stock was short, or Saleor (over
    HTTP) set none aside and tells no changes of stock.
    """
    catalog.no_longer_waiting(connection, [order.id for order in orders])
    sold = {order.id: units(order) for order in orders}
    catalog.due(connection, set().union(*sold.values()), moved=True)
    by_itself = runs_inside_saleor()
    return any(sold[link.order_id] for link in links if link.unallocated or not by_itself)


def _held(order: Order) -> catalog.Held:
    return catalog.Held(
        order_id=order.id,
        units=units(order),
        updated_at=order.updated_at,
        expires_at=order.updated_at + KEPT_OPEN.get(order.state, USUALLY),
    )


def units(order: Order) -> dict[str, int]:
    """Pieces by SKU that are still to leave this merchant's warehouses. What left already was taken
    off Saleor's stock by whoever shipped it."""
    if order.fulfilled_by is FulfilledBy.MARKETPLACE:
        return {}
    return dict(Counter(one.sku_id for one in order.units if place(order, one) is Place.OPEN))
