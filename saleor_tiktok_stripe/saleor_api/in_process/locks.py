"""Locks among our own writers, beside Saleor's row locks.

Order of locks everywhere in this room, so that no two writers wait for each other: first these
advisory locks (ascending), then Saleor's order rows, then its stock rows (ascending by pk).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Final

from django.db import connection

NAMESPACE: Final = 0x7457
"""Ours among PostgreSQL's advisory locks: the first of the two integers of each key."""


def lock_keys(keys: Iterable[str]) -> None:
    """Wait for and hold the lock of every key until the current transaction ends.

    Two keys may share a number: then they merely wait for each other. Taken in the order of the
    numbers, in one statement, so that overlapping batches cannot deadlock.
    """
    numbers = sorted({_number(key) for key in keys})
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s::int, number) FROM unnest(%s::int[]) AS number",
            [NAMESPACE, numbers],
        )


def _number(key: str) -> int:
    digest = hashlib.blake2s(key.encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big", signed=True)
