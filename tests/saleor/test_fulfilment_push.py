"""Staff ship, track and cancel in a real Saleor, by its own GraphQL API: the hooks ask for pushes,
and the TikTok sandbox shows each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.fernet import Fernet
from saleor.product.models import ProductVariant

from saleor_tiktok_stripe import jobs
from saleor_tiktok_stripe.jobs import kinds
from saleor_tiktok_stripe.models import Job, OrderLink
from saleor_tiktok_stripe.saleor_api import get_saleor
from saleor_tiktok_stripe.saleor_api.keys import PACKAGE_KEY
from saleor_tiktok_stripe.sandbox.tiktok import TikTokSandbox
from tests.saleor.payments import switch
from tests.saleor.shop import Shop, make_shop
from tests.saleor.test_plugin import ask, staff_token
from tests.support.shop import connect, without_limits

pytestmark = pytest.mark.django_db(transaction=True)
ERRORS = "errors { field code message }"
FULFILL = f"""mutation ($order: ID!, $input: OrderFulfillInput!) {{
  orderFulfill(order: $order, input: $input) {{ fulfillments {{ id }} {ERRORS} }} }}"""
TRACK = f"""mutation ($id: ID!, $input: FulfillmentUpdateTrackingInput!) {{
  orderFulfillmentUpdateTracking(id: $id, input: $input) {{ {ERRORS} }} }}"""
CALL_BACK = f"""mutation ($id: ID!, $input: FulfillmentCancelInput) {{
  orderFulfillmentCancel(id: $id, input: $input) {{ {ERRORS} }} }}"""
TAKE_OUT = f"""mutation ($order: ID!, $input: OrderReturnProductsInput!) {{
  orderFulfillmentReturnProducts(order: $order, input: $input) {{ {ERRORS} }} }}"""
CANCEL = f"mutation ($id: ID!) {{ orderCancel(id: $id) {{ {ERRORS} }} }}"
NOTE = f"""mutation ($id: ID!, $input: [MetadataInput!]!) {{
  updateMetadata(id: $id, input: $input) {{ {ERRORS} }} }}"""


class Merchant:
    """Both sides, and somebody of the staff."""

    def __init__(self, tiktok: TikTokSandbox, shop: Shop) -> None:
        self.tiktok, self.shop = tiktok, shop
        self.token = staff_token("manage_orders", "manage_products")
        self.connection = connect(tiktok.credentials)

    def order(self, units: int = 2, *, by_tiktok: bool = False) -> str:
        """An imported order that waits to be shipped by the seller, or from TikTok's warehouse."""
        sku = next(one for one in self.tiktok.catalog() if one["linked"])
        ProductVariant.objects.filter(pk=self.shop.variants[0].pk).update(sku=sku["seller_sku"])
        options = {"status": "AWAITING_SHIPMENT", "shipping_type": "SELLER"}
        while True:
            order_id = str(self.tiktok.create_order([[sku["sku_id"], units]], **options))
            if self.tiktok.order(order_id)["fulfillment_type"] == "FULFILLMENT_BY_SELLER":
                break
        with self.tiktok.world.lock:
            self.tiktok.world.shop().find(order_id).platform_fulfilled = by_tiktok
        jobs.enqueue("order.sync", self.connection, order_id)
        self.work()
        return order_id

    def work(self) -> None:
        while jobs.work(deadline_seconds=60).handled:
            pass

    def pushes(self) -> int:
        """Pushes that wait."""
        return Job.objects.filter(kind="order.push", status="queued").count()

    def do(self, query: str, **variables: Any) -> dict[str, Any]:
        [said] = ask(self.token, query, **variables).values()
        assert said["errors"] == []
        return said

    def saleor_id(self, order_id: str) -> str:
        return OrderLink.objects.get(order_id=order_id).saleor_order_id

    def read(self, order_id: str) -> Any:
        saleor_id = self.saleor_id(order_id)
        return get_saleor().orders([saleor_id])[saleor_id]

    def ship(self, order_id: str, units: int, tracking: str = "") -> str:
        [line] = self.read(order_id).lines
        stocks = [{"warehouse": self.shop.warehouse_id(), "quantity": units}]
        given = {"lines": [{"orderLineId": line.id, "stocks": stocks}], "trackingNumber": tracking}
        said = self.do(FULFILL, order=self.saleor_id(order_id), input=given)
        return str(said["fulfillments"][0]["id"])


@pytest.fixture
def merchant(settings) -> Iterator[Merchant]:
    options = {"orders": 0, "rate_limit": 10_000, "rate_burst": 10_000}
    with TikTokSandbox(regions=("US",), **options) as tiktok, without_limits():
        settings.TIKTOK_STRIPE_SANDBOX = "1"
        settings.TIKTOK_STRIPE_TIKTOK_API_URL = tiktok.base_url
        settings.TIKTOK_STRIPE_TIKTOK_AUTH_URL = tiktok.auth_url
        settings.TIKTOK_STRIPE_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
        get_saleor.cache_clear()
        kinds.register_all()
        shop = make_shop()
        switch(shop)
        yield Merchant(tiktok, shop)
        get_saleor.cache_clear()


def test_parts_tracking_and_a_carrier_named_later(merchant: Merchant) -> None:
    order_id = merchant.order(3)
    assert merchant.pushes() == 0  # importing is ours

    first = merchant.ship(order_id, 1, "9405511899223197428490")
    assert merchant.pushes() == 1
    merchant.work()
    shown = merchant.tiktok.order(order_id)
    assert [one["tracking_number"] for one in shown["line_items"]].count(
        "9405511899223197428490"
    ) == 1
    [known] = [one for one in merchant.read(order_id).fulfillments if one.id == first]
    assert known.metadata[PACKAGE_KEY] in {one["package_id"] for one in shown["line_items"]}
    assert merchant.pushes() == 0  # what we wrote came back as hooks

    second = merchant.ship(order_id, 2)
    merchant.work()
    merchant.do(TRACK, id=second, input={"trackingNumber": "LOCAL-7"})
    assert merchant.pushes() == 1
    merchant.work()
    job = Job.objects.get(kind="order.push", status="parked")
    assert job.error_code == "CARRIER_UNKNOWN"
    merchant.do(NOTE, id=second, input=[{"key": "carrier", "value": "UPS"}])
    assert merchant.pushes() == 1
    merchant.work()

    assert merchant.tiktok.order(order_id)["status"] == "AWAITING_COLLECTION"
    assert merchant.pushes() == 0
    assert not Job.objects.filter(status__in=["parked", "dead"]).exists()


def test_cancelled_and_taken_out(merchant: Merchant) -> None:
    whole, part = merchant.order(), merchant.order()
    stock = merchant.shop.stock()
    [line] = merchant.read(part).lines

    merchant.do(CANCEL, id=merchant.saleor_id(whole))
    taken = {"orderLines": [{"orderLineId": line.id, "quantity": 1}]}
    merchant.do(TAKE_OUT, order=merchant.saleor_id(part), input=taken)
    assert merchant.pushes() == 2
    merchant.work()

    assert merchant.tiktok.order(whole)["status"] == "CANCELLED"
    states = [one["display_status"] for one in merchant.tiktok.order(part)["line_items"]]
    assert sorted(states) == ["AWAITING_SHIPMENT", "CANCELLED"]
    after = merchant.shop.stock()
    assert (after.quantity, after.quantity_allocated) == (stock.quantity, 1)
    assert merchant.pushes() == 0


def test_a_shipment_called_back_before_it_was_told(merchant: Merchant) -> None:
    order_id = merchant.order()

    shipped = merchant.ship(order_id, 2, "9405511899223197428490")
    merchant.do(CALL_BACK, id=shipped, input={"warehouseId": merchant.shop.warehouse_id()})
    merchant.work()

    assert merchant.tiktok.order(order_id)["status"] == "AWAITING_SHIPMENT"


def test_called_back_goods_of_tiktoks_own_shipment_are_set_aside_until_it_leaves(
    merchant: Merchant,
) -> None:
    before = merchant.shop.stock()
    order_id = merchant.order(by_tiktok=True)
    shipped = merchant.ship(order_id, 2)
    merchant.work()
    assert Job.objects.get(status="parked").error_code == "SHIPPED_BY_MARKETPLACE"

    merchant.do(CALL_BACK, id=shipped, input={"warehouseId": merchant.shop.warehouse_id()})
    merchant.work()

    held = merchant.shop.stock()
    assert (before.quantity_allocated, held.quantity_allocated) == (0, 2)
    assert held.quantity == before.quantity
    assert not Job.objects.filter(status="parked").exists()

    merchant.tiktok.ship(order_id)
    jobs.enqueue("order.sync", merchant.connection, order_id)
    merchant.work()

    after = merchant.shop.stock()
    assert (after.quantity, after.quantity_allocated) == (before.quantity, 0)
    assert merchant.read(order_id).status.value == "FULFILLED"
