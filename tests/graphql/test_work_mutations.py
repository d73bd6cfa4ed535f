"""Jobs, notifications and notices, through the API."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from saleor_tiktok_stripe.graphql.core.ids import global_id
from saleor_tiktok_stripe.jobs import kinds
from saleor_tiktok_stripe.models import (
    AuditEntry,
    Connection,
    EventStatus,
    InboundEvent,
    Job,
    NoticeSettings,
)
from tests.support.factories import make_connection, make_stripe_connection
from tests.support.stored import everything

from .operations import OTHER_CHANNEL, done, refused
from .rows import a_job, a_problem

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def connection() -> Connection:
    kinds.register_all()
    return make_connection()


def job_name(job: Job) -> str:
    return global_id("TiktokStripeJob", job.pk)


def test_one_job_is_run_again(connection: Connection):
    job = a_job(connection, "order.sync", "57", problem=a_problem())
    before = everything()

    assert refused("tiktokStripeJobRetry", in_channel=OTHER_CHANNEL, id=job_name(job)) == [
        ("JOB_NOT_FOUND", "id")
    ]
    assert refused("tiktokStripeJobRetry", id="x") == [("ID_UNKNOWN", "id")]
    assert refused("tiktokStripeJobRetry", id=global_id("TiktokStripeJob", "9" * 30)) == [
        ("ID_UNKNOWN", "id")
    ]
    assert everything() == before
    shown = done("tiktokStripeJobRetry", id=job_name(job))["job"]

    assert (shown["status"], shown["problem"], shown["subject"]) == ("QUEUED", None, "57")
    assert AuditEntry.objects.get().actor == "admin@example.com"


def test_a_job_that_is_done_is_not_run_again(connection: Connection):
    job = a_job(connection, "order.sync", "57")
    Job.objects.filter(pk=job.pk).update(status="done")

    assert refused("tiktokStripeJobRetry", id=job_name(job)) == [("JOB_NOT_WAITING", "id")]


def test_many_jobs_are_run_again_by_kind_and_problem_after_a_look(connection: Connection):
    other = make_connection(OTHER_CHANNEL, shop_id="1")
    for number in range(3):
        a_job(connection, "order.sync", str(number), problem=a_problem())
    a_job(connection, "order.sync", "9", problem=a_problem("TOTALS_DIFFER"))
    a_job(connection, "order.push", "9", problem=a_problem())
    a_job(other, "order.sync", "1", problem=a_problem())
    before = everything()
    asked = {"kinds": ["order.sync"], "codes": ["SKU_NOT_LINKED"]}

    dry = done("tiktokStripeJobsRetry", dryRun=True, **asked)
    assert everything() == before
    real = done("tiktokStripeJobsRetry", **asked)

    assert dry == real
    assert (real["count"], real["groups"][0]["subjects"]) == (3, ["0", "1", "2"])
    assert real["groups"][0]["cause"] == "Cause of SKU_NOT_LINKED."
    assert Job.objects.filter(status="queued").count() == 3
    assert Job.objects.get(connection=other).status == "parked"
    assert done("tiktokStripeJobsRetry", **asked) == {"groups": [], "count": 0}


def an_event(connection: Connection, key: str) -> InboundEvent:
    body = {"type": 1, "shop_id": connection.account_id, "data": {"order_id": "5701"}}
    return InboundEvent.objects.create(
        provider="tiktok",
        connection=connection,
        event_key=key,
        event_type="ORDER_STATUS_CHANGE",
        subject="5701",
        body=json.dumps(body),
        status=EventStatus.HANDED_OVER,
    )


def test_notifications_are_handed_over_once_more(connection: Connection):
    event = an_event(connection, "1")
    an_event(connection, "2")
    name = global_id("TiktokStripeEvent", event.pk)
    since = (timezone.now() - timedelta(hours=1)).isoformat()
    before = everything()

    assert refused("tiktokStripeEventReplay", in_channel=OTHER_CHANNEL, id=name) == [
        ("ID_NOT_FOUND", "id")
    ]
    assert refused("tiktokStripeEventsReplay", in_channel=OTHER_CHANNEL, since=since) == [
        ("NOT_CONFIGURED", None)
    ]
    assert everything() == before
    one = done("tiktokStripeEventReplay", id=name)
    both = done("tiktokStripeEventsReplay", since=since)

    assert (one, both) == ({"replayed": 1, "ignored": 0}, {"replayed": 2, "ignored": 0})
    assert Job.objects.filter(kind="order.sync", subject="5701").count() == 1
    event.refresh_from_db()
    assert event.replays == 2
    assert refused("tiktokStripeEventsReplay", since="2026-11-01T00:00:00") == [
        ("TIME_ZONE_REQUIRED", "since")
    ]


def test_notices_are_set_up_and_the_secret_is_shown_once(connection: Connection, settings):
    settings.TIKTOK_STRIPE_SANDBOX = "1"
    given = {
        "recipients": ["ada@example.com"],
        "kinds": [{"kind": "CASES", "mode": "AT_ONCE"}, {"kind": "DRIFT", "mode": "OFF"}],
        "webhookUrl": "http://127.0.0.1:9/hook",
        "timeZone": "Europe/London",
    }

    first = done("tiktokStripeNoticesUpdate", input=given)
    second = done("tiktokStripeNoticesUpdate", input={"digestHour": 7})
    rotated = done("tiktokStripeNoticesSecretRotate")["secret"]

    policy = second["policy"]
    assert first["secret"].startswith("whsec_")
    assert (second["secret"], rotated.startswith("whsec_")) == (None, True)
    assert rotated != first["secret"]
    assert (policy["recipients"], policy["digestHour"], policy["timeZone"]) == (
        ["ada@example.com"],
        7,
        "Europe/London",
    )
    modes = {one["kind"]: one["mode"] for one in policy["kinds"]}
    assert (modes["CASES"], modes["DRIFT"], modes["STOCK"]) == ("AT_ONCE", "OFF", "URGENT")
    [result] = [
        one for one in done("tiktokStripeNoticesTest")["results"] if one["means"] == "webhook"
    ]
    assert (result["taken"], result["target"]) == (False, "")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"recipients": ["nobody"]}, "recipients"),
        ({"digestHour": 24}, "digestHour"),
        ({"timeZone": "Mars"}, "timeZone"),
        ({"webhookUrl": "http://example.com"}, "webhookUrl"),
    ],
)
def test_notices_that_cannot_be_are_refused(connection: Connection, given, field: str):
    before = everything()

    assert refused("tiktokStripeNoticesUpdate", input=given) == [("POLICY_INVALID", field)]
    assert not NoticeSettings.objects.exclude(policy={}).exists()
    assert everything()["AuditEntry"] == before["AuditEntry"]


def test_there_is_nothing_to_test_or_rotate_before_it_is_set_up(connection: Connection):
    make_stripe_connection()

    assert refused("tiktokStripeNoticesTest") == [("NOTICES_NOWHERE", None)]
    assert refused("tiktokStripeNoticesSecretRotate") == [("NOTICES_NO_WEBHOOK", "webhookUrl")]
    assert refused("tiktokStripeNoticesUpdate", in_channel=OTHER_CHANNEL, input={}) == [
        ("NOT_CONFIGURED", None)
    ]
