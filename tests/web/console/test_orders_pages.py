"""Orders: listed, searched, tried again by cause; one order, what it shows and what can be done."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from saleor_tiktok_stripe.models import (
    AuditEntry,
    Difference,
    Job,
    LedgerEntry,
    MarketplaceRequest,
)
from tests.graphql.rows import START, a_job, a_problem, an_order
from tests.support.factories import make_connection

from .conftest import BASE, signed_in
from .daily import forms_of, queries, rows_of, shown

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(saleor):
    return make_connection()


def parked(shop, number, code="SKU_NOT_LINKED"):
    return a_job(shop, "order.sync", f"{57_000_000 + number}", problem=a_problem(code))


def differing(connection, subject="57000001", **fields):
    values = {
        "connection": connection,
        "area": "order",
        "subject": subject,
        "code": "STATE_DIFFERS",
        "ours": {"state": "unfulfilled"},
        "theirs": {"state": "shipped"},
    }
    return Difference.objects.create(**(values | fields))


def test_orders_are_listed_with_where_they_stand(admin, shop):
    an_order(shop, 1)
    an_order(shop, 2, unallocated={"TEE-1": 2})
    parked(shop, 2)

    answer = admin.get("orders/")

    assert rows_of(answer) == [
        "#2 57000002 Needs attention To be shipped SKU not linked Sold, and not in stock: "
        "2 × TEE-1 1 Nov 2026, 12:02 UTC – 21.50 USD",
        "#1 57000001 In step To be shipped 1 Nov 2026, 12:01 UTC – 21.50 USD",
    ]
    assert "In step (1) On their way (0) Need attention (1)" in shown(answer)


def test_a_list_of_all_orders_only_names_what_they_wait_for(admin, shop):
    for number in range(1, 6):
        parked(shop, number)

    text = shown(admin.get("orders/"))

    assert text.count("SKU not linked") == 5
    assert "Cause of" not in text
    assert "Cure of" not in text


def test_an_order_that_is_tried_again_says_so_and_is_never_without_a_word(admin, shop):
    job = parked(shop, 1)
    type(job).objects.update(started_at=START)
    a_job(shop, "order.sync", "57000002")

    admin.post("orders/57000001/", do="retry")

    again, first = (shown(admin.get(f"orders/{one}/")) for one in ("57000001", "57000002"))
    told = "Nothing is asked of you. What comes of it stands here afterwards."
    assert f"Just now Being checked again {told}" in again
    assert f"Just now On its way {told}" in first
    rows = rows_of(admin.get("orders/", sync="waiting"))
    assert [("Being checked again" in row) for row in rows] == [False, True]


def test_a_shipment_that_is_late_says_so(admin, shop):
    an_order(shop, 1, ship_by=datetime.now(UTC) - timedelta(minutes=5))
    an_order(shop, 2, ship_by=datetime.now(UTC) + timedelta(days=3))

    later, late = rows_of(admin.get("orders/"))

    assert "Overdue" in late
    assert "Overdue" not in later
    assert "Overdue" in shown(admin.get("orders/57000001/"))


def test_orders_are_found_by_number_id_and_state(admin, shop):
    an_order(shop, 1)
    an_order(shop, 2, state="delivered")

    by_number = rows_of(admin.get("orders/", search="#2"))
    by_id = rows_of(admin.get("orders/", search="57000001"))
    by_state = rows_of(admin.get("orders/", state="delivered"))

    assert [len(by_number), len(by_id), len(by_state)] == [1, 1, 1]
    assert by_number == by_state
    assert by_id[0].startswith("#1 ")


def test_what_needs_attention_stands_by_cause_with_its_cure_and_what_would_be_tried(admin, shop):
    parked(shop, 1)
    parked(shop, 2)
    parked(shop, 3, "CURRENCY")

    answer = admin.get("orders/", sync="parked")

    text = shown(answer)
    assert (
        "2 orders: SKU not linked For example: Cause of SKU_NOT_LINKED. Cure of SKU_NOT_LINKED."
    ) in text
    assert "This would try: 57000001, 57000002." in text
    assert "1 order: Currency Cause of CURRENCY. Cure of CURRENCY." in text
    assert rows_of(answer)[0] == (
        "Not in Saleor yet 57000003 Needs attention Cause of CURRENCY. – – – Try again"
    )
    assert forms_of(answer) == {"retry", "retry_all"}


def test_all_of_one_cause_are_tried_again_and_no_others(admin, shop):
    first, second, other = parked(shop, 1), parked(shop, 2), parked(shop, 3, "CURRENCY")
    theirs = parked(make_connection("other", shop_id="8"), 4)

    answer = admin.post(
        "orders/?sync=parked", do="retry_all", kind="order.sync", code="SKU_NOT_LINKED"
    )

    states = dict(Job.objects.values_list("pk", "status"))
    assert answer["Location"] == BASE + "orders/?sync=parked"
    assert (states[first.pk], states[second.pk]) == ("queued", "queued")
    assert (states[other.pk], states[theirs.pk]) == ("parked", "parked")
    assert "2 orders are tried again now." in shown(admin.get("orders/"))
    assert AuditEntry.objects.get(action="job.retry").actor == "admin@shop.example"


@pytest.mark.parametrize(
    "sent", [{}, {"kind": "payment.sync", "code": "X"}, {"kind": "order.sync"}]
)
def test_nothing_is_tried_again_without_a_cause(admin, shop, sent):
    job = parked(shop, 1)

    answer = admin.post("orders/?sync=parked", do="retry_all", **sent)

    job.refresh_from_db()
    assert answer.status_code == 422
    assert "<code>JOB_NOT_FOUND</code>" in answer.content.decode()
    assert (job.status, AuditEntry.objects.count()) == ("parked", 0)


def test_one_order_is_tried_again_from_the_list_and_from_its_page(admin, shop):
    first, second = parked(shop, 1), parked(shop, 2)

    admin.post("orders/?sync=parked", do="retry", job=str(first.pk))
    answer = admin.post("orders/57000002/", do="retry")

    assert answer["Location"] == BASE + "orders/57000002/"
    assert set(Job.objects.values_list("status", flat=True)) == {"queued"}
    assert {first.pk, second.pk} == set(Job.objects.values_list("pk", flat=True))


def test_an_order_of_another_channel_is_neither_shown_nor_tried_again(admin, shop):
    elsewhere = make_connection("other", shop_id="8")
    an_order(elsewhere, 1)
    theirs = parked(elsewhere, 1)

    listed = admin.post("orders/?sync=parked", do="retry", job=str(theirs.pk))
    page = admin.get("orders/57000001/")

    theirs.refresh_from_db()
    assert (listed.status_code, page.status_code, theirs.status) == (422, 404, "parked")


def test_a_page_of_orders_takes_as_many_queries_whatever_is_on_it(admin, shop):
    an_order(shop, 1)
    parked(shop, 1)
    few = [queries(admin, "orders/"), queries(admin, "orders/", sync="parked")]
    for number in range(2, 30):
        an_order(shop, number)
        parked(shop, number)

    assert [queries(admin, "orders/"), queries(admin, "orders/", sync="parked")] == few


def booked(shop, order_id, amount, **fields):
    values = {
        "connection": shop,
        "source_id": f"t1:{amount}",
        "row_id": "t1",
        "kind": "sale",
        "component": "subtotal_before_discount_amount",
        "currency": "USD",
        "amount": Decimal(amount),
        "order_id": order_id,
        "happened_at": START,
    }
    return LedgerEntry.objects.create(**(values | fields))


def test_one_order_shows_its_money_line_by_line(admin, shop):
    an_order(shop, 1)
    booked(shop, "57000001", "20.00")
    booked(shop, "57000001", "-1.20", kind="fee", component="referral_fee_amount")

    text = shown(admin.get("orders/57000001/"))

    assert "Paid by the buyer 21.50 USD" in text
    assert "Sale Subtotal before discount amount – – – 20.00 USD" in text
    assert "Fee Referral fee amount – – – −1.20 USD" in text
    assert "Settled 18.80 USD" in text


def test_money_is_shown_and_refunded_only_with_its_permission(shop):
    an_order(shop, 1)
    booked(shop, "57000001", "20.00")
    person = signed_in("orders@shop.example")

    answer = person.get("orders/57000001/")
    sent = person.post("orders/57000001/", do="refund", key="k", amount="1")

    assert "Subtotal before discount" not in shown(answer)
    assert not {"refund", "check_refund"} & forms_of(answer)
    assert sent.status_code == 403
    assert not MarketplaceRequest.objects.exists()


def test_one_order_shows_what_tiktok_was_asked_and_why_it_refused(admin, shop):
    an_order(shop, 1)
    MarketplaceRequest.objects.create(
        connection=shop, kind="ship", order_id="57000001", subject="f", state="refused",
        problem=a_problem("CARRIER_UNKNOWN"), actor="staff:ada@shop.example",
    )  # fmt: skip

    text = shown(admin.get("orders/57000001/"))

    assert "Ship Refused Cause of CARRIER_UNKNOWN. Cure of CARRIER_UNKNOWN." in text
    assert "ada@shop.example" in text
    assert "staff:" not in text


def test_an_order_is_told_again(admin, shop):
    an_order(shop, 1)

    answer = admin.post("orders/57000001/", do="push")

    assert answer.status_code == 303
    assert Job.objects.get(kind="order.push").subject == "57000001"
    assert AuditEntry.objects.get(action="order.push").actor == "admin@shop.example"


def test_an_order_that_is_not_in_saleor_is_not_told(admin, shop):
    parked(shop, 1)

    answer = admin.post("orders/57000001/", do="push")

    assert answer.status_code == 422
    assert "<code>ORDER_NOT_IMPORTED</code>" in answer.content.decode()
    assert not Job.objects.filter(kind="order.push").exists()


@pytest.mark.parametrize("action", ["retry", "push", "repair", "accept", "check_refund", "refund"])
def test_an_order_that_is_not_known_is_not_there(admin, shop, action):
    token = admin.get("orders/")

    answer = admin.client.post(
        BASE + "orders/57000009/", {"csrf": _token(token), "do": action, "key": "k"}
    )

    assert answer.status_code in (404, 422)
    assert (Job.objects.count(), AuditEntry.objects.count()) == (0, 0)


def _token(answer) -> str:
    from .conftest import token_in

    return token_in(answer)


def test_a_difference_of_an_order_is_repaired(admin, shop):
    an_order(shop, 1)
    row = differing(shop)

    answer = admin.post("orders/57000001/", do="repair", difference=str(row.pk))

    row.refresh_from_db()
    assert answer.status_code == 303
    assert (row.state, row.actor) == ("repairing", "admin@shop.example")
    assert Job.objects.filter(kind="order.sync", subject="57000001").exists()


def test_a_difference_of_an_order_is_accepted_with_a_note(admin, shop):
    an_order(shop, 1)
    row = differing(shop)

    answer = admin.post(
        "orders/57000001/", do="accept", difference=str(row.pk), note="Shipped by hand"
    )

    row.refresh_from_db()
    assert answer.status_code == 303
    assert (row.state, row.note) == ("accepted", "Shipped by hand")


@pytest.mark.parametrize(
    ("sent", "code"),
    [({"note": ""}, "NOTE_REQUIRED"), ({"difference": "x", "note": "n"}, "DIFFERENCE_UNKNOWN"),
     ({"difference": "999999", "note": "n"}, "DIFFERENCE_UNKNOWN")],
)  # fmt: skip
def test_a_difference_is_not_accepted_without_a_note_nor_one_that_is_not_there(
    admin, shop, sent, code
):
    an_order(shop, 1)
    row = differing(shop)

    answer = admin.post(
        "orders/57000001/", do="accept", form=f"accept-{row.pk}",
        **{"difference": str(row.pk), **sent},
    )  # fmt: skip

    row.refresh_from_db()
    assert answer.status_code == 422
    assert f"<code>{code}</code>" in answer.content.decode()
    assert (row.state, AuditEntry.objects.count()) == ("open", 0)
    shown(answer)


def test_a_difference_of_another_channel_is_left_alone(admin, shop):
    an_order(shop, 1)
    theirs = differing(make_connection("other", shop_id="8"))

    for action in ("repair", "accept"):
        admin.post("orders/57000001/", do=action, difference=str(theirs.pk), note="n")

    theirs.refresh_from_db()
    assert (theirs.state, Job.objects.count()) == ("open", 0)
