"""Commands about SKUs."""

from __future__ import annotations

import click

from .common import ACTOR, CHANNEL, connection_of, with_django


@click.command()
@CHANNEL
@click.argument("sku_id")
@click.argument("variant_id")
@with_django
def link(channel: str, sku_id: str, variant_id: str) -> None:
    """Let a TikTok SKU sell a Saleor variant; orders that waited for it import themselves."""
    from .. import catalog

    catalog.link(connection_of(channel), sku_id, variant_id, ACTOR)
    click.echo(f"{sku_id} sells {variant_id}.")


@click.command()
@CHANNEL
@click.argument("sku_id")
@with_django
def unlink(channel: str, sku_id: str) -> None:
    """Cut a SKU's link for good: it is not linked by itself again."""
    from .. import catalog

    catalog.unlink(connection_of(channel), sku_id, ACTOR)
    click.echo(f"{sku_id} is not linked.")
