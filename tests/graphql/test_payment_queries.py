"""Payments with Stripe, and disputes."""

from __future__ import annotations

from typing import Any

import pytest

from saleor_tiktok_stripe.graphql.core.ids import global_id
from saleor_tiktok_stripe.models import DisputeEvidence, EvidenceFile, RequestState
from saleor_tiktok_stripe.saleor_api.requestors import Requestor
from tests.support.factories import make_connection, make_stripe_connection

from .asking import ask
from .rows import a_charge, a_dispute, a_problem, a_refund

pytestmark = pytest.mark.django_db
LIST = """
query ($filter: TiktokStripeTransactionFilter, $first: Int, $after: String) {
  tiktokStripe {
    transactions(filter: $filter, first: $first, after: $after) {
      edges { node { paymentId } cursor }
      pageInfo { hasNextPage endCursor }
    }
  }
}
"""
ONE = """
query ($id: ID, $paymentId: String) {
  tiktokStripe {
    transaction(id: $id, paymentId: $paymentId) {
      id paymentId orderNumber state flow livemode method decline
      captured { amount currency } refunded { amount } refundable { amount }
      fee { amount currency } net { amount currency }
      problem { code cure }
      refunds { amount { amount } state source reason actor refundId }
      captures { cancel }
      disputes { disputeId state words }
    }
  }
}
"""
DISPUTE = """
query ($id: ID, $disputeId: String) {
  tiktokStripe {
    dispute(id: $id, disputeId: $disputeId) {
      dispute {
        id disputeId paymentId orderNumber state reason amount { amount } fee { amount } dueBy
      }
      decides instead answerable otherwise
      actions { name allowed refusal code }
      evidence { state version sentFields }
      fields { field takesFile wanted filled text file { filename size generated } }
    }
  }
}
"""


def payments(**variables: Any) -> list[str]:
    said = ask(LIST, **variables)
    assert said["errors"] == []
    return [
        one["node"]["paymentId"] for one in said["data"]["tiktokStripe"]["transactions"]["edges"]
    ]


def test_payments_are_found_by_every_name_and_state():
    till = make_stripe_connection()
    for number in (1, 2, 3):
        a_charge(till, number)
    a_charge(till, 4, state="open", problem=a_problem())

    assert payments() == ["pi_4", "pi_3", "pi_2", "pi_1"]
    assert payments(first=2) == ["pi_4", "pi_3"]
    assert payments(filter={"state": "OPEN"}) == ["pi_4"]
    assert payments(filter={"problem": False}) == ["pi_3", "pi_2", "pi_1"]
    for name in ("pi_2", "2", "T3JkZXI62", "VHJhbnNhY3Rpb25JdGVtOj2"):
        assert payments(filter={"search": name}) == ["pi_2"]
    assert payments(filter={"search": "visa"}) == []


def test_one_payment_with_what_can_still_be_refunded():
    till = make_stripe_connection()
    charge = a_charge(till, 1, problem=a_problem("REFUND_FAILED"))
    a_refund(charge, "5.00", reason="duplicate")
    a_refund(charge, "7.00", state=RequestState.IN_DOUBT, refund_id="")
    a_refund(charge, "9.00", state=RequestState.FAILED)
    a_dispute(charge, 1, amount="10.00")

    said = ask(ONE, paymentId="pi_1")

    assert said["errors"] == []
    assert said == ask(ONE, id=global_id("TiktokStripeTransaction", charge.pk))
    found = said["data"]["tiktokStripe"]["transaction"]
    refunds = found.pop("refunds")
    assert found == {
        "id": global_id("TiktokStripeTransaction", charge.pk),
        "paymentId": "pi_1",
        "orderNumber": "1",
        "state": "SUCCEEDED",
        "flow": "CHARGE",
        "livemode": False,
        "method": "visa",
        "decline": "",
        "captured": {"amount": "50.00", "currency": "USD"},
        "refunded": {"amount": "0.00"},
        "refundable": {"amount": "38.00"},
        "fee": {"amount": "1.75", "currency": "USD"},
        "net": {"amount": "48.25", "currency": "USD"},
        "problem": {"code": "REFUND_FAILED", "cure": "Cure of REFUND_FAILED."},
        "captures": [],
        "disputes": [
            {
                "disputeId": "du_1",
                "state": "NEEDS_RESPONSE",
                "words": "The buyer disputed this payment. 10.00 USD, reason: "
                "product_not_received. A response is needed by 2026-11-09 12:01 UTC.",
            }
        ],
    }
    assert [(one["amount"]["amount"], one["state"], one["reason"]) for one in refunds] == [
        ("5.00", "SUCCEEDED", "DUPLICATE"),
        ("7.00", "IN_DOUBT", None),
        ("9.00", "FAILED", None),
    ]


@pytest.mark.parametrize("name", ["pi_9", "9", ""])
def test_a_payment_that_is_not_there_is_null(name: str):
    a_charge(make_stripe_connection("tiktok-uk"), 1)
    make_stripe_connection(account_id="acct_2")

    assert ask(ONE, paymentId=name)["data"] == {"tiktokStripe": {"transaction": None}}
    assert ask(ONE, paymentId="pi_1")["data"] == {"tiktokStripe": {"transaction": None}}


def test_a_dispute_with_its_answer_and_without_the_buyer():
    dispute = a_dispute(a_charge(make_stripe_connection(), 1), 1)
    held = DisputeEvidence.objects.create(
        dispute=dispute,
        version=3,
        fields={"customer_name": "Jane Canary", "shipping_carrier": "UPS"},
    )
    EvidenceFile.objects.create(
        evidence=held,
        field="receipt",
        filename="receipt.pdf",
        content_type="application/pdf",
        size=9,
        content="Q2FuYXJ5",
        generated=True,
    )

    said = ask(DISPUTE, disputeId="du_1")

    assert said["errors"] == []
    found = said["data"]["tiktokStripe"]["dispute"]
    fields = {one.pop("field"): one for one in found.pop("fields")}
    assert found == {
        "dispute": {
            "id": global_id("TiktokStripeDispute", "du_1"),
            "disputeId": "du_1",
            "paymentId": "pi_1",
            "orderNumber": "1",
            "state": "NEEDS_RESPONSE",
            "reason": "product_not_received",
            "amount": {"amount": "50.00"},
            "fee": {"amount": "15.00"},
            "dueBy": "2026-11-09T12:01:00+00:00",
        },
        "decides": "That it was delivered, to the address the buyer gave.",
        "instead": "",
        "answerable": True,
        "otherwise": "The dispute is lost: the buyer keeps the money.",
        "actions": [
            {
                "name": name,
                "allowed": False,
                "refusal": "The time to answer is over.",
                "code": "ANSWER_TOO_LATE",
            }
            for name in ("ANSWER", "ACCEPT")
        ],
        "evidence": {"state": "DRAFT", "version": 3, "sentFields": []},
    }
    assert fields["shipping_carrier"] == {
        "takesFile": False,
        "wanted": True,
        "filled": True,
        "text": "UPS",
        "file": None,
    }
    assert (fields["customer_name"]["filled"], fields["customer_name"]["text"]) == (True, None)
    assert fields["receipt"]["file"] == {"filename": "receipt.pdf", "size": 9, "generated": True}
    assert list(fields)[0] == "shipping_carrier"
    assert len(fields) == 27


def test_a_dispute_without_a_draft_gets_none_by_being_looked_at():
    a_dispute(a_charge(make_stripe_connection(), 1), 1)

    said = ask(DISPUTE, id=global_id("TiktokStripeDispute", "du_1"))

    assert said["data"]["tiktokStripe"]["dispute"]["evidence"] is None
    assert DisputeEvidence.objects.count() == 0
    assert ask(DISPUTE, disputeId="du_9")["data"] == {"tiktokStripe": {"dispute": None}}


def test_disputes_are_listed_by_state():
    till = make_stripe_connection()
    for number, state in ((1, "needs_response"), (2, "won"), (3, "under_review")):
        a_dispute(a_charge(till, number), number, state=state)
    query = """query ($filter: TiktokStripeDisputeFilter) {
        tiktokStripe { disputes(filter: $filter) { edges { node { disputeId } } } } }"""

    def listed(**wanted: Any) -> list[str]:
        found = ask(query, filter=wanted)["data"]["tiktokStripe"]["disputes"]["edges"]
        return [one["node"]["disputeId"] for one in found]

    assert listed() == ["du_3", "du_2", "du_1"]
    assert listed(closed=True) == ["du_2"]
    assert listed(closed=False) == ["du_3", "du_1"]
    assert listed(state="UNDER_REVIEW") == ["du_3"]


def test_money_is_not_told_to_those_who_only_manage_orders():
    a_charge(make_stripe_connection(), 1)
    make_connection()
    who = Requestor("staff", "VXNlcjoy", "ann@example.com", frozenset({"MANAGE_ORDERS"}))
    query = "{ tiktokStripe { orderCounts { inStep } transactions { edges { cursor } } } }"

    said = ask(query, who)

    assert said["data"] == {"tiktokStripe": {"orderCounts": {"inStep": 0}, "transactions": None}}
    assert [one["extensions"]["code"] for one in said["errors"]] == ["PERMISSION_DENIED"]
