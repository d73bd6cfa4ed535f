"""TikTok's states and Saleor's: the one table of how they correspond."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

from ..saleor_api.types import SaleorOrderStatus
from ..tiktok.types import SHIPPED_STATES, Order, OrderState, Unit


class Place(StrEnum):
    """Where a unit is, seen from Saleor: still to be shipped, gone, or taken out of the order."""

    OPEN = "open"
    SHIPPED = "shipped"
    CANCELLED = "cancelled"


PLACES: Final[Mapping[OrderState, Place]] = {
    OrderState.UNPAID: Place.OPEN,
    OrderState.ON_HOLD: Place.OPEN,
    OrderState.AWAITING_SHIPMENT: Place.OPEN,
    OrderState.PARTIALLY_SHIPPED: Place.OPEN,
    OrderState.CANCELLED: Place.CANCELLED,
    **dict.fromkeys(SHIPPED_STATES, Place.SHIPPED),
}

WAITING: Final = frozenset({OrderState.UNPAID, OrderState.ON_HOLD})
"""Nothing may be shipped yet."""
DELIVERED_STATES: Final = frozenset({OrderState.DELIVERED, OrderState.COMPLETED})


def is_cancelled(order: Order) -> bool:
    """The whole order is cancelled, also when its items say so before it does itself."""
    if order.state is OrderState.CANCELLED:
        return True
    return all(unit.state is OrderState.CANCELLED for unit in order.units)


def place(order: Order, unit: Unit) -> Place:
    """Where ``unit`` is. A state this version does not know follows the order's own state."""
    if order.state is OrderState.CANCELLED:
        return Place.CANCELLED
    return PLACES.get(unit.state) or PLACES.get(order.state, Place.OPEN)


def package_key(order: Order, unit: Unit) -> str:
    """Names the shipment a unit left in."""
    return unit.package_id or unnamed(order)


def unnamed(order: Order) -> str:
    """The shipment of units that left without a package id: the order's own."""
    return f"order:{order.id}"


def packages(order: Order) -> dict[str, list[Unit]]:
    """The shipments that left, each with this order's units only, in a stable order."""
    found: dict[str, list[Unit]] = {}
    for unit in order.units:
        if place(order, unit) is Place.SHIPPED:
            found.setdefault(package_key(order, unit), []).append(unit)
    return found


def saleor_status(order: Order, returned: int = 0) -> SaleorOrderStatus:
    """The state that Saleor gives an order with these units, ``returned`` of which came back.

    Where units are shipped or taken out, it is what Saleor's own ``determine_order_status``
    (3.20-3.24) derives from the fulfillments, so that an order imported late and one followed from
    its first day end alike.
    """
    if is_cancelled(order):
        return SaleorOrderStatus.CANCELED
    if order.state in {OrderState.UNPAID, OrderState.ON_HOLD}:
        return SaleorOrderStatus.UNCONFIRMED
    return _derived((place(order, unit) for unit in order.units), returned)


def _derived(places: Iterable[Place], returned: int) -> SaleorOrderStatus:
    count = Counter(places)
    gone = count[Place.CANCELLED] + returned
    if gone == count.total():
        return SaleorOrderStatus.RETURNED
    if gone:
        return SaleorOrderStatus.PARTIALLY_RETURNED
    if not count[Place.SHIPPED]:
        return SaleorOrderStatus.UNFULFILLED
    if count[Place.OPEN]:
        return SaleorOrderStatus.PARTIALLY_FULFILLED
    return SaleorOrderStatus.FULFILLED


def is_delivered(order: Order) -> bool:
    """The goods (and, paid on delivery, the money) have been handed over."""
    return order.state in DELIVERED_STATES
