"""The ``saleor-tiktok-stripe`` command: for admins, for rehearsals, for the demo.

A door like the others: each command parses, calls one function and prints its answer.
"""

from __future__ import annotations

import importlib.util
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import click

from . import cli_aftersales
from .errors import ChannelError

if TYPE_CHECKING:
    from .orders.backfill import Progress

SIDECAR_SETTINGS = "saleor_tiktok_stripe.sandbox.sidecar.settings"
ACTOR = "command line"
CHANNEL = click.option("--channel", required=True, help="Slug of the Saleor channel.")
VENDOR = click.Choice(["tiktok", "stripe"])
MOMENT = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"])
F = TypeVar("F", bound=Callable[..., Any])


def _start_django() -> None:
    """Use the settings in force, else Saleor's where Saleor is installed, else the sidecar's."""
    default = "saleor.settings" if importlib.util.find_spec("saleor") else SIDECAR_SETTINGS
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", default)
    import django

    django.setup()


def with_django(command: F) -> F:
    """Run the command with Django ready and permission to write; say errors in one line."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        _start_django()
        from .saleor_api import writer

        try:
            with writer():
                return command(*args, **kwargs)
        except ChannelError as error:
            raise click.ClickException(f"{error.message} [{error.code}]") from error

    return run  # type: ignore[return-value]


def _connection(channel: str, vendor: str = "tiktok") -> Any:
    from .accounts import find_connection

    return find_connection(channel, vendor)


def _connections(channel: str, vendor: str | None) -> list[Any]:
    """One vendor's, or all that the channel has."""
    from .accounts import channel_connections

    known = channel_connections(channel) if vendor is None else []
    return known or [_connection(channel, vendor or "tiktok")]


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="saleor-tiktok-stripe")
def main() -> None:
    """TikTok Shop as a channel of Saleor."""


@main.command()
@click.option("--orders", default=500, show_default=True, help="Orders in the shop's history.")
@click.option("--seed", default=7, show_default=True, help="Another seed, another shop.")
@click.option("--svg", type=click.Path(dir_okay=False), help="Keep the printout as a picture.")
def demo(orders: int, seed: int, svg: str | None) -> None:
    """Import a shop's history while everything goes wrong, and compare to the cent."""
    from .sandbox.demo import run

    sys.exit(run(orders=orders, seed=seed, svg=svg))


@main.group()
def sandbox() -> None:
    """Local stand-ins for the vendors, over HTTP on loopback."""


@sandbox.command("tiktok")
@click.option("--port", default=0, help="0 takes a free one.")
@click.option("--orders", default=100, show_default=True, help="10 to 1,000,000.")
@click.option("--seed", default=7, show_default=True, help="Another seed, another shop.")
@click.option("--region", "regions", multiple=True, default=["US"], help="One shop for each.")
@click.option("--unlinked-share", default=0.0, help="Share of SKUs that no other system knows.")
@click.option("--redirect-url", default="", help="Where the consent page leads to.")
def sandbox_tiktok(regions: tuple[str, ...], **options: Any) -> None:
    """Run a local TikTok Shop; prints one JSON line when ready."""
    from .sandbox.tiktok import run

    run(regions=regions, **options)


@sandbox.command("stripe")
@click.option("--port", default=0, help="0 takes a free one.")
@click.option("--seed", default=7, show_default=True, help="Another seed, other keys and ids.")
def sandbox_stripe(**options: Any) -> None:
    """Run a local Stripe; prints one JSON line when ready."""
    from .sandbox.stripe import run

    run(**options)


@sandbox.command("saleor")
@click.option("--port", default=0, help="0 takes a free one.")
@click.option("--channel", default="default-channel", show_default=True)
@click.option("--currency", default="USD", show_default=True)
@click.option("--country", default="US", show_default=True)
@click.option("--catalog", type=click.Path(exists=True), help="JSON: [[sku, barcode, name, price]]")
def sandbox_saleor(catalog: str | None, **options: Any) -> None:
    """Run a local stand-in for Saleor's API; prints one JSON line when ready."""
    from .sandbox.saleor import read_catalog, run

    run(products=read_catalog(catalog) if catalog else (), **options)


@main.command("new-key")
def new_key() -> None:
    """Make an encryption key for TIKTOK_STRIPE_ENCRYPTION_KEYS."""
    from cryptography.fernet import Fernet

    click.echo(Fernet.generate_key().decode())


@main.command("rotate-keys")
@with_django
def rotate_keys() -> None:
    """Encrypt every stored secret anew with the first key."""
    from .models.rotation import rotate_keys as rotate

    click.echo(f"{rotate()} values encrypted with the first key. Older keys can be removed now.")


@main.command()
@CHANNEL
@click.option("--vendor", type=VENDOR, help="Only this one. Default: all that the channel has.")
@with_django
def verify(channel: str, vendor: str | None) -> None:
    """Check the channel's connections and say what to do about each finding."""
    from . import accounts

    findings = [one for known in _connections(channel, vendor) for one in accounts.verify(known)]
    for finding in findings:
        click.echo(f"{finding.severity:8} {finding.message} {finding.cure}".rstrip())
    sys.exit(any(finding.severity == "error" for finding in findings))


@main.command()
@CHANNEL
@click.option("--vendor", type=VENDOR, default="tiktok", show_default=True)
@click.option("--app-key", default="", help="TikTok: of the app in Partner Center.")
@click.option("--service-id", default="", help="TikTok: of the app; not the app key.")
@click.option("--region", type=click.Choice(["US", "ROW"]), help="TikTok: US or elsewhere.")
@click.option("--app-secret", envvar="TIKTOK_APP_SECRET", help="TikTok. Asked for when left out.")
@click.option("--publishable-key", default="", help="Stripe: pk_…")
@click.option("--secret-key", envvar="STRIPE_SECRET_KEY", help="Stripe. Asked for when left out.")
@click.option("--client-id", default="", help="Stripe Connect platforms only: ca_…")
@with_django
def connect(channel: str, vendor: str, **entered: Any) -> None:
    """Connect a channel's shop or Stripe account (sidecar; in Saleor: Dashboard).

    Prints the link to the consent, where there is one to give.
    """
    if vendor == "stripe":
        _connect_stripe(channel, entered)
    else:
        _connect_tiktok(channel, entered)


def _connect_tiktok(channel: str, entered: dict[str, Any]) -> None:
    from . import accounts

    for name in ("app_key", "service_id", "region"):
        if not entered[name]:
            raise click.UsageError(f"--{name.replace('_', '-')} is missing.")
    known = accounts.connection_or_none(channel)
    settings = accounts.ChannelSettings(
        app_key=entered["app_key"],
        app_secret=entered["app_secret"] or click.prompt("App secret", hide_input=True),
        service_id=entered["service_id"],
        region_group=entered["region"],
        policy=accounts.policy(known) if known else accounts.ChannelPolicy(),
    )
    click.echo(accounts.begin_connect(channel, settings, actor=ACTOR))


def _connect_stripe(channel: str, entered: dict[str, Any]) -> None:
    from . import accounts

    known = accounts.stripe_connection(channel)
    settings = accounts.StripeSettings(
        secret_key=entered["secret_key"] or click.prompt("Secret key", hide_input=True),
        publishable_key=entered["publishable_key"],
        client_id=entered["client_id"],
        policy=accounts.stripe_policy(known) if known else accounts.StripePolicy(),
    )
    connection = accounts.connect_stripe(channel, settings, ACTOR)
    if settings.client_id and not connection.account_handle:
        click.echo(accounts.begin_stripe_connect(channel, ACTOR))
        return
    mode = "live" if connection.livemode else "test"
    click.echo(f"{channel} takes payments with {connection.account_name} ({mode} mode).")


@main.command()
@CHANNEL
@click.option("--vendor", type=VENDOR, default="tiktok", show_default=True)
@with_django
def disconnect(channel: str, vendor: str) -> None:
    """End the authorization and wipe the secrets; orders and payments stay."""
    from . import accounts

    accounts.disconnect(_connection(channel, vendor), actor=ACTOR)
    click.echo(f"{channel} is disconnected.")


@main.command()
@CHANNEL
@click.option("--since", type=MOMENT, help="Orders placed from here on (UTC). Default: all.")
@click.option("--until", type=MOMENT, help="Orders placed before this (UTC). Default: now.")
@click.option("--watch/--no-watch", default=True, help="Show progress until it is done.")
@with_django
def backfill(channel: str, since: datetime | None, until: datetime | None, watch: bool) -> None:  # noqa: FBT001
    """Import the history; goes on where it stopped, and imports nothing twice."""
    from .orders.backfill import backfill_progress, start_backfill

    connection = _connection(channel)
    start_backfill(connection, ACTOR, placed_from=_utc(since), placed_to=_utc(until))
    if not watch:
        click.echo("Queued.")
        return
    while (state := backfill_progress(connection)) and state.status in {"queued", "running"}:
        click.echo(f"\r{_progress(state)}", nl=False)
        time.sleep(1)
    click.echo(f"\r{_progress(state)}: {state.status}" if state else "\rNothing to do.")
    sys.exit(state is not None and state.status != "done")


def _progress(state: Progress) -> str:
    total = "?" if state.total is None else state.total
    return f"{state.seen} of {total} seen, {state.imported} in Saleor, {state.parked} parked"


@main.command()
@CHANNEL
@click.option("--since", type=MOMENT, help="Only orders placed from here on (UTC).")
@with_django
def reconcile(channel: str, since: datetime | None) -> None:
    """Compare TikTok's orders with Saleor's, to the cent; exits 1 where they differ."""
    from .orders.summary import summarize

    result = summarize(_connection(channel), placed_from=_utc(since))
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


@main.command()
@CHANNEL
@with_django
def parked(channel: str) -> None:
    """List the orders and payments that wait for somebody, with cause and cure."""
    from . import jobs

    for connection in _connections(channel, None):
        for one in jobs.waiting(connection):
            click.echo(f"{one.subject or one.kind}  {one.code}\n    {one.cause}\n    {one.cure}")


@main.command()
@CHANNEL
@click.argument("subjects", nargs=-1)
@with_django
def retry(channel: str, subjects: tuple[str, ...]) -> None:
    """Try again what is parked: what is named as "parked" names it, or everything."""
    from . import jobs
    from .models import Job, JobStatus

    rows = Job.objects.filter(
        connection__in=_connections(channel, None),
        status__in=[JobStatus.PARKED, JobStatus.DEAD],
    )
    if subjects:
        rows = rows.filter(subject__in=subjects)
    click.echo(f"{jobs.retry(list(rows.values_list('id', flat=True)), ACTOR)} queued.")


@main.command()
@CHANNEL
@click.argument("sku_id")
@click.argument("variant_id")
@with_django
def link(channel: str, sku_id: str, variant_id: str) -> None:
    """Let a TikTok SKU sell a Saleor variant; orders that waited for it import themselves."""
    from . import catalog

    catalog.link(_connection(channel), sku_id, variant_id, ACTOR)
    click.echo(f"{sku_id} sells {variant_id}.")


@main.command()
@CHANNEL
@click.argument("sku_id")
@with_django
def unlink(channel: str, sku_id: str) -> None:
    """Cut a SKU's link for good: it is not linked by itself again."""
    from . import catalog

    catalog.unlink(_connection(channel), sku_id, ACTOR)
    click.echo(f"{sku_id} is not linked.")


@main.command()
@CHANNEL
@click.option("--vendor", type=VENDOR, default="tiktok", show_default=True)
@click.option("--since", type=MOMENT, required=True, help="Received from here on (UTC).")
@with_django
def replay(channel: str, vendor: str, since: datetime) -> None:
    """Hand stored notifications over once more; harmless however often."""
    from . import inbox

    connection = _connection(channel, vendor)
    report = inbox.replay_since(connection, since.replace(tzinfo=UTC), ACTOR)
    click.echo(f"{report.replayed} handed over, {report.ignored} ignored.")


@main.command("register-webhooks")
@CHANNEL
@with_django
def register_webhooks(channel: str) -> None:
    """Sidecar: make Saleor ask this address as its payment app, for all channels."""
    from . import conf
    from .saleor_api.http import HttpSaleor

    secret, address = conf.saleor_webhook_secret(), conf.channel_url(channel, "webhooks/saleor/")
    if not secret:
        raise click.ClickException("Set SALEOR_WEBHOOK_SECRET for every process first.")
    added = HttpSaleor.from_settings().register_webhooks(address, secret)
    click.echo(f"{address}: {', '.join(added) or 'nothing was missing'}")


def _utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment else None


@main.command()
@with_django
def doctor() -> None:
    """Say in one look whether everything runs, and what to mend; exits 1 where something is not."""
    from django.core.checks import run_checks

    from . import health
    from .models import Connection

    messages = run_checks(tags=["saleor_tiktok_stripe"])
    for message in messages:
        click.echo(f"{message.id} {message.msg} {message.hint or ''}".rstrip())
    connections = list(Connection.objects.order_by("channel_slug"))
    for connection in connections:
        click.echo("\n".join(health.as_text(connection)))
    if not connections:
        click.echo("No channel has settings yet.")
    well = all(health.summary(connection)["status"] == "ok" for connection in connections)
    sys.exit(any(message.is_serious() for message in messages) or not well)


@main.command()
@with_django
def worker() -> None:
    """Work the jobs in this process, where there is no Celery broker."""
    from . import jobs

    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    jobs.run_forever(stop)


cli_aftersales.register(main, with_django)

if __name__ == "__main__":
    main()
