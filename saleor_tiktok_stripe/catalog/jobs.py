"""Jobs of this room: reading the marketplace's listings so that every SKU finds its variant; and
telling it stock and prices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from django.db import transaction

from .. import accounts, jobs
from ..errors import Parked
from ..jobs import Again, ClaimedJob, Done, Result
from ..models import Connection, LinkMethod, PriceLevel, SkuLink
from ..saleor_api import get_saleor, runs_inside_saleor
from ..tiktok.client import TikTokClient
from ..tiktok.types import Product
from .changes import PRICE, STOCK, find_changes
from .comparing import a_day_passed, ask_daily, compare
from .levels import due_all, reserved_again
from .links import resolve_all
from .matching import SkuKeys
from .price_pushing import PricePush
from .pushing import Push, hear

CHUNK = 200
BARCODE_READS = 200
"""Products whose details are read in one run for a barcode: one call each."""
RUN_SECONDS = 60.0
"""After so long a run stops, and goes on as a new one: others get their turn, and its lease does
not end meanwhile."""
FAILED_PAUSE = 15.0
"""Seconds until products that failed for the moment are tried again; what changed since is told
along with them."""


def refresh(connection: Connection | None, claimed: Sequence[ClaimedJob]) -> Mapping[int, Result]:
    """Handler of ``catalog.refresh``: subject empty for all listings, else one product's id."""
    if connection is None:
        return {}
    client = accounts.client(connection)
    results: dict[int, Result] = {}
    for job in claimed:
        linked = refresh_links(connection, client, product_id=job.subject)
        results[job.id] = Done(note=f"linked={linked}")
    return results


def refresh_links(
    connection: Connection, client: TikTokClient | None = None, *, product_id: str = ""
) -> int:
    """Match the shop's listed SKUs with Saleor's variants; how many are linked.

    A product's barcodes come with its details only, one call each, so they are read for SKUs that
    were not found otherwise. Raises the client's errors.
    """
    client = client or accounts.client(connection)
    if product_id:
        return _match(connection, _details(client, product_id))
    linked = 0
    skus = iter(client.iter_skus())
    while chunk := list(islice(skus, CHUNK)):
        linked += _match(connection, chunk)
    return linked + _by_barcode(connection, client)


def _match(connection: Connection, products: Iterable[Product]) -> int:
    keys = [
        SkuKeys(one.sku_id, one.product_id, one.seller_sku, one.barcode, one.title)
        for one in products
    ]
    found = resolve_all(connection, keys).variants
    return sum(variant is not None for variant in found.values())


def _by_barcode(connection: Connection, client: TikTokClient) -> int:
    if "barcode" not in accounts.policy(connection).sku_match:
        return 0
    open_rows = SkuLink.objects.filter(
        connection=connection, method=LinkMethod.MISSING, barcode=""
    ).exclude(product_id="")
    products = open_rows.order_by("product_id").values_list("product_id", flat=True).distinct()
    return sum(
        _match(connection, _details(client, product_id))
        for product_id in list(products[:BARCODE_READS])
    )


def _details(client: TikTokClient, product_id: str) -> Sequence[Product]:
    """Frozen and deleted products have no details any more: nothing to match then."""
    try:
        return client.product_skus(product_id)
    except Parked:
        return ()


def push_stock(
    connection: Connection | None, claimed: Sequence[ClaimedJob]
) -> Mapping[int, Result]:
    """Handler of ``stock.push``: subject empty for what changed in Saleor, else a product whose
    stock changed at the marketplace, which is compared and at most made due."""
    if connection is None or not accounts.policy(connection).stock_push:
        return {job.id: Done("skipped", note="switched off") for job in claimed}
    results: dict[int, Result] = {}
    products = {job.id: job.subject for job in claimed if job.subject}
    if products:
        differing = hear(connection, accounts.client(connection), list(products.values()))
        if differing:
            jobs.enqueue("stock.push", connection)
        results |= dict.fromkeys(products, Done(note=f"differing={differing}"))
    for job in claimed:
        if not job.subject:
            results[job.id] = _push_stock(connection, job)
    return results


def _push_stock(connection: Connection, job: ClaimedJob) -> Result:
    policy = accounts.policy(connection)
    complete = find_changes(STOCK, connection, policy, get_saleor())
    reserved_again(connection)
    pushed = Push(connection, job_id=job.id).go(RUN_SECONDS)
    sent = int(job.progress.get("sent", 0)) + pushed.sent
    # Over HTTP the rest of the tour of all variants is for the next look.
    if pushed.more or (not complete and runs_inside_saleor()):
        return Again(progress={"sent": sent})
    ask_daily(connection)
    if pushed.failed:
        return Again(FAILED_PAUSE, {"sent": sent})
    return Done(note=f"sent={sent} refused={pushed.refused}")


def compare_stock(
    connection: Connection | None, claimed: Sequence[ClaimedJob]
) -> Mapping[int, Result]:
    """Handler of ``stock.compare``: every linked SKU beside what the marketplace says it has. A
    part at each run; what differs is pushed."""
    if connection is None or not accounts.policy(connection).stock_push:
        return {job.id: Done("skipped", note="switched off") for job in claimed}
    results: dict[int, Result] = {}
    for job in claimed:
        after = str(job.progress.get("after", ""))
        client = accounts.client(connection)
        run = compare(connection, client, after=after, seconds=RUN_SECONDS)
        total = {
            "compared": int(job.progress.get("compared", 0)) + run.compared,
            "differing": int(job.progress.get("differing", 0)) + run.differing,
        }
        if run.differing:
            jobs.enqueue("stock.push", connection)
        note = f"compared={total['compared']} differing={total['differing']}"
        over: Result = Done(note=note)
        results[job.id] = Again(progress={**total, "after": run.after}) if run.after else over
    return results


def push_prices(
    connection: Connection | None, claimed: Sequence[ClaimedJob]
) -> Mapping[int, Result]:
    """Handler of ``price.push``: prices that changed in Saleor, where the merchant wants it."""
    if connection is None or not accounts.policy(connection).price_push:
        return {job.id: Done("skipped", note="switched off") for job in claimed}
    results: dict[int, Result] = {}
    for job in claimed:
        complete = find_changes(PRICE, connection, accounts.policy(connection), get_saleor())
        with transaction.atomic():
            if a_day_passed(connection, "price.compare"):
                due_all(PriceLevel, connection)
        pushed = PricePush(connection, job_id=job.id).go(RUN_SECONDS)
        sent = int(job.progress.get("sent", 0)) + pushed.sent
        more = pushed.more or (not complete and runs_inside_saleor())
        note = f"sent={sent} refused={pushed.refused}"
        if more or pushed.failed:
            results[job.id] = Again(0.0 if more else FAILED_PAUSE, {"sent": sent})
        else:
            results[job.id] = Done(note=note)
    return results
