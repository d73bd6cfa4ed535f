"""Which notification leads to which job: one table, closed. What is not in it is ignored."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from ..tiktok.types import Notification
from ..tiktok.webhooks import ORDER_EVENTS, order_ids

SUBJECT_LIMIT: Final = 64
"""Characters; the vendor's ids have 18 or 19."""


@dataclass(frozen=True)
class Route:
    """A kind of job, and which subjects a notification asks for."""

    job: str
    subjects: Callable[[Notification], tuple[str, ...]]


def _whole_connection(notification: Notification) -> tuple[str, ...]:
    return ("",)


def _subject(notification: Notification) -> tuple[str, ...]:
    return (notification.subject,)


_ORDER: Final = Route("order.sync", order_ids)
_LISTING: Final = Route("catalog.refresh", _subject)

ROUTES: Final[Mapping[str, Route]] = {
    **dict.fromkeys(ORDER_EVENTS, _ORDER),
    "PRODUCT_STATUS_CHANGE": _LISTING,
    "PRODUCT_INFORMATION_CHANGE": _LISTING,
    "PRODUCT_CREATION": _LISTING,
    "SKU_STATUS_CHANGE": _LISTING,
    "SELLER_DEAUTHORIZATION": Route("accounts.deauthorized", _whole_connection),
    "UPCOMING_AUTHORIZATION_EXPIRATION": Route("accounts.verify", _whole_connection),
}

FED_KINDS: Final = frozenset(route.job for route in ROUTES.values())
"""Kinds of jobs that notifications ask for."""


@dataclass(frozen=True)
class Request:
    """The work that a notification asks for; no ``subjects``: none."""

    job: str
    subjects: tuple[str, ...]


def request(notification: Notification) -> Request:
    """What to do about ``notification``. Ids that cannot be the vendor's are left out."""
    route = ROUTES.get(notification.kind)
    if route is None:
        return Request("", ())
    found = tuple(one for one in route.subjects(notification) if len(one) <= SUBJECT_LIMIT)
    return Request(route.job, found)
