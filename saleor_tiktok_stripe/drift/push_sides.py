"""What the marketplace was not told of an order, from the plan of ``fulfilment``. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ..fulfilment.steps import Cancel, Plan, Retrack, Ship
from ..payments.ledger.differences import Found
from ..saleor_api.types import SaleorOrder
from ..tiktok.types import Order
from .order_sides import merged, told

PROBLEMS: Final[Mapping[str, str]] = {
    "TRACKING_FINAL": "TRACKING_NOT_TOLD",
    "CANCEL_TOO_LATE": "CANCEL_NOT_TOLD",
    "CANCEL_PART_REFUSED": "CANCEL_NOT_TOLD",
    "CANCEL_REASON_MISSING": "CANCEL_NOT_TOLD",
    "SHIPMENT_CANNOT_BE_UNDONE": "STATE_DIFFERS",
}
"""What it is called when a problem stands in the way of telling; else ``SHIPMENT_NOT_TOLD``."""


def untold(order: Order, saleor_order: SaleorOrder, plan: Plan) -> list[Found]:
    """A difference for each thing that staff did and the marketplace does not know."""
    found: list[Found] = []
    theirs = {"state": order.state.value}
    for step in plan.steps:
        match step:
            case Ship():
                number = step.tracking.number if step.tracking else ""
                ours = {f"fulfillment {step.fulfillment_id}": number or "shipped"}
                found.append(Found("SHIPMENT_NOT_TOLD", order.id, ours=ours, theirs=theirs))
            case Retrack():
                ours = {f"package {step.package}": step.tracking.number}
                known = {f"package {step.package}": _number(order, step.package)}
                found.append(Found("TRACKING_NOT_TOLD", order.id, ours=ours, theirs=known))
            case Cancel():
                ours = {"state": saleor_order.status.value, "items": _items(step, order)}
                found.append(Found("CANCEL_NOT_TOLD", order.id, ours=ours, theirs=theirs))
    for problem in plan.problems:
        code = PROBLEMS.get(problem.code, "SHIPMENT_NOT_TOLD")
        found.append(Found(code, order.id, ours=told(problem), theirs=theirs))
    return merged(found)


def _number(order: Order, package: str) -> str:
    numbers = (one.tracking_number for one in order.units if one.package_id == package)
    return next(numbers, "")


def _items(step: Cancel, order: Order) -> str:
    return str(len(step.unit_ids or order.units))
