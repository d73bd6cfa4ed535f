"""Single orders, looked at because something says that they changed. Handler of ``order.sync``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from .. import accounts, jobs
from ..errors import Parked
from ..jobs import ClaimedJob, Done, Result
from ..models import Connection
from ..tiktok.client import TikTokClient
from ..tiktok.types import Order
from .cancelling import PUSH, stuck_pushes
from .importing import Importer, Outcome
from .problems import parked, problem

MISSING_PATIENCE: Final = (30.0, 120.0, 600.0)
"""Seconds between looks for an order that a notification named before the API knows it."""
CLOCKS: Final = timedelta(seconds=5)
"""So much may the marketplace's clock, which tells whole seconds, be behind the workers'."""


def sync_orders(
    connection: Connection, claimed: Sequence[ClaimedJob], client: TikTokClient | None = None
) -> Mapping[int, Result]:
    """Handler of ``order.sync``: up to 50 orders, subject is the marketplace's order id.

    Each is read anew, created or brought in step. A result per job that was not finished with its
    order already.
    """
    client = client or accounts.client(connection)
    by_order = {job.subject: job for job in claimed}
    page = client.orders(list(by_order))
    importer = Importer(connection, client, claimed=by_order)
    importer.follow(importer.import_new(page.orders))
    outcome = importer.outcome
    _wake_pushes(connection, page.orders, outcome)
    results: dict[int, Result] = {}
    for order_id, why in page.broken:
        broken = problem("ORDER_UNREADABLE", order=order_id, reason=why)
        outcome.failed[order_id] = Parked(broken)
    known = {order.id for order in page.orders} | {order_id for order_id, _ in page.broken}
    for order_id, job in by_order.items():
        if order_id not in outcome.created:
            results[job.id] = _result(order_id, outcome) if order_id in known else missing(job)
    return results


def _wake_pushes(connection: Connection, orders: Sequence[Order], outcome: Outcome) -> None:
    """What a push waits for may be what has just changed at the marketplace; where this order waits
    for somebody itself, only if it changed since the push ran."""
    changed_at = {order.id: order.updated_at for order in orders}
    settled = outcome.followed | outcome.unchanged
    stuck = stuck_pushes(connection, settled | (outcome.failed.keys() & changed_at.keys()))
    wanted = [
        order_id
        for order_id, ran_at in stuck.items()
        if order_id in settled or ran_at is None or changed_at[order_id] + CLOCKS > ran_at
    ]
    jobs.enqueue_many(PUSH, connection, sorted(wanted))


def _result(order_id: str, outcome: Outcome) -> Result:
    if order_id in outcome.failed:
        return outcome.failed[order_id]
    if order_id in outcome.waiting:
        moment = outcome.waiting[order_id]
        seconds = (moment - datetime.now(moment.tzinfo)).total_seconds()
        return jobs.Again(max(seconds, 1.0))
    if order_id in outcome.skipped:
        return Done("skipped", note=outcome.skipped[order_id])
    return Done("in_step" if order_id in outcome.followed else "unchanged")


def missing(job: ClaimedJob) -> Result:
    """What becomes of a job whose order the marketplace does not show: it looks again, then waits
    for somebody."""
    looks = int(job.progress.get("looks", 0))
    if looks < len(MISSING_PATIENCE):
        return jobs.Again(MISSING_PATIENCE[looks], {"looks": looks + 1})
    return parked("ORDER_MISSING", order=job.subject)
