"""The API's reference as Markdown, made from the schema: what ``docs/reference/api.md`` holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from graphql.type.definition import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
)

_BUILT_IN: Final = frozenset({"String", "Int", "Float", "Boolean", "ID"})
_ROOTS: Final = frozenset({"Query", "Mutation", "TiktokStripe"})
_INTRO: Final = (
    "# API reference\n\n"
    "Made from the schema (`saleor-tiktok-stripe schema --reference`); not edited by hand. How to "
    "call it: [use the API](../use-the-api.md). Ready-made operations: "
    "[graphql/](../../graphql/).\n"
)


def as_markdown(types: Mapping[str, Any]) -> str:
    """Queries, mutations, then all types by name."""
    shown = {
        name: one
        for name, one in sorted(types.items())
        if name[:2] != "__" and name not in _BUILT_IN | _ROOTS
    }
    parts = [
        _INTRO,
        "## Queries\n\nFields of `tiktokStripe(channel: String)`.\n",
        *_operations(types["TiktokStripe"].fields),
        "## Mutations\n",
        *_operations(types["Mutation"].fields),
        "## Objects\n",
        *(_object(one) for one in _of(shown, GraphQLObjectType)),
        "## Inputs\n",
        *(_object(one) for one in _of(shown, GraphQLInputObjectType)),
        "## Enums\n",
        *(_enum(one) for one in _of(shown, GraphQLEnumType)),
        "## Scalars\n",
        *(_heading(one) for one in _of(shown, GraphQLScalarType)),
    ]
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)


def _of(types: Mapping[str, Any], kind: type) -> Iterator[Any]:
    return (one for one in types.values() if isinstance(one, kind))


def _operations(fields: Mapping[str, Any]) -> Iterator[str]:
    for name, field in sorted(fields.items()):
        lines = [f"### {name}", "", field.description or "", "", f"Answers {_link(field.type)}."]
        yield "\n".join([*lines, *_rows("argument", field.args.items())])


def _object(one: Any) -> str:
    return "\n".join([_heading(one), *_rows("field", one.fields.items())])


def _enum(one: Any) -> str:
    rows = [f"| `{value.name}` | {_line(value.description)} |" for value in one.values]
    return "\n".join([_heading(one), "", "| value | |", "| --- | --- |", *rows])


def _heading(one: Any) -> str:
    return f"### {one.name}\n\n{one.description or ''}".rstrip()


def _rows(what: str, fields: Iterable[tuple[str, Any]]) -> list[str]:
    rows = [f"| `{name}` | {_link(one.type)} | {_line(one.description)} |" for name, one in fields]
    return ["", f"| {what} | type | |", "| --- | --- | --- |", *rows] if rows else []


def _line(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", "\\|")


def _link(kind: Any) -> str:
    """The type, linked to where it is described."""
    if isinstance(kind, GraphQLNonNull):
        return f"{_link(kind.of_type)}!"
    if isinstance(kind, GraphQLList):
        return f"\\[{_link(kind.of_type)}]"
    return kind.name if kind.name in _BUILT_IN else f"[{kind.name}](#{kind.name.lower()})"
