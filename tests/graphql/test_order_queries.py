"""Orders, and what every list has in common: pages, filters, ids."""

from __future__ import annotations

from typing import Any

import pytest

from saleor_tiktok_stripe.graphql.core.ids import global_id
from saleor_tiktok_stripe.models import MarketplaceRequest
from tests.support.factories import make_connection, make_stripe_connection

from .asking import ask
from .rows import START, a_difference, a_job, a_problem, an_order

pytestmark = pytest.mark.django_db
LIST = """
query ($first: Int, $after: String, $filter: TiktokStripeOrderFilter) {
  tiktokStripe {
    orders(first: $first, after: $after, filter: $filter) {
      edges { cursor node { orderId sync state } }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      totalCount
    }
  }
}
"""
ONE = """
query ($id: ID, $orderId: String) {
  tiktokStripe {
    order(id: $id, orderId: $orderId) {
      order {
        id orderId saleorOrderId saleorNumber state sync placedAt shipBy hasReturns jobId jobKind
        total { amount currency }
        amounts { name money { amount currency } }
        problem { code cause cure }
        oversold { sku quantity }
      }
      units { unitId saleorLineId }
      requests { kind state subject amount { amount } problem { code } actor }
      differences { code words cure amount { amount currency } ours { name value }
        theirs { value } }
    }
  }
}
"""


def listed(**variables: Any) -> dict[str, Any]:
    said = ask(LIST, **variables)
    assert said["errors"] == []
    found: dict[str, Any] = said["data"]["tiktokStripe"]["orders"]
    return found


def code_of(said: dict[str, Any]) -> str:
    assert said["data"] == {"tiktokStripe": {"orders": None}}
    (error,) = said["errors"]
    code: str = error["extensions"]["code"]
    return code


def test_every_order_is_on_one_page_while_new_ones_come_in():
    shop = make_connection()
    for number in range(1, 8):
        an_order(shop, number)

    seen: list[str] = []
    after, more = None, True
    while more:
        page = listed(first=3, after=after)
        seen += [edge["node"]["orderId"] for edge in page["edges"]]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
        an_order(shop, 100 + len(seen))

    assert seen == [f"{57_000_000 + number}" for number in range(7, 0, -1)]


def test_a_page_goes_on_behind_any_of_its_items():
    shop = make_connection()
    for number in range(1, 5):
        an_order(shop, number)
    page = listed()

    behind_second = listed(after=page["edges"][1]["cursor"])

    assert page["pageInfo"] == {
        "hasNextPage": False,
        "hasPreviousPage": False,
        "startCursor": page["edges"][0]["cursor"],
        "endCursor": page["edges"][3]["cursor"],
    }
    assert behind_second["edges"] == page["edges"][2:]
    assert page["totalCount"] == 4


def test_filters_and_their_count():
    shop = make_connection()
    an_order(shop, 1)
    an_order(shop, 2, state="delivered")
    a_job(shop, "order.sync", "57000003", problem=a_problem())

    parked = listed(filter={"sync": "PARKED"})
    delivered = listed(filter={"state": "DELIVERED", "search": ""})

    assert parked["edges"][0]["node"] == {"orderId": "57000003", "sync": "PARKED", "state": None}
    assert [edge["node"]["orderId"] for edge in delivered["edges"]] == ["57000002"]
    assert (parked["totalCount"], listed()["totalCount"]) == (None, 3)


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({"first": 0}, "PAGE_SIZE_INVALID"),
        ({"first": 101}, "PAGE_SIZE_INVALID"),
        ({"after": "nothing!"}, "PAGE_INVALID"),
        ({"after": "AAAA"}, "PAGE_INVALID"),
        ({"filter": {"search": "a\x00b"}}, "TEXT_INVALID"),
        ({"filter": {"search": "\ud800"}}, "TEXT_INVALID"),
    ],
)
def test_what_cannot_be_used_is_told_by_its_code(variables: dict[str, Any], code: str):
    an_order(make_connection(), 1)

    assert code_of(ask(LIST, **variables)) == code


def test_a_channel_without_a_shop_has_no_orders():
    make_stripe_connection()

    assert listed() == {
        "edges": [],
        "pageInfo": {
            "hasNextPage": False,
            "hasPreviousPage": False,
            "startCursor": None,
            "endCursor": None,
        },
        "totalCount": 0,
    }


def test_another_channels_orders_are_not_seen():
    make_connection()
    an_order(make_connection("tiktok-uk", shop_id="2"), 1)

    assert listed()["edges"] == []
    assert ask(ONE, orderId="57000001")["data"]["tiktokStripe"]["order"] is None


def test_one_order_with_everything_about_it():
    shop = make_connection()
    an_order(shop, 1, unallocated={"SKU-1": 2}, ship_by=START)
    job = a_job(shop, "order.push", "57000001", problem=a_problem("CARRIER_UNKNOWN"))
    a_difference(shop, 1)
    MarketplaceRequest.objects.create(
        connection=shop,
        kind="cancel",
        order_id="57000001",
        subject="cancel",
        amount="5.00",
        currency="USD",
        state="refused",
        actor="ann@example.com",
        problem=a_problem("CANCEL_REFUSED"),
    )

    said = ask(ONE, id=global_id("TiktokStripeOrder", "57000001"))

    assert said["errors"] == []
    assert said == ask(ONE, orderId="T3JkZXI61")
    assert said["data"]["tiktokStripe"]["order"] == {
        "order": {
            "id": global_id("TiktokStripeOrder", "57000001"),
            "orderId": "57000001",
            "saleorOrderId": "T3JkZXI61",
            "saleorNumber": "1",
            "state": "AWAITING_SHIPMENT",
            "sync": "PARKED",
            "placedAt": "2026-11-01T12:01:00+00:00",
            "shipBy": "2026-11-01T12:00:00+00:00",
            "hasReturns": False,
            "jobId": global_id("TiktokStripeJob", job.pk),
            "jobKind": "order.push",
            "total": {"amount": "21.50", "currency": "USD"},
            "amounts": [
                {"name": "buyer", "money": {"amount": "21.50", "currency": "USD"}},
                {"name": "goods", "money": {"amount": "20.00", "currency": "USD"}},
                {"name": "platform", "money": {"amount": "1.50", "currency": "USD"}},
            ],
            "problem": {
                "code": "CARRIER_UNKNOWN",
                "cause": "Cause of CARRIER_UNKNOWN.",
                "cure": "Cure of CARRIER_UNKNOWN.",
            },
            "oversold": [{"sku": "SKU-1", "quantity": 2}],
        },
        "units": [{"unitId": "u1", "saleorLineId": "T3JkZXJMaW5lOj1"}],
        "requests": [
            {
                "kind": "CANCEL",
                "state": "REFUSED",
                "subject": "cancel",
                "amount": {"amount": "5.00"},
                "problem": {"code": "CANCEL_REFUSED"},
                "actor": "ann@example.com",
            }
        ],
        "differences": [
            {
                "code": "TOTAL_DIFFERS",
                "words": "The order does not come to the same amount on both sides.",
                "cure": "Compare the order in Saleor with TikTok Seller Center: its total was "
                "changed, or TikTok's amounts do not add up. If it is right as it is, accept the "
                "difference.",
                "amount": {"amount": "1.00", "currency": "USD"},
                "ours": [{"name": "total", "value": "20.00"}],
                "theirs": [{"value": "21.00"}],
            }
        ],
    }


@pytest.mark.parametrize("name", ["57000009", ""])
def test_an_order_that_is_not_there_is_null(name: str):
    an_order(make_connection(), 1)

    assert ask(ONE, orderId=name) == {"data": {"tiktokStripe": {"order": None}}, "errors": []}


@pytest.mark.parametrize("given", ["x", "T3JkZXI6MQ==", global_id("TiktokStripeJob", 1)])
def test_an_id_of_something_else_is_refused(given: str):
    an_order(make_connection(), 1)

    said = ask(ONE, id=given)

    assert said["data"] == {"tiktokStripe": {"order": None}}
    assert [one["extensions"]["code"] for one in said["errors"]] == ["ID_UNKNOWN"]


def test_counts_of_orders():
    shop = make_connection()
    an_order(shop, 1)
    a_job(shop, "order.sync", "57000003", problem=a_problem())

    said = ask("{ tiktokStripe { orderCounts { inStep parked waiting } } }")

    assert said["data"]["tiktokStripe"]["orderCounts"] == {"inStep": 1, "parked": 1, "waiting": 0}
