"""The lists of what came in, what was worked and who did what, with their buttons."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from saleor_tiktok_stripe.models import AuditEntry, InboundEvent, Job
from tests.support.factories import make_connection

from .conftest import BASE, signed_in
from .markup import parse, problems
from .test_start import parked

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)


def event(connection, number, **fields):
    values = {
        "provider": "tiktok",
        "connection": connection,
        "event_key": str(number),
        "event_type": "1",
        "subject": f"5766536881352581{number:02}",
        "body": '{"type": 1, "shop_id": "7495540735365777507", "data": {"order_id": "5766"}}',
        "received_at": NOW - timedelta(minutes=number),
        "status": "handed_over",
    }
    return InboundEvent.objects.create(**{**values, **fields})


def rows_of(answer) -> list[str]:
    page = parse(answer.content.decode())
    return [" ".join(one.text.split()) for one in page.all("tr")][1:]


def test_notifications_are_listed_newest_first_and_filtered(admin):
    connection = make_connection()
    event(connection, 1)
    event(connection, 2, status="ignored")

    listed = rows_of(admin.get("activity/", list="events"))
    ignored = rows_of(admin.get("activity/", list="events", state="ignored"))

    assert [one.split()[1] for one in listed] == ["576653688135258101", "576653688135258102"]
    assert [one.split()[1] for one in ignored] == ["576653688135258102"]
    assert "Nothing to do" in ignored[0]


def test_a_page_goes_on_where_the_last_one_ended(admin):
    connection = make_connection()
    for number in range(60):
        event(connection, number, event_key=f"k{number}", subject=f"s{number}")

    first = admin.get("activity/", list="events")
    page = parse(first.content.decode())
    [following] = [one for one in page.all("a") if one.attributes.get("rel") == "next"]
    second = admin.client.get(following.attributes["href"])

    subjects = [one.split()[1] for one in rows_of(first) + rows_of(second)]
    assert subjects == [f"s{number}" for number in range(60)]
    assert "Newest" in second.content.decode()
    assert problems(second.content.decode()) == []


def test_a_place_that_no_page_gave_is_not_there(admin):
    make_connection()

    answer = admin.get("activity/", list="events", after="x")

    assert answer.status_code == 404
    assert "This is no place in the list." in answer.content.decode()


@pytest.mark.parametrize("query", [{"list": "unknown"}, {"state": "x"}, {"after": ""}])
def test_what_the_address_says_cannot_break_the_page(admin, query):
    make_connection()

    assert admin.get("activity/", **query).status_code == 200


def test_a_notification_is_handed_over_again(admin):
    connection = make_connection()
    stored = event(connection, 1)

    answer = admin.post("activity/?list=events", do="replay", event=str(stored.pk))

    stored.refresh_from_db()
    assert answer.status_code == 303
    assert answer["Location"] == BASE + "activity/?list=events"
    assert stored.replays == 1
    assert Job.objects.filter(kind="order.sync", subject="5766").exists()
    entry = AuditEntry.objects.get(action="event.replay")
    assert (entry.actor, entry.connection) == ("admin@shop.example", connection)


@pytest.mark.parametrize("wanted", ["", "x", "999999", "9" * 30, "-1", "²"])
def test_a_notification_that_is_not_kept_is_not_handed_over(admin, wanted):
    make_connection()

    answer = admin.post("activity/?list=events", do="replay", event=wanted)

    assert answer.status_code == 422
    assert "<code>EVENT_UNKNOWN</code>" in answer.content.decode()
    assert not AuditEntry.objects.exists()


def test_another_channels_notification_is_not_handed_over(admin):
    make_connection()
    theirs = event(make_connection("other", shop_id="8"), 1)

    answer = admin.post("activity/?list=events", do="replay", event=str(theirs.pk))

    theirs.refresh_from_db()
    assert answer.status_code == 422
    assert theirs.replays == 0


def test_what_waits_is_listed_by_reason_and_one_by_one(admin):
    connection = make_connection()
    parked(connection, "1")
    parked(connection, "2")

    answer = admin.get("activity/")

    shown = answer.content.decode()
    assert "Bring an order in step: 2" in shown
    assert "Try all again" in shown
    assert len(rows_of(answer)) == 2
    assert "cause of SKU_NOT_LINKED" in rows_of(answer)[0]


def test_one_of_them_is_tried_again(admin):
    connection = make_connection()
    first, second = parked(connection, "1"), parked(connection, "2")

    answer = admin.post("activity/", do="retry_one", job=str(first.pk))

    first.refresh_from_db()
    second.refresh_from_db()
    assert answer.status_code == 303
    assert (first.status, second.status) == ("queued", "parked")
    assert "Bring an order in step: tried again now." in admin.get("activity/").content.decode()


@pytest.mark.parametrize("wanted", ["", "x", "999999", "9" * 30])
def test_a_job_that_is_not_there_is_not_tried_again(admin, wanted):
    make_connection()

    answer = admin.post("activity/", do="retry_one", job=wanted)

    assert answer.status_code == 422
    assert not AuditEntry.objects.exists()


def test_another_channels_job_is_not_tried_again(admin):
    make_connection()
    theirs = parked(make_connection("other", shop_id="8"), "1")

    answer = admin.post("activity/", do="retry_one", job=str(theirs.pk))

    theirs.refresh_from_db()
    assert answer.status_code == 422
    assert theirs.status == "parked"


def test_all_of_one_reason_are_tried_again(admin):
    connection = make_connection()
    first, other = parked(connection, "1"), parked(connection, "2", "CURRENCY")

    admin.post("activity/", do="retry", kind="order.sync", code="SKU_NOT_LINKED")

    first.refresh_from_db()
    other.refresh_from_db()
    assert (first.status, other.status) == ("queued", "parked")


def test_who_did_what_is_listed(admin):
    connection = make_connection()
    AuditEntry.objects.create(
        connection=connection,
        actor="ada@shop.example",
        action="connection.configured",
        data={"changed": "policy"},
    )
    AuditEntry.objects.create(
        connection=make_connection("other", shop_id="8"), actor="x", action="job.retry"
    )

    [row] = rows_of(admin.get("activity/", list="audit"))

    assert row.startswith("Settings changed ada@shop.example changed: policy")


def test_only_who_may_set_up_hands_notifications_over_again(saleor):
    row = event(make_connection(), 1)
    person = signed_in("orders@shop.example")

    listed = person.get("activity/", list="events")
    answer = person.post("activity/", do="replay", event=str(row.pk))

    assert "Hand over again" not in listed.content.decode()
    assert answer.status_code == 403
    assert "<code>MANAGE_PLUGINS</code>" in answer.content.decode()
    row.refresh_from_db()
    assert row.replays == 0
