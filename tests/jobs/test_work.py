"""Asking for work, running it, and what becomes of it."""

from __future__ import annotations

import logging
import threading
from datetime import timedelta

import pytest
from django.db import transaction

from saleor_tiktok_stripe import conf, jobs
from saleor_tiktok_stripe.errors import (
    NeedsReauthorization,
    Parked,
    Problem,
    RetryLater,
    VendorBug,
)
from saleor_tiktok_stripe.jobs import Again, ClaimedJob, Done, LeaseLost, Park, clock, outcomes
from saleor_tiktok_stripe.models import AuditEntry, ConnectionState, Job, JobStatus
from tests.support.factories import make_connection

pytestmark = pytest.mark.django_db(transaction=True)

UNLINKED = Problem(
    code="SKU_UNLINKED",
    stage="link",
    cause="SKU 17 is not linked.",
    cure="Link it.",
    params={"sku": "17"},
    waits_for=("sku:17",),
)


class Handler:
    """Notes what it was given; answers as told."""

    def __init__(self, *answers: object) -> None:
        self.calls: list[list[str]] = []
        self.answers = list(answers)

    def __call__(self, connection: object, claimed: list[ClaimedJob]) -> dict[int, object]:
        self.calls.append([job.subject for job in claimed])
        answer = self.answers.pop(0) if self.answers else {}
        if isinstance(answer, Exception):
            raise answer
        if callable(answer):
            answer = answer(claimed)
        if not isinstance(answer, dict):
            return {job.id: answer for job in claimed}
        return answer


def only_job() -> Job:
    return Job.objects.get()


def test_requests_for_one_subject_become_one_row_and_one_run():
    connection = make_connection()
    handler = Handler()
    jobs.register("order.sync", handler, batch=50)

    ids = {jobs.enqueue("order.sync", connection, "A") for _ in range(5)}
    report = jobs.work()

    assert len(ids) == 1
    assert handler.calls == [["A"]]
    assert report.done == 1
    job = only_job()
    assert (job.status, job.outcome, job.generation) == (JobStatus.DONE, "ok", 4)
    assert job.lease_owner == ""
    assert job.finished_at is not None


def test_a_done_job_makes_room_for_a_new_one():
    connection = make_connection()
    jobs.register("order.sync", Handler())
    first = jobs.enqueue("order.sync", connection, "A")
    jobs.work()

    second = jobs.enqueue("order.sync", connection, "A")

    assert second != first
    assert Job.objects.count() == 2


def test_enqueue_many_merges_doubles_and_open_rows_in_one_statement(
    django_assert_num_queries,
):
    connection = make_connection()
    jobs.enqueue("order.sync", connection, "B")

    with django_assert_num_queries(1):
        jobs.enqueue_many("order.sync", connection, ["C", "A", "B", "A"])

    found = dict(Job.objects.values_list("subject", "generation"))
    assert found == {"A": 0, "B": 1, "C": 0}


def test_a_job_of_a_rolled_back_transaction_does_not_exist():
    connection = make_connection()

    with transaction.atomic():
        jobs.enqueue("order.sync", connection, "A")
        transaction.set_rollback(True)

    assert not Job.objects.exists()


def test_a_batch_holds_one_kind_and_one_connection():
    one, other = make_connection("one"), make_connection("other", shop_id="2")
    handler, single = Handler(), Handler()
    jobs.register("order.sync", handler, batch=2)
    jobs.register("orders.poll", single)
    jobs.enqueue_many("order.sync", one, ["1", "2", "3"])
    jobs.enqueue_many("order.sync", other, ["4"])
    jobs.enqueue("orders.poll", one)
    jobs.enqueue("orders.poll", None)

    report = jobs.work()

    assert report.done == 6
    assert sorted(map(sorted, handler.calls)) == [["1", "2"], ["3"], ["4"]]
    assert single.calls == [[""], [""]]


def test_a_job_waits_for_its_time():
    connection = make_connection()
    handler = Handler()
    jobs.register("order.sync", handler)
    due = clock.now() + timedelta(seconds=90)
    jobs.enqueue("order.sync", connection, "A", run_after=due)

    early = jobs.work()
    with clock.turned(91):
        late = jobs.work()

    assert (early.handled, early.next_due) == (0, due)
    assert late.done == 1


def test_long_work_goes_on_where_it_stopped():
    connection = make_connection()
    seen: list[dict[str, int]] = []

    def step(_connection, claimed):
        seen.append(dict(claimed[0].progress))
        page = claimed[0].progress.get("page", 0) + 1
        return {claimed[0].id: Done() if page == 4 else Again(0, {"page": page})}

    jobs.register("orders.backfill", step)
    jobs.enqueue("orders.backfill", connection, lane=jobs.LANE_CLICK)

    report = jobs.work()

    assert seen == [{}, {"page": 1}, {"page": 2}, {"page": 3}]
    assert (report.again, report.done) == (3, 1)
    assert only_job().attempts == 0
    assert only_job().lane == jobs.LANE_BACKGROUND


def test_retry_later_waits_at_least_what_the_vendor_asked_and_never_dies():
    connection = make_connection()
    error = RetryLater("RATE_LIMITED", "Slow down.", retry_after=120)
    jobs.register("order.sync", Handler(*[error] * 20), max_attempts=2)
    jobs.enqueue("order.sync", connection, "A")

    before = clock.now()
    report = jobs.work()

    job = only_job()
    assert report.retried == 1
    assert (job.status, job.error_code, job.attempts, job.failures) == (
        "queued",
        "RATE_LIMITED",
        1,
        0,
    )
    assert 120 <= (job.run_after - before).total_seconds() <= 131
    for times in range(2, 11):
        with clock.turned(1000 * times):
            assert jobs.work().retried == 1
    assert only_job().status == JobStatus.QUEUED


def test_a_group_that_was_told_to_pause_is_left_alone_while_others_go_on():
    one, other = make_connection("one"), make_connection("other", shop_id="2")
    calls: list[int] = []

    def limited(connection, claimed):
        calls.append(connection.pk)
        if connection.pk == one.pk:
            raise RetryLater("RATE_LIMITED", "Slow down.", retry_after=30)
        return {}

    jobs.register("order.sync", limited)
    jobs.enqueue_many("order.sync", one, ["1", "2", "3"])
    jobs.enqueue_many("order.sync", other, ["4", "5"])

    report = jobs.work()

    assert sorted(calls) == sorted([one.pk, other.pk, other.pk])
    assert (report.done, report.retried) == (2, 1)
    with clock.turned(31):
        assert jobs.work().retried == 1


@pytest.fixture
def longest(monkeypatch):
    """Chance is always as slow as it can be."""

    class Highest:
        def uniform(self, low: float, high: float) -> float:
            assert low == 0
            return high

    monkeypatch.setattr(outcomes, "_random", Highest())


def test_backoff_doubles_up_to_its_cap_with_full_jitter(longest):
    assert [outcomes.pause(n) for n in range(8)] == [10, 20, 40, 80, 160, 320, 640, 900]
    assert outcomes.pause(5000) == 900


def test_who_names_a_time_is_not_kept_waiting_much_longer(longest):
    named = [outcomes.pause(n, retry_after=s) for n in (0, 7) for s in (0.25, 3, 120)]

    assert named == [0.5, 6, 130] * 2


def test_a_new_event_does_not_shorten_a_pause_but_a_click_does():
    connection = make_connection()
    handler = Handler(RetryLater("RATE_LIMITED", "Slow down.", retry_after=50))
    jobs.register("order.sync", handler)
    jobs.enqueue("order.sync", connection, "A")
    jobs.work()
    paused_until = only_job().run_after

    jobs.enqueue("order.sync", connection, "A")
    after_event = only_job().run_after
    jobs.enqueue("order.sync", connection, "A", lane=jobs.LANE_CLICK)
    report = jobs.work()

    assert after_event == paused_until
    assert report.done == 1


def test_a_bug_is_tried_again_and_dies_visibly():
    connection = make_connection()
    jobs.register("order.sync", Handler(*[KeyError("buyer@example.com")] * 9), max_attempts=3)
    jobs.enqueue("order.sync", connection, "A")

    for times in range(3):
        with clock.turned(1000 * times):
            jobs.work()

    job = only_job()
    assert (job.status, job.error_code, job.failures) == (JobStatus.DEAD, "UNEXPECTED", 3)
    assert job.problem["params"]["error"] == "KeyError"
    assert "test_work.py" in job.problem["params"]["at"]
    assert "buyer@example.com" not in str(job.problem)
    with clock.turned(10_000):
        assert jobs.work().handled == 0


def test_a_channel_error_dies_with_its_own_code_and_words():
    connection = make_connection()
    jobs.register("order.sync", Handler(VendorBug("BAD_SIGN", "Refused.")), max_attempts=1)
    jobs.enqueue("order.sync", connection, "A")

    report = jobs.work()

    job = only_job()
    assert report.dead == 1
    assert (job.error_code, job.problem["cause"]) == ("BAD_SIGN", "Refused.")


def test_a_new_event_revives_a_dead_job():
    connection = make_connection()
    jobs.register("order.sync", Handler(VendorBug("BAD_SIGN", "Refused.")), max_attempts=1)
    job_id = jobs.enqueue("order.sync", connection, "A")
    jobs.work()

    assert jobs.enqueue("order.sync", connection, "A") == job_id
    report = jobs.work()

    job = only_job()
    assert report.done == 1
    assert (job.status, job.problem, job.error_code, job.failures) == ("done", None, "", 0)


def test_a_parked_job_tells_why_and_is_released_by_its_key():
    connection = make_connection()
    jobs.register("order.sync", Handler(Park(UNLINKED)))
    jobs.enqueue("order.sync", connection, "A")
    report = jobs.work()
    job = only_job()
    assert report.parked == 1
    assert (job.status, job.error_code, job.waits_for) == ("parked", "SKU_UNLINKED", ["sku:17"])
    assert job.problem == {
        "code": "SKU_UNLINKED",
        "stage": "link",
        "cause": "SKU 17 is not linked.",
        "cure": "Link it.",
        "params": {"sku": "17"},
        "waits_for": ["sku:17"],
    }

    wrong = jobs.release_waiting(connection, ["sku:18"])
    stranger = jobs.release_waiting(make_connection("other", shop_id="2"), ["sku:17"])
    assert (wrong, stranger, jobs.work().handled) == (0, 0, 0)
    right = jobs.release_waiting(connection, ["sku:99", "sku:17"])

    assert right == 1
    assert jobs.work().done == 1
    assert only_job().problem is None


def test_a_key_that_appears_while_the_job_runs_is_not_missed():
    connection = make_connection()

    def link_meanwhile(claimed):
        jobs.release_waiting(connection, ["sku:17"])
        return {claimed[0].id: Park(UNLINKED)}

    handler = Handler(link_meanwhile, Done())
    jobs.register("order.sync", handler)
    jobs.enqueue("order.sync", connection, "A")

    report = jobs.work()

    assert len(handler.calls) == 2
    assert (report.again, report.done, report.parked) == (1, 1, 0)
    assert only_job().status == JobStatus.DONE


def test_another_key_that_appears_meanwhile_does_not_keep_a_job_from_parking():
    connection = make_connection()

    def link_other(claimed):
        jobs.release_waiting(connection, ["sku:18"])
        return {claimed[0].id: Park(UNLINKED)}

    jobs.register("order.sync", Handler(link_other))
    jobs.enqueue("order.sync", connection, "A")

    assert jobs.work().parked == 1
    assert only_job().waits_for == ["sku:17"]


@pytest.mark.parametrize("result", [Done(), Park(UNLINKED), VendorBug("X", "x")])
def test_an_event_that_arrives_during_the_run_makes_it_run_again(result):
    connection = make_connection()

    def event_meanwhile(claimed):
        jobs.enqueue("order.sync", connection, "A")
        return {claimed[0].id: result}

    handler = Handler(event_meanwhile)
    jobs.register("order.sync", handler, max_attempts=1)
    jobs.enqueue("order.sync", connection, "A")

    report = jobs.work()

    assert handler.calls == [["A"], ["A"]]
    assert (report.again, report.done, report.parked, report.dead) == (1, 1, 0, 0)
    assert Job.objects.count() == 1


def test_an_event_that_arrives_during_the_run_does_not_wait_for_what_the_run_waits_for():
    connection = make_connection()

    def event_meanwhile(claimed):
        jobs.enqueue("order.sync", connection, "A")
        return {claimed[0].id: Again(3600.0)}

    handler = Handler(event_meanwhile, Done())
    jobs.register("order.sync", handler)
    jobs.enqueue("order.sync", connection, "A")

    report = jobs.work()

    assert handler.calls == [["A"], ["A"]]
    assert (report.again, report.done) == (1, 1)


def test_what_is_asked_for_later_during_a_run_does_not_make_it_wait_longer():
    connection = make_connection()

    def later(claimed):
        jobs.enqueue("order.sync", connection, "A", run_after=clock.now() + timedelta(hours=2))
        return {claimed[0].id: Again(3600.0)}

    jobs.register("order.sync", Handler(later))
    jobs.enqueue("order.sync", connection, "A")

    assert jobs.work().again == 1

    wait = only_job().run_after - clock.now()
    assert timedelta(minutes=59) < wait <= timedelta(hours=1)


def test_an_event_that_arrives_during_a_run_that_fails_does_not_shorten_the_pause():
    connection = make_connection()

    def refused(claimed):
        jobs.enqueue("order.sync", connection, "A")
        raise RetryLater("BUSY", "busy", retry_after=600.0)

    jobs.register("order.sync", Handler(refused))
    jobs.enqueue("order.sync", connection, "A")

    assert jobs.work().retried == 1

    assert only_job().run_after - clock.now() > timedelta(minutes=9)


def test_the_guilty_row_of_a_batch_suffers_alone():
    connection = make_connection()
    calls: list[int] = []

    def fails_on_c(_connection, claimed):
        calls.append(len(claimed))
        if any(job.subject == "C" for job in claimed):
            raise ValueError("poison")
        return {}

    jobs.register("order.sync", fails_on_c, batch=50)
    jobs.enqueue_many("order.sync", connection, list("ABCDE"))

    report = jobs.work()

    assert calls == [5, 1, 1, 1, 1, 1]
    assert (report.done, report.retried) == (4, 1)
    assert Job.objects.get(subject="C").failures == 1
    assert Job.objects.filter(status=JobStatus.DONE).count() == 4


def test_parked_raised_for_a_batch_parks_only_the_row_that_raises_it_alone():
    connection = make_connection()

    def parks_b(_connection, claimed):
        if any(job.subject == "B" for job in claimed):
            raise Parked(UNLINKED)
        return {}

    jobs.register("order.sync", parks_b, batch=50)
    jobs.enqueue_many("order.sync", connection, list("ABC"))

    report = jobs.work()

    assert (report.done, report.parked) == (2, 1)
    assert Job.objects.get(subject="B").status == JobStatus.PARKED


def test_an_error_as_a_value_concerns_its_own_row_only():
    connection = make_connection()

    def one_later(claimed):
        return {claimed[0].id: RetryLater("BUSY", "Later.", retry_after=60)}

    handler = Handler(one_later)
    jobs.register("order.sync", handler, batch=50)
    jobs.enqueue_many("order.sync", connection, list("ABC"))

    report = jobs.work()

    assert handler.calls == [["A", "B", "C"]]
    assert (report.done, report.retried) == (2, 1)


def test_a_connection_that_needs_reauthorization_holds_its_jobs():
    connection = make_connection()
    told: list[str] = []

    def stop(stopped, reason):
        told.append(reason)
        stopped.state = ConnectionState.NEEDS_REAUTH
        stopped.save(update_fields=["state"])

    handler = Handler(NeedsReauthorization("TOKEN_REVOKED", "Connect again."))
    jobs.register("order.sync", handler)
    jobs.register("accounts.verify", Handler(), needs_active=False)
    jobs.on_needs_reauth(stop)
    jobs.enqueue_many("order.sync", connection, ["A", "B"])
    jobs.enqueue("accounts.verify", connection)

    jobs.work()
    with clock.turned(3600):
        held = jobs.work()

    assert told == ["Connect again."]
    assert len(handler.calls) == 1
    assert held.handled == 0
    assert Job.objects.get(kind="accounts.verify").status == JobStatus.DONE
    assert Job.objects.filter(kind="order.sync", status="queued", failures=0).count() == 2

    connection.state = ConnectionState.ACTIVE
    connection.save()
    assert jobs.release_held(connection) == 1
    assert jobs.work().done == 2


def test_retry_runs_dead_and_parked_jobs_now_and_is_audited():
    connection = make_connection()
    jobs.register(
        "order.sync", Handler(Park(UNLINKED), VendorBug("X", "x"), Done()), max_attempts=1
    )
    ids = [jobs.enqueue("order.sync", connection, name) for name in "ABC"]
    jobs.work()
    assert sorted(Job.objects.values_list("status", flat=True)) == ["dead", "done", "parked"]

    released = jobs.retry(ids, "ana@example.com")

    assert released == 2
    assert set(Job.objects.filter(status="queued").values_list("lane", flat=True)) == {0}
    assert jobs.work().done == 2
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action) == ("ana@example.com", "job.retry")
    assert entry.data == {"job_ids": ids, "released": 2}


def test_finish_commits_the_job_with_the_work(caplog):
    connection = make_connection()
    handler_results: list[str] = []

    def imports(_connection, claimed):
        with transaction.atomic():
            make_connection("made-by-the-job", shop_id="9")
            jobs.finish({job: Done("created") for job in claimed})
        handler_results.append(Job.objects.get().status)
        return {job.id: VendorBug("IGNORED", "It is finished.") for job in claimed}

    jobs.register("order.sync", imports)
    jobs.enqueue("order.sync", connection, "A")

    with caplog.at_level(logging.INFO, "saleor_tiktok_stripe.jobs"):
        jobs.work()

    assert handler_results == ["done"]
    said = [one.getMessage() for one in caplog.records if one.thread == threading.get_ident()]
    assert "outcome=created" in said[-1]
    assert (only_job().status, only_job().outcome) == ("done", "created")


def test_finish_rolls_the_work_back_when_the_lease_was_lost():
    connection = make_connection()
    lost: list[tuple[int, ...]] = []

    def slow(_connection, claimed):
        with clock.turned(conf.lease_seconds() + 1):
            jobs.sweep()
        try:
            with transaction.atomic():
                make_connection("made-by-the-job", shop_id="9")
                jobs.finish({job: Done("created") for job in claimed})
        except LeaseLost as error:
            lost.append(error.job_ids)
            raise
        return {}

    jobs.register("order.sync", slow)
    job_id = jobs.enqueue("order.sync", connection, "A")

    report = jobs.work()

    assert lost == [(job_id,)]
    assert report.handled == 0
    assert not type(connection).objects.filter(channel_slug="made-by-the-job").exists()
    assert (only_job().status, only_job().error_code) == ("queued", "WORKER_LOST")


def test_rows_finished_before_a_crash_are_not_run_again():
    connection = make_connection()
    calls: list[list[str]] = []

    def half(_connection, claimed):
        calls.append([job.subject for job in claimed])
        if len(claimed) == 3:
            jobs.finish({claimed[0]: Done()})
            raise ValueError("after the first")
        return {}

    jobs.register("order.sync", half, batch=50)
    jobs.enqueue_many("order.sync", connection, list("ABC"))

    assert jobs.work().done == 2
    assert calls == [["A", "B", "C"], ["B"], ["C"]]
    assert Job.objects.filter(status="done").count() == 3


def test_one_line_per_job_with_ids_and_without_payload(caplog):
    connection = make_connection()
    jobs.register("order.sync", Handler())
    job_id = jobs.enqueue("order.sync", connection, "A", payload={"note": "canary-payload"})

    with caplog.at_level(logging.INFO, "saleor_tiktok_stripe.jobs"):
        jobs.work()

    [line] = [one.getMessage() for one in caplog.records if one.thread == threading.get_ident()]
    assert line.startswith(
        f"job id={job_id} kind=order.sync connection={connection.pk} subject=A outcome=ok"
    )
    assert "canary" not in line


def test_health_counts_by_kind_and_connection():
    connection = make_connection()
    jobs.register("order.sync", Handler(Park(UNLINKED), VendorBug("X", "x")), max_attempts=1)
    jobs.enqueue_many("order.sync", connection, ["A", "B"])
    jobs.work()
    jobs.enqueue("order.sync", connection, "C")

    with clock.turned(30):
        health = jobs.health()

    [row] = health.rows
    assert (row.connection_id, row.kind) == (connection.pk, "order.sync")
    assert (row.queued, row.running, row.parked, row.dead) == (1, 0, 1, 1)
    assert 30 <= row.oldest_due_seconds < 40
    assert health.oldest_due_seconds == row.oldest_due_seconds
    assert (health.total("dead"), health.expired_leases) == (1, 0)
