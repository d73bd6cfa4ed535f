"""Commands about the work itself: what runs, what waits for somebody, and doing it again."""

from __future__ import annotations

import signal
import sys
import threading
from datetime import UTC, datetime

import click

from .common import (
    ACTOR,
    CHANNEL,
    DRY_RUN,
    MOMENT,
    VENDOR,
    connection_of,
    connections_of,
    with_django,
)


@click.command()
@with_django
def doctor() -> None:
    """Say in one look whether everything runs, and what to mend; exits 1 where something is not."""
    from django.core.checks import run_checks

    from .. import health
    from ..models import Connection

    checked = run_checks(tags=["saleor_tiktok_stripe"])
    messages = [message for message in checked if not message.is_silenced()]
    for message in messages:
        click.echo(f"{message.id} {message.msg} {message.hint or ''}".rstrip())
    connections = list(Connection.objects.order_by("channel_slug"))
    for connection in connections:
        click.echo("\n".join(health.as_text(connection)))
    if not connections:
        click.echo("No channel has settings yet.")
    well = all(health.summary(connection)["status"] == "ok" for connection in connections)
    sys.exit(bool(messages) or not well)


@click.command()
@CHANNEL
@with_django
def parked(channel: str) -> None:
    """List the orders and payments that wait for somebody, with cause and cure."""
    from .. import jobs

    for connection in connections_of(channel, None):
        for one in jobs.waiting(connection):
            click.echo(f"{one.subject or one.kind}  {one.code}\n    {one.cause}\n    {one.cure}")


@click.command()
@CHANNEL
@click.option("--kind", "kinds", multiple=True, help="Only this kind of work, e.g. order.sync.")
@click.option("--code", "codes", multiple=True, help="Only with this problem.")
@DRY_RUN
@click.argument("subjects", nargs=-1)
@with_django
def retry(
    channel: str,
    kinds: tuple[str, ...],
    codes: tuple[str, ...],
    dry_run: bool,  # noqa: FBT001
    subjects: tuple[str, ...],
) -> None:
    """Try again what is parked: what is named as "parked" names it, or everything."""
    from .. import jobs

    groups = jobs.retry_many(
        connections_of(channel, None),
        kinds=kinds,
        codes=codes,
        subjects=subjects,
        actor=ACTOR,
        dry_run=dry_run,
    )
    for one in groups if dry_run else ():
        more = ", …" if one.count > len(one.subjects) else ""
        click.echo(f"{one.count} x {one.kind}  {one.code}  {', '.join(one.subjects)}{more}")
        if one.cause:
            click.echo(f"    {one.cause} {one.cure}".rstrip())
    count = sum(one.count for one in groups)
    click.echo(f"{count} would be queued." if dry_run else f"{count} queued.")


@click.command()
@CHANNEL
@click.option("--vendor", type=VENDOR, default="tiktok", show_default=True)
@click.option("--since", type=MOMENT, required=True, help="Received from here on (UTC).")
@with_django
def replay(channel: str, vendor: str, since: datetime) -> None:
    """Hand stored notifications over once more; harmless however often."""
    from .. import inbox

    connection = connection_of(channel, vendor)
    report = inbox.replay_since(connection, since.replace(tzinfo=UTC), ACTOR)
    click.echo(f"{report.replayed} handed over, {report.ignored} ignored.")


@click.command()
@with_django
def worker() -> None:
    """Work the jobs in this process, where there is no Celery broker."""
    from .. import jobs

    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    jobs.run_forever(stop)
