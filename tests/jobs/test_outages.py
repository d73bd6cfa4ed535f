"""After an outage the backlog is worked in batches again."""

from __future__ import annotations

import pytest

from saleor_tiktok_stripe import jobs
from saleor_tiktok_stripe.errors import RetryLater
from saleor_tiktok_stripe.jobs import clock
from saleor_tiktok_stripe.jobs.outcomes import BACKOFF_CAP, SOLO_AFTER
from saleor_tiktok_stripe.models import Job
from tests.support.factories import make_connection

pytestmark = pytest.mark.django_db(transaction=True)
SUBJECTS = ["A", "B", "C"]


class Vendor:
    """Away until it is told otherwise; notes the size of each batch."""

    def __init__(self, error: RetryLater) -> None:
        self.away: RetryLater | None = error
        self.batches: list[int] = []

    def __call__(self, connection: object, claimed: list[jobs.ClaimedJob]) -> dict[int, object]:
        self.batches.append(len(claimed))
        if self.away:
            raise self.away
        return {}


def outage(error: RetryLater) -> Vendor:
    vendor = Vendor(error)
    jobs.register("order.sync", vendor, batch=50)
    jobs.enqueue_many("order.sync", make_connection(), SUBJECTS)
    ahead = 0.0
    for _ in range(SOLO_AFTER + 2):
        with clock.turned(ahead):
            jobs.work()
        ahead += BACKOFF_CAP + 60
    vendor.away, vendor.batches = None, []
    with clock.turned(ahead):
        jobs.work()
    assert not Job.objects.exclude(status="done").exists()
    return vendor


def test_rows_that_were_held_back_unsent_go_on_together():
    vendor = outage(RetryLater("CIRCUIT_OPEN", "Held back.", retry_after=5.0))

    assert vendor.batches == [3]


def test_rows_whose_calls_failed_again_and_again_run_alone():
    vendor = outage(RetryLater("TIMED_OUT", "No answer."))

    assert vendor.batches == [1, 1, 1]
