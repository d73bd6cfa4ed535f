"""The slice of Saleor's schema, made executable."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from importlib import resources
from typing import Any

from graphql import GraphQLSchema, build_ast_schema, parse
from graphql.language import ast
from graphql.type.definition import GraphQLScalarType

from .ids import parse_id
from .mutations import MUTATIONS
from .people import me
from .queries import QUERIES, Context, methods_per_country

Operation = Callable[[Context, dict[str, Any]], Any]


def slice_sdl() -> str:
    """The slice as text."""
    return resources.files(__package__).joinpath("schema.graphql").read_text("utf-8")


@cache
def executable() -> GraphQLSchema:
    """The slice with resolvers and Saleor's scalars."""
    schema = build_ast_schema(parse(slice_sdl()))
    for name, operation in {**QUERIES, "me": me}.items():
        schema.get_type("Query").fields[name].resolver = _resolver(operation)
    for name, operation in MUTATIONS.items():
        schema.get_type("Mutation").fields[name].resolver = _resolver(operation)
    for kind in schema.get_type_map().values():
        fields = getattr(kind, "fields", {})
        if "metafield" in fields:
            fields["metafield"].resolver = _metafield("_public")
        if "privateMetafield" in fields:
            fields["privateMetafield"].resolver = _metafield("_private")
    methods = schema.get_type("Channel").fields["availableShippingMethodsPerCountry"]
    methods.resolver = lambda root, info, **args: methods_per_country(root, args)
    schema.get_type("ObjectWithMetadata").resolve_type = lambda root, info: schema.get_type(
        parse_id(root["id"])[0]
    )
    for name in ("Event", "OrderOrCheckout", "UserOrApp", "IssuingPrincipal", "DeliveryMethod"):
        schema.get_type(name).resolve_type = lambda root, info: schema.get_type(root["__typename"])
    _define_scalars(schema)
    return schema


def _resolver(operation: Operation) -> Callable[..., Any]:
    return lambda root, info, **args: operation(info.context, args)


def _metafield(where: str) -> Callable[..., Any]:
    return lambda root, info, key: root[where].get(key)


def _decimal(value: Any) -> Decimal:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        raise ValueError(f"{value!r} is not a decimal number") from None


def _positive(value: Any) -> Decimal:
    amount = _decimal(value)
    if amount < 0:
        raise ValueError("Value cannot be lower than 0.")
    return amount


def _datetime(value: Any) -> datetime:
    return datetime.fromisoformat(str(value))


def _iso(value: datetime | date) -> str:
    return value.isoformat()


def _define_scalars(schema: GraphQLSchema) -> None:
    kinds: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
        "Decimal": (float, _decimal),
        "PositiveDecimal": (float, _positive),
        "DateTime": (_iso, _datetime),
        "Date": (_iso, lambda value: date.fromisoformat(str(value))),
        "UUID": (str, str),
        "JSON": (_plain, _plain),
    }
    for name, (serialize, read) in kinds.items():
        scalar: GraphQLScalarType | None = schema.get_type_map().get(name)
        if scalar is not None:
            scalar.serialize = serialize
            scalar.parse_value = read
            scalar.parse_literal = _json_literal if name == "JSON" else _from_literal(read)


def _plain(value: Any) -> Any:
    return value


def _json_literal(node: ast.Value) -> Any:
    if isinstance(node, ast.ObjectValue):
        return {field.name.value: _json_literal(field.value) for field in node.fields}
    if isinstance(node, ast.ListValue):
        return [_json_literal(item) for item in node.values]
    if isinstance(node, ast.IntValue):
        return int(node.value)
    if isinstance(node, ast.FloatValue):
        return float(node.value)
    return node.value


def _from_literal(read: Callable[[Any], Any]) -> Callable[[ast.Value], Any]:
    return lambda node: read(node.value)
