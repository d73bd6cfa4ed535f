"""Do our row, the marketplace's order and Saleor's agree? Pure.

What the sides should be brought to is not said here: the plans of ``orders`` and ``fulfilment`` say
which steps are missing, and each missing step is a difference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from ..errors import Parked, Problem
from ..models import OrderLink
from ..orders import following
from ..orders.actions import (
    Action,
    Adopt,
    CancelLines,
    CancelOrder,
    Confirm,
    Fulfill,
    GrantRefund,
    RecordCharge,
    RecordRefunds,
    ReturnGoods,
    SetMetadata,
    Stop,
    TellCancel,
    Track,
    UpdateAddress,
)
from ..orders.applying import Facts
from ..orders.fingerprint import fingerprint
from ..payments.ledger.differences import Found, plain_text
from ..saleor_api.types import SaleorOrder
from ..tiktok.types import Cancellation, Order

CODES: Final[Mapping[type[Action], str]] = {
    Confirm: "STATE_DIFFERS",
    CancelOrder: "STATE_DIFFERS",
    CancelLines: "UNITS_DIFFER",
    Fulfill: "SHIPMENT_MISSING_IN_SALEOR",
    Adopt: "SHIPMENT_MISSING_IN_SALEOR",
    Track: "TRACKING_DIFFERS",
    RecordCharge: "CHARGE_DIFFERS",
    GrantRefund: "REFUND_DIFFERS",
    RecordRefunds: "REFUND_DIFFERS",
    ReturnGoods: "RETURN_DIFFERS",
    TellCancel: "CANCEL_NOT_TOLD",
    UpdateAddress: "ADDRESS_DIFFERS",
    SetMetadata: "FACTS_DIFFER",
}
"""What it is called when a step is missing."""
PROBLEMS: Final[Mapping[str, str]] = {
    "LINES_DIFFER": "UNITS_DIFFER",
    "PACKAGES_DIFFER": "SHIPMENT_MISSING_IN_SALEOR",
    "AMOUNTS_DO_NOT_ADD_UP": "TOTAL_DIFFERS",
    "AMOUNT_INVALID": "TOTAL_DIFFERS",
    "CURRENCY_MISMATCH": "TOTAL_DIFFERS",
}
"""What it is called when a problem stands in the way of a step; else ``STATE_DIFFERS``."""


KEPT: Final = 64
"""So much of a case's state is kept."""


@dataclass(frozen=True)
class Sides:
    """The newest states of one imported order; None: a side does not have it. ``cases``: the state
    kept here of each cancellation and return, by id. ``untold``: what the marketplace was not told,
    and what stands in the way (``of_push``)."""

    link: OrderLink
    order: Order | None
    saleor_order: SaleorOrder | None
    known: following.Known
    facts: Facts
    cases: Mapping[str, str] = field(default_factory=dict)
    untold: Sequence[Found] = ()


def judge(sides: Sides) -> list[Found]:
    """The differences of one order, each class once."""
    order_id = sides.link.order_id
    if sides.order is None:
        return [Found("ORDER_GONE", order_id, ours=_saleor(sides))]
    if sides.saleor_order is None:
        ours = {"order": sides.link.saleor_number or sides.link.saleor_order_id}
        theirs = {"state": sides.order.state.value}
        return [Found("SALEOR_ORDER_MISSING", order_id, ours=ours, theirs=theirs)]
    found = [*_behind(sides, sides.order, sides.saleor_order), *_cases(sides), *sides.untold]
    if not found and _is_stale(sides.link, sides.order):
        ours, theirs = {"state": sides.link.state}, {"state": sides.order.state.value}
        found = [Found("LINK_STALE", order_id, ours=ours, theirs=theirs)]
    found = merged(found)
    # Facts follow from the rest: told only where nothing else is different.
    return [one for one in found if one.code != "FACTS_DIFFER"] or found


def merged(found: Sequence[Found]) -> list[Found]:
    """Several missing steps of one class are one difference."""
    kept: dict[str, Found] = {}
    for one in found:
        other = kept.get(one.code)
        if other is not None:
            amount = one.amount if other.amount is None else other.amount
            one = Found(
                one.code, one.subject, one.currency or other.currency, amount,
                {**other.ours, **one.ours}, {**other.theirs, **one.theirs},
            )  # fmt: skip
        kept[one.code] = one
    return list(kept.values())


def told(problem: Problem) -> dict[str, str]:
    """A problem as a side shows it."""
    return {"problem": problem.code, "cause": problem.cause, "cure": problem.cure}


def _saleor(sides: Sides) -> dict[str, str]:
    state = sides.saleor_order.status.value if sides.saleor_order else "missing"
    return {"order": sides.link.saleor_number or sides.link.saleor_order_id, "state": state}


def _behind(sides: Sides, order: Order, saleor_order: SaleorOrder) -> Iterator[Found]:
    """What Saleor does not have yet."""
    try:
        steps = following.plan(
            order, saleor_order, sides.known, sides.facts.cancellations, sides.facts.returns
        )
    except Parked as error:
        steps = (Stop(error.problem),)
    for step in steps:
        yield _found(step, order, saleor_order)


def _found(step: Action, order: Order, saleor_order: SaleorOrder) -> Found:
    match step:
        case Stop(problem):
            code = PROBLEMS.get(problem.code, "STATE_DIFFERS")
            return _difference(code, order, told(problem), {"state": order.raw_state})
        case Confirm() | CancelOrder() | TellCancel():
            ours, theirs = {"state": saleor_order.status.value}, {"state": order.state.value}
        case CancelLines(quantities):
            ours, theirs = {}, {"cancelled": str(sum(quantities.values()))}
        case Fulfill(package):
            ours, theirs = {}, {f"package {package.key}": package.tracking_number or "shipped"}
        case Adopt(fulfillment_id, metadata, tracking_number):
            ours = {"fulfillment": fulfillment_id}
            theirs = {"package": tracking_number or ", ".join(sorted(metadata))}
        case Track(fulfillment_id, tracking_number):
            ours, theirs = {"fulfillment": fulfillment_id}, {"tracking": tracking_number}
        case ReturnGoods(goods):
            ours, theirs = {}, {goods.key: str(sum(goods.quantities.values()))}
        case GrantRefund(key, amount):
            ours, theirs = {}, {f"granted {key}": plain_text(amount)}
        case RecordRefunds(refunds):
            given = {f"{one.transaction_reference} {one.reference}": one.amount for one in refunds}
            return _money("REFUND_DIFFERS", order, given)
        case RecordCharge(charge):
            return _money("CHARGE_DIFFERS", order, {charge.transaction_reference: charge.amount})
        case SetMetadata(metadata):
            ours = {key: saleor_order.metadata.get(key, "") for key in sorted(metadata)}
            theirs = dict(sorted(metadata.items()))
        case UpdateAddress():
            # Not what it is: buyer data stays where it has to be.
            ours, theirs = {}, {"address": "changed"}
    return _difference(CODES[type(step)], order, ours, theirs)


def _difference(
    code: str, order: Order, ours: Mapping[str, str], theirs: Mapping[str, str]
) -> Found:
    return Found(code, order.id, ours=ours, theirs=theirs)


def _money(code: str, order: Order, missing: Mapping[str, Decimal]) -> Found:
    theirs = {name: plain_text(amount) for name, amount in sorted(missing.items())}
    by = sum(missing.values(), Decimal(0))
    return Found(code, order.id, order.payment.currency, by, {}, theirs)


def _cases(sides: Sides) -> Iterator[Found]:
    """The queue shows another state of a request than the marketplace."""
    theirs = {one.id: _of_cancellation(one) for one in sides.facts.cancellations}
    theirs |= {one.id: one.raw_state[:KEPT] for one in sides.facts.returns}
    stale = {key: state for key, state in theirs.items() if sides.cases.get(key) != state}
    if stale:
        ours = {key: sides.cases.get(key, "missing") for key in sorted(stale)}
        yield Found(
            "CASE_STALE", sides.link.order_id, ours=ours, theirs=dict(sorted(stale.items()))
        )


def _of_cancellation(one: Cancellation) -> str:
    """Its state as it is kept."""
    return (one.raw_state or one.status)[:KEPT]


def _is_stale(link: OrderLink, order: Order) -> bool:
    """An address that the marketplace shows no longer, as it does of old orders, is no change."""
    if link.state != order.state.value or not link.fingerprint:
        return True
    hidden = order.recipient.masked and bool(link.address_hash)
    return link.fingerprint != fingerprint(order) and not hidden
