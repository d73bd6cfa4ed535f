"""Receiving notifications: what is believed, what is stored, what work it leads to."""

from __future__ import annotations

import json
import logging
import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection as database

from saleor_tiktok_stripe import conf, inbox, jobs
from saleor_tiktok_stripe.jobs import clock
from saleor_tiktok_stripe.models import (
    AuditEntry,
    Connection,
    ConnectionState,
    InboundEvent,
    Job,
    Vendor,
)
from tests.inbox.signed import ORDER, body, sign
from tests.support.factories import SHOP_ID, make_connection

pytestmark = pytest.mark.django_db(transaction=True)

CHANNEL = "tiktok-us"


def receive(raw: bytes, signature: str | None = None, channel: str = CHANNEL) -> tuple[int, str]:
    answer = inbox.receive(
        Vendor.TIKTOK, channel, raw, sign(raw) if signature is None else signature
    )
    return answer.status, answer.outcome


def stored() -> tuple[int, int]:
    return InboundEvent.objects.count(), Job.objects.count()


def test_an_order_event_is_stored_and_becomes_a_job():
    connection = make_connection()
    raw = body()

    assert receive(raw) == (200, "handed_over")

    event, job = InboundEvent.objects.get(), Job.objects.get()
    assert (event.provider, event.connection_id, event.event_key) == ("tiktok", connection.pk, "1")
    assert (event.event_type, event.subject) == ("ORDER_STATUS_CHANGE", ORDER)
    assert (event.status, event.body) == ("handed_over", raw.decode())
    assert event.sent_at == datetime(2024, 6, 13, 19, 6, 25, tzinfo=UTC)
    assert (job.kind, job.connection_id, job.subject) == ("order.sync", connection.pk, ORDER)
    assert (job.status, job.payload) == ("queued", {})


def test_the_official_signature_vector_is_accepted():
    make_connection(app_key="abcdef", app_secret="123")
    raw = (
        b'{"type":1,"tts_notification_id":"7380066284010030890","shop_id":"7495540735365777507",'
        b'"timestamp":1718305585,"data":{"is_on_hold_order":true,'
        b'"order_id":"576653688135258178","order_status":"UNPAID","update_time":1718305585}}'
    )

    answer = receive(raw, "5dec0f11ec2f6783b8deee53c9ffbf8d024302f7c7e7fa55a35d17629031ac05")

    assert answer == (200, "handed_over")


def test_storing_and_handing_over_is_one_statement(django_assert_num_queries):
    make_connection()
    receive(body(event_id="first"))
    raw = body(event_id="second")

    with django_assert_num_queries(1):
        assert receive(raw) == (200, "handed_over")


@pytest.mark.parametrize(
    ("type_id", "data", "kind", "subjects"),
    [
        (3, {"order_id": "5"}, "order.sync", ["5"]),
        (
            4,
            {
                "package_list": [
                    {"package_id": "1", "order_id_list": ["7", "6"]},
                    {"package_id": "2", "order_id_list": ["7"]},
                ]
            },
            "order.sync",
            ["6", "7"],
        ),
        (27, {"product_id": "8", "sku_id": "9"}, "stock.push", ["8"]),
        (68, {"product_id": 8, "sku_id": 9}, "stock.push", ["8"]),
        (71, {"product_id": 8, "sku_id": 9}, "stock.push", ["8"]),
        (15, {"product_id": "8"}, "catalog.refresh", ["8"]),
        (5, {"product_id": 1729382476852921560}, "catalog.refresh", ["1729382476852921560"]),
        (6, {"message": "gone"}, "accounts.deauthorized", [""]),
        (7, {"expiration_time": "1767225600"}, "accounts.verify", [""]),
    ],
)
def test_which_type_leads_to_which_job(type_id, data, kind, subjects):
    make_connection()

    assert receive(body(type_id, data)) == (200, "handed_over")

    found = Job.objects.order_by("subject").values_list("kind", "subject")
    assert list(found) == [(kind, subject) for subject in subjects]


@pytest.mark.parametrize(
    ("type_id", "data", "expected"),
    [
        (2, {"order_id": "5", "reverse_order_id": "9"}, [("case.sync", "5"), ("order.sync", "5")]),
        (11, {"order_id": "5", "cancel_id": "9"}, [("case.sync", "5"), ("order.sync", "5")]),
        (12, {"order_id": "5", "return_id": "9"}, [("case.sync", "5"), ("order.sync", "5")]),
        (64, {"aftersales_request_id": "9"}, [("cases.poll", "")]),
        (65, {"rma_id": "9"}, [("cases.poll", "")]),
        (66, {"order_id": "5"}, [("case.sync", "5"), ("order.sync", "5")]),
        (
            67,
            {"rma_id": "9", "line_items": [{"main_order_id": "6"}, {"main_order_id": 5}, None, {}]},
            [("case.sync", "5"), ("case.sync", "6"), ("order.sync", "5"), ("order.sync", "6")],
        ),
        (67, {"rma_id": "9", "line_items": "none"}, [("cases.poll", "")]),
    ],
)
def test_a_case_has_its_order_and_the_case_itself_looked_at(type_id, data, expected):
    make_connection()

    assert receive(body(type_id, data)) == (200, "handed_over")
    assert receive(body(type_id, data)) == (200, "duplicate")

    found = Job.objects.order_by("kind", "subject").values_list("kind", "subject", "generation")
    assert list(found) == [(kind, subject, 0) for kind, subject in expected]


def test_several_kinds_of_jobs_are_still_one_statement(django_assert_num_queries):
    make_connection()
    receive(body(12, event_id="first"))
    raw = body(12, event_id="second")

    with django_assert_num_queries(1):
        assert receive(raw) == (200, "handed_over")


def test_a_replay_asks_for_all_the_work_again():
    make_connection()
    receive(body(12, {"order_id": "5"}))
    Job.objects.all().delete()

    report = inbox.replay([InboundEvent.objects.get().pk], "ada")

    assert (report.replayed, report.ignored) == (1, 0)
    assert set(Job.objects.values_list("kind", "subject")) == {
        ("order.sync", "5"),
        ("case.sync", "5"),
    }


@pytest.mark.parametrize(
    ("raw", "event_type"),
    [
        (body(12, {"order_id": "9" * 65}), "RETURN_STATUS_CHANGE"),
        (body(14, {"message": "hi"}), "NEW_MESSAGE"),
        (body(9999, {"order_id": ORDER}), "TYPE_9999"),
        (body(10**70), f"TYPE_{10**70}"[:64]),
        (body(1, {}), "ORDER_STATUS_CHANGE"),
        (body(1, {"order_id": "9" * 65}), "ORDER_STATUS_CHANGE"),
        (body(4, {"package_list": [None, 3, {"order_id_list": "x"}]}), "PACKAGE_UPDATE"),
        (body(1, shop_id="1"), "ORDER_STATUS_CHANGE"),
        (body(1, shop_id=None), "ORDER_STATUS_CHANGE"),
        (b"[]", "UNREADABLE"),
        (b"", "UNREADABLE"),
        (b"\xff\xfe\x00", "UNREADABLE"),
        (b'{"type":"\\u0000"}', "UNREADABLE"),
        pytest.param(b"[" * 100_000, "UNREADABLE", id="deeply nested"),
    ],
)
def test_what_leads_to_nothing_is_kept_and_answered_well(raw, event_type):
    make_connection()

    assert receive(raw) == (200, "ignored")

    event = InboundEvent.objects.get()
    assert (event.event_type, event.status) == (event_type, "ignored")
    assert not Job.objects.exists()


def test_a_number_as_shop_id_is_the_same_shop():
    make_connection()

    assert receive(body(shop_id=int(SHOP_ID))) == (200, "handed_over")


@pytest.mark.parametrize(
    "signature",
    [
        "",
        " ",
        "0" * 64,
        sign(body())[:-1],
        sign(body()).upper(),
        " " + sign(body()),
        "Bearer " + sign(body()),
        sign(body(), secret="the old secret"),
        sign(body(), key="another app"),
        sign(body() + b" "),
        "ä" * 64,
        "\ud800",
        "\x00" * 64,
    ],
)
def test_a_wrong_signature_is_refused_and_nothing_is_stored(signature):
    make_connection()
    before = inbox.health().answers.get("rejected", 0)

    assert receive(body(), signature) == (401, "rejected")

    assert stored() == (0, 0)
    assert inbox.health().answers["rejected"] == before + 1


def test_no_authorization_header_is_refused():
    make_connection()

    assert inbox.receive(Vendor.TIKTOK, CHANNEL, body(), None).status == 401
    assert stored() == (0, 0)


def test_a_body_written_anew_does_not_fit_its_signature():
    make_connection()
    raw = body()
    rewritten = json.dumps(json.loads(raw)).encode()

    assert receive(rewritten, sign(raw)) == (401, "rejected")
    assert stored() == (0, 0)


def test_no_secret_means_no_signature_fits():
    make_connection(app_secret="")

    assert receive(body(), sign(body(), secret="")) == (401, "rejected")
    assert stored() == (0, 0)


def test_a_body_over_the_cap_is_refused_unread():
    make_connection()
    raw = body(1, {"order_id": ORDER, "padding": "x" * conf.WEBHOOK_BODY_LIMIT})

    assert receive(raw) == (413, "too_large")
    assert stored() == (0, 0)


@pytest.mark.parametrize("state", [ConnectionState.PENDING, ConnectionState.DISABLED])
def test_a_channel_without_a_connected_shop_answers_not_found(state):
    make_connection(state=state)

    assert receive(body()) == (404, "unknown_channel")
    assert receive(body(), channel="nowhere") == (404, "unknown_channel")
    assert stored() == (0, 0)


def test_events_are_kept_while_the_authorization_is_renewed():
    make_connection(state=ConnectionState.NEEDS_REAUTH)

    assert receive(body()) == (200, "handed_over")
    assert Job.objects.get().status == "queued"


def test_an_unreadable_secret_asks_the_vendor_to_try_later(settings):
    make_connection()
    Connection.objects.update()
    with database.cursor() as cursor:
        cursor.execute(
            "UPDATE saleor_tiktok_stripe_connection SET credentials = '00000000:not-a-token'"
        )

    assert receive(body()) == (503, "unreadable_secret")
    assert stored() == (0, 0)


def test_a_second_delivery_changes_nothing():
    make_connection()
    receive(body())
    Job.objects.update(status="done")

    assert receive(body()) == (200, "duplicate")

    assert stored() == (1, 1)
    assert Job.objects.get().status == "done"


def test_without_an_id_the_body_tells_deliveries_apart():
    make_connection()
    raw = body(event_id="")

    assert receive(raw) == (200, "handed_over")
    assert receive(raw) == (200, "duplicate")
    assert receive(body(event_id="", timestamp=1718305586)) == (200, "handed_over")
    assert InboundEvent.objects.count() == 2
    assert Job.objects.get().generation == 1


def test_two_channels_of_one_app_each_take_their_own():
    make_connection()
    other = make_connection("tiktok-gb", shop_id="8888")
    raw = body(shop_id="8888")

    assert receive(raw) == (200, "ignored")
    assert receive(raw, channel="tiktok-gb") == (200, "handed_over")
    assert Job.objects.get().connection_id == other.pk


def test_the_same_event_from_fifty_threads_is_one_row_and_one_job():
    make_connection()
    raw = body()
    barrier = threading.Barrier(50)
    answers: list[tuple[int, str]] = []

    def deliver() -> None:
        barrier.wait(60)
        try:
            answers.append(receive(raw))
        finally:
            database.close()

    threads = [threading.Thread(target=deliver) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert sorted(answers) == [(200, "duplicate")] * 49 + [(200, "handed_over")]
    assert stored() == (1, 1)
    assert Job.objects.get().generation == 0


def test_events_of_one_order_in_any_order_become_one_job():
    make_connection()

    for number in (3, 1, 2):
        raw = body(event_id=str(number), timestamp=1718305585 + number)
        assert receive(raw) == (200, "handed_over")

    assert stored() == (3, 1)
    assert Job.objects.get().generation == 2


def test_a_new_secret_counts_at_once_and_the_old_one_not_for_long():
    connection = make_connection()
    receive(body(event_id="1"))
    connection.credentials |= {"app_secret": "the new secret"}
    connection.save()

    with clock.turned(2):
        raw = body(event_id="2")
        assert receive(raw, sign(raw, secret="the new secret")) == (200, "handed_over")
        assert receive(body(event_id="3")) == (401, "rejected")


def test_a_flood_of_wrong_signatures_reads_the_secret_once_a_second(
    django_assert_max_num_queries,
):
    make_connection()
    receive(body())

    with django_assert_max_num_queries(2):
        for _ in range(100):
            assert receive(body(), "0" * 64) == (401, "rejected")


def test_a_disconnected_channel_is_closed_within_seconds():
    make_connection()
    receive(body())
    Connection.objects.update(state=ConnectionState.DISABLED)

    with clock.turned(6):
        assert receive(body(event_id="2")) == (404, "unknown_channel")


def test_one_line_per_event_with_ids_and_nothing_secret(caplog):
    make_connection()
    raw = body(1, {"order_id": ORDER, "note": "canary-buyer-data"})

    with caplog.at_level(logging.DEBUG, "saleor_tiktok_stripe.inbox"):
        receive(raw)
        receive(raw, "canary-signature")

    said = [one for one in caplog.records if one.thread == threading.get_ident()]
    taken, refused = [one.getMessage() for one in said]
    levels = [one.levelname for one in said]
    assert levels == ["INFO", "DEBUG"]  # anyone can send what is refused
    assert taken.startswith(
        f"event vendor=tiktok channel={CHANNEL} id=1 type=ORDER_STATUS_CHANGE subject={ORDER} "
        "outcome=handed_over ms="
    )
    nothing = f"event vendor=tiktok channel={CHANNEL} id= type= subject= outcome=rejected ms="
    assert refused.startswith(nothing)
    assert "canary" not in taken + refused


def test_the_stored_body_is_not_readable_in_the_database():
    make_connection()
    receive(body(1, {"order_id": ORDER, "note": "canary-buyer-data"}))

    with database.cursor() as cursor:
        cursor.execute("SELECT row_to_json(e)::text FROM saleor_tiktok_stripe_inboundevent e")
        [(row,)] = cursor.fetchall()

    assert "canary" not in row
    assert "canary-buyer-data" in InboundEvent.objects.get().body


def test_replay_hands_over_again_and_is_audited():
    connection = make_connection()
    receive(body(event_id="1"))
    receive(body(14, {}, event_id="2"))
    Job.objects.all().delete()
    ids = list(InboundEvent.objects.values_list("pk", flat=True))

    report = inbox.replay(ids, "ana@example.com")

    assert (report.replayed, report.ignored) == (1, 1)
    job = Job.objects.get()
    assert (job.kind, job.connection_id, job.subject) == ("order.sync", connection.pk, ORDER)
    assert InboundEvent.objects.get(event_key="1").replays == 1
    assert InboundEvent.objects.get(event_key="2").replays == 0
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action) == ("ana@example.com", "event.replay")


def test_replay_since_a_moment_takes_only_that_connection_and_type():
    connection = make_connection()
    other = make_connection("tiktok-gb", shop_id="8888")
    receive(body(event_id="1"))
    receive(body(11, {"order_id": "5"}, event_id="2"))
    receive(body(event_id="3", shop_id="8888"), channel="tiktok-gb")
    Job.objects.all().delete()
    start = clock.now() - timedelta(minutes=1)

    report = inbox.replay_since(connection, start, "ana", "CANCELLATION_STATUS_CHANGE")
    later = inbox.replay_since(other, clock.now() + timedelta(minutes=1), "ana")

    assert (report.replayed, later.replayed) == (1, 0)
    assert list(Job.objects.order_by("kind").values_list("kind", "subject")) == [
        ("case.sync", "5"),
        ("order.sync", "5"),
    ]


def test_old_events_and_done_jobs_go_and_open_jobs_stay():
    from saleor_tiktok_stripe.jobs import schedule

    make_connection()
    receive(body(event_id="1"))
    receive(body(3, {"order_id": "5"}, event_id="2"))
    Job.objects.filter(subject="5").update(status="done", finished_at=clock.now())

    assert schedule.housekeep() == 0
    with clock.turned(31 * 86400):
        assert schedule.housekeep() == 3

    assert stored() == (0, 1)
    assert Job.objects.get().status == "queued"


def test_health_tells_when_a_shop_was_last_heard_and_how_long_events_wait():
    connection = make_connection()
    silent = make_connection("tiktok-gb", shop_id="8888")
    jobs.register("order.sync", lambda _connection, _jobs: {}, batch=50)
    receive(body())

    with clock.turned(40):
        heard, quiet = inbox.health().channels

    assert (heard.connection_id, quiet.connection_id) == (connection.pk, silent.pk)
    assert heard.last_received_at == InboundEvent.objects.get().received_at
    assert 40 <= heard.waiting_seconds < 50
    assert (quiet.last_received_at, quiet.waiting_seconds) == (None, 0.0)
