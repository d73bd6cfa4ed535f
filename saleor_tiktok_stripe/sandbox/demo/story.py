"""The main job, told: connect, verify, import while everything goes wrong, take payments,
compare."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from saleor_tiktok_stripe import accounts, conf, jobs
from saleor_tiktok_stripe.models import Connection, Job, JobStatus
from saleor_tiktok_stripe.orders.backfill import backfill_progress, start_backfill
from saleor_tiktok_stripe.orders.summary import summarize
from saleor_tiktok_stripe.saleor_api import writer
from saleor_tiktok_stripe.sandbox.components.processes import ComponentError
from saleor_tiktok_stripe.sandbox.demo import both_ways, merchant, money, payments, table
from saleor_tiktok_stripe.sandbox.demo.stack import CHANNEL, Stack
from saleor_tiktok_stripe.sandbox.demo.trouble import Trouble

KILL_AT = 0.35
"""Share of the history after which a worker is killed."""
PATIENCE = 120.0
"""Seconds without an end after which the demo gives up."""
_LOOK = 0.1


def tell(console: Console, stack: Stack, seed: int, started: float) -> bool:
    """Run the main job; whether both sides agree. ``started``: of the demo, monotonic seconds.

    Raises:
        ComponentError: the import or the jobs came to no end.

    """
    with writer():
        connection = _connect(console, stack)
        trouble = Trouble(stack.tiktok, seed)
        trouble.start()
        start_backfill(connection, actor="demo")
        killed = _watch_import(console, connection, stack.kill_worker)
        trouble.stop()
        console.print(
            f"Meanwhile: {trouble.created} new orders, {trouble.changed} changes, notifications "
            f"doubled, dropped, delayed, reordered and forged; worker {killed} was killed"
        )
        with console.status("Bringing both sides together"):
            _settle(connection)
            result = summarize(connection)
        table.print_summary(console, result)
        sales, closing = _go_both_ways(console, stack, connection)
        rows = _pay(console, stack)
        table.print_payments(console, rows)
    differences = [row.difference for row in rows] + [row.difference for row in sales]
    agree = result.agrees and not any([*differences, closing.difference])
    verdict = "[green]All sides agree" if agree else "[red]The sides differ"
    console.print(f"{verdict}[/] after {time.monotonic() - started:.0f} s")
    return agree


def show_console(console: Console, stack: Stack, *, kept: bool) -> None:
    """Where the shop can be looked at, and how to sign in; ``kept``: it stays up."""
    with writer():
        email, password = merchant.console_key(stack)
    address = conf.channel_url(CHANNEL, "console/")
    console.print(
        f"\nThe console: {address}\nSign in as {email}, password {password}", style="bold"
    )
    if kept:
        console.print("It stays up until you press Ctrl-C.")
    else:
        console.print("[dim]It ends with the demo; `make demo KEEP=1` keeps it up.")


def _go_both_ways(
    console: Console, stack: Stack, connection: Connection
) -> tuple[list[money.Row], money.Closing]:
    shop = merchant.storefront(stack)
    with console.status("Staff ship, cancel and refund; buyers cancel and send back"):
        told = both_ways.live(stack, connection, shop)
        counted = both_ways.count_stock(connection, shop)
    with console.status("TikTok settles the day and pays out"):
        rows = money.settle(stack, connection, told)
        closing = money.close(connection)
    console.print(f"\nA stock was counted: {counted.why}")
    table.print_sales(console, rows, closing)
    return rows, closing


def _pay(console: Console, stack: Stack) -> list[payments.Row]:
    connection = merchant.connect_stripe(stack)
    console.print(f"\nConnected: {connection.account_name} at Stripe, in test mode")
    table.print_findings(console, accounts.verify(connection))
    shop = merchant.storefront(stack)
    with console.status("Buyers pay, staff refund, banks ask; Stripe notifies twice, out of order"):
        return payments.live(stack, connection, shop)


def _connect(console: Console, stack: Stack) -> Connection:
    linked = merchant.prepare_channel(stack)
    console.print(f"Saleor: a channel in USD with {linked} variants")
    connection = merchant.connect(stack)
    console.print(f"Connected: {connection.account_name} ({connection.region})")
    table.print_findings(console, accounts.verify(connection))
    return connection


def _watch_import(console: Console, connection: Connection, kill: Callable[[], int]) -> int:
    columns = (
        TextColumn("Importing history"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[parked]} parked"),
        TimeElapsedColumn(),
    )
    killed = 0
    deadline = time.monotonic() + PATIENCE
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("", total=None, parked=0)
        while time.monotonic() < deadline:
            state = backfill_progress(connection)
            if state is not None:
                bar.update(task, completed=state.seen, total=state.total, parked=state.parked)
                if not killed and state.share >= KILL_AT:
                    killed = kill()
                if state.status == JobStatus.DONE:
                    return killed
            time.sleep(_LOOK)
    raise ComponentError("The import did not end in time.")


def _settle(connection: Connection) -> None:
    """One last look by polling, and at what TikTok's trouble put off, which else would be looked at
    again in some minutes; then wait until no job runs or is due."""
    jobs.enqueue("orders.poll", connection, lane=jobs.LANE_CLICK)
    put_off = Job.objects.filter(
        connection=connection, kind="order.sync", status=JobStatus.QUEUED, attempts__gt=0
    )
    orders = list(put_off.values_list("subject", flat=True))
    jobs.enqueue_many("order.sync", connection, orders, lane=jobs.LANE_CLICK)
    deadline = time.monotonic() + PATIENCE
    quiet_since: float | None = None
    while time.monotonic() < deadline:
        if _busy(connection):
            quiet_since = None
        elif quiet_since is None:
            quiet_since = time.monotonic()
        elif time.monotonic() - quiet_since > 1:
            return
        time.sleep(_LOOK)
    raise ComponentError("The jobs did not come to rest in time.")


def _busy(connection: Connection) -> bool:
    # What comes round by the clock is never through, and Saleor's numbers go back at TikTok's pace
    # for writes: not waited for.
    orders = Job.objects.filter(connection=connection, kind__startswith="order")
    open_jobs = orders.exclude(kind__in=["order.reference", "orders.watch"])
    soon = timezone.now() + timedelta(seconds=30)
    return (
        open_jobs.filter(status=JobStatus.RUNNING).exists()
        or open_jobs.filter(status=JobStatus.QUEUED, run_after__lte=soon).exists()
    )
