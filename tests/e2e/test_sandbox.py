"""The scenarios on the sandbox Saleor, with this app as sidecar."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction

from saleor_tiktok_stripe.accounts import form
from saleor_tiktok_stripe.sandbox.saleor import Product, SaleorSandbox
from saleor_tiktok_stripe.sandbox.tiktok import TikTokSandbox
from tests.support.shop import CHANNEL

from .scenarios_mirror import *  # noqa: F403
from .scenarios_orders import *  # noqa: F403
from .scenarios_shop import *  # noqa: F403
from .stage import Level, Stage, deployed, opened, shop

pytestmark = pytest.mark.django_db(transaction=True)


class Sandbox:
    """A sandbox Saleor; this app is told its settings as the console will."""

    allocates = False
    can_leave_stock_alone = False

    def __init__(self, saleor: SaleorSandbox) -> None:
        self.saleor = saleor
        self._values: dict[str, Any] = {field.name: field.default for field in form.FIELDS}

    def save_settings(self, **fields: str) -> dict[str, str]:
        self._values |= fields
        asked = form.ask_first(CHANNEL, self._values, active=True)
        with transaction.atomic():
            self._values |= form.save(CHANNEL, self._values, active=True, asked=asked)
        return form.outputs(CHANNEL, "staff:1")

    def stock(self, sku: str) -> Level:
        stock = self.saleor.state.stock("default", sku)
        return Level(stock.quantity, stock.allocated)

    def set_stock(self, sku: str, quantity: int) -> None:
        self.saleor.state.stock("default", sku).quantity = quantity

    def add_variant(self, row: dict[str, Any]) -> None:
        self.saleor.state.add_products([product(row)], channels=[CHANNEL])

    def orders_of(self, order_id: str) -> int:
        orders = self.saleor.state.orders.values()
        return sum(one.external_reference == f"tiktok:{order_id}" for one in orders)

    def activity(self, order_id: str) -> tuple[Any, ...]:
        order = self.saleor.order(f"tiktok:{order_id}")
        events = [len(one.events) for one in order.transactions]
        return (order.updated, events, len(order.notes), len(order.grants), len(order.fulfillments))


def product(row: dict[str, Any]) -> Product:
    return Product(row["seller_sku"], row["barcode"], row["product_name"], Decimal(row["price"]))


@pytest.fixture(autouse=True)
def _django_db_marker() -> None:
    """In pytest-django's place: one database for the module instead of one for each test."""


@pytest.fixture(scope="module")
def stage(django_db_setup: None, django_db_blocker: Any) -> Iterator[Stage]:
    with (
        django_db_blocker.unblock(),
        shop() as tiktok,
        SaleorSandbox() as saleor,
    ):
        add_channel(saleor, tiktok)
        with deployed(tiktok, SALEOR_API_URL=saleor.url, SALEOR_APP_TOKEN=saleor.token) as url:
            yield opened(Stage(tiktok, Sandbox(saleor), url))
        call_command("flush", verbosity=0, interactive=False)


def add_channel(saleor: SaleorSandbox, tiktok: TikTokSandbox) -> None:
    products = [product(row) for row in tiktok.catalog() if row["linked"]]
    saleor.add_channel(CHANNEL, "USD", "US", products)
