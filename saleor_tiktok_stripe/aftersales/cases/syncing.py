"""The cases of an order as they are now. Handler of ``case.sync``; the subject is the marketplace's
order id.

A case that moves money or goods has its order looked at again: ``order.sync`` brings them into
Saleor, from what it reads itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from django.db import transaction
from django.utils import timezone

from ... import accounts, jobs
from ...jobs import ClaimedJob, Done, Result
from ...models import AfterSalesCase, Connection, OrderLink
from ...orders.reading import cancellations_of, returns_of
from ...tiktok.client import TikTokClient
from .rows import FIELDS, MOVES, is_return, of_cancellation, of_return
from .settling import settle

ORDER_SYNC = "order.sync"


def sync_cases(
    connection: Connection | None, claimed: Sequence[ClaimedJob]
) -> Mapping[int, Result]:
    """Handler of ``case.sync``: up to 50 orders."""
    if connection is None:
        return {}
    client = accounts.client(connection)
    order_ids = [job.subject for job in claimed]
    changed = record(connection, read(connection, client, order_ids))
    settle(connection, order_ids)
    return {job.id: Done("recorded" if job.subject in changed else "unchanged") for job in claimed}


def read(
    connection: Connection, client: TikTokClient, order_ids: Iterable[str]
) -> list[AfterSalesCase]:
    """All cases of these orders as the marketplace has them, not saved."""
    ids = list(order_ids)
    asked = cancellations_of(client, ids)
    found = [of_cancellation(connection, one) for cases in asked.values() for one in cases]
    back = returns_of(client, ids)
    return found + [of_return(connection, one) for cases in back.values() for one in cases]


def record(connection: Connection, seen: Sequence[AfterSalesCase]) -> set[str]:
    """Keep what was seen, newest state first come or not; the ids of orders with something new.

    Their orders are looked at again where money or goods move.
    """
    order_ids = {case.order_id for case in seen}
    with transaction.atomic():
        links = {
            link.order_id: link
            for link in OrderLink.objects.select_for_update(no_key=True)
            .filter(connection=connection, order_id__in=order_ids)
            .order_by("pk")
        }
        rows = AfterSalesCase.objects.select_for_update(no_key=True).filter(
            connection=connection, case_id__in=[case.case_id for case in seen]
        )
        known = {row.case_id: row for row in rows.order_by("pk")}
        changed = [
            case for case in seen if _keep(known.get(case.case_id), case, links.get(case.order_id))
        ]
        _look_at_orders(connection, changed, links)
    return {case.order_id for case in changed}


def _keep(row: AfterSalesCase | None, seen: AfterSalesCase, link: OrderLink | None) -> bool:
    """Whether something was new. A row that knows a newer state stays as it is."""
    if row is None:
        _name_order(seen, link)
        seen.save(force_insert=True)
        return True
    if seen.marketplace_updated_at < row.marketplace_updated_at:
        return False
    news = [name for name in FIELDS if getattr(row, name) != getattr(seen, name)]
    if "due_by" in news:
        row.due_reminded = None
    for name in news:
        setattr(row, name, getattr(seen, name))
    _name_order(row, link)
    row.save()  # also when nothing is new: it was looked at
    return bool(news)


def _name_order(row: AfterSalesCase, link: OrderLink | None) -> None:
    if link is not None:
        row.saleor_order_id, row.order_number = link.saleor_order_id, link.saleor_number


def _look_at_orders(
    connection: Connection, changed: Sequence[AfterSalesCase], links: Mapping[str, OrderLink]
) -> None:
    with_returns = {case.order_id for case in changed if is_return(case)} & links.keys()
    moved = {case.order_id for case in changed if case.state in MOVES}
    rows = OrderLink.objects.filter(connection=connection)
    rows.filter(order_id__in=with_returns).update(has_returns=True, updated_at=timezone.now())
    rows.filter(order_id__in=moved).update(fingerprint="")
    jobs.enqueue_many(ORDER_SYNC, connection, sorted(moved))
