from __future__ import annotations

import pytest

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
