"""Callers' own keys of refunds and answers: the same key again is the same request."""

from __future__ import annotations

from typing import Final

from ..errors import InvalidInput

LONGEST: Final = 128


def fitting(key: str) -> str:
    """The key as it is stored. Raises ``InvalidInput`` (``REQUEST_KEY_TOO_LONG``)."""
    if len(key) > LONGEST:
        raise InvalidInput(
            "REQUEST_KEY_TOO_LONG",
            f"A key has at most {LONGEST} characters.",
            field="idempotency_key",
        )
    return key
