"""What a refund that staff ask for means at the marketplace: pure.

The marketplace holds the money. It gives it back by cancelling what has not left, by saying yes to
a buyer's request, or by a refund of what has left; by nothing else (TikTok Shop Open API, lifecycle
and money).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from ...errors import Problem
from ...models import AfterSalesCase
from ...orders.money import ZERO
from ...orders.refunds import is_charged
from ...orders.states import Place, is_cancelled, place
from ...tiktok.regions import Capability, region
from ...tiktok.types import Order, OrderState
from ..words import money
from .actions import ANSWERS, Name
from .problems import problem
from .rows import State
from .words import state_words


@dataclass(frozen=True)
class Wanted:
    """``unit_ids``: the items a granted refund names (none: it names no items)."""

    amount: Decimal
    currency: str
    unit_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Situation:
    """The order as it is now. ``left``: what of the buyer's money neither went back nor is on its
    way. ``prices``: what the buyer paid for each unit, with tax. ``cases``: all of the order's,
    ``worths``: what of each is the order's own money, by id (else all of its amount)."""

    order: Order
    region: str
    left: Decimal
    prices: Mapping[str, Decimal]
    cases: Sequence[AfterSalesCase] = ()
    worths: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """Say yes to the buyer's request, or offer a part of it."""

    case: AfterSalesCase
    action: Name


@dataclass(frozen=True)
class Cancel:
    """Cancel units that have not left; none named: the order."""

    unit_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Refund:
    """Refund units that have left."""

    unit_ids: tuple[str, ...]


@dataclass(frozen=True)
class Refusal:
    problem: Problem


Decided = Answer | Cancel | Refund | Refusal


def decide(wanted: Wanted, now: Situation) -> Decided:
    """What to ask the marketplace for, or why nothing can be asked."""
    order = now.order
    if is_cancelled(order):
        return _refusal("ORDER_CANCELLED", order=order.id)
    if order.is_cod and not is_charged(order):
        return _refusal("NOT_COLLECTED_YET", order=order.id)
    if order.state is OrderState.COMPLETED:
        return _refusal("ORDER_COMPLETED", order=order.id)
    requests = _requests(wanted, now.cases)
    if requests:
        return _to_requests(wanted, requests, now.worths)
    if wanted.amount > now.left:
        left = money(now.left, wanted.currency)
        asked = money(wanted.amount, wanted.currency)
        return _refusal("REFUND_ABOVE_LEFT", amount=asked, left=left)
    return _new(wanted, now)


def _refusal(code: str, **params: object) -> Refusal:
    return Refusal(problem(code, **params))


def _requests(wanted: Wanted, cases: Sequence[AfterSalesCase]) -> list[AfterSalesCase]:
    """Requests under way that another one must not cross, those to be answered first. One about
    other items than those that are named stands in nobody's way."""
    under_way = [
        case
        for case in cases
        if case.role != "seller" and case.state in {State.NEEDS_ANSWER, State.WAITING}
    ]
    named = set(wanted.unit_ids)
    crossed = [case for case in under_way if not named or not case.units or named & set(case.units)]
    return sorted(crossed, key=lambda case: case.state != State.NEEDS_ANSWER)


def _to_requests(
    wanted: Wanted, requests: Sequence[AfterSalesCase], worths: Mapping[str, Decimal]
) -> Decided:
    """The one of just this amount is meant; of several others nobody knows which."""
    answers = [_answer(wanted, case, worths.get(case.case_id, case.amount)) for case in requests]
    if len(answers) == 1:
        return answers[0]
    exact = (one for one in answers if isinstance(one, Answer) and one.action is not Name.OFFER)
    return next(exact, _open(wanted, requests[0], worths))


def _answer(wanted: Wanted, case: AfterSalesCase, worth: Decimal) -> Decided:
    names = {one.name for one in ANSWERS.get(case.awaited, ())}
    if case.state == State.NEEDS_ANSWER and case.currency == wanted.currency:
        # Yes to a replacement sends goods, no money.
        yes = Name.REFUND if Name.REFUND in names else Name.ACCEPT
        if wanted.amount == worth and yes in names:
            return Answer(case, yes)
        if wanted.amount < worth and Name.OFFER in names:
            return Answer(case, Name.OFFER)
    return _open(wanted, case, {case.case_id: worth})


def _open(wanted: Wanted, case: AfterSalesCase, worths: Mapping[str, Decimal]) -> Refusal:
    return _refusal(
        "CASE_OPEN",
        case=case.case_id,
        asked=money(worths.get(case.case_id, case.amount), wanted.currency),
        state=state_words(case),
    )


def _new(wanted: Wanted, now: Situation) -> Decided:
    order = now.order
    open_ids = [one.id for one in order.units if place(order, one) is Place.OPEN]
    left_ids = [one.id for one in order.units if place(order, one) is Place.SHIPPED]
    named = wanted.unit_ids
    if set(named) & set(open_ids) and set(named) & set(left_ids):
        return _refusal("SHIPPED_AND_OPEN_ITEMS", order=order.id)
    if set(named) & set(open_ids) if named else not left_ids:
        return _before_it_leaves(wanted, now, open_ids, left_ids)
    return _after_it_left(wanted, now, tuple(named) or tuple(left_ids))


def _before_it_leaves(
    wanted: Wanted, now: Situation, open_ids: Sequence[str], left_ids: Sequence[str]
) -> Decided:
    order = now.order
    if wanted.amount == now.left and not left_ids:
        return Cancel()
    left = money(now.left, wanted.currency)
    if Capability.PARTIAL_CANCEL not in region(now.region).capabilities:
        return _refusal("WHOLE_ORDER_ONLY", order=order.id, left=left)
    price = sum((now.prices.get(unit, ZERO) for unit in wanted.unit_ids), ZERO)
    if wanted.unit_ids and wanted.amount == price and set(wanted.unit_ids) <= set(open_ids):
        return Cancel(tuple(wanted.unit_ids))
    prices = ", ".join(
        money(amount, wanted.currency)
        for amount in sorted({now.prices.get(unit, ZERO) for unit in open_ids})
    )
    asked = money(wanted.amount, wanted.currency)
    return _refusal("ITEMS_NOT_NAMED", order=order.id, amount=asked, prices=prices, left=left)


def _after_it_left(wanted: Wanted, now: Situation, unit_ids: tuple[str, ...]) -> Decided:
    """Of one order several refunds may be asked for; each is of the items it names."""
    if not wanted.unit_ids:
        price = sum((now.prices.get(unit, ZERO) for unit in unit_ids), ZERO)
        if wanted.amount > price and len(unit_ids) < len(now.order.units):
            return _refusal("SHIPPED_AND_OPEN_ITEMS", order=now.order.id)
    return Refund(unit_ids)
