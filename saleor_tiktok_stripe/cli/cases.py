"""Commands about the buyers' requests at TikTok, and the one queue of what waits for an answer."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import click

from ..errors import InvalidInput
from .common import ACTOR, CHANNEL, DRY_RUN, JSON, amount_of, connections_of, with_django
from .showing import day, more, say_json, tame

if TYPE_CHECKING:
    from ..aftersales import QueueItem
    from ..models import AfterSalesCase, MarketplaceRequest

CASE = click.argument("case_id")
KEY = click.option("--key", default="", help="The same key again is the same answer.")


@click.group()
def cases() -> None:
    """What buyers ask for at TikTok, and what banks ask of Stripe: one queue."""


@cases.command("list")
@CHANNEL
@click.option("--all", "closed", is_flag=True, help="Also what waits for others, or is over.")
@click.option("--page", default="", help="Go on where the last page ended.")
@click.option("--limit", default=50, show_default=True, help="Lines on a page; at most 200.")
@JSON
@with_django
def list_cases(
    channel: str,
    closed: bool,  # noqa: FBT001
    page: str,
    limit: int,
    as_json: bool,  # noqa: FBT001
) -> None:
    """List what waits for an answer, the most urgent first, each with what can be done."""
    from .. import aftersales

    found = aftersales.queue(
        connections_of(channel, None), open_only=not closed, after=page, limit=limit
    )
    if as_json:
        say_json(found)
        return
    for item in found.items:
        _say(item)
    more(found.after)
    if not found.items:
        click.echo("Nothing waits for an answer.")


@cases.command("show")
@CHANNEL
@JSON
@CASE
@with_django
def show(channel: str, as_json: bool, case_id: str) -> None:  # noqa: FBT001
    """Everything about a case: what is asked, for which items, and what each answer does."""
    from ..aftersales.cases.deadlines import answering
    from ..aftersales.queue import of_case
    from ..jobs import clock

    case = _case(channel, case_id)
    on_its_way = bool(answering([case.connection], [case.case_id]))
    item = of_case(case, now=clock.now(), on_its_way=on_its_way)
    if as_json:
        say_json({"item": item, "units": case.units, "tracking": case.tracking_number})
        return
    _say(item)
    for unit, amount in case.units.items():
        click.echo(f"    item {unit}: {amount} {case.currency}")
    if case.tracking_number:
        click.echo(tame(f"    sent back with {case.carrier} {case.tracking_number}"))
    if item.otherwise:
        click.echo(f"    Otherwise: {item.otherwise}")


@cases.command("reasons")
@CHANNEL
@CASE
@with_django
def reasons(channel: str, case_id: str) -> None:
    """The reasons with which TikTok lets this case be rejected; it is asked."""
    from .. import aftersales

    for one in aftersales.reject_reasons(_case(channel, case_id)):
        click.echo(f"{one.key}  {one.text}")


@cases.command("accept")
@CHANNEL
@click.option("--buyer-keeps", is_flag=True, help="Pay a return back without the goods.")
@click.option("--refund-instead", is_flag=True, help="Money instead of a replacement.")
@KEY
@DRY_RUN
@CASE
@with_django
def accept(
    channel: str,
    buyer_keeps: bool,  # noqa: FBT001
    refund_instead: bool,  # noqa: FBT001
    key: str,
    dry_run: bool,  # noqa: FBT001
    case_id: str,
) -> None:
    """Say yes to what the buyer asks, or that a returned parcel is in order."""
    from .. import aftersales

    case = _case(channel, case_id)
    row = aftersales.accept(
        case,
        actor=ACTOR,
        request_key=key,
        buyer_keeps=buyer_keeps,
        instead_of_replacement=refund_instead,
        dry_run=dry_run,
    )
    _done(case, row, dry_run=dry_run)


@cases.command("reject")
@CHANNEL
@click.option("--reason", required=True, help='One of those that "cases reasons" lists.')
@click.option("--comment", default="", help="For the buyer, who may read it.")
@KEY
@DRY_RUN
@CASE
@with_django
def reject(
    channel: str,
    reason: str,
    comment: str,
    key: str,
    dry_run: bool,  # noqa: FBT001
    case_id: str,
) -> None:
    """Say no, with one of TikTok's reasons."""
    from .. import aftersales

    case = _case(channel, case_id)
    row = aftersales.reject(
        case, reason, comment=comment, actor=ACTOR, request_key=key, dry_run=dry_run
    )
    _done(case, row, dry_run=dry_run)


@cases.command("offer")
@CHANNEL
@KEY
@DRY_RUN
@CASE
@click.argument("amount", callback=lambda _, __, text: amount_of(text))
@with_django
def offer(
    channel: str,
    key: str,
    dry_run: bool,  # noqa: FBT001
    case_id: str,
    amount: Decimal,
) -> None:
    """Offer the buyer AMOUNT instead of all of the money."""
    from .. import aftersales

    case = _case(channel, case_id)
    row = aftersales.offer(case, amount, actor=ACTOR, request_key=key, dry_run=dry_run)
    _done(case, row, dry_run=dry_run)


def _case(channel: str, case_id: str) -> AfterSalesCase:
    from ..models import AfterSalesCase

    rows = AfterSalesCase.objects.select_related("connection")
    found = rows.filter(connection__channel_slug=channel, case_id=case_id).first()
    if found is None:
        raise InvalidInput("CASE_UNKNOWN", f"This channel has no case {case_id}.", field="case")
    return found


def _say(item: QueueItem) -> None:
    left = "" if item.hours_left is None else f" ({item.hours_left} h left)"
    amount = f"{item.amount:f} {item.currency}"
    number = item.order_number or "-"
    due = f"until {day(item.due_by)}{left}"
    click.echo(tame(f"{item.id}  {item.kind}  {amount}  order {number}  {due}"))
    click.echo(tame(f"    {item.asks} ({item.reason})"))
    for action in item.actions:
        click.echo(f"    {action.name}: {action.refusal or action.does}")


def _done(case: AfterSalesCase, row: MarketplaceRequest, *, dry_run: bool) -> None:
    words = "would be sent" if dry_run else row.get_state_display().lower()
    click.echo(f"{case.case_id}: {row.body['action']}, {words}.")
