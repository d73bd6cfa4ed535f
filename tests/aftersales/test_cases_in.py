"""What buyers ask for at the marketplace, and what it decides, comes into Saleor."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from saleor_tiktok_stripe import jobs
from saleor_tiktok_stripe.jobs import clock
from saleor_tiktok_stripe.models import AfterSalesCase, Job, SyncCursor
from saleor_tiktok_stripe.saleor_api import get_saleor
from saleor_tiktok_stripe.saleor_api.keys import RETURN_KEY
from saleor_tiktok_stripe.saleor_api.types import SaleorOrderStatus as Status
from tests.support.shop import ConnectedShop

from .case_shop import lines, look, payment, refunds, sold, the_case

pytestmark = pytest.mark.django_db(transaction=True)


def _stock(shop: ConnectedShop, sku: str) -> int:
    """Pieces in all warehouses of the channel."""
    [variant] = get_saleor().find_variants("tiktok-us", skus=[sku])
    found = get_saleor().stock("tiktok-us", [variant.id])[variant.id]
    return sum(one.quantity for one in found.warehouses.values())


def _first_sku(shop: ConnectedShop) -> str:
    return shop.tiktok.catalog()[0]["seller_sku"]


def test_a_return_is_a_case_with_its_deadline_and_what_is_awaited(shop: ConnectedShop):
    order_id = sold(shop)

    return_id = shop.tiktok.request_return(order_id)
    look(shop, order_id)

    case = the_case(shop, return_id)
    assert (case.kind, case.state, case.awaited) == ("return", "needs_answer", "answer_return")
    assert case.due_by is not None
    assert case.order_number == shop.link(order_id).saleor_number
    assert set(case.units) == set(lines(shop, order_id))
    assert case.amount > 0
    assert shop.link(order_id).has_returns


def test_nothing_moves_in_saleor_while_a_return_is_only_asked_for(shop: ConnectedShop):
    order_id = sold(shop)
    before = shop.read(order_id)

    shop.tiktok.request_return(order_id)
    look(shop, order_id)
    shop.sync(order_id)

    assert shop.read(order_id) == before


def test_a_completed_return_moves_money_and_goods_once(shop: ConnectedShop):
    order_id = sold(shop)
    return_id = shop.tiktok.request_return(order_id)
    shop.tiktok.advance_return(return_id, "BUYER_SHIPPED_ITEM")
    shop.tiktok.complete_return(return_id)

    for _ in range(3):
        look(shop, order_id)
        shop.sync(order_id)

    order = shop.read(order_id)
    paid = sum(one.refunded + one.charged for one in order.transactions)
    assert order.status is Status.RETURNED
    [back] = [one for one in order.fulfillments if one.status == "RETURNED"]
    assert back.metadata[RETURN_KEY] == f"return:{return_id}"
    assert sum(back.quantities.values()) == 2
    case = the_case(shop, return_id)
    assert refunds(payment(shop, order_id)) == [
        ("REFUND_SUCCESS", f"return:{return_id}", case.amount)
    ]
    assert sum(one.refunded for one in order.transactions) == order.granted_refunds
    assert sum(one.refunded for one in order.transactions) <= paid
    assert shop.job(order_id).status == "done"


def test_one_of_two_items_comes_back(shop: ConnectedShop):
    order_id = sold(shop)
    gone, _ = lines(shop, order_id)
    return_id = shop.tiktok.request_return(order_id, [gone])
    shop.tiktok.advance_return(return_id, "BUYER_SHIPPED_ITEM")
    shop.tiktok.complete_return(return_id)

    look(shop, order_id)
    shop.tiktok.touch(order_id)
    shop.sync(order_id)

    order = shop.read(order_id)
    assert order.status is Status.PARTIALLY_RETURNED
    quantities = {one.status: sum(one.quantities.values()) for one in order.fulfillments}
    assert quantities == {"FULFILLED": 1, "RETURNED": 1}
    assert shop.job(order_id).status == "done"


def test_a_refund_without_goods_moves_money_only(shop: ConnectedShop):
    order_id = sold(shop)
    return_id = shop.tiktok.request_return(order_id, kind="REFUND")
    shop.tiktok.complete_return(return_id)

    look(shop, order_id)

    order = shop.read(order_id)
    assert order.status is Status.FULFILLED
    assert [one.status for one in order.fulfillments] == ["FULFILLED"]
    assert payment(shop, order_id).refunded == the_case(shop, return_id).amount


def test_a_rejected_return_moves_nothing(shop: ConnectedShop):
    order_id = sold(shop)
    before = shop.read(order_id)
    return_id = shop.tiktok.request_return(order_id)

    shop.tiktok.advance_return(return_id, "REFUND_OR_RETURN_REQUEST_REJECT")
    look(shop, order_id)
    shop.sync(order_id)

    assert the_case(shop, return_id).state == "rejected"
    assert shop.read(order_id) == before


def test_an_edited_return_counts_once(shop: ConnectedShop):
    order_id = sold(shop)
    first = shop.tiktok.request_return(order_id)

    second = shop.tiktok.edit_return(first, kind="REFUND")
    shop.tiktok.complete_return(second)
    look(shop, order_id)

    assert (the_case(shop, first).state, the_case(shop, first).replaced_by) == ("closed", second)
    assert refunds(payment(shop, order_id)) == [
        ("REFUND_SUCCESS", f"return:{second}", the_case(shop, second).amount)
    ]


def test_a_late_and_older_state_of_a_case_changes_nothing(shop: ConnectedShop):
    order_id = sold(shop)
    return_id = shop.tiktok.request_return(order_id)
    look(shop, order_id)
    row = the_case(shop, return_id)
    AfterSalesCase.objects.filter(pk=row.pk).update(
        marketplace_updated_at=row.marketplace_updated_at.replace(year=2099), state="complete"
    )

    look(shop, order_id)

    assert the_case(shop, return_id).state == "complete"


def test_goods_that_came_back_are_sold_again_where_the_merchant_wants_it(shop: ConnectedShop):
    shop.set_policy(restock_returns=True)
    order_id = sold(shop)
    before = _stock(shop, _first_sku(shop))
    return_id = shop.tiktok.request_return(order_id)
    shop.tiktok.advance_return(return_id, "BUYER_SHIPPED_ITEM")
    shop.tiktok.complete_return(return_id)

    for _ in range(2):
        look(shop, order_id)
        shop.sync(order_id)

    assert _stock(shop, _first_sku(shop)) - before == 2


@pytest.mark.parametrize("sent", [True, False])
def test_an_order_first_seen_after_its_return_comes_in_its_final_state(
    shop: ConnectedShop,
    sent: bool,  # noqa: FBT001
):
    sku = shop.tiktok.catalog()[0]["sku_id"]
    order_id = shop.tiktok.create_order([(sku, 2)], status="DELIVERED")
    gone, _ = lines(shop, order_id)
    return_id = shop.tiktok.request_return(order_id, [gone])
    if sent:
        shop.tiktok.advance_return(return_id, "BUYER_SHIPPED_ITEM")
    shop.tiktok.complete_return(return_id)
    shop.set_policy(restock_returns=True)
    before = _stock(shop, _first_sku(shop))

    shop.sync(order_id)
    shop.sync(order_id)

    order = shop.read(order_id)
    assert order.status is Status.PARTIALLY_RETURNED
    assert _stock(shop, _first_sku(shop)) == before
    assert payment(shop, order_id).refunded == the_case(shop, return_id).amount
    assert order.granted_refunds == sum(one.refunded for one in order.transactions)
    assert shop.link(order_id).has_returns
    paid = payment(shop, order_id)
    assert Decimal(shop.link(order_id).money["buyer"]) == paid.charged + paid.refunded


def test_a_sweep_finds_what_no_notification_told(shop: ConnectedShop):
    order_id = sold(shop)
    return_id = shop.tiktok.request_return(order_id)

    jobs.enqueue("cases.poll", shop.connection)
    shop.work()

    assert the_case(shop, return_id).state == "needs_answer"
    assert SyncCursor.objects.get(resource="cases.returns").high_water is not None


def test_a_second_sweep_looks_at_nothing_that_did_not_change(shop: ConnectedShop):
    order_id = sold(shop)
    shop.tiktok.request_return(order_id)
    jobs.enqueue("cases.poll", shop.connection)
    shop.work()
    before = jobs.enqueue("case.sync", shop.connection, order_id)
    shop.work()

    jobs.enqueue("cases.poll", shop.connection)
    shop.work()

    assert jobs.enqueue("case.sync", shop.connection, order_id) == before + 2


@pytest.mark.parametrize(
    ("kind", "resource"),
    [
        ("cases.poll", "cases.returns"),
        ("orders.poll", "orders.updated"),
        ("ledger.import", "ledger.statements"),
        ("ledger.import", "ledger.payouts"),
        ("ledger.import", "ledger.expected"),
    ],
)
def test_a_place_that_the_marketplace_does_not_know_any_more_stops_no_list_for_good(
    shop: ConnectedShop, kind: str, resource: str
):
    now = clock.now()
    SyncCursor.objects.create(
        connection=shop.connection,
        resource=resource,
        page_token="gone",
        window_from=now - timedelta(days=5),
        window_to=now,
    )
    jobs.enqueue(kind, shop.connection)
    shop.work()
    assert Job.objects.get(kind=kind).error_code == "TIKTOK_PARAMETER_INVALID"

    shop.run_all()

    assert Job.objects.get(kind=kind).status == "done"
    cursor = SyncCursor.objects.get(resource=resource)
    assert (cursor.page_token, cursor.high_water) == ("", now)
