"""Money from the order to the payout."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from saleor_tiktok_stripe.models import Connection
from tests.support.factories import make_connection

from .asking import ask
from .rows import START, a_difference, a_payout, a_statement, an_entry, an_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Connection:
    return make_connection()


def books(shop: Connection, *numbers: int) -> None:
    """A payout with an order of 20.00 less a fee of 2.00 for each number."""
    for number in numbers:
        an_order(shop, number)
        payout = a_payout(shop, number)
        statement = a_statement(shop, number, payout=payout)
        where = {"payout": payout, "statement": statement}
        an_entry(shop, number, **where)
        an_entry(shop, number, component="referral_fee", kind="fee", amount="-2.00", **where)


def asked(query: str, **variables: Any) -> Any:
    said = ask(query, **variables)
    assert said["errors"] == []
    return said["data"]["tiktokStripe"]


def test_the_money_of_an_order(shop: Connection):
    books(shop, 1)
    a_difference(shop, 1, area="money", code="REVENUE_DIFFERS")

    (found,) = asked(
        """{ tiktokStripe { orderMoney(orderId: "T3JkZXI61") {
            orderId standing
            sold { name money { amount } }
            lines { kind component amount { amount currency } statementId payoutId expected }
            byKind { currency sums { name money { amount } } }
            settled { amount currency } expected { amount }
            payouts { payoutId state amount { amount } }
            differences { code state amount { amount } }
        } } }"""
    )["orderMoney"]

    where = {"statementId": "st_1", "payoutId": "po_1", "expected": False}
    assert found == {
        "orderId": "57000001",
        "standing": "PAID_OUT",
        "sold": [
            {"name": "buyer", "money": {"amount": "21.50"}},
            {"name": "goods", "money": {"amount": "20.00"}},
            {"name": "platform", "money": {"amount": "1.50"}},
        ],
        "lines": [
            {
                "kind": "SALE",
                "component": "gross_sales",
                "amount": {"amount": "20.00", "currency": "USD"},
                **where,
            },
            {
                "kind": "FEE",
                "component": "referral_fee",
                "amount": {"amount": "-2.00", "currency": "USD"},
                **where,
            },
        ],
        "byKind": [
            {
                "currency": "USD",
                "sums": [
                    {"name": "sale", "money": {"amount": "20.00"}},
                    {"name": "fee", "money": {"amount": "-2.00"}},
                ],
            }
        ],
        "settled": [{"amount": "18.00", "currency": "USD"}],
        "expected": [],
        "payouts": [{"payoutId": "po_1", "state": "PAID", "amount": {"amount": "18.00"}}],
        "differences": [{"code": "REVENUE_DIFFERS", "state": "OPEN", "amount": {"amount": "1.00"}}],
    }


def test_an_unknown_orders_money_is_nothing(shop: Connection):
    assert asked('{ tiktokStripe { orderMoney(orderId: "1") { orderId } } }') == {"orderMoney": []}


PAYOUT = """
query ($payoutId: String, $first: Int, $after: String) {
  tiktokStripe {
    payout(payoutId: $payoutId, first: $first, after: $after) {
      payout { payoutId amount { amount currency } complete }
      expectedTotal { amount } total { amount }
      withoutOrder { name money { amount } }
      statements
      orders {
        edges { node { orderId net { amount } byKind { name money { amount } } } }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
}
"""


def test_a_payout_tells_its_orders_page_by_page(shop: Connection):
    payout = a_payout(shop, 1, amount="57.00", settlement="57.00")
    for number in (1, 2, 3):
        an_entry(shop, number, payout=payout)
    an_entry(shop, 4, payout=payout, order_id="", component="adjustment", amount="-3.00")

    first = asked(PAYOUT, payoutId="po_1", first=2)["payout"]
    cursor = first["orders"]["pageInfo"]["endCursor"]
    second = asked(PAYOUT, payoutId="po_1", first=2, after=cursor)["payout"]

    assert first["payout"] == {
        "payoutId": "po_1",
        "amount": {"amount": "57.00", "currency": "USD"},
        "complete": True,
    }
    assert (first["expectedTotal"], first["total"]) == ({"amount": "57.00"}, {"amount": "57.00"})
    assert first["withoutOrder"] == [{"name": "adjustment", "money": {"amount": "-3.00"}}]
    ids = [
        [edge["node"]["orderId"] for edge in page["orders"]["edges"]] for page in (first, second)
    ]
    assert ids == [["57000001", "57000002"], ["57000003"]]
    assert second["orders"]["pageInfo"]["hasNextPage"] is False
    assert asked(PAYOUT, payoutId="po_9") == {"payout": None}


def test_entries_by_each_filter(shop: Connection):
    books(shop, 1, 2)
    query = """query ($filter: TiktokStripeLedgerEntryFilter) { tiktokStripe {
        ledgerEntries(filter: $filter) { edges { node { component orderId } } } } }"""

    def listed(**wanted: Any) -> list[tuple[str, str]]:
        edges = asked(query, filter=wanted)["ledgerEntries"]["edges"]
        return [(one["node"]["component"], one["node"]["orderId"][-1]) for one in edges]

    fee, sale = "referral_fee", "gross_sales"
    assert listed() == [(fee, "2"), (sale, "2"), (fee, "1"), (sale, "1")]
    assert listed(kind="FEE") == [(fee, "2"), (fee, "1")]
    assert listed(orderId="57000001") == listed(payoutId="po_1") == [(fee, "1"), (sale, "1")]
    assert listed(statementId="st_2", kind="SALE") == [(sale, "2")]
    later = (START + timedelta(minutes=2)).isoformat()
    assert listed(since=later) == [(fee, "2"), (sale, "2")]
    assert listed(until=later, kind="SALE") == [(sale, "1")]
    assert listed(vendor="STRIPE") == listed(expected=True) == []


def test_a_time_without_a_zone_is_refused(shop: Connection):
    query = """{ tiktokStripe { ledgerEntries(filter: {since: "2026-11-01T00:00:00"}) {
        edges { cursor } } } }"""

    said = ask(query)

    assert [one["extensions"]["code"] for one in said["errors"]] == ["TIME_ZONE_REQUIRED"]


def test_statements_and_payouts_the_newest_first(shop: Connection):
    books(shop, 1, 2)

    found = asked(
        """{ tiktokStripe {
            statements { edges { node { statementId settlement { amount } payout { payoutId } } } }
            payouts(first: 1) { edges { node { payoutId state } } pageInfo { hasNextPage } }
        } }"""
    )

    assert [one["node"] for one in found["statements"]["edges"]] == [
        {
            "statementId": f"st_{number}",
            "settlement": {"amount": "18.00"},
            "payout": {"payoutId": f"po_{number}"},
        }
        for number in (2, 1)
    ]
    assert found["payouts"] == {
        "edges": [{"node": {"payoutId": "po_2", "state": "PAID"}}],
        "pageInfo": {"hasNextPage": True},
    }
