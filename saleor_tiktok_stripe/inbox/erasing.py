"""Letting go of what stored notifications hold of a buyer."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ..models import Connection, EventStatus, InboundEvent
from ..models.fields import UnreadableSecret


def erase(
    connections: Sequence[Connection], subjects: Collection[str], *, dry_run: bool = False
) -> int:
    """Empty the bodies of notifications about these things (orders, payments, cases, disputes); how
    many hold something. That they came in stays, and they can no longer be handed over again."""
    rows = InboundEvent.objects.filter(connection__in=connections, subject__in=list(subjects))
    # Whether a body is empty already cannot be asked of the database: it is encrypted.
    held = [row.pk for row in rows.iterator() if _holds_something(row)]
    if not dry_run:
        InboundEvent.objects.filter(pk__in=held).update(body="", status=EventStatus.IGNORED)
    return len(held)


def _holds_something(event: InboundEvent) -> bool:
    try:
        return bool(event.body)
    except UnreadableSecret:
        # Whoever has the lost key after all could read it.
        return True
