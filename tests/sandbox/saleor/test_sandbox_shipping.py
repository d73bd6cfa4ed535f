"""What staff do with goods, stock, prices and TikTok's money in the sandbox Saleor."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from saleor_tiktok_stripe.saleor_api.types import NewTransaction
from saleor_tiktok_stripe.sandbox.saleor import SaleorSandbox
from tests.contract.saleor_contract import Host
from tests.saleor_api.conftest import host_of

from .paying import SECRET, App, Store, payment_app, pens, queries, sums

D = Decimal


@pytest.fixture
def app() -> Iterator[App]:
    with payment_app() as running:
        yield running


@pytest.fixture
def store(app) -> Iterator[Store]:
    with SaleorSandbox() as sandbox:
        pens(sandbox, quantity=20)
        sandbox.add_webhooks(app.url, SECRET, queries())
        yield Store(sandbox)


@pytest.fixture
def host(store) -> Host:
    return replace(host_of(store.sandbox), skus=("PEN",))


def imported(host: Host, store: Store, units: int = 3) -> tuple[str, str, str]:
    """An imported order with its units set aside: ids of the order, its line, its payment."""
    total = D(5) + 10 * units
    paid = NewTransaction("TikTok Shop", "", "tiktok:1", total, D(0), D(0), actions=("REFUND",))
    new = host.order(host.line(0, units), transactions=(paid,), external_reference="tiktok:1")
    [made] = host.create(new)
    store.sandbox.allocate("tiktok:1")
    [item] = host.state(made.order_id).transactions
    return made.order_id, made.line_ids["line-0"], item.id


def stock(store: Store) -> tuple[int, int]:
    row = store.sandbox.state.stock("default", "PEN")
    return row.quantity, row.allocated


def ship(store: Store, order: str, line: str, units: int) -> str:
    warehouse = store.sandbox.state.warehouse("default").id
    lines = [{"orderLineId": line, "stocks": [{"quantity": units, "warehouse": warehouse}]}]
    said = store.staff("orderFulfill", order=order, input={"lines": lines})
    assert said["errors"] == []
    return str(said["fulfillments"][0]["id"])


def test_stock_follows_the_goods(store, host) -> None:
    order, line, _ = imported(host, store)
    seen = [stock(store)]

    shipped = ship(store, order, line, 2)
    seen.append(stock(store))
    warehouse = store.sandbox.state.warehouse("default").id
    taken_back = store.staff("orderFulfillmentCancel", id=shipped, input={"warehouseId": warehouse})
    seen.append(stock(store))
    again = store.staff("orderFulfillmentCancel", id=shipped, input={"warehouseId": warehouse})
    cancelled = store.staff("orderCancel", id=order)
    seen.append(stock(store))

    assert seen == [(20, 3), (18, 1), (20, 3), (20, 0)]
    assert (taken_back["errors"], cancelled["errors"]) == ([], [])
    assert taken_back["fulfillment"]["status"] == "CANCELED"
    assert [error["code"] for error in again["errors"]] == ["CANNOT_CANCEL_FULFILLMENT"]
    assert host.state(order).status == "CANCELED"


def test_a_shipment_that_came_back_whole_is_gone(store, host) -> None:
    order, line, _ = imported(host, store)
    ship(store, order, line, 3)
    before = host.state(order)
    units = store.sandbox.state.orders[1].fulfillments[0].quantities
    assert units == {0: 3}
    shown = store.send(
        "query($id: ID!) { order(id: $id) { fulfillments { lines { id } } } }",
        store.sandbox.staff_token,
        id=order,
    )
    [shipment] = shown["data"]["order"]["fulfillments"]
    lines = [{"fulfillmentLineId": shipment["lines"][0]["id"], "quantity": 3}]

    said = store.staff(
        "orderFulfillmentReturnProducts", order=order, input={"fulfillmentLines": lines}
    )
    twice = store.staff(
        "orderFulfillmentReturnProducts", order=order, input={"fulfillmentLines": lines}
    )

    assert said["errors"] == []
    assert [error["code"] for error in twice["errors"]] == ["INVALID"]
    after = host.state(order)
    assert [one.status for one in before.fulfillments] == ["FULFILLED"]
    assert [(one.status, dict(one.quantities)) for one in after.fulfillments] == [
        ("RETURNED", {line: 3})
    ]
    assert (after.status, stock(store)) == ("RETURNED", (17, 0))


def test_staff_count_stock_and_set_prices(store, host) -> None:
    state = store.sandbox.state
    variant, channel = state.by_sku["PEN"].id, state.channels["tiktok-us"].id
    warehouse = state.warehouse("default").id
    price = """
    mutation($id: ID!, $input: [ProductVariantChannelListingAddInput!]!) {
      productVariantChannelListingUpdate(id: $id, input: $input) { errors { field code } } }
    """

    counted = store.staff(
        "productVariantStocksUpdate",
        variantId=variant,
        stocks=[{"warehouse": warehouse, "quantity": 7}],
    )
    doubled = store.staff(
        "productVariantStocksUpdate",
        variantId=variant,
        stocks=[{"warehouse": warehouse, "quantity": n} for n in (1, 2)],
    )
    told = store.send(
        price, store.sandbox.staff_token, id=variant, input=[{"channelId": channel, "price": "12"}]
    )
    elsewhere = store.send(
        price, store.sandbox.staff_token, id=variant, input=[{"channelId": "x", "price": "1"}]
    )

    assert counted["errors"] == []
    assert [error["code"] for error in doubled["errors"]] == ["UNIQUE"]
    assert stock(store) == (7, 0)
    assert told["data"]["productVariantChannelListingUpdate"]["errors"] == []
    codes = elsewhere["data"]["productVariantChannelListingUpdate"]["errors"]
    assert [error["code"] for error in codes] == ["NOT_FOUND"]
    assert host.saleor.prices("tiktok-us", [variant])[variant].price == 12
    store.sandbox.set_stock("default", "PEN", 9, reserved=2)
    store.sandbox.set_price("tiktok-us", "PEN", D(11), discounted=D(10))
    there = host.saleor.stock("tiktok-us", [variant])[variant].warehouses["default"]
    assert (there.quantity, there.allocated, there.reserved) == (9, 0, 2)
    assert host.saleor.prices("tiktok-us", [variant])[variant].discounted == 10


def test_orders_are_found_by_their_last_change(store, host) -> None:
    first = host.made()
    second = host.made()
    middle = datetime.now(UTC)
    host.saleor.cancel_order(first.order_id)
    text = """
    query($at: DateTime!, $after: String) { orders(
      filter: {updatedAt: {gte: $at}}, sortBy: {field: LAST_MODIFIED_AT, direction: ASC},
      first: 1, after: $after
    ) { edges { node { id } } pageInfo { hasNextPage endCursor } } }
    """

    def page(at: datetime, after: str | None = None) -> tuple[list[str], bool, str | None]:
        said = store.send(text, store.sandbox.token, at=at.isoformat(), after=after)["data"]
        info = said["orders"]["pageInfo"]
        ids = [edge["node"]["id"] for edge in said["orders"]["edges"]]
        return ids, info["hasNextPage"], info["endCursor"]

    assert page(middle)[:2] == ([first.order_id], False)
    ids, more, cursor = page(middle - timedelta(hours=1))
    assert (ids, more) == ([second.order_id], True)
    assert page(middle - timedelta(hours=1), cursor)[0] == [first.order_id]


def test_tiktoks_money_is_asked_of_the_app_that_imported_it(store, host, app) -> None:
    order, line, payment = imported(host, store)
    app.answers["TRANSACTION_REFUND_REQUESTED"] = [
        (200, {"pspReference": "return:1"}),
        (200, {"result": "REFUND_FAILURE", "amount": "5", "message": "Too late."}),
    ]

    asked = store.staff("transactionRefund", id=payment, amount="10.00")
    assert store.sandbox.courier.wait_idle()
    pending = sums(store.payments(order)["transactions"][0])
    store.report(payment, "REFUND_SUCCESS", "return:1", "10.00")
    granted = store.staff(
        "orderGrantRefundCreate",
        id=order,
        input={"amount": "5", "transactionId": payment, "lines": [{"id": line, "quantity": 1}]},
    )["grantedRefund"]["id"]
    store.staff("transactionRequestRefundForGrantedRefund", grantedRefundId=granted)
    assert store.sandbox.courier.wait_idle()

    assert asked["errors"] == []
    assert pending == {"charged": "25.00", "refundPending": "10.00"}
    done = store.payments(order)
    assert sums(done["transactions"][0]) == {"charged": "25.00", "refunded": "10.00"}
    assert [item["status"] for item in done["grantedRefunds"]] == ["FAILURE"]
    bodies = [body for event, body in app.asked if event == "TRANSACTION_REFUND_REQUESTED"]
    assert [body["transaction"]["pspReference"] for body in bodies] == ["tiktok:1", "tiktok:1"]
    assert bodies[1]["grantedRefund"]["id"] == granted
