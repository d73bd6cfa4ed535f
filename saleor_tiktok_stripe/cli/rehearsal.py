"""Commands of a rehearsal: local stand-ins for the vendors, and the demo."""

from __future__ import annotations

import sys
from typing import Any

import click


@click.command()
@click.option("--orders", default=500, show_default=True, help="Orders in the shop's history.")
@click.option("--seed", default=7, show_default=True, help="Another seed, another shop.")
@click.option("--svg", type=click.Path(dir_okay=False), help="Keep the printout as a picture.")
@click.option("--keep", is_flag=True, help="Keep it up afterwards, with its console.")
def demo(orders: int, seed: int, svg: str | None, keep: bool) -> None:  # noqa: FBT001
    """Import a shop's history while everything goes wrong, and compare to the cent."""
    from ..sandbox.demo import run

    sys.exit(run(orders=orders, seed=seed, svg=svg, keep=keep))


@click.group()
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
    from ..sandbox.tiktok import run

    run(regions=regions, **options)


@sandbox.command("stripe")
@click.option("--port", default=0, help="0 takes a free one.")
@click.option("--seed", default=7, show_default=True, help="Another seed, other keys and ids.")
def sandbox_stripe(**options: Any) -> None:
    """Run a local Stripe; prints one JSON line when ready."""
    from ..sandbox.stripe import run

    run(**options)


@sandbox.command("saleor")
@click.option("--port", default=0, help="0 takes a free one.")
@click.option("--channel", default="default-channel", show_default=True)
@click.option("--currency", default="USD", show_default=True)
@click.option("--country", default="US", show_default=True)
@click.option("--catalog", type=click.Path(exists=True), help="JSON: [[sku, barcode, name, price]]")
def sandbox_saleor(catalog: str | None, **options: Any) -> None:
    """Run a local stand-in for Saleor's API; prints one JSON line when ready."""
    from ..sandbox.saleor import read_catalog, run

    run(products=read_catalog(catalog) if catalog else (), **options)
