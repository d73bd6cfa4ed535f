"""Which money goes out together: what an automatic payout is made of (the Stripe sheet, 7.1)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

# Two decimals in charges, none in payouts: their payouts are multiples of 100 (the sheet, 2.4).
WHOLE_UNITS = frozenset({"huf", "twd"})


@dataclass(frozen=True)
class Entry:
    """A balance transaction as far as payouts go. `available_on` in seconds since 1970."""

    id: str
    net: int
    currency: str
    available_on: int


@dataclass(frozen=True)
class Batch:
    """One payout to be: the sum of its members' `net`, above zero."""

    currency: str
    amount: int
    members: tuple[str, ...]


def batches(entries: Iterable[Entry], now: int) -> tuple[Batch, ...]:
    """A payout for each currency in which something above zero is available, by currency.

    Every entry that became available is a member, also those that lower the sum. A sum at or
    below zero waits for more; so does a sum that the currency's payouts cannot say exactly.
    """
    sums: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.available_on <= now:
            sums.setdefault(entry.currency, []).append(entry)
    return tuple(
        Batch(currency, _total(rows), tuple(row.id for row in rows))
        for currency, rows in sorted(sums.items())
        if _total(rows) > 0 and not (currency in WHOLE_UNITS and _total(rows) % 100)
    )


def _total(rows: Iterable[Entry]) -> int:
    return sum(row.net for row in rows)
