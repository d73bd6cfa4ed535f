"""Every field that can be asked, on a channel that has some of everything: no field breaks, none
tells a secret or who the buyer is, and a page costs no more queries for being longer."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from saleor_tiktok_stripe.graphql.core.ids import global_id
from saleor_tiktok_stripe.models import Connection, Job

from .asking import ask
from .rows import a_full_channel, fill
from .selecting import everything_of, fields_of_namespace

pytestmark = pytest.mark.django_db

ARGUMENTS = {
    "job": None,  # by the number that its row has
    "order": 'orderId: "57000001"',
    "transaction": 'paymentId: "pi_1"',
    "afterSalesCase": 'caseId: "4035001"',
    "dispute": 'disputeId: "du_1"',
    "orderMoney": 'orderId: "57000001"',
    "payout": 'payoutId: "po_1"',
}
ASKS_OTHERS = {"stock": "Saleor is asked", "health": "counters are shared between tests"}
"""Left to the tests of their rooms."""
ASKS_VENDOR = frozenset({"rejectReasons"})
FORBIDDEN = ("canary", "203.0.113.9", "sk_", "rk_", "whsec")


def queries() -> dict[str, str]:
    found = {}
    for name, field in fields_of_namespace().items():
        if name in ASKS_OTHERS:
            continue
        given = ARGUMENTS.get(name, "")
        if given is None:
            continue
        arguments = f"({given})" if given else ""
        found[name] = f"{name}{arguments} {everything_of(field.type, ASKS_VENDOR)}"
    return found


@pytest.mark.parametrize("name", sorted(queries()))
def test_a_field_answers_with_everything_it_has_and_nothing_it_may_not_tell(name: str):
    a_full_channel()

    said = ask("{ tiktokStripe { " + queries()[name] + " } }")

    assert said["errors"] == []
    assert said["data"]["tiktokStripe"][name] not in (None, {})
    assert [word for word in FORBIDDEN if word in json.dumps(said).lower()] == []


@pytest.mark.parametrize(
    "name", sorted(name for name, query in queries().items() if "pageInfo" in query)
)
def test_a_page_costs_no_more_queries_for_being_longer(name: str):
    a_full_channel(1)
    query = "{ tiktokStripe { " + queries()[name] + " } }"
    few = _cost(query)
    shop, till = Connection.objects.order_by("pk")
    fill(shop, till, range(2, 9))

    assert _cost(query) <= few


def _cost(query: str) -> int:
    with CaptureQueriesContext(database) as asked:
        assert ask(query)["errors"] == []
    return len(asked)


def test_a_job_by_its_id():
    shop, _ = a_full_channel()
    job = Job.objects.filter(connection=shop).first()
    assert job is not None
    query = "query ($id: ID!) { tiktokStripe { job(id: $id) { id kind subject } } }"

    said: dict[str, Any] = ask(query, id=global_id("TiktokStripeJob", job.pk))

    assert said["data"]["tiktokStripe"]["job"] == {
        "id": global_id("TiktokStripeJob", job.pk),
        "kind": "order.sync",
        "subject": "57000001",
    }
