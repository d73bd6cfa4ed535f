"""Jobs that are done are not kept for ever: those that look for changes every few seconds least."""

from __future__ import annotations

import pytest

from saleor_tiktok_stripe.jobs import clock, kinds, schedule
from saleor_tiktok_stripe.models import Job, JobStatus
from tests.support.factories import make_connection

pytestmark = pytest.mark.django_db
DAY = 86_400


def test_looks_that_are_done_are_kept_for_a_day():
    kinds.register_all()
    connection = make_connection()
    for kind in ("orders.watch", "stock.push", "price.push", "order.sync"):
        for status in (JobStatus.DONE, JobStatus.PARKED):
            Job.objects.create(
                connection=connection, kind=kind, dedup_key=f"{kind}:{status}", status=status,
                finished_at=clock.now(), run_after=clock.now(),
            )  # fmt: skip

    assert schedule.remove_done_jobs() == 0
    with clock.turned(DAY + 60):
        assert schedule.remove_done_jobs() == 3

    assert Job.objects.filter(status=JobStatus.DONE).get().kind == "order.sync"
    assert Job.objects.filter(status=JobStatus.PARKED).count() == 4
