"""Commands about what was sold."""

from __future__ import annotations

from datetime import datetime
from typing import IO, TYPE_CHECKING

import click

from .common import CHANNEL, JSON, connections_of, with_django
from .showing import say_json, say_table

if TYPE_CHECKING:
    from ..insights import Insights

PERIOD = click.option(
    "--period",
    type=click.Choice(["today", "7d", "30d", "90d", "month", "custom"]),
    default="30d",
    show_default=True,
    help="Days up to today; custom: --since to --until.",
)
DAY = click.DateTime(["%Y-%m-%d"])


@click.command("report")
@CHANNEL
@PERIOD
@click.option("--since", type=DAY, help="First day of a custom period.")
@click.option("--until", type=DAY, help="Last day of a custom period (today).")
@click.option("--html", type=click.File("w", encoding="utf-8"), help="Write a page to print.")
@click.option(
    "--csv",
    "table",
    type=click.Choice(["days", "hours", "products", "fees"]),
    help="Write this table as CSV instead.",
)
@click.option("--out", type=click.File("w", encoding="utf-8"), default="-", help="CSV: a file.")
@JSON
@with_django
def report(
    channel: str,
    period: str,
    since: datetime | None,
    until: datetime | None,
    html: IO[str] | None,
    table: str | None,
    out: IO[str],
    as_json: bool,  # noqa: FBT001
) -> None:
    """What was sold, at TikTok and with Stripe, against the period before. Days are those of the
    shop's time zone."""
    from .. import insights
    from ..insights.report import report as page

    connections = connections_of(channel, None)
    if since is not None or until is not None:
        period = "custom"
    wanted = insights.period(
        connections,
        period,
        since=since.date() if since else None,
        until=until.date() if until else None,
    )
    if table is not None:
        for line in insights.export_csv(connections, wanted, table):
            out.write(line)
        return
    if html is not None:
        html.write(page(connections, wanted, title=channel))
        click.echo(f"Written to {html.name}.", err=True)
        return
    found = insights.figures(connections, wanted)
    if as_json:
        say_json(found)
        return
    _say(found)


def _say(found: Insights) -> None:
    from ..insights.report import change, money, share, span

    click.echo(f"{span(found.period.first, found.period.last)} ({found.zone})")
    if not found.currencies:
        click.echo("Nothing was sold.")
    for one in found.currencies:
        rows: list[tuple[str, ...]] = [
            (one.currency, "orders", "volume", "refunded", "rate", "disputed", "cancelled", "net")
        ]
        for label, now in [(side.label, side.now) for side in one.sides] + [("all", one.now)]:
            amounts = (money(now.volume, one.currency), money(now.refunded, one.currency))
            rates = (share(now.refund_rate), share(now.dispute_rate), share(now.cancellation_rate))
            net = money(now.net, one.currency)
            rows.append((label, str(now.orders), *amounts, *rates, net))
        say_table(rows)
        if one.change is not None:
            by = f"volume {change(one.change.volume)}, orders {change(one.change.orders)}"
            click.echo(f"Against the days before: {by}.")
    if not found.progress.complete:
        click.echo("Sales are still being taken in: figures may grow.", err=True)
