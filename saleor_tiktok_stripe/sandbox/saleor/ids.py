"""Global ids as Saleor shows them, made so that the owner of a part is read from its id.

An order's sequence number is in the ids of its lines, fulfillments, transactions and grants: no
index is needed to find them, which keeps 100,000 orders small.
"""

from __future__ import annotations

import base64
import binascii
from uuid import UUID

_PARTS = 1 << 16
UUID_TYPES = frozenset({"Checkout", "Order", "OrderLine", "TransactionItem", "Warehouse"})


def global_id(kind: str, key: int) -> str:
    """``key`` as a UUID for the types whose primary key is one in Saleor, else as a number."""
    text = str(UUID(int=key)) if kind in UUID_TYPES else str(key)
    return base64.b64encode(f"{kind}:{text}".encode()).decode()


def part_id(kind: str, order: int, index: int) -> str:
    """The id of the ``index``-th part (from 0) of an order."""
    return global_id(kind, order * _PARTS + index)


def parse_id(value: str) -> tuple[str, int]:
    """Type and key; ("", 0) for what is not an id of ours."""
    try:
        kind, _, text = base64.b64decode(value, validate=True).decode().partition(":")
        return kind, UUID(text).int if kind in UUID_TYPES else int(text)
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return "", 0


def token_of(key: int) -> str:
    """A transaction's or checkout's token: the UUID inside its id."""
    return str(UUID(int=key))


def parse_part(value: str) -> tuple[str, int, int]:
    """Type, order number and index of a part; ("", 0, 0) for anything else."""
    kind, key = parse_id(value)
    return kind, key // _PARTS, key % _PARTS
