"""What runs by the clock, and the worker for hosts without a broker."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import close_old_connections, transaction
from django.db import connection as database

from .. import conf
from ..models import AuditEntry, Connection, ConnectionState, Job, JobStatus, Vendor
from . import clock
from .outcomes import DATABASE_ERRORS
from .queue import enqueue
from .registry import resolve
from .types import LANE_CLICK
from .worker import sweep, work

log = logging.getLogger("saleor_tiktok_stripe.jobs")

HOUSEKEEP_SECONDS = 3600
LOOKS_KEPT = timedelta(days=1)
"""How long looks for changes stay listed once done: there are thousands a day for each shop."""
_BATCH = 5000

_periodic: dict[str, tuple[str, ...]] = {}
_often: dict[str, tuple[str, ...]] = {}
_alone: list[str] = []
_cleaners: list[Callable[[], int] | str] = []


def register_periodic(
    kinds: Mapping[Vendor, Iterable[str]],
    often: Mapping[Vendor, Iterable[str]] | None = None,
    alone: Iterable[str] = (),
) -> None:
    """Kinds of which each active connection of a vendor gets a job at every poll; ``often``: at
    every look for changes in Saleor; ``alone``: of which there is one job, of no connection, at
    every poll while there is any connection."""
    for table, wanted in ((_periodic, kinds), (_often, often or {})):
        table.clear()
        table.update({Vendor(vendor).value: tuple(names) for vendor, names in wanted.items()})
    _alone[:] = alone


def register_cleaner(cleaner: Callable[[], int] | str) -> None:
    """A function (or ``"package.module:name"``) that removes what is older than its retention and
    returns how many rows; runs hourly.
    """
    if cleaner not in _cleaners:
        _cleaners.append(cleaner)


def poll() -> int:
    """Ask for the periodic jobs of every active connection; returns how many connections."""
    if Connection.objects.exists():
        for kind in _alone:
            enqueue(kind, None)
    return _ask(_periodic)


def look() -> int:
    """Ask for the jobs that find what changed in Saleor; returns how many connections."""
    return _ask(_often)


def _ask(table: Mapping[str, Iterable[str]]) -> int:
    active = Connection.objects.filter(state=ConnectionState.ACTIVE, vendor__in=table)
    with transaction.atomic():
        for connection in active.defer("credentials"):
            for kind in table[connection.vendor]:
                enqueue(kind, connection)
    return len(active)


def poll_now(connections: Iterable[Connection], actor: str) -> tuple[int, ...]:
    """Ask for what runs by the clock of these connections at once, because ``actor`` asked: the
    jobs' ids, none of connections that are not active. Written to the audit log."""
    active = [one for one in connections if one.state == ConnectionState.ACTIVE]
    asked: list[int] = []
    with transaction.atomic():
        for connection in active:
            kinds = (*_periodic.get(connection.vendor, ()), *_often.get(connection.vendor, ()))
            asked += [enqueue(kind, connection, lane=LANE_CLICK) for kind in kinds]
            AuditEntry.objects.create(actor=actor, action="sync.start", connection=connection)
    return tuple(asked)


def housekeep() -> int:
    """Remove what is past its retention: done jobs, and what the cleaners know. Returns rows."""
    return remove_done_jobs() + sum(int(resolve(cleaner)()) for cleaner in _cleaners)


def remove_done_jobs() -> int:
    """Done jobs are kept as long as the events that asked for them, looks for changes for a day;
    what is not done is never removed."""
    now = clock.now()
    done = Job.objects.filter(status=JobStatus.DONE)
    kept = timedelta(days=conf.event_retention_days())
    looks = sorted({kind for kinds in _often.values() for kind in kinds})
    return delete_in_batches(done.filter(finished_at__lt=now - kept)) + delete_in_batches(
        done.filter(kind__in=looks, finished_at__lt=now - min(kept, LOOKS_KEPT))
    )


def delete_in_batches(rows: Any) -> int:
    """Delete a queryset in short statements; returns how many rows."""
    removed = 0
    while ids := list(rows.order_by().values_list("pk", flat=True)[:_BATCH]):
        removed += rows.model.objects.filter(pk__in=ids).delete()[0]
    return removed


@dataclass
class _Timer:
    seconds: Callable[[], int]
    run: Callable[[], object]
    due: float = 0.0

    def tick(self) -> None:
        if time.monotonic() >= self.due:
            self.due = time.monotonic() + self.seconds()
            self.run()


def run_forever(stop: threading.Event, *, idle_seconds: float = 0.5, periodic: bool = True) -> None:
    """Work in this process until ``stop`` is set: for hosts without a broker.

    Looks for due jobs each ``idle_seconds`` and, unless ``periodic`` is off, also does what beat
    would: sweep, poll, housekeeping. Any number of these may run at once.
    """
    timers = [_Timer(conf.sweep_seconds, sweep)]
    if periodic:
        timers.append(_Timer(conf.poll_seconds, poll))
        timers.append(_Timer(conf.look_seconds, look))
        timers.append(_Timer(lambda: HOUSEKEEP_SECONDS, housekeep))
    while not stop.is_set():
        close_old_connections()
        try:
            for timer in timers:
                timer.tick()
            busy = work(limit=500, deadline_seconds=5).more
        except DATABASE_ERRORS as error:
            # It restarts now and then; what was running comes back when its lease expires.
            log.warning("database unavailable (%s), trying again", type(error).__name__)
            database.close()
            busy = False
        if not busy:
            stop.wait(idle_seconds)
