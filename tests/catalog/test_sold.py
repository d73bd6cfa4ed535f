"""Pieces sold in orders that Saleor cannot tell of; more sold than there is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from saleor_tiktok_stripe import catalog, jobs
from saleor_tiktok_stripe.catalog import levels
from saleor_tiktok_stripe.models import OrderLink, StockLevel, WaitingOrder
from tests.catalog.conftest import Shelf
from tests.fulfilment.staff import Staff


def _order(shelf: Shelf, pieces: int, status: str) -> str:
    return shelf.tiktok.create_order([(shelf.skus[0]["sku_id"], pieces)], status=status)


def _ready(shelf: Shelf, quantity: int) -> None:
    for number in range(4):
        shelf.pieces(number).quantity = quantity
    shelf.look()


def test_what_an_unpaid_order_holds_is_not_offered_again(shelf: Shelf):
    _ready(shelf, 10)

    shelf.shop.sync(_order(shelf, 3, "UNPAID"))
    shelf.look()

    assert WaitingOrder.objects.get().units == {shelf.skus[0]["sku_id"]: 3}
    assert shelf.level(0).wanted == 7
    assert shelf.offered()[0] == 7


def test_a_full_comparison_offers_nothing_of_it_either(shelf: Shelf):
    _ready(shelf, 10)
    shelf.shop.sync(_order(shelf, 3, "ON_HOLD"))
    writes = shelf.told()

    jobs.enqueue("stock.compare", shelf.connection)
    shelf.shop.work()

    assert shelf.offered()[0] == 7
    assert shelf.told() == writes


def test_the_hold_ends_with_the_import_and_the_number_stays(shelf: Shelf):
    _ready(shelf, 10)
    order_id = _order(shelf, 3, "ON_HOLD")
    shelf.shop.sync(order_id)
    writes = shelf.told()

    shelf.tiktok.end_hold(order_id)
    shelf.shop.sync(order_id)
    shelf.look()

    assert not WaitingOrder.objects.exists()
    # Over HTTP the import sets nothing aside: the pieces are owed.
    assert shelf.level(0).terms["owed"] == 3
    assert (shelf.level(0).wanted, shelf.offered()[0]) == (7, 7)
    assert shelf.told() == writes


def test_a_cancelled_unpaid_order_holds_nothing_any_more(shelf: Shelf):
    _ready(shelf, 10)
    order_id = _order(shelf, 3, "UNPAID")
    shelf.shop.sync(order_id)

    shelf.tiktok.cancel(order_id)
    shelf.shop.sync(order_id)
    shelf.look()

    assert not WaitingOrder.objects.exists()
    assert (shelf.level(0).wanted, shelf.offered()[0]) == (10, 10)


def test_a_parked_order_holds_its_pieces(shelf: Shelf):
    _ready(shelf, 10)
    unknown = shelf.tiktok.catalog()[-1]
    product = shelf.shop.saleor.state.by_sku.pop(unknown["seller_sku"])
    shelf.shop.saleor.state.variants.pop(product.key)
    order_id = shelf.tiktok.create_order(
        [(shelf.skus[0]["sku_id"], 2), (unknown["sku_id"], 1)], status="AWAITING_SHIPMENT"
    )

    shelf.shop.sync(order_id)
    shelf.look()

    assert shelf.shop.job(order_id).status == "parked"
    assert shelf.level(0).wanted == 8
    assert catalog.explain(shelf.connection, shelf.skus[0]["sku_id"]).waiting_orders == (order_id,)


def test_orders_that_are_not_imported_hold_their_pieces_until_they_ship(shelf: Shelf):
    _ready(shelf, 10)
    shelf.shop.set_policy(import_enabled=False)
    order_id = _order(shelf, 4, "AWAITING_SHIPMENT")

    shelf.shop.sync(order_id)
    shelf.look()
    assert (shelf.level(0).wanted, shelf.offered()[0]) == (6, 6)

    shelf.tiktok.ship(order_id)
    shelf.shop.sync(order_id)
    assert not WaitingOrder.objects.exists()


def test_a_sale_that_is_heard_before_its_order_is_not_offered_again(shelf: Shelf):
    _ready(shelf, 1)
    order_id = _order(shelf, 1, "AWAITING_SHIPMENT")
    writes = shelf.told()

    # TikTok tells the stock first, and no notification of the order ever comes.
    jobs.enqueue("stock.push", shelf.connection, shelf.skus[0]["product_id"])
    jobs.work(limit=2)
    assert (shelf.told(), shelf.offered()[0]) == (writes, 0)
    shelf.shop.work()

    assert shelf.shop.link(order_id)
    assert (shelf.told(), shelf.offered()[0], shelf.level(0).wanted) == (writes, 0, 0)
    assert not shelf.level(0).due


@pytest.mark.parametrize("way", ["changed in Saleor", "compared"])
def test_a_sale_that_nothing_told_of_is_not_offered_again(shelf: Shelf, way: str):
    _ready(shelf, 10)
    order_id = _order(shelf, 3, "AWAITING_SHIPMENT")
    writes = shelf.told()

    if way == "compared":
        jobs.enqueue("stock.compare", shelf.connection)
    else:
        shelf.pieces(0).quantity = 9
    shelf.look()

    assert shelf.shop.link(order_id)
    expected = 7 if way == "compared" else 6
    assert (shelf.level(0).wanted, shelf.offered()[0]) == (expected, expected)
    assert all(one["quantity"] <= expected for one in _told_since(shelf, writes))


def _told_since(shelf: Shelf, writes: int) -> list[dict[str, Any]]:
    """Quantities told of the first SKU after so many writes."""
    log = [one for one in shelf.tiktok.write_log() if "inventory/update" in one["path"]]
    return [
        place
        for one in log[writes:]
        for sku in one["body"]["skus"]
        if sku["id"] == shelf.skus[0]["sku_id"]
        for place in sku["inventory"]
    ]


def test_pieces_that_no_order_took_are_offered_again_after_a_minute(shelf: Shelf):
    _ready(shelf, 10)
    shelf.tiktok.set_stock(shelf.skus[0]["sku_id"], 4)

    jobs.enqueue("stock.push", shelf.connection, shelf.skus[0]["product_id"])
    shelf.look()
    waited = shelf.offered()[0]
    with jobs.clock.turned(levels.SOLD_WAIT.total_seconds() + 1):
        shelf.look()

    assert (waited, shelf.offered()[0]) == (4, 10)


def test_a_hold_that_nobody_ends_expires(shelf: Shelf):
    _ready(shelf, 10)
    shelf.shop.sync(_order(shelf, 3, "UNPAID"))
    row = WaitingOrder.objects.get()
    assert row.expires_at - row.marketplace_updated_at == timedelta(days=3)

    with jobs.clock.turned(4 * 86_400):
        jobs.enqueue("stock.compare", shelf.connection)
        shelf.shop.work()

        assert not WaitingOrder.objects.exists()
        assert shelf.level(0).wanted == 10
        assert shelf.offered()[0] == 10


def test_an_older_state_of_an_order_changes_nothing(shelf: Shelf):
    shelf.shop.sync(_order(shelf, 3, "UNPAID"))
    row = WaitingOrder.objects.get()

    catalog.note_waiting(
        shelf.connection,
        [catalog.Held(row.order_id, {}, row.marketplace_updated_at - timedelta(1), row.expires_at)],
    )

    assert WaitingOrder.objects.get().units == row.units


def test_more_sold_than_there_is_is_pushed_down_at_once_and_told(shelf: Shelf):
    _ready(shelf, 2)
    shelf.tiktok.set_stock(shelf.skus[0]["sku_id"], 50)

    order_id = _order(shelf, 5, "AWAITING_SHIPMENT")
    shelf.shop.sync(order_id)

    assert shelf.offered()[0] == 0
    assert StockLevel.objects.get(short__gt=0).short == 3
    [finding] = catalog.attention(shelf.connection)
    assert (finding.code, finding.severity, finding.subject) == (
        "OVERSOLD",
        "error",
        shelf.skus[0]["sku_id"],
    )
    assert finding.message == (
        f"3 more of {shelf.skus[0]['seller_sku']} were sold than there are (order {order_id}). "
        "TikTok offers none of it now."
    )
    assert finding.cure == "Add stock in Saleor, or cancel what cannot be delivered."


def test_stock_that_comes_in_ends_it(shelf: Shelf):
    _ready(shelf, 2)
    shelf.shop.sync(_order(shelf, 5, "AWAITING_SHIPMENT"))
    assert catalog.attention(shelf.connection)

    shelf.pieces(0).quantity = 9
    shelf.look()

    assert catalog.attention(shelf.connection) == []
    assert shelf.offered()[0] == 4


def test_what_shipped_orders_were_owed_is_theirs_no_more(shelf: Shelf):
    _ready(shelf, 9)
    order_id = _order(shelf, 5, "AWAITING_SHIPMENT")
    shelf.shop.sync(order_id)
    shelf.look()
    assert shelf.level(0).wanted == 4

    shelf.tiktok.ship(order_id)
    shelf.shop.sync(order_id)
    assert OrderLink.objects.get().state == "awaiting_collection"
    with jobs.clock.turned(61):
        shelf.look()

    # Shipping took them from the stock itself.
    assert shelf.pieces(0).quantity == 4
    assert (shelf.level(0).terms["owed"], shelf.level(0).wanted, shelf.offered()[0]) == (0, 4, 4)


def test_a_refused_push_is_told_with_how_many_share_it(shelf: Shelf):
    for number in range(4):
        shelf.pieces(number).quantity = 20
    shelf.tiktok.inject_fault("partial_errors", path="inventory/update", times=None)
    shelf.look()

    [finding] = catalog.attention(shelf.connection)

    assert (finding.code, finding.severity) == ("TIKTOK_PRICE_LOCKED", "warning")
    assert finding.message.endswith("The same for 3 more.")


def test_pieces_of_an_order_that_are_cancelled_are_owed_no_more(shelf: Shelf):
    _ready(shelf, 10)
    order_id = _order(shelf, 3, "AWAITING_SHIPMENT")
    shelf.shop.sync(order_id)
    shelf.look()
    before = shelf.level(0).wanted

    units = [one["id"] for one in shelf.tiktok.order(order_id)["line_items"]]
    shelf.tiktok.cancel(order_id, units[:2])
    shelf.shop.sync(order_id)
    with jobs.clock.turned(61):
        shelf.look()

    assert OrderLink.objects.get().unallocated == {shelf.skus[0]["seller_sku"]: 1}
    assert before == 7
    assert (shelf.level(0).wanted, shelf.offered()[0]) == (9, 9)


@pytest.mark.parametrize("told", ["by its change", "by its push"])
@pytest.mark.parametrize("part", [2, 3])
def test_pieces_of_a_cancelled_fulfillment_are_set_aside_and_not_owed_too(
    shelf: Shelf, part: int, told: str
):
    # Given an order over HTTP, of which some was fulfilled, but TikTok waits for its number.
    _ready(shelf, 10)
    order_id = _order(shelf, 3, "AWAITING_SHIPMENT")
    shelf.shop.sync(order_id)
    staff = Staff(shelf.shop)
    fulfilled = staff.fulfill(order_id, part)
    staff.push(order_id)

    # When the fulfillment is cancelled, Saleor sets its pieces aside.
    staff.call_back(fulfilled)
    assert (shelf.pieces(0).quantity, shelf.pieces(0).allocated) == (10, part)
    with jobs.clock.turned(61):
        if told == "by its change":
            jobs.enqueue("orders.watch", shelf.connection)
            shelf.shop.work()
        else:
            staff.push(order_id)
        shelf.look()

    # Then each piece is taken off once.
    left = {shelf.skus[0]["seller_sku"]: 3 - part} if part < 3 else {}
    assert OrderLink.objects.get().unallocated == left
    assert (shelf.level(0).terms["owed"], shelf.level(0).wanted, shelf.offered()[0]) == (
        3 - part, 7, 7,
    )  # fmt: skip

    # And nothing more is looked for.
    calls = shelf.tiktok.calls()
    jobs.enqueue("orders.watch", shelf.connection)
    shelf.shop.work()
    assert shelf.tiktok.calls() == calls

    staff.fulfill(order_id, 3, tracking="TRACKONE1")
    staff.push(order_id)
    shelf.shop.run_all()
    with jobs.clock.turned(122):
        shelf.look()
    assert shelf.tiktok.order(order_id)["status"] == "AWAITING_COLLECTION"
    assert (shelf.pieces(0).quantity, shelf.pieces(0).allocated) == (7, 0)
    assert (shelf.level(0).terms["owed"], shelf.level(0).wanted, shelf.offered()[0]) == (0, 7, 7)


def test_what_staff_took_out_is_owed_until_it_is_cancelled(shelf: Shelf):
    _ready(shelf, 10)
    shelf.shop.set_policy(cancel_reason="wrong_price")  # of parts TikTok takes none but no stock
    order_id = _order(shelf, 3, "AWAITING_SHIPMENT")
    shelf.shop.sync(order_id)
    shelf.look()

    Staff(shelf.shop).take_out(order_id, 2)
    shelf.tiktok.change_address(order_id)
    shelf.shop.sync(order_id)
    with jobs.clock.turned(61):
        shelf.look()
    assert (shelf.level(0).terms["owed"], shelf.offered()[0]) == (3, 7)

    units = [one["id"] for one in shelf.tiktok.order(order_id)["line_items"]]
    shelf.tiktok.cancel(order_id, units[:2])
    shelf.shop.sync(order_id)
    with jobs.clock.turned(122):
        shelf.look()
    assert (shelf.level(0).terms["owed"], shelf.offered()[0]) == (1, 9)
