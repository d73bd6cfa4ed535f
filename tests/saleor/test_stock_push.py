"""Stock of a real Saleor reaches the TikTok sandbox: what staff count, what orders take."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
from cryptography.fernet import Fernet
from saleor.product.models import ProductVariant, ProductVariantChannelListing

from saleor_tiktok_stripe import catalog, jobs
from saleor_tiktok_stripe.jobs import kinds
from saleor_tiktok_stripe.models import OrderLink, SkuLink, StockLevel, WaitingOrder
from saleor_tiktok_stripe.saleor_api import get_saleor
from saleor_tiktok_stripe.sandbox.tiktok import TikTokSandbox
from tests.saleor.payments import switch
from tests.saleor.shop import Shop, make_shop
from tests.support.shop import connect, without_limits

pytestmark = pytest.mark.django_db(transaction=True)


class Merchant:
    """Both sides; two SKUs are linked."""

    def __init__(self, tiktok: TikTokSandbox, shop: Shop) -> None:
        self.tiktok, self.shop = tiktok, shop
        self.connection = connect(tiktok.credentials)
        self.skus = tiktok.catalog()[:2]
        for number, one in enumerate(self.skus):
            variant = shop.variants[number]
            ProductVariant.objects.filter(pk=variant.pk).update(sku=one["seller_sku"])
            SkuLink.objects.create(
                connection=self.connection,
                sku_id=one["sku_id"],
                product_id=one["product_id"],
                seller_sku=one["seller_sku"],
                variant_id=shop.variant_id(number),
                variant_sku=one["seller_sku"],
                method="sku",
            )

    def look(self) -> None:
        jobs.enqueue("stock.push", self.connection)
        jobs.enqueue("price.push", self.connection)
        while jobs.work(deadline_seconds=60).handled:
            pass

    def sync(self, order_id: str) -> None:
        jobs.enqueue("order.sync", self.connection, order_id)
        while jobs.work(deadline_seconds=60).handled:
            pass

    def order(self, units: int, status: str = "AWAITING_SHIPMENT") -> str:
        sku = self.skus[0]["sku_id"]
        return str(self.tiktok.create_order([[sku, units]], status=status))

    def count(self, quantity: int) -> None:
        """Staff count the first variant."""
        stock = self.shop.stock()
        stock.quantity = quantity
        stock.save(update_fields=["quantity"])

    def offered(self) -> list[int]:
        listed = {one["sku_id"]: one["available"] for one in self.tiktok.catalog()}
        return [listed[one["sku_id"]] for one in self.skus]

    def writes(self) -> int:
        return sum(self.tiktok.writes().values())


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
        shop = make_shop(stocks=(20,))
        switch(shop)
        yield Merchant(tiktok, shop)
        get_saleor.cache_clear()


def test_what_staff_count_is_told_and_a_look_at_nothing_asks_tiktok_nothing(
    merchant: Merchant,
) -> None:
    merchant.look()
    assert merchant.offered() == [20, 20]

    calls = merchant.tiktok.calls()
    merchant.look()
    assert merchant.tiktok.calls() == calls

    merchant.count(7)
    before = merchant.writes()
    merchant.look()
    assert merchant.offered() == [7, 20]
    assert merchant.writes() == before + 1


def test_an_imported_order_is_allocated_and_needs_no_push(merchant: Merchant) -> None:
    merchant.look()
    order_id = merchant.order(3)

    merchant.sync(order_id)
    writes = merchant.tiktok.writes()
    merchant.look()

    level = StockLevel.objects.get(sku_id=merchant.skus[0]["sku_id"])
    assert level.terms["warehouses"]["tiktok-us-0"] == {
        "quantity": 20,
        "allocated": 3,
        "reserved": 0,
    }
    assert (level.terms["owed"], level.wanted, merchant.offered()[0]) == (0, 17, 17)
    assert merchant.tiktok.writes() == writes


def test_an_unpaid_order_holds_its_pieces_until_it_is_imported(merchant: Merchant) -> None:
    merchant.look()
    merchant.sync(merchant.order(3, "UNPAID"))
    merchant.count(10)

    merchant.look()

    assert WaitingOrder.objects.count() == 1
    assert merchant.offered()[0] == 7


def test_oversold_is_pushed_down_told_and_ends_with_new_stock(merchant: Merchant) -> None:
    merchant.look()
    merchant.count(2)  # not looked at yet: TikTok still sells 20

    order_id = merchant.order(5)
    merchant.sync(order_id)

    assert OrderLink.objects.get().unallocated == {merchant.skus[0]["seller_sku"]: 3}
    assert merchant.offered()[0] == 0
    [finding] = catalog.attention(merchant.connection)
    assert (finding.code, order_id in finding.message) == ("OVERSOLD", True)
    assert finding.message.startswith(f"3 more of {merchant.skus[0]['seller_sku']} were sold")

    merchant.count(10)
    merchant.look()

    assert catalog.attention(merchant.connection) == []
    assert merchant.offered()[0] == 5


def test_prices_follow_the_channel_where_wanted(merchant: Merchant) -> None:
    merchant.connection.policy = {"price_push": True, "price_rounding": "99"}
    merchant.connection.save()
    merchant.look()

    listing = ProductVariantChannelListing.objects.get(variant=merchant.shop.variants[1])
    listing.price_amount = listing.discounted_price_amount = Decimal("12.30")
    listing.save()
    merchant.look()

    prices = {one["sku_id"]: one["price"] for one in merchant.tiktok.catalog()}
    assert [prices[one["sku_id"]] for one in merchant.skus] == ["10.99", "12.99"]
