from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from saleor_tiktok_stripe import jobs
from saleor_tiktok_stripe.models import Connection, Job, OrderLink
from saleor_tiktok_stripe.orders.backfill import KIND, backfill_progress, start_backfill
from saleor_tiktok_stripe.orders.summary import summarize
from saleor_tiktok_stripe.tiktok.regions import REGIONS
from tests.support.shop import connected_shop


@pytest.mark.parametrize("region", sorted(set(REGIONS)))
def test_a_history_of_every_market_comes_over_to_the_cent(transactional_db: None, region: str):
    with connected_shop(region=region, orders=60, seed=11) as shop:
        start_backfill(shop.connection, "test")
        shop.work()

        summary = summarize(shop.connection, shop.client)

        assert summary.parked == ()
        assert summary.disagreeing == {}
        assert summary.agrees
        assert sum(row.theirs for row in summary.rows) == 60
        progress = backfill_progress(shop.connection)
        assert (progress.status, progress.seen, progress.total) == ("done", 60, 60)


def test_asking_for_history_moves_back_what_is_too_old_for_good(transactional_db: None):
    # given a shop that was connected just now: its history is too old
    with connected_shop(orders=20, seed=5) as shop:
        Connection.objects.update(orders_since=datetime.now(UTC))
        [old] = shop.tiktok.order_ids(status="COMPLETED", limit=1)
        shop.sync(old)
        assert not OrderLink.objects.exists()
        shop.connection.refresh_from_db()
        assert summarize(shop.connection, shop.client).agrees

        # when somebody asks for the history
        start = datetime.now(UTC) - timedelta(days=365)
        start_backfill(shop.connection, "test", placed_from=start)
        shop.work()

        # then it comes, and an old order is not too old in any other way it comes either
        assert Connection.objects.get().orders_since == start
        assert shop.link(old)
        assert summarize(shop.connection, shop.client).agrees


@pytest.mark.parametrize("kept_by", ["this release", "an earlier one"])
def test_a_place_in_the_list_that_is_not_known_any_more_is_found_again(
    transactional_db: None, kept_by: str
):
    # given a backfill that stopped after its first page, for longer than the place in it is kept
    with connected_shop(orders=130, seed=3) as shop:
        start_backfill(shop.connection, "test")
        jobs.work(limit=1)
        job = Job.objects.get(kind=KIND)
        assert OrderLink.objects.count() == job.progress["imported"] < 130
        place = {**job.progress, "token": "gone"}
        if kept_by == "an earlier one":
            del place["reached"]
        Job.objects.filter(pk=job.pk).update(progress=place)

        # when it goes on
        shop.work()

        # then all of the history comes, each order once
        assert backfill_progress(shop.connection).status == "done"
        assert summarize(shop.connection, shop.client).agrees
        assert OrderLink.objects.count() == len(shop.saleor.state.orders)


def test_a_list_whose_every_place_is_refused_is_not_read_for_ever(transactional_db: None):
    # given more orders of one second than a page holds
    with connected_shop(orders=0) as shop:
        shop.tiktok.set_clock_rate(0)
        for _ in range(101):
            shop.tiktok.create_order(status="AWAITING_SHIPMENT")
        shop.tiktok.advance_time(60)
        later = datetime.now(UTC) + timedelta(days=1)
        start_backfill(shop.connection, "test", placed_to=later)
        jobs.work(limit=1)
        job = Job.objects.get(kind=KIND)

        # when the place behind them is not known
        Job.objects.filter(pk=job.pk).update(progress={**job.progress, "token": "gone"})
        shop.work()

        # then that is an error, seen as such
        job.refresh_from_db()
        assert (job.status, job.failures) == ("queued", 1)
        assert job.error_code == "TIKTOK_PARAMETER_INVALID"


def test_a_backfill_that_is_asked_for_during_another_one_drops_nothing_of_it(
    transactional_db: None,
):
    # given a history of which the first page was read
    with connected_shop(orders=130, seed=3) as shop:
        newest = datetime.now(UTC) - timedelta(hours=1)
        start_backfill(shop.connection, "ana", placed_to=newest)
        jobs.work(limit=1)
        before = Job.objects.get(kind=KIND)
        assert 0 < before.progress["seen"] < 130

        # when somebody asks for the last hour
        start_backfill(shop.connection, "ben", placed_from=newest)
        shop.work()

        # then the rest of the history comes too, and what was read is not read again
        after = Job.objects.get(kind=KIND)
        assert (after.pk, after.status) == (before.pk, "done")
        assert after.payload["from"] == before.progress["reached"]
        assert summarize(shop.connection, shop.client).agrees
        assert sum(row.theirs for row in summarize(shop.connection, shop.client).rows) == 130

        # and the next one is its own
        start_backfill(shop.connection, "ana", placed_from=newest)
        assert Job.objects.filter(kind=KIND).latest("id").payload["from"] == newest.isoformat()


def test_asking_for_newer_history_leaves_the_limit_where_it_is(transactional_db: None):
    with connected_shop(orders=0) as shop:
        limit = datetime.now(UTC) - timedelta(days=30)
        Connection.objects.update(orders_since=limit)

        start_backfill(shop.connection, "test", placed_from=limit + timedelta(days=10))

        assert Connection.objects.get().orders_since == limit
