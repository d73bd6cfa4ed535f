"""Our Celery tasks under Saleor's own Celery app, which guards the database against writes."""

from __future__ import annotations

import threading

import pytest
from django.db import connection as database
from saleor.celeryconf import app
from saleor.core.tasks import RestrictWriterDBTask

from saleor_tiktok_stripe import jobs
from saleor_tiktok_stripe.jobs import registry, tasks
from saleor_tiktok_stripe.models import Job

NAMES = ("wake", "sweep", "poll", "housekeep")


@pytest.mark.parametrize("name", NAMES)
def test_a_task_is_registered_with_saleors_app_and_base_class(name):
    task = app.tasks[f"tiktok_stripe.{name}"]

    assert isinstance(task, RestrictWriterDBTask)
    assert task.acks_late
    assert tasks._app is app


def test_requests_in_other_threads_know_saleors_app():
    found: list[object] = []
    thread = threading.Thread(target=lambda: found.append(tasks._app))
    thread.start()
    thread.join()

    assert found == [app]


def test_the_schedule_is_there_without_any_setting():
    for name, entry in tasks.beat_schedule().items():
        assert app.conf.beat_schedule[name] == entry


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", NAMES)
def test_a_task_runs_where_writing_is_refused_unless_allowed(settings, name):
    settings.CELERY_RESTRICT_WRITER_METHOD = "saleor.core.db.connection.restrict_writer"
    jobs.register("test.probe", _probe)
    jobs.enqueue("test.probe", None)

    result = app.tasks[f"tiktok_stripe.{name}"].apply()

    registry._kinds.pop("test.probe")
    assert result.state == "SUCCESS", result.traceback
    assert Job.objects.get().status == ("done" if name in {"wake", "sweep"} else "queued")


def _probe(_connection, _claimed):
    with database.cursor() as cursor:
        cursor.execute("SELECT 1")
    return {}
