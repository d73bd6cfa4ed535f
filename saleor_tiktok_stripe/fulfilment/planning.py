"""What the marketplace has not been told yet about an order: pure.

It compares the newest state of both sides, so planning again after everything was told gives
nothing, whatever happened in between. No unit is ever in two steps, or in a step while an earlier
request for it is in doubt.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from ..accounts import ChannelPolicy
from ..errors import Problem
from ..orders import cancelling
from ..orders.parcels import TOLD_KEY, TRACKING_KEY
from ..orders.shipments import GONE, keys_of, package_of
from ..orders.states import DELIVERED_STATES, WAITING, Place, is_cancelled, packages, place
from ..saleor_api.types import FulfillmentState, SaleorOrder, SaleorOrderStatus
from ..tiktok.fulfilment_types import SplitRule, Tracking
from ..tiktok.regions import TRACKING_CHANGE_HOURS, Capability, Region
from ..tiktok.types import FulfilledBy, Order, Unit
from . import carriers
from .carriers import CarrierBook, Match
from .choosing import Choice, choose, last
from .problems import problem
from .steps import Cancel, How, Plan, Retrack, Ship, Step
from .too_late import left_all_the_same

CARRIER_KEYS: Final = ("carrier", "tiktok.carrier", "tracking_company", "shipping_provider")
"""Metadata of a fulfillment in which staff and other tools name the carrier."""
HOLD_RECHECK: Final = timedelta(minutes=10)
_LONG_AGO: Final = datetime(2000, 1, 1, tzinfo=UTC)
TRACKING_WINDOW: Final = timedelta(hours=TRACKING_CHANGE_HOURS)


@dataclass(frozen=True)
class Facts:
    """All that a plan is made from. ``in_doubt``: fulfillment id -> units of a request whose answer
    was not seen. ``retracked``: packages whose tracking was changed before. ``refused``: subjects
    that were refused just now, not to be asked again in this run. ``rule``: whether the order may
    be split, where that was asked."""

    order: Order
    saleor_order: SaleorOrder
    line_map: Mapping[str, str]
    region: Region
    policy: ChannelPolicy
    carriers: CarrierBook
    now: datetime
    in_doubt: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    retracked: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()
    rule: SplitRule | None = None


def plan(facts: Facts) -> Plan:
    """The steps, in the order in which they are safe, and what stands in the way of others."""
    order, saleor_order = facts.order, facts.saleor_order
    if saleor_order.status is SaleorOrderStatus.CANCELED:
        return _cancelled(facts)
    untold = untold_fulfillments(saleor_order)
    if order.state in WAITING and untold:
        return Plan(look_again=_hold_ends(facts))
    balance = Balance.of(facts)
    steps: list[Step] = []
    problems: list[Problem] = [*_undone(facts, balance)]
    if facts.policy.cancel_push:
        taken_out, trouble = _taken_out(facts, balance)
        problems += [*left_all_the_same(order, saleor_order, facts.line_map), *trouble]
        if taken_out is not None:
            return Plan((taken_out,), tuple(problems), more=True)
    unrecorded = False
    if facts.policy.ship_push:
        for one in untold:
            if one.id in facts.in_doubt:
                continue
            step = _ship(facts, balance, one)
            if isinstance(step, Problem):
                problems.append(step)
            elif step is None:
                unrecorded = True
            else:
                balance.take(step.unit_ids)
                steps += [] if one.id in facts.refused else [step]
        retracks, trouble = _retracks(facts)
        steps += retracks
        problems += trouble
    behind = any(units > 0 for units in balance.ahead.values())
    return Plan(tuple(steps), tuple(problems), unrecorded=unrecorded, behind=behind)


def needs_carriers(saleor_order: SaleorOrder) -> bool:
    """Whether a plan may have to name a carrier."""
    return bool(untold_fulfillments(saleor_order) or retracked_fulfillments(saleor_order))


def untold_fulfillments(saleor_order: SaleorOrder) -> list[FulfillmentState]:
    """Goods that left Saleor and that the marketplace does not know of, oldest first."""
    found = [
        one
        for one in saleor_order.fulfillments
        if one.status == "FULFILLED" and not keys_of(one) and any(one.quantities.values())
    ]
    return sorted(found, key=lambda one: (one.created_at or _LONG_AGO, one.id))


@dataclass
class Balance:
    """Units that are still open at the marketplace, against what Saleor still has to ship or has
    shipped without telling. ``ahead``: by line, how many units are gone at the marketplace that
    Saleor does not show; negative: taken out in Saleor. ``free``: open units in no request."""

    ahead: Counter[str]
    free: list[Unit]

    @classmethod
    def of(cls, facts: Facts) -> Balance:
        """Of the newest states."""
        order, line_map = facts.order, facts.line_map
        open_units = [
            unit for unit in order.units if place(order, unit) is Place.OPEN and unit.id in line_map
        ]
        ahead: Counter[str] = Counter()
        for line in facts.saleor_order.lines:
            ahead[line.id] += line.quantity_to_fulfill
        for one in facts.saleor_order.fulfillments:
            if one.status in GONE and not keys_of(one):
                ahead.update(one.quantities)
        ahead.subtract(Counter(line_map[unit.id] for unit in open_units))
        reserved = {unit_id for ids in facts.in_doubt.values() for unit_id in ids}
        return cls(ahead, [unit for unit in open_units if unit.id not in reserved])

    def take(self, unit_ids: Sequence[str]) -> None:
        """They are in a step now."""
        self.free = [unit for unit in self.free if unit.id not in unit_ids]


# --- goods that left ---------------------------------------------------------------------------


def _ship(facts: Facts, balance: Balance, one: FulfillmentState) -> Ship | Problem | None:
    """The step that tells of a fulfillment; None where the marketplace is ahead of Saleor."""
    order = facts.order
    if order.fulfilled_by is FulfilledBy.MARKETPLACE:
        return problem("SHIPPED_BY_MARKETPLACE", order=order.id)
    if is_cancelled(order):
        return problem("SHIPPED_BUT_CANCELLED", order=order.id)
    if any(balance.ahead[line] > 0 for line, number in one.quantities.items() if number):
        return None
    if order.cancel_requested and not _ships_over_requests(facts.region):
        return problem("CANCEL_REQUEST_OPEN", order=order.id)
    chosen = choose(one.quantities, balance.free, facts.line_map)
    if chosen.missing:
        return problem("SHIPMENTS_DIFFER", order=order.id)
    if order.ships_with_marketplace_label:
        return _in_packages(facts, one, chosen, How.LABEL, None)
    tracking = _tracking(facts, one)
    if isinstance(tracking, Problem):
        return tracking
    if Capability.MARK_AS_SHIPPED in facts.region.capabilities and not _is_combined(order):
        return Ship(one.id, How.MARK, chosen.unit_ids, tracking=tracking)
    return _in_packages(facts, one, chosen, How.PACKAGE, tracking)


def _ships_over_requests(region: Region) -> bool:
    return Capability.SHIPS_WITH_PENDING_CANCEL in region.capabilities


def _is_combined(order: Order) -> bool:
    return order.split_or_combined.upper() == "COMBINED"


def _in_packages(
    facts: Facts, one: FulfillmentState, chosen: Choice, how: How, tracking: Tracking | None
) -> Ship | Problem:
    order = facts.order
    if "" in chosen.cut:
        bought = Capability.LABEL_NEEDS_PURCHASE in facts.region.capabilities
        needs = how is How.LABEL and bought
        return problem("LABEL_NEEDS_PURCHASE" if needs else "PACKAGE_MISSING", order=order.id)
    parcels = len(chosen.whole) + bool(chosen.cut)
    if parcels > 1 and how is How.PACKAGE:
        return problem("SEVERAL_PACKAGES", order=order.id, number=parcels)
    if not chosen.cut:
        if _must_split(facts, chosen):
            why = facts.rule.reason if facts.rule is not None else ""
            return problem("MUST_SPLIT", order=order.id, why=why or "its own rules")
        return Ship(one.id, how, chosen.unit_ids, chosen.whole, tracking=tracking)
    refusal = _no_split(facts, chosen)
    if refusal is not None:
        return refusal
    return Ship(one.id, how, chosen.unit_ids, chosen.whole, _groups(facts, chosen), tracking)


def _must_split(facts: Facts, chosen: Choice) -> bool:
    """All is in one package still, which the marketplace does not let leave so."""
    rule, order = facts.rule, facts.order
    divided = bool(order.split_or_combined) or len(chosen.whole) > 1 or len(order.units) < 2
    return rule is not None and rule.must_split and not divided


def _no_split(facts: Facts, chosen: Choice) -> Problem | None:
    order, rule = facts.order, facts.rule
    if rule is not None and not rule.can_split:
        why = rule.reason or "it gives no reason"
        return problem("SPLIT_REFUSED", order=order.id, why=why)
    if Capability.UNIT_SPLIT in facts.region.capabilities:
        return None
    taken = set(chosen.unit_ids)
    torn = {
        unit.seller_sku or unit.sku_id
        for unit in order.units
        if unit.package_id in chosen.cut and unit.id in taken and _stays(facts, unit, taken)
    }
    if not torn:
        return None
    return problem("SPLIT_BY_SKU_ONLY", order=order.id, skus=", ".join(sorted(torn)))


def _stays(facts: Facts, unit: Unit, taken: set[str]) -> bool:
    """Another open unit of its SKU would stay behind in the same package."""
    return any(
        other.sku_id == unit.sku_id
        and other.package_id == unit.package_id
        and other.id not in taken
        and place(facts.order, other) is Place.OPEN
        for other in facts.order.units
    )


def _groups(facts: Facts, chosen: Choice) -> tuple[tuple[str, ...], ...]:
    """What leaves of packages that are cut, then what stays in each of them."""
    leaving = tuple(sorted(unit_id for part in chosen.cut.values() for unit_id in part))
    open_units = [one for one in facts.order.units if place(facts.order, one) is Place.OPEN]
    stays = [
        tuple(
            sorted(
                one.id for one in open_units if one.package_id == package and one.id not in leaving
            )
        )
        for package in chosen.cut
    ]
    return (leaving, *(group for group in stays if group))


def _tracking(facts: Facts, one: FulfillmentState, known: str = "") -> Tracking | Problem:
    """Number and carrier; ``known`` is the carrier the package has at the marketplace."""
    number = one.tracking_number.strip()
    if not number:
        return problem("TRACKING_MISSING", order=facts.order.id)
    named = [one.metadata.get(key, "") for key in CARRIER_KEYS]
    found = carriers.match(
        facts.carriers,
        [*named, facts.saleor_order.shipping_method_name],
        number,
        order_id=facts.order.id,
    )
    if isinstance(found, Match):
        return Tracking(number, found.carrier_id)
    return Tracking(number, known) if known else found


# --- tracking changed later --------------------------------------------------------------------


def retracked_fulfillments(saleor_order: SaleorOrder) -> list[FulfillmentState]:
    """Packages the marketplace knows, with a tracking number that it was not told."""
    return [
        one
        for one in saleor_order.fulfillments
        if one.status == "FULFILLED"
        and keys_of(one)
        and one.tracking_number.strip()
        and one.tracking_number.strip()
        not in {one.metadata.get(TRACKING_KEY, ""), one.metadata.get(TOLD_KEY, "")}
    ]


def _retracks(facts: Facts) -> tuple[list[Retrack], list[Problem]]:
    order = facts.order
    left = packages(order)
    steps: list[Retrack] = []
    problems: list[Problem] = []
    for one in retracked_fulfillments(facts.saleor_order):
        for key in keys_of(one):
            units = left.get(package_of(key), [])
            known = {unit.tracking_number for unit in units}
            subject = f"{one.id}:{key}"
            settled = subject in facts.refused or subject in facts.in_doubt
            if not units or one.tracking_number in known or settled:
                continue
            step = _retrack(facts, one, key, units)
            if isinstance(step, Problem):
                problems.append(step)
            else:
                steps.append(step)
    return steps, problems


def _retrack(
    facts: Facts, one: FulfillmentState, key: str, units: Sequence[Unit]
) -> Retrack | Problem:
    order, why = facts.order, ""
    shipped_at = units[0].shipped_at
    if order.fulfilled_by is FulfilledBy.MARKETPLACE or order.ships_with_marketplace_label:
        why = "it is the number of TikTok's own label"
    elif key in facts.retracked:
        why = "it was changed once already"
    elif all(unit.state in DELIVERED_STATES for unit in units):
        why = "the package was delivered"
    elif shipped_at is not None and facts.now - shipped_at > TRACKING_WINDOW:
        why = f"{TRACKING_CHANGE_HOURS} hours have passed since the shipment"
    if why:
        return problem("TRACKING_FINAL", order=order.id, why=why)
    tracking = _tracking(facts, one, units[0].carrier_id)
    return tracking if isinstance(tracking, Problem) else Retrack(one.id, key, tracking)


# --- cancelled in Saleor -----------------------------------------------------------------------


def _cancelled(facts: Facts) -> Plan:
    order, subject = facts.order, cancelling.order_subject(facts.saleor_order.id)
    if not facts.policy.cancel_push or is_cancelled(order):
        return Plan()
    if subject in facts.in_doubt or subject in facts.refused:
        return Plan()
    gone = sum(place(order, unit) is Place.SHIPPED for unit in order.units)
    open_units = tuple(unit.id for unit in order.units if place(order, unit) is Place.OPEN)
    partly = cancelling.may_cancel_part(facts.region, facts.policy.cancel_reason)
    problems: list[Problem] = []
    if gone:
        problems.append(problem("CANCEL_TOO_LATE", order=order.id, shipped=gone))
    if not open_units or (gone and not partly):
        return Plan(problems=tuple(problems))
    if order.cancel_requested:
        return Plan(problems=(problem("CANCEL_REQUEST_OPEN", order=order.id),))
    reason = cancelling.reason_key(facts.region, facts.policy.cancel_reason)
    if not reason:
        name = facts.policy.cancel_reason
        return Plan(problems=(problem("CANCEL_REASON_MISSING", order=order.id, reason=name),))
    left = len(open_units) < len(order.units)
    step = Cancel(subject, reason, open_units if left and partly else ())
    return Plan((step,), tuple(problems))


def _taken_out(facts: Facts, balance: Balance) -> tuple[Cancel | None, list[Problem]]:
    """Unshipped units that staff took out of the order (Saleor has no cancelled line: they are
    returned ones that never left)."""
    order = facts.order
    returned: Counter[str] = Counter()
    for one in facts.saleor_order.fulfillments:
        if one.status in cancelling.TAKEN_OUT and not cancelling.is_ours(one):
            returned.update(one.quantities)
    number = {
        line: min(-ahead, returned[line]) for line, ahead in balance.ahead.items() if ahead < 0
    }
    units = tuple(
        unit_id
        for line, count in sorted(number.items())
        for unit_id in last(line, count, balance.free, facts.line_map)
    )
    subject = cancelling.units_subject(units)
    if not units or subject in facts.in_doubt or subject in facts.refused:
        return None, []
    if order.cancel_requested:
        return None, [problem("CANCEL_REQUEST_OPEN", order=order.id)]
    if not cancelling.may_cancel_part(facts.region, facts.policy.cancel_reason):
        balance.take(units)
        return None, [problem("CANCEL_PART_REFUSED", order=order.id, units=len(units))]
    reason = cancelling.reason_key(facts.region, facts.policy.cancel_reason)
    return Cancel(subject, reason, units), []


def _undone(facts: Facts, balance: Balance) -> list[Problem]:
    """Fulfillments that were cancelled in Saleor after the marketplace had been told of them."""
    left = packages(facts.order)
    live = {
        package_of(key)
        for one in facts.saleor_order.fulfillments
        if one.status != "CANCELED"
        for key in keys_of(one)
    }
    return [
        problem("SHIPMENT_CANNOT_BE_UNDONE", order=facts.order.id, package=key)
        for one in facts.saleor_order.fulfillments
        if one.status == "CANCELED" and any(balance.ahead[line] > 0 for line in one.quantities)
        for key in keys_of(one)
        if package_of(key) in left and package_of(key) not in live
    ]


def _hold_ends(facts: Facts) -> datetime:
    order = facts.order
    usual = (order.paid_at or order.created_at) + timedelta(hours=1, minutes=2)
    return max(usual, facts.now + HOLD_RECHECK)
