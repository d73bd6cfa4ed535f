"""The operations that admins and storefronts copy: one for everything that can be asked, each
valid, each run. Those of mutations are run by the tests of their rooms (``run``, ``done``...)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from graphql import parse, validate
from graphql.type.definition import GraphQLNonNull

from saleor_tiktok_stripe.graphql.core.ids import global_id
from saleor_tiktok_stripe.graphql.schema import schema
from saleor_tiktok_stripe.models import Job

from .asking import ANONYMOUS, ask
from .operations import ADMIN, STOREFRONT, text_of
from .rows import a_full_channel
from .selecting import fields_of_namespace

FILES = sorted([*ADMIN.glob("*.graphql"), *STOREFRONT.glob("tiktokStripe*.graphql")])
GIVEN: dict[str, dict[str, Any]] = {
    "order": {"orderId": "57000001"},
    "transaction": {"paymentId": "pi_1"},
    "afterSalesCase": {"caseId": "4035001"},
    "dispute": {"disputeId": "du_1"},
    "orderMoney": {"orderId": "57000001"},
    "payout": {"payoutId": "po_1"},
    "stock": {"sku": "nothing-like-it"},
}
ASKS_SALEOR = {"stock"}


def mutations() -> dict[str, Any]:
    return dict(schema().get_mutation_type().fields)


def queries() -> list[str]:
    return sorted(name for name in fields_of_namespace() if name != "channel")


def operation_of(field: str) -> str:
    return f"tiktokStripe{field[0].upper()}{field[1:]}"


def test_there_is_one_for_everything_that_can_be_asked():
    expected = {*mutations(), *map(operation_of, queries())}

    assert {path.stem for path in FILES} == expected


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_is_valid_says_what_it_does_and_passes_every_argument(path: Path):
    text = path.read_text("utf-8")
    document = parse(text)

    [operation] = document.definitions
    assert operation.name.value == path.stem
    assert validate(schema(), document) == []
    assert text.startswith("# ")
    if path.stem in mutations():
        wanted = set(mutations()[path.stem].args)
        assert {one.variable.name.value for one in operation.variable_definitions} == wanted


def test_every_mutation_is_run_as_it_stands_in_its_file():
    here = Path(__file__).parent
    tests = "".join(path.read_text() for path in here.glob("test_*_mutations.py"))
    named = set(re.findall(r'"(tiktokStripe\w+)"', tests))

    assert set(mutations()) - named == set()


@pytest.mark.django_db
@pytest.mark.parametrize("name", [one for one in queries() if one not in ASKS_SALEOR])
def test_a_query_is_answered(name: str, settings):
    settings.TIKTOK_STRIPE_SANDBOX = "1"
    a_full_channel()
    given = GIVEN.get(name, {})
    if name == "job":
        job = Job.objects.latest("pk")
        given = {"id": global_id("TiktokStripeJob", job.pk)}

    said = ask(text_of(operation_of(name)), **given)

    assert said["errors"] == []
    assert said["data"]["tiktokStripe"][name] is not None


@pytest.mark.django_db
def test_a_storefront_asks_without_signing_in():
    a_full_channel()

    said = ask(text_of("tiktokStripeStorefront"), ANONYMOUS)

    assert said["errors"] == []
    assert said["data"]["tiktokStripe"]["storefront"]["gatewayId"] == "saleor.tiktok_stripe"


@pytest.mark.parametrize("name", sorted(mutations()))
def test_a_refused_mutation_can_always_be_answered(name: str):
    """Its payload is empty but for ``errors``."""
    payload = schema().get_type(mutations()[name].type.name)

    needed = {key for key, one in payload.fields.items() if isinstance(one.type, GraphQLNonNull)}
    assert needed == {"errors"}


def test_everything_is_described():
    without = []
    for name, type_ in sorted(schema().get_type_map().items()):
        if not name.startswith("TiktokStripe") and name != "Mutation":
            continue
        own_words = name != "Mutation" and "Countable" not in name
        without += [name] if own_words and not type_.description else []
        for key, field in getattr(type_, "fields", {}).items():
            without += [] if field.description else [f"{name}.{key}"]
            arguments = getattr(field, "args", {})
            without += [f"{name}.{key}({a})" for a, one in arguments.items() if not one.description]
        values = getattr(type_, "values", ())
        without += [f"{name}.{one.name}" for one in values if not one.description]

    assert without == []
