"""Many at once on real Postgres: sweepers, events during a run, links made while a job parks."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable

import pytest
from django.db import connection as database
from django.db import transaction

from saleor_tiktok_stripe import jobs
from saleor_tiktok_stripe.errors import Problem
from saleor_tiktok_stripe.jobs import Done, Park, clock, leases, registry, worker
from saleor_tiktok_stripe.models import Job, JobStatus, SyncCursor
from tests.support.factories import make_connection

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def clean_registry():
    kinds = dict(registry._kinds)
    registry._kinds.clear()
    worker._turns.__init__()
    yield
    registry._kinds.clear()
    registry._kinds.update(kinds)


def together(*targets: Callable[[], object]) -> list[object]:
    """Run all at once, each on a connection of its own; their answers."""
    barrier = threading.Barrier(len(targets))
    answers: list[object] = [None] * len(targets)
    failures: list[BaseException] = []

    def run(place: int) -> None:
        try:
            barrier.wait(60)
            answers[place] = targets[place]()
        except BaseException as error:  # noqa: BLE001  (told below)
            failures.append(error)
        finally:
            database.close()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(targets))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    return answers


def test_sweepers_at_once_free_each_job_once():
    connection = make_connection()
    jobs.register("order.sync", lambda _connection, _jobs: {}, batch=200)
    jobs.enqueue_many("order.sync", connection, [str(number) for number in range(200)])
    [head] = leases.heads()
    assert len(leases.claim(head, registry.kind("order.sync"), 200)) == 200

    with clock.turned(331):
        reports = together(*[jobs.sweep] * 6)

    assert sum(report.freed for report in reports) == 200
    assert set(Job.objects.values_list("status", "failures", "lease_owner")) == {("queued", 1, "")}


def test_workers_at_once_run_each_job_once():
    connection = make_connection()
    ran: list[str] = []

    def run(_connection, claimed):
        ran.extend(job.subject for job in claimed)
        return {}

    subjects = [f"{number:03}" for number in range(300)]
    jobs.register("order.sync", run, batch=7)
    jobs.enqueue_many("order.sync", connection, subjects)

    reports = together(*[jobs.work] * 6)

    assert sorted(ran) == subjects
    assert sum(report.done for report in reports) == 300


def test_what_changed_with_an_event_is_always_seen_by_a_later_run():
    """Each event raises a number in its own transaction; whatever the timing, the last run must
    have seen the highest."""
    connection = make_connection()
    cursor = SyncCursor.objects.create(connection=connection, resource="x")
    seen: list[int] = []
    stop = threading.Event()

    def read(_connection, _jobs):
        seen.append(SyncCursor.objects.get().seen)
        return {}

    def event() -> None:
        for _ in range(50):
            with transaction.atomic():
                SyncCursor.objects.filter(pk=cursor.pk).update(seen=_next())
                jobs.enqueue("order.sync", connection, "A")

    numbers = iter(range(1, 1000))
    lock = threading.Lock()

    def _next() -> int:
        with lock:
            return next(numbers)

    def work() -> None:
        while not stop.is_set():
            jobs.work()
        jobs.work()

    def events_then_stop() -> None:
        event()
        stop.set()

    jobs.register("order.sync", read)
    together(events_then_stop, event, work, work)
    jobs.work()

    assert seen[-1] == SyncCursor.objects.get().seen
    assert not Job.objects.exclude(status=JobStatus.DONE).exists()


def test_a_link_made_while_jobs_park_leaves_none_behind():
    connection = make_connection()
    linked: set[str] = set()
    problems = {
        key: Problem("SKU_UNLINKED", "link", "Not linked.", "Link it.", waits_for=(key,))
        for key in (f"sku:{number}" for number in range(20))
    }

    def run(_connection, claimed):
        return {
            job.id: Done() if job.subject in linked else Park(problems[job.subject])
            for job in claimed
        }

    def link() -> None:
        for key in problems:
            with transaction.atomic():
                linked.add(key)
                jobs.release_waiting(connection, [key])

    jobs.register("order.sync", run, batch=5)
    jobs.enqueue_many("order.sync", connection, list(problems))
    together(jobs.work, link, jobs.work, jobs.work)
    jobs.work()

    assert set(Job.objects.values_list("status", flat=True)) == {"done"}


def test_writers_in_any_order_never_lock_each_other_out():
    connection = make_connection()
    subjects = [f"{number:03}" for number in range(100)]
    jobs.register("order.sync", lambda _connection, _jobs: {}, batch=20)

    def ask(seed: int) -> Callable[[], None]:
        def run() -> None:
            shuffled = subjects.copy()
            for _ in range(10):
                random.Random(seed).shuffle(shuffled)
                jobs.enqueue_many("order.sync", connection, shuffled)

        return run

    together(ask(1), ask(2), jobs.work, jobs.work, lambda: jobs.retry(list(range(500)), "ana"))
    jobs.work()

    assert set(Job.objects.values_list("status", flat=True)) == {"done"}


def test_a_shop_with_a_hundred_thousand_jobs_does_not_starve_another():
    big, small = make_connection("big"), make_connection("small", shop_id="2")
    order: list[tuple[int, int]] = []

    def run(connection, claimed):
        order.append((connection.pk, len(claimed)))
        return {}

    jobs.register("order.sync", run, batch=50)
    jobs.register("orders.poll", run)
    jobs.enqueue_many("order.sync", big, [str(number) for number in range(100_000)])
    jobs.enqueue("order.sync", small, "one")
    jobs.enqueue("orders.poll", big)

    started = time.monotonic()
    report = jobs.work(limit=500)
    seconds = time.monotonic() - started

    assert (small.pk, 1) in order[:2]
    assert (big.pk, 1) in order[:4]
    assert (report.done, report.more) == (500, True)
    assert seconds < 30


def test_a_click_overtakes_everything():
    connection = make_connection()
    order: list[str] = []

    def run(_connection, claimed):
        order.extend(job.subject for job in claimed)
        return {}

    jobs.register("order.sync", run, batch=2)
    jobs.enqueue_many("order.sync", connection, ["1", "2", "3"])
    jobs.enqueue("order.sync", connection, "clicked", lane=jobs.LANE_CLICK)

    jobs.work()

    assert order[0] == "clicked"


def test_two_thousand_jobs_take_seconds():
    connection = make_connection()
    jobs.register("order.sync", lambda _connection, _jobs: {}, batch=50)

    started = time.monotonic()
    jobs.enqueue_many("order.sync", connection, [str(number) for number in range(2000)])
    report = jobs.work()
    seconds = time.monotonic() - started

    assert report.done == 2000
    assert seconds < 30
