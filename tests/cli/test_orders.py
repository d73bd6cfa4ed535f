"""Commands about orders."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from saleor_tiktok_stripe.models import Connection, Job, OrderLink, SkuLink
from saleor_tiktok_stripe.orders.backfill import preview_backfill, start_backfill
from tests.support.shop import connected_shop
from tests.support.stored import everything

from .support import CHANNEL, run


def test_dry_run_of_a_backfill_tells_what_the_backfill_then_does(transactional_db: None):
    # given a shop with a history, of which some SKUs have no variant and two orders are here
    with connected_shop(orders=30, seed=11, unlinked_share=0.1) as shop:
        here = shop.tiktok.order_ids(status="COMPLETED", limit=2)
        shop.sync(*here)
        before, in_saleor = everything(), len(shop.saleor.state.orders)

        # when somebody asks what a backfill would do
        found = preview_backfill(shop.connection)

        # then nothing was written, on either side
        assert everything() == before
        assert len(shop.saleor.state.orders) == in_saleor
        assert (found.total, found.read, found.complete) == (30, 30, True)
        assert sum(found.states.values()) == 30
        counts = (found.created, found.changed, found.unchanged, found.waiting)
        assert sum(counts) + sum(found.skipped.values()) + sum(found.failed.values()) == 30
        assert found.failed["SKU_NOT_LINKED"] > 0

        # and the backfill does just that
        start_backfill(shop.connection, "test")
        shop.work()
        assert OrderLink.objects.count() == found.created + found.unchanged == found.created + 2
        parked = Job.objects.filter(kind="order.sync", status="parked")
        assert parked.count() == sum(found.failed.values())


def test_dry_run_of_a_backfill_reads_no_more_than_it_is_allowed_to(transactional_db: None):
    with connected_shop(orders=120, seed=5) as shop:
        found = preview_backfill(shop.connection, pages=1)

        assert (found.total, found.complete) == (120, False)
        assert 0 < found.read < 120
        assert sum(found.states.values()) == found.read


def test_dry_run_counts_with_the_limit_as_the_backfill_would_move_it(transactional_db: None):
    with connected_shop(orders=10, seed=5) as shop:
        limit = datetime.now(UTC)
        Connection.objects.update(orders_since=limit)

        found = preview_backfill(shop.connection)

        assert found.skipped["too_old"] == 0
        assert found.created > 0
        assert Connection.objects.get().orders_since == limit


def test_backfill_says_beforehand_what_it_would_do(transactional_db: None):
    with connected_shop(orders=12, seed=5) as shop:
        code, said = run("backfill", *CHANNEL, "--dry-run", "--since", "2021-01-01")

        lines = said.splitlines()
        assert code == 0
        assert lines[0].startswith("12 orders at TikTok from 2021-01-01T00:00:00+00:00 to ")
        assert lines[1] == "Of all:"
        assert any(line.endswith("would be imported") for line in lines)
        assert [kind.objects.count() for kind in (Job, OrderLink, SkuLink)] == [0, 0, 0]

        assert run("backfill", *CHANNEL, "--since", "2021-01-01", "--no-watch") == (0, "Queued.\n")
        shop.work()
        assert OrderLink.objects.exists()


@pytest.mark.parametrize("how", [(), ("--dry-run",)])
def test_a_window_that_ends_before_it_starts_is_refused(shop, how):
    code, said = run("backfill", *CHANNEL, "--since", "2026-02-01", "--until", "2026-01-01", *how)

    assert code == 1
    assert said.endswith("[BACKFILL_WINDOW]\n")
    assert not Job.objects.exists()
