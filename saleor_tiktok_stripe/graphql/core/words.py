"""Words and checks that several fields share."""

from __future__ import annotations

from datetime import datetime
from typing import Final, TypeVar

from ...errors import InvalidInput

DRY_RUN: Final = "True: only say what would be done; nothing is written or sent."
KEY: Final = (
    "A key of the caller's own: the same key again gives the same answer and does nothing twice."
)
M = TypeVar("M", datetime, datetime | None)


def aware(moment: M, field: str) -> M:
    """Raises ``InvalidInput`` (``TIME_ZONE_REQUIRED``) for a time without a zone."""
    if moment is not None and moment.tzinfo is None:
        raise InvalidInput(
            "TIME_ZONE_REQUIRED", "Say the time zone too: 2026-11-01T00:00:00Z.", field=field
        )
    return moment
