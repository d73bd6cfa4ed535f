"""Commands about goods that leave: telling TikTok, and which carriers it knows."""

from __future__ import annotations

import sys

import click

from .common import ACTOR, CHANNEL, DRY_RUN, JSON, connection_of, with_django
from .showing import say_json, say_table


@click.command("push")
@CHANNEL
@DRY_RUN
@click.argument("orders", nargs=-1, required=True)
@with_django
def push(channel: str, dry_run: bool, orders: tuple[str, ...]) -> None:  # noqa: FBT001
    """Tell TikTok what was shipped, tracked or cancelled in Saleor of ORDERS (TikTok's ids).

    A dry run exits with 1 where something stands in the way."""
    from .. import fulfilment

    connection = connection_of(channel)
    if not dry_run:
        click.echo(f"{fulfilment.retry_push(connection, orders, ACTOR)} queued.")
        return
    stuck = False
    for order_id in orders:
        plan = fulfilment.plan_push(connection, order_id)
        stuck = stuck or bool(plan.problems)
        for line in plan.lines() or ["nothing to tell"]:
            click.echo(f"{order_id}  {line}")
    sys.exit(stuck)


@click.group()
def carriers() -> None:
    """Which of TikTok's carriers the carriers in Saleor are."""


@carriers.command("list")
@CHANNEL
@click.option("--refresh", is_flag=True, help="Ask TikTok for its carriers first.")
@JSON
@with_django
def list_carriers(channel: str, refresh: bool, as_json: bool) -> None:  # noqa: FBT001
    """List TikTok's carriers for this shop, and the manual table."""
    from .. import accounts, fulfilment
    from ..models import Carrier, CarrierLink

    connection = connection_of(channel)
    if refresh:
        fulfilment.refresh_carriers(connection, accounts.client(connection), ACTOR)
    rows = Carrier.objects.filter(connection=connection, gone=False).order_by("name")
    known = {row.carrier_id: row.name for row in rows}
    links = CarrierLink.objects.filter(connection=connection).order_by("name")
    table = {row.name: row.carrier_id for row in links}
    if as_json:
        say_json({"carriers": known, "links": table})
        return
    say_table((carrier_id, name) for carrier_id, name in known.items())
    for name, carrier_id in table.items():
        click.echo(f'"{name}" in Saleor is {known.get(carrier_id, carrier_id)}')
    if not known:
        click.echo("No carriers are known yet: --refresh asks TikTok.")


@carriers.command("link")
@CHANNEL
@click.argument("name")
@click.argument("carrier_id")
@with_django
def link_carrier(channel: str, name: str, carrier_id: str) -> None:
    """Let NAME in Saleor mean a carrier of TikTok's; orders that waited for it go on."""
    from .. import fulfilment

    fulfilment.link_carrier(connection_of(channel), name, carrier_id, ACTOR)
    click.echo(f'"{name}" is {carrier_id}.')


@carriers.command("unlink")
@CHANNEL
@click.argument("name")
@with_django
def unlink_carrier(channel: str, name: str) -> None:
    """Forget what NAME means; exits 1 where nothing was linked."""
    from .. import fulfilment

    if not fulfilment.unlink_carrier(connection_of(channel), name, ACTOR):
        raise click.ClickException(f'"{name}" was not linked.')
    click.echo(f'"{name}" is not linked.')
