"""The shop as a whole: connecting, history, lost and forged notifications, links, echoes.

Tests that take a fixture ``stage``, as in ``scenarios_orders``.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import requests

from saleor_tiktok_stripe import accounts, catalog, jobs
from saleor_tiktok_stripe.models import ConnectionState, InboundEvent, Job, OrderLink
from saleor_tiktok_stripe.orders.backfill import backfill_progress, start_backfill
from saleor_tiktok_stripe.orders.summary import summarize
from saleor_tiktok_stripe.saleor_api import get_saleor
from saleor_tiktok_stripe.saleor_api.types import SaleorOrderStatus as Status
from saleor_tiktok_stripe.tiktok.webhooks import SUBSCRIBED

from .stage import HISTORY, PREFIX, Stage


def test_the_connect_link_makes_the_channel_active(stage: Stage):
    connection = stage.connection

    assert connection.state == ConnectionState.ACTIVE
    assert connection.account_id == stage.tiktok.credentials["shop_id"]
    registered = stage.tiktok.world.outbox.of_shop(connection.account_id)
    assert {row["address"] for row in registered} == {f"{stage.url}{PREFIX}webhooks/tiktok/"}
    assert {row["event_type"] for row in registered} == set(SUBSCRIBED)
    assert [one.code for one in accounts.verify(connection) if one.severity != "ok"] == []


def test_the_history_is_there_and_a_second_look_shows_its_progress(stage: Stage):
    before = OrderLink.objects.count()
    soon = datetime.now(UTC) + timedelta(minutes=1)
    start_backfill(stage.connection, "test", placed_to=soon)

    shown = []
    while not shown or shown[-1].status != "done":
        assert len(shown) < 20
        jobs.work(limit=1)
        shown.append(backfill_progress(stage.connection))

    seen = [one.seen for one in shown]
    assert seen == sorted(seen)
    assert 100 in seen  # a page is kept before the next one is read
    last = shown[-1]
    assert last.seen == last.total == len(stage.tiktok.order_ids())
    assert last.total >= HISTORY
    assert (last.share, last.status) == (1.0, "done")
    assert last.imported == before
    assert OrderLink.objects.count() == before


def test_an_order_of_an_unlinked_sku_waits_for_the_link_made_by_hand(stage: Stage):
    unlinked, linked = stage.unlinked_sku(), stage.sku()
    order_id = stage.place(unlinked)
    stage.news()
    job = stage.job(order_id)
    assert (job.status, job.error_code) == ("parked", "SKU_NOT_LINKED")
    assert job.waits_for == [f"sku:{unlinked['sku_id']}"]
    assert not stage.imported(order_id)

    [variant] = get_saleor().find_variants("tiktok-us", skus=[linked["seller_sku"]])
    catalog.link(stage.connection, unlinked["sku_id"], variant.id, "staff:1")
    stage.work()

    [line] = stage.read(order_id).lines
    assert (line.variant_id, line.sku) == (variant.id, linked["seller_sku"])
    assert stage.job(order_id).status == "done"


def test_an_order_whose_variant_appears_imports_itself(stage: Stage):
    unlinked = stage.unlinked_sku()
    order_id = stage.place(unlinked)
    stage.news()
    assert stage.job(order_id).error_code == "SKU_NOT_LINKED"

    stage.side.add_variant(unlinked)
    jobs.enqueue("orders.poll", stage.connection)
    stage.work()

    assert stage.read(order_id).lines[0].sku == unlinked["seller_sku"]


def test_an_order_that_no_notification_told_is_found(stage: Stage):
    stage.tiktok.inject_fault("webhook_drop", times=None)
    order_id = stage.place(stage.sku())
    stage.tiktok.clear_faults()
    stage.news()
    assert not stage.imported(order_id)

    jobs.enqueue("orders.poll", stage.connection)
    stage.work()
    new = stage.read(order_id).status
    stage.tiktok.inject_fault("webhook_drop", times=None)
    stage.tiktok.ship(order_id)
    stage.tiktok.clear_faults()
    jobs.enqueue("orders.poll", stage.connection)
    stage.work()

    assert new is Status.UNFULFILLED
    assert stage.read(order_id).status is Status.FULFILLED
    assert stage.events(order_id) == 0


def test_a_forged_notification_leaves_no_trace(stage: Stage):
    order_id = stage.place(stage.sku(), status="UNPAID")
    stage.news()
    events, rows = InboundEvent.objects.count(), Job.objects.count()
    body = json.dumps(
        {
            "type": 1,
            "tts_notification_id": "1",
            "shop_id": stage.connection.account_id,
            "timestamp": 1,
            "data": {"order_id": order_id, "order_status": "AWAITING_SHIPMENT"},
        }
    )

    answers = [
        requests.post(
            f"{stage.url}{PREFIX}webhooks/tiktok/", body, headers={"Authorization": given}
        )
        for given in ("", "0" * 64)
    ]
    stage.work()

    assert [(one.status_code, one.content) for one in answers] == [(401, b"")] * 2
    assert (InboundEvent.objects.count(), Job.objects.count()) == (events, rows)


def test_a_withdrawn_authorization_holds_everything_until_it_is_renewed(stage: Stage):
    known = stage.place(stage.sku())
    stage.news()
    stage.tiktok.deauthorize()
    stage.news()
    withdrawn = stage.connection
    new = stage.place(stage.sku())
    stage.tiktok.ship(known)
    stage.news()

    assert withdrawn.state == ConnectionState.NEEDS_REAUTH
    assert withdrawn.state_reason
    assert stage.job(new).status == "queued"
    assert not stage.imported(new)
    assert stage.read(known).status is Status.UNFULFILLED

    page = stage.reconnect()
    stage.work()

    assert page.status_code == 200
    assert stage.connection.state == ConnectionState.ACTIVE
    assert stage.read(new).status is Status.UNFULFILLED
    assert stage.read(known).status is Status.FULFILLED


def test_tiktok_is_told_saleors_number_and_the_echo_changes_nothing(stage: Stage):
    order_id = stage.place(stage.sku(), 2)
    stage.news()
    [told] = stage.tiktok.world.shop().external[order_id]
    number = stage.read(order_id).number
    before = stage.side.activity(order_id)
    calls = stage.tiktok.calls()["/order/202406/orders/external_orders 0"]

    stage.tiktok.touch(order_id)  # as our write would move it
    stage.announce(order_id)
    stage.news()
    jobs.enqueue("orders.poll", stage.connection)
    stage.work()

    assert told["id"] == number == stage.link(order_id).saleor_number
    assert stage.job(order_id).outcome == "unchanged"
    assert stage.side.activity(order_id) == before
    assert stage.tiktok.calls()["/order/202406/orders/external_orders 0"] == calls


def test_both_sides_agree_in_the_end(stage: Stage):
    jobs.enqueue("orders.poll", stage.connection)
    stage.work()

    summary = summarize(stage.connection)

    assert summary.disagreeing == {}
    assert {one.code for one in summary.parked} <= {"SKU_NOT_LINKED", "CURRENCY_MISMATCH"}
    assert summary.agrees
    assert sum(row.theirs for row in summary.rows) == len(stage.tiktok.order_ids())
    dead = Job.objects.filter(status="dead").values_list("kind", "error_code")
    assert list(dead) == []
