"""A merchant's shop at the sandbox TikTok and a Saleor, whichever: what the scenarios act on.

One stage serves all scenarios of a module, as one shop serves a merchant for years: each scenario
buys a product of its own, so that what it says about stock is exact.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, NamedTuple, Protocol

import requests
from django.test import override_settings

from saleor_tiktok_stripe import accounts, inbox, jobs
from saleor_tiktok_stripe.jobs import kinds
from saleor_tiktok_stripe.models import Connection, InboundEvent, Job, OrderLink, Vendor
from saleor_tiktok_stripe.saleor_api import get_saleor, writer
from saleor_tiktok_stripe.saleor_api.types import SaleorOrder
from saleor_tiktok_stripe.sandbox.tiktok import TikTokSandbox
from tests.support.serving import served
from tests.support.shop import CHANNEL, without_limits

HISTORY = 120
PREFIX = f"/plugins/channel/{CHANNEL}/saleor.tiktok_stripe/"
SETTINGS_SINCE = {"import_from": "2021-01-01"}


class Level(NamedTuple):
    """Of one SKU in the channel's warehouse."""

    quantity: int
    allocated: int


class Side(Protocol):
    """What differs between a sandbox Saleor and a real one. Over HTTP Saleor has no way to set
    stock aside for an import, nor to ship without taking from it (docs/reference/sidecar.md)."""

    allocates: bool
    can_leave_stock_alone: bool

    def save_settings(self, **fields: str) -> dict[str, str]:
        """Save the plugin's form of the channel as its host does; what it shows then."""

    def stock(self, sku: str) -> Level: ...

    def set_stock(self, sku: str, quantity: int) -> None: ...

    def add_variant(self, row: dict[str, Any]) -> None: ...

    def orders_of(self, order_id: str) -> int:
        """How many Saleor orders there are of a TikTok order."""

    def activity(self, order_id: str) -> tuple[Any, ...]:
        """Moves with every write to the order: its time of change, counts of its events."""


@dataclass
class Stage:
    """``url``: this app, where TikTok delivers to. ``region_group``: US, or ROW elsewhere."""

    tiktok: TikTokSandbox
    side: Side
    url: str
    region_group: str = "US"
    _skus: Iterator[dict[str, Any]] = field(init=False)

    def __post_init__(self) -> None:
        rows = self.tiktok.catalog()[:-1]  # the last one is a bundle
        self._skus = iter([row for row in rows if row["linked"]])
        self._unlinked = iter([row for row in rows if not row["linked"] and row["seller_sku"]])

    @property
    def connection(self) -> Connection:
        return Connection.objects.get(vendor=Vendor.TIKTOK, channel_slug=CHANNEL)

    # --- what the merchant does ---------------------------------------------------------------

    def connect(self) -> requests.Response:
        """Save what Partner Center shows, open the connect link and approve; the last page."""
        app = self.tiktok.credentials
        shown = self.side.save_settings(
            app_key=app["app_key"],
            app_secret=app["app_secret"],
            service_id=app["service_id"],
            region_group=self.region_group,
            **SETTINGS_SINCE,
        )
        return requests.get(shown["connect_link"], timeout=30)

    def reconnect(self) -> requests.Response:
        return requests.get(self.side.save_settings()["connect_link"], timeout=30)

    @contextmanager
    def settings(self, **fields: str) -> Iterator[None]:
        """Other choices in the form, and back."""
        self.side.save_settings(**fields)
        yield
        self.side.save_settings(hold_policy="wait", unlinked_policy="park")

    # --- what happens at TikTok ---------------------------------------------------------------

    def sku(self) -> dict[str, Any]:
        """A product that no other scenario buys from now on."""
        return next(self._skus)

    def unlinked_sku(self) -> dict[str, Any]:
        return next(self._unlinked)

    def place(
        self,
        sku: dict[str, Any],
        units: int = 1,
        status: str = "AWAITING_SHIPMENT",
        *,
        free: bool = False,
        **changes: Any,
    ) -> str:
        """An order of ``units`` at the prices of ``_price``, walked to ``status``. ``changes`` are
        set on the sandbox's own order before it is paid."""
        order_id = self.tiktok.create_order([(sku["sku_id"], units)], shipping_type="SELLER")
        with self.tiktok.world.lock:
            order = self.tiktok.world.shop().find(order_id)
            _price(order, free=free)
            for name, value in changes.items():
                setattr(order, name, value)
        if status != "UNPAID":
            self.tiktok.walk_to(order_id, status)
        return order_id

    def lines(self, order_id: str) -> list[str]:
        return [line["id"] for line in self.tiktok.order(order_id)["line_items"]]

    def announce(self, order_id: str) -> None:
        """An event about an order to which nothing happened."""
        data = {"order_id": order_id, "order_status": self.tiktok.order(order_id)["status"]}
        self.tiktok.world.outbox.emit(
            self.connection.account_id, "ORDER_STATUS_CHANGE", data | {"update_time": 0}
        )

    # --- what comes of it ---------------------------------------------------------------------

    def news(self) -> None:
        """TikTok delivers its notifications over HTTP; the workers do what is due."""
        before = len(self.tiktok.webhook_log())
        self.tiktok.deliver_due()
        assert {one["answer"] for one in self.tiktok.webhook_log()[before:]} <= {200}
        self.work()

    def work(self) -> None:
        """Run what is due, also what was put off for a moment (calls are rationed)."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            report = jobs.work(deadline_seconds=60)
            if not report.handled and not report.more and not self._put_off():
                return
            if not report.handled:
                time.sleep(0.02)
        raise AssertionError("the jobs do not end")

    def _put_off(self) -> bool:
        soon = jobs.clock.now() + timedelta(seconds=5)
        waiting = Job.objects.filter(status="queued", run_after__lte=soon)
        return waiting.filter(connection__state="active").exists()

    def read(self, order_id: str) -> SaleorOrder:
        saleor_id = self.link(order_id).saleor_order_id
        return get_saleor().orders([saleor_id])[saleor_id]

    def link(self, order_id: str) -> OrderLink:
        return OrderLink.objects.get(connection=self.connection, order_id=order_id)

    def imported(self, order_id: str) -> bool:
        known = OrderLink.objects.filter(order_id=order_id).count()
        assert self.side.orders_of(order_id) == known
        return bool(known)

    def job(self, order_id: str) -> Job:
        return Job.objects.filter(kind="order.sync", subject=order_id).latest("id")

    def events(self, order_id: str) -> int:
        return InboundEvent.objects.filter(subject=order_id).count()

    def allocated(self, units: int) -> int:
        """As many as this host sets aside: over HTTP Saleor has no way to."""
        return units if self.side.allocates else 0


def _price(order: Any, *, free: bool) -> None:
    """Per unit: list 20.00, seller's discount 2.00, platform's 1.00, so 17.00 and 8 % tax on top.
    Shipping 5.00, of which the platform pays 2.00, and its tax 0.24. A fee of 0.50 for a small
    order. ``free``: all of it nothing."""
    money = itertools.repeat(0) if free else iter([2000, 200, 100, 136, 800])
    original, seller, platform, tax, rate = itertools.islice(money, 5)
    for line in order.lines:
        line.original, line.seller_discount, line.platform_discount = original, seller, platform
        line.tax, line.tax_rate, line.gift = tax, rate, False
        line.retail_delivery_fee = line.buyer_service_fee = line.pfand = line.small_order_fee = 0
    order.lines[0].small_order_fee = 0 if free else 50
    order.shipping_original, order.shipping_tax = (0, 0) if free else (500, 24)
    order.shipping_seller_discount, order.shipping_platform_discount = 0, 0 if free else 200
    order.handling_fee = order.shipping_insurance = order.item_insurance = 0
    order.payment_discount = 0
    order.sample, order.order_type = free, "NORMAL"
    order.platform_fulfilled = order.cash_on_delivery = False


@contextmanager
def deployed(tiktok: TikTokSandbox, **settings: Any) -> Iterator[str]:
    """This app, configured to use that TikTok; its address."""
    with served() as url:
        tiktok.configure(redirect_url=f"{url}{PREFIX}oauth/tiktok/", auto_approve=True)
        values = {
            "TIKTOK_STRIPE_SANDBOX": "1",
            "TIKTOK_STRIPE_TIKTOK_API_URL": tiktok.base_url,
            "TIKTOK_STRIPE_TIKTOK_AUTH_URL": tiktok.auth_url,
            "TIKTOK_STRIPE_TIKTOK_CONSENT_URL": tiktok.auth_url,
            "TIKTOK_STRIPE_PUBLIC_URL": url,
        }
        with override_settings(**values | settings), without_limits(), writer():
            get_saleor.cache_clear()
            inbox.forget()
            kinds.register_all()
            yield url
        get_saleor.cache_clear()
        inbox.forget()


def shop(**options: Any) -> TikTokSandbox:
    """The TikTok of a stage: a shop with a past and a large catalog."""
    return TikTokSandbox(
        **{
            "orders": HISTORY,
            "seed": 11,
            "products": 40,
            "unlinked_share": 0.08,
            "rate_limit": 10_000,
            "rate_burst": 10_000,
        }
        | options
    )


def opened(stage: Stage) -> Stage:
    """Connected, the shop's history imported: how every scenario finds it."""
    page = stage.connect()
    assert page.status_code == 200, page.text
    assert accounts.connection_or_none(CHANNEL) is not None
    stage.work()
    return stage
