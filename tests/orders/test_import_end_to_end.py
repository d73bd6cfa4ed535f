from __future__ import annotations

from tests.support.shop import ConnectedShop


def test_a_paid_order_becomes_a_saleor_order(shop: ConnectedShop):
    order_id = shop.tiktok.create_order(status="AWAITING_SHIPMENT")

    shop.sync(order_id)

    order = shop.saleor_order(order_id)
    assert order.status == "UNFULFILLED"
    assert shop.link(order_id).saleor_order_id == order.id
    assert shop.job(order_id).outcome == "imported"
