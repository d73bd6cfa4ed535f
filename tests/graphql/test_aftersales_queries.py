"""The queue of what waits for an answer, and one case."""

from __future__ import annotations

from typing import Any

import pytest

from saleor_tiktok_stripe import aftersales
from saleor_tiktok_stripe.graphql.core.ids import global_id
from tests.aftersales.case_shop import look, sold, the_case
from tests.support.factories import make_connection, make_stripe_connection
from tests.support.shop import ConnectedShop

from .asking import ask
from .rows import a_case, a_charge, a_dispute

QUEUE = """
query ($first: Int, $after: String, $filter: TiktokStripeQueueFilter) {
  tiktokStripe {
    afterSalesQueue(first: $first, after: $after, filter: $filter) {
      edges {
        cursor
        node {
          id source name kind state orderNumber amount { amount currency } reason asks dueBy
          otherwise actions { name allowed does }
        }
      }
      pageInfo { hasNextPage endCursor }
    }
  }
}
"""


def queue(**variables: Any) -> dict[str, Any]:
    said = ask(QUEUE, **variables)
    assert said["errors"] == []
    found: dict[str, Any] = said["data"]["tiktokStripe"]["afterSalesQueue"]
    return found


@pytest.mark.django_db
def test_the_queue_by_deadline_over_pages_while_more_is_asked():
    shop, till = make_connection(), make_stripe_connection()
    for number in (1, 3, 5):
        a_case(shop, number)
    a_dispute(a_charge(till, 2), 2)
    a_case(shop, 9, state="complete", awaited="")

    seen: list[str] = []
    after, more = None, True
    while more:
        page = queue(first=2, after=after)
        seen += [edge["node"]["name"] for edge in page["edges"]]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
        if len(seen) == 2:
            a_case(shop, 4)
            a_case(shop, 0)

    assert seen == ["du_2", "4035001", "4035003", "4035004", "4035005"]
    everything = [edge["node"]["name"] for edge in queue(filter={"openOnly": False})["edges"]]
    assert sorted(everything) == sorted([*seen, "4035000", "4035009"])


@pytest.mark.django_db
def test_an_item_says_what_can_be_done():
    a_case(make_connection(), 1)

    (edge,) = queue()["edges"]

    assert edge["node"] == {
        "id": global_id("TiktokStripeCase", "4035001"),
        "source": "CASE",
        "name": "4035001",
        "kind": "REFUND",
        "state": "needs_answer",
        "orderNumber": "1",
        "amount": {"amount": "12.50", "currency": "USD"},
        "reason": "Damaged",
        "asks": "The buyer asks for a refund",
        "dueBy": "2036-10-29T13:00:00+00:00",
        "otherwise": "TikTok pays the buyer back.",
        "actions": [
            {"name": "ACCEPT", "allowed": True, "does": "Pays the buyer back."},
            {
                "name": "OFFER",
                "allowed": True,
                "does": "Offers the buyer a part of the money; the buyer may refuse it.",
            },
            {"name": "REJECT", "allowed": True, "does": "Refuses the refund."},
        ],
    }


@pytest.mark.django_db
@pytest.mark.parametrize("cursor", ["x", "AAAA"])
def test_a_cursor_of_nothing_is_refused(cursor: str):
    make_connection()

    said = ask(QUEUE, after=cursor)

    assert [one["extensions"]["code"] for one in said["errors"]] == ["PAGE_INVALID"]


CASE = """
query ($id: ID, $caseId: String) {
  tiktokStripe {
    afterSalesCase(id: $id, caseId: $caseId) {
      caseId kind state amount { amount currency } units { amount { amount } }
      item { actions { name } }
      %s
    }
  }
}
"""


def test_tiktok_is_asked_for_reasons_only_when_they_are_asked_for(shop: ConnectedShop):
    order_id = sold(shop)
    case_id = shop.tiktok.request_return(order_id, kind="REFUND")
    look(shop, order_id)
    case = the_case(shop, case_id)
    before = shop.tiktok.calls()

    without = ask(CASE % "", caseId=case_id)
    after = shop.tiktok.calls()
    reasons = ask(CASE % "rejectReasons { key text }", id=global_id("TiktokStripeCase", case_id))

    assert without["errors"] == reasons["errors"] == []
    assert after == before
    found = reasons["data"]["tiktokStripe"]["afterSalesCase"]
    assert found.pop("rejectReasons") == [
        {"key": one.key, "text": one.text} for one in aftersales.reject_reasons(case)
    ]
    assert found == without["data"]["tiktokStripe"]["afterSalesCase"]
    assert (found["caseId"], found["kind"], found["state"]) == (case_id, "REFUND", "NEEDS_ANSWER")
    assert [one["name"] for one in found["item"]["actions"]] == ["ACCEPT", "OFFER", "REJECT"]


def test_reasons_that_tiktok_does_not_tell_leave_the_case_to_be_seen(shop: ConnectedShop):
    order_id = sold(shop)
    case_id = shop.tiktok.request_return(order_id, kind="REFUND")
    look(shop, order_id)
    shop.connection.state = "needs_reauth"
    shop.connection.save()

    said = ask(CASE % "rejectReasons { key }", caseId=case_id)

    assert said["data"]["tiktokStripe"]["afterSalesCase"]["rejectReasons"] is None
    assert said["data"]["tiktokStripe"]["afterSalesCase"]["caseId"] == case_id
    (error,) = said["errors"]
    assert error["extensions"]["exception"] == {"code": "ApiError"}


@pytest.mark.django_db
def test_a_case_of_another_channel_is_not_there():
    make_connection()
    a_case(make_connection("tiktok-uk", shop_id="2"), 1)

    said = ask(CASE % "", caseId="4035001")

    assert said == {"data": {"tiktokStripe": {"afterSalesCase": None}}, "errors": []}
