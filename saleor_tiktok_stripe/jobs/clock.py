"""The time that jobs go by. Tests turn it; nothing here sleeps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

_ahead = timedelta()


def now() -> datetime:
    """The present, aware, in UTC."""
    return datetime.now(UTC) + _ahead


@contextmanager
def turned(seconds: float) -> Iterator[None]:
    """Inside the block it is ``seconds`` later, in all threads of this process. For tests."""
    global _ahead
    before = _ahead
    _ahead = before + timedelta(seconds=seconds)
    try:
        yield
    finally:
        _ahead = before
