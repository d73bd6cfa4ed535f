"""Goods that left and came back, and the stock they go back to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from saleor.order import FulfillmentStatus
from saleor.order.models import FulfillmentLine, Order
from saleor.order.utils import update_order_status
from saleor.warehouse.management import increase_stock

from .. import returned
from ..ids import global_id
from ..keys import RETURN_KEY
from ..types import GoodsReturn
from .changes import exclusive, find_order, set_metadata
from .execute import execute
from .reads import fulfillments
from .shipments import Units, line_units


@dataclass(frozen=True)
class _Part:
    """Units of one line of a shipment."""

    line: FulfillmentLine
    units: int


def return_goods(order_id: str, goods: GoodsReturn) -> str:
    """See ``Saleor.return_goods``: shipments, mark and stock in one transaction.

    A return that staff recorded themselves is adopted: their stock is left as they left it.
    ``Parked`` when the order has not shipped so many units.
    """
    units = line_units(goods.quantities)
    marks = {**goods.metadata, RETURN_KEY: goods.key}
    with exclusive(order_id):
        order = find_order(order_id)
        known = fulfillments([order.pk])[order.pk]
        found = returned.keyed(known, goods.key)
        if found is not None:
            return found.id
        by_hand = returned.unclaimed(known, goods.quantities)
        if by_hand is not None:
            set_metadata(by_hand.id, marks)
            return by_hand.id
        parts = _shipped(order, units)
        made = _return(order, parts)
        set_metadata(made, marks)
        if goods.restock:
            _put_back(parts)
        return made


def _shipped(order: Order, units: Units) -> list[_Part]:
    """From which shipments units are taken: the earliest first that the marketplace knows of."""
    rows = FulfillmentLine.objects.filter(
        fulfillment__order=order,
        fulfillment__status=FulfillmentStatus.FULFILLED,
        order_line_id__in=units,
    ).select_related("fulfillment", "order_line__variant", "stock__warehouse")
    missing: dict[UUID, int] = dict(units)
    parts = []
    oldest_first = rows.order_by("fulfillment_id", "pk")
    for row in sorted(oldest_first, key=lambda row: not returned.is_told(row.fulfillment.metadata)):
        taken = min(missing[row.order_line_id], row.quantity)
        if taken:
            missing[row.order_line_id] -= taken
            parts.append(_Part(row, taken))
    if any(missing.values()):
        raise returned.too_many(global_id("Order", order.pk))
    return parts


def _return(order: Order, parts: Sequence[_Part]) -> str:
    """Saleor sets the order's new status only after the commit, where a kill would lose it: the
    same function is called here, inside."""
    lines = [
        {
            "fulfillmentLineId": global_id("FulfillmentLine", part.line.pk),
            "quantity": part.units,
        }
        for part in parts
    ]
    variables = {"order": global_id("Order", order.pk), "fulfillmentLines": lines}
    made = execute("orderFulfillmentReturnProducts", variables)["returnFulfillment"]
    update_order_status(order)
    return str(made["id"])


def _put_back(parts: Sequence[_Part]) -> None:
    """Into the stock they left. Units that left none (sent by the marketplace, shipped before the
    import) go into none. Saleor's function locks one stock at a time: here in its own order.
    """
    rows = [part for part in parts if part.line.stock_id and part.line.order_line.variant]
    for part in sorted(rows, key=lambda part: part.line.stock_id):
        if part.line.order_line.variant.track_inventory:
            increase_stock(part.line.order_line, part.line.stock.warehouse, part.units)
