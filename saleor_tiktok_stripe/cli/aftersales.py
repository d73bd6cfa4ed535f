"""Commands about refunds and disputes: each parses, calls one function and prints its answer."""

from __future__ import annotations

import sys
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import InvalidInput
from .common import ACTOR, CHANNEL, amount_of, with_django
from .showing import tame

if TYPE_CHECKING:
    from ..aftersales.refunding import RefundCheck
    from ..models import Charge, Dispute

YES = click.option("--yes", is_flag=True, help="Confirm: it cannot be undone.")
ID = click.argument("dispute_id")


@click.command()
@CHANNEL
@click.option("--reason", default="", help="duplicate, fraudulent or requested_by_customer.")
@click.option("--key", default="", help="The same key again is the same refund.")
@click.option("--dry-run", is_flag=True, help="Only say what could be refunded.")
@click.option("--settled", is_flag=True, help="Failed refunds were settled another way.")
@click.argument("payment")
@click.argument("amount", required=False, callback=lambda _, __, text: amount_of(text))
@with_django
def refund(
    channel: str,
    payment: str,
    amount: Decimal | None,
    reason: str,
    key: str,
    dry_run: bool,  # noqa: FBT001
    settled: bool,  # noqa: FBT001
) -> None:
    """Refund a payment (pi_… or the order's number), or AMOUNT of it."""
    from .. import aftersales
    from ..aftersales.words import money

    charge = _charge(channel, payment)
    if settled:
        aftersales.acknowledge(charge, ACTOR)
        click.echo(f"Failed refunds of {charge.payment_id} are settled.")
        return
    if dry_run:
        check = aftersales.refund(
            charge, amount, reason=reason, actor=ACTOR, request_key=key, dry_run=True
        )
        click.echo(f"{money(check.left, check.currency)} can be refunded of {charge.payment_id}.")
        sys.exit(_say_check(check))
    row = aftersales.refund(charge, amount, reason=reason, actor=ACTOR, request_key=key)
    click.echo(f"{money(row.amount, row.currency)} of {charge.payment_id}: {row.state}.")


@click.command()
@CHANNEL
@click.option("--all", "closed", is_flag=True, help="Also those that are closed.")
@with_django
def disputes(channel: str, closed: bool) -> None:  # noqa: FBT001
    """List the channel's disputes, the most urgent first."""
    from ..aftersales.recording import CLOSED
    from ..models import Dispute

    rows = Dispute.objects.select_related("charge").filter(connection__channel_slug=channel)
    for one in (rows if closed else rows.exclude(state__in=CLOSED)).order_by("due_by", "pk"):
        click.echo(_line(one))


@click.group()
def dispute() -> None:
    """Answer a dispute, or accept it."""


@dispute.command("show")
@CHANNEL
@ID
@with_django
def show(channel: str, dispute_id: str) -> None:
    """What the bank asks, what decides it, and the draft as it stands (made when there is none)."""
    from ..aftersales import disputes as service
    from ..aftersales.evidence import advice

    found = service.find_dispute(channel, dispute_id)
    held = service.draft(found, ACTOR)
    wanted = advice(found.reason)
    files = {file.field: file.filename for file in held.files.all()}
    click.echo(_line(found))
    click.echo(f"What decides: {wanted.decides}")
    if wanted.instead:
        click.echo(f"Or: {wanted.instead}")
    click.echo(f"Draft: {held.state}, version {held.version} {held.message}".rstrip())
    named = [one.field for one in wanted.wanted]
    for one in wanted.wanted:
        there = held.fields.get(one.field) or files.get(one.field) or "-"
        click.echo(f"\n{one.field} ({one.what})\n{tame(there)}")
    for field in sorted({*held.fields, *files} - set(named)):
        click.echo(f"\n{field}\n{tame(held.fields.get(field) or files.get(field) or '-')}")


@dispute.command("set")
@CHANNEL
@ID
@click.argument("field")
@click.argument("text")
@with_django
def set_text(channel: str, dispute_id: str, field: str, text: str) -> None:
    """Write TEXT into a FIELD of the draft; "" empties it."""
    from ..aftersales import disputes as service

    found = service.find_dispute(channel, dispute_id)
    version = service.draft(found, ACTOR).version
    held = service.edit(found, {field: text}, version=version, actor=ACTOR)
    click.echo(f"{field} is set, version {held.version}.")


@dispute.command("attach")
@CHANNEL
@ID
@click.argument("field")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@with_django
def attach(channel: str, dispute_id: str, field: str, file: Path) -> None:
    """Put a FILE (PDF, JPEG or PNG) into a FIELD of the draft."""
    from ..aftersales import disputes as service

    found = service.find_dispute(channel, dispute_id)
    version = service.draft(found, ACTOR).version
    held = service.attach_file(
        found, field, file.name, file.read_bytes(), version=version, actor=ACTOR
    )
    click.echo(f"{field} is {held.files.get(field=field).filename}, version {held.version}.")


@dispute.command("remove")
@CHANNEL
@ID
@click.argument("field")
@with_django
def remove(channel: str, dispute_id: str, field: str) -> None:
    """Take the file out of a FIELD of the draft."""
    from ..aftersales import disputes as service

    found = service.find_dispute(channel, dispute_id)
    version = service.draft(found, ACTOR).version
    held = service.remove_file(found, field, version=version, actor=ACTOR)
    click.echo(f"{field} is empty, version {held.version}.")


@dispute.command("stage")
@CHANNEL
@ID
@with_django
def stage(channel: str, dispute_id: str) -> None:
    """Keep the draft at Stripe too; the bank sees nothing."""
    from ..aftersales import disputes as service

    held = service.stage(service.find_dispute(channel, dispute_id), ACTOR)
    click.echo(f"{dispute_id}: {held.state}.")


@dispute.command("submit")
@CHANNEL
@YES
@ID
@with_django
def submit(channel: str, dispute_id: str, yes: bool) -> None:  # noqa: FBT001
    """Send the draft to the bank: once, for good."""
    from ..aftersales import disputes as service

    held = service.submit(service.find_dispute(channel, dispute_id), ACTOR, confirm=yes)
    click.echo(f"{dispute_id}: {held.state}.")


@dispute.command("accept")
@CHANNEL
@YES
@ID
@with_django
def accept(channel: str, dispute_id: str, yes: bool) -> None:  # noqa: FBT001
    """Give the dispute up: the buyer keeps the money."""
    from ..aftersales import disputes as service

    held = service.accept(service.find_dispute(channel, dispute_id), ACTOR, confirm=yes)
    click.echo(f"{dispute_id}: {held.state}.")


def _say_check(check: RefundCheck) -> bool:
    """Say what would come of it; whether it would be refused."""
    from ..aftersales.words import money

    for refused in check.refused:
        click.echo(f"It would be refused: {refused.message} [{refused.code}]")
    if check.earlier is not None:
        asked = money(check.earlier.amount, check.currency)
        click.echo(f"Nothing more: this key was used, for {asked}, {check.earlier.state}.")
    elif not check.refused:
        after = money(check.left - check.amount, check.currency)
        click.echo(f"{money(check.amount, check.currency)} would be; {after} would be left.")
    return bool(check.refused)


def _line(dispute: Dispute) -> str:
    from ..aftersales.words import NEEDS_RESPONSE, money

    waits = dispute.state in NEEDS_RESPONSE and dispute.due_by is not None
    due = f"answer by {dispute.due_by:%Y-%m-%d %H:%M} UTC" if waits else "no answer needed"
    amount = money(dispute.amount, dispute.currency)
    number = dispute.charge.order_number or "-"
    words = (dispute.dispute_id, dispute.raw_state, dispute.reason, amount, f"order {number}", due)
    return "  ".join(words)


def _charge(channel: str, payment: str) -> Charge:
    from ..models import Charge

    rows = Charge.objects.select_related("connection").filter(connection__channel_slug=channel)
    found = rows.filter(payment_id=payment).first() if payment.startswith("pi_") else None
    of_order = list(rows.filter(order_number=payment)) if payment else []
    if found is None and len(of_order) == 1:
        found = of_order[0]
    if found is None:
        several = f" Its payments: {', '.join(c.payment_id for c in of_order)}." if of_order else ""
        raise InvalidInput(
            "PAYMENT_NOT_FOUND",
            f"This channel has no single payment {payment}. Name it by its id (pi_…).{several}",
            field="payment",
        )
    return found
