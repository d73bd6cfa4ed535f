"""Orders that the marketplace does not show just now: what was done in Saleor is not forgotten."""

from __future__ import annotations

from saleor_tiktok_stripe.models import OrderLink
from tests.support.shop import ConnectedShop

from .staff import Staff
from .test_shipping import MARK, an_order, pushed, shipping_calls


def _damage(shop: ConnectedShop, order_id: str, exponent: int) -> None:
    with shop.tiktok.world.lock:
        shop.tiktok.world.shop().find(order_id).exponent = exponent


def test_an_order_that_cannot_be_read_waits_and_is_told_once_it_can(shop: ConnectedShop):
    order_id = an_order(shop)
    Staff(shop).fulfill(order_id, tracking="TRACKONE1")
    _damage(shop, order_id, 5)  # fractions of a cent

    Staff(shop).push(order_id)
    waited = (pushed(order_id).status, pushed(order_id).error_code)
    _damage(shop, order_id, 2)
    shop.sync(order_id)

    assert waited == ("parked", "ORDER_UNREADABLE")
    assert shipping_calls(shop) == {MARK: 1}
    assert pushed(order_id).status == "done"


def test_an_order_that_is_not_shown_is_looked_for_and_parked(shop: ConnectedShop):
    order_id = an_order(shop)
    Staff(shop).fulfill(order_id, tracking="TRACKONE1")
    OrderLink.objects.filter(order_id=order_id).update(order_id="576461413999999999")

    Staff(shop).push("576461413999999999")
    waited = pushed("576461413999999999").status
    for _ in range(4):
        shop.run_all()

    job = pushed("576461413999999999")
    assert waited == "queued"
    assert (job.status, job.error_code) == ("parked", "ORDER_MISSING")
    assert shipping_calls(shop) == {}
