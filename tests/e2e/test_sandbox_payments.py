"""The payment scenarios on the sandbox Saleor, with this app as sidecar and payment app."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction
from django.test import override_settings

from saleor_tiktok_stripe import conf
from saleor_tiktok_stripe.accounts import form
from saleor_tiktok_stripe.saleor_api.over_http.requests import subscriptions
from saleor_tiktok_stripe.sandbox.saleor import Product, SaleorSandbox
from tests.support.singles import join_singles

from .counter import LATER, NOW, Counter, charging, opened
from .scenarios_aftersales import *  # noqa: F403
from .scenarios_payments import *  # noqa: F403
from .scenarios_trouble import *  # noqa: F403
from .stage import Level

pytestmark = pytest.mark.django_db(transaction=True)
SECRET = "a secret of saleor and the app"


class Sandbox:
    """A sandbox Saleor; this app is told its settings as the console will."""

    def __init__(self, saleor: SaleorSandbox) -> None:
        self.saleor, self.api, self.staff_token = saleor, saleor.url, saleor.staff_token
        fresh: dict[str, Any] = {field.name: field.default for field in form.FIELDS}
        self._values = {LATER: dict(fresh), NOW: dict(fresh)}

    def save_settings(self, channel: str, **fields: str) -> dict[str, str]:
        values = self._values[channel] | fields
        asked = form.ask_first(channel, values, active=True)
        with transaction.atomic():
            kept = form.save(channel, values, active=True, asked=asked)
        self._values[channel] = values | kept
        return form.outputs(channel, "staff:1")

    def variant(self, channel: str) -> str:
        return self.saleor.state.by_sku["PEN"].id

    def level(self, channel: str) -> Level:
        stock = self.saleor.state.stock("default", "PEN")
        return Level(stock.quantity, stock.allocated)

    def wait(self) -> None:
        assert self.saleor.courier.wait_idle(60)
        join_singles()


@pytest.fixture(autouse=True)
def _django_db_marker() -> None:
    """In pytest-django's place: one database for the module instead of one for each test."""


@pytest.fixture(scope="module")
def counter(django_db_setup: None, django_db_blocker: Any) -> Iterator[Counter]:
    with django_db_blocker.unblock(), SaleorSandbox() as saleor:
        saleor.courier.first_pause = 0.05
        pen = Product("PEN", "", "Pen", Decimal("10.00"))
        for channel, flow in ((LATER, "AUTHORIZATION"), (NOW, "CHARGE")):
            saleor.add_channel(
                channel, "USD", "US", [pen], shipping_price=Decimal("5.00"), flow=flow
            )
        settings = {"SALEOR_API_URL": saleor.url, "SALEOR_APP_TOKEN": saleor.token}
        with (
            override_settings(SALEOR_WEBHOOK_SECRET=SECRET),
            charging(**settings) as (stripe, url),
        ):
            saleor.add_webhooks(
                conf.channel_url(LATER, "webhooks/saleor/"), SECRET, subscriptions()
            )
            yield opened(Counter(stripe.control, Sandbox(saleor), url))
        call_command("flush", verbosity=0, interactive=False)
