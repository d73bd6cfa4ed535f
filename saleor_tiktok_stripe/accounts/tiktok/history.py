"""Ask for a shop's history, when the merchant wants orders from before it was connected."""

from __future__ import annotations

from django.utils import timezone

from ...jobs import enqueue
from ...models import Connection
from .policy import policy


def ask_for_history(connection: Connection) -> bool:
    """Queue a backfill from the policy's ``import_from`` until now; False when none is wanted."""
    start, now = policy(connection).import_from, timezone.now()
    if start is None or start >= now:
        return False
    window = {"from": start.isoformat(), "to": now.isoformat()}
    enqueue("orders.backfill", connection, payload=window)
    return True
