"""The schema as text, with descriptions: graphql-core 2 prints none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from graphql.language.printer import print_ast
from graphql.type.definition import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLScalarType,
)
from graphql.utils.ast_from_value import ast_from_value

_BUILT_IN = frozenset({"String", "Int", "Float", "Boolean", "ID"})


def print_schema(types: Mapping[str, Any]) -> str:
    """SDL of a type map, by name, so that it does not depend on the order of definition."""
    shown = [types[name] for name in sorted(types) if name[:2] != "__" and name not in _BUILT_IN]
    return "\n\n".join(_type(one) for one in shown) + "\n"


def _type(one: Any) -> str:
    head = _described(one.description, "")
    match one:
        case GraphQLScalarType():
            return f"{head}scalar {one.name}"
        case GraphQLEnumType():
            values = (f"{_described(v.description, '  ')}  {v.name}" for v in one.values)
            return f"{head}enum {one.name} {{\n" + "\n".join(values) + "\n}"
        case GraphQLInputObjectType():
            fields = (_argument(name, field) for name, field in one.fields.items())
            return f"{head}input {one.name} {{\n" + "\n".join(fields) + "\n}"
        case GraphQLObjectType():
            fields = (_field(name, field) for name, field in one.fields.items())
            return f"{head}type {one.name} {{\n" + "\n".join(fields) + "\n}"
    raise TypeError(f"no way to print {one!r}")


def _field(name: str, field: Any) -> str:
    return f"{_described(field.description, '  ')}  {name}{_arguments(field.args)}: {field.type}"


def _arguments(arguments: Mapping[str, Any]) -> str:
    if not arguments:
        return ""
    lines = (_argument(name, one, "    ") for name, one in arguments.items())
    return "(\n" + "\n".join(lines) + "\n  )"


def _argument(name: str, one: Any, indent: str = "  ") -> str:
    default = ""
    if one.default_value is not None:
        default = f" = {print_ast(ast_from_value(one.default_value, one.type))}"
    return f"{_described(one.description, indent)}{indent}{name}: {one.type}{default}"


def _described(text: str | None, indent: str) -> str:
    if not text:
        return ""
    lines = _trimmed(text.strip().splitlines())
    return "".join(f"{indent}{line}".rstrip() + "\n" for line in ('"""', *lines, '"""'))


def _trimmed(lines: Iterable[str]) -> list[str]:
    return [line.strip().replace('"""', '\\"""') for line in lines]
