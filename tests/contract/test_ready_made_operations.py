"""The operations in ``graphql/`` that storefronts and staff copy are valid in every release."""

from __future__ import annotations

import json
import subprocess

import pytest
from graphql import parse

from saleor_tiktok_stripe.sandbox.saleor.schema import slice_sdl
from tests.contract.test_saleor_operations import ROOT, reader_python, schemas

FILES = [
    path
    for path in sorted((ROOT / "graphql").glob("st*/*.graphql"))
    if not path.name.startswith("tiktokStripe")  # of the plugin's own API: tests/graphql
]


@pytest.fixture(scope="module")
def problems() -> dict[str, list[str]]:
    if not schemas():
        pytest.skip("no Saleor schema: neither ../shared/saleor-schemas nor SALEOR_SRC is there")
    texts = {f"{path.parent.name}/{path.stem}": path.read_text("utf-8") for path in FILES}
    answer = subprocess.run(
        [reader_python(), str(ROOT / "tests" / "contract" / "schema_check.py")],
        input=json.dumps({"schemas": schemas(), "operations": texts, "slice": slice_sdl()}),
        capture_output=True,
        text=True,
        check=True,
        timeout=100,
    )
    return json.loads(answer.stdout)


@pytest.mark.parametrize("release", list(schemas()) or ["none"])
def test_ready_made_operations_fit_the_release(problems, release):
    found = [problem for problem in problems[release] if problem.startswith(("storef", "staff"))]

    assert len(FILES) >= 12
    assert found == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_file_holds_one_operation_named_like_it(path):
    [operation] = parse(path.read_text("utf-8")).definitions

    assert operation.name.value == path.stem
