"""The marketplace's statements and their transactions, read since the last ones.

A statement changes later (it is paid), its transactions do not. They are read page by page, each
page in one commit with what it does to the orders; the statement is complete when they sum to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Min

from ...errors import VendorBug
from ...jobs import clock
from ...models import Connection, LedgerEntry, Statement, SyncCursor
from ...tiktok import finance_types as wire
from ...tiktok.client import TikTokClient
from .cursors import (
    BEFORE_FIRST,
    PAGES_PER_RUN,
    advance,
    begin,
    first_wanted,
    kept_place,
)
from .differences import PAYOUT, keep
from .drafts import Draft, write
from .judging import Amount, unexpected
from .payout_checks import check_payouts, check_statement
from .payouts_linked import link_payouts
from .reconciling import reconcile
from .settled import settled_entries
from .unreadable import note_readable, note_unreadable

LIST: Final = "ledger.statements"
EARLIEST: Final = "ledger.statements.from"
ROWS: Final = "ledger.rows"
OVERLAP: Final = timedelta(days=2)
CHANGES_FOR: Final = timedelta(days=90)
"""A statement that is not paid by then is looked at no more."""
AGAIN_AFTER: Final = timedelta(hours=6)
"""Between two readings of a statement that does not close."""
_FINAL: Final = "paid"
_AMOUNTS: Final = ("settlement", "revenue", "fee", "shipping", "adjustment")


@dataclass(frozen=True)
class Step:
    """``more``: it stopped at its limit. ``seen`` statements or rows were read."""

    seen: int = 0
    more: bool = False


def read_statements(connection: Connection, client: TikTokClient) -> Step:
    """Statements since the last pass, and those that were not paid then."""
    row = SyncCursor.of(connection, LIST)
    since = begin(row, _since(connection, row), clock.now())
    seen = 0
    for _ in range(PAGES_PER_RUN):
        with kept_place(row):
            page = client.statements(since=since, page_token=row.page_token)
        seen += len(page.statements)
        with transaction.atomic():
            for one in page.statements:
                _keep_statement(connection, one)
            link_payouts(connection)
            note_unreadable(connection, "listed", page.broken)
            note_readable(connection, "listed", [one.id for one in page.statements])
            done = advance(row, page.next_token)
        if done:
            return Step(seen)
    return Step(seen, more=True)


def read_rows(connection: Connection, client: TikTokClient) -> Step:
    """Transactions of statements of which not all were read, oldest statement first."""
    seen = pages = 0
    for statement in Statement.objects.filter(connection=connection, rows_complete=False).order_by(
        "at", "pk"
    ):
        row = SyncCursor.of(connection, f"{ROWS}:{statement.statement_id}"[:64])
        done = not _is_due(row)
        while not done:
            if pages >= PAGES_PER_RUN:
                return Step(seen, more=True)
            count, done = _read_page(client, statement, row)
            pages, seen = pages + 1, seen + count
    return Step(seen)


def _since(connection: Connection, row: SyncCursor) -> datetime:
    """Where the pass begins: some days before the last one, or where something can still change, or
    where interest begins if that was moved back meanwhile."""
    first = first_wanted(connection) - BEFORE_FIRST
    earliest = SyncCursor.of(connection, EARLIEST)
    if row.high_water is None or earliest.high_water is None or first < earliest.high_water:
        earliest.high_water = first
        earliest.save()
        return first
    open_since = (
        Statement.objects.filter(connection=connection, at__gte=clock.now() - CHANGES_FOR)
        .exclude(payment_status=_FINAL)
        .aggregate(at=Min("at"))["at"]
    )
    last = row.high_water - OVERLAP
    return min(last, open_since) if open_since else last


def _keep_statement(connection: Connection, seen: wire.Statement) -> None:
    values = {
        "at": seen.at,
        "currency": seen.currency,
        "payment_status": seen.payment_status,
        "payment_id": seen.payment_id,
        **{name: getattr(seen, name) for name in _AMOUNTS},
    }
    row, made = Statement.objects.get_or_create(
        connection=connection, statement_id=seen.id, defaults=values
    )
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    if made or not changed:
        return
    for name in changed:
        setattr(row, name, values[name])
    if "payment_id" in changed and row.payout_id is not None:
        row.payout = None
        LedgerEntry.objects.filter(statement=row).update(payout=None)
    if "settlement" in changed:
        row.rows_complete = False
    row.save()


def _is_due(row: SyncCursor) -> bool:
    """Not read yet, or not to its end, or long ago and it did not close."""
    read_at = row.window_to
    return bool(row.page_token) or read_at is None or clock.now() - read_at >= AGAIN_AFTER


def _read_page(client: TikTokClient, statement: Statement, row: SyncCursor) -> tuple[int, bool]:
    """One page and what it does to the orders, in one commit; how many rows, and whether it was
    the last."""
    try:
        page = client.settled(statement.statement_id, page_token=row.page_token)
    except VendorBug as error:
        return 0, _unread(statement, row, error)
    connection = statement.connection
    with transaction.atomic():
        drafts = [one for settled in page.rows for one in settled_entries(settled, statement.at)]
        rows = [settled.id for settled in page.rows]
        write(connection, drafts, rows=rows, statement=statement, payout=statement.payout)
        note_unreadable(connection, "row", page.broken)
        note_readable(connection, "row", rows)
        note_readable(connection, "statement", [statement.statement_id])
        _note_orderless(connection, page.rows, drafts)
        statement.reserve, statement.payable = page.reserve, page.payable
        row.page_token, row.window_to = page.next_token, clock.now()
        row.save()
        if not page.next_token:
            statement.rows_complete = check_statement(statement)
        statement.save()
        if statement.rows_complete:
            row.delete()
            check_payouts(connection, [statement.payout] if statement.payout else [])
        reconcile(connection, [draft.order_id for draft in drafts])
    return len(rows), not page.next_token


def _unread(statement: Statement, row: SyncCursor, error: VendorBug) -> bool:
    """It cannot be read, which must not keep others from being read; whether to leave it for now. A
    place in the list may not be known any more: then it is begun anew."""
    begin_anew = bool(row.page_token)
    row.page_token, row.window_to = "", clock.now()
    with transaction.atomic():
        row.save()
        if not begin_anew:
            told = [(statement.statement_id, error.message)]
            note_unreadable(statement.connection, "statement", told)
    return not begin_anew


def _note_orderless(
    connection: Connection, rows: Sequence[wire.SettledRow], drafts: Sequence[Draft]
) -> None:
    """Adjustments that belong to no order have nobody else to look at them."""
    amounts: dict[str, list[Amount]] = {}
    for one in drafts:
        if not one.order_id:
            amount = Amount(one.row_id, one.kind, one.component, one.currency, one.amount,
                            in_settlement=one.in_settlement)  # fmt: skip
            amounts.setdefault(one.row_id, []).append(amount)
    found = [one for row, own in amounts.items() for one in unexpected(f"row:{row}", own)]
    codes = ["UNEXPECTED_FEE", "UNEXPECTED_ADJUSTMENT", "UNEXPLAINED_AMOUNT"]
    keep(connection, PAYOUT, [f"row:{row.id}" for row in rows], found, codes=codes)
