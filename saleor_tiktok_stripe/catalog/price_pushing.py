"""Telling the marketplace what each SKU costs, where the merchant wants that.

Prices are absolute, in the shop's own currency; nothing is converted. What the marketplace shows
cannot be read back as it was set, so what was pushed last is what is compared: a price that is
changed in Seller Center stays until it changes in Saleor.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cached_property
from typing import Final

from .. import accounts
from ..errors import Parked, Problem, RetryLater, VendorBug
from ..jobs import clock
from ..models import Connection, PriceLevel, SkuLink
from ..saleor_api import get_saleor
from ..saleor_api.types import ListedPrice
from ..tiktok import regions
from ..tiktok.client import TikTokClient
from ..tiktok.stock_types import NewPrice
from .levels import Failures, Notes, due_rows, record, retry_at
from .prices import price_terms
from .problems import kept, of_error, problem
from .pushing import ACCEPTED, stock_of
from .types import Pushed

_ALL: Final = (
    "wanted", "currency", "terms", "checked_at", "due", "problem", "retry_at", "pushed",
    "pushed_terms", "pushed_at", "job_id", "answer",
)  # fmt: skip


class Pricer:
    """Prices of many SKUs at once, by the merchant's rule."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.policy = accounts.policy(connection)
        self.currency = regions.region(connection.region).currency

    def links(self, sku_ids: Sequence[str]) -> dict[str, SkuLink]:
        """Those that have a variant."""
        rows = SkuLink.objects.filter(connection=self.connection, sku_id__in=list(sku_ids))
        return {link.sku_id: link for link in rows.exclude(variant_id="")}

    def listed(self, links: Mapping[str, SkuLink]) -> dict[str, ListedPrice]:
        """By variant; raises what ``Saleor.prices`` raises."""
        variants = sorted({link.variant_id for link in links.values()})
        return get_saleor().prices(self.connection.channel_slug, variants) if variants else {}

    def put(self, level: PriceLevel, listed: ListedPrice | None) -> Problem | None:
        """Put the newest price into the row; why it cannot be told, if so."""
        channel = self.connection.channel_slug
        if listed is None:
            level.wanted, level.terms = None, {}
            return problem("PRICE_NOT_LISTED", sku=level.sku_id, channel=channel)
        made = price_terms(listed, self.policy)
        level.wanted, level.currency, level.terms = made.price, made.currency, made.to_json()
        if made.currency != self.currency:
            return problem(
                "PRICE_OTHER_CURRENCY",
                channel=channel,
                currency=made.currency,
                wanted=self.currency or "an unknown currency",
            )
        if made.price <= 0:
            return problem(
                "PRICE_NOT_POSITIVE", sku=level.sku_id, price=made.price, currency=made.currency
            )
        return None


class PricePush:
    """One run: ``go`` tells what is due until nothing is left or its time is over."""

    def __init__(self, connection: Connection, *, job_id: int | None = None) -> None:
        self.connection = connection
        self.job_id = job_id
        self.pricer = Pricer(connection)
        self.failures = Failures()
        self.sent = self.refused = 0

    @cached_property
    def client(self) -> TikTokClient:
        """Made at the first need: most looks find nothing to tell."""
        return accounts.client(self.connection)

    def go(self, seconds: float) -> Pushed:
        """Raises what concerns the whole shop; whatever was told before is written down. ``failed``
        ones stay due."""
        end = time.monotonic() + seconds
        while levels := due_rows(PriceLevel, self.connection, without=self.failures.rows):
            if not self._tell(self._differing(levels), end) or time.monotonic() >= end:
                return Pushed(self.sent, self.refused, more=True)
        return Pushed(self.sent, self.refused, more=False, failed=len(self.failures.rows))

    def _differing(self, levels: Sequence[PriceLevel]) -> dict[str, list[PriceLevel]]:
        """Those to be told, by product; the others are written down."""
        links = self.pricer.links([level.sku_id for level in levels])
        listed = self.pricer.listed(links)
        telling: list[PriceLevel] = []
        for level in levels:
            level.checked_at = clock.now()
            link = links.get(level.sku_id)
            if link is None:
                level.wanted, level.terms = None, {}
                _settle(level)
                continue
            wrong = self.pricer.put(level, listed.get(link.variant_id))
            if wrong is not None:
                self._refuse(level, wrong)
            elif (level.wanted, level.currency) == _told(level):
                _settle(level)
            else:
                telling.append(level)
        products = self._products(telling, links)
        record([level for level in levels if level not in telling], _ALL)
        return products

    def _products(
        self, levels: Sequence[PriceLevel], links: Mapping[str, SkuLink]
    ) -> dict[str, list[PriceLevel]]:
        """By product; a link made by hand may not know it, then the marketplace does."""
        unknown = [level.sku_id for level in levels if not links[level.sku_id].product_id]
        asked = stock_of(self.client, unknown) if unknown else {}
        grouped: dict[str, list[PriceLevel]] = {}
        for level in levels:
            stock = asked.get(level.sku_id)
            product_id = links[level.sku_id].product_id or (stock.product_id if stock else "")
            if product_id:
                grouped.setdefault(product_id, []).append(level)
            else:
                self._refuse(level, problem("SKU_NOT_LISTED", sku=level.sku_id))
                record([level], _ALL)
        return grouped

    def _tell(self, products: Mapping[str, Sequence[PriceLevel]], end: float) -> bool:
        """As for stock; a price that was told and not written down is told again."""
        with Notes(_ALL) as notes:
            for product_id, levels in products.items():
                if time.monotonic() >= end:
                    return False
                try:
                    refused = self._set(product_id, levels)
                except RetryLater as error:
                    self.failures.add(error, levels)
                    continue
                self.failures.passed()
                for level in levels:
                    if level.sku_id in refused:
                        self._refuse(level, refused[level.sku_id])
                    else:
                        self._took(level)
                notes.add(levels)
        return True

    def _set(self, product_id: str, levels: Sequence[PriceLevel]) -> dict[str, Problem]:
        """What was refused. The marketplace refuses all of a product's prices for one that is
        locked: then each is told alone, so that only the locked one waits."""
        news = [
            NewPrice(level.sku_id, level.wanted or Decimal(0), level.currency) for level in levels
        ]
        try:
            refused = self.client.set_prices(product_id, news)
        except (Parked, VendorBug) as error:
            why = of_error(error)
            if len(levels) == 1:
                return {levels[0].sku_id: why}
            return {
                sku_id: problem
                for level in levels
                for sku_id, problem in self._set(product_id, [level]).items()
            }
        return {row.sku_id: row.problem for row in refused}

    def _took(self, level: PriceLevel) -> None:
        level.pushed, level.pushed_terms = level.wanted, level.terms
        level.pushed_at, level.job_id, level.answer = clock.now(), self.job_id, ACCEPTED
        _settle(level)
        self.sent += 1

    def _refuse(self, level: PriceLevel, why: Problem) -> None:
        level.problem, level.retry_at = kept(why), retry_at(why.code)
        level.answer = f"Refused: {why.cause}"[:500]
        self.refused += 1


def _told(level: PriceLevel) -> tuple[Decimal | None, str]:
    """What the marketplace was told last, and in which currency."""
    return level.pushed, str(level.pushed_terms.get("currency", ""))


def _settle(level: PriceLevel) -> None:
    level.due, level.problem, level.retry_at = False, None, None
