"""The wake-up: one message for many requests, never the last one lost, never in the way."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest
from celery import Celery
from django.db import transaction

from saleor_tiktok_stripe import jobs
from saleor_tiktok_stripe.jobs import tasks, wake
from saleor_tiktok_stripe.jobs.wake import Waker
from saleor_tiktok_stripe.models import Job, Vendor
from tests.support.factories import make_connection


class Broker:
    """Takes messages; can be slow or down."""

    def __init__(self, *, failures: int = 0) -> None:
        self.messages: list[float] = []
        self.failures = failures
        self.open = threading.Event()
        self.open.set()
        self.reached = threading.Event()

    def publish(self, seconds: float) -> None:
        self.reached.set()
        self.open.wait(30)
        if self.failures:
            self.failures -= 1
            raise ConnectionError("broker is down")
        self.messages.append(seconds)


def test_many_requests_become_few_messages():
    broker = Broker()
    waker = Waker(broker.publish, gap=1.0)

    for _ in range(1000):
        waker.wake()

    assert waker.flush(60)
    assert 1 <= len(broker.messages) <= 3


def test_a_request_made_while_a_message_is_sent_gets_its_own():
    broker = Broker()
    waker = Waker(broker.publish, gap=0)
    broker.open.clear()
    waker.wake()
    assert broker.reached.wait(60)

    waker.wake()
    broker.open.set()

    assert waker.flush(60)
    assert broker.messages == [0.0, 0.0]


def test_a_broker_that_hangs_holds_nobody_up():
    broker = Broker()
    broker.open.clear()
    waker = Waker(broker.publish)

    started = time.monotonic()
    for _ in range(100):
        waker.wake()

    assert time.monotonic() - started < 10  # and the broker hangs for 30
    assert not waker.flush(0.05)
    broker.open.set()


def test_a_wake_up_that_failed_is_sent_once_the_broker_is_back():
    broker = Broker(failures=1)
    waker = Waker(broker.publish, gap=0)

    waker.wake()

    deadline = time.monotonic() + 60
    while not broker.messages and time.monotonic() < deadline:
        broker.reached.clear()
        broker.reached.wait(0.1)
    assert broker.messages == [0.0]


def test_one_later_wake_up_covers_those_after_it():
    broker = Broker()
    waker = Waker(broker.publish, gap=0)

    for seconds in (20, 30, 40):
        waker.wake(seconds)
        assert waker.flush(60)
    waker.wake(5)
    assert waker.flush(60)

    assert broker.messages == [pytest.approx(17, abs=3), pytest.approx(3, abs=2)]


@pytest.fixture(params=["refuses", "never answers"])
def dead_broker(request) -> Iterator[str]:
    """URL of a Redis that is none."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        if request.param == "never answers":
            listener.listen(5)
        yield f"redis://127.0.0.1:{listener.getsockname()[1]}/0"
        # Its thread goes on trying; the next test's app has no broker and would run the task.
        wake._waker._publish = lambda seconds: None
    # And what it says of the broker is none of the next test's log lines.
    assert wake._waker.flush(60)


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_down_at_commit_neither_fails_the_request_nor_loses_the_row(
    monkeypatch, dead_broker
):
    connection = make_connection()
    jobs.register("order.sync", lambda _connection, _jobs: {})
    monkeypatch.setattr(tasks, "_app", Celery("dead", broker=dead_broker, set_as_current=False))
    monkeypatch.setattr(wake, "_waker", None)
    assert tasks.has_broker()

    started = time.monotonic()
    with transaction.atomic():
        jobs.enqueue("order.sync", connection, "A")
    seconds = time.monotonic() - started

    assert not wake._waker.flush(0.05)
    assert seconds < 10
    assert Job.objects.get().status == "queued"
    assert jobs.work().done == 1


@pytest.mark.django_db(transaction=True)
def test_without_a_broker_nothing_runs_in_the_request_and_nothing_is_sent(monkeypatch):
    connection = make_connection()
    ran: list[int] = []
    jobs.register("order.sync", lambda _connection, claimed: ran.append(len(claimed)) or {})
    monkeypatch.setattr(wake, "_waker", None)
    assert not tasks.has_broker()

    jobs.enqueue("order.sync", connection, "A")

    assert ran == []
    assert wake._waker is None
    assert wake.flush()


@pytest.mark.django_db(transaction=True)
def test_a_request_that_is_rolled_back_wakes_nobody(monkeypatch):
    connection = make_connection()
    woken: list[float] = []
    monkeypatch.setattr("saleor_tiktok_stripe.jobs.queue.wake", woken.append)

    with transaction.atomic():
        jobs.enqueue("order.sync", connection, "A")
        transaction.set_rollback(True)
    assert woken == []
    jobs.enqueue("order.sync", connection, "A")

    assert woken == [0.0]


@pytest.mark.django_db(transaction=True)
def test_the_worker_for_hosts_without_a_broker_works_until_told_to_stop():
    connection = make_connection()
    stop = threading.Event()
    ran: list[str] = []

    def run(_connection, claimed):
        ran.extend(job.subject for job in claimed)
        stop.set()
        return {}

    jobs.register("order.sync", run)
    jobs.enqueue("order.sync", connection, "A")

    jobs.run_forever(stop, idle_seconds=0.01, periodic=False)

    assert ran == ["A"]


@pytest.mark.django_db(transaction=True)
def test_polling_asks_once_per_active_connection():
    from saleor_tiktok_stripe.jobs import schedule

    active = make_connection("one")
    make_connection("two", state="needs_reauth", shop_id="2")
    kinds, often = dict(schedule._periodic), dict(schedule._often)
    schedule.register_periodic({Vendor.TIKTOK: ["orders.poll", "accounts.refresh"]})
    try:
        assert (schedule.poll(), schedule.poll(), schedule.look()) == (1, 1, 0)
    finally:
        schedule.register_periodic(kinds, often)

    found = Job.objects.order_by("kind").values_list("kind", "connection_id", "generation")
    assert list(found) == [("accounts.refresh", active.pk, 1), ("orders.poll", active.pk, 1)]


@pytest.mark.django_db(transaction=True)
def test_looking_asks_once_per_active_shop_and_polls_nothing():
    from saleor_tiktok_stripe.jobs import schedule

    active = make_connection("one")
    make_connection("two", state="needs_reauth", shop_id="2")
    kinds, often = dict(schedule._periodic), dict(schedule._often)
    schedule.register_periodic({Vendor.TIKTOK: ["orders.poll"]}, {Vendor.TIKTOK: ["stock.push"]})
    try:
        assert (schedule.look(), schedule.look()) == (1, 1)
    finally:
        schedule.register_periodic(kinds, often)

    found = Job.objects.values_list("kind", "connection_id", "generation")
    assert list(found) == [("stock.push", active.pk, 1)]


def test_beat_entries_name_our_tasks_and_expire():
    entries = tasks.beat_schedule()

    assert {entry["task"] for entry in entries.values()} == {
        "tiktok_stripe.sweep",
        "tiktok_stripe.poll",
        "tiktok_stripe.look",
        "tiktok_stripe.housekeep",
    }
    for entry in entries.values():
        assert entry["options"]["expires"] == entry["schedule"].total_seconds()


@pytest.mark.parametrize("name", ["wake", "sweep", "poll", "look", "housekeep"])
def test_tasks_survive_their_worker_and_end_in_time(name):
    task = tasks._app.tasks[f"tiktok_stripe.{name}"]

    assert task.acks_late
    assert task.reject_on_worker_lost
    assert task.ignore_result
    assert task.soft_time_limit < task.time_limit <= 300
