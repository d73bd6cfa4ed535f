"""The handlers of this room's jobs, where the table of kinds finds them."""

from .backfill import backfill
from .polling import poll
from .reference import send_references
from .syncing import sync_orders

__all__ = ["backfill", "poll", "send_references", "sync_orders"]
