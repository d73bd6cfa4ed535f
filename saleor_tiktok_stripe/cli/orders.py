"""Commands about orders: the history, and the comparison to the cent."""

from __future__ import annotations

import sys
import time
from datetime import datetime
from typing import TYPE_CHECKING

import click

from .common import ACTOR, CHANNEL, DRY_RUN, MOMENT, connection_of, utc, with_django

if TYPE_CHECKING:
    from ..orders.backfill import Preview, Progress


@click.command()
@CHANNEL
@click.option("--since", type=MOMENT, help="Orders placed from here on (UTC). Default: all.")
@click.option("--until", type=MOMENT, help="Orders placed before this (UTC). Default: now.")
@click.option("--watch/--no-watch", default=True, help="Show progress until it is done.")
@DRY_RUN
@click.option("--pages", default=20, show_default=True, help="Dry run: pages of orders to read.")
@with_django
def backfill(
    channel: str,
    since: datetime | None,
    until: datetime | None,
    watch: bool,  # noqa: FBT001
    dry_run: bool,  # noqa: FBT001
    pages: int,
) -> None:
    """Import the history; goes on where it stopped, and imports nothing twice."""
    from ..orders.backfill import backfill_progress, preview_backfill, start_backfill

    connection = connection_of(channel)
    window = {"placed_from": utc(since), "placed_to": utc(until)}
    if dry_run:
        _say_preview(preview_backfill(connection, **window, pages=pages))
        return
    start_backfill(connection, ACTOR, **window)
    if not watch:
        click.echo("Queued.")
        return
    while (state := backfill_progress(connection)) and state.status in {"queued", "running"}:
        click.echo(f"\r{_progress(state)}", nl=False)
        time.sleep(1)
    click.echo(f"\r{_progress(state)}: {state.status}" if state else "\rNothing to do.")
    sys.exit(state is not None and state.status != "done")


def _say_preview(found: Preview) -> None:
    total = "an unknown number" if found.total is None else found.total
    read = "all" if found.complete else f"the first {found.read}"
    click.echo(f"{total} orders at TikTok from {found.placed_from} to {found.placed_to}.")
    click.echo(f"Of {read}:")
    for count, what in (
        (found.created, "would be imported"),
        (found.changed, "are in Saleor and would be looked at"),
        (found.unchanged, "are in Saleor and in step"),
        (found.waiting, "are held, and would be imported later"),
        *((count, f"would be left out: {why}") for why, count in sorted(found.skipped.items())),
        *((count, f"would wait for somebody: {code}") for code, count in found.failed.items()),
    ):
        if count:
            click.echo(f"{count:>8} {what}")
    states = ", ".join(f"{count} {state}" for state, count in sorted(found.states.items()))
    click.echo(f"At TikTok they are: {states or 'none'}.")


def _progress(state: Progress) -> str:
    total = "?" if state.total is None else state.total
    return f"{state.seen} of {total} seen, {state.imported} in Saleor, {state.parked} parked"


@click.command()
@CHANNEL
@click.option("--since", type=MOMENT, help="Only orders placed from here on (UTC).")
@with_django
def reconcile(channel: str, since: datetime | None) -> None:
    """Compare TikTok's orders with Saleor's, to the cent; exits 1 where they differ."""
    from ..orders.summary import summarize

    result = summarize(connection_of(channel), placed_from=utc(since))
    click.echo(f"{'status':20} {'TikTok':>16} {'held back':>9} {'parked':>7} {'Saleor':>16}  diff")
    for row in result.rows:
        theirs = f"{row.theirs} / {row.shown(row.their_sum)}"
        ours = f"{row.ours} / {row.shown(row.our_sum)}"
        click.echo(
            f"{row.state:20} {theirs:>16} {row.held_back:>9} {row.parked:>7} {ours:>16}  "
            f"{row.difference} / {row.shown(row.difference_sum)} {row.currency}"
        )
    for order_id, what in result.disagreeing.items():
        click.echo(f"{order_id} {what}")
    sys.exit(not result.agrees)
