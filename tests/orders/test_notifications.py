"""From a signed notification to the order, and how doubled and stale news changes nothing."""

from __future__ import annotations

import hashlib
import hmac
import json

from saleor_tiktok_stripe import inbox
from saleor_tiktok_stripe.models import Job, OrderLink, Vendor
from tests.support.shop import CHANNEL, ConnectedShop


def _notify(shop: ConnectedShop, order_id: str, number: int) -> str:
    app = shop.tiktok.credentials
    body = json.dumps(
        {
            "type": 1,
            "tts_notification_id": f"738006628401000{number:04d}",
            "shop_id": app["shop_id"],
            "timestamp": 1767225600,
            "data": {"order_id": order_id, "order_status": "CANCEL", "update_time": 1767225600},
        }
    ).encode()
    message = app["app_key"].encode() + body
    signature = hmac.new(app["app_secret"].encode(), message, hashlib.sha256).hexdigest()
    return inbox.receive(Vendor.TIKTOK, CHANNEL, body, signature).outcome


def test_a_notification_brings_the_order_whatever_it_says(shop: ConnectedShop):
    order_id = shop.tiktok.create_order(status="AWAITING_SHIPMENT")

    outcomes = [_notify(shop, order_id, number) for number in (1, 1, 2)]
    shop.work()

    assert outcomes[0] == "handed_over"
    assert Job.objects.filter(kind="order.sync").count() == 1
    # The notification said "cancelled"; TikTok says otherwise when asked, and is believed.
    assert shop.saleor_order(order_id).status == "UNFULFILLED"


def test_late_news_of_an_order_that_went_on_changes_nothing(shop: ConnectedShop):
    order_id = shop.tiktok.create_order(status="AWAITING_COLLECTION")
    _notify(shop, order_id, 1)
    shop.work()
    before = OrderLink.objects.get().updated_at

    _notify(shop, order_id, 2)
    shop.work()

    assert OrderLink.objects.get().updated_at == before
    assert shop.job(order_id).outcome == "unchanged"
