"""Every order's money compared, in batches by order id: the cost of one does not depend on how many
there are."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db import connection as database
from django.db import transaction

from ... import jobs
from ...accounts import audit
from ...jobs import Again, ClaimedJob, Done, Result, clock
from ...models import Connection, Difference, SyncCursor, Vendor
from .differences import MONEY, keep
from .judging import judge
from .judging_payments import judge_payments
from .payout_checks import check_payouts, check_statements
from .sides import order_sides, payment_sides

KIND: Final = "ledger.reconcile"
CURSOR: Final = "ledger.reconcile"
BATCH: Final = 500
SECONDS_PER_RUN: Final = 20.0
ORDER_KNOWN_WITHIN: Final = timedelta(days=14)
"""After its payment; older ones are looked at once a day."""
EVER: Final = timedelta(days=3650)
_AFTER: Final = "after"

_NEXT = """
SELECT order_id FROM (
    (SELECT order_id FROM {sold} WHERE connection_id = %(connection)s AND order_id > %(after)s
     ORDER BY order_id LIMIT %(limit)s)
    UNION
    (SELECT DISTINCT order_id FROM saleor_tiktok_stripe_ledgerentry
     WHERE connection_id = %(connection)s AND order_id > %(after)s
     ORDER BY order_id LIMIT %(limit)s)
) AS both_sides ORDER BY order_id LIMIT %(limit)s
"""
_SOLD: Final = {
    Vendor.TIKTOK.value: "saleor_tiktok_stripe_orderlink",
    Vendor.STRIPE.value: "saleor_tiktok_stripe_charge",
}
_LINK_STRIPE = """
UPDATE saleor_tiktok_stripe_ledgerentry AS entry
SET order_id = charge.order_id, saleor_order_id = charge.order_id
FROM saleor_tiktok_stripe_charge AS charge
WHERE entry.connection_id = %(connection)s AND entry.order_id = '' AND entry.source_ref <> ''
  AND charge.connection_id = %(connection)s AND charge.payment_id = entry.source_ref
  AND charge.payment_id <> '' AND charge.order_id <> '' AND charge.created_at >= %(since)s
RETURNING entry.order_id
"""
_LINK_TIKTOK = """
UPDATE saleor_tiktok_stripe_ledgerentry AS entry SET saleor_order_id = link.saleor_order_id
FROM saleor_tiktok_stripe_orderlink AS link
WHERE entry.connection_id = %(connection)s AND entry.order_id = ANY(%(orders)s)
  AND entry.saleor_order_id = '' AND link.connection_id = %(connection)s
  AND link.order_id = entry.order_id
"""


@dataclass(frozen=True)
class Reconciled:
    """What a run compared. ``differences``: of these orders, how many are open now. ``after`` is
    the last order, "" when all were compared."""

    orders: int
    differences: int
    after: str = ""


def reconcile(
    connection: Connection,
    order_ids: Sequence[str] | None = None,
    *,
    after: str = "",
    limit: int | None = None,
    actor: str = "",
) -> Reconciled:
    """Compare the money of ``order_ids``, or of all orders after ``after`` (at most about ``limit``
    of them) and then of statements and payouts. Touches no vendor. Orders are the marketplace's, of
    a Stripe account Saleor's. ``actor``: who asked for it, for the audit log; "": nobody did."""
    if actor:
        audit.record(KIND, connection, actor)
    if order_ids is not None:
        wanted = sorted({one for one in order_ids if one})
        chunks = [wanted[at : at + BATCH] for at in range(0, len(wanted), BATCH)]
        return Reconciled(len(wanted), sum(_batch(connection, chunk) for chunk in chunks))
    return _all(connection, after, lambda orders: limit is not None and orders >= limit)


def run(connection: Connection | None, claimed: Sequence[ClaimedJob]) -> Mapping[int, Result]:
    """Handler of ``ledger.reconcile``: the order that is the job's subject, or all of them."""
    if connection is None:
        return {}
    return {job.id: _run_one(connection, job) for job in claimed}


def ask_daily(connection: Connection) -> None:
    """Ask for a comparison of everything once a day, and the first time."""
    if is_due(connection):
        with transaction.atomic():
            jobs.enqueue(KIND, connection)


def is_due(connection: Connection) -> bool:
    """Whether the last whole comparison was yesterday."""
    cursor = SyncCursor.objects.filter(connection=connection, resource=CURSOR).first()
    last = cursor.high_water if cursor else None
    return last is None or last.date() < clock.now().date()


def look_again(connection: Connection) -> int:
    """Compare orders with an open difference once more: the other side may have caught up. How many
    are still open, of at most one batch."""
    rows = Difference.objects.filter(
        connection=connection, area=MONEY, state__in=["open", "repairing"]
    ).order_by("last_seen", "pk")
    return reconcile(connection, list(rows.values_list("subject", flat=True)[:BATCH])).differences


def link_payments(connection: Connection, within: timedelta = ORDER_KNOWN_WITHIN) -> list[str]:
    """Give entries of payments whose order is known by now to it; these orders (of Saleor). Only
    payments made ``within`` so long are looked at."""
    since = clock.now() - within
    with database.cursor() as cursor:
        cursor.execute(_LINK_STRIPE, {"connection": connection.pk, "since": since})
        return sorted({row[0] for row in cursor.fetchall()})


def _run_one(connection: Connection, job: ClaimedJob) -> Result:
    if job.subject:
        found = reconcile(connection, [job.subject])
        return Done(note=f"differences={found.differences}")
    if connection.vendor == Vendor.STRIPE:
        link_payments(connection, within=EVER)
    end = time.monotonic() + SECONDS_PER_RUN
    after = str(job.progress.get(_AFTER, ""))
    found = _all(connection, after, lambda _: time.monotonic() > end)
    if found.after:
        return Again(progress={_AFTER: found.after})
    SyncCursor.objects.update_or_create(
        connection=connection, resource=CURSOR, defaults={"high_water": clock.now()}
    )
    return Done(note=f"orders={found.orders} differences={found.differences}")


def _all(connection: Connection, after: str, enough: Callable[[int], bool]) -> Reconciled:
    orders = differences = 0
    while batch := _next(connection, after):
        differences += _batch(connection, batch)
        orders += len(batch)
        after = batch[-1]
        if enough(orders):
            return Reconciled(orders, differences, after)
    differences += check_payouts(connection)
    if connection.vendor == Vendor.TIKTOK:
        differences += check_statements(connection)
    return Reconciled(orders, differences)


def _next(connection: Connection, after: str) -> list[str]:
    with database.cursor() as cursor:
        cursor.execute(
            _NEXT.format(sold=_SOLD[connection.vendor]),
            {"connection": connection.pk, "after": after, "limit": BATCH},
        )
        return [row[0] for row in cursor.fetchall()]


def _batch(connection: Connection, order_ids: Sequence[str]) -> int:
    now = clock.now()
    if connection.vendor == Vendor.STRIPE:
        sides = payment_sides(connection, order_ids)
        found = [
            one
            for order_id, (payments, booked) in sides.items()
            for one in judge_payments(order_id, payments, booked, now)
        ]
    else:
        _link_orders(connection, order_ids)
        both = order_sides(connection, order_ids)
        found = [one for order in both for one in judge(order, now)]
    return keep(connection, MONEY, order_ids, found)


def _link_orders(connection: Connection, order_ids: Sequence[str]) -> None:
    """Orders that were brought over after their money was read."""
    with database.cursor() as cursor:
        cursor.execute(_LINK_TIKTOK, {"connection": connection.pk, "orders": list(order_ids)})
