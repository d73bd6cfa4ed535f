"""What comparing an order's money costs when there are 100,000 of them, over 10,000.

Two databases with the same kind of shop: linked orders with their money, settled row by row (ten
entries each, a refund in every twentieth), statements and payouts; one order in a hundred differs.
The large one is compared once, in slices, and the small one whole between
any two of them, so that a busy machine slows both alike; measured is the cost per order.
"""

from __future__ import annotations

import sys
import time

from benchmarks.measuring import report
from benchmarks.sizes import both

SIZES = (10_000, 100_000)
SLICE = 10_000
_PER_STATEMENT = 500


def main() -> None:
    """Print the ratio."""
    small, large = SIZES
    with both("benchmarks.bench_reconcile_growth", small, large) as (few, many):
        few.ask(), many.ask()
        # All of the large one once, in as many slices as the small one is compared whole.
        turns = [(few.ask(), many.ask()) for _ in range(large // small)]
    each = [sum(turn[side] for turn in turns) / large * 1000 for side in (0, 1)]
    report(
        "reconcile_growth",
        each[1] / each[0],
        f"{large:,} orders {each[1]:.3f} ms an order",
        f"{small:,} orders {each[0]:.3f} ms an order",
        "full reconcile, about 10 entries an order, 1 % with a difference",
    )


def serve(orders: int) -> None:
    """A slice for each line of standard input."""
    import django

    django.setup()
    from saleor_tiktok_stripe.models import Difference, OrderLink
    from saleor_tiktok_stripe.payments import ledger
    from tests.support.factories import make_connection

    connection = make_connection()
    fill(connection.pk, orders)
    after = ""
    for _ in sys.stdin:
        begun = time.perf_counter()
        after = ledger.reconcile(connection, after=after, limit=SLICE).after
        if after and not OrderLink.objects.filter(order_id__gt=after).exists():
            after = ledger.reconcile(connection, after=after).after
        print(time.perf_counter() - begun, flush=True)
    differs = Difference.objects.filter(state="open", code="REVENUE_DIFFERS").count()
    others = Difference.objects.exclude(code="REVENUE_DIFFERS")
    if differs != orders // 100 or others.exists():
        raise SystemExit(f"{differs} of {orders} orders differ, {list(others[:3].values())}")


_SQL = """
INSERT INTO saleor_tiktok_stripe_payout (connection_id, payout_id, kind, state, currency, amount,
    settled_currency, bank_account, made_at, paid_at, entries_complete, raw, updated_at)
SELECT %(connection)s, 'P' || n, 'payment', 'paid', 'USD', 0, 'USD', '', %(then)s, %(then)s, false,
    '{{}}'::jsonb, %(then)s
FROM generate_series(0, (%(orders)s - 1) / {per}) n;

INSERT INTO saleor_tiktok_stripe_statement (connection_id, statement_id, at, currency, settlement,
    revenue, fee, shipping, adjustment, reserve, payable, payment_status, payment_id, payout_id,
    rows_complete, updated_at)
SELECT %(connection)s, 'S' || n, %(then)s, 'USD', 0, 0, 0, 0, 0, 0, 0, 'paid', 'P' || n, p.id, true,
    %(then)s
FROM generate_series(0, (%(orders)s - 1) / {per}) n
JOIN saleor_tiktok_stripe_payout p ON p.payout_id = 'P' || n;

INSERT INTO saleor_tiktok_stripe_orderlink (connection_id, order_id, saleor_order_id, saleor_number,
    state, marketplace_updated_at, fingerprint, line_map, unallocated, address_hash, refunds_open,
    has_returns, placed_at, money, reference_sent_at, created_at, updated_at)
SELECT %(connection)s, (576460000000000000 + n * 97)::text, 'T3JkZXI6' || n, n::text, 'completed',
    %(then)s, n::text, '{{}}'::jsonb, '{{}}'::jsonb, '', false, n %% 20 = 0, %(then)s,
    jsonb_build_object('currency', 'USD', 'buyer', '59.65', 'platform', '4.00', 'shipping', '5.99',
        'tax', '4.16', 'fees', '0', 'seller_discount', '1.50',
        'goods', CASE WHEN n %% 100 = 7 THEN '53.49' ELSE '53.50' END),
    %(then)s, %(then)s, %(then)s
FROM generate_series(0, %(orders)s - 1) n;

INSERT INTO saleor_tiktok_stripe_aftersalescase (connection_id, case_id, order_id, saleor_order_id,
    order_number, kind, state, raw_state, role, reason, reason_text, awaited, currency, amount,
    shipping_amount, tax_amount, units, tracking_number, carrier, buyer_keeps_item, arbitration,
    replaced_by, opened_at, marketplace_updated_at, created_at, updated_at)
SELECT %(connection)s, 'C' || n, (576460000000000000 + n * 97)::text, 'T3JkZXI6' || n, n::text,
    'refund', 'complete', '', '', '', '', '', 'USD', 21.5, 0, 1.5, '{{}}'::jsonb, '', '', false, '',
    '', %(then)s, %(then)s, %(then)s, %(then)s
FROM generate_series(0, %(orders)s - 1, 20) n;

INSERT INTO saleor_tiktok_stripe_ledgerentry (connection_id, source_id, row_id, kind, component,
    currency, amount, order_id, saleor_order_id, source_ref, statement_id, payout_id, expected,
    in_settlement, happened_at, ordered_at, created_at)
SELECT %(connection)s, n || ':' || e.name, (CASE WHEN e.refund THEN 'R' ELSE 'T' END) || n, e.kind,
    e.name, 'USD', e.amount, (576460000000000000 + n * 97)::text, 'T3JkZXI6' || n, '', s.id,
    s.payout_id, false, e.inside, %(then)s, %(then)s, %(then)s
FROM generate_series(0, %(orders)s - 1) n
CROSS JOIN (VALUES
    ('subtotal_before_discount_amount', 'sale', 55, true, false),
    ('seller_discount_amount', 'seller_discount', -1.5, true, false),
    ('actual_shipping_fee_amount', 'shipping', -9.2, true, false),
    ('customer_paid_shipping_fee_amount', 'shipping', 5.99, true, false),
    ('referral_fee_amount', 'fee', -3.21, true, false),
    ('transaction_fee_amount', 'fee', -0.96, true, false),
    ('affiliate_commission_amount', 'commission', -2.68, true, false),
    ('customer_payment_amount', 'sale', 59.65, false, false),
    ('platform_discount_amount', 'platform_discount', -4, false, false),
    ('sales_tax_amount', 'tax', 4.16, false, false),
    ('refund_subtotal_before_discount_amount', 'refund', -20, true, true),
    ('return_shipping_fee_amount', 'shipping', -5.1, true, true),
    ('customer_refund_amount', 'refund', -21.5, false, true)
) AS e(name, kind, amount, inside, refund)
JOIN saleor_tiktok_stripe_statement s ON s.statement_id = 'S' || n / {per}
WHERE NOT e.refund OR n %% 20 = 0;

UPDATE saleor_tiktok_stripe_statement s SET settlement = e.total, revenue = e.total,
    payable = e.total
FROM (SELECT statement_id, SUM(amount) AS total FROM saleor_tiktok_stripe_ledgerentry
    WHERE in_settlement GROUP BY statement_id) e WHERE e.statement_id = s.id;
UPDATE saleor_tiktok_stripe_payout p SET amount = s.payable
FROM saleor_tiktok_stripe_statement s WHERE s.payout_id = p.id;
"""


def fill(connection: int, orders: int) -> None:
    """The rows, as an import would have left them half a year ago."""
    from datetime import UTC, datetime, timedelta

    from django.db import connection as database

    then = datetime.now(UTC) - timedelta(days=60)
    with database.cursor() as cursor:
        for statement in _SQL.format(per=_PER_STATEMENT).split(";\n"):
            if statement.strip():
                cursor.execute(
                    statement, {"connection": connection, "orders": orders, "then": then}
                )
    # Outside of a transaction: it also sets what index-only scans need.
    with database.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


if __name__ == "__main__":
    serve(int(sys.argv[1])) if len(sys.argv) > 1 else main()
