"""Commands about SKUs: their links, their stock and their prices."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click

from .common import ACTOR, CHANNEL, DRY_RUN, JSON, connection_of, with_django
from .showing import day, pairs, say_json, tame

if TYPE_CHECKING:
    from ..catalog import Change, Explanation

SKUS = click.argument("sku_ids", nargs=-1)


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


@click.group()
def stock() -> None:
    """How many of each SKU TikTok may sell."""


@stock.command("explain")
@CHANNEL
@JSON
@click.argument("sku")
@with_django
def explain(channel: str, as_json: bool, sku: str) -> None:  # noqa: FBT001
    """Why a SKU (its id, the seller's SKU, or the variant) has its number and its price."""
    from .. import catalog

    found = catalog.explain(connection_of(channel), sku)
    if as_json:
        say_json(found)
    else:
        _explain(found)


def _explain(found: Explanation) -> None:
    click.echo(tame(f"{found.sku_id}  {found.seller_sku}  {found.title}".rstrip()))
    click.echo(f"    {found.words}")
    if found.wanted is not None:
        click.echo(f"    should be {found.wanted}: {found.why}")
    for name, place in found.warehouses.items():
        click.echo(f"    {name}: {pairs(vars(place) | {'free': place.free})}")
    for words, orders in (
        ("not in Saleor yet", found.waiting_orders),
        ("in Saleor without stock set aside", found.owed_orders),
    ):
        if orders:
            click.echo(f"    orders {words}: {', '.join(orders)}")
    if found.told.at is not None:
        told = f"told {found.pushed} at {day(found.told.at)} UTC by job {found.told.job_id}"
        click.echo(f"    {told}: {found.told.answer}")
    if found.seen is not None:
        click.echo(f"    TikTok said {found.seen} at {day(found.seen_at)} UTC")
    if found.price is not None:
        price = found.price
        click.echo(f"    price should be {price.wanted} {price.currency}: {price.why}")
        click.echo(f"    price told: {price.pushed}. {price.words}")


@stock.command("compare")
@CHANNEL
@JSON
@SKUS
@with_django
def compare(channel: str, as_json: bool, sku_ids: tuple[str, ...]) -> None:  # noqa: FBT001
    """Count all linked SKUs (or SKU_IDS) anew beside TikTok's numbers; exits 1 if they differ."""
    from .. import catalog

    changes = catalog.push_stock(connection_of(channel), sku_ids=sku_ids or None, dry_run=True)
    if as_json:
        say_json(changes)
    else:
        _say(changes)
    sys.exit(bool(changes))


@stock.command("push")
@CHANNEL
@DRY_RUN
@SKUS
@with_django
def push_stock(channel: str, dry_run: bool, sku_ids: tuple[str, ...]) -> None:  # noqa: FBT001
    """Tell TikTok the numbers of all linked SKUs (or SKU_IDS), where they differ."""
    from .. import catalog

    connection = connection_of(channel)
    changes = catalog.push_stock(connection, sku_ids=sku_ids or None, dry_run=dry_run, actor=ACTOR)
    _say(changes, dry_run=dry_run)


@click.group()
def price() -> None:
    """What each SKU costs at TikTok, where the price push is on."""


@price.command("push")
@CHANNEL
@DRY_RUN
@SKUS
@with_django
def push_price(channel: str, dry_run: bool, sku_ids: tuple[str, ...]) -> None:  # noqa: FBT001
    """Tell TikTok the prices of all linked SKUs (or SKU_IDS), where they changed."""
    from .. import catalog

    connection = connection_of(channel)
    changes = catalog.push_prices(connection, sku_ids=sku_ids or None, dry_run=dry_run, actor=ACTOR)
    _say(changes, dry_run=dry_run)


def _say(changes: Sequence[Change], *, dry_run: bool | None = None) -> None:
    for one in changes:
        values = {"now": _or_none(one.before), "wanted": _or_none(one.after)}
        click.echo(
            tame(f"{one.sku_id}  {one.seller_sku}  {_arrow(values)} {one.currency}".rstrip())
        )
        click.echo(f"    {one.why}")
    words: Mapping[bool | None, str] = {None: "differ", True: "would be told", False: "queued"}
    click.echo(f"{len(changes)} {words[dry_run]}.")


def _or_none(value: object) -> str:
    return "nothing" if value is None else str(value)


def _arrow(values: Mapping[str, str]) -> str:
    return f"{values['now']} -> {values['wanted']}"
