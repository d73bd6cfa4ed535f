"""The scenarios both ways on a real Saleor served over HTTP, with this app as plugin."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from saleor.channel.models import Channel
from saleor.product.models import ProductChannelListing, ProductVariantChannelListing
from saleor.shipping.models import ShippingMethodChannelListing, ShippingZone

from saleor_tiktok_stripe.models import Job
from saleor_tiktok_stripe.sandbox.demo import saleor_shop
from tests.e2e.scenarios_both_ways import *  # noqa: F403
from tests.e2e.scenarios_both_ways import sell
from tests.e2e.scenarios_both_ways_money import *  # noqa: F403
from tests.e2e.stage import Stage, deployed, opened, shop
from tests.e2e.trade import Trade, group, usps
from tests.support.shop import CHANNEL

from .merchant import make_site, one_database, sign_in
from .test_e2e import QUANTITY, RealSaleor

pytestmark = pytest.mark.django_db(transaction=True)


class TradingSaleor(RealSaleor):
    """The same with staff who ship, cancel, refund and count."""

    hooks = True

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.api = f"{url}/graphql/"
        self.staff_token = sign_in("manage_orders", "manage_products", "handle_payments")

    def wait(self) -> None:
        """It tells its plugins while the mutation runs."""

    def set_price(self, sku: str, price: Decimal) -> None:
        rows = ProductVariantChannelListing.objects.filter(variant__sku=sku, channel__slug=CHANNEL)
        rows.update(price_amount=price, discounted_price_amount=price)


@contextmanager
def trading(region: str) -> Iterator[Trade]:
    """A new shop of a market, connected; the database is emptied afterwards."""
    with one_database(), shop(orders=0, products=20, regions=(region,)) as tiktok:
        make_site()
        skus = [row for row in tiktok.catalog() if row["linked"]]
        saleor_shop.make(CHANNEL, skus, stock=QUANTITY, shipping=Decimal("4.90"))
        localize(region, tiktok.credentials["currency"])
        with deployed(tiktok) as url:
            side = TradingSaleor(url)
            made = Trade(opened(Stage(tiktok, side, url, group(region))), side)
            made.settle()
            yield made
        call_command("flush", verbosity=0, interactive=False)


def localize(country: str, currency: str) -> None:
    """The shop's only channel sells in that country."""
    Channel.objects.update(default_country=country, currency_code=currency)
    ShippingZone.objects.update(countries=[country])
    listings = (ProductVariantChannelListing, ProductChannelListing, ShippingMethodChannelListing)
    for model in listings:
        model.objects.update(currency=currency)


@pytest.fixture(autouse=True)
def _django_db_marker() -> None:
    """In pytest-django's place: one database for the module instead of one for each test."""


@pytest.fixture(scope="module")
def trade(django_db_setup: None, django_db_blocker: Any) -> Iterator[Trade]:
    with django_db_blocker.unblock(), trading("US") as made:
        yield made


def pushes(order_id: str) -> int:
    """Pushes of an order that wait."""
    return Job.objects.filter(kind="order.push", subject=order_id, status="queued").count()


def test_every_deed_of_staff_asks_for_a_push_at_once_and_our_own_writes_do_not(trade: Trade):
    shipped, cancelled, less = sell(trade, 2), sell(trade, 1), sell(trade, 2)
    assert [pushes(one) for one in (shipped, cancelled, less)] == [0, 0, 0]

    fulfillment = trade.fulfill(shipped, 1, usps())
    assert pushes(shipped) == 1
    trade.settle()
    assert pushes(shipped) == 0  # what was written to the fulfillment came back as hooks

    trade.track(fulfillment, usps())
    assert pushes(shipped) == 1
    trade.settle()
    trade.call_back(trade.fulfill(shipped, 1))
    assert pushes(shipped) == 1
    trade.settle()
    trade.cancel(cancelled)
    assert pushes(cancelled) == 1
    trade.take_out(less, 1)
    assert pushes(less) == 1
    trade.settle()

    # and what TikTok did, which we write to Saleor
    trade.stage.tiktok.ship(shipped, tracking=usps())
    trade.stage.tiktok.ship(less, tracking=usps())
    trade.stage.news()
    assert [pushes(one) for one in (shipped, cancelled, less)] == [0, 0, 0]
    assert trade.theirs(shipped)["units"] == (0, 2, 0)
    assert trade.theirs(cancelled)["units"] == (0, 0, 1)
    assert trade.theirs(less)["units"] == (0, 1, 1)
