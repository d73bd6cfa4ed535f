"""The scenarios both ways on the sandbox Saleor, with this app as sidecar."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.test import override_settings

from saleor_tiktok_stripe import conf
from saleor_tiktok_stripe.saleor_api.over_http.requests import subscriptions
from saleor_tiktok_stripe.sandbox.saleor import SaleorSandbox
from tests.support.shop import CHANNEL
from tests.support.singles import join_singles

from .scenarios_both_ways import *  # noqa: F403
from .scenarios_both_ways_money import *  # noqa: F403
from .stage import Stage, deployed, opened, shop
from .test_sandbox import Sandbox, product
from .trade import Trade, group

pytestmark = pytest.mark.django_db(transaction=True)
SECRET = "a secret of saleor and the app"


class TradingSandbox(Sandbox):
    """The same with its staff, and the refunds that they ask for."""

    hooks = False

    def __init__(self, saleor: SaleorSandbox) -> None:
        super().__init__(saleor)
        self.api, self.staff_token = saleor.url, saleor.staff_token

    def wait(self) -> None:
        assert self.saleor.courier.wait_idle(60)
        join_singles()

    def set_price(self, sku: str, price: Decimal) -> None:
        self.saleor.set_price(CHANNEL, sku, price)


@contextmanager
def trading(region: str) -> Iterator[Trade]:
    """A new shop of a market, connected; the database is emptied afterwards."""
    with (
        shop(orders=0, products=20, regions=(region,)) as tiktok,
        SaleorSandbox() as saleor,
        override_settings(SALEOR_WEBHOOK_SECRET=SECRET),
    ):
        saleor.courier.first_pause = 0.05
        products = [product(row) for row in tiktok.catalog() if row["linked"]]
        saleor.add_channel(CHANNEL, tiktok.credentials["currency"], region, products)
        with deployed(tiktok, SALEOR_API_URL=saleor.url, SALEOR_APP_TOKEN=saleor.token) as url:
            address = conf.channel_url(CHANNEL, "webhooks/saleor/")
            saleor.add_webhooks(address, SECRET, subscriptions())
            side = TradingSandbox(saleor)
            made = Trade(opened(Stage(tiktok, side, url, group(region))), side)
            made.settle()
            yield made
        call_command("flush", verbosity=0, interactive=False)


@pytest.fixture(autouse=True)
def _django_db_marker() -> None:
    """In pytest-django's place: one database for the module instead of one for each test."""


@pytest.fixture(scope="module")
def trade(django_db_setup: None, django_db_blocker: Any) -> Iterator[Trade]:
    with django_db_blocker.unblock(), trading("US") as made:
        yield made
