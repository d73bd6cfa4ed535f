"""What the sales dashboard costs with 1,000,000 orders, over 10,000.

Two databases with the same kind of shop: sales of two years at both vendors, a catalog of 200
products, with their sums by day. Asked for is what the page shows at first: figures of 30 days
against the 30 before, the series by day, the heat map, the best products and the payment states.
"""

from __future__ import annotations

import sys

from benchmarks.measuring import report, seconds, turn_by_turn
from benchmarks.sizes import both

SIZES = (10_000, 1_000_000)
ROUNDS = 25
_DAYS = 730
_PRODUCTS = 200


def main() -> None:
    """Print the ratio."""
    small, large = SIZES
    with both("benchmarks.bench_insights_growth", small, large) as (few, many):
        spent = turn_by_turn({"small": few.ask, "large": many.ask}, ROUNDS, warm_up=3)
    report(
        "insights_growth",
        spent["large"] / spent["small"],
        f"{large:,} orders {spent['large'] * 1000:.1f} ms",
        f"{small:,} orders {spent['small'] * 1000:.1f} ms",
        "30 days against 30 before, series, heat map, best products, payment states",
    )


def serve(orders: int) -> None:
    """The dashboard's figures for each line of standard input."""
    import django

    django.setup()
    from saleor_tiktok_stripe.models import SaleFact
    from tests.support.factories import make_connection, make_stripe_connection

    connections = [make_connection(), make_stripe_connection()]
    fill([one.pk for one in connections], orders)
    for _ in sys.stdin:
        print(seconds(lambda: _look(connections)), flush=True)
    made = SaleFact.objects.count()
    if made != orders:
        raise SystemExit(f"{made} sales instead of {orders}")


def _look(connections: list) -> None:
    from saleor_tiktok_stripe import insights

    wanted = insights.period(connections, "30d")
    found = insights.figures(connections, wanted)
    insights.by_day(connections, wanted)
    insights.heat_map(connections, wanted)
    insights.payment_states(connections, wanted)
    best = insights.products(connections, wanted, "USD")
    [usd] = found.currencies
    if not (usd.before and usd.before.orders and best.items and len(usd.sides) == 2):
        raise SystemExit("there is nothing to look at")


_FACTS = """
INSERT INTO saleor_tiktok_stripe_salefact (connection_id, sale_id, placed_at, day, hour, standing,
    state, currency, volume, units, shipping, tax, seller_discount, platform_discount, refunded,
    disputes, disputed, dispute_lost, settled, estimated, money, lines, lines_of, updated_at)
SELECT (%(connections)s)[1 + n %% 2], n::text, placed, placed::date, extract(hour FROM placed),
    CASE WHEN n %% 25 = 3 THEN 'cancelled' ELSE 'sold' END,
    CASE WHEN n %% 25 = 3 THEN 'cancelled' WHEN n %% 20 = 7 THEN 'partly_refunded'
        ELSE 'settled' END,
    'USD', 20 + n %% 60, 2, 5, 1.5, 0, 2, CASE WHEN n %% 20 = 7 THEN 10 ELSE 0 END,
    CASE WHEN n %% 100 = 9 THEN 1 ELSE 0 END, CASE WHEN n %% 100 = 9 THEN 20 ELSE 0 END, 0, true,
    false,
    '{"USD": {"sale": ["40", "0"], "fee": ["-2.1", "0"], "commission": ["-1", "0"]}}'::jsonb,
    jsonb_build_array(
        jsonb_build_object('key', 'P' || n * 7919 %% %(products)s, 'units', 1, 'volume', '15'),
        jsonb_build_object('key', 'P' || n * 104729 %% %(products)s, 'units', 1, 'volume', '5')),
    n::text, placed
FROM (
    SELECT n, date_trunc('day', now()) - (n * 2654435761 %% %(seconds)s) * interval '1 second'
        AS placed
    FROM generate_series(1::bigint, %(orders)s) n
) sales
"""
_NAMES = """
INSERT INTO saleor_tiktok_stripe_soldproduct (key, variant_id, sku, name, updated_at)
SELECT 'P' || n, 'P' || n, 'SKU-' || n, 'Product ' || n, now()
FROM generate_series(0, %(products)s - 1) n
"""


def fill(connections: list[int], orders: int) -> None:
    """The facts, as if they were taken in; and their sums, worked out as ever."""
    from django.db import connection as database

    from saleor_tiktok_stripe.insights.rolling import roll_up
    from saleor_tiktok_stripe.models import Connection, SaleFact, StaleSalesDay

    values = {"connections": connections, "orders": orders, "products": _PRODUCTS,
              "seconds": _DAYS * 86_400}  # fmt: skip
    with database.cursor() as cursor:
        cursor.execute(_FACTS, values)
        cursor.execute(_NAMES, values)
    days = SaleFact.objects.order_by().values_list("connection_id", "day").distinct()
    StaleSalesDay.objects.bulk_create(StaleSalesDay(connection_id=pk, day=day) for pk, day in days)
    for connection in Connection.objects.all():
        roll_up(connection, 300)
    # Outside of a transaction: it also sets what index-only scans need.
    with database.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


if __name__ == "__main__":
    serve(int(sys.argv[1])) if len(sys.argv) > 1 else main()
