"""Runs one program and sees to its end when the process that asked for it is gone.

Started by `processes.start` as a script of its own, on nothing but the standard library. Its
standard input is a pipe that the starter holds open: end of file means that the starter closed
it or died, by whatever cause (an exception, SIGTERM, even SIGKILL). The program is then stopped
and its folder removed. Standard output and error are the program's.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
from types import FrameType


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pid-fd", type=int, required=True)
    parser.add_argument("--uid", type=int)
    parser.add_argument("--gid", type=int)
    parser.add_argument("--stop-signal", type=int, default=int(signal.SIGTERM))
    parser.add_argument("--grace", type=float, default=10.0)
    parser.add_argument("--remove")
    parser.add_argument("command", nargs="+")
    return parser.parse_args()


def _start(arguments: argparse.Namespace) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        arguments.command,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        user=arguments.uid,
        group=arguments.gid,
        extra_groups=None if arguments.uid is None else [],
    )


def _stop(program: subprocess.Popen[bytes], stop_signal: int, grace: float) -> None:
    """Ask the program to end; end its whole group when it does not within `grace` seconds."""
    if program.poll() is None:
        program.send_signal(stop_signal)
        with contextlib.suppress(subprocess.TimeoutExpired):
            program.wait(grace)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(program.pid, signal.SIGKILL)
    program.wait()


def main() -> int:
    """Run the command given on the command line; the exit code is the program's."""
    arguments = _arguments()
    asked_to_stop = threading.Event()

    def on_signal(_signal: int, _frame: FrameType | None) -> None:
        asked_to_stop.set()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    try:
        program = _start(arguments)
        os.write(arguments.pid_fd, b"%d\n" % program.pid)
        os.close(arguments.pid_fd)

        def wait_for_starter() -> None:
            while os.read(0, 4096):
                pass
            asked_to_stop.set()

        def wait_for_program() -> None:
            program.wait()
            asked_to_stop.set()

        for watch in (wait_for_starter, wait_for_program):
            threading.Thread(target=watch, daemon=True).start()
        asked_to_stop.wait()
        _stop(program, arguments.stop_signal, arguments.grace)
    finally:
        if arguments.remove:
            shutil.rmtree(arguments.remove, ignore_errors=True)
    code = program.returncode
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main())
