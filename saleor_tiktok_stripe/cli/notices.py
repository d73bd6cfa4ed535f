"""Commands about what the merchant is told: by mail, and by a signed webhook."""

from __future__ import annotations

import sys

import click

from .common import ACTOR, CHANNEL, JSON, with_django
from .showing import day, more, say_json, say_table, tame

PAGE = click.option("--page", default="", help="Go on where the last page ended.")
LIMIT = click.option("--limit", default=50, show_default=True, help="Lines on a page; at most 200.")


@click.group()
def notices() -> None:
    """Problems and deadlines that the merchant is told of."""


@notices.command("list")
@CHANNEL
@click.option("--all", "closed", is_flag=True, help="Also what is solved.")
@click.option("--sent", is_flag=True, help="The messages instead: to whom, and what came of them.")
@PAGE
@LIMIT
@JSON
@with_django
def list_notices(
    channel: str,
    closed: bool,  # noqa: FBT001
    sent: bool,  # noqa: FBT001
    page: str,
    limit: int,
    as_json: bool,  # noqa: FBT001
) -> None:
    """List what there is to tell, the newest first, with its cure and when it was told."""
    from .. import notices as room

    if sent:
        messages = room.deliveries(channel, page, limit)
        if as_json:
            say_json(messages)
            return
        say_table(
            (day(one.created_at), one.reason, one.target or one.means, one.state, one.error)
            for one in messages.items
        )
        more(messages.next)
        return
    found = room.listed(channel, "" if closed else "open", page, limit)
    if as_json:
        say_json(found)
        return
    for line in found.items:
        due = f"  until {day(line.due_by)}" if line.due_by else ""
        told = f"told {day(line.told_at)}" if line.told_at else "not told"
        click.echo(f"{line.severity}  {line.code}{due}  ({line.state}, {told})")
        click.echo(tame(f"    {line.message}\n    {line.cure}\n    {line.url}"))
    more(found.next)
    if not found.items:
        click.echo("There is nothing to tell.")


@notices.command("look")
@CHANNEL
@with_django
def look(channel: str) -> None:
    """Look now what there is to tell; workers send what is due."""
    from .. import accounts
    from .. import notices as room

    found = room.look(accounts.channel_connections(channel))
    click.echo(
        f"{found.appeared} new, {found.changed} changed, {found.solved} solved; "
        f"{found.messages} messages to send."
    )
    if found.wait is not None:
        click.echo(f"More is gathered for {found.wait.total_seconds():.0f} s before it is told.")


@notices.command("test")
@CHANNEL
@with_django
def test(channel: str) -> None:
    """Send a test to every address and to the webhook; exits 1 where one is not taken."""
    from .. import notices as room

    results = room.test(channel, ACTOR)
    for one in results:
        code = f" [{one.code}]" if one.code else ""
        click.echo(f"{one.target or one.means}: {one.words}{code}")
    sys.exit(not all(one.taken for one in results))


@notices.command("settings")
@CHANNEL
@click.option("--recipients", help='Mail addresses, separated by commas; "" for none.')
@click.option("--kinds", help='When kinds are told, such as "cases=at_once, drift=off".')
@click.option("--webhook-url", help='Address that is called; "" for none.')
@click.option("--digest-hour", help="Hour of the daily digest, 0 to 23.")
@click.option("--time-zone", help="Such as Europe/London.")
@click.option("--empty-digest/--no-empty-digest", default=None, help="Also with nothing new.")
@with_django
def settings(channel: str, **given: object) -> None:
    """Show who is told what; with options: change it. A new secret is shown this once."""
    from .. import notices as room

    chosen = {name: value for name, value in given.items() if value is not None}
    policy, secret = room.policy(channel), ""
    if chosen:
        done = room.configure(channel, chosen, ACTOR)
        policy, secret = done.policy, done.secret
    for name, value in policy.model_dump(mode="json").items():
        click.echo(tame(f"{name}: {_words(value)}"))
    if secret:
        click.echo(f"webhook secret: {secret}")


@notices.command("rotate-secret")
@CHANNEL
@with_django
def rotate_secret(channel: str) -> None:
    """Make a new secret for the webhook and show it; the old one is used beside it for a day."""
    from .. import notices as room

    click.echo(room.rotate_secret(channel, ACTOR))


def _words(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{kind}={mode}" for kind, mode in value.items()) or "-"
    return (", ".join(value) if isinstance(value, list) else str(value)) or "-"
