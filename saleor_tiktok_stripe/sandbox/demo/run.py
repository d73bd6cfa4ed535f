"""The demo from start to end. The exit code says whether both sides agree."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from contextlib import ExitStack, suppress
from types import FrameType

import django
from rich.console import Console

from saleor_tiktok_stripe.sandbox.components import saleor_env
from saleor_tiktok_stripe.sandbox.components.processes import ComponentError

WIDTH = 112
"""Columns where there is no terminal to ask."""


def run(*, orders: int, seed: int, svg: str | None, keep: bool) -> int:
    """Run the demo; ``svg`` names a file that gets the printout as a picture. ``keep``: everything
    goes on running afterwards, with the console to look around in, until it is interrupted.

    Returns 0 when both sides agree, 1 when they do not, 2 when something could not be started.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        # A closed terminal too ends it as Ctrl-C does: with everything that it started.
        signal.signal(number, _interrupt)
    console = Console(record=svg is not None)
    if svg or not console.is_terminal:
        console.width = WIDTH
    try:
        home = saleor_env.find()
        if home.kind == "checkout":
            saleor_env.prepare(home)
            _go_on_beside_saleor(home)
        return _run(console, orders, seed, keep=keep)
    except ComponentError as error:
        console.print(f"[red]{error}")
        return 2
    finally:
        if svg:
            from saleor_tiktok_stripe.sandbox.demo.table import save_picture

            save_picture(console, svg)


def _interrupt(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)


def _go_on_beside_saleor(home: saleor_env.SaleorHome) -> None:
    arguments = [str(home.python), "-m", "saleor_tiktok_stripe.cli", *sys.argv[1:]]
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    sys.stdout.flush()
    os.execve(arguments[0], arguments, environment)  # noqa: S606  (no shell, our own interpreter)


def _run(console: Console, orders: int, seed: int, *, keep: bool) -> int:
    from saleor_tiktok_stripe.sandbox.demo import stack as parts

    started = time.monotonic()
    with ExitStack() as exits:
        with console.status("Starting the database, the local TikTok Shop and Saleor"):
            stack = exits.enter_context(parts.running(orders=orders, seed=seed))
        for line in stack.lines:
            console.print(f"[dim]{line}")
        stack.start_workers()
        os.environ.update(stack.environment)
        _only_the_story()
        django.setup()
        # Models can be imported only now.
        from saleor_tiktok_stripe.sandbox.demo import story

        agree = story.tell(console, stack, seed, started)
        story.show_console(console, stack, kept=keep)
        if keep:
            with suppress(KeyboardInterrupt):
                threading.Event().wait()
        return 0 if agree else 1


def _only_the_story() -> None:
    """Log lines of this process would tear the printout; workers keep their own files."""
    logging.disable(logging.CRITICAL)
