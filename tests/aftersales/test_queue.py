"""One queue of cases and disputes, by deadline, page by page."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from saleor_tiktok_stripe import aftersales
from saleor_tiktok_stripe.aftersales.attention import case_attention
from saleor_tiktok_stripe.aftersales.cases.deadlines import case_deadlines, remind
from saleor_tiktok_stripe.errors import InvalidInput
from saleor_tiktok_stripe.jobs import clock
from saleor_tiktok_stripe.models import (
    AfterSalesCase,
    Charge,
    Connection,
    Dispute,
    MarketplaceRequest,
)
from saleor_tiktok_stripe.saleor_api import get_saleor
from tests.support.factories import make_connection, make_stripe_connection
from tests.support.shop import ConnectedShop

from .case_shop import look, sold, the_case

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shops(transactional_db: None) -> list[Connection]:
    return [make_connection("tiktok-us"), make_stripe_connection()]


def _case(shops: list[Connection], case_id: str, hours: float | None, **changes: object) -> None:
    values: dict[str, object] = {
        "connection": shops[0],
        "case_id": case_id,
        "order_id": f"order-{case_id}",
        "order_number": "1001",
        "kind": "refund",
        "state": "needs_answer",
        "awaited": "answer_refund",
        "currency": "USD",
        "amount": Decimal("12.50"),
        "reason_text": "Damaged",
        "due_by": None if hours is None else clock.now() + timedelta(hours=hours),
        "opened_at": clock.now(),
        "marketplace_updated_at": clock.now(),
    }
    AfterSalesCase.objects.create(**(values | changes))


def _dispute(shops: list[Connection], dispute_id: str, hours: float, **changes: object) -> None:
    charge = Charge.objects.create(
        connection=shops[1],
        transaction_id=f"t-{dispute_id}",
        flow="charge",
        amount=Decimal(25),
        currency="USD",
        payment_id=f"pi_{dispute_id}",
        order_number="1002",
    )
    values: dict[str, object] = {
        "connection": shops[1],
        "charge": charge,
        "dispute_id": dispute_id,
        "state": "needs_response",
        "raw_state": "needs_response",
        "reason": "fraudulent",
        "amount": Decimal(25),
        "currency": "USD",
        "opened_at": clock.now(),
        "due_by": clock.now() + timedelta(hours=hours),
    }
    Dispute.objects.create(**(values | changes))


def _ids(page: aftersales.QueuePage) -> list[str]:
    return [one.id for one in page.items]


def test_cases_and_disputes_stand_together_by_deadline(shops: list[Connection]):
    _case(shops, "late", 40)
    _dispute(shops, "soon", 5)
    _case(shops, "next", 10)
    _case(shops, "whenever", None)

    page = aftersales.queue(shops)

    assert (_ids(page), page.after) == (["soon", "next", "late", "whenever"], "")
    soon, first, *_ = page.items
    assert (soon.source, soon.hours_left, soon.order_number) == ("dispute", 4, "1002")
    assert [(one.name, one.allowed) for one in soon.actions] == [("answer", True), ("accept", True)]
    assert (first.asks, first.reason) == ("The buyer asks for a refund", "Damaged")
    assert first.otherwise == "TikTok pays the buyer back."
    assert [one.name for one in first.actions] == ["accept", "offer", "reject"]


def test_only_what_waits_for_the_merchant_is_shown_unless_all_is_wanted(shops: list[Connection]):
    _case(shops, "waits", 1)
    _case(shops, "done", 2, state="complete", awaited="")
    _dispute(shops, "won", 3, state="won")

    assert _ids(aftersales.queue(shops)) == ["waits"]
    everything = aftersales.queue(shops, open_only=False)
    assert sorted(_ids(everything)) == ["done", "waits", "won"]
    assert [one.actions for one in everything.items if one.id != "waits"] == [(), ()]


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_pages_follow_each_other_without_gap_or_repeat(shops: list[Connection], limit: int):
    due = clock.now() + timedelta(hours=3)
    for number in range(3):
        _case(shops, f"case-{number}", 0, due_by=due)
        _dispute(shops, f"dispute-{number}", 0, due_by=due)
    _case(shops, "never", None)

    seen, after = [], ""
    while True:
        page = aftersales.queue(shops, after=after, limit=limit)
        seen += _ids(page)
        after = page.after
        if not after:
            break

    cases = [f"case-{n}" for n in range(3)]
    assert seen == [*cases, *(f"dispute-{n}" for n in range(3)), "never"]


def test_a_page_costs_the_same_however_long_the_queue_is(shops: list[Connection]):
    for number in range(30):
        _case(shops, f"case-{number}", number)
        _dispute(shops, f"dispute-{number}", number)

    with CaptureQueriesContext(database) as queries:
        page = aftersales.queue(shops, limit=20)

    assert (len(page.items), len(queries)) == (20, 3)


def test_a_position_that_is_none_is_refused(shops: list[Connection]):
    with pytest.raises(InvalidInput, match="^PAGE_INVALID: "):
        aftersales.queue(shops, after="nonsense")


def test_what_is_being_answered_says_so(shops: list[Connection]):
    _case(shops, "c", 5)
    MarketplaceRequest.objects.create(
        connection=shops[0], kind="answer", order_id="order-c", subject="c"
    )

    [item] = aftersales.queue(shops).items

    assert {one.code for one in item.actions} == {"CASE_ANSWERED"}
    assert case_deadlines(shops) == []


def test_what_is_due_is_told_in_health(shops: list[Connection]):
    _case(shops, "urgent", 5)
    _case(shops, "later", 40)
    _case(shops, "over", -3)

    found = case_attention(shops[0])

    told = [(one.subject, one.code, one.severity.value) for one in found]
    assert told == [
        ("over", "CASE_DUE", "error"),
        ("urgent", "CASE_DUE", "error"),
        ("later", "CASE_DUE", "warning"),
    ]
    assert "had to be answered by" in found[0].message


def test_staff_are_reminded_on_the_order_once_for_each_step(shop: ConnectedShop):
    order_id = sold(shop)
    return_id = shop.tiktok.request_return(order_id, kind="REFUND")
    look(shop, order_id)
    due = the_case(shop, return_id).due_by
    saleor_id = shop.link(order_id).saleor_order_id

    told = [remind(shop.connection, due - timedelta(hours=left)) for left in (30, 23, 22, 5, 4, -1)]

    assert told == [0, 1, 0, 1, 0, 0]
    assert the_case(shop, return_id).due_reminded == 6
    assert get_saleor().order_facts(saleor_id).id == saleor_id
