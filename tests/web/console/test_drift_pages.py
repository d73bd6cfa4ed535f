"""Differences: by area, compared again, repaired after a dry run, accepted with a note."""

from __future__ import annotations

import pytest

from saleor_tiktok_stripe.models import AuditEntry, Job
from tests.support.factories import make_connection, make_stripe_connection

from .conftest import BASE, signed_in
from .daily import forms_of, queries, rows_of, shown
from .test_orders_pages import differing

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(saleor):
    return make_connection()


def test_differences_are_listed_by_area_with_what_each_side_has(admin, shop):
    differing(shop)
    differing(shop, area="sku", subject="1729", code="STOCK_DIFFERS")

    orders = rows_of(admin.get("drift/", area="order"))
    answer = admin.get("drift/")

    assert len(orders) == 1
    assert orders[0].startswith("57000001 The order's state is not the same on both sides. Open")
    assert "State: unfulfilled" in orders[0]
    assert "State: shipped" in orders[0]
    assert "All (2) Orders (1) Stock and prices (1)" in shown(answer)
    assert forms_of(answer) == {"check", "plan", "repair", "accept"}


def test_what_was_accepted_is_listed_when_all_is_asked_for(admin, shop):
    differing(shop, state="accepted", note="Known")

    assert rows_of(admin.get("drift/")) == []
    assert "Accepted Known" in rows_of(admin.get("drift/", list="all"))[0]


def test_a_page_takes_as_many_queries_whatever_is_on_it(admin, shop):
    differing(shop)
    few = queries(admin, "drift/")
    for number in range(2, 40):
        differing(shop, subject=str(number))

    assert queries(admin, "drift/") == few


def test_everything_is_compared_now(admin, shop):
    account = make_stripe_connection()

    answer = admin.post("drift/", do="check")

    asked = Job.objects.filter(kind="drift.check").values_list("connection", flat=True)
    assert answer["Location"] == BASE + "drift/"
    assert set(asked) == {shop.pk, account.pk}
    noted = AuditEntry.objects.filter(action="drift.check", actor="admin@shop.example")
    assert set(noted.values_list("connection", flat=True)) == {shop.pk, account.pk}


def test_nothing_is_compared_before_anything_is_connected(admin):
    answer = admin.post("drift/", do="check")

    assert answer.status_code == 422
    assert "<code>NOT_CONNECTED</code>" in answer.content.decode()
    assert not Job.objects.exists()


def test_a_dry_run_says_what_would_be_done_and_does_nothing(admin, shop):
    first, second = differing(shop), differing(shop, subject="2", code="TOTAL_DIFFERS")

    answer = admin.post("drift/", do="plan")

    text = shown(answer)
    first.refresh_from_db()
    second.refresh_from_db()
    assert "1 thing would be brought in step. 1 needs a person." in text
    assert "57000001 State differs Bring an order in step" in text
    assert "You have to act." in text
    assert "repair_all" in forms_of(answer)
    assert (first.state, second.state) == ("open", "open")
    assert (Job.objects.count(), AuditEntry.objects.count()) == (0, 0)


def test_all_that_can_be_is_repaired(admin, shop):
    first, second = differing(shop), differing(shop, subject="2", code="TOTAL_DIFFERS")
    accepted = differing(shop, subject="3", state="accepted")

    admin.post("drift/", do="repair_all")

    states = []
    for row in (first, second, accepted):
        row.refresh_from_db()
        states.append(row.state)
    assert states == ["repairing", "open", "accepted"]
    assert Job.objects.filter(kind="order.sync").count() == 1
    assert "One repair is on its way." in shown(admin.get("drift/"))
    assert AuditEntry.objects.get(action="drift.repair").actor == "admin@shop.example"


def test_what_only_a_person_can_cure_is_not_repaired(admin, shop):
    row = differing(shop, code="TOTAL_DIFFERS")

    answer = admin.post("drift/", do="repair", difference=str(row.pk))

    row.refresh_from_db()
    assert answer.status_code == 422
    assert "<code>NOTHING_TO_REPAIR</code>" in answer.content.decode()
    assert "Compare the order in Saleor with TikTok Seller Center" in shown(answer)
    assert (row.state, Job.objects.count()) == ("open", 0)


def test_differences_of_the_books_are_for_whoever_may_see_the_books(saleor, shop):
    order = differing(shop)
    money = differing(shop, area="money", code="REVENUE_DIFFERS", currency="USD", amount=-3)
    clerk = signed_in("orders@shop.example")

    listed = shown(clerk.get("drift/"))
    named = clerk.get("drift/", area="money")
    accepted = clerk.post("drift/", do="accept", difference=str(money.pk), note="Known")
    clerk.post("drift/", do="repair_all")

    assert "All (1) Orders (1) Stock and prices" in listed
    assert "Money of orders" not in listed
    assert "Money of orders (1)" in shown(signed_in("admin@shop.example").get("drift/"))
    assert named.status_code == 403
    assert "<code>DIFFERENCE_UNKNOWN</code>" in accepted.content.decode()
    order.refresh_from_db()
    money.refresh_from_db()
    assert (order.state, money.state) == ("repairing", "open")
