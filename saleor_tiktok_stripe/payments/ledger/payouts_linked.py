"""Statements and their entries belong to the payout that the statement names."""

from __future__ import annotations

from typing import Final

from django.db import connection as database
from django.db import transaction

from ...models import Connection

_STATEMENTS: Final = """
UPDATE saleor_tiktok_stripe_statement AS statement SET payout_id = payout.id
FROM saleor_tiktok_stripe_payout AS payout
WHERE statement.connection_id = %(connection)s AND payout.connection_id = %(connection)s
  AND statement.payment_id = payout.payout_id AND statement.payment_id <> ''
  AND statement.payout_id IS DISTINCT FROM payout.id
RETURNING statement.id
"""
_ENTRIES: Final = """
UPDATE saleor_tiktok_stripe_ledgerentry AS entry SET payout_id = statement.payout_id
FROM saleor_tiktok_stripe_statement AS statement
WHERE entry.statement_id = statement.id AND statement.id = ANY(%(statements)s)
"""


def link_payouts(connection: Connection) -> int:
    """Link what is not linked yet, whichever of the two was read first; how many statements."""
    with transaction.atomic(), database.cursor() as cursor:
        cursor.execute(_STATEMENTS, {"connection": connection.pk})
        changed = [row[0] for row in cursor.fetchall()]
        if changed:
            cursor.execute(_ENTRIES, {"statements": changed})
    return len(changed)
