"""The warehouse that a merchant chose is not the channel's any more."""

from __future__ import annotations

from saleor_tiktok_stripe import jobs
from saleor_tiktok_stripe.models import Job, OrderLink
from tests.support.shop import ConnectedShop


def _poll(shop: ConnectedShop) -> None:
    jobs.enqueue("orders.poll", shop.connection)
    shop.work()


def test_orders_that_are_here_are_followed_and_new_ones_wait(shop: ConnectedShop):
    # given an order that is here, and a warehouse that is not any more
    here = shop.tiktok.create_order(status="AWAITING_SHIPMENT")
    shop.sync(here)
    shop.set_policy(warehouse="gone")

    # when that order is cancelled, and another one comes
    shop.tiktok.cancel(here)
    new = shop.tiktok.create_order(status="AWAITING_SHIPMENT")
    shop.sync(here, new)
    _poll(shop)

    # then only the new one waits, and polling goes on
    assert shop.saleor_order(here).status == "CANCELED"
    assert shop.job(here).status == "done"
    assert (shop.job(new).status, shop.job(new).error_code) == ("parked", "WAREHOUSE_MISSING")
    assert not OrderLink.objects.filter(order_id=new).exists()
    assert Job.objects.get(kind="orders.poll").status == "done"


def test_what_waits_for_the_warehouse_comes_in_once_there_is_one(shop: ConnectedShop):
    shop.set_policy(warehouse="gone")
    order_id = shop.tiktok.create_order(status="AWAITING_SHIPMENT")
    _poll(shop)
    _poll(shop)
    assert shop.job(order_id).status == "parked"

    shop.set_policy(warehouse="")
    _poll(shop)

    assert shop.saleor_order(order_id).status == "UNFULFILLED"
    assert shop.job(order_id).status == "done"
