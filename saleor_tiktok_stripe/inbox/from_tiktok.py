"""TikTok's notifications: which secret fits, whose they are, which job they ask for.

One table, closed: what is not in it is ignored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from ..tiktok import webhooks
from ..tiktok.types import Notification
from ..tiktok.webhooks import CASE_EVENTS, ORDER_EVENTS, STOCK_EVENTS, order_ids
from .types import Door, Hint, Request

SUBJECT_LIMIT: Final = 64
"""Characters; the vendor's ids have 18 or 19."""


@dataclass(frozen=True)
class Route:
    """A kind of job, and which subjects a notification asks for it; none: not at all."""

    job: str
    subjects: Callable[[Notification], tuple[str, ...]]


def _whole_connection(notification: Notification) -> tuple[str, ...]:
    return ("",)


def _subject(notification: Notification) -> tuple[str, ...]:
    return (notification.subject,)


def _nameless(notification: Notification) -> tuple[str, ...]:
    """A case whose order is not named is found by what changed last."""
    return () if order_ids(notification) else ("",)


_ORDER: Final = Route("order.sync", order_ids)
_CASE: Final = (_ORDER, Route("case.sync", order_ids), Route("cases.poll", _nameless))
_LISTING: Final = Route("catalog.refresh", _subject)
_STOCK: Final = Route("stock.push", _subject)

ROUTES: Final[Mapping[str, tuple[Route, ...]]] = {
    **dict.fromkeys(ORDER_EVENTS, (_ORDER,)),
    **dict.fromkeys(CASE_EVENTS, _CASE),
    **dict.fromkeys(STOCK_EVENTS, (_STOCK,)),
    "PRODUCT_STATUS_CHANGE": (_LISTING,),
    "PRODUCT_INFORMATION_CHANGE": (_LISTING,),
    "PRODUCT_CREATION": (_LISTING,),
    "SKU_STATUS_CHANGE": (_LISTING,),
    "SELLER_DEAUTHORIZATION": (Route("accounts.deauthorized", _whole_connection),),
    "UPCOMING_AUTHORIZATION_EXPIRATION": (Route("accounts.verify", _whole_connection),),
}

JOBS: Final = frozenset(route.job for routes in ROUTES.values() for route in routes)


def fits(door: Door, raw_body: bytes, signature: str) -> bool:
    """Whether the ``Authorization`` header was made with the app's secret for these bytes."""
    return any(
        webhooks.verify(door.app_key, secret, raw_body, signature) for secret in door.secrets
    )


def read(raw_body: bytes, door: Door) -> Hint:
    """Raises ``InvalidInput`` when the body is no notification."""
    notification = webhooks.parse(raw_body)
    ours = notification.shop_id == door.account_id
    return Hint(
        event_key=notification.event_id,
        event_type=_event_type(notification),
        subject=notification.subject,
        sent_at=notification.sent_at,
        requests=_requests(notification) if ours else (),
    )


def _event_type(notification: Notification) -> str:
    """Its name, or its number when the name is unknown."""
    if notification.kind == webhooks.UNKNOWN.name:
        return f"TYPE_{notification.type_id}"
    return notification.kind


def _requests(notification: Notification) -> tuple[Request, ...]:
    """Ids that cannot be the vendor's are left out."""
    found = (
        Request(
            route.job,
            tuple(one for one in route.subjects(notification) if len(one) <= SUBJECT_LIMIT),
        )
        for route in ROUTES.get(notification.kind, ())
    )
    return tuple(one for one in found if one.subjects)
