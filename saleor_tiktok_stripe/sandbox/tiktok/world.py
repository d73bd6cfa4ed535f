"""Everything one sandbox holds, behind one lock."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from saleor_tiktok_stripe.sandbox.components.faults import Faults
from saleor_tiktok_stripe.sandbox.tiktok.auth import Authority
from saleor_tiktok_stripe.sandbox.tiktok.clock import SandboxClock
from saleor_tiktok_stripe.sandbox.tiktok.faults import ALL_FAULTS
from saleor_tiktok_stripe.sandbox.tiktok.ledger import Ledger
from saleor_tiktok_stripe.sandbox.tiktok.plan import Mix
from saleor_tiktok_stripe.sandbox.tiktok.shop import Shop, ShopSpec
from saleor_tiktok_stripe.sandbox.tiktok.webhooks import Outbox


@dataclass(frozen=True)
class SandboxOptions:
    """How to make a sandbox.

    `regions` names one shop each; the first one's shop gets `orders` orders, the others
    `orders_elsewhere`. `start_time` is where the sandbox clock begins (default: now). The gateway
    compares a request's timestamp with real time plus `gateway_skew`, so that turning the sandbox
    clock does not lock clients out.
    """

    orders: int = 100
    seed: int = 1
    regions: tuple[str, ...] = ("US",)
    orders_elsewhere: int = 20
    start_time: float | None = None
    clock_rate: float = 1.0
    products: int = 24
    unlinked_share: float = 0.0
    hold: bool = True
    mix: Mix = field(default_factory=Mix)
    rate_limit: float = 50.0
    rate_burst: int = 50
    redirect_url: str = ""
    auto_deliver: bool = False


@dataclass
class Settings:
    """What may be changed while it runs. `refund_delay`: seconds from a decision until the money
    is back with the buyer. `payout_currency`, `exchange_rate`: what payouts are sent in, where that
    is not the shop's currency."""

    rate_limit: float
    rate_burst: int
    redirect_url: str
    auto_approve: bool = False
    gateway_skew: int = 0
    cancel_spelling: str = "CANCEL"
    refund_delay: int = 0
    payout_currency: str = ""
    exchange_rate: str = "1"
    strict_webhook_urls: bool = False


class World:
    """Clock, app, shops, faults and webhooks of one sandbox."""

    def __init__(self, options: SandboxOptions) -> None:
        self.options = options
        self.lock = threading.RLock()
        self.clock = SandboxClock(options.start_time, options.clock_rate)
        start = self.clock.now()
        self.shops = [
            Shop(
                ShopSpec(
                    number=number,
                    seed=options.seed,
                    orders=options.orders if number == 1 else options.orders_elsewhere,
                    start=start,
                    region=region,
                    hold=options.hold,
                    products=options.products,
                    unlinked_share=options.unlinked_share,
                    mix=options.mix,
                )
            )
            for number, region in enumerate(options.regions, 1)
        ]
        numbers = [shop.number for shop in self.shops]
        self.authority = Authority(options.seed, options.regions[0], self.clock, numbers)
        self.faults = Faults(options.seed, ALL_FAULTS)
        self.outbox = Outbox(
            self.clock, self.faults, self.authority.app_key, self.authority.app_secret
        )
        self.rng = random.Random(f"world-{options.seed}")
        self.settings = Settings(options.rate_limit, options.rate_burst, options.redirect_url)

        self.pass_time: Callable[[], object] = int
        """Lets what is due happen; the controls put it in."""
        self.calls: Counter[str] = Counter()
        self.writes: Counter[str] = Counter()
        self.write_log: list[dict[str, Any]] = []
        self.reminders = 0
        self.due: list[tuple[int, int, str]] = []
        """Deadlines: (time, number of the entry, id of the case), the next one first."""
        self.answers: dict[tuple[str, str], dict[str, Any]] = {}
        """What was answered, by path and idempotency key."""
        self._ledgers: dict[int, Ledger] = {}

    def ledger(self, shop: Shop) -> Ledger:
        """The statements of a shop."""
        if shop.number not in self._ledgers:
            self._ledgers[shop.number] = Ledger(shop)
        return self._ledgers[shop.number]

    def note_write(self, endpoint: str, path: str, body: Mapping[str, Any]) -> None:
        """Note one accepted write."""
        self.writes[endpoint] += 1
        given = {name: value for name, value in body.items() if value is not None}
        self.write_log.append({"endpoint": endpoint, "path": path, "body": given})

    def count(self, path: str, code: int) -> None:
        """Note one answered call."""
        self.calls[f"{path} {code}"] += 1

    def shop_by_cipher(self, cipher: str) -> Shop | None:
        """The shop a cipher stands for."""
        return next((shop for shop in self.shops if shop.cipher == cipher), None)

    def shop(self, shop_id: str = "") -> Shop:
        """A shop by its id, the first one when none is named; KeyError when there is none."""
        if not shop_id:
            return self.shops[0]
        found = next((shop for shop in self.shops if shop.id == shop_id), None)
        if found is None:
            raise KeyError(f"no shop {shop_id}")
        return found
