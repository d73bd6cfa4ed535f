"""Stock that changed in Saleor reaches the marketplace: once, soon, and nothing else does."""

from __future__ import annotations

from saleor_tiktok_stripe import catalog, jobs
from saleor_tiktok_stripe.models import Job, JobStatus, SkuLink, StockLevel, SyncCursor
from tests.catalog.conftest import Shelf


def test_the_first_look_tells_everything_and_the_next_one_nothing(shelf: Shelf):
    for number in range(4):
        shelf.pieces(number).quantity = 10 + number

    shelf.look()

    assert shelf.offered() == [10, 11, 12, 13]
    products = {one["product_id"] for one in shelf.skus}
    assert shelf.told() == len(products)
    level = shelf.level(1)
    assert (level.wanted, level.pushed, level.due, level.answer) == (11, 11, False, "Accepted.")
    assert level.pushed_terms["warehouses"]["default"]["quantity"] == 11
    job = Job.objects.get(pk=level.job_id)
    assert (job.kind, job.status) == ("stock.push", JobStatus.DONE)

    calls = shelf.tiktok.calls()
    shelf.look()

    assert shelf.tiktok.calls() == calls


def test_only_what_changed_is_told(shelf: Shelf):
    for number in range(4):
        shelf.pieces(number).quantity = 50
    shelf.look()
    before = shelf.told()
    shelf.pieces(2).allocated = 8

    shelf.look()

    assert shelf.told() == before + 1
    assert shelf.offered() == [50, 50, 42, 50]
    [entry] = shelf.tiktok.write_log()[-1]["body"]["skus"]
    assert entry["id"] == shelf.skus[2]["sku_id"]


def test_a_sale_at_tiktok_needs_no_push(shelf: Shelf):
    for number in range(4):
        shelf.pieces(number).quantity = 50
    shelf.look()
    before = shelf.told()

    order_id = shelf.tiktok.create_order([(shelf.skus[0]["sku_id"], 2)], status="AWAITING_SHIPMENT")
    shelf.shop.sync(order_id)
    shelf.look()

    assert shelf.offered()[0] == 48
    assert shelf.level(0).wanted == 48
    assert shelf.told() == before


def test_our_own_push_coming_back_changes_nothing(shelf: Shelf):
    shelf.pieces(0).quantity = 5
    shelf.look()
    writes = shelf.told()

    for one in shelf.skus:
        jobs.enqueue("stock.push", shelf.connection, one["product_id"])
    shelf.shop.work()

    assert shelf.told() == writes
    assert shelf.level(0).seen == 5
    assert not StockLevel.objects.filter(due=True).exists()


def test_a_number_changed_in_seller_center_is_put_right(shelf: Shelf):
    shelf.pieces(0).quantity = 5
    shelf.look()
    shelf.tiktok.set_stock(shelf.skus[0]["sku_id"], 77)

    jobs.enqueue("stock.push", shelf.connection, shelf.skus[0]["product_id"])
    shelf.shop.work()

    assert shelf.offered()[0] == 5


def test_other_warehouses_keep_what_they_have(shelf: Shelf):
    second = shelf.shop.client.warehouses()[1].id
    shelf.tiktok.set_stock(shelf.skus[0]["sku_id"], 30, warehouse_id=second)
    shelf.pieces(0).quantity = 5

    shelf.look()

    [stock] = shelf.shop.client.stock([shelf.skus[0]["sku_id"]])
    first = next(one.id for one in shelf.shop.client.warehouses() if one.is_default)
    assert dict(stock.warehouses) == {first: 5, second: 30}
    assert shelf.level(0).pushed == 5


def test_another_warehouse_is_chosen_and_the_former_one_is_emptied(shelf: Shelf):
    shelf.pieces(0).quantity = 5
    shelf.look()
    first, second = (one.id for one in shelf.shop.client.warehouses() if one.sells)

    shelf.shop.set_policy(marketplace_warehouse=second)
    shelf.look()

    [stock] = shelf.shop.client.stock([shelf.skus[0]["sku_id"]])
    assert dict(stock.warehouses) == {first: 0, second: 5}


def test_changed_rules_make_everything_due(shelf: Shelf):
    for number in range(4):
        shelf.pieces(number).quantity = 50
    shelf.look()

    shelf.shop.set_policy(stock_percent=10, stock_max=4)
    shelf.look()

    assert shelf.offered() == [4, 4, 4, 4]


def test_switched_off_nothing_is_asked_or_told(shelf: Shelf):
    shelf.shop.set_policy(stock_push=False)
    calls = shelf.tiktok.calls()

    shelf.look()

    assert shelf.tiktok.calls() == calls
    assert not SyncCursor.objects.exists()
    assert Job.objects.filter(kind="stock.push").latest("pk").outcome == "skipped"


def test_what_a_checkout_holds_is_counted_again_by_the_clock(shelf: Shelf, monkeypatch):
    shelf.pieces(0).quantity, shelf.pieces(0).reserved = 10, 4
    shelf.look()
    assert shelf.offered()[0] == 6
    assert shelf.level(0).reserved
    # Inside Saleor the end of a hold writes nothing: only the clock tells.
    monkeypatch.setattr("saleor_tiktok_stripe.catalog.jobs.find_changes", lambda *found: True)
    shelf.pieces(0).reserved = 0

    with jobs.clock.turned(30):
        shelf.look()
        assert shelf.offered()[0] == 6
    with jobs.clock.turned(61):
        shelf.look()

    assert shelf.offered()[0] == 10
    assert not shelf.level(0).reserved


def test_a_sku_linked_later_is_told_and_one_cut_is_left_alone(shelf: Shelf):
    shelf.look()
    other = next(one for one in shelf.tiktok.catalog() if one["sku_id"] not in {
        sku["sku_id"] for sku in shelf.skus})  # fmt: skip
    shelf.skus.append(other)
    variant = shelf.shop.saleor.state.by_sku[shelf.skus[0]["seller_sku"]]
    shelf.pieces(0).quantity = 9

    catalog.link(shelf.connection, other["sku_id"], variant.id, "anna")
    shelf.look()
    shared = sorted((shelf.offered()[0], shelf.offered()[4]))
    catalog.unlink(shelf.connection, other["sku_id"], "anna")
    shelf.look()

    assert shared == [4, 5]
    assert shelf.offered()[0] == 9
    assert shelf.offered()[4] in shared
    left = StockLevel.objects.get(sku_id=other["sku_id"])
    assert (left.wanted, left.due) == (None, False)


def test_a_link_found_by_itself_is_told(shelf: Shelf):
    SkuLink.objects.all().delete()
    shelf.pieces(3).quantity = 3

    catalog.refresh_links(shelf.connection, shelf.shop.client)
    shelf.look()

    assert shelf.offered()[3] == 3


def test_a_refused_one_waits_its_time_and_the_others_are_told(shelf: Shelf):
    for number in range(4):
        shelf.pieces(number).quantity = 20
    shelf.tiktok.inject_fault("partial_errors", path="inventory/update", times=1)

    shelf.look()

    refused = StockLevel.objects.get(problem__isnull=False)
    assert refused.problem["code"] == "TIKTOK_PRICE_LOCKED"
    assert refused.due
    assert refused.pushed is None
    assert refused.answer == f"Refused: {refused.problem['cause']}"
    assert shelf.offered().count(20) == 3

    writes = shelf.told()
    shelf.look()
    assert shelf.told() == writes

    with jobs.clock.turned(3601):
        shelf.look()
    assert shelf.offered() == [20, 20, 20, 20]
    assert not StockLevel.objects.filter(problem__isnull=False).exists()


def test_a_sku_that_tiktok_does_not_list_takes_no_share(shelf: Shelf):
    gone = {**shelf.skus[0], "sku_id": "1729000000000000001"}
    shelf.link(gone, shelf.skus[0]["seller_sku"])
    shelf.pieces(0).quantity = 9

    shelf.look()

    level = StockLevel.objects.get(sku_id=gone["sku_id"])
    assert level.problem["code"] == "SKU_NOT_LISTED"
    assert shelf.offered()[0] == 9


def test_a_failure_of_tiktok_stops_the_run_and_the_next_one_goes_on(shelf: Shelf):
    for number in range(4):
        shelf.pieces(number).quantity = 20
    shelf.tiktok.inject_fault("internal_error", path="inventory/update", times=None)

    shelf.look()
    assert shelf.told() == 0
    job = Job.objects.filter(kind="stock.push").latest("pk")
    assert (job.status, job.error_code) == (JobStatus.QUEUED, "TIKTOK_BUSY")
    assert StockLevel.objects.filter(due=True).count() == 4

    shelf.tiktok.clear_faults()
    shelf.shop.run_all()

    assert shelf.offered() == [20, 20, 20, 20]


def test_a_product_that_fails_each_time_stops_no_other(shelf: Shelf):
    for number in range(4):
        shelf.pieces(number).quantity = 20
    path = f"{shelf.skus[0]['product_id']}/inventory/update"
    shelf.tiktok.inject_fault("internal_error", path=path, times=None)

    shelf.look()

    assert shelf.offered()[1:] == [20, 20, 20]
    job = Job.objects.filter(kind="stock.push").latest("pk")
    # It is tried again soon, and never so late that new changes would wait for it.
    assert (job.status, job.attempts, job.error_code) == (JobStatus.QUEUED, 0, "")
    assert [level.sku_id for level in StockLevel.objects.filter(due=True)] == [
        shelf.skus[0]["sku_id"]
    ]

    shelf.pieces(1).quantity = 5
    shelf.look()
    assert shelf.offered()[1] == 5
    shelf.tiktok.clear_faults()
    shelf.shop.run_all()
    assert shelf.offered() == [20, 5, 20, 20]
    assert Job.objects.filter(kind="stock.push").latest("pk").status == JobStatus.DONE


def test_an_answer_that_was_lost_is_found_out(shelf: Shelf):
    shelf.pieces(0).quantity = 20
    shelf.look()
    shelf.pieces(0).quantity = 7
    shelf.tiktok.inject_fault("lost_answer", path="inventory/update", times=1)

    shelf.look()
    shelf.shop.run_all()
    writes = shelf.told()
    shelf.look()

    assert shelf.offered()[0] == 7
    assert not shelf.level(0).due
    assert shelf.told() == writes


def test_a_missing_permission_stops_the_push_with_its_cure(shelf: Shelf):
    shelf.pieces(0).quantity = 20
    shelf.tiktok.inject_fault("scope_missing", path="inventory/update", times=None)

    shelf.look()

    job = Job.objects.filter(kind="stock.push").latest("pk")
    assert (job.status, job.error_code) == (JobStatus.PARKED, "TIKTOK_SCOPE_MISSING")
    assert StockLevel.objects.filter(due=True).exists()


def test_a_number_that_changes_while_it_is_told_is_told_again(shelf: Shelf, monkeypatch):
    shelf.pieces(0).quantity = 20
    shelf.look()
    shelf.pieces(0).quantity = 15
    from saleor_tiktok_stripe.catalog import pushing

    tell = pushing.Push._set

    def told_meanwhile(push, product_id, ones):
        if shelf.pieces(0).quantity == 15:
            shelf.pieces(0).quantity = 12
            catalog.due(shelf.connection, [shelf.skus[0]["sku_id"]])
        return tell(push, product_id, ones)

    monkeypatch.setattr(pushing.Push, "_set", told_meanwhile)
    shelf.look()

    assert shelf.offered()[0] == 12
    assert not shelf.level(0).due


def test_a_dry_run_says_what_would_change_and_changes_nothing(shelf: Shelf):
    shelf.look()
    shelf.pieces(1).quantity = 3
    writes = shelf.tiktok.writes()

    changes = catalog.push_stock(shelf.connection, dry_run=True)

    [change] = changes
    assert (change.sku_id, change.before, change.after) == (shelf.skus[1]["sku_id"], 99_999, 3)
    assert change.why == "3 free in default: 3."
    assert shelf.tiktok.writes() == writes
    assert not StockLevel.objects.filter(due=True).exists()

    assert catalog.push_stock(shelf.connection) == changes
    shelf.shop.work()
    assert shelf.offered()[1] == 3
