"""Do transactions come to their statement, statements to their payout, and was it paid?"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from django.db.models import Q, Sum
from django.db.models.functions import Coalesce

from ...jobs import clock
from ...models import Connection, Difference, LedgerEntry, Payout, Statement
from ...tiktok.regions import Capability, region
from .differences import PAYOUT, Found, keep, plain
from .kinds import Kind

PAID_WITHIN: Final = timedelta(days=14)
"""From a statement to its payout; negative ones wait for later sales."""
KNOWN_WITHIN: Final = timedelta(days=2)
"""From a statement that is said to be paid to its payment in the list."""
CHECKED_FOR: Final = timedelta(days=120)
"""Statements and payouts change no more after that."""
FAILED: Final = "failed"
PAID: Final = "paid"
OWN: Final = "payout"
"""Component of the entry by which a payout leaves the balance."""
LISTED: Final = "listed"
"""In ``Payout.raw``: everything a Stripe payout is made of was read."""
_ZERO: Final = Decimal(0)


def statement_subject(statement_id: str) -> str:
    """How a statement is named in a difference."""
    return f"statement:{statement_id}"


def payout_subject(payout_id: str) -> str:
    """How a payout is named in a difference."""
    return f"payout:{payout_id}"


def check_statement(statement: Statement) -> bool:
    """Whether the entries of ``statement``, all of whose rows were read, sum to its settlement;
    keeps the difference where they do not."""
    entries = LedgerEntry.objects.filter(
        statement=statement, in_settlement=True, currency=statement.currency
    ).exclude(kind=Kind.RESERVE)
    total = entries.aggregate(total=Coalesce(Sum("amount"), _ZERO))["total"]
    subject = statement_subject(statement.statement_id)
    closes = bool(total == statement.settlement)
    found = Found(
        code="STATEMENT_SUM",
        subject=subject,
        currency=statement.currency,
        amount=total - statement.settlement,
        ours=plain({"transactions": total}),
        theirs=plain({"settlement": statement.settlement}),
    )
    open_now = [] if closes else [found]
    keep(statement.connection, PAYOUT, [subject], open_now, codes=["STATEMENT_SUM"])
    return closes


def check_statements(connection: Connection) -> int:
    """Whether what was settled was paid out, for the last months and what is open of older ones;
    how many differences are open."""
    rows = Statement.objects.filter(
        Q(at__gte=clock.now() - CHECKED_FOR)
        | Q(statement_id__in=_open_names(connection, statement_subject(""))),
        connection=connection,
    )
    found = [one for row in rows for one in _of_statement(row, connection.region, clock.now())]
    subjects = [statement_subject(row.statement_id) for row in rows]
    codes = ["PAYMENT_FAILED", "PAYOUT_MISSING"]
    return keep(connection, PAYOUT, subjects, found, codes=codes)


def check_payouts(connection: Connection, payouts: Collection[Payout] | None = None) -> int:
    """Whether ``payouts`` (None: those of the last months and what is open of older ones) arrived,
    and are the sum of what they are made of; how many differences are open."""
    rows = _to_check(connection) if payouts is None else payouts
    totals, over = _totals(rows), _sent_again(connection, rows)
    found = []
    for payout in rows:
        if payout.state == Payout.State.FAILED and payout.pk not in over:
            found.append(_failed(payout))
        total = totals.get(payout.pk)
        if total is None:
            continue
        if total != payout_base(payout):
            found.append(_differs(payout, total))
        _note_complete(payout, total == payout_base(payout))
    subjects = [payout_subject(payout.payout_id) for payout in rows]
    codes = ["PAYMENT_FAILED", "PAYOUT_DIFFERS"]
    return keep(connection, PAYOUT, subjects, found, codes=codes)


def payout_base(payout: Payout) -> Decimal:
    """What its parts must come to: what was paid, before it was exchanged."""
    return payout.amount if payout.before_exchange is None else payout.before_exchange


def payout_currency(payout: Payout) -> str:
    """The currency of its parts."""
    return payout.settled_currency or payout.currency


def _to_check(connection: Connection) -> list[Payout]:
    return list(
        Payout.objects.filter(
            Q(made_at__gte=clock.now() - CHECKED_FOR)
            | Q(payout_id__in=_open_names(connection, payout_subject(""))),
            connection=connection,
        )
    )


def _open_names(connection: Connection, prefix: str) -> list[str]:
    rows = Difference.objects.filter(
        connection=connection,
        area=PAYOUT,
        state__in=["open", "repairing"],
        subject__startswith=prefix,
    )
    return [subject.removeprefix(prefix) for subject in rows.values_list("subject", flat=True)]


def _of_statement(row: Statement, region_code: str, now: datetime) -> Iterator[Found]:
    subject = statement_subject(row.statement_id)
    payable = row.settlement if row.payable is None else row.payable
    if row.payment_status == FAILED:
        yield Found("PAYMENT_FAILED", subject, row.currency, payable)
    if row.payout_id is not None or payable <= 0:
        return
    listed = Capability.PAYMENTS in region(region_code).capabilities
    said_to_be_paid = row.payment_status == PAID and bool(row.payment_id) and listed
    waits = row.payment_status not in (PAID, FAILED)
    age = now - row.at
    if (said_to_be_paid and age > KNOWN_WITHIN) or (waits and age > PAID_WITHIN):
        ours = plain({"settled": payable})
        yield Found("PAYOUT_MISSING", subject, row.currency, payable, ours)


def _totals(payouts: Collection[Payout]) -> dict[int, Decimal]:
    """Payout -> what it is made of, of those of which all parts are here."""
    parts = LedgerEntry.objects.filter(
        payout__in=payouts, in_settlement=True, expected=False
    ).exclude(kind=Kind.PAYOUT, component=OWN)
    incomplete = set(
        Statement.objects.filter(payout__in=payouts, rows_complete=False).values_list(
            "payout_id", flat=True
        )
    )
    grouped = parts.values("payout_id", "currency").annotate(total=Sum("amount"))
    sums = {(row["payout_id"], row["currency"]): row["total"] for row in grouped}
    settled = {payout for payout, _ in sums}
    return {
        payout.pk: sums.get((payout.pk, payout_currency(payout)), _ZERO)
        for payout in payouts
        if payout.pk not in incomplete
        and (payout.raw.get(LISTED) or (payout.kind == "payment" and payout.pk in settled))
    }


def _sent_again(connection: Connection, payouts: Collection[Payout]) -> set[int]:
    """Failed ones whose money has left by another way: no statement waits for them, and what was
    sent after the failure was seen has arrived."""
    failed = {
        payout_subject(payout.payout_id): payout
        for payout in payouts
        if payout.state == Payout.State.FAILED
    }
    if not failed:
        return set()
    named = Statement.objects.filter(payout__in=failed.values()).values_list("payout_id", flat=True)
    waiting = set(named)
    seen = Difference.objects.filter(
        connection=connection, area=PAYOUT, subject__in=failed, code="PAYMENT_FAILED"
    )
    arrived = Payout.objects.filter(connection=connection, state=Payout.State.PAID)
    return {
        failed[subject].pk
        for subject, at in seen.values_list("subject", "first_seen")
        if failed[subject].pk not in waiting
        and arrived.filter(currency=failed[subject].currency, made_at__gt=at).exists()
    }


def _failed(payout: Payout) -> Found:
    why = str(payout.raw.get("failure", ""))
    return Found(
        "PAYMENT_FAILED",
        payout_subject(payout.payout_id),
        payout.currency,
        payout.amount,
        theirs={"reason": why} if why else {},
    )


def _differs(payout: Payout, total: Decimal) -> Found:
    base = payout_base(payout)
    return Found(
        code="PAYOUT_DIFFERS",
        subject=payout_subject(payout.payout_id),
        currency=payout_currency(payout),
        amount=base - total,
        ours=plain({"transactions": total}),
        theirs=plain({"payout": base}),
    )


def _note_complete(payout: Payout, complete: bool) -> None:  # noqa: FBT001
    if payout.entries_complete != complete:
        payout.entries_complete = complete
        payout.save(update_fields=["entries_complete", "updated_at"])
