"""A marketplace order's parcels as Saleor's fulfillments: those that left, and those that came back
or were cancelled before the order was imported. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from ..saleor_api.keys import CANCELLED_KEY, RETURN_KEY
from ..saleor_api.types import NewFulfillment
from ..tiktok.types import SHIPPED_STATES, Order, OrderState, Unit
from .refunds import return_key
from .states import Place, is_cancelled, packages, place

TRACKING_KEY: Final = "tiktok.tracking_number"
"""On a fulfillment: the number as the marketplace last gave it, so that one that staff changed in
Saleor is only replaced when the marketplace has a new one."""

TOLD_KEY: Final = "tiktok.tracking_told"
"""On a fulfillment: the number that we told the marketplace last."""

DELIVERY_KEY: Final = "tiktok.delivery"
"""On a fulfillment: how far it has come."""
_WAY: Final = (
    *(state for state in OrderState if state not in SHIPPED_STATES),
    OrderState.AWAITING_COLLECTION,
    OrderState.IN_TRANSIT,
    OrderState.DELIVERED,
    OrderState.COMPLETED,
)


def fulfillments(
    order: Order, line_of: Mapping[str, str], back: Mapping[str, Sequence[str]]
) -> tuple[NewFulfillment, ...]:
    """A fulfillment per package that left, and groups of returned units: those of each return
    (``back``: return id -> unit ids), and those that were cancelled before the import. A cancelled
    order has none. ``line_of``: unit id -> key of the line.
    """
    if is_cancelled(order):
        return ()
    came_back = {unit_id for units in back.values() for unit_id in units}
    kept = {
        key: [unit for unit in units if unit.id not in came_back]
        for key, units in packages(order).items()
    }
    parcels = [_parcel(order, key, units, line_of) for key, units in kept.items() if units]
    parcels += [
        _returned(return_key(return_id), units, line_of, {RETURN_KEY: return_key(return_id)})
        for return_id, units in back.items()
    ]
    gone = [unit.id for unit in order.units if place(order, unit) is Place.CANCELLED]
    if gone:
        marked = {CANCELLED_KEY: "true"}
        parcels.append(_returned(f"cancelled:{order.id}", gone, line_of, marked))
    return tuple(parcels)


def _parcel(
    order: Order, key: str, units: Sequence[Unit], line_of: Mapping[str, str]
) -> NewFulfillment:
    return NewFulfillment(
        key=key,
        quantities=_quantities(line_of[unit.id] for unit in units),
        tracking_number=units[0].tracking_number,
        shipped_at=units[0].shipped_at,
        metadata=package_metadata(order, units),
    )


def _returned(
    key: str, unit_ids: Iterable[str], line_of: Mapping[str, str], metadata: Mapping[str, str]
) -> NewFulfillment:
    quantities = _quantities(line_of[unit_id] for unit_id in unit_ids)
    return NewFulfillment(key=key, quantities=quantities, returned=True, metadata=metadata)


def package_metadata(order: Order, units: Sequence[Unit]) -> dict[str, str]:
    """Facts of a shipment: its carrier, where it is, and whether it holds goods of other orders."""
    return filled(
        {
            TRACKING_KEY: units[0].tracking_number,
            "tiktok.carrier": units[0].carrier,
            "tiktok.carrier_id": units[0].carrier_id,
            DELIVERY_KEY: min((unit.state for unit in units), key=_WAY.index).value,
            "tiktok.combined": flag(order.split_or_combined.upper() == "COMBINED"),
        }
    )


def _quantities(line_keys: Iterable[str]) -> dict[str, int]:
    return dict(Counter(line_keys))


def filled(facts: Mapping[str, str]) -> dict[str, str]:
    """Without the facts that are empty."""
    return {key: value for key, value in facts.items() if value}


def flag(value: bool) -> str:  # noqa: FBT001
    """``true``, or empty."""
    return "true" if value else ""
