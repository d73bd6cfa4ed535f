"""Health, the way in, choices, insights and notices."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from saleor_tiktok_stripe.accounts.review import review
from saleor_tiktok_stripe.graphql.core.ids import global_id
from saleor_tiktok_stripe.models import Connection, Notice, NoticeDelivery
from tests.insights.conftest import _saleor, saleor
from tests.insights.rows import charge, order, saleor_id, update
from tests.support.factories import make_connection, make_stripe_connection

from .asking import ask
from .rows import a_job, a_problem

__all__ = ["_saleor", "saleor"]
pytestmark = pytest.mark.django_db


def asked(query: str, **variables: Any) -> Any:
    said = ask(query, **variables)
    assert said["errors"] == []
    return said["data"]["tiktokStripe"]


HEALTH = """{ tiktokStripe { health {
    status
    connections {
        connection { vendor } status reason tokenDaysLeft oldestDueSeconds newestEventSecondsAgo
        findings { code severity message cure }
        work { kind queued running parked dead }
    }
} } }"""


def test_health_says_what_needs_attention():
    shop = make_connection(
        findings=[
            {
                "code": "SCOPE_MISSING",
                "severity": "error",
                "subject": "x",
                "message": "A scope is missing.",
                "cure": "Grant it.",
            }
        ]
    )
    make_stripe_connection()
    a_job(shop, "order.sync", "1", problem=a_problem())

    found = asked(HEALTH)["health"]

    assert found["status"] == "ATTENTION"
    tiktok, stripe = found["connections"]
    assert tiktok["connection"] == {"vendor": "TIKTOK"}
    scope, nobody = tiktok["findings"]
    assert scope == {
        "code": "SCOPE_MISSING",
        "severity": "ERROR",
        "message": "A scope is missing.",
        "cure": "Grant it.",
    }
    assert (nobody["code"], nobody["severity"]) == ("NOTICES_TO_NOBODY", "WARNING")
    assert tiktok["work"] == [
        {"kind": "order.sync", "queued": 0, "running": 0, "parked": 1, "dead": 0}
    ]
    assert round(tiktok["tokenDaysLeft"]) == 7
    assert (stripe["status"], stripe["findings"], stripe["work"]) == ("OK", [], [])


def test_a_channel_with_nothing_set_up_needs_attention():
    assert asked(HEALTH)["health"] == {"status": "ATTENTION", "connections": []}


def test_the_way_in_and_the_review():
    known = [make_connection(), make_stripe_connection()]

    found = asked(
        """{ tiktokStripe {
            firstRun { name state words }
            settingsReview { topic vendor weight message cure }
        } }"""
    )

    assert [one["name"] for one in found["firstRun"]] == [
        "prepare",
        "tiktok",
        "stripe",
        "verify",
        "import",
    ]
    assert [one["state"] for one in found["firstRun"]][:3] == ["DONE"] * 3
    assert [one["message"] for one in found["settingsReview"]] == [
        one.message for one in review(known)
    ]


def test_shops_to_choose_only_while_none_is_chosen():
    shops = [{"id": "7", "name": "Shop", "region": "US", "cipher": "canary", "seller_type": ""}]
    shop = make_connection(state="pending", shops=shops)
    query = "{ tiktokStripe { shopsToChoose { id name region } } }"

    before = asked(query)
    Connection.objects.filter(pk=shop.pk).update(state="active")

    assert before == {"shopsToChoose": [{"id": "7", "name": "Shop", "region": "US"}]}
    assert asked(query) == {"shopsToChoose": []}


def test_choices_of_the_channel():
    make_connection(policy={"stock_percent": 80, "price_percent": "97.50"})
    query = """{ tiktokStripe {
        channelPolicy { stockPercent pricePercent holdPolicy stockWarehouses skuMatch }
        paymentPolicy { statementSuffix }
    } }"""

    assert asked(query) == {
        "channelPolicy": {
            "stockPercent": 80,
            "pricePercent": "97.50",
            "holdPolicy": "WAIT",
            "stockWarehouses": [],
            "skuMatch": ["SKU", "EXTERNAL_REFERENCE", "BARCODE"],
        },
        "paymentPolicy": None,
    }


INSIGHTS = """
query ($period: TiktokStripePeriodInput, $compare: Boolean) {
  tiktokStripe {
    insights(period: $period, compare: $compare) {
      period { first last days } before { first last }
      zone
      currencies {
        currency now { orders volume { amount } average { amount } refundRate }
        before { orders } change { volume }
        sides { vendor share now { orders volume { amount } } }
      }
      days(grain: DAY) { currency vendor points { first figures { orders } fees { amount } } }
      heatMaps { currency cells { orders } peak { weekday hour orders } }
      products(currency: "USD") { edges { node { name } } pageInfo { hasNextPage } }
      paymentStates { vendor state orders volume { amount } }
      progress { takenIn }
    }
  }
}
"""


@pytest.mark.usefixtures("saleor")
def test_what_was_sold_side_by_side():
    shop, till = make_connection(policy={"time_zone": "UTC"}), make_stripe_connection()
    order(shop, "1", "2026-11-10T20:00:00", "20.00")
    order(shop, "2", "2026-11-11T20:00:00", "30.00")
    charge(till, saleor_id(1), "2026-11-10T21:00:00", "50.00")
    update(shop, till)

    period = {"name": "CUSTOM", "since": "2026-11-10", "until": "2026-11-11"}
    found = asked(INSIGHTS, period=period)["insights"]

    assert found["period"] == {"first": "2026-11-10", "last": "2026-11-11", "days": 2}
    assert found["before"] == {"first": "2026-11-08", "last": "2026-11-09"}
    assert (found["zone"], found["progress"]) == ("UTC", {"takenIn": 3})
    (dollars,) = found["currencies"]
    assert dollars["now"] == {
        "orders": 3,
        "volume": {"amount": "100.00"},
        "average": {"amount": "33.333"},
        "refundRate": "0.0000",
    }
    assert (dollars["before"], dollars["change"]) == ({"orders": 0}, {"volume": None})
    assert dollars["sides"] == [
        {
            "vendor": "TIKTOK",
            "share": "0.5000",
            "now": {"orders": 2, "volume": {"amount": "50.00"}},
        },
        {
            "vendor": "STRIPE",
            "share": "0.5000",
            "now": {"orders": 1, "volume": {"amount": "50.00"}},
        },
    ]
    assert [[point["figures"]["orders"] for point in one["points"]] for one in found["days"]] == [
        [1, 1],
        [1, 0],
    ]
    (heat,) = found["heatMaps"]
    assert len(heat["cells"]) == 7 * 24
    assert sum(one["orders"] for one in heat["cells"]) == 3
    assert heat["peak"]["orders"] == 1
    assert found["products"] == {"edges": [], "pageInfo": {"hasNextPage": False}}
    assert {(one["vendor"], one["orders"]) for one in found["paymentStates"]} == {
        ("TIKTOK", 2),
        ("STRIPE", 1),
    }


@pytest.mark.parametrize(
    ("period", "code"),
    [
        ({"name": "CUSTOM"}, "PERIOD_INVALID"),
        ({"since": "2026-11-10", "until": "2026-11-09"}, "PERIOD_INVALID"),
        ({"since": "2020-01-01"}, "PERIOD_TOO_LONG"),
    ],
)
def test_a_period_that_is_none_is_refused(period: dict[str, str], code: str):
    make_connection()

    said = ask(INSIGHTS, period=period)

    assert said["data"] == {"tiktokStripe": {"insights": None}}
    assert [one["extensions"]["code"] for one in said["errors"]] == [code]


def test_without_the_period_before():
    make_connection()

    found = asked(INSIGHTS, compare=False)["insights"]

    assert (found["before"], found["currencies"]) == (None, [])
    assert found["period"]["days"] == 30


def test_notices_and_how_they_were_told():
    shop = make_connection()
    for number, state in ((1, "open"), (2, "closed")):
        Notice.objects.create(
            channel_slug="tiktok-us",
            connection=shop,
            key=f"k{number}",
            kind="cases",
            code="CASE_DUE",
            severity="error",
            message="A case is due.",
            state=state,
            first_seen=datetime(2026, 11, number, tzinfo=UTC),
        )
    NoticeDelivery.objects.create(
        channel_slug="tiktok-us", means="webhook", reason="digest", target="https://canary.test/x"
    )

    found = asked(
        """{ tiktokStripe {
            notices { edges { node { kind code severity state message } cursor } }
            open: notices(filter: {state: OPEN}) { edges { cursor } }
            noticeDeliveries { edges { node { means reason state target } } }
            noticePolicy { recipients timeZone kinds { kind mode } }
        } }"""
    )

    closed, opened = found["notices"]["edges"]
    assert closed["node"] == {
        "kind": "CASES",
        "code": "CASE_DUE",
        "severity": "ERROR",
        "state": "CLOSED",
        "message": "A case is due.",
    }
    assert [one["cursor"] for one in found["open"]["edges"]] == [opened["cursor"]]
    assert [one["node"] for one in found["noticeDeliveries"]["edges"]] == [
        {"means": "WEBHOOK", "reason": "DIGEST", "state": "PENDING", "target": ""}
    ]
    assert found["noticePolicy"]["recipients"] == []
    assert {one["mode"] for one in found["noticePolicy"]["kinds"]} == {"URGENT"}


def test_ids_of_connections_are_those_of_other_answers():
    shop = make_connection()

    found = asked("{ tiktokStripe { connections { id } driftReport { tours { connectionId } } } }")

    assert found["connections"] == [{"id": global_id("TiktokStripeConnection", shop.pk)}]
    assert found["driftReport"]["tours"][0]["connectionId"] == found["connections"][0]["id"]
