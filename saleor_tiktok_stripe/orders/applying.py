"""Carrying out a plan: look, plan, do, keep what was done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .. import jobs
from ..errors import Parked, Problem
from ..models import MarketplaceRequest, OrderLink
from ..saleor_api import Saleor
from ..saleor_api.types import SaleorOrder
from ..tiktok.aftersales_types import Return
from ..tiktok.types import Cancellation, Order
from .actions import (
    Action,
    Adopt,
    CancelLines,
    CancelOrder,
    Confirm,
    Fulfill,
    GrantRefund,
    NoteParcel,
    RecordCharge,
    RecordRefunds,
    ReturnGoods,
    SetMetadata,
    Stop,
    TellCancel,
    Track,
    UpdateAddress,
)
from .cancelling import PUSH
from .following import Known, plan
from .linking import fill_in, owed, save_followed
from .problems import GONE, parked
from .refunds import refund_reference, return_key


@dataclass(frozen=True)
class Facts:
    """What was read beside the order: its cases, and what holds for its channel. ``restock``: goods
    that come back are sold again. ``tells_cancels``: what staff cancel is told to the marketplace.
    """

    region: str
    cancellations: Sequence[Cancellation] = ()
    returns: Sequence[Return] = ()
    restock: bool = False
    tells_cancels: bool = False


def bring_in_step(
    saleor: Saleor,
    link: OrderLink,
    order: Order,
    facts: Facts,
    *,
    seen: SaleorOrder | None = None,
) -> tuple[Action, ...]:
    """Bring the Saleor order of ``link`` in step with ``order``; the steps that were taken.

    ``seen`` is the Saleor order as read a moment ago: when nothing is to be done by it, it is not
    locked. Otherwise it and ``link`` are read again under the lock, so that two workers never do a
    step twice and the one with the older state does none.
    A crash half way leaves steps that the next run does not repeat. Raises ``Parked`` when a person
    has to decide, or what ``Saleor`` raises; the steps before that stay done.
    """
    if order.updated_at < link.marketplace_updated_at:
        return ()
    if seen is not None and not _plan(order, seen, link, facts):
        save_followed(link, order, facts.cancellations, facts.returns, settled=True)
        return ()
    with saleor.exclusive(link.saleor_order_id):
        link.refresh_from_db()
        if order.updated_at < link.marketplace_updated_at:
            return ()
        steps, problem = _carry_out(saleor, link, order, facts)
        save_followed(link, order, facts.cancellations, facts.returns, settled=problem is None)
    if problem is not None:
        raise Parked(problem)
    return steps


def _carry_out(
    saleor: Saleor, link: OrderLink, order: Order, facts: Facts
) -> tuple[tuple[Action, ...], Problem | None]:
    current = saleor.orders([link.saleor_order_id]).get(link.saleor_order_id)
    if current is None:
        raise parked(GONE, order=order.id)
    steps = _plan(order, current, link, facts)
    problem = None
    for step in steps:
        perform(step, saleor, link.saleor_order_id)
        if isinstance(step, TellCancel):
            jobs.enqueue(PUSH, link.connection, link.order_id)
        if isinstance(step, Stop):
            problem = step.problem
    return steps, problem


def _plan(order: Order, current: SaleorOrder, link: OrderLink, facts: Facts) -> tuple[Action, ...]:
    fill_in(link, current)
    link.unallocated = owed(link, order, current)
    return plan(order, current, known_of(link, facts), facts.cancellations, facts.returns)


def known_of(link: OrderLink, facts: Facts) -> Known:
    """What is kept about an order, for a plan."""
    granted = _granted_by_staff(link) if facts.cancellations or facts.returns else ()
    return Known(
        line_map=link.line_map,
        address_hash=link.address_hash,
        region=facts.region,
        restock=facts.restock,
        granted=frozenset(granted),
        tells_cancels=facts.tells_cancels,
    )


def _granted_by_staff(link: OrderLink) -> list[str]:
    """Refunds that staff granted in Saleor first and then asked for: granted once is enough."""
    rows = MarketplaceRequest.objects.filter(connection=link.connection, order_id=link.order_id)
    asked = rows.exclude(granted_refund_id="").exclude(reference="")
    ids = asked.values_list("reference", flat=True)
    return [name for one in ids for name in (return_key(one), refund_reference(one))]


def perform(step: Action, saleor: Saleor, order_id: str) -> None:
    """Carry out one step. Raises what ``Saleor`` raises; a ``Stop`` and a ``TellCancel`` are
    the caller's to handle."""
    match step:
        case Confirm():
            saleor.confirm_order(order_id)
        case UpdateAddress(address):
            saleor.update_address(order_id, address)
        case Fulfill(package):
            saleor.fulfill(order_id, package)
        case Adopt(fulfillment_id, metadata, tracking_number):
            if tracking_number:
                saleor.update_tracking(fulfillment_id, tracking_number)
            saleor.set_metadata(fulfillment_id, metadata)
        case Track(fulfillment_id, tracking_number, metadata):
            saleor.update_tracking(fulfillment_id, tracking_number)
            saleor.set_metadata(fulfillment_id, metadata)
        case NoteParcel(fulfillment_id, metadata):
            saleor.set_metadata(fulfillment_id, metadata)
        case CancelOrder():
            saleor.cancel_order(order_id)
        case CancelLines(quantities, reason):
            saleor.cancel_lines(order_id, quantities, reason)
        case ReturnGoods(goods):
            saleor.return_goods(order_id, goods)
        case GrantRefund(key, amount, quantities, reason):
            saleor.grant_refund(
                order_id, key=key, amount=amount, quantities=quantities, reason=reason
            )
        case RecordRefunds(refunds):
            saleor.record_refunds(order_id, refunds)
        case RecordCharge(charge):
            saleor.record_charge(order_id, charge)
        case SetMetadata(metadata):
            saleor.set_metadata(order_id, metadata)
        case TellCancel() | Stop():
            pass
