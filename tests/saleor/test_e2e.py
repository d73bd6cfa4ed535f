"""The scenarios on a real Saleor, with this app as plugin: its settings form, its addresses."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.db.models import Sum
from saleor.channel.models import Channel
from saleor.order.models import Order, OrderEvent
from saleor.payment.models import TransactionEvent
from saleor.product.models import ProductType
from saleor.warehouse.models import Allocation, Stock, Warehouse

from saleor_tiktok_stripe.sandbox.demo import saleor_shop
from tests.e2e.scenarios_mirror import *  # noqa: F403
from tests.e2e.scenarios_orders import *  # noqa: F403
from tests.e2e.scenarios_shop import *  # noqa: F403
from tests.e2e.stage import Level, Stage, deployed, opened, shop
from tests.support.shop import CHANNEL

from .merchant import make_site, one_database, save_form, sign_in

pytestmark = pytest.mark.django_db(transaction=True)
QUANTITY = 1000


class RealSaleor:
    """Saleor's own tables, and its API as the Dashboard uses it."""

    allocates = True
    can_leave_stock_alone = True

    def __init__(self, url: str) -> None:
        self.url = url
        self._token = sign_in("manage_plugins")

    def save_settings(self, **fields: str) -> dict[str, str]:
        return save_form(self.url, self._token, CHANNEL, fields)

    def stock(self, sku: str) -> Level:
        row = Stock.objects.get(product_variant__sku=sku)
        allocated = Allocation.objects.filter(stock=row).aggregate(n=Sum("quantity_allocated"))["n"]
        assert row.quantity_allocated == (allocated or 0)
        return Level(row.quantity, row.quantity_allocated)

    def set_stock(self, sku: str, quantity: int) -> None:
        Stock.objects.filter(product_variant__sku=sku).update(quantity=quantity)

    def add_variant(self, row: dict[str, Any]) -> None:
        channel, warehouse = Channel.objects.get(slug=CHANNEL), Warehouse.objects.get()
        product = saleor_shop._product(
            row | {"product_id": row["sku_id"]}, ProductType.objects.get(), channel
        )
        saleor_shop._variant(row, product, channel, warehouse, QUANTITY)

    def orders_of(self, order_id: str) -> int:
        return Order.objects.filter(external_reference=f"tiktok:{order_id}").count()

    def activity(self, order_id: str) -> tuple[Any, ...]:
        order = Order.objects.get(external_reference=f"tiktok:{order_id}")
        return (
            order.updated_at,
            OrderEvent.objects.filter(order=order).count(),
            TransactionEvent.objects.filter(transaction__order=order).count(),
            order.fulfillments.count(),
            order.granted_refunds.count(),
        )


@pytest.fixture(autouse=True)
def _django_db_marker() -> None:
    """In pytest-django's place: one database for the module instead of one for each test."""


@pytest.fixture(scope="module")
def stage(django_db_setup: None, django_db_blocker: Any) -> Iterator[Stage]:
    with django_db_blocker.unblock(), one_database(), shop() as tiktok:
        make_site()
        skus = [row for row in tiktok.catalog() if row["linked"]]
        saleor_shop.make(CHANNEL, skus, stock=QUANTITY, shipping=Decimal("4.90"))
        with deployed(tiktok) as url:
            yield opened(Stage(tiktok, RealSaleor(url), url))
        call_command("flush", verbosity=0, interactive=False)
