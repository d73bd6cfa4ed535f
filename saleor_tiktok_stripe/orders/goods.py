"""What left, what is cancelled: a Saleor order's fulfillments in step with the marketplace's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from ..errors import Problem
from ..saleor_api.keys import PACKAGE_KEY, RETURN_KEY
from ..saleor_api.types import FulfillmentState, Package, SaleorOrder, SaleorOrderStatus
from ..tiktok.types import FulfilledBy, Order, Unit
from .actions import (
    Action,
    Adopt,
    CancelLines,
    CancelOrder,
    Fulfill,
    NoteParcel,
    TellCancel,
    Track,
)
from .parcels import TOLD_KEY, TRACKING_KEY, package_metadata
from .problems import problem
from .shipments import GONE, keys_of, packages_of
from .states import WAITING, Place, is_cancelled, packages, place, unnamed


def goods(
    order: Order,
    saleor_order: SaleorOrder,
    line_map: Mapping[str, str],
    *,
    tells_cancels: bool = False,
) -> tuple[list[Action], list[Problem]]:
    """The steps that bring shipments and cancelled units in step, and what stands in their way.

    ``line_map``: unit id -> Saleor order line id. ``tells_cancels``: what staff cancelled in Saleor
    is told to the marketplace, rather than left to them. Pure.
    """
    if is_cancelled(order):
        return _cancelled(order, saleor_order)
    if saleor_order.status is SaleorOrderStatus.CANCELED:
        if tells_cancels:
            return [TellCancel()], []
        left = sum(place(order, unit) is not Place.CANCELLED for unit in order.units)
        return [], [problem("CANCELLED_IN_SALEOR", order=order.id, open=left)]
    if order.state in WAITING:
        return [], []
    return _shipped(order, saleor_order, line_map)


def _cancelled(order: Order, saleor_order: SaleorOrder) -> tuple[list[Action], list[Problem]]:
    if saleor_order.status is SaleorOrderStatus.CANCELED:
        return [], []
    shipped = sum(sum(f.quantities.values()) for f in saleor_order.fulfillments if f.status in GONE)
    if shipped:
        return [], [problem("CANCELLED_AFTER_SHIPMENT", order=order.id, shipped=shipped)]
    return [CancelOrder()], []


def _shipped(
    order: Order, saleor_order: SaleorOrder, line_map: Mapping[str, str]
) -> tuple[list[Action], list[Problem]]:
    """Packages that left become fulfillments; what neither left nor is still to be shipped was
    cancelled. Units that staff recorded as shipped by hand are not recorded again.
    """
    free = {line.id: line.quantity_to_fulfill for line in saleor_order.lines}
    steps: list[Action] = []
    trouble: list[Problem] = []
    taken: set[str] = set()
    back = _back(order, saleor_order, line_map)
    for key, units in packages(order).items():
        wanted = Counter(line_map[unit.id] for unit in units)
        if _find(saleor_order.fulfillments, key) is None:
            came_back = wanted & back
            back -= came_back
            wanted -= came_back
            if not wanted:
                continue
        step, recorded = _package(order, saleor_order, key, units, wanted, free, taken)
        steps += step
        if not recorded:
            trouble.append(problem("PACKAGES_DIFFER", order=order.id, package=key))
    open_units = Counter(
        line_map[unit.id] for unit in order.units if place(order, unit) is Place.OPEN
    )
    gone = {line: left - open_units[line] for line, left in free.items()}
    steps += _later(order, saleor_order, line_map, gone)
    cancelled = Counter(
        line_map[unit.id] for unit in order.units if place(order, unit) is Place.CANCELLED
    )
    take_out = {line: min(n, cancelled[line]) for line, n in gone.items() if n > 0}
    take_out = {line: n for line, n in take_out.items() if n > 0}
    if take_out:
        steps.append(CancelLines(take_out, _cancel_reason(order)))
    trouble += [
        problem("PACKAGES_DIFFER", order=order.id, package=", ".join(sorted(packages_of(one))))
        for one in _called_off(order, saleor_order)
        if any(gone[line] < 0 and not cancelled[line] for line in one.quantities)
    ]
    late = {line: -n for line, n in gone.items() if n < 0 and cancelled[line]}
    if late and _recorded_beyond(saleor_order, order, line_map, late):
        shipped = sum(late.values())
        trouble.append(problem("CANCELLED_AFTER_SHIPMENT", order=order.id, shipped=shipped))
    return steps, trouble


def _back(order: Order, saleor_order: SaleorOrder, line_map: Mapping[str, str]) -> Counter[str]:
    """Units that came back out of packages of which nothing is left in Saleor: it moves what is
    returned out of its shipment, and forgets a shipment that is empty."""
    back: Counter[str] = Counter()
    for one in saleor_order.fulfillments:
        if one.metadata.get(RETURN_KEY) and one.status != "CANCELED":
            back.update(one.quantities)
    units = packages(order)
    for one in saleor_order.fulfillments:
        if one.status in GONE:
            held = (unit for key in packages_of(one) for unit in units.get(key, ()))
            back -= Counter(line_map[unit.id] for unit in held) - Counter(one.quantities)
    return back


def _package(
    order: Order,
    saleor_order: SaleorOrder,
    key: str,
    units: Sequence[Unit],
    wanted: Counter[str],
    free: dict[str, int],
    taken: set[str],
) -> tuple[list[Action], bool]:
    """Steps for one package, and whether all of it is recorded then. Uses up ``free``."""
    recorded = _find(saleor_order.fulfillments, key)
    if recorded is not None:
        looked_at = recorded.id in taken
        taken.add(recorded.id)
        return [] if looked_at else _track(recorded, order), True
    by_hand = _same_goods(order, saleor_order, units, wanted, taken)
    if by_hand is not None:
        taken.add(by_hand.id)
        return [_adopt(order, by_hand, key, units)], True
    quantities = {line: min(n, free[line]) for line, n in wanted.items() if free[line] > 0}
    if not quantities:
        return [], _by_hand(saleor_order)
    for line, quantity in quantities.items():
        free[line] -= quantity
    return [_fulfill(order, key, units, quantities)], True


def _same_goods(
    order: Order,
    saleor_order: SaleorOrder,
    units: Sequence[Unit],
    wanted: Counter[str],
    taken: set[str],
) -> FulfillmentState | None:
    """A fulfillment with just these goods: recorded by hand, or under a package that does not exist
    any more. The one with the same tracking number, where there are several."""
    gone = packages(order)
    found = [
        one
        for one in saleor_order.fulfillments
        if one.status in GONE
        and one.id not in taken
        and Counter(one.quantities) == wanted
        and not (packages_of(one) - {unnamed(order)}) & gone.keys()
    ]
    numbers = {unit.tracking_number for unit in units}
    return min(found, key=lambda one: (bool(keys_of(one)), one.tracking_number not in numbers),
               default=None)  # fmt: skip


def _adopt(order: Order, one: FulfillmentState, key: str, units: Sequence[Unit]) -> Adopt:
    number = "" if one.tracking_number else units[0].tracking_number
    told = {TOLD_KEY: one.tracking_number} if one.tracking_number else {}
    return Adopt(one.id, {PACKAGE_KEY: key, **package_metadata(order, units), **told}, number)


def _fulfill(
    order: Order, key: str, units: Sequence[Unit], quantities: Mapping[str, int]
) -> Action:
    return Fulfill(
        Package(
            key=key,
            quantities=quantities,
            tracking_number=units[0].tracking_number,
            touch_stock=order.fulfilled_by is not FulfilledBy.MARKETPLACE,
            metadata=package_metadata(order, units),
        )
    )


def _later(
    order: Order, saleor_order: SaleorOrder, line_map: Mapping[str, str], gone: dict[str, int]
) -> list[Action]:
    """Units that left after their package was recorded: without package ids, all units of an order
    share one. Uses up ``gone``: what is neither recorded nor still to be shipped.
    """
    steps: list[Action] = []
    for key, units in packages(order).items():
        parts = [one for one in saleor_order.fulfillments if _is_part(one, key)]
        missing = Counter(line_map[unit.id] for unit in units)
        for one in parts:
            missing.subtract(one.quantities)
        quantities = {line: min(n, gone[line]) for line, n in missing.items()}
        quantities = {line: n for line, n in quantities.items() if n > 0}
        if not parts or not quantities:
            continue
        for line, quantity in quantities.items():
            gone[line] -= quantity
        known = {one.tracking_number for one in parts}
        new = [unit for unit in units if unit.tracking_number not in known]
        number = len({key for one in parts for key in keys_of(one)})
        steps.append(_fulfill(order, f"{key}+{number}", new or units, quantities))
    return steps


def _is_part(one: FulfillmentState, key: str) -> bool:
    return key in packages_of(one) and one.status != "CANCELED"


def _find(fulfillments: Sequence[FulfillmentState], key: str) -> FulfillmentState | None:
    found = (one for one in fulfillments if key in keys_of(one))
    return next((one for one in found if one.status != "CANCELED"), None)


def _by_hand(saleor_order: SaleorOrder) -> bool:
    """Somebody recorded shipments or returns in Saleor: they may cover what has no room here."""
    return any(
        not one.metadata.get(PACKAGE_KEY) and one.status != "CANCELED"
        for one in saleor_order.fulfillments
    )


def _called_off(order: Order, saleor_order: SaleorOrder) -> list[FulfillmentState]:
    """Recorded packages that the marketplace no longer counts as gone."""
    left = {"", *packages(order)}
    return [
        one
        for one in saleor_order.fulfillments
        if one.status in GONE and not (packages_of(one) or {""}) & left
    ]


def _recorded_beyond(
    saleor_order: SaleorOrder, order: Order, line_map: Mapping[str, str], late: Mapping[str, int]
) -> bool:
    """More of a line is recorded as shipped than the marketplace says left."""
    left = Counter(line_map[unit.id] for units in packages(order).values() for unit in units)
    shipped: Counter[str] = Counter()
    for one in saleor_order.fulfillments:
        if one.status in GONE:
            shipped.update(one.quantities)
    return any(shipped[line] > left[line] for line in late)


def _track(recorded: FulfillmentState, order: Order) -> list[Action]:
    """A new tracking number, or another fact, of the packages that a fulfillment stands for."""
    held = packages(order)
    units = [unit for key in sorted(packages_of(recorded)) for unit in held.get(key, ())]
    facts = package_metadata(order, units)
    number = units[0].tracking_number
    known = recorded.metadata.get(TRACKING_KEY, "")
    if number and known not in {unit.tracking_number for unit in units}:
        return [Track(recorded.id, number, facts)]
    changed = {
        key: fact
        for key, fact in facts.items()
        if key != TRACKING_KEY and recorded.metadata.get(key, "") != fact
    }
    return [NoteParcel(recorded.id, changed)] if changed else []


def _cancel_reason(order: Order) -> str:
    reasons = {unit.cancel_reason for unit in order.units if place(order, unit) is Place.CANCELLED}
    return "; ".join(sorted(reason for reason in reasons if reason)) or "Cancelled on TikTok Shop"
