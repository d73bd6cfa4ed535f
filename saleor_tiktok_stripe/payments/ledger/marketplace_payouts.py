"""Money the marketplace sent to the merchant's bank: payments, in some markets withdrawals."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import Min

from ...jobs import clock
from ...models import Connection, Payout, SyncCursor
from ...tiktok.client import TikTokClient
from ...tiktok.finance_types import MarketplacePayment, Withdrawal
from ...tiktok.regions import Capability, region
from .cursors import PAGES_PER_RUN, advance, begin, first_wanted, kept_place
from .drafts import Draft, write
from .kinds import Kind
from .marketplace_statements import Step
from .payout_checks import OWN, check_payouts
from .payouts_linked import link_payouts
from .unreadable import note_readable, note_unreadable

LIST: Final = "ledger.payouts"
OVERLAP: Final = timedelta(days=14)
"""A payment may fail, or be paid, some days after it was made."""
CHANGES_FOR: Final = timedelta(days=90)
PAYMENT: Final = "payment"
STATES: Final[Mapping[str, Payout.State]] = {
    "paid": Payout.State.PAID,
    "success": Payout.State.PAID,
    "succeeded": Payout.State.PAID,
    "completed": Payout.State.PAID,
    "failed": Payout.State.FAILED,
    "fail": Payout.State.FAILED,
    "canceled": Payout.State.CANCELED,
    "cancelled": Payout.State.CANCELED,
}
"""The marketplace's words; any other is on its way."""
_WITHDRAW: Final = "withdraw"


def read_payouts(connection: Connection, client: TikTokClient) -> Step:
    """Payments (where a market has none: movements of the wallet) since the last pass, and those
    that were on their way then."""
    row = SyncCursor.of(connection, LIST)
    since = begin(row, _since(connection, row), clock.now())
    listed = Capability.PAYMENTS in region(connection.region).capabilities
    take_in = _payments if listed else _withdrawals
    seen = 0
    for _ in range(PAGES_PER_RUN):
        count, done = take_in(connection, client, row, since)
        seen += count
        if done:
            return Step(seen)
    return Step(seen, more=True)


def _payments(
    connection: Connection, client: TikTokClient, row: SyncCursor, since: datetime
) -> tuple[int, bool]:
    with kept_place(row):
        page = client.payments(since=since, page_token=row.page_token)
    with transaction.atomic():
        kept = [_keep_payment(connection, one) for one in page.payments]
        note_unreadable(connection, "payout", page.broken)
        note_readable(connection, "payout", [one.id for one in page.payments])
        link_payouts(connection)
        check_payouts(connection, kept)
        return len(kept), advance(row, page.next_token)


def _withdrawals(
    connection: Connection, client: TikTokClient, row: SyncCursor, since: datetime
) -> tuple[int, bool]:
    with kept_place(row):
        page = client.withdrawals(since=since, page_token=row.page_token)
    with transaction.atomic():
        kept = [_keep_withdrawal(connection, one) for one in page.withdrawals]
        note_unreadable(connection, "payout", page.broken)
        note_readable(connection, "payout", [one.id for one in page.withdrawals])
        check_payouts(connection, kept)
        return len(kept), advance(row, page.next_token)


def _since(connection: Connection, row: SyncCursor) -> datetime:
    if row.high_water is None:
        return first_wanted(connection)
    open_since = Payout.objects.filter(
        connection=connection,
        state=Payout.State.PENDING,
        made_at__gte=clock.now() - CHANGES_FOR,
    ).aggregate(at=Min("made_at"))["at"]
    last = row.high_water - OVERLAP
    return min(last, open_since) if open_since else last


def _keep_payment(connection: Connection, seen: MarketplacePayment) -> Payout:
    payout = _keep(
        connection,
        seen.id,
        kind=PAYMENT,
        state=STATES.get(seen.status.lower(), Payout.State.PENDING),
        currency=seen.currency,
        amount=seen.amount,
        settled_currency=seen.settlement_currency,
        settlement=seen.settlement,
        reserve=seen.reserve,
        before_exchange=seen.before_exchange,
        exchange_rate=None if seen.exchange_rate is None else round(seen.exchange_rate, 10),
        bank_account=seen.bank_account,
        made_at=seen.created_at,
        paid_at=seen.paid_at,
        raw={"status": seen.status},
    )
    _keep_own_entry(connection, payout, seen)
    return payout


def _keep_own_entry(connection: Connection, payout: Payout, seen: MarketplacePayment) -> None:
    """The amount by which the payout leaves what was settled; nothing left while it failed."""
    base = seen.amount if seen.before_exchange is None else seen.before_exchange
    gone = payout.state not in (Payout.State.FAILED, Payout.State.CANCELED) and base
    draft = Draft(
        row_id=f"payout:{seen.id}"[:64],
        kind=Kind.PAYOUT,
        component=OWN,
        currency=seen.settlement_currency or seen.currency,
        amount=-base,
        happened_at=seen.created_at,
        source_ref=seen.id,
    )
    write(connection, [draft] if gone else [], rows=[draft.row_id], payout=payout)


def _keep_withdrawal(connection: Connection, seen: Withdrawal) -> Payout:
    to_bank = seen.kind == _WITHDRAW
    state = STATES.get(seen.status.lower(), Payout.State.PENDING)
    return _keep(
        connection,
        seen.id,
        kind=seen.kind[:16],
        state=state,
        currency=seen.currency,
        amount=abs(seen.amount) if to_bank else seen.amount,
        made_at=seen.created_at,
        paid_at=seen.created_at if state == Payout.State.PAID else None,
        raw={"status": seen.status},
    )


def _keep(connection: Connection, payout_id: str, **values: Any) -> Payout:
    """The row brought up to date; written only where something changed."""
    row, made = Payout.objects.get_or_create(
        connection=connection, payout_id=payout_id, defaults=values
    )
    changed = {name: value for name, value in values.items() if getattr(row, name) != value}
    if not made and changed:
        for name, value in changed.items():
            setattr(row, name, value)
        row.save()
    return row


__all__ = ["LIST", "PAYMENT", "STATES", "read_payouts"]
