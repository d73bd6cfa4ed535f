"""A worker killed at any step, and run again: every order exactly once, none half done."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.db import connection as database

from saleor_tiktok_stripe import jobs
from saleor_tiktok_stripe.models import Job, OrderLink
from saleor_tiktok_stripe.orders.backfill import backfill_progress, start_backfill
from saleor_tiktok_stripe.orders.summary import summarize
from tests.support.shop import ConnectedShop, connected_shop


def _run_killed(shop: ConnectedShop, point: str) -> None:
    """A worker of its own, on the same database and shops; it must have died at ``point``."""
    data = settings.DATABASES["default"]
    url = (
        f"postgres://{data['USER']}:{data['PASSWORD']}@{data['HOST']}:{data['PORT'] or 5432}"
        f"/{database.settings_dict['NAME']}"
    )
    environment = {
        **os.environ,
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "saleor_tiktok_stripe.sandbox.sidecar.settings",
        "TIKTOK_STRIPE_SANDBOX": "1",
        "TIKTOK_STRIPE_TIKTOK_API_URL": shop.tiktok.base_url,
        "TIKTOK_STRIPE_TIKTOK_AUTH_URL": shop.tiktok.auth_url,
        "SALEOR_API_URL": shop.saleor.url,
        "SALEOR_APP_TOKEN": shop.saleor.token,
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.orders.killed_worker", point],
        env=environment,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()[-2000:]


def _go_on(shop: ConnectedShop) -> None:
    """Another worker, once the dead one's lease is over."""
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    Job.objects.filter(status="running").update(lease_until=long_ago)
    jobs.sweep()
    shop.run_all()


def _assert_in_step(shop: ConnectedShop) -> None:
    references = Counter(one.external_reference for one in shop.saleor.state.orders.values())
    assert set(references.values()) <= {1}
    summary = summarize(shop.connection, shop.client)
    assert summary.parked == ()
    assert summary.disagreeing == {}
    assert summary.agrees
    assert len(references) == OrderLink.objects.count()
    assert not Job.objects.exclude(status="done").exists()


IMPORT_POINTS = [
    "read:after", "resolve:before", "resolve:after", "adopt:after", "create:before",
    "saleor-create:after", "record:before", "links:after", "finish:after", "record:after",
    "create:after", "reference:before", "reference:after",
]  # fmt: skip


@pytest.mark.parametrize("point", IMPORT_POINTS)
def test_an_import_killed_at_any_step(transactional_db: None, point: str):
    with connected_shop() as shop:
        states = ["AWAITING_SHIPMENT", "AWAITING_SHIPMENT", "IN_TRANSIT"]
        ids = [shop.tiktok.create_order(status=state) for state in states]
        jobs.enqueue_many("order.sync", shop.connection, ids)

        _run_killed(shop, point)
        # What happens meanwhile must not confuse the second run.
        first_line = shop.tiktok.order(ids[0])["line_items"][0]["id"]
        shop.tiktok.cancel(ids[0], [first_line])
        jobs.enqueue_many("order.sync", shop.connection, ids[:1])
        _go_on(shop)

        _assert_in_step(shop)
        assert OrderLink.objects.count() == 3
        assert not OrderLink.objects.filter(reference_sent_at=None).exists()


FOLLOW_POINTS = [
    "follow:before", "step:after", "fulfill:after", "cancel:after", "cancel-lines:after",
    "grant:after", "refunds:after", "metadata:after", "followed:before", "followed:after",
]  # fmt: skip


@pytest.mark.parametrize("point", FOLLOW_POINTS)
def test_following_killed_at_any_step(transactional_db: None, point: str):
    with connected_shop() as shop:
        sku = shop.tiktok.catalog()[0]["sku_id"]
        ids = [shop.tiktok.create_order([(sku, 3)], status="AWAITING_SHIPMENT") for _ in range(3)]
        shop.sync(*ids)
        shipped, cancelled, partly = ids
        shop.tiktok.ship(shipped)
        shop.tiktok.cancel(cancelled)
        shop.tiktok.cancel(partly, [shop.tiktok.order(partly)["line_items"][0]["id"]])
        paid = shop.read(partly).charged
        jobs.enqueue_many("order.sync", shop.connection, ids)

        _run_killed(shop, point)
        _go_on(shop)

        _assert_in_step(shop)
        assert len(shop.read(shipped).fulfillments) == 1
        after = shop.read(partly)
        assert after.charged == paid - after.granted_refunds
        assert len(shop.saleor_order(partly).grants) == 1
        assert shop.read(cancelled).charged == 0


@pytest.mark.parametrize("point", ["backfill-page:before", "backfill-page:after", "record:after"])
def test_a_backfill_killed_at_any_step_goes_on(transactional_db: None, point: str):
    with connected_shop(orders=40, seed=3) as shop:
        start_backfill(shop.connection, "test")

        _run_killed(shop, point)
        _go_on(shop)
        shop.run_all()

        progress = backfill_progress(shop.connection)
        assert (progress.status, progress.seen, progress.total) == ("done", 40, 40)
        summary = summarize(shop.connection, shop.client)
        assert summary.agrees
        references = Counter(one.external_reference for one in shop.saleor.state.orders.values())
        assert set(references.values()) == {1}


@pytest.mark.parametrize("point", ["poll-page:before", "poll-page:after"])
def test_a_sweep_killed_at_its_cursor_goes_on(transactional_db: None, point: str):
    with connected_shop() as shop:
        for _ in range(5):
            shop.tiktok.create_order(status="AWAITING_SHIPMENT")
        jobs.enqueue("orders.poll", shop.connection)

        _run_killed(shop, point)
        _go_on(shop)

        _assert_in_step(shop)
        assert OrderLink.objects.count() == 5
