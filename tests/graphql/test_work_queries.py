"""Jobs, what waits for somebody, notifications, the audit log, drift."""

from __future__ import annotations

from typing import Any

import pytest

from saleor_tiktok_stripe.graphql.core.ids import global_id
from saleor_tiktok_stripe.models import AuditEntry, Connection, SyncCursor
from tests.support.factories import make_connection, make_stripe_connection

from .asking import ask
from .rows import START, a_difference, a_job, a_problem, an_event

pytestmark = pytest.mark.django_db


@pytest.fixture
def both() -> tuple[Connection, Connection]:
    return make_connection(), make_stripe_connection()


def asked(query: str, **variables: Any) -> Any:
    said = ask(query, **variables)
    assert said["errors"] == []
    return said["data"]["tiktokStripe"]


def through(field: str, node: str, **wanted: Any) -> list[Any]:
    """All of a list, two at a time."""
    kind = {"jobs": "Job", "parked": "Parked", "events": "Event", "audit": "Audit"}.get(
        field, "Difference"
    )
    query = (
        f"query ($after: String, $filter: TiktokStripe{kind}Filter) {{ tiktokStripe {{ "
        f"{field}(first: 2, after: $after, filter: $filter) {{ edges {{ node {{ {node} }} }} "
        "pageInfo { hasNextPage endCursor } } } }"
    )
    seen: list[Any] = []
    after, more = None, True
    while more:
        page = asked(query, after=after, filter=wanted)[field]
        seen += [edge["node"][node.split()[0]] for edge in page["edges"]]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    return seen


def test_what_is_parked_with_cause_and_cure(both: tuple[Connection, Connection]):
    shop, till = both
    a_job(shop, "order.sync", "1", problem=a_problem("LINES_DIFFER"))
    a_job(shop, "order.sync", "2", problem=a_problem("SKU_NOT_LINKED"))
    a_job(till, "payment.refund", "3", status="dead", error_code="VENDOR_BUG", attempts=8)
    a_job(shop, "order.sync", "4")
    a_job(make_connection("tiktok-uk", shop_id="2"), "order.sync", "5", problem=a_problem())

    assert through("parked", "subject") == ["3", "2", "1"]
    assert through("parked", "subject", code="LINES_DIFFER") == ["1"]
    assert through("parked", "subject", code="VENDOR_BUG") == ["3"]
    assert through("parked", "subject", kind="order.sync", vendor="TIKTOK") == ["2", "1"]
    assert through("parked", "subject", subject="2") == ["2"]
    found = asked(
        """{ tiktokStripe {
            parked {
                totalCount
                edges { node { vendor kind status attempts problem { code cure } } }
            }
            parkedCounts { kind code number }
        } }"""
    )
    assert found["parked"]["totalCount"] == 3
    assert [edge["node"] for edge in found["parked"]["edges"]][0] == {
        "vendor": "STRIPE",
        "kind": "payment.refund",
        "status": "DEAD",
        "attempts": 8,
        "problem": {"code": "VENDOR_BUG", "cure": ""},
    }
    assert found["parkedCounts"] == [
        {"kind": "order.sync", "code": "LINES_DIFFER", "number": 1},
        {"kind": "order.sync", "code": "SKU_NOT_LINKED", "number": 1},
        {"kind": "payment.refund", "code": "VENDOR_BUG", "number": 1},
    ]


def test_jobs_by_state_and_one_by_its_id(both: tuple[Connection, Connection]):
    shop, till = both
    a_job(shop, "order.sync", "1")
    done = a_job(till, "payment.sync", "pi_1", status="done", outcome="in_step")
    a_job(shop, "order.sync", "2", problem=a_problem())
    foreign = a_job(make_connection("tiktok-uk", shop_id="2"), "order.sync", "5")

    assert through("jobs", "subject") == ["2", "pi_1", "1"]
    assert through("jobs", "subject", status="DONE") == ["pi_1"]
    assert through("jobs", "subject", kind="order.sync", status="QUEUED") == ["1"]
    query = "query ($id: ID!) { tiktokStripe { job(id: $id) { outcome problem { code } } } }"
    assert asked(query, id=global_id("TiktokStripeJob", done.pk)) == {
        "job": {"outcome": "in_step", "problem": None}
    }
    assert asked(query, id=global_id("TiktokStripeJob", foreign.pk)) == {"job": None}


def test_notifications_of_both_vendors_in_one_list(both: tuple[Connection, Connection]):
    shop, till = both
    for number in (1, 3, 5):
        an_event(shop, number)
    for number in (2, 4):
        an_event(till, number, event_type="charge.refunded", status="ignored")

    assert through("events", "subject") == [f"{57_000_000 + number}" for number in (5, 4, 3, 2, 1)]
    assert through("events", "eventType", vendor="STRIPE") == ["charge.refunded"] * 2
    assert through("events", "subject", status="HANDED_OVER", subject="57000003") == ["57000003"]


def test_the_audit_log(both: tuple[Connection, Connection]):
    for number, action in enumerate(("job.retry", "sku.link", "job.retry")):
        AuditEntry.objects.create(
            connection=both[0],
            actor="ann@example.com",
            action=action,
            subject=str(number),
            data={"job_ids": [1, 2], "note": "x" * 600},
        )

    assert through("audit", "subject") == ["2", "1", "0"]
    assert through("audit", "subject", action="sku.link", actor="ann@example.com") == ["1"]
    found = asked(
        "{ tiktokStripe { audit(first: 1) { edges { node { vendor facts { value } } } } } }"
    )
    assert found["audit"]["edges"] == [
        {"node": {"vendor": "TIKTOK", "facts": [{"value": "x" * 499 + "…"}, {"value": "1, 2"}]}}
    ]


def test_differences_and_how_fresh_they_are(both: tuple[Connection, Connection]):
    shop, till = both
    a_difference(shop, 1)
    a_difference(shop, 2, state="accepted", actor="ann@example.com", note="Known")
    a_difference(till, 3, area="payment", code="PAYMENT_OUT_OF_STEP", subject="pi_3")
    a_difference(shop, 4, state="gone")
    SyncCursor.objects.create(
        connection=shop, resource="drift.tour", high_water=START, seen=7, window_from=START
    )

    assert through("differences", "subject") == ["57000001", "pi_3"]
    assert through("differences", "subject", area="PAYMENT", vendor="STRIPE") == ["pi_3"]
    assert through("differences", "subject", states=["ACCEPTED"]) == ["57000002"]
    report = asked(
        """{ tiktokStripe { driftReport {
            counts { area code state number } tours { connectionId checkedAt underWay seen }
        } } }"""
    )["driftReport"]
    assert report["counts"] == [
        {"area": "ORDER", "code": "TOTAL_DIFFERS", "state": "OPEN", "number": 1},
        {"area": "PAYMENT", "code": "PAYMENT_OUT_OF_STEP", "state": "OPEN", "number": 1},
    ]
    assert report["tours"] == [
        {
            "connectionId": global_id("TiktokStripeConnection", shop.pk),
            "checkedAt": START.isoformat(),
            "underWay": True,
            "seen": 7,
        },
        {
            "connectionId": global_id("TiktokStripeConnection", till.pk),
            "checkedAt": None,
            "underWay": False,
            "seen": 0,
        },
    ]
