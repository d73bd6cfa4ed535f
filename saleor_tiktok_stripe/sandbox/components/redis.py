"""A Redis server for tests and the demo: the one at REDIS_URL, one of our own, or none."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

import redis

from saleor_tiktok_stripe.sandbox.components import processes
from saleor_tiktok_stripe.sandbox.components.processes import LOOPBACK, ComponentError

_START_ATTEMPTS = 3


class Redis:
    """A running Redis server, as a context manager; its `url` is None when there is none.

    With REDIS_URL set it is that server, which is left running. Otherwise `redis-server` from the
    PATH is started on a free loopback port, keeps nothing on disk, and is stopped at the end of
    the block, and also when this process dies.

    Raises:
        ComponentError: on entry, when there is a `redis-server` that does not start.

    """

    def __init__(self) -> None:
        self.url: str | None = os.environ.get("REDIS_URL") or None
        self._external = self.url is not None
        self._process: processes.Process | None = None

    def __enter__(self) -> Self:
        program = shutil.which("redis-server")
        if not self._external and program is not None:
            self._start(program)
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def line(self) -> str:
        """One line for the user: which Redis is used, or how to get one."""
        if self._external:
            return "Redis: the server that REDIS_URL names"
        if self.url is not None:
            return "Redis: a redis-server of our own"
        return (
            "Redis: none (set REDIS_URL, or install redis-server: Debian's package is called so); "
            "each process counts for itself"
        )

    @property
    def pid(self) -> int | None:
        """The server's process id, for tests that kill it; None when it is not ours."""
        return self._process.pid if self._process else None

    def stop(self) -> None:
        """Stop the server if it is ours; harmless when it is not, or is stopped already."""
        if self._process is not None:
            self._process.stop()
            self._process = None
            self.url = None

    def _start(self, program: str) -> None:
        for attempt in range(1, _START_ATTEMPTS + 1):
            try:
                return self._try_to_start(program)
            except ComponentError:
                # Another program may have taken the port between our look and the start.
                self.stop()
                if attempt == _START_ATTEMPTS:
                    raise
        raise AssertionError("unreachable")

    def _try_to_start(self, program: str) -> None:
        folder = Path(tempfile.mkdtemp(prefix="saleor-tiktok-stripe-redis-"))
        port, password = processes.free_port(), secrets.token_hex(16)
        configuration = folder / "redis.conf"
        configuration.touch(0o600)
        configuration.write_text(
            f"bind {LOOPBACK}\nport {port}\nrequirepass {password}\n"
            f'save ""\nappendonly no\ndir {folder}\n'
        )
        self._process = processes.start(
            [program, configuration], log=folder / "server.log", remove=folder
        )
        self.url = f"redis://:{password}@{LOOPBACK}:{port}/0"
        processes.wait_until(self._answers, self._process, timeout=15)

    def _answers(self) -> bool:
        try:
            with redis.Redis.from_url(str(self.url), socket_timeout=2) as client:
                return bool(client.ping())
        except redis.ConnectionError:
            return False
