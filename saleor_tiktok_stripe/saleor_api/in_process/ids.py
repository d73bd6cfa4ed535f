"""Saleor's global ids (``base64("Type:pk")``) to primary keys and back."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import Any
from uuid import UUID


def global_id(type_name: str, pk: object) -> str:
    """The id that Saleor's GraphQL API shows for a row."""
    return base64.b64encode(f"{type_name}:{pk}".encode()).decode()


def database_id(type_name: str, value: str) -> Any:
    """The primary key (int or UUID) inside a global id, or None where it is not of that type."""
    try:
        name, _, pk = base64.b64decode(value, validate=True).decode().partition(":")
    except ValueError:  # neither base64 nor text
        return None
    if name != type_name:
        return None
    try:
        return int(pk) if pk.isdigit() else UUID(pk)
    except ValueError:
        return None


def database_ids(type_name: str, values: Iterable[str]) -> dict[Any, str]:
    """Primary key -> global id; what is not an id of that type is left out."""
    pairs = ((database_id(type_name, value), value) for value in values)
    return {pk: value for pk, value in pairs if pk is not None}
