"""Commands about the work itself."""

from __future__ import annotations

import pytest

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
