"""Runs under graphql-core 3, which reads Saleor's SDL but cannot live beside graphene 2.

Reads ``{"schemas": {name: path}, "operations": {name: text}, "slice": text}`` from stdin and
prints ``{name: [problem, ...]}``.
"""

import json
import sys
from pathlib import Path

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    Undefined,
    build_schema,
    is_introspection_type,
    is_required_argument,
    is_required_input_field,
    is_specified_scalar_type,
    parse,
    validate,
)


def operation_problems(schema: GraphQLSchema, operations: dict) -> list:
    return [
        f"{name}: {error.message}"
        for name, text in sorted(operations.items())
        for error in validate(schema, parse(text))
    ]


def slice_problems(release: GraphQLSchema, part: GraphQLSchema) -> list:
    problems = []
    for name, ours in part.type_map.items():
        if is_introspection_type(ours) or is_specified_scalar_type(ours):
            continue
        theirs = release.type_map.get(name)
        if type(theirs) is not type(ours):
            problems.append(f"{name}: not such a type in the release")
        elif isinstance(ours, GraphQLEnumType):
            problems += [f"{name}.{value}" for value in ours.values if value not in theirs.values]
        elif isinstance(ours, GraphQLInputObjectType):
            problems += inputs(name, ours.fields, theirs.fields, is_required_input_field)
        elif isinstance(ours, GraphQLObjectType | GraphQLInterfaceType):
            problems += outputs(name, ours.fields, theirs.fields)
    return problems


def outputs(name: str, ours: dict, theirs: dict) -> list:
    problems = []
    for key, field in ours.items():
        other = theirs.get(key)
        # Promising less than the release (an answer that may be null) is still a part of it.
        if other is None or str(other.type) not in (str(field.type), f"{field.type}!"):
            problems.append(f"{name}.{key}: {field.type}, not {other and other.type}")
        else:
            problems += inputs(f"{name}.{key}", field.args, other.args, is_required_argument)
    return problems


def inputs(name: str, ours: dict, theirs: dict, required) -> list:
    """What we take, the release takes: the same type, or ours stricter. What the release demands,
    ours demands."""
    problems = []
    for key, one in ours.items():
        other = theirs.get(key)
        if other is None or str(one.type) not in (str(other.type), f"{other.type}!"):
            problems.append(f"{name}({key}: {one.type}), not {other and other.type}")
        elif one.default_value is not Undefined and one.default_value != other.default_value:
            problems.append(f"{name}({key}): another default")
    for key, other in theirs.items():
        if required(other) and not (key in ours and required(ours[key])):
            problems.append(f"{name}({key}) is required in the release")
    return problems


def main() -> None:
    data = json.load(sys.stdin)
    part = build_schema(data["slice"])
    found = {}
    for name, path in data["schemas"].items():
        release = build_schema(Path(path).read_text("utf-8"), assume_valid=True)
        found[name] = operation_problems(release, data["operations"])
        found[name] += [f"sandbox: {problem}" for problem in slice_problems(release, part)]
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
