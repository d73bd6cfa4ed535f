"""A worker killed all along its way, from claim to commit, on a real Saleor.

Each step is a process of its own that gets SIGKILL instead of its n-th statement, with n counting
up until one survives: one by one for the import itself, so that every point between two commits is
met, before and after each call to TikTok; in strides for sweep, following and backfill, which share
its way.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection as database
from django.db import connections
from django.db.models import Sum
from saleor.order.models import Fulfillment, FulfillmentLine, Order, OrderEvent, OrderLine
from saleor.payment.models import TransactionEvent, TransactionItem
from saleor.warehouse.models import Allocation, Stock

from saleor_tiktok_stripe import jobs
from saleor_tiktok_stripe.accounts.tiktok import vendor
from saleor_tiktok_stripe.models import Job, OrderLink, SyncCursor
from saleor_tiktok_stripe.orders.backfill import backfill_progress, start_backfill
from saleor_tiktok_stripe.orders.polling import CURSOR
from saleor_tiktok_stripe.orders.summary import summarize
from saleor_tiktok_stripe.saleor_api import writer
from tests.e2e.stage import Stage
from tests.saleor.test_e2e import _django_db_marker, stage  # noqa: F401  (fixtures)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(900)]
MOST_STATEMENTS = 1000
UNITS = 2


def _dies_at(number: int) -> bool:
    """Run all due jobs in a child that dies at its ``number``-th statement; whether it did."""
    connections.close_all()
    child = os.fork()
    if child == 0:
        try:
            vendor._door.cache_clear()  # the parent's sockets are not ours
            with database.execute_wrapper(_killer(number)):
                jobs.work(deadline_seconds=60)
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in (0, -signal.SIGKILL)
    return code != 0


def _killer(number: int) -> Callable[..., Any]:
    count = 0

    def wrapper(execute, sql, params, many, context):
        nonlocal count
        count += 1
        if count == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(sql, params, many, context)

    return wrapper


def _go_on(on: Stage) -> None:
    """Another worker, once the dead one's lease is over."""
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    Job.objects.filter(status="running").update(lease_until=long_ago)
    jobs.sweep()
    Job.objects.filter(status="queued", failures__gt=0).update(run_after=long_ago)
    on.work()


def _steps(on: Stage, prepare: Callable[[], None], stride: int) -> Iterator[int]:
    """``prepare`` the work, kill a worker at the next statement, let the caller look, go on."""
    for number in range(1, MOST_STATEMENTS, stride):
        prepare()
        died = _dies_at(number)
        yield number
        _go_on(on)
        if not died:
            return
    raise AssertionError("no worker came to its end")


def _rows(order_id: str) -> dict[str, int]:
    """All that Saleor holds of a TikTok order."""
    orders = Order.objects.filter(external_reference=f"tiktok:{order_id}")
    lines = OrderLine.objects.filter(order__in=orders)
    allocations = Allocation.objects.filter(order_line__in=lines)
    return {
        "orders": orders.count(),
        "units": lines.aggregate(n=Sum("quantity"))["n"] or 0,
        "allocated": allocations.aggregate(n=Sum("quantity_allocated"))["n"] or 0,
        "events": OrderEvent.objects.filter(order__in=orders).count(),
        "transactions": TransactionItem.objects.filter(order__in=orders).count(),
        "payments": TransactionEvent.objects.filter(transaction__order__in=orders).count(),
        "fulfillments": Fulfillment.objects.filter(order__in=orders).count(),
        "shipped": FulfillmentLine.objects.filter(fulfillment__order__in=orders).count(),
        "links": OrderLink.objects.filter(order_id=order_id).count(),
    }


def _whole(on: Stage) -> dict[str, int]:
    """What an import that nobody disturbs leaves."""
    order_id = on.place(on.sku(), UNITS)
    jobs.enqueue("order.sync", on.connection, order_id)
    on.work()
    found = _rows(order_id)
    assert (found["orders"], found["units"], found["allocated"]) == (1, UNITS, UNITS)
    assert (found["transactions"], found["links"]) == (2, 1)
    return found


def _check_import(
    on: Stage, enqueue: Callable[[list[str]], None], stride: int, *, finishes: bool
) -> None:
    """``finishes``: the jobs of the orders end in the very commit that writes the orders."""
    whole = _whole(on)
    nothing = dict.fromkeys(whole, 0)
    sku = on.sku()
    before = on.side.stock(sku["seller_sku"])
    placed: list[str] = []
    number = 0

    def prepare() -> None:
        placed[:0] = [on.place(sku, UNITS), on.place(sku, UNITS)]
        enqueue(placed[:2])

    for number in _steps(on, prepare, stride):
        one, other = map(_rows, placed[:2])
        assert one == other, f"one of two only, at statement {number}"
        assert one in (whole, nothing), f"half an order at statement {number}"
        for order_id in placed[2:4]:  # of the step before, done by now
            assert _rows(order_id) == whole, f"the step before statement {number}"
        if finishes:
            done = {on.job(order_id).status == "done" for order_id in placed[:2]}
            assert done == {one == whole}, f"statement {number}"

    assert number > 30
    assert all(_rows(order_id) == whole for order_id in placed)
    stock = on.side.stock(sku["seller_sku"])
    assert stock == (before.quantity, before.allocated + UNITS * len(placed))
    assert not OrderLink.objects.filter(order_id__in=placed, reference_sent_at=None).exists()


def test_an_import_killed_at_any_statement(stage: Stage):  # noqa: F811
    _check_import(
        stage,
        lambda ids: jobs.enqueue_many("order.sync", stage.connection, ids),
        1,
        finishes=True,
    )


def test_a_sweep_killed_at_any_statement(stage: Stage):  # noqa: F811
    def enqueue(_ids: list[str]) -> None:
        jobs.enqueue("orders.poll", stage.connection)

    _check_import(stage, enqueue, 5, finishes=False)
    cursor = SyncCursor.objects.get(resource=CURSOR)
    assert cursor.high_water is not None
    assert (cursor.window_from, cursor.page_token) == (None, "")


def _goods(order_id: str) -> dict[str, int]:
    """All but the timeline: Saleor's own actions write an entry of it after their commit, so that
    a process killed right then loses that entry and nothing else."""
    found = _rows(order_id)
    found.pop("events")
    return found


def test_following_killed_at_any_statement(stage: Stage):  # noqa: F811
    sku = stage.sku()
    before = stage.side.stock(sku["seller_sku"])
    followed: list[str] = []

    def change() -> None:
        order_id = stage.place(sku, 3)
        jobs.enqueue("order.sync", stage.connection, order_id)
        stage.work()
        ship, cancel, _ = stage.lines(order_id)
        stage.tiktok.cancel(order_id, [cancel])
        stage.tiktok.ship(order_id, [ship])
        jobs.enqueue("order.sync", stage.connection, order_id)
        followed.append(order_id)

    change()
    stage.work()
    wanted, money = _goods(followed[0]), stage.read(followed[0]).transactions
    assert (wanted["fulfillments"], wanted["allocated"]) == (2, 1)

    number = 0
    for number in _steps(stage, change, 17):
        assert _rows(followed[-1])["fulfillments"] in (0, 2), f"half done at statement {number}"
        if number > 1:
            assert _goods(followed[-2]) == wanted, f"the step before statement {number}"

    assert number > 40
    for order_id in followed:
        assert _goods(order_id) == wanted
        paid = [(one.charged, one.refunded) for one in stage.read(order_id).transactions]
        assert paid == [(one.charged, one.refunded) for one in money]
    n = len(followed)
    assert stage.side.stock(sku["seller_sku"]) == (before.quantity - n, before.allocated + n)


def test_a_backfill_killed_at_any_statement_counts_each_order_once(stage: Stage):  # noqa: F811
    stage.work()
    orders = Order.objects.count()
    allocated = Allocation.objects.aggregate(n=Sum("quantity_allocated"))["n"]
    soon = datetime.now(UTC) + timedelta(minutes=1)
    number = 0

    def begin() -> None:
        start_backfill(stage.connection, "test", placed_to=soon)

    for number in _steps(stage, begin, 2):
        shown = backfill_progress(stage.connection)
        assert shown.seen <= (shown.total or 0), f"statement {number}"

    done = backfill_progress(stage.connection)
    assert number > 10
    assert (done.status, done.seen) == ("done", done.total)
    assert done.total == len(stage.tiktok.order_ids())
    assert Order.objects.count() == orders
    assert Allocation.objects.aggregate(n=Sum("quantity_allocated"))["n"] == allocated
    assert summarize(stage.connection).agrees


def test_workers_at_once_never_sell_the_same_piece_twice(stage: Stage):  # noqa: F811
    sku = stage.sku()
    stage.side.set_stock(sku["seller_sku"], 5)
    before = stage.side.stock(sku["seller_sku"])
    ids = [stage.place(sku) for _ in range(60)]
    jobs.enqueue_many("order.sync", stage.connection, ids)
    barrier = threading.Barrier(2)

    def worker() -> int:
        # tests read through the writer's connection, but only in their own thread
        connections[settings.DATABASE_CONNECTION_REPLICA_NAME] = connections["default"]
        try:
            with writer():
                barrier.wait(30)
                return jobs.work(deadline_seconds=60).handled
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        handled = [one.result() for one in [pool.submit(worker), pool.submit(worker)]]
    stage.work()

    assert sum(handled) >= 2
    assert all(stage.imported(order_id) for order_id in ids)
    free = 5 - before.allocated
    assert stage.side.stock(sku["seller_sku"]) == (5, 5)
    links = OrderLink.objects.filter(order_id__in=ids)
    short = [link.unallocated.get(sku["seller_sku"], 0) for link in links]
    assert sorted(short) == [0] * free + [1] * (60 - free)
    assert not Stock.objects.filter(quantity_allocated__lt=0).exists()
