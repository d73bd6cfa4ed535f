"""What staff did in Saleor, found without hooks: orders that changed there are looked at, and those
with something the marketplace was not told are pushed. Nothing is asked of the marketplace here.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone

from .. import accounts, jobs
from ..jobs import Again, ClaimedJob, Done, Result, clock
from ..models import Connection, ConnectionState, Job, OrderLink, SyncCursor, Vendor
from ..orders.cancelling import PUSH, TAKEN_OUT, is_ours, stuck_pushes, stuck_syncs
from ..orders.linking import may_owe_less
from ..orders.shipments import keys_of
from ..saleor_api import get_saleor, runs_inside_saleor
from ..saleor_api.types import ChangedOrder, SaleorOrder, SaleorOrderStatus
from ..tiktok.types import OrderState
from .planning import TRACKING_WINDOW, retracked_fulfillments, untold_fulfillments

CURSOR: Final = "saleor.orders"
CLOCKS: Final = timedelta(seconds=5)
"""So much may Saleor's clock differ from the workers'."""
TOUR: Final = "saleor.tour"
TOUR_STEP: Final = 50
TOUR_PAUSE: Final = timedelta(minutes=5)
"""An order whose push waits for somebody is tried again so often, at most."""
ON_THE_WAY: Final = tuple(
    state.value
    for state in (
        OrderState.AWAITING_SHIPMENT,
        OrderState.PARTIALLY_SHIPPED,
        OrderState.AWAITING_COLLECTION,
        OrderState.IN_TRANSIT,
    )
)
PAGES: Final = 10
"""So many pages of changes in one run."""


def watch(connection: Connection | None, claimed: Sequence[ClaimedJob]) -> Mapping[int, Result]:
    """Handler of ``orders.watch``: one look at what changed in Saleor since the last one."""
    if connection is None:
        return {}
    policy = accounts.policy(connection)
    if not policy.ship_push and not policy.cancel_push:
        return {job.id: Done("switched_off") for job in claimed}
    asked, more = look(connection)
    if not more and not runs_inside_saleor():
        asked += tour(connection)
    result: Result = Again() if more else Done(note=f"asked={asked}")
    return {job.id: result for job in claimed}


def look(connection: Connection) -> tuple[int, bool]:
    """Ask for a push of every changed order that has something to tell; how many, and whether
    there is more to look at. The cursor moves with the jobs, in one commit."""
    saleor = get_saleor()
    cursor = SyncCursor.of(connection, CURSOR)
    asked = 0
    for _ in range(PAGES):
        changes = saleor.orders_changed(connection.channel_slug, cursor.page_token)
        wanted = _with_news(connection, changes.orders)
        with transaction.atomic():
            jobs.enqueue_many(PUSH, connection, wanted)
            cursor.page_token = changes.cursor
            cursor.save(update_fields=["page_token", "updated_at"])
        asked += len(wanted)
        if not changes.more:
            return asked, False
    return asked, True


def tour(connection: Connection) -> int:
    """The next part of a tour of all orders that are on their way: over HTTP nothing tells that a
    tracking number was added, changed or put back. How many pushes were asked for."""
    cursor = SyncCursor.of(connection, TOUR)
    rows = OrderLink.objects.filter(
        connection=connection,
        state__in=ON_THE_WAY,
        marketplace_updated_at__gt=timezone.now() - TRACKING_WINDOW,
        pk__gt=int(cursor.page_token or 0),
    )
    links = {link.saleor_order_id: link for link in rows.order_by("pk")[:TOUR_STEP]}
    orders = get_saleor().orders(sorted(links))
    stuck = stuck_pushes(connection, [link.order_id for link in links.values()])
    just_now = clock.now() - TOUR_PAUSE
    resting = {order_id for order_id, at in stuck.items() if at is not None and at > just_now}
    wanted = [
        links[one.id].order_id
        for one in orders.values()
        if _tour_wants(one, links[one.id], stuck, resting)
    ]
    last = max((link.pk for link in links.values()), default=0)
    with transaction.atomic():
        jobs.enqueue_many(PUSH, connection, wanted)
        cursor.page_token = str(last) if len(links) == TOUR_STEP else ""
        cursor.save(update_fields=["page_token", "updated_at"])
    return len(wanted)


def _tour_wants(
    one: SaleorOrder, link: OrderLink, stuck: Container[str], resting: Container[str]
) -> bool:
    if link.order_id in stuck and not has_news(one, link):
        return True  # what its push waited for was undone
    if link.order_id in resting:
        return False
    added = any(fulfillment.tracking_number for fulfillment in untold_fulfillments(one))
    return added or bool(retracked_fulfillments(one))


def _with_news(connection: Connection, changed: Sequence[ChangedOrder]) -> list[str]:
    """Marketplace ids of those with something to tell, and of those that wait for somebody, their
    push or their own look: what was done in Saleor may be what they wait for. Those that were
    pushed since are left out."""
    at = {one.id: one.updated_at for one in changed}
    rows = OrderLink.objects.filter(connection=connection, saleor_order_id__in=list(at))
    links = {link.order_id: link for link in rows}
    pushed = _pushed_at(connection, links)
    fresh = {
        link.saleor_order_id: link
        for order_id, link in links.items()
        if order_id not in pushed or pushed[order_id] < at[link.saleor_order_id] + CLOCKS
    }
    if not fresh:
        return []
    orders = get_saleor().orders(sorted(fresh))
    ids = [link.order_id for link in fresh.values()]
    stuck = stuck_pushes(connection, ids) | stuck_syncs(connection, ids)
    return [
        fresh[one.id].order_id
        for one in orders.values()
        if has_news(one, fresh[one.id]) or fresh[one.id].order_id in stuck
    ]


def _pushed_at(connection: Connection, order_ids: Iterable[str]) -> dict[str, datetime]:
    """When each of these was pushed last, as far as it was."""
    rows = Job.objects.filter(connection=connection, kind=PUSH, subject__in=list(order_ids))
    found = rows.filter(started_at__isnull=False).order_by("started_at")
    return {subject: at for subject, at in found.values_list("subject", "started_at") if at}


def has_news(saleor_order: SaleorOrder, link: OrderLink) -> bool:
    """Whether somebody did something in Saleor that the marketplace may not know: pure, and cheap.
    What our own import and pushes leave behind is no news."""
    if saleor_order.status is SaleorOrderStatus.CANCELED:
        return link.state != OrderState.CANCELLED.value
    return bool(
        untold_fulfillments(saleor_order)
        or retracked_fulfillments(saleor_order)
        or may_owe_less(link, saleor_order)
        or any(
            (one.status in TAKEN_OUT and not is_ours(one))
            or (one.status == "CANCELED" and keys_of(one))
            for one in saleor_order.fulfillments
        )
    )


def changed_in_saleor(channel_slug: str, saleor_order_id: str, external_reference: str) -> bool:
    """Somebody changed an order in Saleor (a hook says so): ask for its push, in the caller's
    transaction. False for an order that is none of the marketplace's."""
    if not external_reference.startswith("tiktok:"):
        return False
    found = OrderLink.objects.filter(
        saleor_order_id=saleor_order_id,
        connection__vendor=Vendor.TIKTOK,
        connection__channel_slug=channel_slug,
        connection__state=ConnectionState.ACTIVE,
    ).select_related("connection")
    link = found.first()
    if link is None:
        return False
    jobs.enqueue(PUSH, link.connection, link.order_id)
    return True
