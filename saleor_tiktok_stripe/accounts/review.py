"""The regular review of a channel's settings: what is old, missing, ending or worth a look."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from django.utils import timezone

from .. import conf
from ..models import AuditEntry, Connection, ConnectionState, InboundEvent, Vendor
from .findings import Severity, findings
from .sealed import unreadable
from .stripe.policy import stripe_policy
from .tiktok.credentials import lacks_secret
from .tiktok.policy import policy
from .tiktok.scopes import ESSENTIAL, HELPFUL

KEY_OLD: Final = timedelta(days=365)
ENDS_SOON: Final = timedelta(days=30)
SILENT: Final = timedelta(days=3)
CHECKED: Final = timedelta(days=2)
"""The daily verification ran if the last one is younger."""


class Weight(StrEnum):
    """``note``: a choice worth a look, nothing is wrong."""

    OK = "ok"
    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"


_ORDER: Final = (Weight.ERROR, Weight.WARNING, Weight.NOTE, Weight.OK)


@dataclass(frozen=True)
class ReviewItem:
    """One point. ``topic``: ``connection``, ``keys``, ``permissions``, ``notifications``,
    ``encryption`` or ``policies``. ``vendor`` is empty for what is of the whole deployment.
    ``message`` says how it is, ``cure`` what to do ("" where nothing is to be done)."""

    topic: str
    vendor: str
    weight: Weight
    message: str
    cure: str = ""
    at: datetime | None = None


def review(connections: Sequence[Connection]) -> tuple[ReviewItem, ...]:
    """All points of a channel's connections, the gravest first. Calls nobody: what was verified
    last counts. No secret in it."""
    now = timezone.now()
    found = [item for one in connections for item in _of(one, now)]
    found += _encryption(connections)
    return tuple(sorted(found, key=lambda one: _ORDER.index(one.weight)))


def _of(connection: Connection, now: datetime) -> Iterator[ReviewItem]:
    if unreadable(connection) is not None:
        return
    yield from _connection(connection, now)
    if connection.state == ConnectionState.DISABLED:
        return
    yield from _keys(connection, now)
    yield from _permissions(connection)
    yield from _notifications(connection, now)
    if connection.vendor == Vendor.TIKTOK:
        yield from _marketplace_choices(connection)
    else:
        yield from _payment_choices(connection)


_STATES: Final = {
    ConnectionState.ACTIVE: (Weight.OK, "Connected to {name}.", ""),
    ConnectionState.PENDING: (Weight.WARNING, "Not connected yet.", "Finish the set-up guide."),
    ConnectionState.NEEDS_REAUTH: (
        Weight.ERROR,
        "The authorization must be renewed. {reason}",
        "Connect again; what came meanwhile is caught up.",
    ),
    ConnectionState.DISABLED: (Weight.NOTE, "Switched off. {reason}", ""),
}


def _connection(connection: Connection, now: datetime) -> Iterator[ReviewItem]:
    vendor = connection.vendor
    weight, message, cure = _STATES[ConnectionState(connection.state)]
    told = message.format(name=connection.account_name, reason=connection.state_reason).strip()
    yield ReviewItem("connection", vendor, weight, told, cure)
    if vendor == Vendor.TIKTOK and lacks_secret(connection):
        words = "The app secret is missing, so that nothing is exchanged with TikTok."
        cure = "Enter it from Partner Center in the set-up guide, then connect the shop again."
        yield ReviewItem("keys", vendor, Weight.WARNING, words, cure)
    if connection.state != ConnectionState.ACTIVE:
        return
    if not connection.livemode:
        words = "Test mode: no real money or goods move."
        yield ReviewItem("connection", vendor, Weight.NOTE, words, "Use live keys to sell.")
    checked = connection.verified_at
    if checked is None or now - checked > CHECKED:
        yield ReviewItem(
            "connection",
            vendor,
            Weight.WARNING,
            "It was not verified lately, though that runs daily.",
            "Verify it now. If this stays, no background worker runs.",
            checked,
        )
    else:
        yield ReviewItem("connection", vendor, Weight.OK, "Verified daily.", at=checked)


_SECRETS: Final = {
    Vendor.TIKTOK: ("app_secret", "app secret"),
    Vendor.STRIPE: ("secret_key", "key"),
}


def _keys(connection: Connection, now: datetime) -> Iterator[ReviewItem]:
    field, name = _SECRETS[Vendor(connection.vendor)]
    since = _entered_at(connection, field)
    days = (now - since).days
    if now - since > KEY_OLD:
        words = f"The {name} is in use for {days} days."
        cure = f"Make a new {name}, enter it here, then remove the old one."
        yield ReviewItem("keys", connection.vendor, Weight.WARNING, words, cure, since)
    else:
        words = f"The {name} was entered {days} days ago."
        yield ReviewItem("keys", connection.vendor, Weight.OK, words, at=since)
    if connection.vendor == Vendor.TIKTOK:
        yield from _authorization(connection, now)


def _entered_at(connection: Connection, field: str) -> datetime:
    """When this secret was last changed, by the audit log."""
    changes = AuditEntry.objects.filter(
        connection=connection, action="connection.configured", data__changed__icontains=field
    ).order_by("-at")
    return changes.values_list("at", flat=True).first() or connection.created_at


def _authorization(connection: Connection, now: datetime) -> Iterator[ReviewItem]:
    ends = connection.refresh_expires_at
    if ends is None or connection.state != ConnectionState.ACTIVE:
        return
    vendor, days = connection.vendor, max(0, (ends - now).days)
    cure = "Connect again before it ends; nothing is lost."
    if ends - now <= ENDS_SOON:
        words = f"The seller's authorization ends in {days} days."
        yield ReviewItem("keys", vendor, Weight.WARNING, words, cure, ends)
    else:
        words = f"The seller's authorization is good for {days} more days."
        yield ReviewItem("keys", vendor, Weight.OK, words, at=ends)
    access = connection.access_expires_at
    if access is not None and access <= now:
        words = "The access token is over and was not renewed."
        cure = "It renews itself every few minutes: check that a background worker runs."
        yield ReviewItem("keys", vendor, Weight.WARNING, words, cure, access)


def _permissions(connection: Connection) -> Iterator[ReviewItem]:
    if connection.vendor == Vendor.TIKTOK:
        yield from _scopes(connection)
    for found in findings(connection):
        told_above = found.code == "SCOPE_MISSING" and connection.scopes
        if not told_above and found.severity != Severity.OK:
            topic = "permissions" if "SCOPE" in found.code else "connection"
            weight = Weight(found.severity.value)
            yield ReviewItem(topic, connection.vendor, weight, found.message, found.cure)
    if connection.vendor == Vendor.STRIPE:
        granted = sum(found.code == "STRIPE_SCOPE_OK" for found in findings(connection))
        if granted:
            words = f"{granted} permissions of the key were tried and work."
            yield ReviewItem("permissions", connection.vendor, Weight.OK, words)


def _scopes(connection: Connection) -> Iterator[ReviewItem]:
    if connection.state != ConnectionState.ACTIVE or not connection.scopes:
        return
    granted = set(connection.scopes)
    cure = "Add it to your app in Partner Center, then connect again."
    for wanted, weight in ((ESSENTIAL, Weight.ERROR), (HELPFUL, Weight.WARNING)):
        for scope, without in wanted.items():
            if scope not in granted:
                words = f"Without the permission {scope} {without}."
                yield ReviewItem("permissions", connection.vendor, weight, words, cure)
    number = len(granted & {*ESSENTIAL, *HELPFUL})
    words = f"{number} of {len(ESSENTIAL) + len(HELPFUL)} permissions are granted."
    yield ReviewItem("permissions", connection.vendor, Weight.OK, words)


def _notifications(connection: Connection, now: datetime) -> Iterator[ReviewItem]:
    if connection.state != ConnectionState.ACTIVE:
        return
    came = InboundEvent.objects.filter(connection=connection).order_by("-received_at")
    newest = came.values_list("received_at", flat=True).first()
    if newest is None:
        words = "No notification has come yet."
        cure = "Normal for a new connection. What happens is found by polling as well."
        yield ReviewItem("notifications", connection.vendor, Weight.NOTE, words, cure)
    elif now - newest > SILENT:
        words = "No notification has come for days."
        cure = "Verify the connection: it repairs the notification address where it can."
        yield ReviewItem("notifications", connection.vendor, Weight.NOTE, words, cure, newest)
    else:
        words = "Notifications come."
        yield ReviewItem("notifications", connection.vendor, Weight.OK, words, at=newest)


def _marketplace_choices(connection: Connection) -> Iterator[ReviewItem]:
    chosen, vendor = policy(connection), connection.vendor
    looks = (
        (not chosen.import_enabled, "Importing orders is switched off.", "Switch it on to sell."),
        (
            chosen.stock_push and chosen.stock_buffer == 0 and chosen.stock_percent == 100,
            "All of the stock is offered at TikTok, with nothing held back.",
            "A stock buffer of a few units keeps two shops from selling the last one twice.",
        ),
        (not chosen.stock_push, "TikTok is not told what is in stock.", ""),
        (not chosen.ship_push, "TikTok is not told what is shipped.", ""),
        (
            chosen.ship_push and not chosen.default_carrier,
            "No default carrier is set.",
            "Shipments whose carrier nothing tells wait for somebody; a default avoids that.",
        ),
        (
            not chosen.warehouse,
            "Saleor chooses the warehouse that orders are shipped from.",
            "Name one if TikTok's orders should always leave from there.",
        ),
    )
    for worth, message, cure in looks:
        if worth:
            yield ReviewItem("policies", vendor, Weight.NOTE, message, cure)


def _payment_choices(connection: Connection) -> Iterator[ReviewItem]:
    chosen = stripe_policy(connection)
    if not chosen.statement_suffix:
        words = "Card statements show Stripe's own words."
        cure = "Buyers who recognize the name dispute less: enter what follows your business's."
        yield ReviewItem("policies", connection.vendor, Weight.NOTE, words, cure)
    if not chosen.receipt_email:
        words = "Stripe mails no receipts."
        yield ReviewItem("policies", connection.vendor, Weight.NOTE, words)


def _encryption(connections: Sequence[Connection]) -> Iterator[ReviewItem]:
    for connection in connections:
        problem = unreadable(connection)
        if problem is not None:
            cure = "Put the former key back, or enter the secrets of this account anew."
            yield ReviewItem("encryption", connection.vendor, Weight.ERROR, problem.message, cure)
    number = len(conf.encryption_keys())
    if number > 1:
        words = f"{number} encryption keys are configured: a rotation is not finished."
        cure = "Run saleor-tiktok-stripe rotate-keys, then remove the older keys."
        yield ReviewItem("encryption", "", Weight.WARNING, words, cure)
    elif number == 1:
        words = "Secrets are encrypted with one key."
        yield ReviewItem("encryption", "", Weight.OK, words)
