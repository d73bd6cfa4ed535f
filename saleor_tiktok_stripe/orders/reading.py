"""What the marketplace has beside orders: their cancellations and returns, a call per 50 orders."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Final, Protocol, TypeVar

from ..tiktok.aftersales_types import Return
from ..tiktok.client import TikTokClient
from ..tiktok.types import Cancellation

log = logging.getLogger("saleor_tiktok_stripe.orders")

BATCH: Final = 50


class _Case(Protocol):
    @property
    def order_id(self) -> str: ...


C = TypeVar("C", bound=_Case)
T = TypeVar("T")
Page = tuple[Iterable[C], Iterable[tuple[str, str]], str]


def cancellations_of(
    client: TikTokClient, order_ids: Iterable[str]
) -> dict[str, tuple[Cancellation, ...]]:
    """By order id, for those that have any. One that cannot be read is logged and left out."""

    def turn(ids: Sequence[str], token: str) -> Page[Cancellation]:
        page = client.search_cancellations(order_ids=ids, page_token=token)
        return page.cancellations, page.broken, page.next_token

    return _by_order(turn, order_ids)


def returns_of(client: TikTokClient, order_ids: Iterable[str]) -> dict[str, tuple[Return, ...]]:
    """As ``cancellations_of``."""

    def turn(ids: Sequence[str], token: str) -> Page[Return]:
        page = client.search_returns(order_ids=ids, page_token=token)
        return page.returns, page.broken, page.next_token

    return _by_order(turn, order_ids)


def _by_order(
    turn: Callable[[Sequence[str], str], Page[C]], order_ids: Iterable[str]
) -> dict[str, tuple[C, ...]]:
    found: dict[str, tuple[C, ...]] = {}
    for chunk in chunks(order_ids, BATCH):
        token = ""
        while True:
            cases, broken, token = turn(chunk, token)
            for case_id, why in broken:
                log.warning("case %s cannot be read: %s", case_id, why)
            for one in cases:
                found[one.order_id] = (*found.get(one.order_id, ()), one)
            if not token:
                break
    return found


def chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """``items`` in lists of at most ``size``."""
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk
