"""Commands of a rehearsal: local stand-ins for the vendors, and the demo."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

_PORT = click.option("--port", type=click.IntRange(0, 65535), default=0, help="0 takes a free one.")
_ORDERS = click.IntRange(10, 1_000_000)
_REGIONS = click.Choice(
    ["US", "GB", "DE", "FR", "IT", "ES", "IE", "JP", "ID", "VN", "TH", "MY", "PH", "SG", "MX", "BR"]
)


@contextmanager
def _said() -> Iterator[None]:
    """What cannot be started, such as on a port that is taken, is said in one line."""
    from ..sandbox.components.processes import ComponentError

    try:
        yield
    except ComponentError as error:
        raise click.ClickException(str(error)) from error


@click.command()
@click.option(
    "--orders", type=_ORDERS, default=500, show_default=True, help="Orders in the shop's history."
)
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
@_PORT
@click.option("--orders", type=_ORDERS, default=100, show_default=True)
@click.option("--seed", default=7, show_default=True, help="Another seed, another shop.")
@click.option(
    "--region", "regions", type=_REGIONS, multiple=True, default=["US"], help="One shop for each."
)
@click.option(
    "--unlinked-share",
    type=click.FloatRange(0, 1),
    default=0.0,
    help="Share of SKUs that no other system knows.",
)
@click.option("--redirect-url", default="", help="Where the consent page leads to.")
def sandbox_tiktok(regions: tuple[str, ...], **options: Any) -> None:
    """Run a local TikTok Shop; prints one JSON line when ready."""
    from ..sandbox.tiktok import run

    with _said():
        run(regions=regions, **options)


@sandbox.command("stripe")
@_PORT
@click.option("--seed", default=7, show_default=True, help="Another seed, other keys and ids.")
def sandbox_stripe(**options: Any) -> None:
    """Run a local Stripe; prints one JSON line when ready."""
    from ..sandbox.stripe import run

    with _said():
        run(**options)


@sandbox.command("saleor")
@_PORT
@click.option("--channel", default="default-channel", show_default=True)
@click.option("--currency", default="USD", show_default=True)
@click.option("--country", default="US", show_default=True)
@click.option(
    "--catalog",
    type=click.Path(exists=True, dir_okay=False),
    help="JSON: [[sku, barcode, name, price]]",
)
def sandbox_saleor(catalog: str | None, **options: Any) -> None:
    """Run a local stand-in for Saleor's API; prints one JSON line when ready."""
    from ..sandbox.saleor import read_catalog, run

    with _said():
        run(products=read_catalog(catalog) if catalog else (), **options)
