"""The queue of what waits, and a case: what is asked, and each answer, with its failure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.test import Client

from saleor_tiktok_stripe.models import AfterSalesCase, MarketplaceRequest
from tests.aftersales.case_shop import look, sold, the_case, writes
from tests.graphql.rows import a_charge, a_dispute
from tests.support.factories import make_connection, make_stripe_connection
from tests.support.shop import connected_shop

from .conftest import BASE, PASSWORD, STAFF, Person, signed_in
from .daily import forms_of, hidden, queries, rows_of, shown


def now() -> datetime:
    return datetime.now(UTC)


def a_case(shop, number, **fields):
    values = {
        "connection": shop,
        "case_id": f"{4_000 + number}",
        "order_id": f"{57_000_000 + number}",
        "order_number": str(number),
        "kind": "refund",
        "state": "needs_answer",
        "awaited": "answer_refund",
        "reason_text": "Broken",
        "currency": "USD",
        "amount": Decimal("12.50"),
        "due_by": now() + timedelta(hours=30, minutes=30),
        "opened_at": now(),
        "marketplace_updated_at": now(),
    }
    return AfterSalesCase.objects.create(**(values | fields))


@pytest.mark.django_db
def test_a_deadline_that_has_passed_is_told_in_the_list_and_on_the_page(admin):
    shop, account = make_connection(), make_stripe_connection()
    a_case(shop, 1, due_by=now() - timedelta(minutes=5))
    dispute = a_dispute(a_charge(account, 3), 3, due_by=now() - timedelta(minutes=5))

    rows = rows_of(admin.get("cases/"))
    case, bank = (
        shown(admin.get(one)) for one in ("cases/4001/", f"disputes/{dispute.dispute_id}/")
    )
    paid = shown(admin.get(f"transactions/{dispute.charge.payment_id}/"))

    assert "Overdue" in rows[0]
    assert [("Answer was due" in one, "Answer by" in one) for one in (case, bank)] == [
        (True, False)
    ] * 2
    assert "Was due" in paid


@pytest.mark.django_db
def test_the_queue_is_ordered_by_deadline_with_what_is_left(admin):
    shop, account = make_connection(), make_stripe_connection()
    a_case(shop, 1)
    a_case(shop, 2, state="complete", awaited="", due_by=None)
    a_dispute(a_charge(account, 3), 3, due_by=now() + timedelta(hours=5, minutes=30))

    waiting = rows_of(admin.get("cases/"))
    every = rows_of(admin.get("cases/", list="all"))

    assert [one.split(" ")[:3] for one in waiting] == [
        ["Dispute", "Order", "#3"], ["Refund", "Order", "#1"],
    ]  # fmt: skip
    assert "5 h left" in waiting[0]
    assert "30 h left" in waiting[1]
    assert "The buyer asks for a refund Broken" in waiting[1]
    assert len(every) == 3


@pytest.mark.django_db
def test_the_queue_takes_as_many_queries_whatever_is_in_it(admin):
    shop, account = make_connection(), make_stripe_connection()
    a_case(shop, 1)
    a_dispute(a_charge(account, 1), 1)
    few = queries(admin, "cases/", list="all")
    for number in range(2, 25):
        a_case(shop, number)
        a_dispute(a_charge(account, number), number)

    assert queries(admin, "cases/", list="all") == few


@pytest.mark.django_db
def test_a_case_of_another_channel_is_not_there(admin):
    make_connection()
    a_case(make_connection("other", shop_id="8"), 1)

    assert admin.get("cases/4001/").status_code == 404


@pytest.mark.django_db
def test_who_may_not_answer_reads_the_case_and_tiktok_is_not_asked(saleor):
    a_case(make_connection(), 1)
    person = signed_in("orders@shop.example")

    answer = person.get("cases/4001/")
    sent = [person.post("cases/4001/", do=one, key="k") for one in ("accept", "reject", "offer")]

    assert "You may read this request, but not answer it" in shown(answer)
    assert not forms_of(answer)
    assert {one.status_code for one in sent} == {403}
    assert not MarketplaceRequest.objects.exists()


@pytest.fixture
def shop(transactional_db):
    with connected_shop() as found:
        email = "admin@shop.example"
        found.saleor.add_staff(email, STAFF[email], password=PASSWORD)
        yield found


@pytest.fixture
def ada(shop) -> Person:
    return signed_in("admin@shop.example")


@pytest.fixture
def case(shop) -> AfterSalesCase:
    order_id = sold(shop)
    return_id = shop.tiktok.request_return(order_id, kind="REFUND")
    look(shop, order_id)
    return the_case(shop, return_id)


def test_a_case_says_what_is_asked_and_what_each_answer_does(ada, case):
    answer = ada.get(f"cases/{case.case_id}/")

    text = shown(answer)
    assert "The buyer asks for a refund" in text
    assert "Pays the buyer back." in text
    assert "Offers the buyer a part of the money; the buyer may refuse it." in text
    assert "Refuses the refund." in text
    assert "If nobody answers TikTok pays the buyer back." in text
    assert forms_of(answer) == {"accept", "offer", "reject"}
    assert len(case.units) == len(rows_of(answer))


def test_a_case_is_accepted_once_however_often_the_form_is_sent(shop, ada, case):
    path = f"cases/{case.case_id}/"
    key = hidden(ada.get(path), "key")

    first = ada.post(path, do="accept", how="accept", key=key)
    second = ada.post(path, do="accept", how="accept", key=key)
    assert (first.status_code, second.status_code) == (303, 303)
    assert writes(shop, "/approve") == 0
    shop.work()

    case.refresh_from_db()
    row = MarketplaceRequest.objects.get()
    assert (row.actor, row.state, case.state) == ("admin@shop.example", "succeeded", "complete")
    assert writes(shop, "/approve") == 1
    assert "Accept: done" in shown(ada.get(path))


def test_a_case_is_rejected_with_one_of_tiktoks_reasons(shop, ada, case):
    path = f"cases/{case.case_id}/"
    [reason, *_] = _reasons(ada.get(path))

    ada.post(path, do="reject", key="k1", reason=reason, comment="See the photos")
    shop.work()

    row = MarketplaceRequest.objects.get()
    assert (row.body["reason"], row.body["comment"]) == (reason, "See the photos")
    assert writes(shop, "/reject") == 1


def test_a_part_is_offered(shop, ada, case):
    path = f"cases/{case.case_id}/"

    answer = ada.post(path, do="offer", key="k1", amount="1.00")

    row = MarketplaceRequest.objects.get()
    assert answer.status_code == 303
    assert (row.body["action"], row.amount) == ("offer", Decimal("1.000"))


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"do": "offer", "amount": "99999"}, "CASE_OFFER_AMOUNT"),
        ({"do": "offer", "amount": ""}, "CASE_OFFER_AMOUNT"),
        ({"do": "offer", "amount": "some"}, "AMOUNT_INVALID"),
        ({"do": "reject", "reason": ""}, "CASE_REASON_REQUIRED"),
        ({"do": "accept", "how": "reject"}, "CASE_ACTION_UNFIT"),
        ({"do": "accept", "how": "refund"}, "CASE_ACTION_UNFIT"),
        ({"do": "accept", "key": ""}, "FORM_OUT_OF_DATE"),
    ],
)
def test_an_answer_that_does_not_fit_is_refused_and_nothing_is_sent(shop, ada, case, sent, code):
    answer = ada.post(f"cases/{case.case_id}/", **{"key": "k1", **sent})

    assert answer.status_code == 422
    assert f"<code>{code}</code>" in answer.content.decode()
    assert not MarketplaceRequest.objects.exists()
    assert (writes(shop, "/approve"), writes(shop, "/reject")) == (0, 0)
    shown(answer)


def test_where_tiktok_does_not_tell_its_reasons_the_other_answers_stay(shop, ada, case):
    shop.tiktok.inject_fault("reset", path="reject_reasons", times=None)

    answer = ada.get(f"cases/{case.case_id}/")

    assert answer.status_code == 200
    assert "TikTok cannot be asked for its reasons now." in shown(answer)
    assert forms_of(answer) == {"accept", "offer"}


def test_a_refund_of_an_order_that_tiktok_collected_is_checked_then_asked_for_once(shop, ada):
    order_id = sold(shop)
    path = f"orders/{order_id}/"
    key = hidden(ada.get(path), "key")
    before = MarketplaceRequest.objects.filter(kind="return").count()

    checked = ada.post(path, do="check_refund", key=key)
    assert "This would happen" in shown(checked)
    assert MarketplaceRequest.objects.filter(kind="return").count() == before
    first = ada.post(path, do="refund", key=key)
    second = ada.post(path, do="refund", key=key)

    row = MarketplaceRequest.objects.get(kind="return")
    assert (first.status_code, second.status_code) == (303, 303)
    assert (row.actor, row.request_key, row.state) == ("admin@shop.example", key, "waiting")


def test_more_than_the_buyer_paid_is_not_asked_for(shop, ada):
    order_id = sold(shop)

    answer = ada.post(f"orders/{order_id}/", do="refund", key="k", amount="99999")
    checked = ada.post(f"orders/{order_id}/", do="check_refund", key="k", amount="99999")

    assert answer.status_code == 422
    assert "This would be refused" in shown(checked)
    assert not MarketplaceRequest.objects.filter(kind="return").exists()


def test_what_tiktok_would_be_told_of_an_order_is_said_and_not_sent(shop, ada):
    order_id = sold(shop, "AWAITING_SHIPMENT")

    answer = ada.post(f"orders/{order_id}/", do="plan")

    assert "What TikTok would be told" in shown(answer)
    assert "Nothing: TikTok knows all that was done in Saleor." in shown(answer)
    assert not MarketplaceRequest.objects.exists()


def _reasons(answer) -> list[str]:
    import re

    return re.findall(r'type="radio" name="reason" value="([^"]+)"', answer.content.decode())


def test_nobody_is_let_in_without_signing_in(shop, case):
    answer = Client().get(BASE + f"cases/{case.case_id}/")

    assert answer.status_code == 303
