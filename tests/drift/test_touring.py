"""The daily tour and the report: everything once, in batches, going on where it stopped."""

from __future__ import annotations

from datetime import timedelta

import pytest

from saleor_tiktok_stripe import drift, health, jobs
from saleor_tiktok_stripe.accounts import Finding
from saleor_tiktok_stripe.drift import touring
from saleor_tiktok_stripe.errors import InvalidInput
from saleor_tiktok_stripe.jobs import clock, kinds
from saleor_tiktok_stripe.models import Difference, Job, OrderLink, SyncCursor
from saleor_tiktok_stripe.orders.backfill import start_backfill
from tests.support.factories import make_connection
from tests.support.shop import ConnectedShop, connected_shop
from tests.support.till import Till

from .support import an_order, open_codes

HOURS = 3600.0
DAY = 24 * HOURS


def toured(side: ConnectedShop | Till) -> Job:
    """A tour that somebody asked for, two hours after the last thing happened."""
    drift.ask(side.connection)
    with clock.turned(2 * HOURS):
        side.work()
    return Job.objects.filter(kind="drift.check", subject="").latest("id")


def test_a_tour_of_a_history_in_step_finds_nothing_and_reads_in_batches(transactional_db: None):
    with connected_shop(orders=60, seed=11) as shop:
        shop.set_policy(stock_push=False)
        start_backfill(shop.connection, "test")
        shop.work()
        jobs.enqueue_many("case.sync", shop.connection, shop.tiktok.order_ids())
        shop.work()
        Difference.objects.all().delete()
        before = shop.tiktok.calls()

        drift.ask(shop.connection, since=clock.now() - timedelta(days=3650))
        with clock.turned(2 * HOURS):
            shop.work()

        job = Job.objects.filter(kind="drift.check").latest("id")
        assert (job.status, job.outcome) == ("done", "ok")
        rows = Difference.objects.filter(area="order").values_list("code", "ours", "theirs")
        assert list(rows) == []
        # Each side was asked for 50 orders at a time: two batches of three calls, and the list.
        after = shop.tiktok.calls()
        made = {path: n - before.get(path, 0) for path, n in after.items()}
        assert sum(made.values()) <= 2 * 3 + 4
        assert SyncCursor.objects.get(resource=touring.CURSOR).seen >= OrderLink.objects.count()


def test_a_tour_finds_what_is_missing_and_what_is_behind(shop: ConnectedShop):
    shop.set_policy(stock_push=False)
    behind, missing = an_order(shop), an_order(shop)
    shop.tiktok.ship(behind)
    OrderLink.objects.filter(order_id=missing).delete()

    toured(shop)

    rows = Difference.objects.values_list("subject", "code")
    assert set(rows) == {
        (behind, "SHIPMENT_MISSING_IN_SALEOR"), (missing, "ORDER_MISSING_IN_SALEOR"),
    }  # fmt: skip

    # The next tour closes what has gone.
    shop.sync(behind, missing)
    toured(shop)
    assert open_codes(shop.connection) == {}


def test_what_changed_a_moment_ago_is_left_to_the_regular_looks(shop: ConnectedShop):
    order_id = an_order(shop)
    shop.tiktok.ship(order_id)

    drift.ask(shop.connection)
    shop.work()

    assert open_codes(shop.connection) == {}


def test_old_orders_are_looked_at_again_while_they_are_different(shop: ConnectedShop):
    shop.set_policy(stock_push=False)
    order_id = an_order(shop)
    shop.tiktok.ship(order_id)
    toured(shop)
    OrderLink.objects.update(placed_at=clock.now() - 2 * touring.USUALLY)
    shop.sync(order_id)

    toured(shop)

    assert open_codes(shop.connection) == {}


def test_a_tour_goes_on_where_it_stopped(shop: ConnectedShop, monkeypatch: pytest.MonkeyPatch):
    shop.set_policy(stock_push=False)
    monkeypatch.setattr(touring, "ORDERS", 2)
    orders = [an_order(shop) for _ in range(5)]
    for one in orders:
        shop.tiktok.ship(one)

    found = []
    with clock.turned(2 * HOURS):
        asked = {"now": True, "from": ""}
        cursor = touring.tour(shop.connection, asked, 0)
        found.append(Difference.objects.count())
        while cursor.window_from is not None:
            # Whatever ran before was killed: nothing but the cursor knows of it.
            cursor = touring.tour(shop.connection, {}, 0)
            found.append(Difference.objects.count())

    assert found[:3] == [2, 4, 5]
    assert cursor.high_water is not None
    assert Difference.objects.count() == 5


def test_a_tour_is_due_once_a_day(shop: ConnectedShop):
    SyncCursor.objects.create(
        connection=shop.connection, resource=touring.CURSOR, high_water=clock.now()
    )
    before = shop.tiktok.calls()
    jobs.enqueue("drift.check", shop.connection)
    shop.work()
    assert shop.tiktok.calls() == before
    first = touring.cursor_of(shop.connection).high_water

    with clock.turned(DAY):
        jobs.enqueue("drift.check", shop.connection)
        shop.work()

    second = touring.cursor_of(shop.connection).high_water
    assert second - first >= timedelta(days=1)
    with clock.turned(DAY + HOURS):
        jobs.enqueue("drift.check", shop.connection)
        shop.work()
    assert touring.cursor_of(shop.connection).high_water == second


def test_every_poll_asks_whether_a_tour_is_due():
    assert all("drift.check" in periodic for periodic in kinds.PERIODIC.values())


def test_a_tour_of_payments_finds_what_nobody_told(till: Till):
    known, unseen = till.paid(), till.paid()
    till.control.dashboard_refund(till.charge(unseen).payment_id, 500)

    toured(till)

    [row] = Difference.objects.all()
    assert (row.subject, row.code) == (till.charge(unseen).payment_id, "PAYMENT_OUT_OF_STEP")
    till.sync(unseen)
    toured(till)
    assert open_codes(till.connection) == {}
    assert till.sums(known) == {"charged": "25.00"}


# --- the report -----------------------------------------------------------------------------------


def rows(number: int, **values: object) -> list[Difference]:
    connection = make_connection()
    made = [
        Difference(connection=connection, area="order", subject=str(n), code="LINK_STALE")
        for n in range(number)
    ]
    for name, value in values.items():
        for one in made:
            setattr(one, name, value)
    return Difference.objects.bulk_create(made)


@pytest.mark.django_db
def test_a_report_comes_in_pages_and_counts_all(django_assert_max_num_queries):
    made = rows(5)
    Difference.objects.filter(pk=made[0].pk).update(state="accepted")
    Difference.objects.filter(pk=made[1].pk).update(state="repairing")
    connection = made[0].connection

    with django_assert_max_num_queries(3):
        first = drift.report(connection, limit=2)
    second = drift.report(connection, limit=2, page=first.next_page)

    assert [one.subject for one in (*first.lines, *second.lines)] == ["1", "2", "3", "4"]
    assert second.next_page == ""
    counts = [(one.code, one.state, one.number) for one in first.counts]
    assert counts == [("LINK_STALE", "open", 3), ("LINK_STALE", "repairing", 1)]
    assert first.lines[0].job == "order.sync"
    assert (first.checked_at, first.under_way) == (None, False)


@pytest.mark.django_db
def test_a_report_is_narrowed_and_refuses_what_is_no_page():
    [one] = rows(1)
    connection = one.connection

    assert drift.report(connection, "sku").lines == ()
    assert drift.report(connection, "order", code="UNITS_DIFFER").lines == ()
    assert drift.report(connection, states=["gone"]).lines == ()
    with pytest.raises(InvalidInput, match="PAGE_INVALID"):
        drift.report(connection, page="x")


@pytest.mark.django_db
def test_the_ledgers_differences_are_told_and_repaired_too():
    [one] = rows(1, area="money", code="SETTLED_WITHOUT_ORDER")

    [line] = drift.report(one.connection).lines
    assert line.words == "A statement settles an order that is not in Saleor."
    assert drift.repair(one.connection, None, dry_run=True, actor="ana").asked == 1


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["gone", "accepted"])
def test_what_is_gone_or_accepted_is_not_repaired(state: str):
    [one] = rows(1, state=state)

    done = drift.repair(one.connection, [one.pk], dry_run=False, actor="ana")

    assert (done.steps, done.asked) == ((), 0)
    assert not Job.objects.exists()


@pytest.mark.django_db
def test_another_shops_differences_are_out_of_reach():
    [one] = rows(1)
    other = make_connection("elsewhere", shop_id="7495540735365777508")

    assert drift.report(other).lines == ()
    assert drift.repair(other, [one.pk], dry_run=False, actor="ana").steps == ()
    assert drift.accept(other, [one.pk], actor="ana") == 0
    one.refresh_from_db()
    assert one.state == "open"


@pytest.mark.django_db
def test_what_is_open_shows_in_health_until_it_is_accepted():
    made = rows(3)
    connection = made[0].connection

    [finding] = drift.attention(connection)
    assert finding.message == "3 differences were found by comparing (3 LINK_STALE)."
    assert finding in [Finding(**one) for one in health.details(connection)["findings"]]

    drift.accept(connection, [one.pk for one in made], actor="ana")
    assert drift.attention(connection) == []
