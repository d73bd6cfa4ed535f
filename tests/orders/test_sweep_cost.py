"""A sweep with nothing to do costs the same, however many orders were imported before."""

from __future__ import annotations

import statistics
import time
from datetime import UTC, datetime, timedelta

from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from saleor_tiktok_stripe import jobs
from saleor_tiktok_stripe.models import Connection, OrderLink
from tests.support.shop import ConnectedShop

LONG_AGO = datetime.now(UTC) - timedelta(days=90)


def _links(connection: Connection, numbers: range) -> None:
    OrderLink.objects.bulk_create(
        [
            OrderLink(
                connection=connection,
                order_id=f"5700000000{number:08d}",
                saleor_order_id=f"T3JkZXI6{number}",
                saleor_number=str(number),
                state="completed",
                marketplace_updated_at=LONG_AGO,
                fingerprint=f"{number:064d}",
                reference_sent_at=LONG_AGO,
            )
            for number in numbers
        ],
        batch_size=5_000,
    )
    with database.cursor() as cursor:
        cursor.execute("ANALYZE saleor_tiktok_stripe_orderlink")


def _sweep(shop: ConnectedShop) -> tuple[float, int]:
    jobs.enqueue("orders.poll", shop.connection)
    started = time.perf_counter()
    with CaptureQueriesContext(database) as queries:
        assert jobs.work().done == 1
    return time.perf_counter() - started, len(queries)


def test_the_cost_of_an_idle_sweep_does_not_grow(shop: ConnectedShop):
    _links(shop.connection, range(1_000))
    _sweep(shop)
    few = [_sweep(shop) for _ in range(9)]

    _links(shop.connection, range(1_000, 30_000))
    many = [_sweep(shop) for _ in range(9)]

    assert {count for _, count in few} == {count for _, count in many}
    ratio = statistics.median(s for s, _ in many) / statistics.median(s for s, _ in few)
    assert ratio < 2.5  # the benchmark is stricter; here the machine may be busy
