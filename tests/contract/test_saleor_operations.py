"""What we send to Saleor is valid in every release, and the sandbox is a part of each of them."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest
from graphql import parse, validate

from saleor_tiktok_stripe.saleor_api.documents import document
from saleor_tiktok_stripe.saleor_api.over_http.repeated import repeated_document
from saleor_tiktok_stripe.sandbox.saleor.schema import executable, slice_sdl

ROOT = Path(__file__).parents[2]
OPERATIONS = ROOT / "saleor_tiktok_stripe" / "saleor_api" / "operations"
COPIES = ROOT.parent / "shared" / "saleor-schemas"
READER = "graphql-core==3.2.6"
REPEATED = (
    "orderByExternalReference",
    "transactionUpdate",
    "variantByExternalReference",
    "variantsByMetadata",
)


def schemas() -> dict[str, str]:
    """Saleor's schemas by release: the kept copies, else the one of ``SALEOR_SRC``."""
    found = {path.stem: str(path) for path in sorted(COPIES.glob("*.graphql"))}
    source = os.environ.get("SALEOR_SRC")
    if not found and source:
        path = Path(source).expanduser() / "saleor" / "graphql" / "schema.graphql"
        found = {"SALEOR_SRC": str(path)} if path.exists() else {}
    return found


def operations() -> dict[str, str]:
    texts = {path.stem: document(path.stem) for path in OPERATIONS.glob("*.graphql")}
    texts |= {
        f"subscriptions/{path.stem}": document(f"subscriptions/{path.stem}")
        for path in (OPERATIONS / "subscriptions").glob("*.graphql")
    }
    return texts | {f"{name} x 3": repeated_document(name, 3) for name in REPEATED}


def reader_python() -> str:
    """An interpreter with graphql-core 3: it reads Saleor's SDL but conflicts with graphene 2."""
    home = ROOT / ".cache" / f"{READER}-py{sys.version_info.major}{sys.version_info.minor}"
    python = home / "bin" / "python"
    home.parent.mkdir(exist_ok=True)
    with home.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # one test process of several makes it
        if not (home / "ready").exists():
            venv.create(home, with_pip=True, clear=True)
            install = [str(python), "-m", "pip", "install", "-q", READER]
            subprocess.run(install, check=True, capture_output=True, timeout=90)
            (home / "ready").touch()
    return str(python)


@pytest.fixture(scope="module")
def problems() -> dict[str, list[str]]:
    if not schemas():
        pytest.skip("no Saleor schema: neither ../shared/saleor-schemas nor SALEOR_SRC is there")
    question = {"schemas": schemas(), "operations": operations(), "slice": slice_sdl()}
    answer = subprocess.run(
        [reader_python(), str(Path(__file__).with_name("schema_check.py"))],
        input=json.dumps(question),
        capture_output=True,
        text=True,
        check=True,
        timeout=100,
    )
    return json.loads(answer.stdout)


@pytest.mark.parametrize("release", list(schemas()) or ["none"])
def test_operations_and_sandbox_fit_the_release(problems, release):
    assert problems[release] == []


@pytest.mark.parametrize("name", sorted(operations()))
def test_operation_fits_the_sandbox(name):
    assert [str(error) for error in validate(executable(), parse(operations()[name]))] == []


@pytest.mark.parametrize("path", sorted(OPERATIONS.glob("*.graphql")), ids=lambda path: path.stem)
def test_file_holds_the_one_operation_it_is_named_after(path):
    definitions = [
        definition
        for definition in parse(path.read_text("utf-8")).definitions
        if type(definition).__name__ == "OperationDefinition"
    ]

    assert len(definitions) == 1
    assert definitions[0].name.value.lower() == path.stem.lower()
    if definitions[0].operation == "mutation":
        field = definitions[0].selection_set.selections[0].name.value
        assert field == path.stem


def test_repeated_query_numbers_its_variables_and_keeps_its_fragments():
    text = repeated_document("orderByExternalReference", 2)

    assert "$reference0: String!, $reference1: String!" in text
    assert "a0: order(externalReference: $reference0)" in text
    assert "a1: order(externalReference: $reference1)" in text
    assert text.count("fragment OrderIdentity on Order") == 1
    assert text.endswith(document("orderByExternalReference").split("\n}\n", 1)[1])
