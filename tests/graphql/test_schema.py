"""The schema: described to the last argument, ruled to the last field, and the one in the repo."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from graphql import build_ast_schema, parse
from graphql.type.definition import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLObjectType,
)

from saleor_tiktok_stripe.cli import main
from saleor_tiktok_stripe.graphql.schema import TiktokStripe, schema, sdl

KEPT = Path(__file__).parents[2] / "graphql" / "schema.graphql"
ROOTS = {"Query", "Mutation"}


def ours() -> dict[str, Any]:
    built_in = {"String", "Int", "Float", "Boolean", "ID"}
    types = schema().get_type_map()
    return {name: of for name, of in types.items() if name[:2] != "__" and name not in built_in}


def undescribed(name: str, of: Any) -> Iterator[str]:
    if not of.description and name not in ROOTS:
        yield name
    if isinstance(of, GraphQLEnumType):
        yield from (f"{name}.{one.name}" for one in of.values if not one.description)
    if isinstance(of, GraphQLObjectType | GraphQLInputObjectType):
        for field_name, field in of.fields.items():
            if not field.description:
                yield f"{name}.{field_name}"
            for argument_name, argument in getattr(field, "args", {}).items():
                if not argument.description:
                    yield f"{name}.{field_name}({argument_name})"


def test_everything_is_described():
    assert [place for name, of in ours().items() for place in undescribed(name, of)] == []


def test_types_of_ours_cannot_be_mistaken_for_saleors():
    shared = {"Date", "DateTime", "PageInfo", "Upload", "Query", "Mutation"}

    foreign = {name for name in ours() if not name.startswith("TiktokStripe")}

    assert foreign <= shared
    assert all(name.startswith("tiktokStripe") for name in ours()["Mutation"].fields)
    assert list(ours()["Query"].fields) == ["tiktokStripe"]


def test_every_field_of_the_namespace_says_what_it_takes():
    fields = TiktokStripe._meta.fields

    without = [name for name, field in fields.items() if not hasattr(field, "rule")]
    untold = [
        name
        for name, field in fields.items()
        if name != "channel" and "\n\nRequires: " not in (field.description or "")
    ]

    assert without == ["channel"]
    assert untold == []


def test_the_schema_in_the_repo_is_this_one():
    assert KEPT.read_text(encoding="utf-8") == sdl(), "make schema writes it"


def test_the_schema_in_the_repo_can_be_read():
    text = KEPT.read_text(encoding="utf-8")
    # This parser is older than descriptions.
    roots = "schema { query: Query mutation: Mutation }"
    read = build_ast_schema(parse(roots + re.sub(r'"""(?:[^\\]|\\""")*?"""', "", text)))

    assert set(read.get_type_map()) >= set(ours()) - {"Date", "DateTime", "Upload"}


@pytest.mark.parametrize("what", [[], ["--reference"]])
def test_the_command_writes_it_and_checks_it(tmp_path: Path, what: list[str]):
    path = tmp_path / "written"

    wrote = CliRunner().invoke(main, ["schema", *what, "--out", str(path)])
    same = CliRunner().invoke(main, ["schema", *what, "--check", str(path)])
    path.write_text("type Query { old: Int }")
    other = CliRunner().invoke(main, ["schema", *what, "--check", str(path)])

    assert (wrote.exit_code, same.exit_code, other.exit_code) == (0, 0, 1)
    assert other.stderr == f"{path} is not the schema: make schema writes it.\n"
