"""Who did what to a connection. Append only; values here must hold no secret and no buyer data."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from ..models import AuditEntry, Connection

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
