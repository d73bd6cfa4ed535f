"""What a seller may do with packages, and the codes that TikTok refuses the rest with.

Codes: reference sheet, business codes of fulfillment. Where the sheet names several for one thing
the first is used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from saleor_tiktok_stripe.sandbox.tiktok import ids
from saleor_tiktok_stripe.sandbox.tiktok.errors import ApiError
from saleor_tiktok_stripe.sandbox.tiktok.life import Life
from saleor_tiktok_stripe.sandbox.tiktok.model import SHIPPED, Line, Order, Package
from saleor_tiktok_stripe.sandbox.tiktok.shop import Shop

BAD_PARAMETER, NOT_OF_SELLER, NOT_OF_SHOP = 21001001, 21008111, 21011028
REGION_CLOSED, NOT_ALLOWED, ALREADY_SHIPPED = 21008106, 21011003, 21011006
REQUEST_PENDING, TRACKING_INVALID, TRACKING_TWICE = 21011007, 21011022, 21011025
NOT_IN_PACKAGE, ALREADY_COMBINED, NO_SPLIT = 21011029, 21011033, 21011035
CANCELLED, NAME_LINES, WINDOW_OVER, CHANGED_BEFORE = 21011041, 21011048, 21011050, 21011051
BY_TIKTOK, WRONG_PROVIDER = 21008025, 21008116
_CHANGE_WITHIN = 72 * 3600
_LONGEST_TRACKING = 50


def find_order(shop: Shop, order_id: str) -> Order:
    """The order; 21008111 when it is not one of this seller."""
    order = shop.find(order_id)
    if order is None:
        raise ApiError(NOT_OF_SELLER, f"order {order_id} does not belong to this seller")
    return order


def find_package(shop: Shop, package_id: str) -> tuple[Order, Package]:
    """The package and the order that it was made for; 21011041 when that order was cancelled,
    21011028 when there is no such package."""
    slot = ids.package_slot(shop.number, package_id)
    found = shop.thing("packages", slot) if slot is not None else None
    if found is not None and isinstance(found[1], Package):
        return shop.hold_changed(found[0]), found[1]
    if slot is not None and ids.slot_owner(slot) < shop.next_index:
        owner = shop.order(ids.slot_owner(slot))
        if owner.status == "CANCELLED":
            raise ApiError(CANCELLED, "the order of the package is cancelled")
    raise ApiError(NOT_OF_SHOP, "the package does not belong to this shop")


def check_shippable(order: Order) -> None:
    """Whether a seller may hand anything of an order over now."""
    if order.platform_fulfilled:
        raise ApiError(BY_TIKTOK, "the order is fulfilled by the platform")
    if order.status == "CANCELLED":
        raise ApiError(CANCELLED, "the order is cancelled")
    if order.status in {"UNPAID", "ON_HOLD"}:
        raise ApiError(NOT_ALLOWED, f"the order is {order.status}")
    if order.status in SHIPPED:
        raise ApiError(ALREADY_SHIPPED, "the order is shipped")


def settle_request(life: Life, shop: Shop, order: Order) -> None:
    """A buyer's pending cancel request: shipping refuses it in the US, and is refused elsewhere."""
    for case in order.cancellations:
        if case.status == "CANCELLATION_REQUEST_PENDING" and case.role == "BUYER":
            if shop.region.code != "US":
                raise ApiError(REQUEST_PENDING, "a cancel request of the buyer is pending")
            life.resolve_cancel(case.id, approve=False)


def check_carrier(shop: Shop, given: Mapping[str, Any] | None) -> tuple[str, str]:
    """Provider id and tracking number of a seller's own shipment."""
    tracking = str((given or {}).get("tracking_number") or "").strip()
    provider = str((given or {}).get("shipping_provider_id") or "")
    if not tracking or len(tracking) > _LONGEST_TRACKING:
        raise ApiError(TRACKING_INVALID, "the tracking number is invalid")
    if provider not in {number for number, _ in shop.region.providers}:
        raise ApiError(WRONG_PROVIDER, "the shipping provider is wrong")
    if tracking in shop.trackings:
        raise ApiError(TRACKING_TWICE, "the tracking number is used by another package")
    return provider, tracking


def choose_lines(order: Order, wanted: Sequence[str]) -> list[Line]:
    """The waiting lines to mark as shipped: those named, or all of an order in one package."""
    known = {line.id: line for line in order.lines}
    if not wanted:
        if order.status == "PARTIALLY_SHIPPING" or len(order.packages) > 1:
            raise ApiError(NAME_LINES, "the order has several packages: name the lines")
        return order.active_lines()
    for line_id in wanted:
        if line_id not in known:
            raise ApiError(BAD_PARAMETER, f"the order has no line {line_id}")
        if not known[line_id].active:
            raise ApiError(CANCELLED, f"line {line_id} is cancelled")
        if known[line_id].status in SHIPPED:
            raise ApiError(ALREADY_SHIPPED, f"line {line_id} is shipped")
    return [known[line_id] for line_id in dict.fromkeys(wanted)]


def check_change(shop: Shop, order: Order, package: Package, now: int) -> None:
    """Whether the tracking number of a package may still be changed."""
    if order.platform_fulfilled:
        raise ApiError(BY_TIKTOK, "the order is fulfilled by the platform")
    if order.shipping_type != "SELLER":
        raise ApiError(NOT_ALLOWED, "only packages that the seller ships may be changed")
    if package.status not in {"PROCESSING", "FULFILLING"}:
        raise ApiError(NOT_ALLOWED, f"the package is {package.status}")
    shipped_at = package.shipped_at or order.ship_time
    if now - shipped_at > _CHANGE_WITHIN:
        raise ApiError(WINDOW_OVER, "the time to update the shipping information is over")
    if package.tracking_changes:
        raise ApiError(CHANGED_BEFORE, "the tracking number may be changed once")


def split_refusal(shop: Shop, order: Order) -> str:
    """Why an order cannot be split, "" when it can."""
    waiting = [ln for ln in order.active_lines() if ln.status == "AWAITING_SHIPMENT"]
    if order.platform_fulfilled:
        return "fulfilled by the platform"
    if order.status not in {"AWAITING_SHIPMENT", "PARTIALLY_SHIPPING"}:
        return f"the order is {order.status}"
    if order.tag == "COMBINED":
        return "the order is combined"
    parts = len(waiting) if shop.region.unit_split else len({ln.sku.sku_id for ln in waiting})
    return "" if parts > 1 else "nothing to split"


def check_groups(shop: Shop, order: Order, groups: Sequence[Sequence[str]]) -> None:
    """Whether waiting lines may be spread over packages like this: disjoint groups, and whole SKUs
    where the market does not split by unit."""
    refusal = split_refusal(shop, order)
    if refusal:
        raise ApiError(NO_SPLIT, refusal)
    waiting = {ln.id: ln for ln in order.active_lines() if ln.status == "AWAITING_SHIPMENT"}
    named = [line_id for group in groups for line_id in group]
    if not groups or not all(groups) or len(set(named)) != len(named):
        raise ApiError(BAD_PARAMETER, "groups must not be empty and must not overlap")
    if not set(named) <= waiting.keys():
        raise ApiError(BAD_PARAMETER, "a line does not wait for shipment")
    if len(groups) == 1 and set(groups[0]) == waiting.keys():
        raise ApiError(NO_SPLIT, "one group with everything is no split")
    if shop.region.unit_split:
        return
    for group in groups:
        kinds = {waiting[line_id].sku.sku_id for line_id in group}
        whole = {line_id for line_id, line in waiting.items() if line.sku.sku_id in kinds}
        if whole != set(group):
            raise ApiError(NO_SPLIT, "this market splits by whole SKUs only")


def combinable(shop: Shop) -> list[list[Order]]:
    """Orders that may share a package: same buyer, address, warehouse and shipping."""
    groups: dict[tuple[object, ...], list[Order]] = {}
    for order, warehouse_id in shop.open_orders():
        alone = not order.tag and len(order.packages) < 2  # noqa: PLR2004 - split already
        if order.status == "AWAITING_SHIPMENT" and alone and not order.platform_fulfilled:
            at = order.address
            place = (at.first_name, at.last_name, at.street, at.extra, at.postal_code)
            key = (order.buyer_id, place, warehouse_id, order.shipping_type)
            groups.setdefault(key, []).append(order)
    return [group for group in groups.values() if len(group) > 1]
