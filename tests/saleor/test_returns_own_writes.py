"""Saleor's hooks tell our own writes from those of others, also after the commit."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from saleor.order.models import Order
from saleor.plugins.base_plugin import BasePlugin

from saleor_tiktok_stripe.errors import Parked
from saleor_tiktok_stripe.saleor_api import is_own_write
from saleor_tiktok_stripe.saleor_api.ids import database_id
from saleor_tiktok_stripe.saleor_api.in_process.adapter import InProcessSaleor
from saleor_tiktok_stripe.saleor_api.types import CreatedOrder, GoodsReturn, Package
from tests.saleor.shop import Shop, line, make_shop, order
from tests.saleor.test_plugin import ask, staff_token

pytestmark = pytest.mark.django_db(transaction=True)
saleor = InProcessSaleor()
FULFILL = """
mutation ($order: ID!, $input: OrderFulfillInput!) {
  orderFulfill(order: $order, input: $input) { fulfillments { id } errors { field code message } }
}
"""
TRACK = """
mutation ($id: ID!, $input: FulfillmentUpdateTrackingInput!) {
  orderFulfillmentUpdateTracking(id: $id, input: $input) { errors { field code message } }
}
"""
CANCEL = "mutation ($id: ID!) { orderCancel(id: $id) { errors { field code message } } }"
told: list[tuple[str, bool]] = []


class Listener(BasePlugin):
    """Notes whose writes it hears of."""

    PLUGIN_ID = "tests.listener"
    PLUGIN_NAME = "Listener"
    DEFAULT_ACTIVE = True
    CONFIGURATION_PER_CHANNEL = False

    def fulfillment_created(self, *args: Any, **kwargs: Any) -> Any:
        told.append(("fulfillment_created", is_own_write()))
        return kwargs.get("previous_value")

    def tracking_number_updated(self, *args: Any, **kwargs: Any) -> Any:
        told.append(("tracking_number_updated", is_own_write()))
        return kwargs.get("previous_value")

    def order_cancelled(self, *args: Any, **kwargs: Any) -> Any:
        told.append(("order_cancelled", is_own_write()))
        return kwargs.get("previous_value")

    def order_updated(self, *args: Any, **kwargs: Any) -> Any:
        told.append(("order_updated", is_own_write()))
        return kwargs.get("previous_value")

    def order_created(self, *args: Any, **kwargs: Any) -> Any:
        told.append(("order_created", is_own_write()))
        return kwargs.get("previous_value")


@pytest.fixture
def shop(settings) -> Shop:
    settings.PLUGINS = [*settings.PLUGINS, f"{__name__}.Listener"]
    made = make_shop(stocks=(50,))
    told.clear()
    return made


def heard() -> dict[str, set[bool]]:
    """Hook -> whether it was ours, and forget."""
    found: dict[str, set[bool]] = {}
    for name, own in told:
        found.setdefault(name, set()).add(own)
    told.clear()
    return found


def create(shop: Shop, units: int = 1) -> CreatedOrder:
    [made] = saleor.create_orders([order(shop, line(shop, 0, units))], lambda results: None)
    return made


def by_staff(shop: Shop, made: CreatedOrder) -> str:
    stocks = [{"warehouse": shop.warehouse_id(), "quantity": 1}]
    lines = [{"orderLineId": made.line_ids["sku-0"], "stocks": stocks}]
    said = ask(staff_token("manage_orders"), FULFILL, order=made.order_id, input={"lines": lines})[
        "orderFulfill"
    ]
    assert said["errors"] == []
    return said["fulfillments"][0]["id"]


def test_a_shipment_of_ours_and_one_of_staff(shop) -> None:
    made = create(shop, 2)
    assert heard()["order_created"] == {True}

    saleor.fulfill(made.order_id, Package("P1", {made.line_ids["sku-0"]: 1}, "T1", True))
    ours = heard()
    by_staff(shop, made)
    theirs = heard()

    assert ours["fulfillment_created"] == ours["tracking_number_updated"] == {True}
    assert set.union(*ours.values()) == {True}
    assert theirs["fulfillment_created"] == {False}
    assert set.union(*theirs.values()) == {False}


@pytest.mark.parametrize("touch_stock", [True, False])
def test_what_is_told_after_the_commit_of_a_wider_transaction_is_still_ours(
    shop, touch_stock
) -> None:
    made = create(shop)
    heard()
    package = Package("P1", {made.line_ids["sku-0"]: 1}, "T1", touch_stock)

    with transaction.atomic():
        saleor.fulfill(made.order_id, package)
        before_commit = is_own_write()
        transaction.on_commit(lambda: told.append(("of the caller", is_own_write())))

    after = heard()
    assert before_commit is False
    assert after.pop("of the caller") == {False}
    assert after["fulfillment_created"] == {True}
    assert set.union(*after.values()) == {True}


def test_tracking_and_cancelling_of_staff_are_theirs_and_ours_are_ours(shop) -> None:
    made, other = create(shop), create(shop)
    shipped = by_staff(shop, made)
    heard()
    token = staff_token("manage_orders", "manage_products")

    ask(token, TRACK, id=shipped, input={"trackingNumber": "S"})
    ask(token, CANCEL, id=other.order_id)
    theirs = heard()
    saleor.update_tracking(shipped, "OURS")
    third = create(shop)
    heard()
    saleor.cancel_order(third.order_id)
    saleor.return_goods(made.order_id, GoodsReturn("R", {made.line_ids["sku-0"]: 1}, True))
    ours = heard()

    assert theirs["tracking_number_updated"] == theirs["order_cancelled"] == {False}
    assert ours["order_cancelled"] == ours["order_updated"] == {True}


def test_a_failing_write_leaves_no_mark(shop) -> None:
    made = create(shop)

    package = Package("P1", {made.line_ids["sku-0"]: 9}, "T1", True)
    with pytest.raises(Parked):
        saleor.fulfill(made.order_id, package)
    assert is_own_write() is False
    heard()

    by_staff(shop, made)

    assert heard()["fulfillment_created"] == {False}
    assert Order.objects.get(pk=database_id("Order", made.order_id)).status == "fulfilled"


def test_a_hook_that_fails_after_the_commit_leaves_no_mark(shop, monkeypatch) -> None:
    made = create(shop, 2)
    heard()

    def broken(self: Listener, *args: Any, **kwargs: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Listener, "fulfillment_created", broken)
    package = Package("P1", {made.line_ids["sku-0"]: 1}, "T1", True)
    with pytest.raises(ZeroDivisionError):
        saleor.fulfill(made.order_id, package)
    monkeypatch.undo()
    heard()

    by_staff(shop, made)

    assert is_own_write() is False
    assert heard()["fulfillment_created"] == {False}
