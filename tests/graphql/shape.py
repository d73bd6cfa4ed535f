"""What there is to ask, read off the schema: every field of the namespace and every mutation, its
rule, and a request that reaches it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from graphql.type.definition import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
)

from saleor_tiktok_stripe.access import Rule
from saleor_tiktok_stripe.graphql.schema import TiktokStripe, TiktokStripeMutations, schema

NAMESPACE = "tiktokStripe"
_SAMPLES = {
    "String": '"x"',
    "ID": '"x"',
    "Int": "1",
    "Boolean": "false",
    "Date": '"2026-11-01"',
    "DateTime": '"2026-11-01T00:00:00Z"',
    "TiktokStripeAmount": '"1.00"',
    "Upload": '"x"',
}


@dataclass(frozen=True)
class Asked:
    """``kind`` is ``query`` or ``mutation``; ``rule`` None: it states none."""

    kind: str
    name: str
    rule: Rule | None
    document: str


def everything_asked() -> list[Asked]:
    """All of the API, queries first."""
    return [*_queries(), *_mutations()]


def _queries() -> Iterator[Asked]:
    shown = schema().get_query_type().fields[NAMESPACE]
    rules = {_camel(name): field for name, field in TiktokStripe._meta.fields.items()}
    for name, field in _bare(shown.type).fields.items():
        text = f"query {{ {NAMESPACE} {{ {name}{_arguments(field)} {_selected(field.type)} }} }}"
        yield Asked("query", name, getattr(rules[name], "rule", None), text)


def _mutations() -> Iterator[Asked]:
    given = {_camel(name): one for name, one in TiktokStripeMutations._meta.fields.items()}
    for name, field in schema().get_mutation_type().fields.items():
        chosen = "{ errors { field code message reason retryable } }"
        text = f"mutation {{ {name}{_arguments(field)} {chosen} }}"
        yield Asked("mutation", name, getattr(given[name].type, "rule", None), text)


def _arguments(field: Any) -> str:
    """Those that are required, by their types."""
    needed = {
        name: one.type for name, one in field.args.items() if isinstance(one.type, GraphQLNonNull)
    }
    shown = ", ".join(f"{name}: {_sample(of)}" for name, of in needed.items())
    return f"({shown})" if shown else ""


def _sample(of: Any) -> str:
    match of:
        case GraphQLNonNull():
            return _sample(of.of_type)
        case GraphQLList():
            return f"[{_sample(of.of_type)}]"
        case GraphQLEnumType():
            return str(of.values[0].name)
        case GraphQLInputObjectType():
            needed = {
                name: one.type
                for name, one in of.fields.items()
                if isinstance(one.type, GraphQLNonNull)
            }
            shown = ", ".join(f"{name}: {_sample(one)}" for name, one in needed.items())
            return f"{{{shown}}}"
    return _SAMPLES[of.name]


def _selected(of: Any, depth: int = 0) -> str:
    """All plain fields of an object; where it has none, those of the first within."""
    shown = _bare(of)
    if not isinstance(shown, GraphQLObjectType):
        return ""
    free = {name: one for name, one in shown.fields.items() if not _needs(one)}
    plain = [name for name, one in free.items() if not _is_object(one.type)]
    if plain:
        return f"{{ {' '.join(plain)} }}"
    assert depth < 5, f"nothing to select of {shown.name}"
    name = next(iter(free))
    return f"{{ {name} {_selected(free[name].type, depth + 1)} }}"


def _needs(field: Any) -> bool:
    return any(isinstance(one.type, GraphQLNonNull) for one in field.args.values())


def _is_object(of: Any) -> bool:
    return isinstance(_bare(of), GraphQLObjectType)


def _bare(of: Any) -> Any:
    while isinstance(of, GraphQLNonNull | GraphQLList):
        of = of.of_type
    return of


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)
