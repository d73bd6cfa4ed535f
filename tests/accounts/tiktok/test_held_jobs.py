"""An authorization that ends stops the connection's jobs; a new consent lets them go on."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from saleor_tiktok_stripe import jobs
from saleor_tiktok_stripe.models import Connection, ConnectionState, Job, JobStatus

from .conftest import connect
from .test_refreshing import age

pytestmark = pytest.mark.django_db(transaction=True)


def test_jobs_are_held_while_the_authorization_is_gone_and_go_on_after(connected, tiktok):
    age(connected, left=timedelta(hours=1))
    tiktok.world.authority.withdraw()
    jobs.enqueue("accounts.refresh", connected)

    jobs.work(limit=10, deadline_seconds=10)
    stopped = Connection.objects.get()
    [held] = Job.objects.filter(kind="accounts.refresh")
    Job.objects.update(run_after=timezone.now() - timedelta(seconds=1))
    idle = jobs.work(limit=10, deadline_seconds=10)
    connect(tiktok)
    jobs.work(limit=10, deadline_seconds=10)

    assert stopped.state == ConnectionState.NEEDS_REAUTH
    assert held.status == JobStatus.QUEUED
    assert idle.handled == 0
    held.refresh_from_db()
    assert (held.status, held.outcome) == (JobStatus.DONE, "ok")
    assert Connection.objects.get().state == ConnectionState.ACTIVE
    assert Job.objects.get(kind="accounts.verify").status == JobStatus.DONE
