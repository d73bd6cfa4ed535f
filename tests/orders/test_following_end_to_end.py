"""Orders stay in step, whatever happens on either side."""

from __future__ import annotations

from decimal import Decimal as D

from saleor_tiktok_stripe import catalog, jobs
from saleor_tiktok_stripe.models import Job, OrderLink
from saleor_tiktok_stripe.orders.applying import Facts, bring_in_step
from saleor_tiktok_stripe.saleor_api import get_saleor
from saleor_tiktok_stripe.saleor_api.keys import PACKAGE_KEY
from saleor_tiktok_stripe.saleor_api.types import Package
from saleor_tiktok_stripe.saleor_api.types import SaleorOrderStatus as Status
from tests.support.shop import ConnectedShop


def _two_units(shop: ConnectedShop, status: str = "AWAITING_SHIPMENT", **options) -> str:
    sku = shop.tiktok.catalog()[0]["sku_id"]
    order_id = shop.tiktok.create_order([(sku, 2)], status=status, **options)
    shop.sync(order_id)
    return order_id


def _lines(shop: ConnectedShop, order_id: str) -> list[str]:
    return [line["id"] for line in shop.tiktok.order(order_id)["line_items"]]


def _writes(shop: ConnectedShop) -> list[str]:
    """Mutations that Saleor was asked for, but for those of the import."""
    reads = {"Orders", "Channel", "OrderByExternalReference", "DeliveryOptions"}
    return [name for name in shop.saleor.requests if name not in reads and name[0].islower()]


def test_a_held_order_waits_and_comes_in_when_its_hour_is_over(shop: ConnectedShop):
    order_id = _two_units(shop, "ON_HOLD")
    assert shop.saleor.state.orders == {}
    assert shop.job(order_id).status == "queued"

    shop.tiktok.end_hold(order_id)
    shop.run_all()

    assert shop.saleor_order(order_id).status == "UNFULFILLED"
    assert shop.job(order_id).status == "done"


def test_a_held_order_is_unconfirmed_where_the_merchant_wants_it_at_once(shop: ConnectedShop):
    shop.set_policy(hold_policy="import_unconfirmed")
    order_id = _two_units(shop, "ON_HOLD")
    held = shop.read(order_id)
    assert held.status is Status.UNCONFIRMED
    assert held.metadata["tiktok.address_masked"] == "true"

    shop.tiktok.end_hold(order_id)
    shop.sync(order_id)

    assert shop.read(order_id).status is Status.UNFULFILLED


def test_a_held_order_keeps_its_addresses_until_it_is_confirmed_then_gets_both(
    shop: ConnectedShop,
):
    # given an order that came in while it is held, and a marketplace that shows its address then
    shop.set_policy(hold_policy="import_unconfirmed")
    order_id = _two_units(shop, "ON_HOLD")
    imported = shop.saleor_order(order_id)
    assert imported.billing_address.first_name == "TikTok Shop"
    shop.tiktok.inject_fault("mask_flip", to="READABLE", times=None)

    # when it is looked at while it is held
    shop.sync(order_id)

    # then nothing is changed that Saleor would price an unconfirmed order anew for
    held = shop.saleor_order(order_id)
    assert held.status == "UNCONFIRMED"
    assert held.shipping_address == imported.shipping_address
    assert shop.link(order_id).address_hash == ""

    # and once it is released, goods and invoice go to the same person
    shop.tiktok.end_hold(order_id)
    shop.sync(order_id)
    after = shop.saleor_order(order_id)
    assert after.status == "UNFULFILLED"
    assert after.shipping_address.first_name not in ("TikTok Shop", "")
    assert after.billing_address == after.shipping_address


def test_unpaid_orders_are_not_imported(shop: ConnectedShop):
    order_id = shop.tiktok.create_order()

    shop.sync(order_id)

    assert shop.saleor.state.orders == {}
    assert shop.job(order_id).outcome == "skipped"


def test_an_order_that_was_never_paid_is_not_imported_when_it_is_cancelled(shop: ConnectedShop):
    order_id = shop.tiktok.create_order()
    shop.tiktok.cancel(order_id, by="SYSTEM")

    shop.sync(order_id)

    assert shop.saleor.state.orders == {}


def test_a_shipment_becomes_a_fulfillment_with_carrier_and_tracking(shop: ConnectedShop):
    order_id = _two_units(shop)

    package_id = shop.tiktok.ship(order_id, tracking="TRACK1")
    shop.sync(order_id)

    order = shop.read(order_id)
    assert order.status is Status.FULFILLED
    [package] = order.fulfillments
    assert package.tracking_number == "TRACK1"
    assert package.metadata[PACKAGE_KEY] == package_id
    assert package.metadata["tiktok.carrier"] == "USPS"
    assert sum(package.quantities.values()) == 2


def test_two_packages_become_two_fulfillments(shop: ConnectedShop):
    order_id = _two_units(shop)
    first, second = _lines(shop, order_id)

    shop.tiktok.ship(order_id, [first], tracking="TRACK1")
    shop.sync(order_id)
    assert shop.read(order_id).status is Status.PARTIALLY_FULFILLED
    shop.tiktok.ship(order_id, [second], tracking="TRACK2")
    shop.sync(order_id)

    order = shop.read(order_id)
    assert order.status is Status.FULFILLED
    assert [one.tracking_number for one in order.fulfillments] == ["TRACK1", "TRACK2"]


def test_a_combined_package_holds_each_orders_own_units_only(shop: ConnectedShop):
    one = _two_units(shop)
    other = _two_units(shop, buyer_of=one)

    shop.tiktok.combine([one, other])
    package_id = shop.tiktok.ship(one)
    shop.sync(one, other)

    for order_id in (one, other):
        [package] = shop.read(order_id).fulfillments
        assert package.metadata[PACKAGE_KEY] == package_id
        assert package.metadata["tiktok.combined"] == "true"
        assert sum(package.quantities.values()) == 2


def test_delivery_is_noted(shop: ConnectedShop):
    order_id = _two_units(shop, "AWAITING_COLLECTION")

    shop.tiktok.in_transit(order_id)
    shop.tiktok.deliver(order_id)
    shop.sync(order_id)

    facts = shop.read(order_id).metadata
    assert facts["tiktok.state"] == "delivered"
    assert facts["tiktok.delivered_at"]


def test_nothing_is_written_when_nothing_changed(shop: ConnectedShop):
    order_id = _two_units(shop, "IN_TRANSIT")
    before = len(_writes(shop))

    shop.tiktok.touch(order_id)
    shop.sync(order_id)
    shop.sync(order_id)

    assert shop.job(order_id).outcome == "unchanged"
    assert len(_writes(shop)) == before


def test_a_cancelled_order_is_cancelled_and_its_money_goes_back_once(shop: ConnectedShop):
    order_id = _two_units(shop)
    paid = shop.read(order_id).charged

    shop.tiktok.cancel(order_id, by="BUYER")
    shop.sync(order_id)
    shop.sync(order_id)

    order = shop.read(order_id)
    assert order.status is Status.CANCELED
    assert sum(one.refunded for one in order.transactions) == paid
    assert order.charged == 0


def test_a_refund_that_comes_later_is_recorded_when_it_comes(shop: ConnectedShop):
    order_id = _two_units(shop)
    case = shop.tiktok.request_cancel(order_id)
    shop.tiktok.resolve_cancel(case, approve=True)
    shop.sync(order_id)
    cancelled = shop.read(order_id)
    assert cancelled.status is Status.CANCELED
    assert sum(one.refunded for one in cancelled.transactions) == 0
    assert shop.link(order_id).refunds_open

    shop.tiktok.complete_cancel(case)
    shop.sync(order_id)

    assert shop.read(order_id).charged == 0
    assert not shop.link(order_id).refunds_open


def test_some_cancelled_units_are_taken_out_and_the_rest_goes_on(shop: ConnectedShop):
    order_id = _two_units(shop)
    gone, left = _lines(shop, order_id)

    shop.tiktok.cancel(order_id, [gone])
    shop.sync(order_id)

    order = shop.read(order_id)
    assert order.status is Status.PARTIALLY_RETURNED
    assert sum(line.quantity_to_fulfill for line in order.lines) == 1
    assert order.granted_refunds == sum(one.refunded for one in order.transactions) > 0

    shop.tiktok.ship(order_id, [left])
    shop.sync(order_id)
    after = shop.read(order_id)
    assert sum(line.quantity_to_fulfill for line in after.lines) == 0
    assert [one.status for one in after.fulfillments] == ["RETURNED", "FULFILLED"]


def test_a_buyers_request_to_cancel_changes_nothing_until_it_is_answered(shop: ConnectedShop):
    order_id = _two_units(shop)

    case = shop.tiktok.request_cancel(order_id)
    shop.sync(order_id)
    asked = shop.read(order_id)
    assert (asked.status, asked.metadata["tiktok.cancel_requested"]) == (Status.UNFULFILLED, "true")

    shop.tiktok.resolve_cancel(case, approve=False)
    shop.sync(order_id)
    assert shop.read(order_id).metadata["tiktok.cancel_requested"] == ""


def test_an_address_that_becomes_readable_replaces_the_masked_one_never_back(shop: ConnectedShop):
    order_id = _two_units(shop, shipping_type="SELLER")
    assert shop.link(order_id).address_hash

    shop.tiktok.change_address(order_id, street="9 Changed Street")
    shop.sync(order_id)
    changed = shop.read(order_id)
    assert changed.shipping_address.street_address_1.startswith("9 Changed Street")

    shop.tiktok.cancel(order_id)  # TikTok masks the address of a cancelled order
    shop.sync(order_id)
    after = shop.read(order_id)
    assert after.status is Status.CANCELED
    assert after.shipping_address.street_address_1 == changed.shipping_address.street_address_1
    assert not after.metadata.get("tiktok.address_masked")


def test_a_worker_that_comes_late_with_an_older_state_changes_nothing(shop: ConnectedShop):
    # Given a worker that read order and link before another one brought a newer state over.
    order_id = _two_units(shop)
    first, second = shop.link(order_id), shop.link(order_id)
    [order] = shop.client.orders([order_id]).orders
    before = shop.read(order_id)
    shop.tiktok.set_time(order.updated_at.timestamp() + 60)
    shop.tiktok.ship(order_id)
    shop.sync(order_id)
    after, kept = shop.read(order_id), shop.link(order_id)
    assert after.metadata["tiktok.state"] != before.metadata["tiktok.state"]

    locked = bring_in_step(get_saleor(), first, order, Facts("US"))
    unlocked = bring_in_step(get_saleor(), second, order, Facts("US"), seen=before)

    assert (locked, unlocked) == ((), ())
    assert shop.read(order_id) == after
    now = shop.link(order_id)
    assert (now.state, now.fingerprint) == (kept.state, kept.fingerprint)


# --- changed by hand in Saleor -----------------------------------------------------------------


def test_an_order_cancelled_in_saleor_is_parked_and_never_reopened(shop: ConnectedShop):
    shop.set_policy(cancel_push=False)
    order_id = _two_units(shop)
    get_saleor().cancel_order(shop.link(order_id).saleor_order_id)

    shop.tiktok.ship(order_id)
    shop.sync(order_id)

    assert shop.read(order_id).status is Status.CANCELED
    job = shop.job(order_id)
    assert (job.status, job.error_code) == ("parked", "CANCELLED_IN_SALEOR")
    assert "still expects 2 of its items" in job.problem["cause"]


def test_a_parked_difference_ends_when_the_other_side_agrees(shop: ConnectedShop):
    shop.set_policy(cancel_push=False)
    order_id = _two_units(shop)
    get_saleor().cancel_order(shop.link(order_id).saleor_order_id)
    shop.tiktok.touch(order_id)
    shop.tiktok.change_address(order_id)
    shop.sync(order_id)
    assert shop.job(order_id).status == "parked"

    shop.tiktok.cancel(order_id)
    shop.sync(order_id)

    assert shop.job(order_id).status == "done"
    assert shop.read(order_id).status is Status.CANCELED


def test_a_shipment_recorded_by_hand_becomes_the_marketplaces_package(shop: ConnectedShop):
    order_id = _two_units(shop)
    order = shop.read(order_id)
    by_hand = Package("", {order.lines[0].id: 2}, "HAND1", touch_stock=True)
    get_saleor().fulfill(order.id, by_hand)

    package_id = shop.tiktok.ship(order_id, tracking="TRACK1")
    shop.sync(order_id)

    after = shop.read(order_id)
    assert [one.status for one in after.fulfillments] == ["FULFILLED"]
    assert after.fulfillments[0].metadata[PACKAGE_KEY] == package_id
    assert after.fulfillments[0].tracking_number == "HAND1"
    assert shop.job(order_id).status == "done"


def test_cancelled_after_it_was_recorded_as_shipped_needs_a_person(shop: ConnectedShop):
    order_id = _two_units(shop)
    order = shop.read(order_id)
    get_saleor().fulfill(order.id, Package("", {order.lines[0].id: 2}, "HAND1", touch_stock=True))

    shop.tiktok.cancel(order_id)
    shop.sync(order_id)

    job = shop.job(order_id)
    assert (job.status, job.error_code) == ("parked", "CANCELLED_AFTER_SHIPMENT")
    after = shop.read(order_id)
    assert after.status is Status.FULFILLED
    assert after.charged == D(0)  # the refund is a fact, whatever becomes of the goods


def test_an_order_deleted_in_saleor_is_parked(shop: ConnectedShop):
    order_id = _two_units(shop)
    shop.saleor.state.orders.clear()

    shop.tiktok.ship(order_id)
    shop.sync(order_id)

    assert shop.job(order_id).error_code == "SALEOR_ORDER_MISSING"


# --- one bad order never stops the others ------------------------------------------------------


def test_an_order_of_a_sku_that_was_cut_off_by_hand_says_so_and_names_a_cure_that_helps(
    shop: ConnectedShop,
):
    # given a SKU that somebody cut off, though a variant has the same SKU
    order_id = shop.tiktok.create_order(status="AWAITING_SHIPMENT")
    [first, *_] = shop.tiktok.order(order_id)["line_items"]
    catalog.unlink(shop.connection, first["sku_id"], "ana")

    shop.sync(order_id)

    told = shop.job(order_id).problem
    assert told["code"] == "SKU_NOT_LINKED"
    assert f"(TikTok SKU {first['sku_id']}: Somebody cut this link on purpose)" in told["cause"]
    assert told["cure"] == "Link the SKU to a variant: the order then imports itself."
    assert shop.saleor.state.orders == {}


def test_orders_of_unlinked_skus_wait_and_import_themselves(shop: ConnectedShop):
    sku = shop.tiktok.catalog()[0]
    product = shop.saleor.state.by_sku.pop(sku["seller_sku"])
    shop.saleor.state.variants.pop(product.key)
    good = shop.tiktok.catalog()[1]["sku_id"]

    bad_id = shop.tiktok.create_order([(sku["sku_id"], 1)], status="AWAITING_SHIPMENT")
    good_id = shop.tiktok.create_order([(good, 1)], status="AWAITING_SHIPMENT")
    shop.sync(bad_id, good_id)

    assert shop.saleor_order(good_id).status == "UNFULFILLED"
    job = shop.job(bad_id)
    assert (job.status, job.error_code) == ("parked", "SKU_NOT_LINKED")
    assert job.waits_for == [f"sku:{sku['sku_id']}"]

    shop.saleor.state.add_products([product], channels=["tiktok-us"])
    from saleor_tiktok_stripe import catalog

    assert catalog.recheck_missing(shop.connection) == 1
    shop.work()
    assert shop.saleor_order(bad_id).status == "UNFULFILLED"


def test_an_order_that_nobody_knows_is_looked_for_and_then_parked(shop: ConnectedShop):
    shop.sync("576461413999999999")
    for _ in range(4):
        shop.run_all()

    job = shop.job("576461413999999999")
    assert (job.status, job.error_code) == ("parked", "ORDER_MISSING")


def test_saleors_number_goes_back_as_reference(shop: ConnectedShop):
    order_id = _two_units(shop)

    assert shop.link(order_id).reference_sent_at is not None
    calls = shop.tiktok.calls()
    assert calls["/order/202406/orders/external_orders 0"] == 1


def test_a_reference_that_cannot_be_taken_just_now_is_told_again(shop: ConnectedShop):
    # given a marketplace that takes the call, but not its row, for now
    shop.tiktok.inject_fault("partial_errors", path="external_orders")
    order_id = _two_units(shop)
    job = Job.objects.get(kind="order.reference")
    assert shop.link(order_id).reference_sent_at is None
    assert (job.status, job.error_code) == ("queued", "TIKTOK_FETCH_FAILED")

    shop.run_all()

    number = shop.link(order_id).saleor_number
    with shop.tiktok.world.lock:
        told = shop.tiktok.world.shop().external[order_id]
    assert [one["id"] for one in told] == [number]
    assert shop.link(order_id).reference_sent_at is not None


def test_a_reference_that_is_refused_for_good_is_not_told_again(shop: ConnectedShop):
    order_id = _two_units(shop)
    OrderLink.objects.update(reference_sent_at=None, order_id="576461413999999998")
    jobs.enqueue("order.reference", shop.connection)

    shop.work()

    assert Job.objects.filter(kind="order.reference").latest("id").status == "done"
    assert OrderLink.objects.get().reference_sent_at is not None
    assert "576461413999999998" not in shop.tiktok.world.shop().external
    assert len(shop.tiktok.world.shop().external[order_id]) == 1
