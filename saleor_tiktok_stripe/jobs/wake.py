"""The wake-up of the workers: a hint through Celery, sent by a thread of its own.

Rows in Postgres are the work, so a lost wake-up costs a minute (the sweep), never a job. The thread
keeps a broker that is slow or down away from requests, and makes one message of many requests: a
request made while a message is being sent is covered by the next one.
"""

from __future__ import annotations

import atexit
import logging
import os
import threading
import time
from collections.abc import Callable

log = logging.getLogger("saleor_tiktok_stripe.jobs")

GAP = 0.2
"""Seconds between two messages of one process."""
LONGEST_COUNTDOWN = 60.0
"""Later than this the sweep comes anyway. Seconds."""
_LONGEST_REST = 30.0
_FLUSH_SECONDS = 2.0

Publish = Callable[[float], None]
"""Sends one message that starts a worker in so many seconds."""


class Waker:
    """Sends wake-ups in the background, at most one each ``gap`` seconds; never loses the last."""

    def __init__(self, publish: Publish, gap: float = GAP) -> None:
        self._publish = publish
        self._gap = gap
        self._changed = threading.Condition()
        self._now = False
        self._later: float | None = None
        self._announced = 0.0
        self._busy = False
        self._thread: threading.Thread | None = None

    def wake(self, seconds: float = 0.0) -> None:
        """Ask for a worker in ``seconds``; returns at once."""
        with self._changed:
            if seconds <= 0:
                self._now = True
            else:
                due = time.monotonic() + seconds
                if time.monotonic() < self._announced <= due:
                    return
                self._later = due if self._later is None else min(due, self._later)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="tts-wake", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def flush(self, seconds: float = _FLUSH_SECONDS) -> bool:
        """Wait until all that was asked for is sent; False when it is not after ``seconds``."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._asked() and not self._busy, seconds)

    def _asked(self) -> bool:
        return self._now or self._later is not None

    def _take(self) -> float:
        with self._changed:
            self._changed.wait_for(self._asked)
            self._busy = True
            if self._now:
                self._now = False
                return 0.0
            due = self._later or 0.0
            self._later = None
            self._announced = due
            return max(0.0, due - time.monotonic())

    def _run(self) -> None:
        rest = self._gap
        while True:
            countdown = self._take()
            try:
                self._publish(countdown)
                rest = self._gap
            except Exception as error:  # noqa: BLE001  (any broker library's; logged, tried again)
                rest = min(_LONGEST_REST, max(1.0, rest * 2))
                log.warning("wake-up not sent (%s), next try in %.0f s", type(error).__name__, rest)
                self._now = True
            with self._changed:
                self._busy = False
                self._changed.notify_all()
            time.sleep(rest)


_waker: Waker | None = None
_lock = threading.Lock()


def wake(seconds: float = 0.0) -> None:
    """Start a worker in ``seconds``, when there is a broker; at most a minute ahead.

    Without one nothing happens: ``run_forever`` looks for itself.
    """
    if seconds > LONGEST_COUNTDOWN:
        return
    from . import tasks

    if tasks.has_broker():
        _current(tasks.publish_wake).wake(seconds)


def flush() -> bool:
    """Wait briefly until the wake-ups asked for are sent."""
    return _waker is None or _waker.flush()


def _current(publish: Publish) -> Waker:
    global _waker
    with _lock:
        if _waker is None:
            _waker = Waker(publish)
        return _waker


def _forget() -> None:
    """A forked child has no thread of its parent's."""
    global _waker, _lock
    _waker = None
    _lock = threading.Lock()


os.register_at_fork(after_in_child=_forget)
atexit.register(flush)
