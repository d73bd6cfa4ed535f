"""The books: payouts and what they are made of, statements, amounts, differences, files to save."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient

from saleor_tiktok_stripe.models import (
    AuditEntry,
    Difference,
    Job,
    LedgerEntry,
    Payout,
    Statement,
)
from tests.support.factories import make_connection, make_stripe_connection

from .conftest import BASE, PASSWORD, signed_in
from .daily import queries, rows_of, shown

START = datetime(2026, 11, 3, 12, tzinfo=UTC)


@pytest.fixture
def shop(saleor, db):
    return make_connection()


def a_payout(connection, number, **fields):
    values = {
        "connection": connection,
        "payout_id": f"po_{number}",
        "kind": "PAYMENT",
        "state": "paid",
        "currency": "USD",
        "amount": Decimal("18.80"),
        "settled_currency": "USD",
        "made_at": START + timedelta(days=number),
        "entries_complete": True,
    }
    return Payout.objects.create(**(values | fields))


def an_entry(connection, number, amount="20.00", **fields):
    values = {
        "connection": connection,
        "source_id": f"t{number}:{amount}",
        "row_id": f"t{number}",
        "kind": "sale",
        "component": "subtotal_before_discount_amount",
        "currency": "USD",
        "amount": Decimal(amount),
        "order_id": f"{57_000_000 + number}",
        "happened_at": START + timedelta(days=number),
    }
    return LedgerEntry.objects.create(**(values | fields))


def differing(connection, **fields):
    values = {
        "connection": connection,
        "area": "money",
        "subject": "57000001",
        "code": "SETTLED_NOT_IMPORTED",
        "currency": "USD",
        "amount": Decimal("3.50"),
    }
    return Difference.objects.create(**(values | fields))


@pytest.mark.django_db
def test_payouts_of_each_vendor_are_listed(admin, shop):
    account = make_stripe_connection()
    a_payout(shop, 1)
    a_payout(account, 2, state="failed")

    theirs = rows_of(admin.get("money/"))
    stripes = rows_of(admin.get("money/", vendor="stripe"))

    assert theirs == ["po_1 Payment Paid 4 Nov 2026, 12:00 UTC – 18.80 USD"]
    assert stripes == ["po_2 Payment Failed 5 Nov 2026, 12:00 UTC – 18.80 USD"]


@pytest.mark.django_db
def test_a_payout_is_traced_to_its_orders_and_what_belongs_to_none(admin, shop):
    payout = a_payout(shop, 1)
    an_entry(shop, 1, payout=payout)
    an_entry(shop, 1, "-1.00", kind="fee", component="referral_fee_amount", payout=payout)
    an_entry(shop, 2, "-0.20", kind="adjustment", component="PENALTY", order_id="", payout=payout)

    text = shown(admin.get("money/payouts/po_1/"))

    assert "They come to 18.80 USD" in text
    assert "57000001 Sale 20.00 USD Fee −1.00 USD 19.00 USD" in text
    assert "PENALTY −0.20 USD" in text


@pytest.mark.django_db
def test_a_payout_of_another_channel_is_not_there(admin, shop):
    a_payout(make_connection("other", shop_id="8"), 1)

    assert admin.get("money/payouts/po_1/").status_code == 404


@pytest.mark.django_db
def test_statements_are_listed(admin, shop):
    Statement.objects.create(
        connection=shop, statement_id="s1", at=START, currency="USD", settlement=Decimal("18.80"),
        revenue=20, fee=Decimal("-1.20"), shipping=0, adjustment=0, payment_status="PAID",
        payout=a_payout(shop, 1),
    )  # fmt: skip

    assert rows_of(admin.get("money/", list="statements")) == [
        "3 Nov 2026 s1 Paid po_1 20.00 USD −1.20 USD 18.80 USD"
    ]


@pytest.mark.django_db
def test_amounts_are_filtered_by_what_they_are_order_and_days(admin, shop):
    an_entry(shop, 1)
    an_entry(shop, 2, "-1.00", kind="fee", component="referral_fee_amount", expected=True)

    every = rows_of(admin.get("money/", list="entries"))
    fees = rows_of(admin.get("money/", list="entries", kind="fee"))
    by_order = rows_of(admin.get("money/", list="entries", order="57000001"))
    by_day = rows_of(admin.get("money/", list="entries", since="2026-11-04", until="2026-11-04"))

    assert len(every) == 2
    assert fees == ["Fee Referral fee amount 57000002 Estimate 5 Nov 2026, 12:00 UTC – −1.00 USD"]
    assert by_order == by_day
    assert by_day[0].startswith("Sale ")


@pytest.mark.django_db
@pytest.mark.parametrize("day", ["x", "2026-13-01", "9999-12-31T", "²"])
def test_a_day_that_is_none_is_said_so(admin, shop, day):
    answer = admin.get("money/", list="entries", until=day)

    assert answer.status_code == 404
    assert "This is no day. Write it like 2026-11-23." in shown(answer)


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["payouts", "statements", "entries", "differences"])
def test_each_list_takes_as_many_queries_whatever_is_on_it(admin, shop, name):
    def add(number):
        payout = a_payout(shop, number)
        an_entry(shop, number, payout=payout)
        differing(shop, subject=f"{number}")
        Statement.objects.create(
            connection=shop, statement_id=f"s{number}", at=START, currency="USD", settlement=1,
            revenue=1, fee=0, shipping=0, adjustment=0, payment_status="PAID", payout=payout,
        )  # fmt: skip

    add(1)
    few = queries(admin, "money/", list=name)
    for number in range(2, 25):
        add(number)

    assert queries(admin, "money/", list=name) == few


@pytest.mark.django_db
def test_the_books_are_saved_as_a_file_that_is_sent_while_it_is_read(admin, shop):
    for number in range(1, 4):
        an_entry(shop, number, order_id="=1+1")

    answer = admin.get("money/files/entries/", since="2026-11-05")

    rows = list(csv.reader(answer.getvalue().decode().splitlines()))
    assert answer.streaming
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="tiktok-entries.csv"'
    assert answer["Cache-Control"] == "no-store"
    assert rows[0][:3] == ["date", "order", "saleor_order"]
    assert [row[1] for row in rows[1:]] == ["'=1+1", "'=1+1"]


@pytest.mark.django_db(transaction=True)
def test_an_asynchronous_server_sends_it_in_turn(shop_and_admin):
    client = AsyncClient()
    client.cookies = shop_and_admin.client.cookies

    async def asked() -> list[bytes]:
        answer = await client.get(BASE + "money/files/entries/")
        assert answer.is_async
        return [block async for block in answer.streaming_content]

    blocks = async_to_sync(asked)()

    assert len(blocks) == 2
    assert b"".join(blocks).count(b"\r\n") == 601


@pytest.fixture
def shop_and_admin(transactional_db, saleor):
    connection = make_connection()
    for number in range(600):
        an_entry(connection, number)
    return signed_in("admin@shop.example")


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["money/files/secrets/", "money/files/entries/?vendor=stripe"])
def test_another_file_is_not_there(admin, shop, path):
    assert admin.get(path).status_code == 404


@pytest.mark.django_db
def test_who_handles_no_payments_gets_no_file(shop):
    an_entry(shop, 1)

    answer = signed_in("orders@shop.example").get("money/files/entries/")

    assert answer.status_code == 403
    assert b"57000001" not in answer.content


@pytest.mark.django_db
def test_open_differences_are_listed_and_accepted_with_a_note(admin, shop):
    row = differing(shop)

    [listed] = rows_of(admin.get("money/", list="differences"))
    admin.post("money/?list=differences", do="accept", difference=str(row.pk), note="Known")

    row.refresh_from_db()
    assert "The difference is 3.50 USD." in listed
    assert (row.state, row.note, row.actor) == ("accepted", "Known", "admin@shop.example")
    assert rows_of(admin.get("money/", list="differences")) == []


@pytest.mark.django_db
def test_a_difference_is_not_accepted_without_a_note(admin, shop):
    row = differing(shop)

    answer = admin.post("money/?list=differences", do="accept", difference=str(row.pk))

    row.refresh_from_db()
    assert answer.status_code == 422
    assert (row.state, AuditEntry.objects.count()) == ("open", 0)


@pytest.mark.django_db
@pytest.mark.parametrize("action", ["repair", "accept"])
def test_who_handles_payments_only_acts_on_no_other_differences(saleor, shop, action):
    saleor.add_staff("money@shop.example", ("HANDLE_PAYMENTS",), password=PASSWORD)
    row = differing(shop, area="order", code="STATE_DIFFERS", currency="", amount=None)

    answer = signed_in("money@shop.example").post(
        "money/?list=differences", do=action, difference=str(row.pk), note="Known"
    )

    row.refresh_from_db()
    assert answer.status_code == 422
    assert "<code>DIFFERENCE_UNKNOWN</code>" in answer.content.decode()
    assert row.state == "open"
    assert not Job.objects.exists()
    assert not AuditEntry.objects.exists()
