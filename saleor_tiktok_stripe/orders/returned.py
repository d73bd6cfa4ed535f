"""Goods that came back: which units of a marketplace order, and what Saleor has to record. Pure.

A refund without goods, and one where the buyer keeps them, moves money only. Goods count as back
once the parcel was received: the marketplace then says that the money goes back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from ..saleor_api.keys import CANCELLED_KEY, PACKAGE_KEY, RETURN_KEY
from ..saleor_api.types import (
    FulfillmentState,
    GoodsReturn,
    SaleorOrder,
    SaleorOrderStatus,
)
from ..tiktok.aftersales_types import Return, ReturnKind, ReturnState
from ..tiktok.types import Order
from .actions import Action, Adopt, Fulfill, ReturnGoods
from .refunds import return_key
from .states import Place, place

_BACK: Final = frozenset({ReturnState.APPROVED, ReturnState.COMPLETE})
_WITH_GOODS: Final = frozenset({ReturnKind.RETURN_AND_REFUND, ReturnKind.REPLACEMENT})
_SHIPPED: Final = frozenset({"FULFILLED", "WAITING_FOR_APPROVAL"})
_RETURNED: Final = frozenset({"RETURNED", "REFUNDED_AND_RETURNED"})


def goods_are_back(one: Return) -> bool:
    """Whether the seller has the goods of this return again (a replacement is for a faulty piece:
    only where a parcel came back)."""
    if one.state not in _BACK or one.buyer_keeps_item or one.replaced_by:
        return False
    parcel = bool(one.tracking_number) or one.kind is not ReturnKind.REPLACEMENT
    return one.kind in _WITH_GOODS and parcel


def returned_units(order: Order, returns: Iterable[Return]) -> dict[str, tuple[str, ...]]:
    """Return id -> the units of ``order`` that came back with it, each unit with one return. One
    that names no units means all that were shipped."""
    shipped = {unit.id for unit in order.units if place(order, unit) is Place.SHIPPED}
    found: dict[str, tuple[str, ...]] = {}
    for one in sorted(returns, key=lambda one: (one.created_at, one.id)):
        if one.order_id != order.id or not goods_are_back(one):
            continue
        named = [unit.unit_id for unit in one.units] or sorted(shipped)
        units = tuple(unit for unit in named if unit in shipped)
        shipped -= set(units)
        if units:
            found[one.id] = units
    return found


def goods_back(
    order: Order,
    saleor_order: SaleorOrder,
    line_map: Mapping[str, str],
    returns: Sequence[Return],
    planned: Iterable[Action] = (),
    *,
    restock: bool,
) -> list[Action]:
    """The steps that record what came back, each return once. ``planned``: shipments that are
    recorded before. What staff recorded as returned by hand is not recorded again.

    ``restock`` holds for goods that came with a parcel: without one nobody knows where they are.
    """
    if saleor_order.status is SaleorOrderStatus.CANCELED:
        return []
    parcels = {one.id: bool(one.tracking_number) for one in returns}
    known = {_key(one) for one in saleor_order.fulfillments if one.status != "CANCELED"}
    left = _shipped(saleor_order, planned)
    by_hand = _by_hand(order, saleor_order, line_map)
    steps: list[Action] = []
    for return_id, units in returned_units(order, returns).items():
        key = return_key(return_id)
        if key in known:
            continue
        wanted = Counter(line_map[unit] for unit in units if unit in line_map)
        own = _take(by_hand, wanted)
        if own and own == Counter(line_map[unit] for unit in units if unit in line_map):
            steps += _adopted(saleor_order, own, key)
        quantities = _take(left, wanted)
        if quantities:
            goods = GoodsReturn(
                key=key,
                quantities=dict(quantities),
                restock=restock and parcels[return_id],
                metadata={RETURN_KEY: key},
            )
            steps.append(ReturnGoods(goods))
    return steps


def _key(one: FulfillmentState) -> str:
    return one.metadata.get(RETURN_KEY) or one.metadata.get(PACKAGE_KEY, "")


def _shipped(saleor_order: SaleorOrder, planned: Iterable[Action]) -> Counter[str]:
    left: Counter[str] = Counter()
    for one in saleor_order.fulfillments:
        if one.status in _SHIPPED:
            left.update(one.quantities)
    for step in planned:
        if isinstance(step, Fulfill):
            left.update(step.package.quantities)
    return left


def _by_hand(order: Order, saleor_order: SaleorOrder, line_map: Mapping[str, str]) -> Counter[str]:
    """Units that staff recorded as returned: those without a mark of ours, less the cancelled ones
    (Saleor has no other word for these)."""
    found: Counter[str] = Counter()
    gone = Counter(
        line_map.get(unit.id, "") for unit in order.units if place(order, unit) is Place.CANCELLED
    )
    for one in saleor_order.fulfillments:
        if one.status not in _RETURNED:
            continue
        if _is_cancelled(one):
            gone.subtract(one.quantities)
        elif not _key(one):
            found.update(one.quantities)
    return found - +gone


def _is_cancelled(one: FulfillmentState) -> bool:
    """Units that were cancelled before they left, recorded by us."""
    return bool(one.metadata.get(CANCELLED_KEY)) or _key(one).startswith("cancelled:")


def _take(pool: Counter[str], wanted: Counter[str]) -> Counter[str]:
    """What ``pool`` has of ``wanted``, taken out of both."""
    taken = pool & wanted
    pool.subtract(taken)
    wanted.subtract(taken)
    return +taken


def _adopted(saleor_order: SaleorOrder, units: Counter[str], key: str) -> list[Action]:
    """The group that staff made, marked as this return's; none where it was several."""
    for one in saleor_order.fulfillments:
        by_hand = one.status in _RETURNED and not _key(one) and not _is_cancelled(one)
        if by_hand and Counter(one.quantities) == units:
            return [Adopt(one.id, {RETURN_KEY: key})]
    return []
