"""Commands about connections, their keys and their secrets."""

from __future__ import annotations

import sys
from typing import Any

import click

from .common import ACTOR, CHANNEL, VENDOR, connection_of, connections_of, with_django


@click.command("new-key")
def new_key() -> None:
    """Make an encryption key for TIKTOK_STRIPE_ENCRYPTION_KEYS."""
    from cryptography.fernet import Fernet

    click.echo(Fernet.generate_key().decode())


@click.command("rotate-keys")
@with_django
def rotate_keys() -> None:
    """Encrypt every stored secret anew with the first key."""
    from ..models.rotation import rotate_keys as rotate

    done = rotate()
    click.echo(f"{done.changed} values encrypted with the first key.")
    if not done.unreadable:
        click.echo("Older keys can be removed now.")
        return
    where = ", ".join(f"{count} in {name}" for name, count in sorted(done.unreadable.items()))
    click.echo(f"Fit none of the configured keys, and were left as they are: {where}.")
    click.echo("Add the key they were made with and run this again. Is it lost, see the manual.")
    sys.exit(1)


@click.command()
@CHANNEL
@click.option("--vendor", type=VENDOR, help="Only this one. Default: all that the channel has.")
@with_django
def verify(channel: str, vendor: str | None) -> None:
    """Check the channel's connections and say what to do about each finding."""
    from .. import accounts

    known = connections_of(channel, vendor)
    findings = [one for each in known for one in accounts.verify(each, ACTOR)]
    for finding in findings:
        click.echo(f"{finding.severity:8} {finding.message} {finding.cure}".rstrip())
    sys.exit(any(finding.severity == "error" for finding in findings))


@click.command()
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
    from .. import accounts

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
    from .. import accounts

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


@click.command()
@CHANNEL
@click.option("--vendor", type=VENDOR, default="tiktok", show_default=True)
@with_django
def disconnect(channel: str, vendor: str) -> None:
    """End the authorization and wipe the secrets; orders and payments stay."""
    from .. import accounts

    accounts.disconnect(connection_of(channel, vendor), actor=ACTOR)
    click.echo(f"{channel} is disconnected.")


@click.command("register-webhooks")
@CHANNEL
@with_django
def register_webhooks(channel: str) -> None:
    """Sidecar: make Saleor ask this address as its payment app, for all channels."""
    from .. import conf
    from ..saleor_api.http import HttpSaleor

    secret, address = conf.saleor_webhook_secret(), conf.channel_url(channel, "webhooks/saleor/")
    if not secret:
        raise click.ClickException("Set SALEOR_WEBHOOK_SECRET for every process first.")
    added = HttpSaleor.from_settings().register_webhooks(address, secret)
    click.echo(f"{address}: {', '.join(added) or 'nothing was missing'}")
