"""The scenarios on a real Saleor, with this app as plugin: its settings form, its addresses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests
from django.conf import settings as django_settings
from django.contrib.sites.models import Site
from django.core.management import call_command
from django.db import connections
from django.db.models import Sum
from saleor.account.models import Group, User
from saleor.channel.models import Channel
from saleor.core.jwt import create_access_token
from saleor.order.models import Order, OrderEvent
from saleor.payment.models import TransactionEvent
from saleor.permission.models import Permission
from saleor.product.models import ProductType
from saleor.site.models import SiteSettings
from saleor.warehouse.models import Allocation, Stock, Warehouse

from saleor_tiktok_stripe import conf
from saleor_tiktok_stripe.saleor_api.in_process.ids import global_id
from saleor_tiktok_stripe.sandbox.demo import saleor_shop
from tests.e2e.scenarios_orders import *  # noqa: F403
from tests.e2e.scenarios_shop import *  # noqa: F403
from tests.e2e.stage import Level, Stage, deployed, opened, shop
from tests.support.shop import CHANNEL

pytestmark = pytest.mark.django_db(transaction=True)
QUANTITY = 1000
SAVE = """
mutation ($id: ID!, $channel: ID, $input: PluginUpdateInput!) {
  pluginUpdate(id: $id, channelId: $channel, input: $input) {
    plugin { channelConfigurations { active channel { slug } configuration { name value } } }
    errors { field message }
  }
}
"""


class RealSaleor:
    """Saleor's own tables, and its API as the Dashboard uses it."""

    allocates = True
    can_leave_stock_alone = True

    def __init__(self, url: str) -> None:
        self.url = url
        self._token = staff_token()

    def save_settings(self, **fields: str) -> dict[str, str]:
        values = [{"name": name, "value": value} for name, value in fields.items()]
        channel = global_id("Channel", Channel.objects.get(slug=CHANNEL).pk)
        answer = requests.post(
            f"{self.url}/graphql/",
            json={
                "query": SAVE,
                "variables": {
                    "id": conf.PLUGIN_ID,
                    "channel": channel,
                    "input": {"active": True, "configuration": values},
                },
            },
            headers={"Authorization": f"Bearer {self._token}"},
            timeout=60,
        ).json()
        assert "errors" not in answer, answer
        saved = answer["data"]["pluginUpdate"]
        assert saved["errors"] == []
        [form] = saved["plugin"]["channelConfigurations"]
        return {row["name"]: row["value"] for row in form["configuration"]}

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


def staff_token() -> str:
    user = User.objects.create(email="merchant@example.com", is_staff=True, is_active=True)
    group = Group.objects.create(name="Plugins", restricted_access_to_channels=False)
    group.permissions.add(Permission.objects.get(codename="manage_plugins"))
    user.groups.add(group)
    return create_access_token(user)


@contextmanager
def one_database() -> Iterator[None]:
    """Saleor reads from its replica; the server's threads would look for it outside the test."""
    replica = connections.settings["replica"]
    usual = replica["NAME"]
    replica["NAME"] = connections.settings["default"]["NAME"]
    yield
    replica["NAME"] = usual


@pytest.fixture(autouse=True)
def _django_db_marker() -> None:
    """In pytest-django's place: one database for the module instead of one for each test."""


@pytest.fixture(scope="module")
def stage(django_db_setup: None, django_db_blocker: Any) -> Iterator[Stage]:
    with django_db_blocker.unblock(), one_database(), shop() as tiktok:
        site, _ = Site.objects.get_or_create(pk=django_settings.SITE_ID)
        SiteSettings.objects.get_or_create(site=site)  # gone after a truncating test
        skus = [row for row in tiktok.catalog() if row["linked"]]
        saleor_shop.make(CHANNEL, skus, QUANTITY)
        with deployed(tiktok) as url:
            yield opened(Stage(tiktok, RealSaleor(url), url))
        call_command("flush", verbosity=0, interactive=False)
