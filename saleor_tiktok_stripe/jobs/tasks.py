"""The Celery tasks: doors without logic. The only room that knows Celery.

They run under Saleor's own Celery app or the sidecar's. Losing or doubling one is harmless.
"""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import Any, Final

from celery import current_app, shared_task

from .. import conf
from ..saleor_api import writer
from . import clock, leases, schedule, worker
from .wake import LONGEST_COUNTDOWN, wake

DEADLINE: Final = 60.0
"""After so many seconds a worker makes room for Saleor's own tasks and asks to be woken again."""
WAKE_EXPIRES: Final = 300

_OPTIONS: Final[dict[str, Any]] = {
    "acks_late": True,
    "reject_on_worker_lost": True,
    "ignore_result": True,
    "soft_time_limit": 270,
    "time_limit": 300,
}

# Taken while the host starts: Celery knows its current app per thread only, and requests and the
# waker run in other threads.
_app: Final = current_app._get_current_object()


def has_broker() -> bool:
    """Whether a message would reach another process."""
    return _has_broker(_app)


@cache
def _has_broker(app: Any) -> bool:
    settings = app.conf
    return bool(settings.broker_url or settings.broker_write_url) and not (
        settings.task_always_eager
    )


def publish_wake(seconds: float) -> None:
    """Send one wake-up. Raises the broker library's errors; does not retry."""
    _app.tasks["tiktok_stripe.wake"].apply_async(
        countdown=seconds or None, expires=seconds + WAKE_EXPIRES, retry=False, ignore_result=True
    )


@shared_task(name="tiktok_stripe.wake", **_OPTIONS)
def wake_task() -> None:
    """Run due jobs, unless enough workers are at it."""
    with writer():
        # Whoever holds jobs looks for more when done with them, so that enough are at it.
        if leases.drainers() < worker.MAX_DRAINERS:
            _drain()


@shared_task(name="tiktok_stripe.sweep", **_OPTIONS)
def sweep_task() -> None:
    """Free what lost workers held, and run due jobs whoever else does."""
    with writer():
        worker.sweep()
        _drain()


@shared_task(name="tiktok_stripe.poll", **_OPTIONS)
def poll_task() -> None:
    """Ask for the periodic jobs of every active connection."""
    with writer():
        schedule.poll()


@shared_task(name="tiktok_stripe.look", **_OPTIONS)
def look_task() -> None:
    """Ask what changed in Saleor."""
    with writer():
        schedule.look()


@shared_task(name="tiktok_stripe.housekeep", **_OPTIONS)
def housekeep_task() -> None:
    """Remove what is past its retention."""
    with writer():
        schedule.housekeep()


def _drain() -> None:
    report = worker.work(deadline_seconds=DEADLINE)
    if report.more:
        wake()
    elif report.next_due is not None:
        seconds = (report.next_due - clock.now()).total_seconds()
        if seconds <= LONGEST_COUNTDOWN:
            wake(max(seconds, 1.0))


def beat_schedule() -> dict[str, dict[str, Any]]:
    """Entries for ``CELERY_BEAT_SCHEDULE``; a run that comes too late is dropped."""
    every = {
        "sweep": conf.sweep_seconds(),
        "poll": conf.poll_seconds(),
        "look": conf.look_seconds(),
        "housekeep": schedule.HOUSEKEEP_SECONDS,
    }
    return {
        f"tiktok-stripe-{name}": {
            "task": f"tiktok_stripe.{name}",
            "schedule": timedelta(seconds=seconds),
            "options": {"expires": seconds},
        }
        for name, seconds in every.items()
    }
