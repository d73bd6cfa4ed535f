"""Jobs of this room: reading the marketplace's listings so that every SKU finds its variant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from .. import accounts
from ..errors import Parked
from ..jobs import ClaimedJob, Done, Result
from ..models import Connection, LinkMethod, SkuLink
from ..tiktok.client import TikTokClient
from ..tiktok.types import Product
from .links import resolve_all
from .matching import SkuKeys

CHUNK = 200
BARCODE_READS = 200
"""Products whose details are read in one run for a barcode: one call each."""


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
