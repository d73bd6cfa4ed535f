"""SKUs, 600 at a time: number and price counted anew, beside what the marketplace has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TypeVar

from .. import accounts
from ..catalog.counting import Counted, Counter
from ..catalog.price_pushing import Pricer
from ..catalog.pushing import Places, stock_of
from ..jobs import clock
from ..models import Connection, PriceLevel, SkuLink, StockLevel
from ..payments.ledger.differences import Found, keep
from ..tiktok.client import TikTokClient
from .busy import GRACE
from .classes import SKU, SKUS
from .sku_sides import Sides, judge

Row = TypeVar("Row", SkuLink, StockLevel, PriceLevel)
Numbers = Mapping[str, tuple[int, int | None]]
"""SKU id -> the number that is wanted, and the one that the marketplace has."""


class SkuCheck:
    """Checks SKUs of one connection; reads the policy once."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.policy = accounts.policy(connection)
        self.counter = Counter(connection)
        self.pricer = Pricer(connection)

    @cached_property
    def client(self) -> TikTokClient:
        """Made when first needed: without stock to compare nothing is asked."""
        return accounts.client(self.connection)

    @cached_property
    def places(self) -> Places:
        """Where the numbers are."""
        return Places(self.policy.marketplace_warehouse, self.client)

    def check(self, sku_ids: Sequence[str]) -> int:
        """Judge these SKUs; how many differences are open. Those about to be told are left alone.
        Raises what concerns the whole connection."""
        links = self._rows(SkuLink, sku_ids)
        levels, prices = self._rows(StockLevel, sku_ids), self._rows(PriceLevel, sku_ids)
        waiting = {one.sku_id for one in levels.values() if self._is_on_its_way(one)}
        waiting |= {one.sku_id for one in prices.values() if self._is_on_its_way(one)}
        links = {sku_id: link for sku_id, link in links.items() if sku_id not in waiting}
        linked = [sku_id for sku_id, link in links.items() if link.variant_id]
        numbers, moved = self._numbers(linked)
        priced = self._prices(linked, prices)
        found: list[Found] = []
        for sku_id, link in links.items():
            wanted, seen = numbers.get(sku_id, (None, None))
            side = priced.get(sku_id, Sides(link))
            found += judge(
                Sides(
                    link, levels.get(sku_id), wanted, seen,
                    side.price_level, side.price, side.currency, side.no_price,
                )
            )  # fmt: skip
        judged = [sku_id for sku_id in sku_ids if sku_id not in waiting | moved]
        found = [one for one in found if one.subject not in moved]
        return keep(self.connection, SKU, judged, found, codes=SKUS)

    def _rows(self, model: type[Row], sku_ids: Sequence[str]) -> dict[str, Row]:
        rows = model._default_manager.filter(connection=self.connection, sku_id__in=list(sku_ids))
        return {row.sku_id: row for row in rows}

    def _is_on_its_way(self, level: StockLevel | PriceLevel) -> bool:
        told = self.policy.stock_push if isinstance(level, StockLevel) else self.policy.price_push
        recent = level.updated_at > clock.now() - GRACE
        return told and level.due and level.problem is None and recent

    def _numbers(self, sku_ids: Sequence[str]) -> tuple[Numbers, set[str]]:
        """And the SKUs whose number changed while the marketplace was asked."""
        if not self.policy.stock_push or not sku_ids:
            return {}, set()
        counted = self.counter.of(sku_ids)
        stocks = stock_of(self.client, list(counted))
        numbers: dict[str, tuple[int, int | None]] = {}
        for sku_id, one in counted.items():
            stock = stocks.get(sku_id)
            at = self.places.of(stock) if stock is not None else ""
            seen = stock.warehouses.get(at, 0) if stock is not None else None
            numbers[sku_id] = one.terms.number, seen
        differing = [sku_id for sku_id, (wanted, seen) in numbers.items() if wanted != seen]
        return numbers, self._moved(counted, differing)

    def _moved(self, before: Mapping[str, Counted], sku_ids: Sequence[str]) -> set[str]:
        now = self.counter.of(sku_ids)
        return {
            sku_id
            for sku_id in sku_ids
            if sku_id not in now or now[sku_id].terms.number != before[sku_id].terms.number
        }

    def _prices(self, sku_ids: Sequence[str], levels: Mapping[str, PriceLevel]) -> dict[str, Sides]:
        if not self.policy.price_push or not sku_ids:
            return {}
        links = self.pricer.links(sku_ids)
        listed = self.pricer.listed(links)
        found: dict[str, Sides] = {}
        for sku_id, link in links.items():
            kept = levels.get(sku_id)
            counted = PriceLevel(connection=self.connection, sku_id=sku_id)
            no_price = self.pricer.put(counted, listed.get(link.variant_id))
            found[sku_id] = Sides(
                link,
                price_level=kept,
                price=counted.wanted,
                currency=counted.currency,
                no_price=no_price,
            )
        return found
