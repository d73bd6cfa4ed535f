"""Enums with words for each value, made of tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import graphene


def enum(
    name: str, words: str, values: Mapping[str, str] | None = None, /, **named: tuple[str, str]
) -> Any:
    """An enum type. ``values``: what the services call each value, and what it means; its name in
    the API is the same in capitals. ``named``: values with another name in the API."""
    table = {value.upper(): (value, text) for value, text in (values or {}).items()} | named
    means = dict(table.values())

    def described(value: Any = None) -> str:
        return words if value is None else means[value.value]

    members = [(key, value) for key, (value, _) in table.items()]
    return graphene.Enum(name, members, description=described)
