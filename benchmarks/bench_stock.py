"""What it costs to find and push changed stock, and how long it takes until TikTok has it.

Inside a real Saleor. ``stock_push_growth``: 1,000 changed SKUs among 100,000 linked ones against
the same among 10,000; each size has its own database, process and local TikTok Shop, and they take
turns. Every one of the SKUs is counted, told over HTTP and written down. ``stock_latency``: from
the commit of a change to the answer written down, at moments spread over the interval between two
looks, while a worker runs as it does without a broker.
"""

from __future__ import annotations

import os
import statistics
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

from benchmarks.measuring import report, seconds, turn_by_turn
from benchmarks.sizes import both

SIZES = (10_000, 100_000)
CHANGED = 1_000
ROUNDS = 3
SAMPLES = 3
_PATIENCE = 60.0


def main() -> None:
    """Print both."""
    small, large = SIZES
    with both("benchmarks.bench_stock", small, large) as (few, many):
        spent = turn_by_turn({"small": few.ask, "large": many.ask}, ROUNDS)
        moments = [(number + 0.5) / SAMPLES for number in range(SAMPLES)]
        waited = [many.ask(str(moment)) for moment in moments]
    report(
        "stock_push_growth",
        spent["large"] / spent["small"],
        f"{CHANGED:,} changed of {large:,} linked SKUs {spent['large']:.2f} s",
        f"{CHANGED:,} of {small:,} {spent['small']:.2f} s",
        "found, counted, told over HTTP and written down",
    )
    from saleor_tiktok_stripe import conf

    print(
        f"stock_latency: {statistics.median(waited):.1f} s (median of {SAMPLES}, "
        f"{min(waited):.1f} to {max(waited):.1f}; looked for every {conf.look_seconds()} s; "
        f"one of {large:,} linked SKUs, from its change in Saleor to TikTok's answer)",
        flush=True,
    )


def serve(skus: int) -> None:
    """A shop that does what each line of standard input says."""
    import django

    django.setup()
    from benchmarks.sandbox import shop

    with shop(orders=0, products=CHANGED, rate_limit=100_000, rate_burst=100_000) as tiktok:
        os.environ |= {
            "TIKTOK_STRIPE_SANDBOX": "1",
            "TIKTOK_STRIPE_TIKTOK_API_URL": tiktok.credentials["base_url"],
            "TIKTOK_STRIPE_TIKTOK_AUTH_URL": tiktok.credentials["auth_url"],
        }
        from saleor_tiktok_stripe.saleor_api import writer
        from tests.support.shop import without_limits

        with writer(), without_limits():
            shelf = Shelf(tiktok, skus)
            for line in sys.stdin:
                moment = line.strip()
                print(shelf.latency(float(moment)) if moment else shelf.push(), flush=True)


class Shelf:
    """``skus`` linked ones, all in step; ``CHANGED`` of them are those that TikTok lists."""

    def __init__(self, tiktok: Any, skus: int) -> None:
        from tests.saleor.shop import make_shop
        from tests.support.shop import CHANNEL, connect

        self.tiktok = tiktok
        self.quantity = 1_000
        listed = _listed(tiktok.control("catalog"))
        self.listed = [one["sku_id"] for one in listed]
        shop = make_shop(slug=CHANNEL, variants=1, stocks=(self.quantity,))
        self.connection = connect(tiktok.credentials)
        _fill(shop, self.connection, listed, skus)
        self._settle()

    def _settle(self) -> None:
        """The first look makes everything due: as if all of it had been told long ago."""
        from saleor_tiktok_stripe import accounts
        from saleor_tiktok_stripe.catalog.changes import STOCK, find_changes
        from saleor_tiktok_stripe.jobs import clock
        from saleor_tiktok_stripe.models import StockLevel, SyncCursor
        from saleor_tiktok_stripe.saleor_api import get_saleor

        find_changes(STOCK, self.connection, accounts.policy(self.connection), get_saleor())
        now = clock.now()
        StockLevel.objects.update(
            due=False, wanted=self.quantity, pushed=self.quantity, pushed_at=now, checked_at=now
        )
        SyncCursor.objects.create(
            connection=self.connection, resource="stock.compare", high_water=now
        )
        _sql("ANALYZE")

    def push(self) -> float:
        """Change the listed ones; the time of one look and all that follows."""
        from saleor_tiktok_stripe import jobs
        from saleor_tiktok_stripe.models import StockLevel

        self._change(self.listed)

        def look() -> None:
            jobs.enqueue("stock.push", self.connection)
            jobs.work()

        spent = seconds(look)
        told = StockLevel.objects.filter(pushed=self.quantity, answer="Accepted.").count()
        if told != CHANGED or StockLevel.objects.filter(due=True).exists():
            raise SystemExit(f"{told} told of {CHANGED}")
        return spent

    def latency(self, moment: float) -> float:
        """One change, at a moment of the interval between two looks, with a worker running."""
        from django.db import connections

        from saleor_tiktok_stripe import conf, jobs
        from saleor_tiktok_stripe.models import Job

        stop = threading.Event()

        def work() -> None:
            try:
                jobs.run_forever(stop)
            finally:
                connections.close_all()

        worker = threading.Thread(target=work)
        worker.start()
        try:
            started = time.monotonic()  # with a look, and all else that runs by the clock
            while Job.objects.exclude(status="done").exists() or time.monotonic() - started < 1:
                time.sleep(0.1)
            looked = (time.monotonic() - started) // conf.look_seconds() + moment
            time.sleep(max(0.0, started + looked * conf.look_seconds() - time.monotonic()))
            return self._until_answered(self.listed[0])
        finally:
            stop.set()
            worker.join()

    def _until_answered(self, sku_id: str) -> float:
        from datetime import UTC, datetime

        from saleor_tiktok_stripe.models import StockLevel

        changed = datetime.now(UTC)
        self._change([sku_id])
        levels = StockLevel.objects.filter(sku_id=sku_id, pushed=self.quantity)
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end:
            told = levels.values_list("pushed_at", flat=True).first()
            if told is not None:
                return float((told - changed).total_seconds())
            time.sleep(0.05)
        raise SystemExit("the change was not told")

    def _change(self, sku_ids: Sequence[str]) -> None:
        self.quantity -= 1
        _sql(
            "UPDATE warehouse_stock SET quantity = %s WHERE product_variant_id IN ("
            "SELECT v.id FROM product_productvariant v JOIN saleor_tiktok_stripe_skulink l"
            " ON l.variant_sku = v.sku WHERE l.sku_id = ANY(%s))",
            [self.quantity, list(sku_ids)],
        )


def _listed(catalog: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of the products with most SKUs."""
    sizes = Counter(one["product_id"] for one in catalog)
    ordered = sorted(catalog, key=lambda one: (-sizes[one["product_id"]], one["product_id"]))
    return ordered[:CHANGED]


def _fill(shop: Any, connection: Any, listed: Sequence[dict[str, Any]], skus: int) -> None:
    """Variants, listings and stocks like the one that is there, each linked to a SKU; 20 variants a
    product. The first ones are those that TikTok lists."""
    variant = shop.variants[0]
    _copies(type(variant.product), variant.product_id, skus // 20, slug="'article-' || n")
    products = "SELECT id FROM product_product WHERE slug = 'article-' || (n %% %(products)s + 1)"
    _copies(
        type(variant),
        variant.pk,
        skus,
        sku="'sku-' || n",
        external_reference="'ref-' || n",
        product_id=f"({products})",
        products=skus // 20,
    )
    _beside(type(variant.channel_listings.get()), variant.channel_listings.get().pk, "variant_id")
    _beside(type(shop.stock()), shop.stock().pk, "product_variant_id")
    _sql(
        "INSERT INTO product_productchannellisting ({columns}) SELECT {values} FROM"
        " product_productchannellisting t, product_product p"
        " WHERE t.product_id = %(template)s AND p.slug LIKE 'article-%%'".format(
            **_columns(variant.product.channel_listings.model, product_id="p.id")
        ),
        {"template": variant.product_id},
    )
    ids = [one["sku_id"] for one in listed]
    _sql(
        "INSERT INTO saleor_tiktok_stripe_skulink (connection_id, sku_id, product_id, seller_sku,"
        " barcode, title, variant_id, variant_sku, method, note, created_at, updated_at)"
        " SELECT %(connection)s, coalesce((%(ids)s::text[])[n], '9' || n),"
        " coalesce((%(products)s::text[])[n], '8' || n), sku, '', '',"
        " encode(convert_to('ProductVariant:' || id, 'UTF8'), 'base64'), sku, 'sku', '', now(),"
        " now() FROM (SELECT id, sku, split_part(sku, '-', 2)::int AS n"
        " FROM product_productvariant WHERE sku LIKE 'sku-%%') AS v",
        {
            "connection": connection.pk,
            "ids": ids,
            "products": [one["product_id"] for one in listed],
        },
    )


def _columns(model: Any, **changed: str) -> dict[str, str]:
    """Names and values for a copy of the row ``t``, with a key of its own."""
    names = [field.column for field in model._meta.concrete_fields if not field.primary_key]
    values = [changed.get(name, f't."{name}"') for name in names]
    return {"columns": ", ".join(f'"{name}"' for name in names), "values": ", ".join(values)}


def _copies(model: Any, template: int, number: int, products: int = 0, **changed: str) -> None:
    table = model._meta.db_table
    _sql(
        "INSERT INTO {table} ({columns}) SELECT {values} FROM {table} t,"
        " generate_series(1, %(number)s) AS n WHERE t.id = %(template)s".format(
            table=table, **_columns(model, **changed)
        ),
        {"number": number, "template": template, "products": products},
    )


def _beside(model: Any, template: int, column: str) -> None:
    """A copy for every other variant."""
    table = model._meta.db_table
    _sql(
        "INSERT INTO {table} ({columns}) SELECT {values} FROM {table} t, product_productvariant v"
        " WHERE t.id = %(template)s AND v.sku LIKE 'sku-%%'".format(
            table=table, **_columns(model, **{column: "v.id"})
        ),
        {"template": template},
    )


def _sql(statement: str, values: Any = None) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement, values)


if __name__ == "__main__":
    serve(int(sys.argv[1])) if len(sys.argv) > 1 else main()
