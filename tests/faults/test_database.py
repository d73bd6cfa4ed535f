"""Connections cut by the database server, as when it restarts."""

from __future__ import annotations

import threading

import pytest
from django.db import connection as database

from saleor_tiktok_stripe import jobs
from saleor_tiktok_stripe.jobs import clock, registry, worker
from saleor_tiktok_stripe.models import Job

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def clean_registry():
    kinds = dict(registry._kinds)
    registry._kinds.clear()
    worker._turns.__init__()
    yield
    registry._kinds.clear()
    registry._kinds.update(kinds)


def cut_own_connection() -> None:
    with database.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")


def test_the_worker_outlives_a_database_restart_and_the_job_is_done_once():
    runs: list[str] = []
    done: list[str] = []
    stop = threading.Event()

    def run(_connection, claimed):
        runs.append(claimed[0].subject)
        if len(runs) == 1:
            cut_own_connection()
        done.append(claimed[0].subject)
        return {}

    def watch() -> None:
        try:
            jobs.run_forever(stop, idle_seconds=0.01, periodic=False)
        finally:
            database.close()

    jobs.register("test.cut", run)
    first = jobs.enqueue("test.cut", None, "a")
    thread = threading.Thread(target=watch)
    thread.start()
    until(lambda: Job.objects.get(pk=first).status == "running" and len(runs) == 1)
    second = jobs.enqueue("test.cut", None, "b")
    until(lambda: Job.objects.get(pk=second).status == "done")
    stop.set()
    thread.join(60)

    assert Job.objects.get(pk=first).status == "running"
    with clock.turned(331):
        assert jobs.sweep().freed == 1
    with clock.turned(360):
        assert jobs.work().done == 1
    assert done == ["b", "a"]


def test_a_deadlock_is_tried_again_and_counts_as_no_failure():
    from django.db import OperationalError

    def run(_connection, _claimed):
        raise OperationalError("deadlock detected")

    jobs.register("test.cut", run, batch=50, max_attempts=1)
    jobs.enqueue_many("test.cut", None, ["a", "b"])

    report = jobs.work()

    assert report.retried == 2
    found = set(Job.objects.values_list("status", "error_code", "failures", "attempts"))
    assert found == {("queued", "DATABASE_UNAVAILABLE", 0, 1)}


def until(condition, seconds: float = 60) -> None:
    ends = threading.Event()
    for _ in range(int(seconds / 0.05)):
        if condition():
            return
        ends.wait(0.05)
    raise AssertionError("it did not happen")
