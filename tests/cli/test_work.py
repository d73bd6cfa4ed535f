"""Commands about the work itself."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from saleor_tiktok_stripe import health
from saleor_tiktok_stripe.models import AuditEntry, Job, JobStatus
from tests.support.factories import make_connection, make_stripe_connection
from tests.support.stored import everything

from .support import CHANNEL, run

pytestmark = pytest.mark.django_db(transaction=True)
ALL = ["order.sync:1", "order.sync:2", "order.sync:3", "payment.sync:pi_1", "order.push:1"]


@pytest.fixture
def stuck() -> None:
    shop, account, other = (
        make_connection(),
        make_stripe_connection(),
        make_connection("elsewhere", shop_id="7495540735365777508"),
    )
    rows = [
        (shop, "order.sync", "1", "SKU_NOT_LINKED", "parked"),
        (shop, "order.sync", "2", "SKU_NOT_LINKED", "parked"),
        (shop, "order.sync", "3", "", "dead"),
        (account, "payment.sync", "pi_1", "PERMISSION_MISSING", "parked"),
        (shop, "order.push", "1", "SHIP_REFUSED", "parked"),
        (shop, "order.sync", "4", "", "queued"),
        (other, "order.sync", "5", "SKU_NOT_LINKED", "parked"),
    ]
    for connection, kind, subject, code, status in rows:
        words = {"code": code, "cause": f"Why {subject}.", "cure": "Mend it."}
        Job.objects.create(
            kind=kind, connection=connection, subject=subject, status=status,
            dedup_key=f"{kind}:{subject}", problem=words if code else None,
            error_code="WORKER_LOST" if status == "dead" else "",
        )  # fmt: skip


def left() -> set[str]:
    """What still waits, of the channel."""
    rows = Job.objects.filter(status__in=[JobStatus.PARKED, JobStatus.DEAD])
    return set(rows.exclude(subject="5").values_list("dedup_key", flat=True))


def test_dry_run_of_a_retry_groups_what_waits_by_kind_and_problem(stuck):
    before = everything()

    code, said = run("retry", *CHANNEL, "--dry-run")

    assert (code, said.splitlines()) == (
        0,
        [
            "1 x order.push  SHIP_REFUSED  1",
            "    Why 1. Mend it.",
            "2 x order.sync  SKU_NOT_LINKED  1, 2",
            "    Why 1. Mend it.",
            "1 x order.sync  WORKER_LOST  3",
            "1 x payment.sync  PERMISSION_MISSING  pi_1",
            "    Why pi_1. Mend it.",
            "5 would be queued.",
        ],
    )
    assert everything() == before


@pytest.mark.parametrize(
    ("words", "gone"),
    [
        ([], ALL),
        (["--kind", "order.sync"], ALL[:3]),
        (["--code", "SKU_NOT_LINKED"], ALL[:2]),
        (["--code", "WORKER_LOST", "--code", "PERMISSION_MISSING"], ALL[2:4]),
        (["--kind", "order.sync", "1"], ALL[:1]),
        (["1"], [ALL[0], ALL[4]]),
        (["4"], []),
        (["--code", "NO_SUCH_CODE"], []),
    ],
)
def test_retry_takes_what_every_filter_fits_and_nothing_else(stuck, words, gone):
    planned = run("retry", *CHANNEL, "--dry-run", *words)[1].splitlines()[-1]

    done = run("retry", *CHANNEL, *words)

    assert done == (0, f"{len(gone)} queued.\n")
    assert planned == f"{len(gone)} would be queued."
    assert left() == set(ALL) - set(gone)
    assert AuditEntry.objects.filter(action="job.retry").exists() is bool(gone)
    assert Job.objects.get(subject="5").status == "parked"


def test_the_doctor_sees_that_nobody_works_without_a_worker_to_verify_it():
    # given a shop that was well when it was verified
    shop = make_connection()
    shop.findings = [
        {"code": "BACKGROUND_OK", "severity": "ok", "subject": "", "message": "It runs.",
         "cure": ""},
    ]  # fmt: skip
    shop.verified_at = timezone.now()
    shop.save()
    assert health.summary(shop) == {"status": "ok"}

    # when its work waits and no worker is there
    job = Job.objects.create(
        kind="order.sync",
        connection=shop,
        subject="1",
        dedup_key="order.sync:1",
        run_after=timezone.now() - timedelta(minutes=30),
    )

    # then that is said, though nothing verified it since
    code, told = run("doctor")
    assert code == 1
    assert "tiktok-us: attention" in told
    assert "Work has been waiting for 30 minutes: no worker takes it." in told
    assert health.summary(shop) == {"status": "attention"}

    # and no longer once it is done
    Job.objects.filter(pk=job.pk).update(status=JobStatus.DONE)
    assert health.summary(shop) == {"status": "ok"}
