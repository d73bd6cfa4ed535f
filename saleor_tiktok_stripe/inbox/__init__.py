"""Notifications of vendors: verified, written down once, handed over as jobs, answered at once."""

from .doors import forget
from .receiving import receive
from .replaying import inbox_health as health
from .replaying import remove_old_events, replay, replay_since
from .types import ChannelInbox, InboxAnswer, InboxHealth, ReplayReport

__all__ = [
    "ChannelInbox",
    "InboxAnswer",
    "InboxHealth",
    "ReplayReport",
    "forget",
    "health",
    "receive",
    "remove_old_events",
    "replay",
    "replay_since",
]
