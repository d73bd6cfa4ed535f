"""Commands about money: an order's, a payout's, statements, and the ledger as a table."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import IO, TYPE_CHECKING

import click

from ..errors import InvalidInput
from .common import (
    ACTOR,
    CHANNEL,
    JSON,
    MOMENT,
    VENDOR,
    connection_of,
    connections_of,
    utc,
    with_django,
)
from .showing import day, more, say_json, say_table

if TYPE_CHECKING:
    from ..models import Connection, Payout, Statement
    from ..payments.ledger import OpenDifference, OrderMoney, PayoutTrace

PAGE = click.option("--page", default="", help="Go on where the last page ended.")
LIMIT = click.option("--limit", default=50, show_default=True, help="Lines; at most 200.")


@click.group()
def money() -> None:
    """Every amount from the order to the payout."""


@money.command("order")
@CHANNEL
@JSON
@click.argument("order_id")
@with_django
def order(channel: str, as_json: bool, order_id: str) -> None:  # noqa: FBT001
    """The money of an order (TikTok's id, or Saleor's): sold, settled, paid out; exits 1 where
    something differs."""
    from ..payments import ledger

    known = [ledger.order_money(one, order_id) for one in connections_of(channel, None)]
    found = [one for one in known if one.standing != ledger.Standing.UNKNOWN]
    if not found:
        raise InvalidInput("ORDER_UNKNOWN", f"Nothing is known of order {order_id}.", field="order")
    if as_json:
        say_json(found)
    else:
        for one in found:
            _say_order(one)
    sys.exit(any(one.differences for one in found))


def _say_order(found: OrderMoney) -> None:
    click.echo(f"{found.order_id}  {found.standing.value.replace('_', ' ')}")
    click.echo(f"    sold in {found.currency}: {_amounts(found.sold)}")
    for currency, kinds in found.by_kind.items():
        click.echo(f"    settled in {currency}: {_amounts(kinds)}")
    for words, sums in (("settled", found.settled), ("expected", found.expected)):
        for currency, amount in sums.items():
            click.echo(f"    {words}: {amount:f} {currency}")
    for share in found.payouts:
        words = f"payout {share.payout_id} ({share.state})"
        click.echo(f"    {words}: {share.amount:f} {share.currency}")
    _say_differences(found.differences)


@money.command("payout")
@CHANNEL
@PAGE
@LIMIT
@JSON
@click.argument("payout_id")
@with_django
def payout(channel: str, page: str, limit: int, as_json: bool, payout_id: str) -> None:  # noqa: FBT001
    """What a payout is made of: its orders, and what belongs to none; exits 1 where it differs."""
    from ..payments import ledger

    connection = _of_payout(channel, payout_id)
    found = ledger.payout_trace(connection, payout_id, after=page, size=limit)
    if as_json:
        say_json({**vars(found), "payout": _payout(found.payout)})
    else:
        _say_payout(found)
    sys.exit(bool(found.differences))


def _of_payout(channel: str, payout_id: str) -> Connection:
    from ..models import Payout

    rows = Payout.objects.select_related("connection")
    found = rows.filter(connection__in=connections_of(channel, None), payout_id=payout_id).first()
    return found.connection if found is not None else connections_of(channel, None)[0]


def _say_payout(found: PayoutTrace) -> None:
    click.echo("  ".join(map(str, _payout(found.payout).values())))
    click.echo(f"    parts come to {found.total:f} of {found.amount:f} {found.currency}")
    if found.statements:
        click.echo(f"    statements: {', '.join(found.statements)}")
    say_table(
        ("    order", one.order_id, f"{one.net:f}", _amounts(one.by_kind)) for one in found.orders
    )
    for component, amount in found.without_order.items():
        click.echo(f"    of no order: {component} {amount:f}")
    _say_differences(found.differences)
    more(found.next)


@money.command("payouts")
@CHANNEL
@click.option("--vendor", type=VENDOR, default="tiktok", show_default=True)
@PAGE
@LIMIT
@JSON
@with_django
def payouts(channel: str, vendor: str, page: str, limit: int, as_json: bool) -> None:  # noqa: FBT001
    """List payouts, the newest first."""
    from ..payments import ledger

    found = ledger.payouts(connection_of(channel, vendor), after=page, size=limit)
    rows = [_payout(one) for one in found.items]
    _say_list(rows, found.next, as_json=as_json)


@money.command("statements")
@CHANNEL
@PAGE
@LIMIT
@JSON
@with_django
def statements(channel: str, page: str, limit: int, as_json: bool) -> None:  # noqa: FBT001
    """List TikTok's statements, the newest first."""
    from ..payments import ledger

    found = ledger.statements(connection_of(channel), after=page, size=limit)
    _say_list([_statement(one) for one in found.items], found.next, as_json=as_json)


def _say_list(rows: list[dict[str, object]], next_page: str, *, as_json: bool) -> None:
    if as_json:
        say_json({"items": rows, "next": next_page})
        return
    say_table(list(row.values()) for row in rows)
    if not rows:
        click.echo("None yet.")
    more(next_page)


@money.command("check")
@CHANNEL
@click.argument("order_ids", nargs=-1)
@with_django
def check(channel: str, order_ids: tuple[str, ...]) -> None:
    """Compare the ledger of all orders (or ORDER_IDS), statements and payouts anew; exits 1 where
    something differs. Asks neither TikTok nor Stripe."""
    from ..payments import ledger

    differing = 0
    for connection in connections_of(channel, None):
        done = ledger.reconcile(connection, order_ids or None, actor=ACTOR)
        differing += done.differences
        click.echo(f"{connection.vendor}: {done.orders} orders, {done.differences} differences")
    sys.exit(differing > 0)


@money.command("export")
@CHANNEL
@click.option("--vendor", type=VENDOR, default="tiktok", show_default=True)
@click.option("--since", type=MOMENT, help="From here on (UTC).")
@click.option("--until", type=MOMENT, help="Before this (UTC).")
@click.option("--out", type=click.File("w", encoding="utf-8"), default="-", help="A file.")
@click.argument("kind", type=click.Choice(["entries", "orders", "payouts"]))
@with_django
def export(
    channel: str,
    vendor: str,
    since: datetime | None,
    until: datetime | None,
    out: IO[str],
    kind: str,
) -> None:
    """Write the ledger as CSV: single amounts, sums by order, or payouts."""
    from ..payments import ledger

    rows = ledger.export_csv(connection_of(channel, vendor), kind, utc(since), utc(until), out)
    click.echo(f"{rows} rows.", err=True)


def _payout(one: Payout) -> dict[str, object]:
    return {
        "payout_id": one.payout_id,
        "kind": one.kind,
        "state": one.state,
        "amount": f"{one.amount:f}",
        "currency": one.currency,
        "made_at": day(one.made_at),
        "paid_at": day(one.paid_at),
    }


def _statement(one: Statement) -> dict[str, object]:
    return {
        "statement_id": one.statement_id,
        "at": day(one.at),
        "settlement": f"{one.settlement:f}",
        "currency": one.currency,
        "payment_status": one.payment_status,
        "payout_id": one.payout.payout_id if one.payout else "-",
    }


def _amounts(amounts: Mapping[str, Decimal]) -> str:
    return ", ".join(f"{name} {amount:f}" for name, amount in amounts.items()) or "nothing"


def _say_differences(found: tuple[OpenDifference, ...]) -> None:
    for one in found:
        by = "" if one.amount is None else f" by {one.amount:f} {one.currency}"
        click.echo(f"    {one.code}{by}: {one.words} {one.cure}")
