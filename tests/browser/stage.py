"""What happens around the console: buyers, banks and TikTok, at the sandboxes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from unittest import mock

from saleor_tiktok_stripe import conf
from saleor_tiktok_stripe.sandbox.components.postgres import Postgres
from saleor_tiktok_stripe.sandbox.demo import merchant, stack
from saleor_tiktok_stripe.sandbox.demo.stack import CHANNEL, Stack
from saleor_tiktok_stripe.sandbox.demo.storefront import Shop
from saleor_tiktok_stripe.sandbox.demo.waiting import until
from saleor_tiktok_stripe.sandbox.saleor import SaleorSandbox
from saleor_tiktok_stripe.sandbox.saleor.ids import global_id

ORDERS: Final = 90
SEED: Final = 11
CONSOLE: Final = f"/plugins/channel/{CHANNEL}/{conf.PLUGIN_ID}/console/"


@dataclass(frozen=True)
class Payment:
    """One buyer's, captured. ``number`` is Saleor's of the order."""

    payment_id: str
    number: str
    total: Decimal


@dataclass(frozen=True)
class Stage:
    """``stack``: all that runs."""

    stack: Stack
    saleor: SaleorSandbox

    @property
    def console(self) -> str:
        return self.stack.url + CONSOLE

    @property
    def tiktok(self) -> Any:
        return self.stack.tiktok

    @property
    def stripe(self) -> Any:
        """Stripe's, and the buyers' banks'."""
        return self.stack.stripe.control

    def keys(self) -> tuple[str, str]:
        """A restricted key and the publishable key."""
        return self.stripe.restricted_key(*merchant.PERMISSIONS), self.stack.stripe.publishable_key

    def variants(self) -> list[str]:
        """SKUs that Saleor sells."""
        with self.saleor.state.lock:
            return sorted(self.saleor.state.by_sku)

    # --- with Stripe --------------------------------------------------------------------------

    def buy(self) -> Payment:
        """A buyer's checkout in the channel, paid with Stripe and captured."""
        shop = self._shop()
        with self.saleor.state.lock:
            variant = next(iter(self.saleor.state.variants))
        checkout, total = shop.checkout(CHANNEL, global_id("ProductVariant", variant))
        transaction, payment = shop.begin(checkout)
        self.stripe.pay(payment, "pm_card_visa")
        shop.process(transaction)
        order, number = shop.complete(checkout)
        shop.capture(transaction, total)
        until(lambda: shop.money(order).charged == total, f"The capture of order {number}")
        return Payment(payment, number, total)

    def refunds(self) -> int:
        """So many refunds were asked for at Stripe."""
        return len(self.stripe.calls("POST", "/v1/refunds"))

    def _shop(self) -> Shop:
        return merchant.storefront(self.stack)

    # --- at TikTok ----------------------------------------------------------------------------

    def unlinked(self) -> list[dict[str, Any]]:
        """SKUs of TikTok that no variant of Saleor has."""
        return [row for row in self.tiktok.catalog() if not row["linked"]]

    def sell(self, sku_id: str, status: str = "AWAITING_SHIPMENT") -> str:
        """An order that costs something: some buyers win theirs in a lottery."""
        while True:
            order_id: str = self.tiktok.create_order(
                [(sku_id, 2)], shipping_type="SELLER", by_tiktok=False
            )
            if Decimal(self.tiktok.order(order_id)["payment"]["total_amount"]):
                return str(self.tiktok.walk_to(order_id, status))
            self.tiktok.cancel(order_id, by="BUYER")

    def in_saleor(self, order_id: str) -> bool:
        """Whether there is an order of it."""
        with self.saleor.state.lock:
            orders = self.saleor.state.orders.values()
            return any(one.external_reference == f"tiktok:{order_id}" for one in orders)


@contextmanager
def running() -> Iterator[Stage]:
    """A seller with two TikTok shops, a Stripe account and a Saleor: nothing is connected."""
    server = Postgres(url=os.environ["DATABASE_URL"])
    with (
        mock.patch.dict(os.environ, DATABASE_URL=server.database_url("postgres")),
        stack.running(orders=ORDERS, seed=SEED, regions=("US", "US"), unlinked_share=0.08) as made,
    ):
        assert made.saleor is not None, "this lane runs on the sandboxes"
        made.broker = False  # workers of our own, whatever this machine has
        made.tiktok.configure(auto_approve=False)
        merchant.prepare_channel(made)
        made.start_workers()
        yield Stage(made, made.saleor)
