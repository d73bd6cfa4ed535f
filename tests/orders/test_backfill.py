from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from saleor_tiktok_stripe.models import Connection, OrderLink
from saleor_tiktok_stripe.orders.backfill import backfill_progress, start_backfill
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


def test_asking_for_newer_history_leaves_the_limit_where_it_is(transactional_db: None):
    with connected_shop(orders=0) as shop:
        limit = datetime.now(UTC) - timedelta(days=30)
        Connection.objects.update(orders_since=limit)

        start_backfill(shop.connection, "test", placed_from=limit + timedelta(days=10))

        assert Connection.objects.get().orders_since == limit
