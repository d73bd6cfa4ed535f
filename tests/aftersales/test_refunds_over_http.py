"""Staff refund the marketplace's money in a Saleor that is reached over HTTP: the sidecar is asked
by webhook and answers with the reference, or with why not."""

from __future__ import annotations

from decimal import Decimal

import pytest

from saleor_tiktok_stripe import conf, jobs
from saleor_tiktok_stripe.saleor_api.over_http.requests import subscriptions
from tests.accounts.tiktok.conftest import app_url  # noqa: F401  (fixture)
from tests.sandbox.saleor.paying import SECRET, Store
from tests.support.shop import CHANNEL, ConnectedShop
from tests.support.singles import join_singles

from .case_shop import payment, refunds, sold, the_request

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def store(shop: ConnectedShop, settings, app_url) -> Store:  # noqa: F811
    settings.TIKTOK_STRIPE_PUBLIC_URL = app_url
    settings.SALEOR_WEBHOOK_SECRET = SECRET
    shop.saleor.courier.first_pause = 0.01
    address = conf.channel_url(CHANNEL, "webhooks/saleor/")
    shop.saleor.add_webhooks(address, SECRET, subscriptions())
    return Store(shop.saleor)


def _settle(store: Store, shop: ConnectedShop) -> None:
    """Everything that was asked for is done."""
    assert store.sandbox.courier.wait_idle(60)
    join_singles()
    with jobs.clock.turned(120):
        shop.work()


def test_the_request_is_pending_under_its_reference_and_then_succeeds(shop, store):
    order_id = sold(shop)
    found = payment(shop, order_id)

    store.staff("transactionRefund", id=found.id, amount="5.00")
    _settle(store, shop)

    row = the_request()
    name = f"return:{row.reference}"
    after = payment(shop, order_id)
    assert ("REFUND_REQUEST", name, Decimal("5.00")) in refunds(after)
    assert ("REFUND_SUCCESS", name, Decimal("5.00")) in refunds(after)
    assert (after.refunded, after.refund_pending) == (Decimal("5.00"), 0)
    assert after.charged == found.charged - 5
    assert shop.tiktok.writes()["POST /return_refund/returns"] == 1


def test_a_refusal_reaches_staff_in_words(shop, store):
    order_id = sold(shop, "COMPLETED")
    found = payment(shop, order_id)

    store.staff("transactionRefund", id=found.id, amount="5.00")
    _settle(store, shop)

    after = payment(shop, order_id)
    words = [one.message for one in after.events if one.type == "REFUND_FAILURE"]
    assert len(words) == 1
    assert words[0].startswith(f"Order {order_id} is completed at TikTok")
    assert (after.charged, after.refunded, after.refund_pending) == (found.charged, 0, 0)
