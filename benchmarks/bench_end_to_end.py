"""Our whole path against Saleor's ``orderBulkCreate`` alone.

Ours: a signed notification per order is received (verified, stored, handed over, committed); then
workers claim the jobs, read the orders over HTTP from the local TikTok Shop (a process of its own),
map, import and commit them, and tell TikTok the order numbers. Theirs: the mutation in process,
with its input at hand. Batches of 50, two lines each, turn by turn.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import time
from decimal import Decimal
from typing import Any

from benchmarks.bench_import import BATCH, Saleors, durability, saleor_shop
from benchmarks.measuring import report, seconds, turn_by_turn
from benchmarks.sandbox import RemoteShop, shop

ROUNDS = 4


def main() -> None:
    """Print the ratio."""
    import django

    django.setup()
    with shop(orders=10, seed=7, hold=False) as tiktok:
        os.environ |= {
            "TIKTOK_STRIPE_SANDBOX": "1",
            "TIKTOK_STRIPE_TIKTOK_API_URL": tiktok.credentials["base_url"],
            "TIKTOK_STRIPE_TIKTOK_AUTH_URL": tiktok.credentials["auth_url"],
        }
        from saleor_tiktok_stripe.saleor_api import writer

        with writer():
            ours = WholePath(tiktok)
            spent = turn_by_turn({"theirs": Saleors(saleor_shop()).__call__, "ours": ours}, ROUNDS)
            ours.check()
    report(
        "import_end_to_end_vs_order_bulk_create",
        spent["theirs"] / spent["ours"],
        f"notification to committed order {BATCH / spent['ours']:.0f} orders/s",
        f"orderBulkCreate alone {BATCH / spent['theirs']:.0f} orders/s",
        f"batches of {BATCH}, 2 lines, {durability()}",
    )


class WholePath:
    """50 new orders at TikTok; measured from the first notification to the last commit."""

    def __init__(self, tiktok: RemoteShop) -> None:
        from saleor_tiktok_stripe.sandbox.demo import saleor_shop as saleors
        from tests.support.shop import CHANNEL as channel
        from tests.support.shop import connect

        self.tiktok = tiktok
        self.channel = channel
        self.made = 0
        catalog = tiktok.control("catalog")
        self.skus = [one["sku_id"] for one in catalog if one["linked"]][:2]
        linked = [one for one in catalog if one["linked"]]
        saleors.make(channel, linked, stock=10_000_000, shipping=Decimal("4.90"))
        self.connection = connect(tiktok.credentials)

    def __call__(self) -> float:
        from saleor_tiktok_stripe import inbox, jobs
        from saleor_tiktok_stripe.models import Vendor

        notifications = [self._notification(self._order()) for _ in range(BATCH)]
        self.made += BATCH

        def import_them() -> None:
            for body, signature in notifications:
                answer = inbox.receive(Vendor.TIKTOK, self.channel, body, signature)
                if answer.outcome != "handed_over":
                    raise SystemExit(f"not handed over: {answer}")
            jobs.work()

        return seconds(import_them)

    def check(self) -> None:
        """Every order was imported, with its stock, and its number told."""
        from saleor.order.models import Order

        from saleor_tiktok_stripe.models import Job, OrderLink

        links = OrderLink.objects.filter(
            connection=self.connection, reference_sent_at__isnull=False
        )
        ids = [link.saleor_order_id for link in links if not link.unallocated]
        orders = Order.objects.filter(channel__slug=self.channel).count()
        if not len(ids) == orders == self.made or Job.objects.exclude(status="done").exists():
            raise SystemExit(f"{self.made} made, {len(ids)} linked, {orders} in Saleor")

    def _order(self) -> str:
        first, second = self.skus
        lines = [[first, 1], [second, 2]]
        made: str = self.tiktok.control("create_order", lines=lines, status="AWAITING_SHIPMENT")
        return made

    def _notification(self, order_id: str) -> tuple[bytes, str]:
        app = self.tiktok.credentials
        body: dict[str, Any] = {
            "type": 1,
            "tts_notification_id": f"9{order_id}",
            "shop_id": app["shop_id"],
            "timestamp": int(time.time()),
            "data": {"order_id": order_id, "order_status": "AWAITING_SHIPMENT"},
        }
        raw = json.dumps(body).encode()
        signed = app["app_key"].encode() + raw
        return raw, hmac.new(app["app_secret"].encode(), signed, hashlib.sha256).hexdigest()


if __name__ == "__main__":
    main()
