"""Goods that come back, and what tells that staff changed an order, on a real Saleor."""

from __future__ import annotations

import pytest
from django.db import connection
from saleor.order.models import Fulfillment, Order, OrderEvent
from saleor.warehouse.models import Stock

from saleor_tiktok_stripe.errors import Parked
from saleor_tiktok_stripe.saleor_api.ids import database_id, global_id
from saleor_tiktok_stripe.saleor_api.in_process import returning
from saleor_tiktok_stripe.saleor_api.in_process.adapter import InProcessSaleor
from saleor_tiktok_stripe.saleor_api.types import CreatedOrder, GoodsReturn, Package
from tests.saleor.row_versions import others_are_through
from tests.saleor.shop import Shop, line, make_shop, order
from tests.saleor.test_plugin import ask, staff_token

saleor = InProcessSaleor()
RETURN = """
mutation ($order: ID!, $input: OrderReturnProductsInput!) {
  orderFulfillmentReturnProducts(order: $order, input: $input) {
    returnFulfillment { id } errors { field message code }
  }
}
"""


def create(shop: Shop, *lines, **changes) -> CreatedOrder:
    [made] = saleor.create_orders([order(shop, *lines, **changes)], lambda results: None)
    assert made.created, made.error
    return made


def ship(made: CreatedOrder, key: str, units: int, *, touch_stock: bool = True) -> str:
    package = Package(key, {made.line_ids["sku-0"]: units}, "T", touch_stock)
    return saleor.fulfill(made.order_id, package)


def returns(made: CreatedOrder) -> list[tuple[str, dict[str, int]]]:
    state = saleor.orders([made.order_id])[made.order_id]
    return [(one.status, dict(one.quantities)) for one in state.fulfillments]


def quantities(shop: Shop) -> list[tuple[int, int]]:
    rows = Stock.objects.filter(product_variant=shop.variants[0]).order_by("pk")
    return list(rows.values_list("quantity", "quantity_allocated"))


@pytest.mark.django_db
def test_units_go_back_to_the_warehouses_they_left() -> None:
    shop = make_shop(stocks=(3, 10))
    made = create(shop, line(shop, 0, 5))
    ship(made, "P1", 5)
    assert quantities(shop) == [(0, 0), (8, 0)]

    saleor.return_goods(made.order_id, GoodsReturn("R1", {made.line_ids["sku-0"]: 4}, True))

    assert quantities(shop) == [(3, 0), (9, 0)]
    kinds = OrderEvent.objects.filter(order_id=database_id("Order", made.order_id))
    assert not kinds.filter(type="fulfillment_restocked_items").exists()


@pytest.mark.django_db
def test_units_that_left_no_stock_go_back_to_none() -> None:
    shop = make_shop(stocks=(10,))
    made = create(shop, line(shop, 0, 2, allocate=False))
    ship(made, "P1", 2, touch_stock=False)

    saleor.return_goods(made.order_id, GoodsReturn("R1", {made.line_ids["sku-0"]: 2}, True))

    assert returns(made) == [("RETURNED", {made.line_ids["sku-0"]: 2})]
    assert quantities(shop) == [(10, 0)]


@pytest.mark.django_db
def test_a_variant_that_is_not_tracked_is_not_put_back() -> None:
    shop = make_shop(stocks=(10,))
    made = create(shop, line(shop, 0, 1))
    ship(made, "P1", 1)
    shop.variants[0].track_inventory = False
    shop.variants[0].save()
    before = quantities(shop)

    saleor.return_goods(made.order_id, GoodsReturn("R1", {made.line_ids["sku-0"]: 1}, True))

    assert quantities(shop) == before


@pytest.mark.django_db
def test_a_return_that_staff_recorded_is_adopted_and_their_stock_left_alone() -> None:
    shop = make_shop(stocks=(10,))
    made = create(shop, line(shop, 0, 3))
    ship(made, "P1", 3)
    [shipped] = Fulfillment.objects.get().lines.all()
    lines = [{"fulfillmentLineId": global_id("FulfillmentLine", shipped.pk), "quantity": 1}]
    answer = ask(
        staff_token("manage_orders"), RETURN, order=made.order_id, input={"fulfillmentLines": lines}
    )
    by_staff = answer["orderFulfillmentReturnProducts"]["returnFulfillment"]["id"]

    found = saleor.return_goods(made.order_id, GoodsReturn("R1", {made.line_ids["sku-0"]: 1}, True))
    second = saleor.return_goods(
        made.order_id, GoodsReturn("R2", {made.line_ids["sku-0"]: 1}, True)
    )

    assert found == by_staff
    assert second != by_staff
    assert quantities(shop) == [(8, 0)]


@pytest.mark.django_db(transaction=True)
def test_a_return_is_all_there_or_not_at_all(monkeypatch) -> None:
    shop = make_shop(stocks=(10,))
    made = create(shop, line(shop, 0, 2))
    ship(made, "P1", 2)

    def killed(*args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(returning, "_put_back", killed)
    goods = GoodsReturn("R1", {made.line_ids["sku-0"]: 2}, True)
    with pytest.raises(KeyboardInterrupt):
        saleor.return_goods(made.order_id, goods)
    assert returns(made) == [("FULFILLED", {made.line_ids["sku-0"]: 2})]
    monkeypatch.undo()

    saleor.return_goods(made.order_id, goods)
    saleor.return_goods(made.order_id, goods)

    assert returns(made) == [("RETURNED", {made.line_ids["sku-0"]: 2})]
    assert quantities(shop) == [(10, 0)]
    assert saleor.orders([made.order_id])[made.order_id].status == "RETURNED"


@pytest.mark.django_db
def test_what_never_left_does_not_come_back() -> None:
    shop = make_shop(stocks=(10,))
    made = create(shop, line(shop, 0, 2))

    with pytest.raises(Parked, match="RETURN_EXCEEDS_SHIPPED"):
        saleor.return_goods(made.order_id, GoodsReturn("R1", {made.line_ids["sku-0"]: 1}, True))

    assert returns(made) == []


def changed(cursor: str) -> tuple[list[str], str]:
    """Ids of orders, and where to go on."""
    others_are_through()
    found: list[str] = []
    more = True
    while more:
        page = saleor.orders_changed("tiktok-us", cursor, limit=2)
        found += [one.id for one in page.orders]
        cursor, more = page.cursor, page.more
    return found, cursor


@pytest.mark.django_db(transaction=True)
def test_a_changed_order_is_told_once() -> None:
    shop = make_shop(stocks=(10,))
    elsewhere = make_shop(slug="other", stocks=(10,))
    made = [create(shop) for _ in range(3)]
    create(elsewhere)
    first, cursor = changed("")
    assert sorted(first) == sorted(one.order_id for one in made)
    nothing, cursor = changed(cursor)
    assert nothing == []

    ship(made[2], "P1", 1)
    ship(made[0], "P1", 1)

    found, cursor = changed(cursor)
    assert found == [made[2].order_id, made[0].order_id]
    assert changed(cursor)[0] == []


@pytest.mark.django_db(transaction=True)
def test_a_change_that_commits_after_the_look_is_told_by_the_next() -> None:
    shop = make_shop(stocks=(10,))
    made = create(shop)
    _, cursor = changed("")
    other = connection.copy()
    try:
        with other.cursor() as database:
            database.execute("BEGIN")
            database.execute(
                "UPDATE order_order SET updated_at = now() WHERE id = %s",
                [database_id("Order", made.order_id)],
            )
            during, cursor = changed(cursor)
            database.execute("COMMIT")
    finally:
        other.close()

    after, _ = changed(cursor)

    assert during == []
    assert after == [made.order_id]


@pytest.mark.django_db(transaction=True)
def test_orders_of_the_shops_own_are_not_told() -> None:
    shop = make_shop()
    made = create(shop)
    Order.objects.filter(pk=database_id("Order", made.order_id)).update(external_reference=None)

    assert changed("")[0] == []


@pytest.mark.django_db(transaction=True)
def test_a_cursor_of_another_database_falls_back_on_the_time() -> None:
    shop = make_shop()
    made = create(shop)
    _, cursor = changed("")
    from_elsewhere = cursor.replace('"horizon": ', '"horizon": 9')

    found, _ = changed(from_elsewhere)

    assert found == [made.order_id]
