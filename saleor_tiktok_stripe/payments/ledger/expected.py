"""What is not settled yet: estimates, replaced as they change, gone once they are settled."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.db import transaction

from ...jobs import clock
from ...models import Connection, LedgerEntry, SyncCursor
from ...tiktok.client import TikTokClient
from .cursors import PAGES_PER_RUN, advance, begin, kept_place
from .drafts import write_expected
from .marketplace_statements import Step
from .settled import expected_entries

LIST: Final = "ledger.expected"
EVERY: Final = timedelta(hours=6)
"""A pass reads all that is not settled, which in a large shop is much."""


def read_expected(connection: Connection, client: TikTokClient, *, renew: bool) -> Step:
    """All estimates, when the last pass is some hours old or (``renew``) something was settled.
    Those that are not in the list any more are removed at its end."""
    row = SyncCursor.of(connection, LIST)
    if not _is_due(row, renew=renew):
        return Step()
    began = begin(row, clock.now(), clock.now())
    seen = 0
    for _ in range(PAGES_PER_RUN):
        with kept_place(row):
            page = client.expected(page_token=row.page_token)
        now = clock.now()
        with transaction.atomic():
            drafts = [draft for one in page.rows for draft in expected_entries(one, now)]
            write_expected(connection, drafts, rows=[one.id for one in page.rows], at=now)
            seen += len(page.rows)
            done = advance(row, page.next_token)
            if done:
                gone = LedgerEntry.objects.filter(connection=connection, expected=True)
                gone.filter(created_at__lt=began).delete()
        if done:
            return Step(seen)
    return Step(seen, more=True)


def _is_due(row: SyncCursor, *, renew: bool) -> bool:
    under_way = row.window_from is not None
    old = row.high_water is None or clock.now() - row.high_water >= EVERY
    return renew or under_way or old
