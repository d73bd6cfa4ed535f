"""Saleor's global ids (``base64("Type:pk")``) to primary keys and back."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

_UUID_TYPES: Final = frozenset({"Checkout", "Order", "OrderLine", "TransactionItem", "Warehouse"})
_LARGEST: Final = 2**31 - 1
"""Of the primary keys that are numbers."""


def global_id(type_name: str, pk: object) -> str:
    """The id that Saleor's GraphQL API shows for a row."""
    return base64.b64encode(f"{type_name}:{pk}".encode()).decode()


def database_id(type_name: str, value: str) -> Any:
    """The primary key (int or UUID) inside a global id, or None where it is not of that type: such
    a thing does not exist, and neither Saleor nor its database is to be asked about it."""
    try:
        name, _, pk = base64.b64decode(value, validate=True).decode().partition(":")
        key = UUID(pk) if type_name in _UUID_TYPES else int(pk)
    except ValueError:  # neither base64, nor text, nor a key
        return None
    if name != type_name or (isinstance(key, int) and not 0 < key <= _LARGEST):
        return None
    return key


def database_ids(type_name: str, values: Iterable[str]) -> dict[Any, str]:
    """Primary key -> global id; what is not an id of that type is left out."""
    pairs = ((database_id(type_name, value), value) for value in values)
    return {pk: value for pk, value in pairs if pk is not None}


def only_ids(type_name: str, values: Iterable[str]) -> list[str]:
    """Those that are ids of that type, as they were given."""
    return [one for one in values if database_id(type_name, one) is not None]
