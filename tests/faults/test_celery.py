"""Real Celery workers of the sidecar's app, woken through real brokers."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from tests.faults.conftest import Start

pytestmark = pytest.mark.slow

SETTINGS = "tests.support.celery_settings"
CELERY = ("-A", "saleor_tiktok_stripe.sandbox.sidecar", "worker", "-l", "warning", "-c", "2")
ALL_DONE = "SELECT count(*) FROM saleor_tiktok_stripe_job WHERE status = 'done'"


@pytest.fixture(params=["filesystem", "redis"])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    settings = {"DJANGO_SETTINGS_MODULE": SETTINGS}
    if request.param == "redis":
        return settings | {"CELERY_BROKER_URL": request.getfixturevalue("redis_url")}
    (tmp_path / "control").mkdir()
    return settings | {"BROKER_FOLDER": str(tmp_path)}


def wait_for(condition, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_request_wakes_a_worker_and_its_end_wakes_it_for_the_rest(start: Start, rows, broker):
    worker = start(*CELERY, module="celery", **broker)
    subjects = [str(number) for number in range(120)]

    asking = start("enqueue", "test.note", *subjects, **broker)
    asking.communicate(timeout=60)
    assert asking.returncode == 0

    wait_for(lambda: rows(ALL_DONE) == [(120,)])
    [(notes, processes)] = rows(
        "SELECT count(*), count(DISTINCT actor) FROM saleor_tiktok_stripe_auditentry"
    )
    assert notes == 120
    assert processes >= 1
    os.kill(worker.pid, signal.SIGTERM)
    worker.communicate(timeout=60)
    assert worker.returncode == 0
