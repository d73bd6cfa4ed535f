"""What goes through the door of the inbox."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class InboxAnswer:
    """What to tell the vendor: an HTTP status, and no body.

    ``outcome``: ``handed_over``, ``ignored``, ``duplicate``, ``rejected`` (signature),
    ``too_large``, ``unknown_channel`` or ``unreadable_secret``.
    """

    status: int
    outcome: str


@dataclass(frozen=True)
class Door:
    """What checking a notification needs; held in memory for a few seconds.

    ``secrets``: TikTok's app secret, or Stripe's webhook secrets (several while one is rolled).
    """

    connection_id: int
    channel_slug: str
    account_id: str
    livemode: bool
    app_key: str
    secrets: tuple[str, ...] = field(repr=False)
    loaded_at: datetime


@dataclass(frozen=True)
class Request:
    """A kind of job that a notification asks for, and whose; ``subjects`` are never empty."""

    job: str
    subjects: tuple[str, ...]


@dataclass(frozen=True)
class Hint:
    """A notification in the inbox's own words. No ``requests``: there is nothing to do."""

    event_key: str
    event_type: str
    subject: str
    sent_at: datetime | None
    requests: tuple[Request, ...]


@dataclass(frozen=True)
class ReplayReport:
    """Counts of events."""

    replayed: int
    ignored: int


@dataclass(frozen=True)
class ChannelInbox:
    """``waiting_seconds``: how long the oldest notification's job has waited to be run."""

    connection_id: int
    last_received_at: datetime | None
    waiting_seconds: float


@dataclass(frozen=True)
class InboxHealth:
    """``answers`` counts this process's answers by outcome since it started."""

    channels: tuple[ChannelInbox, ...]
    answers: Mapping[str, int]
