"""One certain job at once, for a door that owes somebody its result."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from django.db import connections

from saleor_tiktok_stripe import jobs
from saleor_tiktok_stripe.errors import RetryLater
from saleor_tiktok_stripe.models import ConnectionState, Job, JobStatus
from tests.support.factories import make_connection

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def done() -> Iterator[list[str]]:
    """Subjects that the handler was given."""
    found: list[str] = []
    jobs.register("order.sync", lambda connection, claimed: _note(found, claimed), batch=50)
    yield found
    _wait_for_helpers()


def _note(found: list[str], claimed: list[jobs.ClaimedJob]) -> dict[int, jobs.Result]:
    found += [job.subject for job in claimed]
    return {}


def _wait_for_helpers() -> None:
    for thread in threading.enumerate():
        if thread.name == "tts-single":
            thread.join(60)
            assert not thread.is_alive()


def test_only_the_job_that_is_meant_runs_and_only_once(done):
    connection = make_connection()
    jobs.enqueue("order.sync", connection, "A")
    jobs.enqueue("order.sync", connection, "B")

    first = jobs.work_on("order.sync", connection, "B")
    second = jobs.work_on("order.sync", connection, "B")

    assert (first, second, done) == (True, False, ["B"])
    assert Job.objects.get(subject="B").status == JobStatus.DONE
    assert Job.objects.get(subject="A").status == JobStatus.QUEUED


def test_a_job_of_a_connection_that_is_not_active_waits(done):
    connection = make_connection(state=ConnectionState.NEEDS_REAUTH)
    jobs.enqueue("order.sync", connection, "A")

    assert jobs.work_on("order.sync", connection, "A") is False
    assert done == []


def test_a_result_is_given_as_soon_as_the_job_has_run(done):
    connection = make_connection()
    jobs.enqueue("order.sync", connection, "A")

    found = jobs.result_within(60, "order.sync", connection, "A", lambda: done[0] if done else None)

    assert found == "A"


def test_a_result_that_is_there_needs_no_run(done):
    connection = make_connection()
    jobs.enqueue("order.sync", connection, "A")

    assert jobs.result_within(10, "order.sync", connection, "A", lambda: "known") == "known"
    assert done == []


def test_without_a_result_in_time_the_answer_is_none_and_the_job_waits_for_its_next_try():
    connection = make_connection()
    calls: list[int] = []

    def busy(of: object, claimed: list[jobs.ClaimedJob]) -> dict[int, jobs.Result]:
        calls.append(len(claimed))
        raise RetryLater("VENDOR_BUSY", "Busy.", retry_after=60)

    jobs.register("order.sync", busy)
    jobs.enqueue("order.sync", connection, "A")
    started = time.monotonic()

    found = jobs.result_within(0.5, "order.sync", connection, "A", lambda: None)

    _wait_for_helpers()
    assert found is None
    assert time.monotonic() - started < 30  # and the job waits for 60
    assert calls == [1]
    job = Job.objects.get()
    assert (job.status, job.error_code) == (JobStatus.QUEUED, "VENDOR_BUSY")
    connections.close_all()
