"""The generated histories of shops on a real Saleor: its own stock, its own states, its hooks."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.sites.models import Site
from django.test import override_settings
from saleor.account.models import Group, User
from saleor.channel.models import Channel
from saleor.core.jwt import create_access_token
from saleor.order.models import Order
from saleor.permission.models import Permission
from saleor.plugins.models import PluginConfiguration
from saleor.product.models import ProductVariant, ProductVariantChannelListing
from saleor.site.models import SiteSettings
from saleor.warehouse.models import Stock, Warehouse

from saleor_tiktok_stripe.inbox import doors
from saleor_tiktok_stripe.jobs import kinds
from saleor_tiktok_stripe.saleor_api import get_saleor, writer
from saleor_tiktok_stripe.saleor_api.ids import global_id
from saleor_tiktok_stripe.saleor_api.in_process.app import ensure_app
from saleor_tiktok_stripe.sandbox.demo import saleor_shop
from tests.property.both_ways_books import differences
from tests.property.both_ways_doors import direct_tiktok, more_points, own_time
from tests.property.both_ways_histories import BothWays
from tests.property.both_ways_parts import a_world
from tests.property.both_ways_stage import (
    QUANTITY,
    BothWaysStage,
    Level,
    Refused,
    World,
    a_tiktok,
    connect_shop,
    noting_arrivals,
)
from tests.property.payment_doors import one_clock, points
from tests.property.payment_stage import PUBLIC_URL
from tests.support.shop import CHANNEL

from .payments import GATEWAY, OPERATIONS, send

HISTORIES = int(os.environ.get("TIKTOK_STRIPE_SALEOR_BOTH_WAYS_HISTORIES", "60"))
SIDE_BY_SIDE = 20
ONLY = os.environ.get("TIKTOK_STRIPE_BOTH_WAYS_SEED")
SEEDS = [int(ONLY)] if ONLY else list(range(HISTORIES // SIDE_BY_SIDE))
PERMISSIONS = ("manage_orders", "handle_payments", "manage_products")


class RealSaleor:
    """Saleor's GraphQL API as the Dashboard uses it."""

    def __init__(self) -> None:
        self.stage: BothWaysStage | None = None
        self._user = User.objects.create(email="both@example.com", is_staff=True, is_active=True)
        group = Group.objects.create(name="both", restricted_access_to_channels=False)
        group.permissions.add(*Permission.objects.filter(codename__in=PERMISSIONS))
        self._user.groups.add(group)

    def staff(self, name: str, **variables: Any) -> dict[str, Any]:
        payload = self._run(name, **variables)
        if payload["errors"]:
            raise Refused(f"{name}: {payload['errors'][0]['message']}")
        return payload

    def order(self, name: str, saleor_id: str) -> dict[str, Any]:
        return self._run(name, id=saleor_id)

    def level(self, sku: str) -> Level:
        stock = Stock.objects.get(product_variant__sku=sku)
        return Level(stock.quantity, stock.quantity_allocated)

    def has(self, external_reference: str) -> bool:
        return Order.objects.filter(external_reference=external_reference).exists()

    def set_stock(self, sku: str, stocks: list[dict[str, Any]]) -> None:
        variant = global_id("ProductVariant", ProductVariant.objects.get(sku=sku).pk)
        self.staff("productVariantStocksUpdate", variantId=variant, stocks=stocks)

    def set_price(self, sku: str, price: Decimal) -> None:
        rows = ProductVariantChannelListing.objects.filter(variant__sku=sku, channel__slug=CHANNEL)
        rows.update(price_amount=price, discounted_price_amount=price)

    def bring(self) -> None:
        """Saleor asks us within its mutation."""

    def trouble(self, kind: str) -> None:
        """Nothing is between us and Saleor."""

    @property
    def warehouse(self) -> str:
        return global_id("Warehouse", Warehouse.objects.get().pk)

    def _run(self, name: str, **variables: Any) -> dict[str, Any]:
        text = (OPERATIONS / f"staff/{name}.graphql").read_text("utf-8")
        if self.stage is not None:
            self.stage.serving = True
        try:
            said = send(text, create_access_token(self._user), **variables)
        finally:
            if self.stage is not None:
                self.stage.serving = False
        assert "errors" not in said, said
        [payload] = said["data"].values()
        return dict(payload)


@contextmanager
def saleor_stage(seed: int, world: World) -> Iterator[BothWaysStage]:
    """A shop in a real Saleor with this app as its plugin."""
    with ExitStack() as stack:
        stack.enter_context(one_clock(seed))
        stack.enter_context(own_time(datetime.now(UTC)))
        tiktok = stack.enter_context(a_tiktok(seed, world, sockets=False))
        settings = {
            "TIKTOK_STRIPE_SANDBOX": "1",
            "TIKTOK_STRIPE_PUBLIC_URL": PUBLIC_URL,
            "TIKTOK_STRIPE_TIKTOK_API_URL": tiktok.base_url,
            "TIKTOK_STRIPE_TIKTOK_AUTH_URL": tiktok.auth_url,
        }
        stack.enter_context(override_settings(**settings))
        stack.enter_context(writer())
        get_saleor.cache_clear()
        kinds.register_all()
        doors.forget()
        site, _ = Site.objects.get_or_create(pk=django_settings.SITE_ID)
        SiteSettings.objects.get_or_create(site=site)  # gone after a truncating test
        linked = [one for one in tiktok.catalog() if one["linked"]]
        saleor_shop.make(CHANNEL, linked, stock=QUANTITY, shipping=Decimal("4.90"))
        ensure_app()
        PluginConfiguration.objects.update_or_create(
            identifier=GATEWAY,
            channel=Channel.objects.get(slug=CHANNEL),
            defaults={"active": True, "name": "TikTok Shop with Stripe", "configuration": []},
        )
        stack.enter_context(direct_tiktok(tiktok, sockets=False))
        saleor = RealSaleor()
        connection = connect_shop(tiktok, world)
        stage = BothWaysStage(world, tiktok, saleor, connection, None)
        stage.spares_marketplace_goods = True
        saleor.stage = stage
        stack.enter_context(noting_arrivals(stage))
        yield stage


@pytest.mark.timeout(900)
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("seed", SEEDS)
def test_all_sides_agree_on_a_real_saleor(seed: int, caplog: pytest.LogCaptureFixture):
    caplog.set_level("CRITICAL")
    rng = Random(f"saleor-both-ways-{seed}")
    with saleor_stage(seed, a_world(rng, "US")) as stage:
        histories = BothWays(stage, rng, SIDE_BY_SIDE)
        with points(histories.point), more_points(histories.point):
            histories.live()
        histories.settle()

        problems = differences(histories)
    story = [*histories.general, *histories.story(" ".join(problems))] if problems else []
    assert problems == [], "\n".join([*problems, *story])
