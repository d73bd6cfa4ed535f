"""What the clock costs when nothing happened, with 100,000 linked orders and with 1,000.

Each size has its own process, database and local TikTok Shop; the two take turns. Measured is all
that runs by the clock: polling and the jobs it asks for, the sweep, the hourly removal of old rows.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks.measuring import report, seconds, turn_by_turn
from benchmarks.sizes import both

SIZES = (1_000, 100_000)
ROUNDS = 25
_ROWS = 10_000


def main() -> None:
    """Print the ratio."""
    small, large = SIZES
    with both("benchmarks.bench_reconcile", small, large) as (few, many):
        spent = turn_by_turn({"small": few.ask, "large": many.ask}, ROUNDS, warm_up=2)
    report(
        "reconcile_cost_growth",
        spent["large"] / spent["small"],
        f"{large:,} linked orders {spent['large'] * 1000:.1f} ms",
        f"{small:,} linked orders {spent['small'] * 1000:.1f} ms",
        "poll, jobs, sweep and housekeeping with nothing to do",
    )


def serve(orders: int) -> None:
    """A linked shop that does one round for each line of standard input."""
    import django

    django.setup()
    from saleor_tiktok_stripe.models import Job
    from tests.support.shop import connected_shop

    yesterday = datetime.now(UTC) - timedelta(days=1)
    with connected_shop(orders=orders, start_time=yesterday.timestamp()) as shop:
        _link(shop.connection, orders)
        for _ in sys.stdin:
            print(seconds(_round), flush=True)
        made = Job.objects.exclude(kind="order.sync").exclude(status="done").count()
        if made or Job.objects.filter(kind="order.sync").count() != orders:
            raise SystemExit("there was something to do")


def _round() -> None:
    from saleor_tiktok_stripe import jobs
    from saleor_tiktok_stripe.jobs import schedule

    schedule.poll()
    jobs.work()
    jobs.sweep()
    schedule.housekeep()


def _link(connection: Any, orders: int) -> None:
    """Each order linked, with the notification and the job that brought it."""
    from django.db import connection as database

    from saleor_tiktok_stripe.models import InboundEvent, Job, OrderLink, SyncCursor
    from saleor_tiktok_stripe.sandbox.tiktok import ids

    now = datetime.now(UTC)
    then = now - timedelta(days=2)
    # Cases and money of these orders were read: only what is new since is asked for.
    lists = ("statements", "payouts", "expected", "reconcile")
    read = dict.fromkeys((f"ledger.{name}" for name in lists), now)
    read |= dict.fromkeys(("cases.cancellations", "cases.returns"), now)
    read["ledger.statements.from"] = now - timedelta(days=90)
    SyncCursor.objects.bulk_create(
        SyncCursor(connection=connection, resource=resource, high_water=until)
        for resource, until in read.items()
    )
    _taken_in(connection, now + timedelta(days=1))
    for start in range(0, orders, _ROWS):
        names = [ids.order_id(1, index) for index in range(start, min(start + _ROWS, orders))]
        OrderLink.objects.bulk_create(
            OrderLink(
                connection=connection,
                order_id=name,
                saleor_order_id=f"T3JkZXI6{name}",
                saleor_number=name[-6:],
                state="COMPLETED",
                marketplace_updated_at=then,
                fingerprint=name,
                reference_sent_at=then,
            )
            for name in names
        )
        Job.objects.bulk_create(
            Job(
                kind="order.sync",
                connection=connection,
                subject=name,
                dedup_key=f"order.sync:{connection.pk}:{name}",
                status="done",
                finished_at=then,
            )
            for name in names
        )
        InboundEvent.objects.bulk_create(
            InboundEvent(
                provider="tiktok",
                connection=connection,
                event_key=f"9{name}",
                event_type="ORDER_STATUS_CHANGE",
                subject=name,
                body="{}",
                received_at=then,
                status="handed_over",
            )
            for name in names
        )
    with database.cursor() as cursor:
        cursor.execute("ANALYZE")


def _taken_in(connection: Any, until: datetime) -> None:
    """Sales insights have these orders, and look again tomorrow."""
    from saleor_tiktok_stripe.insights.taking_in import TOUR, basis_of
    from saleor_tiktok_stripe.insights.walking import LEGS
    from saleor_tiktok_stripe.models import SyncCursor

    places = [(leg.resource, "") for leg in LEGS[connection.vendor]]
    SyncCursor.objects.bulk_create(
        SyncCursor(connection=connection, resource=resource, high_water=until, page_token=place)
        for resource, place in [*places, (TOUR, json.dumps({"basis": basis_of(connection)}))]
    )


if __name__ == "__main__":
    serve(int(sys.argv[1])) if len(sys.argv) > 1 else main()
