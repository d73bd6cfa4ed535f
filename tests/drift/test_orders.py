"""What is different about an order, over HTTP on both sides, and that a repair ends it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from saleor_tiktok_stripe import drift, health, jobs
from saleor_tiktok_stripe.models import Difference, Job, MarketplaceRequest, OrderLink
from saleor_tiktok_stripe.saleor_api import get_saleor
from tests.fulfilment.staff import Staff
from tests.support.shop import ConnectedShop
from tests.support.stored import everything

from .support import an_order, of_order, open_codes

Deed = Callable[[ConnectedShop, str], object]
TRACKING = "9405511899223197428490"


def ship(shop: ConnectedShop, order_id: str) -> None:
    shop.tiktok.ship(order_id, tracking="TRACK1")


def cancel_one(shop: ConnectedShop, order_id: str) -> None:
    line = shop.tiktok.order(order_id)["line_items"][0]["id"]
    shop.tiktok.cancel(order_id, [line])


def cancel(shop: ConnectedShop, order_id: str) -> None:
    shop.tiktok.cancel(order_id)


def deliver_and_return(shop: ConnectedShop, order_id: str) -> None:
    shop.tiktok.request_return(order_id)


def staff_ship(shop: ConnectedShop, order_id: str) -> None:
    Staff(shop).fulfill(order_id, tracking=TRACKING)


def staff_cancel(shop: ConnectedShop, order_id: str) -> None:
    Staff(shop).cancel(order_id)


def staff_take_one_out(shop: ConnectedShop, order_id: str) -> None:
    Staff(shop).take_out(order_id, 1)


def staff_change_facts(shop: ConnectedShop, order_id: str) -> None:
    saleor_id = shop.link(order_id).saleor_order_id
    get_saleor().set_metadata(saleor_id, {"tiktok.state": "unpaid"})


def forget(shop: ConnectedShop, order_id: str) -> None:
    OrderLink.objects.filter(order_id=order_id).update(state="unpaid", fingerprint="another")


def forget_all(shop: ConnectedShop, order_id: str) -> None:
    OrderLink.objects.filter(order_id=order_id).delete()


@pytest.mark.parametrize(
    ("status", "deed", "codes"),
    [
        ("AWAITING_SHIPMENT", ship, {"SHIPMENT_MISSING_IN_SALEOR"}),
        ("AWAITING_SHIPMENT", cancel_one, {"UNITS_DIFFER", "REFUND_DIFFERS", "CASE_STALE"}),
        ("AWAITING_SHIPMENT", cancel, {"STATE_DIFFERS", "REFUND_DIFFERS", "CASE_STALE"}),
        ("DELIVERED", deliver_and_return, {"CASE_STALE"}),
        ("AWAITING_SHIPMENT", staff_ship, {"SHIPMENT_NOT_TOLD"}),
        ("AWAITING_SHIPMENT", staff_cancel, {"CANCEL_NOT_TOLD"}),
        ("AWAITING_SHIPMENT", staff_take_one_out, {"CANCEL_NOT_TOLD"}),
        ("AWAITING_SHIPMENT", staff_change_facts, {"FACTS_DIFFER"}),
        ("AWAITING_SHIPMENT", forget, {"LINK_STALE"}),
        ("AWAITING_SHIPMENT", forget_all, {"ORDER_MISSING_IN_SALEOR"}),
    ],
    ids=lambda one: getattr(one, "__name__", None),
)
def test_what_happened_unseen_is_found_and_repaired(
    shop: ConnectedShop, status: str, deed: Deed, codes: set[str]
):
    # given an order in step, and one thing that happened without anybody being told
    order_id = an_order(shop, status)
    assert of_order(shop, order_id) == {}
    deed(shop, order_id)
    asked = Job.objects.count()

    # when it is checked
    assert set(of_order(shop, order_id)) == codes

    # then a dry run says which jobs would end it, and does nothing
    before = everything()
    planned = drift.repair(shop.connection, None, dry_run=True, actor="ana")
    assert {(step.code, step.job) for step in planned.steps} == {
        (code, drift.class_of("order", code).job) for code in codes
    }
    assert all(step.job and not step.cure for step in planned.steps)
    assert everything() == before
    assert Job.objects.count() == asked

    # and the repair asks for just those, and the check that it asks for finds nothing any more
    done = drift.repair(shop.connection, None, dry_run=False, actor="ana")
    assert (done.steps, done.asked) == (planned.steps, planned.asked)
    assert set(Difference.objects.values_list("state", "actor")) == {("repairing", "ana")}
    shop.work()
    shop.run_all()
    assert open_codes(shop.connection) == {}
    assert set(Difference.objects.values_list("state", flat=True)) == {"gone"}

    # and repairing once more changes nothing
    writes = shop.tiktok.writes()
    assert drift.repair(shop.connection, None, dry_run=False, actor="ana").steps == ()
    shop.run_all()
    assert shop.tiktok.writes() == writes
    assert of_order(shop, order_id) == {}


def test_what_each_side_has_is_told(shop: ConnectedShop):
    order_id = an_order(shop)
    cancel_one(shop, order_id)

    found = of_order(shop, order_id)

    [line] = shop.read(order_id).lines
    assert (found["UNITS_DIFFER"].ours, found["UNITS_DIFFER"].theirs) == ({}, {"cancelled": "1"})
    refund = found["REFUND_DIFFERS"]
    assert (refund.currency, refund.amount) == ("USD", line.unit_gross)
    [name] = [name for name in refund.theirs if name.startswith(f"tiktok:{order_id} cancel:")]
    assert refund.theirs[name] == f"{line.unit_gross:.2f}"


def test_staff_ship_is_told_with_its_tracking_and_is_asked_for_once(shop: ConnectedShop):
    order_id = an_order(shop)
    fulfillment = Staff(shop).fulfill(order_id, tracking=TRACKING)

    found = of_order(shop, order_id)["SHIPMENT_NOT_TOLD"]
    assert found.ours == {f"fulfillment {fulfillment}": TRACKING}
    for _ in range(2):
        drift.repair(shop.connection, [found.pk], dry_run=False, actor="ana")
    shop.run_all()

    assert MarketplaceRequest.objects.count() == 1
    assert shop.tiktok.order(order_id)["status"] == "AWAITING_COLLECTION"


def test_what_stands_in_the_way_is_told_with_what_a_person_does(shop: ConnectedShop):
    # given goods that left in Saleor without a tracking number
    order_id = an_order(shop)
    Staff(shop).fulfill(order_id, tracking="")

    found = of_order(shop, order_id)["SHIPMENT_NOT_TOLD"]
    assert found.ours["problem"] == "TRACKING_MISSING"

    # then no job is asked for: a person has to act
    done = drift.repair(shop.connection, None, dry_run=False, actor="ana")
    [step] = done.steps
    assert (done.asked, step.job, step.cure) == (0, "", found.ours["cure"])
    assert not Job.objects.exclude(status="done").exists()
    found.refresh_from_db()
    assert found.state == "open"


def test_an_order_deleted_in_saleor_is_for_a_person_and_may_be_accepted(shop: ConnectedShop):
    order_id = an_order(shop)
    del shop.saleor.state.orders[shop.saleor_order(order_id).key]

    found = of_order(shop, order_id)["SALEOR_ORDER_MISSING"]
    assert drift.repair(shop.connection, None, dry_run=False, actor="ana").asked == 0

    # accepted, it stays so while both sides stay as they are
    accepted = drift.accept(shop.connection, [found.pk], actor="ana", note="a test order")
    assert accepted == 1
    assert of_order(shop, order_id)["SALEOR_ORDER_MISSING"].state == "accepted"
    assert drift.repair(shop.connection, None, dry_run=True, actor="ana").steps == ()

    # and opens again when one changes
    shop.tiktok.ship(order_id)
    again = of_order(shop, order_id)["SALEOR_ORDER_MISSING"]
    assert (again.state, again.note, again.pk) == ("open", "", found.pk)


def test_an_order_that_was_deleted_on_purpose_waits_for_nobody_once_that_is_accepted(
    shop: ConnectedShop,
):
    # given an order that was deleted in Saleor, and that goes on at the marketplace
    order_id, other = an_order(shop), an_order(shop)
    for one in (order_id, other):
        del shop.saleor.state.orders[shop.saleor_order(one).key]
        shop.tiktok.ship(one)
    shop.sync(order_id, other)
    assert shop.job(order_id).error_code == "SALEOR_ORDER_MISSING"
    assert health.summary(shop.connection) == {"status": "attention"}

    # when that is accepted
    found = of_order(shop, order_id)["SALEOR_ORDER_MISSING"]
    drift.accept(shop.connection, [found.pk], actor="ana", note="a test order")
    shop.work()

    # then it waits no longer, also not when it changes; one that nobody accepted does
    assert (shop.job(order_id).status, shop.job(order_id).outcome) == ("done", "skipped")
    assert shop.job(other).status == "parked"
    shop.tiktok.touch(order_id)
    shop.sync(order_id)
    assert shop.job(order_id).status == "done"
    assert shop.saleor.state.orders == {}


def test_an_order_of_another_shop_is_gone_at_the_marketplace(shop: ConnectedShop):
    order_id = an_order(shop)
    OrderLink.objects.filter(order_id=order_id).update(order_id="576470000000999999")

    [found] = of_order(shop, "576470000000999999").values()

    assert found.code == "ORDER_GONE"
    assert found.ours == {"order": shop.read("576470000000999999").number, "state": "UNFULFILLED"}


@pytest.mark.parametrize("status", ["UNPAID", "ON_HOLD"])
def test_orders_that_are_rightly_not_in_saleor_are_no_difference(shop: ConnectedShop, status: str):
    order_id = an_order(shop, status)
    Job.objects.all().delete()

    assert of_order(shop, order_id) == {}


def test_an_order_that_waits_for_a_sku_is_missing_with_its_cure(transactional_db: None):
    from tests.support.shop import connected_shop

    with connected_shop(unlinked_share=1.0) as shop:
        order_id = an_order(shop)
        [found] = of_order(shop, order_id).values()

        assert (found.code, found.ours["problem"]) == ("ORDER_MISSING_IN_SALEOR", "SKU_NOT_LINKED")
        done = drift.repair(shop.connection, None, dry_run=False, actor="ana")
        assert (done.asked, done.steps[0].cure) == (0, found.ours["cure"])


@pytest.mark.parametrize("kind", ["order.sync", "order.push", "case.sync"])
def test_what_is_being_brought_in_step_just_now_is_no_difference(shop: ConnectedShop, kind: str):
    order_id = an_order(shop)
    shop.tiktok.ship(order_id)
    jobs.enqueue(kind, shop.connection, order_id)

    assert of_order(shop, order_id) == {}

    # a job that nobody has run for an hour brings nothing in step
    Job.objects.filter(kind=kind, status="queued").update(created_at="2020-01-01T00:00Z")
    assert set(of_order(shop, order_id)) == {"SHIPMENT_MISSING_IN_SALEOR"}


def test_a_repair_that_did_not_help_is_open_again_and_says_why(shop: ConnectedShop):
    # given a repair whose job came to wait for somebody
    order_id = an_order(shop)
    ship(shop, order_id)
    of_order(shop, order_id)
    drift.repair(shop.connection, None, dry_run=False, actor="ana")
    why = {"code": "SALEOR_REFUSED", "cause": "Saleor may not.", "cure": "Let it."}
    Job.objects.filter(kind="order.sync").exclude(status="done").update(
        status="parked", problem=why
    )

    shop.run_all()

    [row] = Difference.objects.all()
    assert (row.code, row.state) == ("SHIPMENT_MISSING_IN_SALEOR", "open")
    assert row.note == "The repair did not help. Saleor may not."


def test_a_check_waits_for_a_repair_that_is_slow(shop: ConnectedShop):
    order_id = an_order(shop)
    ship(shop, order_id)
    of_order(shop, order_id)
    drift.repair(shop.connection, None, dry_run=False, actor="ana")
    shop.saleor.fail("status", "Orders", times=1)

    shop.run_all()

    [check] = Job.objects.filter(kind="drift.check")
    assert (check.status, check.progress) == ("queued", {"looks": 1})
    assert open_codes(shop.connection) == {"SHIPMENT_MISSING_IN_SALEOR": "repairing"}
    shop.run_all()
    assert open_codes(shop.connection) == {}


def test_an_address_that_the_marketplace_shows_no_longer_is_no_difference(shop: ConnectedShop):
    sku = shop.tiktok.catalog()[0]["sku_id"]
    kind = {"by_tiktok": False, "shipping_type": "SELLER"}
    order_id = str(shop.tiktok.create_order([(sku, 1)], status="COMPLETED", **kind))
    shop.sync(order_id)
    known = shop.link(order_id)
    assert known.address_hash

    shop.tiktok.advance_time(31 * 86_400)

    [shown] = shop.client.orders([order_id]).orders
    assert shown.recipient.masked
    assert of_order(shop, order_id) == {}
    forget(shop, order_id)
    assert set(of_order(shop, order_id)) == {"LINK_STALE"}
