"""Where made-up shops live: a sandbox TikTok, Stripe and Saleor of their own for some twenty orders
side by side, reached without sockets, and one clock that only the history moves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any, Protocol
from unittest.mock import patch

from django.apps import apps
from django.db import connection as database
from django.test import override_settings

from saleor_tiktok_stripe import inbox, jobs
from saleor_tiktok_stripe.inbox import doors
from saleor_tiktok_stripe.jobs import clock, kinds
from saleor_tiktok_stripe.models import Connection, Job, OrderLink, Vendor
from saleor_tiktok_stripe.saleor_api import get_saleor
from saleor_tiktok_stripe.sandbox.saleor import Product, SaleorSandbox
from saleor_tiktok_stripe.sandbox.saleor.records import Hook
from saleor_tiktok_stripe.sandbox.stripe.sandbox import StripeSandbox
from saleor_tiktok_stripe.sandbox.tiktok import TikTokSandbox
from tests.support.factories import make_connection

from .both_ways_attempts import Attempts
from .both_ways_doors import direct_tiktok, own_time, without_threads
from .payment_doors import Killed, direct_saleor, direct_stripe, one_clock
from .payment_stage import (
    CHANNEL,
    PUBLIC_URL,
    SECRET,
    Courier,
    SandboxStage,
    _subscriptions,
    connected,
    unserved,
)

PEN = "PEN"
"""Sold by Saleor's storefront only."""
QUANTITY = 12
"""Pieces of each SKU at the beginning."""
YEARS = 10 * 365 * 86_400


class Refused(Exception):
    """Saleor did not do what staff asked."""


@dataclass(frozen=True)
class Level:
    """Pieces of a variant in Saleor."""

    quantity: int
    allocated: int


@dataclass(frozen=True)
class World:
    """What kind of shop: its market, and the merchant's choices."""

    region: str
    policy: Mapping[str, Any] = field(default_factory=dict)
    stripe: bool = True
    newer_events: bool = True


class Saleor(Protocol):
    """Staff's door to Saleor, a sandbox one or a real one."""

    def staff(self, name: str, **variables: Any) -> dict[str, Any]:
        """Run ``graphql/staff/<name>``; the payload. Raises ``Refused``."""

    def order(self, name: str, saleor_id: str) -> dict[str, Any]:
        """Run the query ``graphql/staff/<name>`` about an order."""

    def level(self, sku: str) -> Level: ...

    def has(self, external_reference: str) -> bool:
        """Whether such an order is there."""

    def set_stock(self, sku: str, stocks: list[dict[str, Any]]) -> None:
        """Staff count."""

    def set_price(self, sku: str, price: Decimal) -> None: ...

    def bring(self) -> None:
        """What Saleor has to tell us reaches us."""

    def trouble(self, kind: str) -> None:
        """Our next call goes astray: ``busy`` or ``lost``."""

    @property
    def warehouse(self) -> str: ...


@dataclass
class SandboxSaleor:
    """The sandbox one."""

    stage: SandboxStage

    def staff(self, name: str, **variables: Any) -> dict[str, Any]:
        payload = self.stage._staff(f"staff/{name}", **variables)
        if payload["errors"]:
            raise Refused(f"{name}: {payload['errors'][0]['message']}")
        return payload

    def order(self, name: str, saleor_id: str) -> dict[str, Any]:
        found = self.stage._staff(f"staff/{name}", id=saleor_id)
        return found

    def level(self, sku: str) -> Level:
        stock = self.stage.saleor.state.stock("default", sku)
        return Level(stock.quantity, stock.allocated)

    def has(self, external_reference: str) -> bool:
        return external_reference in self.stage.saleor.state.order_references

    def set_stock(self, sku: str, stocks: list[dict[str, Any]]) -> None:
        variant = self.stage.saleor.state.by_sku[sku].id
        self.staff("productVariantStocksUpdate", variantId=variant, stocks=stocks)

    def set_price(self, sku: str, price: Decimal) -> None:
        self.stage.saleor.set_price(CHANNEL, sku, price)

    def bring(self) -> None:
        self.stage.bring()

    def trouble(self, kind: str) -> None:
        self.stage.trouble(kind)

    @property
    def warehouse(self) -> str:
        return self.stage.saleor.state.warehouse("default").id


@dataclass
class BothWaysStage:
    """One shop. ``came_shipped``: by reference of the order, its units by SKU that had been shipped
    before it came in: they touch no stock in Saleor."""

    world: World
    tiktok: TikTokSandbox
    saleor: Saleor
    connection: Connection
    payments: SandboxStage | None
    came_shipped: dict[str, Counter[str]] = field(default_factory=dict)
    _ids: dict[str, str] = field(default_factory=dict)
    attempts: Attempts | None = None
    serving = False
    spares_marketplace_goods = False
    """Whether what TikTok ships from its own warehouse touches no stock in Saleor; over HTTP it
    cannot be told so."""

    # --- time and work

    def turn(self, seconds: float) -> None:
        """It gets later for everybody; deadlines that pass have their effect."""
        clock._ahead += timedelta(seconds=seconds)
        with self.tiktok.world.lock:
            self.tiktok.life.pass_time()
        if self.payments is not None:
            self.payments.control.turn(int(seconds))

    def work(self, limit: int = 10_000) -> None:
        """Workers run what is due; one may die."""
        with suppress(Killed):
            jobs.work(limit=limit)

    def ask(self, *names: str) -> None:
        """Jobs of these kinds, of every connection that has them."""
        for name in names:
            jobs.enqueue(name, self.connection)

    def run_all(self) -> None:
        """Also what waits for a later time."""
        for _ in range(20):
            self.work()
            waiting = Job.objects.filter(status="queued")
            if not waiting.update(run_after=clock.now()):
                return

    # --- news

    def news(self) -> list[tuple[bytes, str]]:
        """Notifications that TikTok sends now."""
        outbox = self.tiktok.world.outbox
        now = self.tiktok.world.clock.now()
        due = [one for one in outbox.queue if one.due <= now]
        outbox.queue = [one for one in outbox.queue if one.due > now]
        return [(one.body, one.signature) for one in due]

    def notify(self, body: bytes, signature: str) -> None:
        """One of them arrives."""
        assert inbox.receive(Vendor.TIKTOK, CHANNEL, body, signature).status == 200

    # --- what is known

    def saleor_id(self, order_id: str) -> str:
        """Saleor's id of an order; "" while it is not there."""
        if order_id not in self._ids:
            rows = OrderLink.objects.filter(connection=self.connection)
            self._ids |= dict(rows.values_list("order_id", "saleor_order_id"))
        return self._ids.get(order_id, "")

    def skus(self) -> dict[str, str]:
        """Seller SKU by SKU id of what Saleor has too."""
        return {one["sku_id"]: one["seller_sku"] for one in self.tiktok.catalog() if one["linked"]}


@contextmanager
def open_stage(seed: int, world: World, *, sockets: bool = False) -> Iterator[BothWaysStage]:
    """Everything new; in the database only the tables are there before."""
    forget_all()
    with ExitStack() as stack:
        stack.enter_context(one_clock(seed))
        stack.enter_context(own_time())
        stack.enter_context(without_threads())
        tiktok = stack.enter_context(a_tiktok(seed, world, sockets=sockets))
        stripe = StripeSandbox(seed=seed, start_time=clock.now().timestamp(), clock_rate=0)
        stack.enter_context(stripe if sockets and world.stripe else unserved(stripe))
        saleor = _a_saleor(tiktok, world)
        settings = {
            **_addresses(tiktok, stripe),
            "SALEOR_API_URL": "http://127.0.0.1:9/graphql/",
            "SALEOR_APP_TOKEN": saleor.token,
            "SALEOR_WEBHOOK_SECRET": SECRET,
        }
        stack.enter_context(override_settings(**settings))
        kinds.register_all()
        doors.forget()
        attempts = stack.enter_context(direct_tiktok(tiktok, sockets=sockets))
        stack.enter_context(direct_stripe(stripe, sockets=sockets))
        door = stack.enter_context(direct_saleor(saleor))
        connection = connect_shop(tiktok, world)
        payments = connected(stripe.control) if world.stripe else connection
        till = SandboxStage(
            stripe.control, saleor, payments, Courier(Random(f"courier-{seed}")), door
        )
        made = BothWaysStage(
            world, tiktok, SandboxSaleor(till), connection, till if world.stripe else None
        )
        made.attempts = attempts
        stack.enter_context(noting_arrivals(made))
        yield made


@contextmanager
def a_tiktok(seed: int, world: World, *, sockets: bool) -> Iterator[TikTokSandbox]:
    """A small empty shop whose tokens do not end."""
    tiktok = TikTokSandbox(
        regions=(world.region,), orders=0, seed=seed + 1, products=4, clock_rate=0,
        rate_limit=10_000, rate_burst=1_000_000,
    )  # fmt: skip
    tiktok.controls.configure_tokens(access_life=YEARS, refresh_life=YEARS)
    tiktok.set_default_webhook(f"{PUBLIC_URL}/webhooks/tiktok/", newer_events=world.newer_events)
    with ExitStack() as stack:
        if sockets:
            stack.enter_context(tiktok)
        else:
            stack.callback(_close, tiktok)
        for sku in tiktok.catalog():
            tiktok.set_stock(sku["sku_id"], QUANTITY)
        tiktok.world.outbox.queue.clear()
        yield tiktok


def _close(tiktok: TikTokSandbox) -> None:
    for sock in tiktok._server._sockets:
        sock.close()


def _addresses(tiktok: TikTokSandbox, stripe: StripeSandbox) -> dict[str, str]:
    return {
        "TIKTOK_STRIPE_SANDBOX": "1",
        "TIKTOK_STRIPE_PUBLIC_URL": PUBLIC_URL,
        "TIKTOK_STRIPE_TIKTOK_API_URL": tiktok.base_url,
        "TIKTOK_STRIPE_TIKTOK_AUTH_URL": tiktok.auth_url,
        "TIKTOK_STRIPE_STRIPE_API_URL": stripe.base_url,
        "TIKTOK_STRIPE_STRIPE_FILES_URL": stripe.files_url,
    }


def _a_saleor(tiktok: TikTokSandbox, world: World) -> SaleorSandbox:
    saleor = SaleorSandbox()
    found = tiktok.credentials
    products = [
        Product(one["seller_sku"], one["barcode"], one["product_name"], Decimal(one["price"]))
        for one in tiktok.catalog()
        if one["linked"]
    ]
    saleor.add_channel(CHANNEL, found["currency"], world.region, products, quantity=QUANTITY)
    saleor.state.add_products(
        [Product(PEN, "", "Pen", Decimal(7))], channels=[CHANNEL], quantity=100_000
    )
    for number, (event, query) in enumerate(_subscriptions().items()):
        saleor.app.hooks[event] = Hook(1000 + number, event, "", SECRET, query)
    return saleor


def connect_shop(tiktok: TikTokSandbox, world: World) -> Connection:
    """The channel's shop, connected through the sandbox's own authority."""
    found = tiktok.credentials
    given = tiktok.world.authority.exchange(
        found["app_key"], found["app_secret"], found["auth_code"], "authorized_code"
    )
    ends = clock.now() + timedelta(seconds=YEARS)
    connection = make_connection(
        CHANNEL,
        shop_id=found["shop_id"],
        account_handle=found["shop_cipher"],
        region=found["region"],
        policy={
            "default_carrier": tiktok.world.shops[0].region.providers[0][1],
            **world.policy,
        },
        access_expires_at=ends,
        refresh_expires_at=ends,
        credentials={
            "app_key": found["app_key"],
            "app_secret": found["app_secret"],
            "service_id": found["service_id"],
            "region_group": "ROW",
            "access_token": given["access_token"],
            "refresh_token": given["refresh_token"],
            "open_id": given["open_id"],
        },
    )
    jobs.enqueue("catalog.refresh", connection)
    jobs.work()
    return connection


@contextmanager
def noting_arrivals(stage: BothWaysStage) -> Iterator[None]:
    """What is imported as shipped touches no stock: that is how it is meant, and noted."""
    owner = type(get_saleor())
    original = owner.create_orders

    def create_orders(self: Any, orders: Sequence[Any], record: Any) -> Any:
        new = [one for one in orders if not stage.saleor.has(one.external_reference)]
        try:
            return original(self, orders, record)
        finally:
            for one in new:
                if stage.saleor.has(one.external_reference):
                    stage.came_shipped[one.external_reference] = _shipped(one)

    with patch.object(owner, "create_orders", create_orders):
        yield


def _shipped(order: Any) -> Counter[str]:
    skus = {line.key: line.sku for line in order.lines}
    found: Counter[str] = Counter()
    for package in order.fulfillments:
        back = package.metadata.get("tiktok.return_id")
        for key, units in package.quantities.items():
            found[skus[key]] += units if back or not package.returned else 0
    return found


def forget_all() -> None:
    """A database like a new one: where earlier rows had lain, and their numbers, would order some
    of a shop's rows, and make another history of its seed."""
    models = apps.get_app_config("saleor_tiktok_stripe").get_models()
    names = ", ".join(f'"{model._meta.db_table}"' for model in models)
    with database.cursor() as cursor:
        cursor.execute(f"TRUNCATE {names} RESTART IDENTITY")
