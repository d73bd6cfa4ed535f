"""Items that staff took out of an order in Saleor, and that left all the same: pure.

The marketplace shipped them before it was told. In Saleor that looks like goods that came back and
were recorded by hand; the times tell which of the two it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from ..errors import Problem
from ..orders.cancelling import TAKEN_OUT, is_ours
from ..orders.shipments import GONE, packages_of
from ..orders.states import Place, packages, place
from ..saleor_api.keys import RETURN_KEY
from ..saleor_api.types import FulfillmentState, SaleorOrder
from ..tiktok.types import Order
from .problems import problem

SOONEST_BACK: Final = timedelta(days=1)
"""Nothing comes back so soon after it left: who took it out meant to cancel it."""
_NEVER: Final = datetime.max.replace(tzinfo=UTC)


def left_all_the_same(
    order: Order, saleor_order: SaleorOrder, line_map: Mapping[str, str]
) -> list[Problem]:
    """Says how many, where there are any. ``line_map``: unit id -> Saleor order line id. What the
    marketplace cancelled, or has as returned, is none of them."""
    groups = [one for one in saleor_order.fulfillments if one.status in TAKEN_OUT]
    by_staff = [one for one in groups if not is_ours(one)]
    if not by_staff:
        return []
    cancelled = Counter(
        line_map.get(unit.id, "") for unit in order.units if place(order, unit) is Place.CANCELLED
    )
    cancelled -= _units(one for one in groups if is_ours(one) and not one.metadata.get(RETURN_KEY))
    missing = _unrecorded(order, saleor_order, line_map)
    number = 0
    for at, one in sorted(((one.created_at, one) for one in by_staff if one.created_at), key=_when):
        wanted = Counter(one.quantities)
        told = wanted & cancelled
        cancelled -= told
        for line in (wanted - told).elements():
            found = next((gone for gone in missing if gone[0] == line and at <= gone[1]), None)
            if found is not None:
                missing.remove(found)
                number += 1
    return [problem("CANCEL_TOO_LATE", order=order.id, shipped=number)] if number else []


def _when(found: tuple[datetime, FulfillmentState]) -> datetime:
    return found[0]


def _units(groups: Iterable[FulfillmentState]) -> Counter[str]:
    found: Counter[str] = Counter()
    for one in groups:
        found.update(one.quantities)
    return found


def _unrecorded(
    order: Order, saleor_order: SaleorOrder, line_map: Mapping[str, str]
) -> list[tuple[str, datetime]]:
    """Units that left and that Saleor has neither as shipped nor as returned: line, and when they
    can have been back at the earliest. A return moves units out of a shipment: where staff
    cancelled the shipment, what they took out afterwards came back from nowhere."""
    here = [one for one in saleor_order.fulfillments if one.status in GONE]
    held = {one.id: Counter(one.quantities) for one in here}
    by_hand = [held[one.id] for one in here if not packages_of(one)]
    back = _units(one for one in saleor_order.fulfillments if one.metadata.get(RETURN_KEY))
    undone = {
        key
        for one in saleor_order.fulfillments
        if one.status == "CANCELED"
        for key in packages_of(one)
    }
    missing: list[tuple[str, datetime]] = []
    for key, units in packages(order).items():
        parcels = [one for one in here if key in packages_of(one)]
        recorded = [one.created_at for one in parcels if one.created_at]
        pools = [*(held[one.id] for one in parcels), *by_hand, back]
        for unit in units:
            line = line_map.get(unit.id, "")
            pool = next((pool for pool in pools if pool[line] > 0), None)
            left_at = max([*recorded, *filter(None, [unit.shipped_at])], default=None)
            if pool is not None:
                pool[line] -= 1
            elif left_at is not None:
                called_back = key in undone and not parcels
                missing.append((line, _NEVER if called_back else left_at + SOONEST_BACK))
    return missing
