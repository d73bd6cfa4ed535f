from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from saleor_tiktok_stripe import jobs
from saleor_tiktok_stripe.errors import RetryLater
from saleor_tiktok_stripe.models import Connection, Job, OrderLink, SyncCursor
from saleor_tiktok_stripe.orders import polling
from saleor_tiktok_stripe.orders.polling import CURSOR, sweep_changes
from saleor_tiktok_stripe.tiktok.types import OrderPage
from tests.support.shop import ConnectedShop

from .samples import order


def _poll(shop: ConnectedShop) -> None:
    jobs.enqueue("orders.poll", shop.connection)
    shop.work()


def _cursor() -> SyncCursor:
    return SyncCursor.objects.get(resource=CURSOR)


def test_a_sweep_finds_orders_that_no_notification_told(shop: ConnectedShop):
    ids = [shop.tiktok.create_order(status="AWAITING_SHIPMENT") for _ in range(3)]

    _poll(shop)

    assert {link.order_id for link in OrderLink.objects.all()} == set(ids)
    assert _cursor().high_water > datetime.now(UTC) - timedelta(minutes=1)


def test_a_sweep_brings_changed_orders_in_step(shop: ConnectedShop):
    order_id = shop.tiktok.create_order(status="AWAITING_SHIPMENT")
    _poll(shop)

    shop.tiktok.ship(order_id)
    _poll(shop)

    assert shop.saleor_order(order_id).status == "FULFILLED"


def test_the_overlap_finds_what_came_in_late(shop: ConnectedShop):
    _poll(shop)
    shop.tiktok.set_time(datetime.now(UTC).timestamp() - 300)
    order_id = shop.tiktok.create_order(status="AWAITING_SHIPMENT")

    _poll(shop)

    assert shop.link(order_id).saleor_order_id


def test_long_lists_are_read_in_slices_and_to_their_end(shop: ConnectedShop, monkeypatch):
    monkeypatch.setattr(polling, "PAGES_PER_RUN", 1)
    ids = [shop.tiktok.create_order(status="AWAITING_SHIPMENT") for _ in range(230)]

    _poll(shop)

    assert OrderLink.objects.count() == len(ids)


def test_the_cursor_stays_when_a_page_was_not_brought_over(shop: ConnectedShop):
    shop.tiktok.create_order(status="AWAITING_SHIPMENT")
    sweep_changes(shop.connection, shop.client)
    before = _cursor().high_water
    shop.tiktok.create_order(status="AWAITING_SHIPMENT")
    shop.saleor.fail("status", "OrderBulkCreate", times=10)

    with pytest.raises(RetryLater):
        sweep_changes(shop.connection, shop.client)

    assert _cursor().high_water == before


def test_orders_that_move_while_they_are_listed_are_not_skipped(shop: ConnectedShop):
    # Given 150 orders, of which those on the first page move to the end after it was read.
    start = datetime.now(UTC).timestamp() - 3000
    ids = []
    for number in range(150):
        shop.tiktok.set_time(start + number * 10)
        ids.append(shop.tiktok.create_order(status="AWAITING_SHIPMENT"))
    shop.tiktok.set_time(start + 2000)
    seen: set[str] = set()

    pages = polling.walk(shop.client, datetime.fromtimestamp(start, UTC), began=datetime.now(UTC))
    seen |= {order.id for order in next(pages).page.orders}
    for order_id in ids[:40]:
        shop.tiktok.touch(order_id)
    for step in pages:
        seen |= {order.id for order in step.page.orders}

    assert seen == set(ids)


class Snapshot:
    """A list that keeps its order while it is read, but shows orders as they are now."""

    def __init__(self, made: list[datetime], changed: dict[int, datetime]) -> None:
        self.made, self.changed = made, changed

    def search_orders(self, *, updated_from: datetime, page_token: str) -> OrderPage:
        rows = [number for number, at in enumerate(self.made) if at >= updated_from]
        start = int(page_token or 0)
        shown = tuple(
            order(id=str(number), updated_at=self.changed.get(number, self.made[number]))
            for number in rows[start : start + 2]
        )
        return OrderPage(shown, (), str(start + 2) if start + 2 < len(rows) else "", None)


@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(minutes=-5), timedelta(minutes=5)])
def test_an_order_that_shows_a_newer_time_in_its_old_place_skips_nothing(ahead: timedelta):
    # Given the second of eight orders changed while the list is read, by TikTok's clock.
    now = datetime.now(UTC)
    start = now - timedelta(hours=2)
    made = [start + timedelta(minutes=number) for number in range(8)]

    pages = polling.walk(Snapshot(made, {1: now + ahead}), start, began=now)

    assert {one.id for step in pages for one in step.page.orders} == set("01234567")


def test_orders_that_cannot_be_read_are_parked_and_the_rest_goes_on(shop: ConnectedShop):
    good = shop.tiktok.create_order(status="AWAITING_SHIPMENT")
    bad = shop.tiktok.create_order(status="AWAITING_SHIPMENT")
    with shop.tiktok.world.lock:
        shop.tiktok.world.shop().find(bad).exponent = 5  # fractions of a cent

    _poll(shop)

    assert shop.saleor_order(good).status == "UNFULFILLED"
    assert not OrderLink.objects.filter(order_id=bad).exists()
    assert (shop.job(bad).status, shop.job(bad).error_code) == ("parked", "ORDER_UNREADABLE")


def test_a_parked_order_that_a_sweep_brings_in_is_parked_no_longer(shop: ConnectedShop):
    order_id = shop.tiktok.create_order(status="AWAITING_SHIPMENT")
    with shop.tiktok.world.lock:
        wrong = shop.tiktok.world.shop().find(order_id)
        cents, wrong.exponent = wrong.exponent, 5
    shop.sync(order_id)
    assert shop.job(order_id).status == "parked"

    with shop.tiktok.world.lock:
        wrong.exponent = cents
    _poll(shop)

    assert shop.saleor_order(order_id).status == "UNFULFILLED"
    assert shop.job(order_id).status == "done"


def test_refunds_that_change_no_order_are_asked_for(shop: ConnectedShop):
    order_id = shop.tiktok.create_order(status="AWAITING_SHIPMENT")
    _poll(shop)
    case = shop.tiktok.request_cancel(order_id)
    shop.tiktok.resolve_cancel(case, approve=True)
    _poll(shop)
    assert shop.link(order_id).refunds_open

    shop.tiktok.complete_cancel(case)
    OrderLink.objects.update(updated_at=datetime.now(UTC) - timedelta(hours=1))
    assert polling.look_after_refunds(shop.connection) == 1
    shop.work()

    assert shop.read(order_id).charged == 0
    assert polling.look_after_refunds(shop.connection) == 0


def test_once_a_day_a_month_is_read_again(shop: ConnectedShop):
    _poll(shop)
    shop.tiktok.set_time(datetime.now(UTC).timestamp() - 20 * 86_400)
    order_id = shop.tiktok.create_order(status="AWAITING_SHIPMENT")
    _poll(shop)
    assert not OrderLink.objects.exists()

    SyncCursor.objects.filter(resource=polling.DEEP_CURSOR).update(
        high_water=datetime.now(UTC) - timedelta(days=2)
    )
    _poll(shop)

    assert shop.link(order_id)
    deep = SyncCursor.objects.get(resource=polling.DEEP_CURSOR)
    assert deep.window_from is None
    assert deep.high_water > datetime.now(UTC) - timedelta(minutes=5)
    assert Job.objects.filter(status__in=["queued", "parked", "dead"]).count() == 0


def test_older_orders_than_the_merchant_wants_stay_out(shop: ConnectedShop):
    Connection.objects.update(orders_since=datetime.now(UTC) + timedelta(days=1))
    order_id = shop.tiktok.create_order(status="AWAITING_SHIPMENT")

    shop.sync(order_id)

    assert not OrderLink.objects.exists()
    assert shop.job(order_id).outcome == "skipped"
