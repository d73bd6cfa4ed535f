"""Stripe's balance transactions and payouts, read since the last ones.

A payout that Stripe made by itself is read to its last transaction once Stripe knows what it is
made of, also those that are not of this installation: so that it closes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Min, Q

from ...jobs import clock
from ...models import Charge, Connection, LedgerEntry, Payout, SyncCursor
from ...stripe_api import balance_types as wire
from ...stripe_api.client import StripeClient
from ...stripe_api.errors import PermissionMissing, Refused
from ...stripe_api.types import BalanceEntry
from .balance import balance_entries
from .cursors import PAGES_PER_RUN, advance, begin
from .drafts import write
from .marketplace_statements import Step
from .payout_checks import LISTED, OWN, check_payouts
from .reconciling import reconcile
from .unreadable import note_readable, note_unreadable

MOVED: Final = "ledger.balance"
PAYOUTS: Final = "ledger.payouts"
MEMBERS: Final = "ledger.members"
OVERLAP: Final = timedelta(hours=1)
"""Stripe's and our clock differ, and transactions are listed some seconds after they are made."""
STEP: Final = timedelta(days=1)
"""Stripe lists the newest first: so much is read to its end before the next is begun."""
PAYOUT_OVERLAP: Final = timedelta(days=14)
"""The bank may send a payout back days after it was paid."""
CHANGES_FOR: Final = timedelta(days=90)
AUTOMATIC: Final = "automatic"
BY_HAND: Final = "manual"
_STATES: Final = {
    wire.PayoutState.PAID: Payout.State.PAID,
    wire.PayoutState.FAILED: Payout.State.FAILED,
    wire.PayoutState.CANCELED: Payout.State.CANCELED,
}


def read_balance(connection: Connection, client: StripeClient) -> Step:
    """Balance transactions since the last ones, a window at a time."""
    row = SyncCursor.of(connection, MOVED)
    seen = 0
    for _ in range(PAGES_PER_RUN):
        since = begin(row, _since(connection, row), _until(connection, row))
        page = client.balance_page(since=since, until=row.window_to, after=row.page_token)
        with transaction.atomic():
            seen += _take_in(connection, page)
            if advance(row, page.next_after) and not _is_behind(row):
                return Step(seen)
    return Step(seen, more=True)


def read_payouts(connection: Connection, client: StripeClient) -> Step:
    """Payouts since the last pass, and those that were on their way then. Without the permission
    for payouts there are none: it is optional, and the verification names it."""
    row = SyncCursor.of(connection, PAYOUTS)
    since = begin(row, _payouts_since(connection, row), clock.now())
    seen = 0
    for _ in range(PAGES_PER_RUN):
        try:
            page = client.payout_page(since=since, after=row.page_token)
        except PermissionMissing:
            return Step()
        with transaction.atomic():
            kept = [_keep_payout(connection, one) for one in page.payouts]
            note_unreadable(connection, "payout", page.broken)
            note_readable(connection, "payout", [one.id for one in page.payouts])
            check_payouts(connection, kept)
            seen += len(kept)
            done = advance(row, page.next_after)
        if done:
            return Step(seen)
    return Step(seen, more=True)


def read_members(connection: Connection, client: StripeClient) -> Step:
    """What each payout that Stripe has worked out is made of, the oldest payout first."""
    seen = pages = 0
    waiting = Payout.objects.filter(
        connection=connection, kind=AUTOMATIC, raw__complete=True, raw__listed=False
    )
    for payout in waiting.order_by("made_at", "pk"):
        row = SyncCursor.of(connection, f"{MEMBERS}:{payout.payout_id}"[:64])
        done = False
        while not done:
            if pages >= PAGES_PER_RUN:
                return Step(seen, more=True)
            count, done = _read_members_page(client, payout, row)
            pages, seen = pages + 1, seen + count
    return Step(seen)


def _since(connection: Connection, row: SyncCursor) -> datetime:
    return connection.created_at if row.high_water is None else row.high_water - OVERLAP


def _until(connection: Connection, row: SyncCursor) -> datetime:
    last = row.high_water or connection.created_at
    return min(clock.now(), last + STEP)


def _is_behind(row: SyncCursor) -> bool:
    return row.high_water is not None and clock.now() - row.high_water > OVERLAP


def _take_in(connection: Connection, page: wire.BalancePage, payout: Payout | None = None) -> int:
    orders = _orders(connection, page.entries)
    drafts = [
        draft
        for moved in page.entries
        for draft in balance_entries(moved, orders.get(moved.payment_id, ""))
    ]
    rows = [moved.id for moved in page.entries]
    write(connection, drafts, rows=rows, payout=payout)
    note_unreadable(connection, "row", page.broken)
    note_readable(connection, "row", rows)
    reconcile(connection, list(orders.values()))
    return len(rows)


def _orders(connection: Connection, moved: Sequence[BalanceEntry]) -> dict[str, str]:
    """Payment -> Saleor's order, of payments that are this channel's."""
    ids = {one.payment_id for one in moved} - {""}
    charges = Charge.objects.filter(connection=connection, payment_id__in=ids).exclude(order_id="")
    return dict(charges.values_list("payment_id", "order_id"))


def _payouts_since(connection: Connection, row: SyncCursor) -> datetime:
    if row.high_water is None:
        return connection.created_at
    open_since = Payout.objects.filter(
        Q(state=Payout.State.PENDING) | Q(kind=AUTOMATIC, raw__complete=False),
        connection=connection,
        made_at__gte=clock.now() - CHANGES_FOR,
    ).aggregate(at=Min("made_at"))["at"]
    last = row.high_water - PAYOUT_OVERLAP
    return min(last, open_since) if open_since else last


def _keep_payout(connection: Connection, seen: wire.Payout) -> Payout:
    state = _STATES.get(seen.state, Payout.State.PENDING)
    values = {
        "kind": AUTOMATIC if seen.automatic else BY_HAND,
        "state": state,
        "currency": seen.currency,
        "amount": seen.amount,
        "made_at": seen.created_at,
        "paid_at": seen.arrives_at if state == Payout.State.PAID else None,
    }
    told = {"status": seen.raw_state, "failure": seen.failure, "complete": seen.is_complete}
    row, made = Payout.objects.get_or_create(
        connection=connection,
        payout_id=seen.id,
        defaults={**values, "raw": {**told, LISTED: False}},
    )
    changed = {name: value for name, value in values.items() if getattr(row, name) != value}
    raw = {**row.raw, **told}
    if not made and (changed or raw != row.raw):
        for name, value in {**changed, "raw": raw}.items():
            setattr(row, name, value)
        row.save()
    own = LedgerEntry.objects.filter(connection=connection, source_ref=seen.id, component=OWN)
    own.filter(order_id="", payout=None).update(payout=row)
    return row


def _read_members_page(client: StripeClient, payout: Payout, row: SyncCursor) -> tuple[int, bool]:
    """A page of what a payout is made of, in one commit; how many, and whether it was the last."""
    try:
        page = client.balance_page(payout_id=payout.payout_id, after=row.page_token)
    except Refused:
        # Stripe took it back: it is asked again once it says that it is complete.
        Payout.objects.filter(pk=payout.pk).update(raw={**payout.raw, "complete": False})
        row.delete()
        return 0, True
    with transaction.atomic():
        count = _take_in(payout.connection, page, payout)
        if page.next_after:
            row.page_token = page.next_after
            row.save()
            return count, False
        payout.raw = {**payout.raw, LISTED: True}
        payout.save(update_fields=["raw", "updated_at"])
        row.delete()
        check_payouts(payout.connection, [payout])
    return count, True
