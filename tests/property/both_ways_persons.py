"""What only a person can decide, and how such a thing is known: everything else has to come right
by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from saleor_tiktok_stripe.models import Job
from saleor_tiktok_stripe.sandbox.tiktok.model import SHIPPED, Order

if TYPE_CHECKING:
    from .both_ways_histories import BothWays

Shown = dict[str, Any]


def _untold(shown: Shown) -> bool:
    """Staff shipped something that TikTok does not know."""
    return any(
        one["status"] == "FULFILLED" and "tiktok.package_id" not in _keys(one)
        for one in shown["fulfillments"]
    )


def _keys(one: Shown) -> set[str]:
    return {pair["key"] for pair in one["metadata"]}


def _left(order: Order) -> bool:
    return any(line.status in SHIPPED for line in order.lines)


def _gone(order: Order) -> bool:
    return any(not line.active for line in order.lines)


def _called_back(shown: Shown) -> bool:
    return any(one["status"] == "CANCELED" for one in shown["fulfillments"])


def _taken_out(shown: Shown) -> bool:
    return shown["status"] == "CANCELED" or any(
        one["status"] == "RETURNED" for one in shown["fulfillments"]
    )


def untold_numbers(shown: Shown) -> dict[str, list[str]]:
    """Numbers that staff gave to parcels which TikTok knows by others, and their packages."""
    found: dict[str, list[str]] = {}
    for one in shown["fulfillments"]:
        facts = {pair["key"]: pair["value"] for pair in one["metadata"]}
        told = {facts.get("tiktok.tracking_number"), facts.get("tiktok.tracking_told")}
        known = "tiktok.package_id" in facts
        if one["status"] == "FULFILLED" and known and one["trackingNumber"] not in told:
            found[one["trackingNumber"]] = facts["tiktok.package_id"].split(",")
    return found


def _is_final(histories: BothWays, order: Order, number: str, keys: list[str]) -> bool:
    """Whether TikTok took no other number for a package any more when staff changed it, or since.
    Afterwards nobody looks for such a change, but for the daily comparison."""
    packages = [one for one in order.packages if one.id in {key.partition("+")[0] for key in keys}]
    return (
        number in histories.too_late
        or order.shipping_type != "SELLER"
        or order.platform_fulfilled
        or len(keys) > 1
        or any(
            one.tracking_changes or one.status not in {"PROCESSING", "FULFILLING"}
            for one in packages
        )
    )


Test = Callable[[Order, Shown], bool]
REASONS: dict[str, Test] = {
    # Staff shipped in Saleor what TikTok had cancelled: are the goods on their way?
    "SHIPPED_BUT_CANCELLED": lambda order, shown: _gone(order) and _untold(shown),
    "CANCELLED_AFTER_SHIPMENT": lambda order, shown: _gone(order),
    # Staff cancelled in Saleor what has left already, or what the market does not cancel in part.
    "CANCEL_TOO_LATE": lambda order, shown: _left(order) and _taken_out(shown),
    "CANCEL_PART_REFUSED": lambda order, shown: _taken_out(shown),
    "CANCELLED_IN_SALEOR": lambda order, shown: _taken_out(shown),
    # Staff cancelled a fulfillment that TikTok has been told of.
    "SHIPMENT_CANNOT_BE_UNDONE": lambda order, shown: _called_back(shown),
    # Both shipped, and not the same.
    "SHIPMENTS_DIFFER": lambda order, shown: _untold(shown) and _left(order),
    # TikTok wants it otherwise than staff did it.
    "SEVERAL_PACKAGES": lambda order, shown: _untold(shown),
    "SPLIT_REFUSED": lambda order, shown: _untold(shown),
    "SPLIT_BY_SKU_ONLY": lambda order, shown: _untold(shown),
    "LABEL_NEEDS_PURCHASE": lambda order, shown: _untold(shown),
    "PACKAGE_MISSING": lambda order, shown: _untold(shown),
    "SHIPPED_BY_MARKETPLACE": lambda order, shown: order.platform_fulfilled,
    "TIKTOK_WITH_OPERATOR": lambda order, shown: order.platform_fulfilled and _taken_out(shown),
    # Staff changed a number a second time, too late, or of TikTok's own label.
    "TRACKING_FINAL": lambda order, shown: bool(untold_numbers(shown)),
    "TIKTOK_TRACKING_CHANGED_ONCE": lambda order, shown: bool(untold_numbers(shown)),
    "TIKTOK_STATE_FORBIDS": lambda order, shown: bool(untold_numbers(shown)),
    # TikTok put packages together differently after they were recorded.
    "PACKAGES_DIFFER": lambda order, shown: bool(order.tag),
}
"""Code of a problem -> whether both sides' books show that it is one."""


@dataclass
class Asked:
    """``orders``: those that wait for a person, rightly. ``unjustified``: what waits without a
    reason, in words."""

    orders: set[str] = field(default_factory=set)
    unjustified: list[str] = field(default_factory=list)


def persons(histories: BothWays) -> Asked:
    """Every job that is not done."""
    asked = Asked()
    sales = {one.order_id: one for one in histories.sales}
    rows = Job.objects.filter(connection=histories.stage.connection).exclude(status="done")
    for job in rows.order_by("pk"):
        sale = sales.get(job.subject)
        shown = histories.shown(sale) if sale else None
        test = REASONS.get(job.error_code)
        parked = job.status == "parked" and sale is not None and shown is not None
        if parked and test is not None and test(histories.order_of(sale), shown):
            asked.orders.add(sale.order_id)
            histories.seen[f"asked: {job.error_code}"] += 1
            continue
        said = (job.problem or {}).get("cause", "")
        asked.unjustified.append(
            f"job {job.kind} {job.subject} is {job.status}: {job.error_code} {said}"
        )
    for sale in histories.sales:
        shown = histories.shown(sale)
        for number, keys in untold_numbers(shown).items() if shown else ():
            if _is_final(histories, histories.order_of(sale), number, keys):
                asked.orders.add(sale.order_id)
                histories.seen["asked: number not told"] += 1
    return asked
