"""The generated histories on a real Saleor: both sides end equal, and so does the stock."""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.sites.models import Site
from django.db.models import Sum
from django.test import override_settings
from saleor.site.models import SiteSettings

from saleor_tiktok_stripe.jobs import kinds
from saleor_tiktok_stripe.models import OrderLink
from saleor_tiktok_stripe.orders.states import Place, place
from saleor_tiktok_stripe.orders.summary import summarize
from saleor_tiktok_stripe.saleor_api import get_saleor, writer
from saleor_tiktok_stripe.sandbox.demo import saleor_shop
from saleor_tiktok_stripe.sandbox.tiktok import TikTokSandbox
from saleor_tiktok_stripe.tiktok.types import FulfilledBy
from tests.property import test_histories as generated
from tests.support.shop import CHANNEL, ConnectedShop, connect, without_limits

HISTORIES = int(os.environ.get("TIKTOK_STRIPE_SALEOR_HISTORIES", "60"))
QUANTITY = 10_000


@contextmanager
def _connected(region: str, quantity: int = QUANTITY) -> Iterator[ConnectedShop]:
    options: dict[str, Any] = {"orders": 0, "rate_limit": 10_000, "rate_burst": 10_000, "seed": 5}
    with TikTokSandbox(regions=(region,), products=20, **options) as tiktok:
        linked = [one for one in tiktok.catalog() if one["linked"]]
        settings = {
            "TIKTOK_STRIPE_SANDBOX": "1",
            "TIKTOK_STRIPE_TIKTOK_API_URL": tiktok.base_url,
            "TIKTOK_STRIPE_TIKTOK_AUTH_URL": tiktok.auth_url,
        }
        with override_settings(**settings), without_limits(), writer():
            get_saleor.cache_clear()
            kinds.register_all()
            site, _ = Site.objects.get_or_create(pk=django_settings.SITE_ID)
            SiteSettings.objects.get_or_create(site=site)  # gone after a truncating test
            saleor_shop.make(CHANNEL, linked, stock=quantity, shipping=Decimal("4.90"))
            yield ConnectedShop(tiktok, None, connect(tiktok.credentials))


@pytest.mark.timeout(900)
@pytest.mark.django_db(transaction=True)
def test_both_sides_and_the_stock_end_equal():
    with _connected("US") as shop:
        rng = random.Random("saleor-histories")
        lives = generated._live(shop, rng, HISTORIES)
        generated._catch_up(shop)

        summary = summarize(shop.connection, shop.client)
        assert summary.parked == ()
        assert summary.disagreeing == {}, generated._stories(lives, summary.disagreeing)
        assert summary.agrees
        generated._compare_each(shop, lives)
        _assert_stock(shop)


def _assert_stock(shop: ConnectedShop) -> None:
    """Set aside is what is still to be shipped by the seller; gone is what he shipped after the
    order was known here."""
    from saleor.warehouse.models import Allocation, Stock

    orders, _ = generated._theirs(shop, list(OrderLink.objects.values_list("order_id", flat=True)))
    waiting: Counter[str] = Counter()
    for order in orders:
        if order.fulfilled_by is not FulfilledBy.MARKETPLACE:
            for unit in order.units:
                waiting[unit.seller_sku] += place(order, unit) is Place.OPEN
    allocated: Counter[str] = Counter()
    for row in Allocation.objects.values("stock__product_variant__sku").annotate(
        total=Sum("quantity_allocated")
    ):
        allocated[row["stock__product_variant__sku"]] += row["total"]
    assert +allocated == +waiting
    for stock in Stock.objects.select_related("product_variant"):
        assert stock.quantity_allocated == allocated[stock.product_variant.sku]
        assert stock.quantity <= QUANTITY


@pytest.mark.django_db(transaction=True)
def test_oversold_units_are_imported_and_flagged():
    from saleor.order.models import OrderEvent

    with _connected("US", quantity=1) as shop:
        sku = shop.tiktok.catalog()[0]
        order_id = shop.tiktok.create_order([(sku["sku_id"], 3)], status="AWAITING_SHIPMENT")

        shop.sync(order_id)

        link = shop.link(order_id)
        assert link.unallocated == {sku["seller_sku"]: 2}
        [note] = OrderEvent.objects.filter(type="note_added")
        words = f"no stock could be set aside for 2 x {sku['seller_sku']}."
        assert note.parameters["message"] == f"Oversold on TikTok Shop: {words}"


@pytest.mark.django_db(transaction=True)
def test_goods_that_tiktok_ships_touch_no_stock():
    from saleor.warehouse.models import Allocation, Stock

    with _connected("US") as shop:
        order_id = shop.tiktok.create_order()
        with shop.tiktok.world.lock:
            shop.tiktok.world.shop().find(order_id).platform_fulfilled = True
        shop.tiktok.walk_to(order_id, "AWAITING_SHIPMENT")
        shop.sync(order_id)
        shop.tiktok.ship(order_id)
        shop.sync(order_id)

        assert shop.read(order_id).status.value == "FULFILLED"
        assert not Allocation.objects.filter(quantity_allocated__gt=0).exists()
        assert set(Stock.objects.values_list("quantity", flat=True)) == {QUANTITY}
