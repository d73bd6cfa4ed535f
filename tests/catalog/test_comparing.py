"""The daily comparison of every SKU."""

from __future__ import annotations

from saleor_tiktok_stripe import jobs
from saleor_tiktok_stripe.catalog import comparing, levels, pushing
from saleor_tiktok_stripe.models import Job, StockLevel, SyncCursor
from tests.catalog.conftest import Shelf


def _compare(shelf: Shelf) -> None:
    jobs.enqueue("stock.compare", shelf.connection)
    shelf.shop.work()


def test_it_finds_what_changed_behind_our_back(shelf: Shelf, monkeypatch):
    for number in range(4):
        shelf.pieces(number).quantity = 10
    shelf.look()
    shelf.tiktok.set_stock(shelf.skus[1]["sku_id"], 44)
    shelf.pieces(2).quantity = 3
    monkeypatch.setattr("saleor_tiktok_stripe.catalog.jobs.find_changes", lambda *found: True)

    _compare(shelf)

    assert shelf.offered() == [10, 10, 3, 10]
    assert Job.objects.filter(kind="stock.compare").latest("pk").outcome == "ok"
    assert (shelf.level(0).seen, shelf.level(0).wanted) == (10, 10)


def test_where_nothing_differs_it_writes_nothing_to_tiktok(shelf: Shelf):
    shelf.look()
    writes = shelf.told()

    _compare(shelf)

    assert shelf.told() == writes
    assert not StockLevel.objects.filter(due=True).exists()


def test_it_makes_up_rows_that_are_missing(shelf: Shelf):
    shelf.look()
    StockLevel.objects.all().delete()

    _compare(shelf)

    assert StockLevel.objects.count() == 4
    assert not StockLevel.objects.filter(due=True).exists()


def test_it_goes_on_where_it_stopped(shelf: Shelf, monkeypatch):
    for module in (comparing, levels, pushing):
        monkeypatch.setattr(module, "BATCH", 3)
    shelf.look()
    monkeypatch.setattr("saleor_tiktok_stripe.catalog.jobs.RUN_SECONDS", 0.0)
    shelf.tiktok.set_stock(shelf.skus[0]["sku_id"], 44)
    shelf.tiktok.set_stock(shelf.skus[3]["sku_id"], 44)
    jobs.enqueue("stock.compare", shelf.connection)

    seen: list[int] = []
    while Job.objects.filter(kind="stock.compare").latest("pk").status == "queued":
        jobs.work(limit=1)
        progress = Job.objects.filter(kind="stock.compare").latest("pk").progress
        seen.append(progress.get("compared", 0))
    monkeypatch.setattr("saleor_tiktok_stripe.catalog.jobs.RUN_SECONDS", 60.0)
    with jobs.clock.turned(levels.SOLD_WAIT.total_seconds() + 1):
        shelf.look()

    assert [one for one in dict.fromkeys(seen) if one] == [3, 4]
    assert shelf.offered()[0] == shelf.offered()[3] == 99_999


def test_it_is_asked_for_once_a_day(shelf: Shelf):
    shelf.look()
    cursor = SyncCursor.objects.get(resource="stock.compare")
    cursor.high_water = jobs.clock.now()
    cursor.save()
    Job.objects.filter(kind="stock.compare").delete()

    with jobs.clock.turned(86_000):
        shelf.look()
        assert not Job.objects.filter(kind="stock.compare").exists()
    with jobs.clock.turned(86_401):
        shelf.look()
        shelf.look()

    assert Job.objects.filter(kind="stock.compare").count() == 1
