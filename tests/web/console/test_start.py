"""The start page: health at a glance, and a button for what needs somebody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from saleor_tiktok_stripe.models import AuditEntry, Connection, ConnectionState, Job, OrderLink
from tests.support.factories import make_connection, make_stripe_connection

from .conftest import BASE, signed_in
from .markup import parse, problems

pytestmark = pytest.mark.django_db


def parked(connection: Connection, subject: str, code: str = "SKU_NOT_LINKED") -> Job:
    return Job.objects.create(
        kind="order.sync",
        connection=connection,
        subject=subject,
        dedup_key=f"order.sync:{connection.pk}:{subject}",
        status="parked",
        error_code=code,
        problem={"code": code, "stage": "link", "cause": f"cause of {code}", "cure": "the cure"},
    )


def linked(connection: Connection, number: int, **fields: object) -> OrderLink:
    return OrderLink.objects.create(
        connection=connection,
        order_id=f"5766{number:04}",
        saleor_order_id=f"T3JkZXI6{number}",
        saleor_number=str(number),
        state="AWAITING_SHIPMENT",
        marketplace_updated_at=datetime.now(UTC),
        fingerprint="x",
        **fields,
    )


def test_when_all_is_well_it_says_so(admin):
    make_connection(verified_at=datetime.now(UTC))
    make_stripe_connection(verified_at=datetime.now(UTC))

    shown = admin.get().content.decode()

    assert "Nothing. Everything works." in shown
    assert shown.count('<span class="badge good">Connected</span>') == 2
    assert "Test: no real money moves" in shown
    assert problems(shown) == []


def test_orders_are_counted(admin):
    connection = make_connection()
    for number in range(3):
        linked(connection, number)
    parked(connection, "9")

    page = parse(admin.get().content.decode())

    [figures] = [one for one in page.all("ul") if one.attributes.get("class") == "figures"]
    assert " ".join(figures.text.split()) == (
        "Orders in step 3 Orders on their way 0 Orders that need attention 1"
    )


def test_what_waits_is_told_with_its_cure_and_tried_again_by_its_button(admin):
    connection = make_connection()
    first, second = parked(connection, "1"), parked(connection, "2")
    other = parked(connection, "3", "CURRENCY")

    shown = admin.get().content.decode()
    answer = admin.post(do="retry", kind="order.sync", code="SKU_NOT_LINKED")
    after = admin.get().content.decode()
    again = admin.get().content.decode()

    assert "An order waits: cause of SKU_NOT_LINKED And 1 more for the same reason." in shown
    assert "the cure" in shown
    assert problems(shown) == []
    assert (answer.status_code, answer["Location"]) == (303, BASE)
    assert "2 things are tried again now." in after
    assert "tried again now" not in again
    for job, status in ((first, "queued"), (second, "queued"), (other, "parked")):
        job.refresh_from_db()
        assert job.status == status
    entry = AuditEntry.objects.get(action="job.retry")
    assert (entry.actor, entry.connection) == ("admin@shop.example", connection)
    assert entry.data == {"job_ids": [first.pk, second.pk], "released": 2}


def test_trying_again_what_does_not_wait_any_more_does_nothing(admin):
    make_connection()

    admin.post(do="retry", kind="order.sync", code="SKU_NOT_LINKED")

    assert "Nothing of this waits any more." in admin.get().content.decode()
    assert not AuditEntry.objects.filter(action="job.retry").exists()


def test_another_channels_work_is_not_touched(admin):
    make_connection()
    other = parked(make_connection("other", shop_id="8"), "1")

    shown = admin.get().content.decode()
    admin.post(do="retry", kind="order.sync", code="SKU_NOT_LINKED")

    other.refresh_from_db()
    assert "SKU_NOT_LINKED" not in shown
    assert other.status == "parked"


def test_of_many_alike_the_first_are_shown_and_the_rest_counted(admin):
    connection = make_connection()
    for number in range(7):
        linked(connection, number, ship_by=datetime.now(UTC) + timedelta(hours=number + 10))

    shown = admin.get().content.decode()

    assert shown.count("has to be shipped") == 4
    assert "And 3 more orders to ship" in shown


def test_the_most_urgent_stands_first(admin):
    connection = make_connection(refresh_expires_at=datetime.now(UTC) + timedelta(days=20))
    linked(connection, 1, ship_by=datetime.now(UTC) + timedelta(hours=2))
    parked(connection, "9")

    page = parse(admin.get().content.decode())

    told = [one.text for one in page.all("p") if one.attributes.get("class") == "what"]
    assert "has to be shipped" in told[0]
    assert "An order waits" in told[1]
    assert "The authorization of Test shop ends." in told[2]


def test_a_deadline_that_has_passed_says_so_in_words_and_with_a_sign(admin):
    connection = make_connection()
    linked(connection, 1, ship_by=datetime(2026, 8, 29, 21, 53, tzinfo=UTC))
    linked(connection, 2, ship_by=datetime.now(UTC) + timedelta(hours=3))

    shown = admin.get().content.decode()

    told = [one for one in parse(shown).all("span") if "due" in str(one.attributes.get("class"))]
    assert [one.attributes["class"] for one in told] == ["due over", "due"]
    assert " ".join(told[0].text.split()) == "Was due 29 Aug 2026, 21:53 UTC"
    assert told[1].text.startswith("Until ")
    assert '<span class="due over"><svg class="icon"' in shown
    assert problems(shown) == []


def test_an_authorization_that_ended_leads_to_the_guide(admin):
    make_connection(state=ConnectionState.NEEDS_REAUTH, state_reason="The seller ended it.")

    page = parse(admin.get().content.decode())

    links = {one.text: one.attributes["href"] for one in page.all("a")}
    assert links["Connect again"] == BASE + "guide/"
    assert links["Connect"] == BASE + "guide/"


def test_verifying_tells_how_many_checks_need_a_look(admin, settings):
    settings.TIKTOK_STRIPE_SANDBOX = "1"
    settings.TIKTOK_STRIPE_STRIPE_API_URL = "http://127.0.0.1:9"
    connection = make_stripe_connection()

    answer = admin.post(do="verify", vendor="stripe")
    shown = admin.get().content.decode()

    connection.refresh_from_db()
    assert answer.status_code == 303
    assert connection.verified_at is not None
    assert AuditEntry.objects.get(action="connection.verified").actor == "admin@shop.example"
    assert "checks need a look." in shown
    assert "Stripe did not answer as it should" in shown


def test_who_may_not_change_settings_sees_no_button_for_it(saleor):
    make_connection(
        findings=[
            {
                "code": "CURRENCY_MISMATCH",
                "severity": "error",
                "subject": "",
                "message": "Currencies differ.",
                "cure": "Use another channel.",
            }
        ]
    )
    orders, plugins = signed_in("orders@shop.example"), signed_in("plugins@shop.example")

    without, with_them = orders.get().content.decode(), plugins.get().content.decode()

    assert "Currencies differ." in without
    assert "Currencies differ." in with_them
    assert 'value="verify"' not in without
    assert 'value="verify"' in with_them


def test_a_connection_that_was_switched_off_is_not_counted_as_trouble(admin):
    make_connection(state=ConnectionState.DISABLED, state_reason="Switched off.")
    make_stripe_connection(verified_at=datetime.now(UTC))

    shown = admin.get().content.decode()

    assert "Nothing. Everything works." in shown
    assert "Switched off." not in shown
