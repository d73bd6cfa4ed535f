"""The order's history in the Dashboard, and what plugins and webhooks hear of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Final

from django.utils import timezone
from saleor.app.models import App
from saleor.order import OrderChargeStatus, OrderEvents, OrderStatus
from saleor.order.actions import WEBHOOK_EVENTS_FOR_ORDER_CREATED, call_order_event
from saleor.order.models import Order, OrderEvent
from saleor.plugins.manager import PluginsManager, get_plugins_manager
from saleor.webhook.event_types import WebhookEventAsyncType
from saleor.webhook.utils import get_webhooks_for_multiple_events

from .rows import OrderRows
from .versions import robust_on_commit

FULLY_PAID: Final = {OrderChargeStatus.FULL, OrderChargeStatus.OVERCHARGED}
LIVE: Final = {
    OrderStatus.UNCONFIRMED,
    OrderStatus.UNFULFILLED,
    OrderStatus.PARTIALLY_FULFILLED,
}
"""Orders on which somebody still has work: only these are announced as new (``ORDER_CREATED``...).
An order that was over when we first saw it is announced by ``ORDER_BULK_CREATED`` alone, as
Saleor's own import does: an app that greets buyers must not greet those of last year."""


def history(rows: OrderRows, app: App) -> list[OrderEvent]:
    """Events of a completed checkout, as far as they are true, then notes and packages.

    ``placed`` carries the marketplace's time, the others the time Saleor learned of it. Needs the
    ids of the fulfillment lines, so it is called after they were written.
    """
    order = rows.order
    now = timezone.now()
    events = [_event(order, app, OrderEvents.PLACED, rows.new.created_at)]
    if order.charge_status in FULLY_PAID:
        events.append(_event(order, app, OrderEvents.ORDER_FULLY_PAID, now))
    if order.status != OrderStatus.UNCONFIRMED:
        events.append(_event(order, app, OrderEvents.CONFIRMED, now))
    events += _packages(rows, app, now)
    if order.status == OrderStatus.CANCELED:
        events.append(_event(order, app, OrderEvents.CANCELED, now))
    for place, note in enumerate(rows.new.notes):  # Saleor sorts them by time alone
        when = now + timedelta(microseconds=place)
        events.append(_event(order, app, OrderEvents.NOTE_ADDED, when, message=note))
    return events


def _packages(rows: OrderRows, app: App, now: datetime) -> Iterable[OrderEvent]:
    order = rows.order
    for package, fulfillment, lines in rows.fulfillments:
        when = package.shipped_at or now
        if package.returned:
            items = [
                {"quantity": ln.quantity, "line_pk": ln.order_line_id, "item": str(ln.order_line)}
                for ln in lines
            ]
            yield _event(order, app, OrderEvents.FULFILLMENT_RETURNED, when, lines=items)
            continue
        ids = [line.pk for line in lines]
        kind = OrderEvents.FULFILLMENT_FULFILLED_ITEMS
        yield _event(order, app, kind, when, fulfilled_items=ids, auto=False)
        if package.tracking_number:
            yield _event(
                order,
                app,
                OrderEvents.TRACKING_UPDATED,
                when,
                tracking_number=package.tracking_number,
                fulfillment=fulfillment.composed_id,
            )


def _event(order: Order, app: App, kind: str, date: datetime, **parameters: Any) -> OrderEvent:
    return OrderEvent(order=order, app=app, type=kind, date=date, parameters=parameters)


class Announcement:
    """Tells plugins and webhooks about new orders once they are committed.

    Each order is told on its own: a plugin that fails at one is logged by Django and the others are
    still told. Webhooks are looked up once per batch.
    """

    def __init__(self, app: App) -> None:
        self.app = app

    @cached_property
    def manager(self) -> PluginsManager:
        """Plugins as configured when first needed."""
        return get_plugins_manager(allow_replica=False, requestor_getter=lambda: self.app)

    @cached_property
    def webhooks(self) -> Any:
        """Saleor's map of event -> webhooks."""
        return get_webhooks_for_multiple_events(WEBHOOK_EVENTS_FOR_ORDER_CREATED)

    def on_commit(self, batch: Sequence[OrderRows]) -> None:
        """Tell about these orders if and when the current transaction commits."""
        orders = [rows.order for rows in batch]
        if not orders:
            return
        robust_on_commit(self._tell_all, orders)
        for order in orders:
            if order.status in LIVE:
                robust_on_commit(self._tell, order)

    def _tell_all(self, orders: Sequence[Order]) -> None:
        self.manager.order_bulk_created(list(orders))

    def _tell(self, order: Order) -> None:
        """In the order of Saleor's ``order_created``, ``order_charged`` and ``order_confirmed``."""
        kinds = WebhookEventAsyncType
        names = [kinds.ORDER_CREATED]
        if order.charge_status in FULLY_PAID:
            names += [kinds.ORDER_PAID, kinds.ORDER_FULLY_PAID, kinds.ORDER_UPDATED]
        if order.status != OrderStatus.UNCONFIRMED:
            names.append(kinds.ORDER_CONFIRMED)
        for name in names:
            call_order_event(self.manager, name, order, webhook_event_map=self.webhooks)
