"""What changed in Saleor is found by looking; what we did ourselves asks for nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from saleor_tiktok_stripe import health, jobs
from saleor_tiktok_stripe.errors import InvalidInput
from saleor_tiktok_stripe.fulfilment import changed_in_saleor, late_shipments, plan_push, retry_push
from saleor_tiktok_stripe.jobs import clock
from saleor_tiktok_stripe.models import AuditEntry, ConnectionState, Job, OrderLink
from tests.support.shop import ConnectedShop

from .staff import PUSH, Staff
from .test_shipping import MARK, an_order, pushed, shipping_calls


def look(shop: ConnectedShop) -> None:
    """As the clock does every few seconds."""
    jobs.enqueue("orders.watch", shop.connection)
    shop.work()


def test_what_staff_did_is_found_and_told_without_a_hook(shop: ConnectedShop):
    shipped, cancelled, left_alone = (an_order(shop) for _ in range(3))
    look(shop)
    Staff(shop).fulfill(shipped, tracking="TRACKONE1")
    Staff(shop).cancel(cancelled)

    look(shop)

    assert shop.tiktok.order(shipped)["status"] == "AWAITING_COLLECTION"
    assert shop.tiktok.order(cancelled)["status"] == "CANCELLED"
    assert not Job.objects.filter(kind=PUSH, subject=left_alone).exists()


def test_importing_and_following_fifty_orders_asks_for_no_push(shop: ConnectedShop):
    skus = [one["sku_id"] for one in shop.tiktok.catalog() if one["linked"]]
    states = ["AWAITING_SHIPMENT", "AWAITING_COLLECTION", "IN_TRANSIT", "DELIVERED", "COMPLETED"]
    ids = [
        str(shop.tiktok.create_order([[skus[0], 2]], status=states[n % 5], shipping_type="SELLER"))
        for n in range(50)
    ]
    shop.sync(*ids)
    for n, order_id in enumerate(ids):
        if n % 5 == 0:
            line = shop.tiktok.order(order_id)["line_items"][0]["id"]
            step = (shop.tiktok.ship, shop.tiktok.cancel)[n % 2]
            step(order_id, [line])
    shop.sync(*ids)

    for _ in range(2):
        look(shop)

    assert OrderLink.objects.count() == 50
    assert not Job.objects.filter(kind=PUSH).exists()
    assert shipping_calls(shop) == {}


def test_our_own_push_comes_back_as_nothing_new(shop: ConnectedShop):
    order_id = an_order(shop)
    Staff(shop).fulfill(order_id, tracking="TRACKONE1")
    look(shop)
    runs = Job.objects.filter(kind=PUSH).count()

    for _ in range(3):
        look(shop)

    assert Job.objects.filter(kind=PUSH).count() == runs == 1
    assert shipping_calls(shop) == {MARK: 1}


def test_a_push_that_waits_is_asked_for_again_when_its_order_changes(shop: ConnectedShop):
    order_id = an_order(shop)
    fulfillment = Staff(shop).fulfill(order_id)
    look(shop)
    assert pushed(order_id).error_code == "TRACKING_MISSING"

    Staff(shop).track(fulfillment, "TRACKONE1")
    look(shop)

    assert pushed(order_id).outcome == "told"


def test_a_tracking_number_changed_later_is_found_by_the_tour(shop: ConnectedShop):
    order_id = an_order(shop)
    fulfillment = Staff(shop).fulfill(order_id, tracking="TRACKONE1")
    look(shop)
    Staff(shop).track(fulfillment, "TRACKTWO2")

    look(shop)

    assert shop.tiktok.order(order_id)["line_items"][0]["tracking_number"] == "TRACKTWO2"


def test_a_number_that_a_push_waits_for_is_found_however_late(shop: ConnectedShop):
    order_id = an_order(shop)
    staff = Staff(shop)
    fulfillment = staff.fulfill(order_id)
    staff.push(order_id)
    assert pushed(order_id).error_code == "TRACKING_MISSING"
    OrderLink.objects.update(marketplace_updated_at=datetime.now(UTC) - timedelta(days=9))
    staff.track(fulfillment, "TRACKLATE1")

    look(shop)

    assert pushed(order_id).status == "done"
    assert shipping_calls(shop) == {MARK: 1}


def test_a_tracking_number_that_was_put_back_releases_the_push_that_waited(shop: ConnectedShop):
    order_id = an_order(shop)
    fulfillment = Staff(shop).fulfill(order_id, tracking="TRACKONE1")
    for number in ("TRACKTWO2", "TRACKTHREE3"):
        look(shop)
        Staff(shop).track(fulfillment, number)
    Staff(shop).push(order_id)
    assert pushed(order_id).error_code == "TRACKING_FINAL"
    before = shipping_calls(shop)

    Staff(shop).track(fulfillment, "TRACKTWO2")
    look(shop)

    assert pushed(order_id).status == "done"
    assert shipping_calls(shop) == before


def test_nothing_is_looked_for_where_nothing_may_be_told(shop: ConnectedShop):
    shop.set_policy(ship_push=False, cancel_push=False)
    order_id = an_order(shop)
    Staff(shop).fulfill(order_id, tracking="TRACKONE1")

    look(shop)

    assert Job.objects.filter(kind="orders.watch").latest("id").outcome == "switched_off"
    assert not Job.objects.filter(kind=PUSH).exists()


def test_a_hook_asks_for_orders_of_the_marketplace_only(shop: ConnectedShop):
    order_id = an_order(shop)
    link = shop.link(order_id)
    reference = f"tiktok:{order_id}"

    assert not changed_in_saleor("tiktok-us", link.saleor_order_id, "")
    assert not changed_in_saleor("other", link.saleor_order_id, reference)
    assert not changed_in_saleor("tiktok-us", "T3JkZXI6MA==", reference)
    assert not Job.objects.filter(kind=PUSH).exists()
    assert changed_in_saleor("tiktok-us", link.saleor_order_id, reference)
    assert Job.objects.get(kind=PUSH).subject == order_id

    Job.objects.filter(kind=PUSH).delete()
    shop.connection.state = ConnectionState.DISABLED
    shop.connection.save(update_fields=["state"])
    assert not changed_in_saleor("tiktok-us", link.saleor_order_id, reference)


def test_a_dry_run_says_what_would_be_told_and_writes_nothing(shop: ConnectedShop):
    order_id = an_order(shop)
    Staff(shop).fulfill(order_id, tracking="TRACKONE1")

    [line] = plan_push(shop.connection, order_id).lines()

    assert line.startswith("ship 2 items (")
    assert "with TRACKONE1 (carrier " in line
    assert (shipping_calls(shop), Job.objects.filter(kind=PUSH).count()) == ({}, 0)
    with pytest.raises(InvalidInput) as unknown:
        plan_push(shop.connection, "1")
    assert unknown.value.code == "ORDER_NOT_IMPORTED"


def test_a_retry_is_written_down(shop: ConnectedShop):
    order_id = an_order(shop)
    Staff(shop).fulfill(order_id, tracking="TRACKONE1")

    assert retry_push(shop.connection, [order_id, "1"], "staff:1") == 1
    shop.work()

    assert pushed(order_id).outcome == "told"
    entry = AuditEntry.objects.get(action="order.push")
    assert (entry.actor, entry.data) == ("staff:1", {"orders": [order_id]})


# --- deadlines ---------------------------------------------------------------------------------


def test_orders_that_must_leave_are_told_a_day_before_and_as_an_error_once_late(
    shop: ConnectedShop,
):
    order_id, other = an_order(shop), an_order(shop)
    link = shop.link(order_id)
    assert link.ship_by is not None
    assert link.placed_at is not None
    left = (link.ship_by - datetime.now(UTC)).total_seconds()

    with clock.turned(left - timedelta(hours=30).total_seconds()):
        assert late_shipments(shop.connection) == []
    with clock.turned(left - 3600):
        found = {one.subject: one for one in late_shipments(shop.connection)}
    assert (found[order_id].code, found[order_id].severity) == ("SHIPMENT_DUE", "warning")

    Staff(shop).fulfill(other, tracking="TRACKONE1")
    Staff(shop).push(other)
    assert shop.link(other).ship_by is None
    with clock.turned(left + timedelta(days=9).total_seconds()):
        [late] = late_shipments(shop.connection)
        shown = health.details(shop.connection)
    assert (late.subject, late.severity) == (order_id, "error")
    assert "SHIPMENT_DUE" in {row["code"] for row in shown["findings"]}
    assert shown["status"] == "attention"


def test_many_late_orders_are_counted_not_listed(shop: ConnectedShop):
    soon = datetime.now(UTC) + timedelta(hours=3)
    for number in range(8):
        OrderLink.objects.create(
            connection=shop.connection, order_id=f"{number}", saleor_order_id=f"s{number}",
            state="awaiting_shipment", marketplace_updated_at=soon, fingerprint="",
            ship_by=soon + timedelta(minutes=number),
        )  # fmt: skip

    found = late_shipments(shop.connection)

    assert [one.subject for one in found] == ["0", "1", "2", "3", "4"]
    assert found[-1].message.endswith("And 3 more.")
