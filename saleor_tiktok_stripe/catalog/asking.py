"""Stock and prices pushed because somebody asks; dry run first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.db import transaction

from .. import accounts, jobs
from ..accounts import audit
from ..errors import InvalidInput
from ..jobs import LANE_CLICK
from ..models import Connection, PriceLevel, SkuLink, StockLevel
from .counting import Counter
from .levels import BATCH, due_skus
from .price_pushing import Pricer
from .pushing import Places, stock_of
from .types import Change
from .words import why_number, why_price


def push_stock(
    connection: Connection,
    *,
    sku_ids: Sequence[str] | None = None,
    dry_run: bool = False,
    actor: str = audit.SYSTEM,
) -> list[Change]:
    """What differs between the numbers wanted and what the marketplace says it has, of these SKUs
    or of all linked ones; unless ``dry_run``, it is pushed next, in the background, and
    written to the audit log.

    Raises ``InvalidInput`` (``STOCK_PUSH_OFF``) where it is switched off, unless ``dry_run``, and
    what the marketplace's client and Saleor raise.
    """
    counter = Counter(connection)
    if not dry_run and not counter.policy.stock_push:
        raise InvalidInput(
            "STOCK_PUSH_OFF",
            "The stock push is switched off in this channel's settings.",
            field="stock_push",
        )
    client = accounts.client(connection)
    places = Places(counter.policy.marketplace_warehouse, client)
    changes: list[Change] = []
    for batch in _batches(connection, sku_ids):
        counted = counter.of(batch)
        stocks = stock_of(client, batch)
        for sku_id, one in counted.items():
            stock = stocks.get(sku_id)
            before = stock.warehouses.get(places.of(stock), 0) if stock else None
            if before != one.terms.number:
                why = why_number(one.terms) if stock else "TikTok does not list this SKU."
                after = one.terms.number if stock else None
                changes.append(Change(sku_id, one.link.seller_sku, before, after, why))
    if not dry_run:
        with transaction.atomic():
            due_skus(StockLevel, connection, [one.sku_id for one in changes], anew=True)
            jobs.enqueue("stock.push", connection, lane=LANE_CLICK)
            _note("stock.push", connection, actor, changes)
    return changes


def push_prices(
    connection: Connection,
    *,
    sku_ids: Sequence[str] | None = None,
    dry_run: bool = False,
    actor: str = audit.SYSTEM,
) -> list[Change]:
    """The same for prices, beside what was pushed last; a price that cannot be told has no
    ``after``, and ``why`` says the reason.

    Raises ``InvalidInput`` (``PRICE_PUSH_OFF``) where it is switched off, unless ``dry_run``, and
    what Saleor raises.
    """
    pricer = Pricer(connection)
    if not dry_run and not pricer.policy.price_push:
        raise InvalidInput(
            "PRICE_PUSH_OFF",
            "The price push is switched off in this channel's settings.",
            field="price_push",
        )
    changes = [
        change
        for batch in _batches(connection, sku_ids)
        for change in _price_changes(connection, pricer, batch)
    ]
    if not dry_run:
        with transaction.atomic():
            due_skus(PriceLevel, connection, [one.sku_id for one in changes], anew=True)
            jobs.enqueue("price.push", connection, lane=LANE_CLICK)
            _note("price.push", connection, actor, changes)
    return changes


def _price_changes(
    connection: Connection, pricer: Pricer, batch: Sequence[str]
) -> Iterator[Change]:
    rows = PriceLevel.objects.filter(connection=connection, sku_id__in=list(batch))
    levels = {level.sku_id: level for level in rows}
    links = pricer.links(batch)
    listed = pricer.listed(links)
    for sku_id, link in sorted(links.items()):
        level = levels.get(sku_id) or PriceLevel(connection=connection, sku_id=sku_id)
        before = level.pushed
        wrong = pricer.put(level, listed.get(link.variant_id))
        if wrong is not None:
            yield Change(sku_id, link.seller_sku, before, None, wrong.cause, level.currency)
        elif before != level.wanted:
            why = why_price(level.terms)
            yield Change(sku_id, link.seller_sku, before, level.wanted, why, level.currency)


def _note(action: str, connection: Connection, actor: str, changes: Sequence[Change]) -> None:
    audit.record(action, connection, actor, data={"skus": str(len(changes))})


def _batches(connection: Connection, sku_ids: Sequence[str] | None) -> Iterator[list[str]]:
    """Linked SKUs, 600 at a time."""
    links = SkuLink.objects.filter(connection=connection).exclude(variant_id="")
    if sku_ids is not None:
        links = links.filter(sku_id__in=list(sku_ids))
    after = ""
    while True:
        rows = links.filter(sku_id__gt=after).order_by("sku_id").values_list("sku_id", flat=True)
        batch = list(rows[:BATCH])
        if not batch:
            return
        yield batch
        after = batch[-1]
