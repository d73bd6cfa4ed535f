"""A connected shop: the sandbox TikTok Shop, the sandbox Saleor and a connection between them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.test import override_settings

from saleor_tiktok_stripe import accounts, jobs
from saleor_tiktok_stripe.accounts.tiktok import vendor
from saleor_tiktok_stripe.accounts.tiktok.credentials import App
from saleor_tiktok_stripe.inbox import doors
from saleor_tiktok_stripe.jobs import kinds
from saleor_tiktok_stripe.models import Connection, ConnectionState, Job, OrderLink
from saleor_tiktok_stripe.saleor_api import get_saleor
from saleor_tiktok_stripe.sandbox.saleor import Product, SaleorSandbox
from saleor_tiktok_stripe.sandbox.tiktok import TikTokSandbox
from saleor_tiktok_stripe.tiktok import client as client_module
from saleor_tiktok_stripe.tiktok.client import TikTokClient
from saleor_tiktok_stripe.transport import Rate

from .factories import make_connection

CHANNEL = "tiktok-us"


@dataclass
class ConnectedShop:
    """Both sides and the connection; ``work()`` runs what is due."""

    tiktok: TikTokSandbox
    saleor: SaleorSandbox
    connection: Connection

    @property
    def client(self) -> TikTokClient:
        return accounts.client(self.connection)

    def work(self, *, rounds: int = 50) -> int:
        """Run all due jobs; how many were handled."""
        handled = 0
        for _ in range(rounds):
            report = jobs.work(deadline_seconds=60)
            handled += report.handled
            if not report.more and not report.handled:
                return handled
        raise AssertionError("the jobs do not end")

    def run_all(self) -> None:
        """Run also what waits for a later time, as if that time had come."""
        Job.objects.filter(status="queued").update(run_after=datetime.now(UTC))
        self.work()

    def sync(self, *order_ids: str) -> None:
        """As if notifications about these orders had come in."""
        jobs.enqueue_many("order.sync", self.connection, order_ids)
        self.work()

    def link(self, order_id: str) -> OrderLink:
        return OrderLink.objects.get(connection=self.connection, order_id=order_id)

    def saleor_order(self, order_id: str) -> Any:
        """The order as the sandbox Saleor keeps it."""
        return self.saleor.order(f"tiktok:{order_id}")

    def read(self, order_id: str) -> Any:
        """The order as our own interface reads it."""
        saleor_id = self.link(order_id).saleor_order_id
        return get_saleor().orders([saleor_id])[saleor_id]

    def job(self, order_id: str) -> Job:
        return Job.objects.filter(kind="order.sync", subject=order_id).latest("id")

    def set_policy(self, **values: Any) -> None:
        self.connection.policy = {**self.connection.policy, **values}
        self.connection.save(update_fields=["policy"])


@contextmanager
def connected_shop(
    *, region: str = "US", quantity: int = 100_000, **options: Any
) -> Iterator[ConnectedShop]:
    """A shop of ``options`` (see ``SandboxOptions``) whose catalog Saleor has too."""
    options = {"orders": 0, "rate_limit": 10_000, "rate_burst": 10_000} | options
    with TikTokSandbox(regions=(region,), **options) as tiktok, SaleorSandbox() as saleor:
        found = tiktok.credentials
        products = [
            Product(sku=one["seller_sku"], barcode=one["barcode"], name=one["product_name"],
                    price=Decimal(one["price"]))
            for one in tiktok.catalog()
            if one["linked"]
        ]  # fmt: skip
        saleor.add_channel(CHANNEL, found["currency"], region, products, quantity=quantity)
        settings = {
            "TIKTOK_STRIPE_SANDBOX": "1",
            "TIKTOK_STRIPE_TIKTOK_API_URL": tiktok.base_url,
            "TIKTOK_STRIPE_TIKTOK_AUTH_URL": tiktok.auth_url,
            "SALEOR_API_URL": saleor.url,
            "SALEOR_APP_TOKEN": saleor.token,
        }
        with override_settings(**settings), without_limits():
            get_saleor.cache_clear()
            kinds.register_all()
            doors.forget()  # a connection of the test before
            yield ConnectedShop(tiktok, saleor, connect(found))
            get_saleor.cache_clear()


@contextmanager
def without_limits() -> Iterator[None]:
    """Calls as fast as the sandbox answers: the limits are those of the real TikTok."""
    usual = client_module.RATES
    client_module.RATES = {group: Rate(100_000) for group in usual}
    vendor._door.cache_clear()
    yield
    client_module.RATES = usual
    vendor._door.cache_clear()


def connect(found: dict[str, str]) -> Connection:
    app = App(found["app_key"], found["app_secret"], found["service_id"], "ROW")
    tokens = vendor.exchange(app, found["auth_code"])
    return make_connection(
        CHANNEL,
        state=ConnectionState.ACTIVE,
        shop_id=found["shop_id"],
        account_handle=found["shop_cipher"],
        region=found["region"],
        credentials={
            "app_key": app.app_key,
            "app_secret": app.app_secret,
            "service_id": app.service_id,
            "region_group": app.region_group,
            "access_token": tokens.access_token,
            "refresh_token": tokens.refresh_token,
            "open_id": tokens.open_id,
        },
        access_expires_at=datetime.now(UTC) + timedelta(days=7),
    )
