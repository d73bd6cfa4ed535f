"""Commands about drift: what does not agree, and bringing it in step."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import click

from .common import ACTOR, CHANNEL, DRY_RUN, JSON, MOMENT, connections_of, utc, with_django
from .showing import day, more, pairs, say_json

if TYPE_CHECKING:
    from ..drift import Line, Step
    from ..models import Connection

IDS = click.argument("ids", nargs=-1, type=int)


@click.group()
def drift() -> None:
    """Compare our rows, TikTok, Stripe and Saleor, and bring them in step."""


@drift.command("check")
@CHANNEL
@click.option("--order", "orders", multiple=True, help="Only this TikTok order (its id).")
@click.option("--sku", "skus", multiple=True, help="Only this TikTok SKU (its id).")
@click.option("--payment", "payments", multiple=True, help="Only this payment at Stripe (pi_…).")
@click.option("--since", type=MOMENT, help="All that was placed or paid from here on (UTC).")
@click.option("--watch/--no-watch", default=True, help="Wait until everything was compared.")
@with_django
def check(
    channel: str,
    orders: tuple[str, ...],
    skus: tuple[str, ...],
    payments: tuple[str, ...],
    since: datetime | None,
    watch: bool,  # noqa: FBT001
) -> None:
    """Compare everything of 90 days in the background, or what is named at once; exits 1 where
    something differs."""
    from .. import drift as service

    connections = connections_of(channel, None)
    named = {"order": orders, "sku": skus, "payment": payments}
    if any(named.values()):
        sys.exit(_check_named(connections, named))
    for connection in connections:
        service.ask(connection, since=utc(since), actor=ACTOR)
    if not watch:
        click.echo("Queued.")
        return
    for connection in connections:
        _watch(connection)
    sys.exit(_report(connections))


def _check_named(connections: Sequence[Connection], named: dict[str, tuple[str, ...]]) -> bool:
    from .. import drift as service

    found = False
    for connection in connections:
        for area in service.areas_of(connection):
            if named[area]:
                service.check_now(connection, area, named[area], ACTOR)
                lines = service.lines_of(connection, area, named[area])
                found = found or bool(lines)
                _say(lines)
    if not found:
        click.echo("Nothing differs.")
    return found


def _watch(connection: Connection) -> None:
    from ..drift.touring import cursor_of
    from ..models import Job

    rows = Job.objects.filter(connection=connection, kind="drift.check", subject="")
    job = rows.latest("id")
    while job.status in {"queued", "running"}:
        click.echo(f"\r{connection.vendor}: {cursor_of(connection).seen} compared", nl=False)
        time.sleep(0.5)
        job.refresh_from_db()
    click.echo(f"\r{connection.vendor}: {cursor_of(connection).seen} compared, {job.status}")


def _report(connections: Sequence[Connection]) -> bool:
    from .. import drift as service

    differing = False
    for connection in connections:
        counts = service.report(connection, limit=1).counts
        differing = differing or bool(counts)
        for one in counts:
            click.echo(f"{one.number:>8} {one.area} {one.code} {one.state}")
    if not differing:
        click.echo("Nothing differs.")
    return differing


@drift.command("report")
@CHANNEL
@click.option("--area", default="", help="Only order, sku, payment, money or payout.")
@click.option("--code", default="", help="Only this class.")
@click.option("--all", "closed", is_flag=True, help="Also what is accepted or gone.")
@click.option("--page", default="", help="Go on where the last page ended.")
@click.option("--limit", default=50, show_default=True, help="Lines on a page; at most 500.")
@JSON
@with_django
def report(
    channel: str,
    area: str,
    code: str,
    closed: bool,  # noqa: FBT001
    page: str,
    limit: int,
    as_json: bool,  # noqa: FBT001
) -> None:
    """List what differs, with what each side has; exits 1 where something does."""
    from .. import drift as service

    states = service.ALL if closed else service.OPEN
    found = [
        service.report(one, area, code=code, states=states, page=page, limit=limit)
        for one in connections_of(channel, None)
    ]
    if as_json:
        say_json(found)
    else:
        for one in found:
            _say(one.lines)
            more(one.next_page)
        if not any(one.lines for one in found):
            click.echo("Nothing differs.")
    sys.exit(any(count.state in service.OPEN for one in found for count in one.counts))


@drift.command("repair")
@CHANNEL
@click.option("--all", "every", is_flag=True, help="All that is open.")
@DRY_RUN
@IDS
@with_django
def repair(
    channel: str,
    every: bool,  # noqa: FBT001
    dry_run: bool,  # noqa: FBT001
    ids: tuple[int, ...],
) -> None:
    """Bring differences (their numbers in the report) in step; exits 1 where a person is needed."""
    from .. import drift as service

    if every is bool(ids):
        raise click.UsageError("Name the differences, or give --all.")
    asked = 0
    steps: list[Step] = []
    for connection in connections_of(channel, None):
        done = service.repair(connection, None if every else ids, dry_run=dry_run, actor=ACTOR)
        asked += done.asked
        steps += done.steps
    for step in steps:
        click.echo(_step(step, dry_run=dry_run))
    click.echo(f"{asked} jobs would be asked for." if dry_run else f"{asked} jobs asked for.")
    sys.exit(any(not step.job for step in steps))


@drift.command("accept")
@CHANNEL
@click.option("--note", default="", help="Why it is all right.")
@click.argument("ids", nargs=-1, required=True, type=int)
@with_django
def accept(channel: str, note: str, ids: tuple[int, ...]) -> None:
    """Say that differences are all right as they are; one opens again when a side changes."""
    from .. import drift as service

    connections = connections_of(channel, None)
    done = sum(service.accept(one, ids, actor=ACTOR, note=note) for one in connections)
    click.echo(f"{done} accepted.")
    sys.exit(done < len(set(ids)))


def _step(step: Step, *, dry_run: bool) -> str:
    what = f"{step.id} {step.area} {step.subject} {step.code}"
    if not step.job:
        return f"{what}: you have to act. {step.cure}"
    return f"{what}: {'would ask for' if dry_run else 'asked for'} {step.job}"


def _say(lines: Sequence[Line]) -> None:
    for one in lines:
        by = "" if one.amount is None else f"  {one.amount:f} {one.currency}"
        click.echo(f"{one.id} {one.area} {one.subject} {one.code} {one.state}{by}")
        click.echo(f"    {one.words} Since {day(one.first_seen)} UTC. {one.note}".rstrip())
        for name, side in (("ours", one.ours), ("theirs", one.theirs)):
            if side:
                click.echo(f"    {name}: {pairs(side)}")
        if one.cure:
            click.echo(f"    {one.cure}")
