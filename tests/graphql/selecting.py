"""Queries made of the schema: every field of a type, as deep as it goes."""

from __future__ import annotations

from typing import Any

from graphql.type.definition import (
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
)

from saleor_tiktok_stripe.graphql.schema import schema

NAMESPACE = "TiktokStripe"


def bare(of: Any) -> Any:
    """A type without its lists and exclamation marks."""
    while isinstance(of, GraphQLList | GraphQLNonNull):
        of = of.of_type
    return of


def everything_of(of: Any, without: frozenset[str] = frozenset(), depth: int = 9) -> str:
    """A selection of all fields that need no argument, nested ones too."""
    of = bare(of)
    if not isinstance(of, GraphQLObjectType):
        return ""
    parts = [
        f"{name} {everything_of(field.type, without, depth - 1)}".strip()
        for name, field in of.fields.items()
        if name not in without and depth and not _needs(field)
    ]
    return "{ " + " ".join(part for part in parts if part) + " }"


def fields_of_namespace() -> dict[str, Any]:
    return dict(schema().get_type_map()[NAMESPACE].fields)


def _needs(field: Any) -> bool:
    return any(isinstance(one.type, GraphQLNonNull) for one in field.args.values())
