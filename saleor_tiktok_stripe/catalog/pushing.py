"""Telling the marketplace how many of each SKU it may sell.

Quantities are absolute, so telling one twice is harmless, and a run that was killed is simply done
again: what is due is counted anew, compared with what the marketplace says it has, and told only
where the two differ.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from .. import accounts
from ..errors import Parked, Problem, RetryLater, VendorBug
from ..jobs import clock
from ..models import Connection, SkuLink, StockLevel
from ..tiktok.client import TikTokClient
from ..tiktok.stock_types import NewStock, SkuStock
from .counting import Counted, Counter
from .levels import (
    BATCH,
    Failures,
    Notes,
    due_rows,
    due_skus,
    fell,
    known,
    record,
    retry_at,
)
from .problems import GONE, kept, of_error, problem
from .types import Pushed

ACCEPTED: Final = "Accepted."
_COUNTED: Final = ("wanted", "terms", "reserved", "short", "checked_at")
_SEEN: Final = ("seen", "seen_at")
_SETTLED: Final = ("due", "problem", "retry_at")
_TOLD: Final = (*_SETTLED, "pushed", "pushed_terms", "pushed_at", "job_id", "answer")


@dataclass
class _One:
    """A due SKU on its way; ``change`` is how many pieces more it is to have."""

    level: StockLevel
    stock: SkuStock
    at: str

    @property
    def change(self) -> int:
        return (self.level.wanted or 0) - (self.level.seen or 0)


class Push:
    """One run: ``go`` tells what is due until nothing is left or its time is over."""

    def __init__(self, connection: Connection, *, job_id: int | None = None) -> None:
        self.connection = connection
        self.job_id = job_id
        self.counter = Counter(connection)
        self.failures = Failures()
        self.sent = self.refused = 0

    @cached_property
    def client(self) -> TikTokClient:
        """Made at the first need: most looks find nothing to tell."""
        return accounts.client(self.connection)

    @cached_property
    def places(self) -> Places:
        """Where the numbers go."""
        return Places(self.counter.policy.marketplace_warehouse, self.client)

    def go(self, seconds: float) -> Pushed:
        """Raises what concerns the whole shop; whatever was told before is written down. ``failed``
        ones stay due."""
        end = time.monotonic() + seconds
        while levels := due_rows(StockLevel, self.connection, without=self.failures.rows):
            if not self._tell(self._differing(levels), end) or time.monotonic() >= end:
                return Pushed(self.sent, self.refused, more=True)
        return Pushed(self.sent, self.refused, more=False, failed=len(self.failures.rows))

    def _differing(self, levels: Sequence[StockLevel]) -> dict[str, list[_One]]:
        """Those that the marketplace must be told of, by product; the others are written down."""
        told = {level.pk: known(level) for level in levels if level.checked_at is not None}
        counted = self.counter.of([level.sku_id for level in levels])
        settled = [count(level, counted.get(level.sku_id)) for level in levels]
        asking = [level for level in levels if level.due]
        record([level for level in settled if not level.due], (*_COUNTED, *_SETTLED))
        if not asking:
            return {}
        heard = clock.now()
        stocks = stock_of(self.client, [level.sku_id for level in asking])
        open_ones: list[_One] = []
        sold: list[str] = []
        for level in asking:
            stock = stocks.get(level.sku_id)
            if stock is None:
                self._refuse(level, problem("SKU_NOT_LISTED", sku=level.sku_id))
                continue
            at = self.places.of(stock)
            level.seen, level.seen_at = stock.warehouses.get(at, 0), heard
            if level.seen == level.wanted:
                _settle(level)
            elif is_less(level.seen, told.get(level.pk), level.wanted):
                sold.append(level.sku_id)
            else:
                open_ones.append(_One(level, stock, at))
        record(asking, (*_COUNTED, *_SEEN, *_SETTLED, "answer"))
        fell(self.connection, sold)
        return _by_product(open_ones)

    def _tell(self, products: Mapping[str, Sequence[_One]], end: float) -> bool:
        """False: the time was over before all were told; those stay due. What was told is written
        down a few times a second at most: whoever is killed in between asks the marketplace first,
        and finds it there."""
        with Notes(_TOLD) as notes:
            for product_id, ones in products.items():
                if time.monotonic() >= end:
                    return False
                try:
                    refused = self._set(product_id, ones)
                except RetryLater as error:
                    self.failures.add(error, [one.level for one in ones])
                    continue
                self.failures.passed()
                for one in ones:
                    if one.level.sku_id in refused:
                        self._refuse(one.level, refused[one.level.sku_id])
                    else:
                        self._took(one)
                notes.add([one.level for one in ones])
        return True

    def _set(self, product_id: str, ones: Sequence[_One]) -> dict[str, Problem]:
        """One call for all SKUs of a product; what was refused."""
        news = [NewStock(one.level.sku_id, _quantities(one)) for one in ones]
        try:
            refused = self.client.set_stock(product_id, news)
        except (Parked, VendorBug) as error:
            return dict.fromkeys((one.level.sku_id for one in ones), of_error(error))
        return {row.sku_id: row.problem for row in refused}

    def _took(self, one: _One) -> None:
        level = one.level
        if _is_gone(level):
            self._share_anew(level)
        level.pushed, level.pushed_at, level.job_id = level.wanted, clock.now(), self.job_id
        level.pushed_terms = {**level.terms, "at": one.at}
        level.answer = ACCEPTED
        _settle(level)
        self.sent += 1

    def _refuse(self, level: StockLevel, why: Problem) -> None:
        if not _is_gone(level) and why.code in GONE:
            self._share_anew(level)
        level.problem, level.retry_at = kept(why), retry_at(why.code)
        level.answer = f"Refused: {why.cause}"[:500]
        self.refused += 1

    def _share_anew(self, level: StockLevel) -> None:
        """It begins, or ceases, to take a share of its variant's pieces."""
        due_skus(StockLevel, self.connection, [level.sku_id])


class Places:
    """Into which of the marketplace's warehouses the number goes: the one that was chosen, else
    the only one of the SKU, else the shop's default."""

    def __init__(self, chosen: str, client: TikTokClient) -> None:
        self._chosen = chosen
        self._client = client

    def of(self, stock: SkuStock) -> str:
        """Its id. Asks the marketplace once for the default, when that decides."""
        if self._chosen:
            return self._chosen
        if len(stock.warehouses) == 1:
            return next(iter(stock.warehouses))
        return self._usual

    @cached_property
    def _usual(self) -> str:
        selling = sorted(
            (one for one in self._client.warehouses() if one.sells),
            key=lambda one: not one.is_default,
        )
        return selling[0].id if selling else ""


def count(level: StockLevel, counted: Counted | None) -> StockLevel:
    """Put the newest number into the row. It stays due only where it has to be told."""
    unknown = level.checked_at is None
    level.checked_at = clock.now()
    if counted is None:
        # Nobody knows any more what it sells: the marketplace's number is left as it is.
        level.wanted, level.terms, level.reserved, level.short = None, {}, False, 0
        _settle(level)
        return level
    level.wanted, level.terms = counted.terms.number, counted.terms.to_json()
    level.reserved, level.short = counted.terms.passes, counted.terms.short
    if known(level) == level.wanted and level.problem is None and not unknown:
        _settle(level)
    return level


def stock_of(client: TikTokClient, sku_ids: Sequence[str]) -> dict[str, SkuStock]:
    """What the marketplace says these SKUs have; those it does not list are missing."""
    found: dict[str, SkuStock] = {}
    for start in range(0, len(sku_ids), BATCH):
        found |= {one.sku_id: one for one in client.stock(sku_ids[start : start + BATCH])}
    return found


def hear(connection: Connection, client: TikTokClient, product_ids: Sequence[str]) -> int:
    """The marketplace says that the stock of these products changed: due is what differs from the
    number wanted. How many; none where it was our own push that came back."""
    links = SkuLink.objects.filter(connection=connection, product_id__in=list(product_ids))
    sku_ids = list(links.exclude(variant_id="").values_list("sku_id", flat=True))
    levels = list(StockLevel.objects.filter(connection=connection, sku_id__in=sku_ids))
    places = Places(Counter(connection).policy.marketplace_warehouse, client)
    heard = clock.now()
    stocks = stock_of(client, sku_ids)
    seen = [level for level in levels if level.sku_id in stocks]
    told = {level.pk: known(level) for level in seen}
    for level in seen:
        stock = stocks[level.sku_id]
        level.seen, level.seen_at = stock.warehouses.get(places.of(stock), 0), heard
    record(seen, _SEEN)
    differing = [level for level in seen if level.seen != level.wanted]
    sold = [one.sku_id for one in differing if is_less(one.seen, told[one.pk], one.wanted)]
    due_skus(StockLevel, connection, [one.sku_id for one in differing])
    fell(connection, sold)
    return len(differing)


def is_less(seen: int | None, told: int | None, wanted: int | None) -> bool:
    """Pieces are missing at the marketplace that are about to be offered again."""
    return seen is not None and told is not None and seen < min(told, wanted or 0)


def _settle(level: StockLevel) -> None:
    level.due, level.problem, level.retry_at = False, None, None


def _is_gone(level: StockLevel) -> bool:
    return level.problem is not None and level.problem["code"] in GONE


def _quantities(one: _One) -> dict[str, int]:
    """All its warehouses: one that is left out is refused. What the others have is not ours to
    change, but for the one that the number went into before."""
    quantities = {**one.stock.warehouses, one.at: one.level.wanted or 0}
    before = one.level.pushed_terms.get("at", one.at)
    if before != one.at and before in quantities:
        quantities[before] = 0
    return quantities


def _by_product(ones: Sequence[_One]) -> dict[str, list[_One]]:
    """Products whose numbers fall come first: those may be sold too often meanwhile."""
    grouped: dict[str, list[_One]] = {}
    for one in sorted(ones, key=lambda one: one.change):
        grouped.setdefault(one.stock.product_id, []).append(one)
    return grouped
