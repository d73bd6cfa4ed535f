"""Orders that leave in one parcel: staff gave fulfillments of several of them the same tracking
number. The marketplace takes a number once, so their packages are combined before they leave.

Only where packages exist before they are shipped. Where goods are marked as shipped, the
marketplace makes a package of each order's and answers for itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from ..errors import InDoubt, Parked, Problem
from ..jobs import clock
from ..models import Connection, OrderLink
from ..orders.states import Place, is_cancelled, place
from ..saleor_api import Saleor
from ..tiktok.client import TikTokClient
from ..tiktok.fulfilment_types import CombinedPackage
from ..tiktok.types import Order
from .planning import untold_fulfillments
from .problems import problem
from .steps import How, Plan, Ship, Step

MATES: Final = 20
"""So many waiting orders for one address are looked at, at most."""
PAGES: Final = 20
"""So many pages of what may be combined are read, at most."""
SOON: Final = timedelta(seconds=10)
"""While another order of the parcel is being told."""


@dataclass(frozen=True)
class Alone:
    """An order, and what would be told of it if there were no other."""

    order: Order
    plan: Plan


@dataclass(frozen=True)
class Parcels:
    """Finds the orders of a parcel. ``look`` reads orders on both sides and plans each alone."""

    connection: Connection
    saleor: Saleor
    client: TikTokClient
    look: Callable[[Sequence[OrderLink]], Mapping[str, Alone]]

    def together(self, link: OrderLink, order: Order, found: Plan) -> Plan:
        """``found`` with what has to be combined first. Costs the marketplace no call unless
        another order's untold fulfillment has the same tracking number."""
        if order.split_or_combined.upper() == "COMBINED":
            return found
        steps: list[Step] = []
        problems: list[Problem] = [*found.problems]
        until = found.look_again
        for step in found.steps:
            told = self._parcel(link, order, step)
            if isinstance(told, Problem):
                problems.append(told)
            elif isinstance(told, datetime):
                until = max(until or told, told)
            else:
                steps.append(told)
        return replace(found, steps=tuple(steps), problems=tuple(problems), look_again=until)

    def _parcel(self, link: OrderLink, order: Order, step: Step) -> Step | Problem | datetime:
        """The step as it is to be told; a moment: not before."""
        if not isinstance(step, Ship) or step.how is not How.PACKAGE or step.tracking is None:
            return step
        links = self._same_number(link, step.tracking.number)
        if not links:
            return step
        shown = self.look(links)
        joining: list[str] = []
        for one in links:
            verdict = _joins(step, one.order_id, shown.get(one.order_id))
            if isinstance(verdict, datetime):
                return verdict
            if isinstance(verdict, str):
                return _refusal(order, (one.order_id,), verdict)
            joining += [one.order_id] if verdict else []
        if not joining:
            return step
        if not _is_whole(order, step):
            return _refusal(order, joining, f"only a part of order {order.id} is to leave in it")
        draft = self._draft({order.id, *joining})
        if draft is None:
            return _refusal(order, joining, "it does not list them as orders that may be combined")
        return replace(step, combine=draft)

    def _same_number(self, link: OrderLink, number: str) -> list[OrderLink]:
        """Orders for the same address that wait to be shipped, with an untold fulfillment of this
        number. None while the address is masked, as that of an order on hold is."""
        if not link.address_hash:
            return []
        rows = OrderLink.objects.filter(
            connection=self.connection, address_hash=link.address_hash, ship_by__isnull=False
        )
        links = {
            one.saleor_order_id: one for one in rows.exclude(pk=link.pk).order_by("pk")[:MATES]
        }
        orders = self.saleor.orders(list(links)) if links else {}
        return [
            one
            for saleor_id, one in links.items()
            if saleor_id in orders
            and number
            in {left.tracking_number.strip() for left in untold_fulfillments(orders[saleor_id])}
        ]

    def _draft(self, order_ids: set[str]) -> CombinedPackage | None:
        """What the marketplace offers to combine, cut down to these orders."""
        token = ""
        for _ in range(PAGES):
            page = self.client.combinable(token)
            for one in page.packages:
                if order_ids <= set(one.order_ids):
                    return CombinedPackage(one.id, tuple(sorted(order_ids)))
            token = page.next_token
            if not token:
                break
        return None


def combine(client: TikTokClient, draft: CombinedPackage) -> CombinedPackage:
    """Combine these orders; the package that holds them. Raises ``Parked`` where the marketplace
    refuses, ``InDoubt`` where its answer does not show the package."""
    answer = client.combine([draft])
    if answer.refused:
        raise Parked(answer.refused[0].problem)
    for package in answer.packages:
        if set(draft.order_ids) <= set(package.order_ids):
            return package
    raise InDoubt("TIKTOK_UNREADABLE_ANSWER", "packages.combine: the package is missing.")


def leave_behind_cancelled(client: TikTokClient, package: str, order_ids: Sequence[str]) -> bool:
    """Take those of these orders that were cancelled since out of a combined package, which does
    not leave with them; False when there is none. The others may be in other packages then."""
    found = client.orders(order_ids).orders if order_ids else ()
    cancelled = [one.id for one in found if is_cancelled(one)]
    if cancelled:
        client.uncombine(package, cancelled)
    return bool(cancelled)


def refused(order: Order, draft: CombinedPackage, said: Problem) -> Problem:
    """The marketplace's refusal to combine, in words."""
    return _refusal(order, [one for one in draft.order_ids if one != order.id], said.cause)


def _refusal(order: Order, others: Sequence[str], why: str) -> Problem:
    return problem(
        "PARCEL_NOT_COMBINABLE", order=order.id, others=", ".join(others), why=why.rstrip(".")
    )


def _joins(step: Ship, order_id: str, alone: Alone | None) -> bool | str | datetime:
    """Whether another order leaves in the step's parcel; a text: why it cannot; a moment: not known
    before. What the marketplace has as shipped or cancelled does not hold others up."""
    if alone is None:
        return f"order {order_id} cannot be read"
    order, found = alone.order, alone.plan
    if found.unrecorded or is_cancelled(order):
        return False
    number = step.tracking.number if step.tracking else ""
    ships = [one for one in found.steps if isinstance(one, Ship) and one.tracking is not None]
    for one in ships:
        if one.tracking is None or one.tracking.number != number:
            continue
        if one.tracking != step.tracking:
            return "the fulfillments name different carriers"
        if not _is_whole(order, one):
            return f"only a part of order {order_id} is to leave in it"
        return True
    if found.problems:
        return f"order {order_id} waits for something else ({found.problems[0].code})"
    if found.steps:
        return f"something else has to be told of order {order_id} first"
    return found.look_again or clock.now() + SOON


def _is_whole(order: Order, step: Ship) -> bool:
    """The order leaves at once, in a package of its own."""
    left = {unit.id for unit in order.units if place(order, unit) is not Place.CANCELLED}
    alone = not order.split_or_combined and len(step.packages) == 1 and not step.split
    return alone and set(step.unit_ids) == left
