"""Returned goods among an order's fulfillments: the same rules on both hosts. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from ..errors import Parked, Problem
from .keys import CANCELLED_KEY, PACKAGE_KEY, RETURN_KEY
from .types import FulfillmentState

RETURNED: Final = frozenset({"RETURNED", "REFUNDED_AND_RETURNED"})
"""States of a Saleor fulfillment whose units are not with the buyer any more."""
_CLAIMED: Final = (RETURN_KEY, PACKAGE_KEY, CANCELLED_KEY)


def keyed(fulfillments: Sequence[FulfillmentState], key: str) -> FulfillmentState | None:
    """The return with this key."""
    return next((one for one in fulfillments if one.metadata.get(RETURN_KEY) == key), None)


def unclaimed(
    fulfillments: Sequence[FulfillmentState],
    quantities: Mapping[str, int],
    *,
    older: Collection[str] = (),
) -> FulfillmentState | None:
    """A return of just these units that nobody has named yet: one that staff recorded, or one of
    ours that a crash left without its key. Never one of ``older`` (ids), nor a group of units that
    were cancelled before they left.
    """
    wanted = {line: units for line, units in quantities.items() if units}
    for one in fulfillments:
        named = one.id in older or any(key in one.metadata for key in _CLAIMED)
        if not named and one.status in RETURNED and dict(one.quantities) == wanted:
            return one
    return None


def is_told(metadata: Mapping[str, str]) -> bool:
    """Whether the marketplace knows of a shipment. Units come back out of these first: one that
    staff made by hand is not used up by a return of what left in another, and still asks why the
    marketplace knows nothing of it."""
    return bool(metadata.get(PACKAGE_KEY))


def too_many(order_id: str) -> Parked:
    """More units came back than the order has shipped."""
    return Parked(
        Problem(
            code="RETURN_EXCEEDS_SHIPPED",
            stage="follow",
            cause="More units were returned than the order has sent, as Saleor knows it.",
            cure="Look at the order's fulfillments in Saleor and record what is missing, then try "
            "again.",
            params={"order_id": order_id},
        )
    )
