"""Notifications of vendors: verified, written down once, handed over as jobs, answered at once."""

from .doors import forget
from .erasing import erase
from .listing import EventLine, events
from .receiving import adopt, receive
from .replaying import inbox_health as health
from .replaying import remove_old_events, replay, replay_since
from .types import ChannelInbox, InboxAnswer, InboxHealth, ReplayReport
from .vendors import WIRES

__all__ = [
    "WIRES",
    "ChannelInbox",
    "EventLine",
    "InboxAnswer",
    "InboxHealth",
    "ReplayReport",
    "adopt",
    "erase",
    "events",
    "forget",
    "health",
    "receive",
    "remove_old_events",
    "replay",
    "replay_since",
]
