"""A sweep with nothing to do costs the same, however many orders were imported before."""

from __future__ import annotations

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


def _sweep(shop: ConnectedShop) -> tuple[int, int]:
    """How many statements it takes, and how many pages its queries touch."""
    jobs.enqueue("orders.poll", shop.connection)
    with CaptureQueriesContext(database) as queries:
        assert jobs.work().done == 1
    reads = [one["sql"] for one in queries.captured_queries if one["sql"].startswith("SELECT")]
    return len(queries), sum(map(_pages, reads))


def _pages(query: str) -> int:
    with database.cursor() as cursor:
        cursor.execute("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + query.replace("%", "%%"), ())
        plan = cursor.fetchone()[0][0]["Plan"]
    return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]


def test_the_cost_of_an_idle_sweep_does_not_grow(shop: ConnectedShop):
    _links(shop.connection, range(1_000))
    _sweep(shop)
    statements, pages = _sweep(shop)

    _links(shop.connection, range(1_000, 30_000))
    statements_later, pages_later = _sweep(shop)

    assert statements_later == statements
    assert (
        0 < pages_later <= 2 * pages
    )  # an index is a level deeper; a scan would be 30 times as much
