"""Carrying out a plan: look, plan, do, keep what was done."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import Parked, Problem
from ..models import OrderLink
from ..saleor_api import Saleor
from ..saleor_api.types import SaleorOrder
from ..tiktok.types import Cancellation, Order
from .actions import (
    Action,
    Adopt,
    CancelLines,
    CancelOrder,
    Confirm,
    Fulfill,
    GrantRefund,
    RecordCharge,
    RecordRefunds,
    SetMetadata,
    Stop,
    Track,
    UpdateAddress,
)
from .following import Known, plan
from .linking import fill_in, save_followed
from .problems import parked


def bring_in_step(
    saleor: Saleor,
    link: OrderLink,
    order: Order,
    cancellations: Sequence[Cancellation] = (),
    *,
    region: str,
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
    if seen is not None and not _plan(order, seen, link, cancellations, region):
        save_followed(link, order, cancellations, settled=True)
        return ()
    with saleor.exclusive(link.saleor_order_id):
        link.refresh_from_db()
        if order.updated_at < link.marketplace_updated_at:
            return ()
        steps, problem = _carry_out(saleor, link, order, cancellations, region)
        save_followed(link, order, cancellations, settled=problem is None)
    if problem is not None:
        raise Parked(problem)
    return steps


def _carry_out(
    saleor: Saleor,
    link: OrderLink,
    order: Order,
    cancellations: Sequence[Cancellation],
    region: str,
) -> tuple[tuple[Action, ...], Problem | None]:
    current = saleor.orders([link.saleor_order_id]).get(link.saleor_order_id)
    if current is None:
        raise parked("SALEOR_ORDER_MISSING", order=order.id)
    steps = _plan(order, current, link, cancellations, region)
    problem = None
    for step in steps:
        perform(step, saleor, link.saleor_order_id)
        if isinstance(step, Stop):
            problem = step.problem
    return steps, problem


def _plan(
    order: Order,
    current: SaleorOrder,
    link: OrderLink,
    cancellations: Sequence[Cancellation],
    region: str,
) -> tuple[Action, ...]:
    fill_in(link, current)
    return plan(order, current, Known.of(link, region), cancellations)


def perform(step: Action, saleor: Saleor, order_id: str) -> None:
    """Carry out one step. Raises what ``Saleor`` raises; a ``Stop`` is the caller's to handle."""
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
        case CancelOrder():
            saleor.cancel_order(order_id)
        case CancelLines(quantities, reason):
            saleor.cancel_lines(order_id, quantities, reason)
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
        case Stop():
            pass
