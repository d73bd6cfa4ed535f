"""An order, its cases and its money as the marketplace has them now: to decide about a refund."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from ...models import AfterSalesCase, Connection, OrderLink
from ...orders.money import ZERO, Sums, settle
from ...orders.reading import cancellations_of, returns_of
from ...orders.refunds import paid_for, refunds, uncollected, worth
from ...orders.states import Place, place
from ...tiktok.client import TikTokClient
from ...tiktok.types import Order
from .deciding import Situation
from .rows import MOVES, State, of_cancellation, of_return


def situation(connection: Connection, client: TikTokClient, order_id: str) -> Situation | None:
    """Read anew; None when the marketplace does not know the order. Raises ``Parked`` when its
    amounts do not add up, and what the client raises."""
    order = next(iter(client.orders([order_id]).orders), None)
    if order is None:
        return None
    cancellations = cancellations_of(client, [order_id]).get(order_id, ())
    returns = returns_of(client, [order_id]).get(order_id, ())
    cases = [of_cancellation(connection, one) for one in cancellations]
    cases += [of_return(connection, one) for one in returns]
    sums = settle(order, connection.region)
    worths = {one.id: worth(order, sums, one) for one in cancellations}
    worths |= {one.id: worth(order, sums, one) for one in returns}
    given = sum((one.by_buyer for one in refunds(order, sums, cancellations, returns)), ZERO)
    return Situation(
        order=order,
        region=connection.region,
        left=max(_paid(order, sums) - given - _on_its_way(cases, worths), ZERO),
        prices=paid_for(order, sums),
        cases=tuple(cases),
        worths=worths,
    )


def _paid(order: Order, sums: Sums) -> Decimal:
    never = uncollected(order, sums)[0] if order.is_cod else ZERO
    return sums.by_buyer - never


def _on_its_way(cases: Sequence[AfterSalesCase], worths: Mapping[str, Decimal]) -> Decimal:
    """What is approved, or was opened by the seller, and not with the buyer yet."""
    waiting = {State.WAITING, State.NEEDS_ANSWER}
    return sum(
        (
            worths[case.case_id]
            for case in cases
            if case.state == State.APPROVED or (case.role == "seller" and case.state in waiting)
        ),
        ZERO,
    )


def units_of(connection: Connection, lines: Mapping[str, int], now: Situation) -> tuple[str, ...]:
    """The units that a granted refund's lines (Saleor line id -> quantity) stand for: of each line
    those that have not left first, and none that was cancelled or given back in full."""
    link = OrderLink.objects.filter(connection=connection, order_id=now.order.id).first()
    if link is None or not lines:
        return ()
    gone = _given_back(now)
    where = {
        unit.id: place(now.order, unit)
        for unit in now.order.units
        if unit.id not in gone and place(now.order, unit) is not Place.CANCELLED
    }
    found: list[str] = []
    for line, quantity in lines.items():
        units = [unit for unit in where if link.line_map.get(unit) == line]
        units.sort(key=lambda unit: where[unit] is not Place.OPEN)
        found += units[:quantity]
    return tuple(found)


def _given_back(now: Situation) -> set[str]:
    return {
        unit
        for case in now.cases
        if case.state in MOVES
        for unit, amount in case.units.items()
        if Decimal(amount) >= now.prices.get(unit, ZERO)
    }
