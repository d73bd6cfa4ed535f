"""Importers killed at every statement, and importers racing each other, on a real Saleor."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from django.conf import settings
from django.db import connection, connections
from saleor.account.models import Address
from saleor.order.models import Order, OrderEvent, OrderLine
from saleor.payment.models import TransactionEvent, TransactionItem
from saleor.warehouse.models import Allocation

from saleor_tiktok_stripe.saleor_api.in_process.adapter import InProcessSaleor
from saleor_tiktok_stripe.saleor_api.in_process.app import ensure_app
from saleor_tiktok_stripe.saleor_api.types import CreatedOrder, NewOrder
from tests.saleor.shop import Shop, line, make_shop, order

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(900)]
WRITTEN = (Order, OrderLine, OrderEvent, TransactionItem, TransactionEvent, Allocation)


def create(orders: list[NewOrder]) -> list[CreatedOrder]:
    return InProcessSaleor().create_orders(orders, lambda results: None)


def left_behind(shop: Shop) -> dict[str, int]:
    rows = {model.__name__: model.objects.count() for model in WRITTEN}
    rows["Address"] = Address.objects.count() - len(shop.warehouses)
    rows["allocated"] = shop.stock(0).quantity_allocated + shop.stock(1).quantity_allocated
    return {name: count for name, count in rows.items() if count}


@contextmanager
def at_statement(number: int, act: Callable[[], None]) -> Iterator[list[str]]:
    """Run ``act`` instead of the statement with this number (0: never); gives those that ran."""
    ran: list[str] = []

    def wrapper(execute, sql, params, many, context):
        ran.append(str(sql))
        if len(ran) == number:
            act()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(wrapper):
        yield ran


def in_child(work: Callable[[], None]) -> int:
    """Run ``work`` in a process of its own with its own connection; how it ended."""
    connections.close_all()
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_killed_at_any_statement_nothing_is_left_and_the_next_run_writes_it_once() -> None:
    shop = make_shop()
    ensure_app()
    orders = [order(shop, line(shop, 0, 2), line(shop, 1, 1)) for _ in range(2)]
    step = 0

    def killed_at_step() -> None:
        with at_statement(step, die):
            create(orders)

    while True:
        step += 1
        if in_child(killed_at_step) != -signal.SIGKILL:
            break
        if OrderEvent.objects.exists():  # killed after the commit, while telling the plugins
            break
        assert left_behind(shop) == {}, f"statement {step}"

    results = create(orders)

    assert step > 15
    assert [result.created for result in results] == [False, False]
    assert left_behind(shop) == {
        "Order": 2,
        "OrderLine": 4,
        "OrderEvent": 6,
        "TransactionItem": 2,
        "TransactionEvent": 2,
        "Allocation": 4,
        "Address": 4,
        "allocated": 6,
    }


def test_raising_at_any_statement_leaves_nothing() -> None:
    class Interrupted(Exception):
        pass

    def interrupt() -> None:
        raise Interrupted

    shop = make_shop()
    ensure_app()
    orders = [order(shop, line(shop, 0, 2), line(shop, 1, 1)) for _ in range(2)]
    step = 0
    while True:
        step += 1
        try:
            with at_statement(step, interrupt):
                create(orders)
        except Interrupted:
            assert left_behind(shop) == {}, f"statement {step}"
        else:
            break

    assert step > 15
    assert left_behind(shop)["Order"] == 2
    assert shop.stock(0).quantity_allocated == 4


def test_a_record_that_fails_takes_the_orders_back() -> None:
    shop = make_shop()

    def record(results: list[CreatedOrder]) -> None:
        assert Order.objects.count() == 2
        raise LookupError("lease lost")

    with pytest.raises(LookupError, match="lease lost"):
        InProcessSaleor().create_orders([order(shop), order(shop)], record)

    assert left_behind(shop) == {}


def in_threads(works: list[Callable[[], list[CreatedOrder]]]) -> list[CreatedOrder]:
    """All at the same moment, each with its own database connection."""
    barrier = threading.Barrier(len(works))

    def run(work: Callable[[], list[CreatedOrder]]) -> list[CreatedOrder]:
        # tests read through the writer's connection, but only in their own thread
        connections[settings.DATABASE_CONNECTION_REPLICA_NAME] = connections["default"]
        try:
            connection.ensure_connection()
            barrier.wait(timeout=30)
            return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(works)) as pool:
        return [result for results in pool.map(run, works) for result in results]


def test_importers_of_the_same_orders_write_each_once() -> None:
    shop = make_shop(stocks=(1000,))
    ensure_app()
    orders = [order(shop, line(shop, 0, 1), line(shop, 1, 2)) for _ in range(50)]
    views = [orders, orders[::-1], orders[25:] + orders[:25], orders[10:40]]

    results = in_threads([lambda view=view: create(view) for view in views])

    assert len(results) == 180
    assert sum(result.created for result in results) == 50
    assert not any(result.error for result in results)
    assert len({result.order_id for result in results}) == 50
    assert Order.objects.count() == 50
    assert (shop.stock(0).quantity_allocated, shop.stock(1).quantity_allocated) == (50, 100)
    assert Allocation.objects.count() == 100


def test_five_pieces_are_promised_five_times_at_most() -> None:
    shop = make_shop(stocks=(3, 2))
    ensure_app()
    batches = [[order(shop, line(shop, 0), line(shop, 1)) for _ in range(4)] for _ in range(4)]

    # every other batch names the variants the other way round: locks must still be taken in order
    turned = [
        batch if place % 2 else [o.__class__(**{**vars(o), "lines": o.lines[::-1]}) for o in batch]
        for place, batch in enumerate(batches)
    ]
    results = in_threads([lambda batch=batch: create(batch) for batch in turned])

    assert all(result.created for result in results)
    for variant in (0, 1):
        short = sum(result.unallocated.get(f"sku-{variant}", 0) for result in results)
        assert short == 16 - 5
        stocks = [shop.stock(variant, warehouse) for warehouse in (0, 1)]
        assert [stock.quantity_allocated for stock in stocks] == [3, 2]


def test_importing_while_others_ship_and_cancel_from_the_same_stock() -> None:
    from saleor_tiktok_stripe.saleor_api.types import Package

    shop = make_shop(stocks=(200,))
    saleor = InProcessSaleor()
    first = create([order(shop, line(shop, 0, 2), line(shop, 1, 2)) for _ in range(12)])

    def ship() -> list[CreatedOrder]:
        for made in first[:6]:
            quantities = dict.fromkeys(made.line_ids.values(), 2)
            saleor.fulfill(made.order_id, Package(f"P{made.number}", quantities, "", True))
        return []

    def cancel() -> list[CreatedOrder]:
        for made in first[6:]:
            saleor.cancel_order(made.order_id)
        return []

    fresh = [[order(shop, line(shop, 1), line(shop, 0)) for _ in range(10)] for _ in range(2)]
    results = in_threads([ship, cancel, *[lambda batch=batch: create(batch) for batch in fresh]])

    assert sum(result.created for result in results) == 20
    for variant in (0, 1):
        stock = shop.stock(variant)
        assert (stock.quantity, stock.quantity_allocated) == (200 - 12, 20)
