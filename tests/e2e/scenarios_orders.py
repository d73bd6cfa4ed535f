"""What happens to orders at TikTok, told by notifications over HTTP, and what Saleor shows then.

Tests that take a fixture ``stage``; a host's module defines it and imports everything from here.
Prices are those of ``stage._price``: n units come to 19.36 n + 5.24, of which the buyer pays
18.36 n + 3.24 (and a fee of 0.50 that stays with TikTok) and the platform 1.00 n + 2.00.
"""

from __future__ import annotations

from decimal import Decimal as D

from saleor_tiktok_stripe.jobs import clock
from saleor_tiktok_stripe.saleor_api.keys import PACKAGE_KEY
from saleor_tiktok_stripe.saleor_api.types import SaleorOrder
from saleor_tiktok_stripe.saleor_api.types import SaleorOrderStatus as Status

from .stage import Stage


def _money(order: SaleorOrder) -> dict[str, tuple[D, D, D]]:
    return {one.name: (one.authorized, one.charged, one.refunded) for one in order.transactions}


BUYER, PLATFORM = "TikTok Shop", "TikTok Shop platform discount"


def test_a_paid_order_comes_over_to_the_cent(stage: Stage):
    sku = stage.sku()
    before = stage.side.stock(sku["seller_sku"])

    order_id = stage.place(sku, 2)
    stage.news()

    order = stage.read(order_id)
    assert order.status is Status.UNFULFILLED
    assert order.external_reference == f"tiktok:{order_id}"
    assert (order.currency, order.channel_slug) == ("USD", "tiktok-us")
    [line] = order.lines
    assert (line.sku, line.quantity, line.quantity_to_fulfill) == (sku["seller_sku"], 2, 2)
    assert (line.unit_gross, line.total_gross) == (D("19.36"), D("38.72"))
    assert line.metadata["tiktok.unit_ids"].split(",") == stage.lines(order_id)
    assert (order.shipping_gross, order.total_gross) == (D("5.24"), D("43.96"))
    assert _money(order) == {
        BUYER: (D(0), D("39.96"), D(0)),
        PLATFORM: (D(0), D("4.00"), D(0)),
    }
    assert order.metadata["tiktok.total_paid"] == "40.46"
    assert order.metadata["tiktok.state"] == "awaiting_shipment"
    stock = stage.side.stock(sku["seller_sku"])
    assert stock == (before.quantity, before.allocated + stage.allocated(2))
    assert stage.job(order_id).outcome == "imported"


def test_an_order_in_its_hold_window_waits_until_it_ends(stage: Stage):
    order_id = stage.place(stage.sku(), status="ON_HOLD")
    stage.news()
    assert not stage.imported(order_id)
    assert stage.job(order_id).status == "queued"

    stage.tiktok.end_hold(order_id)
    stage.news()

    assert stage.read(order_id).status is Status.UNFULFILLED


def test_a_hold_that_ends_unheard_is_looked_at_by_itself(stage: Stage):
    order_id = stage.place(stage.sku(), status="ON_HOLD")
    stage.news()
    stage.tiktok.inject_fault("webhook_drop", path="ORDER_STATUS_CHANGE")
    stage.tiktok.end_hold(order_id)
    stage.news()
    assert not stage.imported(order_id)

    with clock.turned(2 * 3600):
        stage.work()

    assert stage.read(order_id).status is Status.UNFULFILLED


def test_held_orders_come_at_once_where_the_merchant_chose_so(stage: Stage):
    with stage.settings(hold_policy="import_unconfirmed"):
        order_id = stage.place(stage.sku(), status="ON_HOLD")
        stage.news()
        held = stage.read(order_id)
        stage.tiktok.end_hold(order_id)
        stage.news()

    assert held.status is Status.UNCONFIRMED
    after = stage.read(order_id)
    assert after.status is Status.UNFULFILLED
    assert "*" not in after.shipping_address.street_address_1


def test_unpaid_orders_stay_at_tiktok(stage: Stage):
    sku = stage.sku()
    before = stage.side.stock(sku["seller_sku"])
    never, cancelled = stage.place(sku, status="UNPAID"), stage.place(sku, status="UNPAID")
    stage.tiktok.cancel(cancelled, by="SYSTEM")

    stage.news()

    for order_id in (never, cancelled):
        assert not stage.imported(order_id)
        assert (stage.job(order_id).status, stage.job(order_id).outcome) == ("done", "skipped")
    assert stage.side.stock(sku["seller_sku"]) == before


def test_shipped_whole_delivered_and_completed(stage: Stage):
    sku = stage.sku()
    before = stage.side.stock(sku["seller_sku"])
    order_id = stage.place(sku, 2)
    stage.news()

    package = stage.tiktok.ship(order_id, provider="USPS", tracking="TRACK1")
    stage.news()
    shipped = stage.read(order_id)
    stage.tiktok.in_transit(order_id)
    stage.tiktok.deliver(order_id)
    stage.news()
    delivered = stage.read(order_id)
    stage.tiktok.complete(order_id)
    stage.news()

    assert shipped.status is Status.FULFILLED
    [parcel] = shipped.fulfillments
    assert (parcel.tracking_number, parcel.metadata[PACKAGE_KEY]) == ("TRACK1", package)
    assert parcel.metadata["tiktok.carrier"] == "USPS"
    assert list(parcel.quantities.values()) == [2]
    assert delivered.metadata["tiktok.delivered_at"]
    done = stage.read(order_id)
    assert done.metadata["tiktok.state"] == "completed"
    assert (done.status, len(done.fulfillments)) == (Status.FULFILLED, 1)
    assert _money(done) == _money(shipped)
    assert stage.side.stock(sku["seller_sku"]) == (before.quantity - 2, before.allocated)


def test_two_packages_are_two_fulfillments(stage: Stage):
    sku = stage.sku()
    before = stage.side.stock(sku["seller_sku"])
    order_id = stage.place(sku, 3)
    stage.news()
    first, *rest = stage.lines(order_id)
    stage.tiktok.split(order_id, [[first], rest])
    stage.news()
    assert stage.read(order_id).fulfillments == ()

    stage.tiktok.ship(order_id, [first], tracking="ONE")
    stage.news()
    half = stage.read(order_id)
    assert half.status is Status.PARTIALLY_FULFILLED
    stock = stage.side.stock(sku["seller_sku"])
    assert stock == (before.quantity - 1, before.allocated + stage.allocated(2))

    stage.tiktok.ship(order_id, rest, tracking="TWO")
    stage.news()

    whole = stage.read(order_id)
    assert whole.status is Status.FULFILLED
    parcels = {one.tracking_number: sum(one.quantities.values()) for one in whole.fulfillments}
    assert parcels == {"ONE": 1, "TWO": 2}
    assert stage.side.stock(sku["seller_sku"]) == (before.quantity - 3, before.allocated)


def test_one_of_three_units_is_cancelled_and_the_rest_shipped(stage: Stage):
    sku = stage.sku()
    before = stage.side.stock(sku["seller_sku"])
    order_id = stage.place(sku, 3)
    stage.news()
    gone, *rest = stage.lines(order_id)

    stage.tiktok.cancel(order_id, [gone])
    stage.news()

    less = stage.read(order_id)
    assert less.status is Status.PARTIALLY_RETURNED
    assert sum(line.quantity_to_fulfill for line in less.lines) == 2
    assert less.total_gross == D("63.32")
    assert less.granted_refunds == D("19.36")
    assert _money(less) == {
        BUYER: (D(0), D("39.96"), D("18.36")),
        PLATFORM: (D(0), D("4.00"), D("1.00")),
    }
    stock = stage.side.stock(sku["seller_sku"])
    assert stock == (before.quantity, before.allocated + stage.allocated(2))

    stage.tiktok.ship(order_id, rest)
    stage.news()

    after = stage.read(order_id)
    assert sum(line.quantity_to_fulfill for line in after.lines) == 0
    shipped = [one for one in after.fulfillments if one.status == "FULFILLED"]
    assert [sum(one.quantities.values()) for one in shipped] == [2]
    assert _money(after) == _money(less)
    assert stage.side.stock(sku["seller_sku"]) == (before.quantity - 2, before.allocated)


def test_a_whole_order_is_cancelled_once_however_often_it_is_told(stage: Stage):
    sku = stage.sku()
    before = stage.side.stock(sku["seller_sku"])
    order_id, other = stage.place(sku, 2), stage.place(sku, 1)
    stage.news()

    for event in ("ORDER_STATUS_CHANGE", "CANCELLATION_STATUS_CHANGE"):
        stage.tiktok.inject_fault("webhook_duplicate", path=event)
    stage.tiktok.cancel(order_id, by="BUYER")
    stage.news()
    once = stage.side.activity(order_id)
    stage.announce(order_id)
    stage.news()

    order = stage.read(order_id)
    assert order.status is Status.CANCELED
    assert _money(order) == {
        BUYER: (D(0), D(0), D("39.96")),
        PLATFORM: (D(0), D(0), D("4.00")),
    }
    assert stage.side.activity(order_id) == once
    assert stage.read(other).status is Status.UNFULFILLED
    stock = stage.side.stock(sku["seller_sku"])
    assert stock == (before.quantity, before.allocated + stage.allocated(1))


def test_a_refund_is_recorded_when_it_was_made_and_once(stage: Stage):
    order_id = stage.place(stage.sku(), 1)
    stage.news()

    case = stage.tiktok.request_cancel(order_id)
    stage.news()
    asked = stage.read(order_id)
    stage.tiktok.resolve_cancel(case, approve=True)
    stage.news()
    approved = stage.read(order_id)
    stage.tiktok.complete_cancel(case)
    stage.news()
    paid = stage.side.activity(order_id)
    stage.announce(order_id)
    stage.news()

    assert asked.metadata["tiktok.cancel_requested"] == "true"
    assert asked.status is Status.UNFULFILLED
    assert approved.status is Status.CANCELED
    assert _money(approved)[BUYER] == (D(0), D("21.60"), D(0))
    assert _money(stage.read(order_id)) == {
        BUYER: (D(0), D(0), D("21.60")),
        PLATFORM: (D(0), D(0), D("3.00")),
    }
    assert stage.side.activity(order_id) == paid


def test_more_than_there_is_is_imported_and_flagged(stage: Stage):
    sku = stage.sku()
    stage.side.set_stock(sku["seller_sku"], 1)
    before = stage.side.stock(sku["seller_sku"])

    order_id = stage.place(sku, 3)
    stage.news()

    assert stage.read(order_id).status is Status.UNFULFILLED
    short = 3 - stage.allocated(1 - before.allocated)
    assert stage.link(order_id).unallocated == {sku["seller_sku"]: short}
    stock = stage.side.stock(sku["seller_sku"])
    assert stock == (1, before.allocated + stage.allocated(1 - before.allocated))

    stage.tiktok.ship(order_id)
    stage.news()
    assert stage.read(order_id).status is Status.FULFILLED


def test_goods_that_tiktok_ships_touch_no_stock(stage: Stage):
    sku = stage.sku()
    before = stage.side.stock(sku["seller_sku"])

    order_id = stage.place(sku, 2, platform_fulfilled=True)
    stage.news()
    waiting = stage.side.stock(sku["seller_sku"])
    stage.tiktok.ship(order_id)
    stage.news()

    order = stage.read(order_id)
    assert order.status is Status.FULFILLED
    assert order.metadata["tiktok.fulfilled_by"] == "marketplace"
    assert waiting == before
    taken = 0 if stage.side.can_leave_stock_alone else 2
    assert stage.side.stock(sku["seller_sku"]) == (before.quantity - taken, before.allocated)


def test_cash_on_delivery_is_charged_when_it_is_delivered(stage: Stage):
    order_id = stage.place(stage.sku(), 1, cash_on_delivery=True, hold=False)
    stage.news()
    ordered = stage.read(order_id)
    stage.tiktok.ship(order_id)
    stage.tiktok.in_transit(order_id)
    stage.tiktok.deliver(order_id)
    stage.news()

    assert _money(ordered) == {
        BUYER: (D("21.60"), D(0), D(0)),
        PLATFORM: (D("3.00"), D(0), D(0)),
    }
    assert _money(stage.read(order_id)) == {
        BUYER: (D(0), D("21.60"), D(0)),
        PLATFORM: (D(0), D("3.00"), D(0)),
    }


def test_a_sample_is_an_order_of_nothing(stage: Stage):
    sku = stage.sku()
    before = stage.side.stock(sku["seller_sku"])

    order_id = stage.place(sku, 1, free=True)
    stage.news()

    order = stage.read(order_id)
    assert (order.status, order.total_gross) == (Status.UNFULFILLED, D(0))
    assert order.metadata["tiktok.sample"] == "true"
    assert order.transactions == ()
    stock = stage.side.stock(sku["seller_sku"])
    assert stock == (before.quantity, before.allocated + stage.allocated(1))


def test_an_order_in_another_currency_is_parked_and_says_why(stage: Stage):
    sku = stage.sku()

    order_id, good = stage.place(sku, currency="MXN"), stage.place(sku)
    stage.news()

    assert not stage.imported(order_id)
    job = stage.job(order_id)
    assert (job.status, job.error_code) == ("parked", "CURRENCY_MISMATCH")
    assert job.problem["cause"] == (
        f"Order {order_id} is in MXN, but channel tiktok-us sells in USD."
    )
    assert stage.imported(good)


def test_a_masked_address_becomes_readable_and_never_goes_back(stage: Stage):
    order_id = stage.place(stage.sku(), shipping_type="TIKTOK")
    stage.news()
    masked = stage.read(order_id)

    stage.tiktok.inject_fault("mask_flip", to="READABLE")
    stage.announce(order_id)
    stage.news()
    readable = stage.read(order_id)
    stage.announce(order_id)
    stage.news()

    assert "**" in masked.shipping_address.street_address_1
    assert masked.metadata["tiktok.address_masked"] == "true"
    address = readable.shipping_address
    assert "*" not in f"{address.first_name}{address.last_name}{address.street_address_1}"
    assert not readable.metadata.get("tiktok.address_masked")
    assert stage.read(order_id).shipping_address == address
