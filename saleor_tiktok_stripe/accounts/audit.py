"""Who did what to a connection. Append only; values here must hold no secret and no buyer data."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from ..models import AuditEntry, Connection
from ..models.paging import SIZE, Page, newest_first

logger = logging.getLogger("saleor_tiktok_stripe.accounts")

SYSTEM = "system"
"""The actor of what happens without a person: refreshes, notifications of the vendor."""


def record(
    action: str,
    connection: Connection,
    actor: str,
    *,
    subject: str = "",
    data: Mapping[str, str] | None = None,
) -> None:
    """Write one entry, in the caller's transaction where there is one."""
    AuditEntry.objects.create(
        action=action,
        connection=connection,
        actor=actor or SYSTEM,
        subject=subject,
        data=dict(data or {}),
    )
    logger.info("%s: connection %s, by %s %s", action, connection.pk, actor or SYSTEM, subject)


def entries(
    connections: Sequence[Connection],
    *,
    action: str = "",
    actor: str = "",
    after: str = "",
    size: int = SIZE,
) -> Page[AuditEntry]:
    """A page of what was done to these connections, newest first. Raises ``InvalidInput``
    (``PAGE_INVALID``) for an ``after`` that no page gave."""
    terms = {"action": action, "actor": actor}
    rows = AuditEntry.objects.filter(connection__in=list(connections))
    rows = rows.filter(**{name: value for name, value in terms.items() if value})
    return newest_first(rows.select_related("connection"), "at", after, size)
