"""Differences as rows: opened, kept while both sides stay as they are, closed when they agree.

One that somebody accepted stays accepted until an amount changes; then it is open again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final

from django.db import transaction

from ...jobs import clock
from ...models import Connection, Difference
from .classes import CLASSES

MONEY: Final = "money"
"""Area of an order's differences; the subject is the order."""
PAYOUT: Final = "payout"
"""Area of those of ``payout:<id>``, ``statement:<id>`` and ``row:<transaction id>``."""
_CHANGING: Final = (
    "state", "currency", "amount", "ours", "theirs", "last_seen", "gone_at", "note", "actor",
)  # fmt: skip


@dataclass(frozen=True)
class Found:
    """Two sides that do not agree. ``amount`` is by how much, where that can be said; ``ours`` and
    ``theirs`` are what each side has, as text by name."""

    code: str
    subject: str
    currency: str = ""
    amount: Decimal | None = None
    ours: Mapping[str, str] = field(default_factory=dict)
    theirs: Mapping[str, str] = field(default_factory=dict)


def plain(amounts: Mapping[str, Decimal]) -> dict[str, str]:
    """Amounts as they are kept: text that is the same for the same amount."""
    return {name: plain_text(amount) for name, amount in sorted(amounts.items())}


def plain_text(amount: Decimal) -> str:
    """``12.5`` and ``12.500`` are the same."""
    text = f"{amount.normalize():f}"
    return text if "." in text and len(text.partition(".")[2]) > 1 else f"{amount:.2f}"


def keep(
    connection: Connection,
    area: str,
    subjects: Sequence[str],
    found: Iterable[Found],
    *,
    codes: Iterable[str] = CLASSES,
) -> int:
    """Make the differences of ``subjects`` (of ``codes``) be ``found``; how many are open now.

    Two queries at most, however many subjects; nothing is written where nothing changed.
    """
    wanted = {(one.subject, one.code): one for one in found}
    with transaction.atomic():
        rows = Difference.objects.filter(
            connection=connection, area=area, subject__in=list(subjects), code__in=list(codes)
        )
        known = {(row.subject, row.code): row for row in rows.select_for_update().order_by("pk")}
        now = clock.now()
        new = [_row(connection, area, one, now) for key, one in wanted.items() if key not in known]
        changed = [row for key, row in known.items() if _changes(row, wanted.get(key), now)]
        Difference.objects.bulk_create(new, ignore_conflicts=True)
        Difference.objects.bulk_update(changed, _CHANGING, batch_size=500)
    open_now = [key for key in wanted if key not in known or known[key].state != "accepted"]
    return len(open_now)


def _row(connection: Connection, area: str, found: Found, now: datetime) -> Difference:
    return Difference(
        connection=connection,
        area=area,
        subject=found.subject,
        code=found.code,
        currency=found.currency,
        amount=found.amount,
        ours=dict(found.ours),
        theirs=dict(found.theirs),
        first_seen=now,
        last_seen=now,
    )


def _changes(row: Difference, found: Found | None, now: datetime) -> bool:
    """Bring ``row`` up to date; whether it has to be saved."""
    if found is None:
        if row.state == Difference.State.GONE:
            return False
        row.state, row.gone_at = Difference.State.GONE, now
        return True
    same = (
        row.currency == found.currency
        and row.amount == found.amount
        and row.ours == dict(found.ours)
        and row.theirs == dict(found.theirs)
    )
    reopens = row.state == Difference.State.GONE or (
        row.state == Difference.State.ACCEPTED and not same
    )
    if same and not reopens:
        return False
    if reopens:
        row.state, row.gone_at, row.note, row.actor = Difference.State.OPEN, None, "", ""
    row.currency, row.amount = found.currency, found.amount
    row.ours, row.theirs, row.last_seen = dict(found.ours), dict(found.theirs), now
    return True
