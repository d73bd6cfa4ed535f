"""What TikTok was asked to do, refused or not: what it took once is not asked for again, even where
it would refuse the second time."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from saleor_tiktok_stripe.models import MarketplaceRequest
from saleor_tiktok_stripe.sandbox.tiktok import TikTokSandbox
from saleor_tiktok_stripe.transport.types import Call

SHIP, MARK = re.compile(r"/packages/(\d+)/ship$"), re.compile(r"/orders/(\d+)/packages$")
OPEN = re.compile(r"/returns$")


@dataclass(frozen=True)
class Attempt:
    """A write that reached TikTok; ``key``: its idempotency key."""

    path: str
    units: frozenset[str]
    key: str
    taken: bool


@dataclass
class Attempts:
    """All of them, in order."""

    tiktok: TikTokSandbox
    all: list[Attempt] = field(default_factory=list)

    def count(self) -> int:
        """Writes that TikTok took until now."""
        return len(self.tiktok.world.write_log)

    def add(self, call: Call, before: int) -> None:
        """Note a call that was made when ``before`` were taken."""
        path = urlsplit(call.url).path
        if not any(one.search(path) for one in (SHIP, MARK, OPEN)):
            return
        units = json.loads(call.body or b"{}").get("order_line_item_ids") or ()
        key = str(dict(call.params).get("idempotency_key", ""))
        self.all.append(Attempt(path, frozenset(units), key, self.count() > before))

    def twice(self) -> Iterator[str]:
        """In words, what was asked for again."""
        keys = {str(key) for key in MarketplaceRequest.objects.values_list("key", flat=True)}
        told: dict[str, list[frozenset[str]]] = {}
        for one in self.all:
            if OPEN.search(one.path) and one.key not in keys:
                yield f"a refund of {sorted(one.units)} was sent as {one.key}, which no request has"
            if OPEN.search(one.path):
                continue
            earlier = told.setdefault(one.path, [])
            if any(not units or not one.units or units & one.units for units in earlier):
                yield f"{one.path} {sorted(one.units)}: was shipped, and asked for again"
            if one.taken:
                earlier.append(one.units)
