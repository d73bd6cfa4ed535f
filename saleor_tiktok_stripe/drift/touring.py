"""The daily tour: every order, SKU or payment of a connection, batch by batch.

Where it is stands in a cursor, so that it goes on after any stop. It asks each side for 50 orders
(600 SKUs) at a time, so its cost follows their number; nothing is read twice.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Q

from .. import accounts
from ..jobs import clock
from ..models import Charge, Connection, Difference, OrderLink, SkuLink, SyncCursor, Vendor
from ..orders.backfill import begin, is_over, next_page
from ..orders.linking import links_for
from .classes import ORDER, PAYMENT
from .order_checking import OrderCheck
from .payment_checking import check_payments
from .sku_checking import SkuCheck

CURSOR: Final = "drift.tour"
EVERY: Final = timedelta(days=1)
USUALLY: Final = timedelta(days=90)
"""So far back a daily tour goes, and to whatever is still different from before."""
ORDERS: Final = 50
SKUS: Final = 600
PAYMENTS: Final = 20
_DAY: Final = 86_400
_STRIDE: Final = 7919
"""A prime: connections that were made one after the other do not tour at the same hour."""
_OPEN: Final = (Difference.State.OPEN, Difference.State.REPAIRING)


@dataclass(frozen=True)
class Leg:
    """A batch that was checked. ``after``: where the next one starts; None: there is none."""

    after: Any
    checked: int


Walk = Callable[[Connection, datetime, Any], Leg]


def cursor_of(connection: Connection) -> SyncCursor:
    """Where the tour is. ``high_water``: when the last whole one began."""
    spread = timedelta(seconds=connection.pk * _STRIDE % _DAY)
    return SyncCursor.of(connection, CURSOR, high_water=clock.now() - spread)


def tour(connection: Connection, asked: Mapping[str, Any], seconds: float) -> SyncCursor:
    """Go on with the tour that is under way, or begin one where a day has passed or somebody
    ``asked``; until ``seconds`` are over. It is over when ``window_from`` is empty.

    Raises what concerns the whole connection; the next run goes on with the same batch.
    """
    cursor = cursor_of(connection)
    if cursor.window_from is None:
        due = cursor.high_water is None or clock.now() - cursor.high_water >= EVERY
        if not due and not asked.get("now"):
            return cursor
        _begin(cursor, asked)
    end = time.monotonic() + seconds
    while cursor.window_from is not None:
        _go(connection, cursor, cursor.window_from)
        if time.monotonic() >= end:
            break
    return cursor


def _begin(cursor: SyncCursor, asked: Mapping[str, Any]) -> None:
    now = clock.now()
    since = asked.get("from")
    cursor.window_from = datetime.fromisoformat(since) if since else now - USUALLY
    cursor.window_to, cursor.seen = now, 0
    cursor.page_token = json.dumps({"leg": 0, "after": None})
    cursor.save()


def _go(connection: Connection, cursor: SyncCursor, since: datetime) -> None:
    """One batch."""
    at = json.loads(cursor.page_token)
    walks = _WALKS[connection.vendor]
    leg = walks[at["leg"]](connection, since, at["after"])
    cursor.seen += leg.checked
    number = at["leg"] + (leg.after is None)
    if number < len(walks):
        cursor.page_token = json.dumps({"leg": number, "after": leg.after})
    else:
        cursor.high_water = cursor.window_to
        cursor.window_from, cursor.window_to, cursor.page_token = None, None, ""
    cursor.save()


def _imported(connection: Connection, since: datetime, after: Any) -> Leg:
    """Orders that have a row here."""
    rows = OrderLink.objects.filter(connection=connection, placed_at__gte=since, pk__gt=after or 0)
    links = list(rows.order_by("pk")[:ORDERS])
    OrderCheck(connection, patient=True).imported(links)
    return Leg(links[-1].pk if len(links) == ORDERS else None, len(links))


def _still_different(connection: Connection, since: datetime, after: Any) -> Leg:
    """What was different before, however old: has it gone?"""
    del since
    rows = Difference.objects.filter(
        connection=connection, area=ORDER, state__in=_OPEN, pk__gt=after or 0
    )
    found = list(rows.order_by("pk").values_list("pk", "subject")[:ORDERS])
    OrderCheck(connection, patient=True).named(sorted({subject for _, subject in found}))
    return Leg(found[-1][0] if len(found) == ORDERS else None, len(found))


def _missing(connection: Connection, since: datetime, after: Any) -> Leg:
    """Orders that the marketplace has, page by page, and that have no row here."""
    client = accounts.client(connection)
    window = {"from": since.isoformat(), "to": clock.now().isoformat()}
    state = after or begin(client, window)
    if is_over(state):
        return Leg(None, 0)
    page = next_page(client, state)
    orders = page.orders if page is not None else ()
    OrderCheck(connection, patient=True).unlinked(orders)
    known = links_for(connection, [order.id for order in orders])
    return Leg(state, len(orders) - len(known))


def _skus(connection: Connection, since: datetime, after: Any) -> Leg:
    del since
    rows = SkuLink.objects.filter(connection=connection, sku_id__gt=after or "")
    sku_ids = list(rows.order_by("sku_id").values_list("sku_id", flat=True)[:SKUS])
    SkuCheck(connection).check(sku_ids)
    return Leg(sku_ids[-1] if len(sku_ids) == SKUS else None, len(sku_ids))


def _payments(connection: Connection, since: datetime, after: Any) -> Leg:
    rows = Charge.objects.filter(Charge.within_reach(connection), connection=connection)
    open_ones = Difference.objects.filter(connection=connection, area=PAYMENT, state__in=_OPEN)
    wanted = Q(created_at__gte=since) | Q(payment_id__in=open_ones.values("subject"))
    rows = rows.filter(wanted, pk__gt=after or 0).exclude(payment_id="")
    charges = list(rows.select_related("connection").order_by("pk")[:PAYMENTS])
    check_payments(connection, charges, patient=True)
    return Leg(charges[-1].pk if len(charges) == PAYMENTS else None, len(charges))


_WALKS: Final[Mapping[str, tuple[Walk, ...]]] = {
    Vendor.TIKTOK.value: (_imported, _still_different, _missing, _skus),
    Vendor.STRIPE.value: (_payments,),
}
