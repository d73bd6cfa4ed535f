"""Start programs beside this one, so that they end when this one ends, however it ends."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

_GUARD = Path(__file__).with_name("guard.py")
LOOPBACK = "127.0.0.1"


class ComponentError(Exception):
    """A component could not be started; the message says which, why and what to do."""


@dataclass(frozen=True)
class User:
    """The account a program runs under."""

    uid: int
    gid: int


class Process:
    """A running program. `stop()` or the end of a `with` block ends it and removes its folder.

    It also ends when the process that started it dies, even by SIGKILL (see `guard.py`).
    """

    def __init__(
        self, guard: subprocess.Popen[bytes], pid: int, name: str, log: Path | None
    ) -> None:
        self._guard = guard
        self.pid = pid
        self.name = name
        self.log = log

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def returncode(self) -> int | None:
        """The program's exit code, 128 + n when signal n ended it, None while it runs."""
        return self._guard.poll()

    def kill(self) -> None:
        """End the program at once, as a crash would (SIGKILL), and wait until it is gone."""
        if self._guard.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
        self.stop()

    def stop(self) -> int:
        """Ask the program to end, wait for that, and return its exit code."""
        if self._guard.stdin and not self._guard.stdin.closed:
            self._guard.stdin.close()
        return self._guard.wait()

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the program to end by itself.

        Raises:
            subprocess.TimeoutExpired: it still runs after `timeout` seconds.

        """
        return self._guard.wait(timeout)

    def tail(self, lines: int = 20) -> str:
        """The last lines of the log, or an empty string without one."""
        if self.log is None or not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


def start(
    command: Sequence[str | Path],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    log: Path | None = None,
    user: User | None = None,
    stop_signal: signal.Signals = signal.SIGTERM,
    grace: float = 10.0,
    remove: Path | None = None,
) -> Process:
    """Start a program.

    Args:
        command: program and arguments.
        env: its whole environment; None passes on our own.
        cwd: its working folder.
        log: file that gets its output; None passes the output through.
        user: the account to run it under (needs root).
        stop_signal: what it understands as "end now".
        grace: seconds it gets to end before it is killed with its children.
        remove: folder to remove once it has ended.

    Raises:
        ComponentError: the program cannot be executed.

    """
    program = [str(part) for part in command]
    name = Path(program[0]).name
    options = [f"--stop-signal={int(stop_signal)}", f"--grace={grace}"]
    if user is not None:
        options += [f"--uid={user.uid}", f"--gid={user.gid}"]
    if remove is not None:
        options.append(f"--remove={remove}")
    pid_reader, pid_writer = os.pipe()
    output = log.open("ab") if log else None
    try:
        guard = subprocess.Popen(
            [sys.executable, "-I", str(_GUARD), f"--pid-fd={pid_writer}", *options, "--", *program],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT if output else None,
            env=None if env is None else dict(env),
            cwd=cwd,
            pass_fds=(pid_writer,),
            start_new_session=True,
        )
    finally:
        os.close(pid_writer)
        if output:
            output.close()
    with os.fdopen(pid_reader) as pipe:
        pid = pipe.readline().strip()
    process = Process(guard, int(pid or 0), name, log)
    if not pid:
        process.stop()
        raise ComponentError(f"{name} could not be started: {process.tail() or program[0]}")
    return process


def free_port() -> int:
    """A loopback TCP port that nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def listens(port: int) -> bool:
    """Whether something accepts connections on the loopback port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((LOOPBACK, port)) == 0


def wait_until(
    condition: Callable[[], bool], process: Process, *, timeout: float, interval: float = 0.05
) -> None:
    """Wait until the process has reached a condition.

    Raises:
        ComponentError: the process ended, or `timeout` seconds went by.

    """
    deadline = time.monotonic() + timeout
    while not condition():
        if process.returncode is not None:
            raise ComponentError(
                f"{process.name} ended with code {process.returncode}: {process.tail()}"
            )
        if time.monotonic() > deadline:
            raise ComponentError(f"{process.name} not ready after {timeout:g} s: {process.tail()}")
        time.sleep(interval)
