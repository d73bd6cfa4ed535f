"""Durable work: a row in Postgres is the work, Celery only wakes a worker.

Ask with ``enqueue``; say who does it with ``register``; run with ``work``. Whatever is killed at
any instruction, a row is done once its handler's result was committed, and run again otherwise: so
handlers look at the newest state of their subject and bring both sides together.
"""

from .bulk import RetryGroup, retry_many
from .health import health
from .leases import drainers, finish
from .listing import JobLine, StuckCount, Waiting, find_job, parked, parked_counts, recent, waiting
from .queue import enqueue, enqueue_many, release_held, release_waiting, retry
from .registry import on_needs_reauth, register
from .schedule import poll_now, run_forever
from .single import result_within, work_on
from .types import (
    LANE_BACKGROUND,
    LANE_CLICK,
    Again,
    ClaimedJob,
    Done,
    Handler,
    Health,
    KindHealth,
    LeaseLost,
    Park,
    Result,
    SweepReport,
    WorkReport,
)
from .worker import sweep, work

__all__ = [
    "LANE_BACKGROUND",
    "LANE_CLICK",
    "Again",
    "ClaimedJob",
    "Done",
    "Handler",
    "Health",
    "JobLine",
    "KindHealth",
    "LeaseLost",
    "Park",
    "Result",
    "RetryGroup",
    "StuckCount",
    "SweepReport",
    "Waiting",
    "WorkReport",
    "drainers",
    "enqueue",
    "enqueue_many",
    "find_job",
    "finish",
    "health",
    "on_needs_reauth",
    "parked",
    "parked_counts",
    "poll_now",
    "recent",
    "register",
    "release_held",
    "release_waiting",
    "result_within",
    "retry",
    "retry_many",
    "run_forever",
    "sweep",
    "waiting",
    "work",
    "work_on",
]
