"""What is asked: documents made of the schema by schemathesis, with values that hurt."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import graphql
import schemathesis
from hypothesis import strategies as st
from schemathesis.graphql import nodes

NAMESPACE, ROOT, PART = "TiktokStripe", "tiktokStripe", "tiktokStripe__"
Known = Mapping[str, list[str]]
"""Ids that exist, by a part of the argument's or the operation's name."""
WORDS = (
    "",
    " ",
    "\x00",
    "a\x00b",
    "\u202e\ufeff",
    "\U0001f600",
    "x" * 70_000,
    "é" * 300,
    "-1",
    "0",
    "99999999999999999999999",
    "NaN",
    "Order:1",
    "T3JkZXI6",
    "T3JkZXI6LTE=",
    "T3JkZXI6OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5",
    "T3JkZXI6MDAwMDAwMDAtMDAwMC0wMDAwLTAwMDAtMDAwMDAwMDAwMDAw",
    "VGlrdG9rU3RyaXBlSm9iOjk5OTk5OTk5OTk5OTk5OTk5OTk5",
    "====",
    "gp==",
    "../../etc/passwd",
    "'; DROP TABLE x; --",
    "{{7*7}}%s%n${x}",
    "2026-02-30",
    "Europe/London",
    "a@example.com\r\nBcc: b@example.com",
    "https://127.0.0.1:1/",
    "https://[::1",
    "http://user:pass@example.com:99999/",
)
NUMBERS = (-(2**31), -1, 0, 1, 2, 20, 100, 101, 2**31 - 1)
AMOUNTS = ("0", "-1", "1e2", "1E-30", "9" * 40, "0.000001", "12.30", "NaN", "Infinity", "1e400000")
MOMENTS = (
    "2026-11-01T00:00:00Z",
    "2026-11-01T00:00:00",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-12:00",
    "2026-02-30T00:00:00Z",
    "2026-11-01",
    "T",
    "",
)
DAYS = ("2026-11-01", "2026-02-30", "0001-01-01", "9999-12-31", "1582-10-10", "2026-1-1", "")


def register(known: Known) -> None:
    """Values by scalar."""
    text = (
        st.sampled_from([one for each in known.values() for one in each])
        | st.sampled_from(WORDS)
        | st.text(max_size=30)
    )
    number = st.sampled_from(NUMBERS) | st.integers(-(2**31), 2**31 - 1)
    values = {
        "String": text.map(nodes.String),
        "ID": text.map(nodes.String) | number.map(nodes.Int),
        "Int": number.map(nodes.Int),
        "TiktokStripeAmount": st.sampled_from(AMOUNTS).map(nodes.String)
        | st.sampled_from((0, 1, 10**25)).map(nodes.Int)
        | st.sampled_from((0.1, 1e300)).map(nodes.Float),
        "DateTime": st.sampled_from(MOMENTS).map(nodes.String) | text.map(nodes.String),
        "Date": st.sampled_from(DAYS).map(nodes.String) | text.map(nodes.String),
        "Upload": text.map(nodes.String),
    }
    for name, strategy in values.items():
        schemathesis.graphql.scalar(name, strategy)


def operations(sdl: str, url: str) -> Iterator[Any]:
    """Every field of the namespace and every mutation, each as an operation of its own."""
    schema = graphql.build_schema(sdl)
    loaded = schemathesis.graphql.from_dict(graphql.introspection_from_schema(_split(schema)))
    loaded.config.update(base_url=url)
    for kind in ("Query", "Mutation"):
        for name in loaded[kind]:
            operation = loaded[kind][name]
            operation.label = f"{kind.lower()} {name.removeprefix(PART)}"
            yield operation


def _split(schema: graphql.GraphQLSchema) -> graphql.GraphQLSchema:
    """With a root field for each field of the namespace (``document`` takes it back)."""
    query, namespace = schema.query_type, schema.type_map[NAMESPACE]
    assert query is not None
    assert isinstance(namespace, graphql.GraphQLObjectType)
    root = query.fields[ROOT]
    query.fields = {
        f"{PART}{name}": graphql.GraphQLField(
            graphql.GraphQLNonNull(graphql.GraphQLObjectType(f"{NAMESPACE}__{name}", {name: one})),
            root.args,
        )
        for name, one in namespace.fields.items()
    }
    return graphql.GraphQLSchema(query, schema.mutation_type)


def document(text: str, known: Known) -> graphql.DocumentNode:
    """As the API's own schema has it. Of most cases a part is mended, so that they come behind the
    first check: no ``channel`` but the address's own, ids of what is there; mutations are asked for
    their errors."""
    parsed = graphql.parse(re.sub(rf"\b{PART}\w+", ROOT, text, count=1))
    return graphql.visit(parsed, _Mend(known, len(text)))


def with_literals(schema: graphql.GraphQLSchema, asked: graphql.DocumentNode) -> dict[str, Any]:
    """The request with its arguments in it; graphql-core 2 has no word for null there."""
    return {"query": graphql.print_ast(graphql.visit(asked, _NoNulls()))}


def with_variables(schema: graphql.GraphQLSchema, asked: graphql.DocumentNode) -> dict[str, Any]:
    """The same request with its arguments as variables: they are read another way."""
    hoist = _Hoist(graphql.TypeInfo(schema))
    moved = graphql.visit(asked, graphql.TypeInfoVisitor(hoist.info, hoist))
    shown = graphql.print_ast(moved)
    head = ", ".join(f"${name}: {kind}" for name, kind in hoist.kinds.items())
    word = moved.definitions[0].operation.value
    text = f"{word}({head}) {shown[shown.index('{') :]}" if head else shown
    return {"query": text, "variables": hoist.values}


class _Mend(graphql.Visitor):
    def __init__(self, known: Known, turn: int) -> None:
        super().__init__()
        self.known = known
        self.turn = turn
        self.name = ""

    def enter_field(self, node: Any, *_: Any) -> None:
        self.name = self.name if self.name not in ("", ROOT) else node.name.value

    def enter_operation_definition(self, node: Any, *_: Any) -> Any:
        if node.operation is not graphql.OperationType.MUTATION:
            return None
        field = node.selection_set.selections[0]
        rest = [one for one in field.selection_set.selections if one.name.value != "errors"]
        chosen = graphql.SelectionSetNode(selections=(*rest, _ERRORS))
        field = graphql.FieldNode(name=field.name, arguments=field.arguments, selection_set=chosen)
        return graphql.OperationDefinitionNode(
            operation=node.operation,
            directives=(),
            variable_definitions=(),
            selection_set=graphql.SelectionSetNode(selections=(field,)),
        )

    def enter_argument(self, node: Any, *_: Any) -> Any:
        if node.name.value == "channel" and self.turn % 8:
            return graphql.REMOVE
        return self.enter_object_field(node)

    def enter_object_field(self, node: Any, *_: Any) -> Any:
        fitting = self._fitting(node.name.value)
        if not fitting or self.turn % 3 == 0:
            return None
        value: Any = nodes.String(fitting[self.turn % len(fitting)])
        if isinstance(node.value, graphql.ListValueNode):
            value = nodes.List([value])
        elif not isinstance(node.value, graphql.StringValueNode | graphql.IntValueNode):
            return None
        return node.__class__(name=node.name, value=value)

    def _fitting(self, argument: str) -> list[str]:
        if not argument.lower().endswith(("id", "ids")) and argument not in self.known:
            return []
        word = argument.lower().removesuffix("s").removesuffix("id")
        name = word or next((one for one in self.known if one in self.name.lower()), "")
        return self.known.get(name, [])


_ERRORS: Any = graphql.parse("{ errors { field code message reason } }").definitions[0]
_ERRORS = _ERRORS.selection_set.selections[0]


class _NoNulls(graphql.Visitor):
    def enter_argument(self, node: Any, *_: Any) -> Any:
        return graphql.REMOVE if isinstance(node.value, graphql.NullValueNode) else None

    enter_object_field = enter_argument

    def enter_null_value(self, *_: Any) -> Any:
        return graphql.REMOVE


class _Hoist(graphql.Visitor):
    def __init__(self, info: graphql.TypeInfo) -> None:
        super().__init__()
        self.info = info
        self.kinds: dict[str, str] = {}
        self.values: dict[str, Any] = {}

    def enter_argument(self, node: Any, *_: Any) -> Any:
        argument = self.info.get_argument()
        if argument is None:
            return None
        name = f"v{len(self.kinds)}"
        self.kinds[name] = str(argument.type)
        self.values[name] = graphql.value_from_ast_untyped(node.value)
        variable = graphql.VariableNode(name=graphql.NameNode(value=name))
        return graphql.ArgumentNode(name=node.name, value=variable)


def as_bytes(request: dict[str, Any]) -> bytes:
    """JSON as a client sends it."""
    return json.dumps(request).encode()
