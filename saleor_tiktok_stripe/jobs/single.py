"""One certain job at once, for doors that owe somebody its result."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Final, TypeVar

from django.db import connections

from ..models import Connection
from . import leases, registry, worker

log = logging.getLogger("saleor_tiktok_stripe.jobs")

PAUSE: Final = 0.05
T = TypeVar("T")


def work_on(kind: str, connection: Connection | None, subject: str) -> bool:
    """Run this job here if it is due and nobody runs it; True when it was. Not in a transaction.

    What becomes of it is the row's state, as for any worker.
    """
    connection_id = connection.pk if connection is not None else None
    claimed = leases.claim_one(registry.kind(kind), connection_id, subject)
    if claimed is None:
        return False
    worker.run_claimed(claimed)
    return True


def result_within(
    seconds: float,
    kind: str,
    connection: Connection | None,
    subject: str,
    look: Callable[[], T | None],
) -> T | None:
    """What ``look`` finds once the job has run, here or by a worker; None when it found nothing in
    ``seconds``. The job itself goes on.
    """
    end = time.monotonic() + seconds
    found = look()
    while found is None and time.monotonic() < end:
        # Again each time: a worker may have had it, or it waited for its next try.
        helper = threading.Thread(
            target=_helped, args=(kind, connection, subject), name="tts-single", daemon=True
        )
        helper.start()
        found = _watch(helper, end, look)
    return found


def _watch(helper: threading.Thread, end: float, look: Callable[[], T | None]) -> T | None:
    found: T | None = None
    while found is None and helper.is_alive() and time.monotonic() < end:
        helper.join(PAUSE)
        found = look()
    if found is None and time.monotonic() < end:
        time.sleep(PAUSE)
    return found or look()


def _helped(kind: str, connection: Connection | None, subject: str) -> None:
    try:
        work_on(kind, connection, subject)
    except Exception as error:  # noqa: BLE001  (a thread's end; the row says what became of it)
        log.warning("job kind=%s not run at once: %s", kind, type(error).__name__)
    finally:
        connections.close_all()
