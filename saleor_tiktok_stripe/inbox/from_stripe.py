"""Stripe's events: which secret fits, whose they are, which job they ask for.

An account may serve several channels, other installations and other software: what names another
one is ignored here, and what names nobody (a refund, a dispute) is looked at by the job, which
knows whose payment it is of. One table, closed: what is not in it is ignored.
"""

from __future__ import annotations

import time
from typing import Final

from .. import conf
from ..stripe_api import webhooks
from ..stripe_api.types import Notification
from .types import Door, Hint, Request

_PAYMENT: Final = "payment.sync"
_PREFIXES: Final = ("payment_intent.", "charge.", "refund.", "radar.early_fraud_warning.")
"""Events that say "look at a payment again"; disputes are ``charge.dispute.*``."""
_CARRIES_METADATA: Final = frozenset({"payment_intent", "charge"})
"""Objects that always bear our mark when they are ours: Stripe copies a payment's to its charge."""

_CONNECTION: Final = {
    "account.updated": "accounts.verify",
    "capability.updated": "accounts.verify",
    "account.application.deauthorized": "accounts.deauthorized",
}

JOBS: Final = frozenset({_PAYMENT, *_CONNECTION.values()})


def fits(door: Door, raw_body: bytes, signature: str) -> bool:
    """Whether ``Stripe-Signature`` was made with one of the endpoint's secrets, just now."""
    return webhooks.verify(door.secrets, raw_body, signature, time.time())


def read(raw_body: bytes, door: Door) -> Hint:
    """Raises ``InvalidInput`` when the body is no event."""
    return hint(webhooks.parse(raw_body), door)


def hint(notification: Notification, door: Door) -> Hint:
    """What an event, notified or listed, asks this connection for."""
    return Hint(
        event_key=notification.event_id,
        event_type=notification.kind,
        subject=notification.payment_id or notification.object_id,
        sent_at=notification.created_at,
        requests=_requests(notification) if _ours(notification, door) else (),
    )


def _ours(notification: Notification, door: Door) -> bool:
    if notification.livemode != door.livemode:
        return False
    if notification.account_id and notification.account_id != door.account_id:
        return False
    marks = notification.metadata
    if "saleor_instance" not in marks:
        return notification.object_type not in _CARRIES_METADATA
    expected = (conf.instance(), door.channel_slug)
    return (marks.get("saleor_instance"), marks.get("saleor_channel")) == expected


def _requests(notification: Notification) -> tuple[Request, ...]:
    job = _CONNECTION.get(notification.kind)
    if job:
        return (Request(job, ("",)),)
    if notification.kind.startswith(_PREFIXES) and notification.payment_id:
        return (Request(_PAYMENT, (notification.payment_id,)),)
    return ()
