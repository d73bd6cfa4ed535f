"""The ledger as CSV, row by row, with columns that stay.

Text that a spreadsheet would take for a formula gets an apostrophe before it; amounts are plain
numbers, and only ever of the row's own currency.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, Protocol

from django.db.models import Max, Min, Q, Sum
from django.db.models.functions import Coalesce

from ...errors import InvalidInput
from ...models import Connection, LedgerEntry, Payout
from .differences import plain_text
from .kinds import Kind

ENTRIES: Final = "entries"
ORDERS: Final = "orders"
PAYOUTS: Final = "payouts"
_AT_ONCE: Final = 2000
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_ZERO: Final = Decimal(0)


class Writable(Protocol):
    """Where the CSV goes: a text file, a response, standard output."""

    def write(self, text: str, /) -> object:
        """Take some text."""


def export_csv(
    connection: Connection,
    kind: str,
    since: datetime | None,
    until: datetime | None,
    out: Writable,
) -> int:
    """Write ``entries``, ``orders`` or ``payouts`` of a time (``until`` exclusive) to ``out``; how
    many rows. Rows are read and written a few at a time, however many there are.

    Raises ``InvalidInput`` (``EXPORT_UNKNOWN``).
    """
    lines = csv_lines(connection, kind, since, until)
    out.write(next(lines))
    count = 0
    for line in lines:
        out.write(line)
        count += 1
    return count


def csv_lines(
    connection: Connection, kind: str, since: datetime | None, until: datetime | None
) -> Iterator[str]:
    """The same line by line, the first with the names of the columns. Raises ``InvalidInput``
    (``EXPORT_UNKNOWN``) at once."""
    if kind not in _EXPORTS:
        words = ", ".join(_EXPORTS)
        raise InvalidInput("EXPORT_UNKNOWN", f"There are: {words}.", field="kind")
    columns, rows = _EXPORTS[kind]
    return _lines(columns, rows(connection, since, until))


class _Line:
    """What a CSV writer writes to: it hands the line back."""

    def write(self, text: str, /) -> str:
        return text


def _lines(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    writer = csv.writer(_Line(), lineterminator="\r\n")
    yield str(writer.writerow(columns))
    for row in rows:
        yield str(writer.writerow([cell(one) for one in row]))


def cell(value: object) -> str:
    """Amounts and times as they are; of text nothing that a spreadsheet would run."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return plain_text(value)
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _within(name: str, since: datetime | None, until: datetime | None) -> Q:
    bounds = {f"{name}__gte": since, f"{name}__lt": until}
    return Q(**{bound: value for bound, value in bounds.items() if value is not None})


_ENTRY_COLUMNS: Final = {
    "date": "happened_at",
    "order": "order_id",
    "saleor_order": "saleor_order_id",
    "kind": "kind",
    "name": "component",
    "currency": "currency",
    "amount": "amount",
    "in_settlement": "in_settlement",
    "expected": "expected",
    "transaction": "row_id",
    "statement": "statement__statement_id",
    "payout": "payout__payout_id",
    "source": "source_ref",
}
_PAYOUT_COLUMNS: Final = {
    "payout": "payout_id",
    "kind": "kind",
    "state": "state",
    "made": "made_at",
    "paid": "paid_at",
    "currency": "currency",
    "amount": "amount",
    "settled_currency": "settled_currency",
    "settlement": "settlement",
    "reserve": "reserve",
    "before_exchange": "before_exchange",
    "exchange_rate": "exchange_rate",
    "bank_account": "bank_account",
    "parts_complete": "entries_complete",
}
_ORDER_KINDS: Final = (
    Kind.SALE,
    Kind.SELLER_DISCOUNT,
    Kind.REFUND,
    Kind.FEE,
    Kind.COMMISSION,
    Kind.SHIPPING,
    Kind.TAX,
    Kind.ADJUSTMENT,
    Kind.DISPUTE,
    Kind.RESERVE,
    Kind.OTHER,
)
_ORDER_COLUMNS: Final = (
    "order", "saleor_order", "currency", "first", "last", *(kind.value for kind in _ORDER_KINDS),
    "total", "platform_discount",
)  # fmt: skip


def _entries(
    connection: Connection, since: datetime | None, until: datetime | None
) -> Iterator[Sequence[Any]]:
    rows = LedgerEntry.objects.filter(_within("happened_at", since, until), connection=connection)
    chosen = rows.order_by("happened_at", "pk").values_list(*_ENTRY_COLUMNS.values())
    yield from chosen.iterator(_AT_ONCE)


def _payouts(
    connection: Connection, since: datetime | None, until: datetime | None
) -> Iterator[Sequence[Any]]:
    rows = Payout.objects.filter(_within("made_at", since, until), connection=connection)
    yield from rows.order_by("made_at", "pk").values_list(*_PAYOUT_COLUMNS.values()).iterator()


def _orders(
    connection: Connection, since: datetime | None, until: datetime | None
) -> Iterator[Sequence[Any]]:
    """An order's settled amounts of that time by kind, one row for each of its currencies."""
    rows = LedgerEntry.objects.filter(
        _within("happened_at", since, until), connection=connection, expected=False
    ).exclude(order_id="")
    inside = Q(in_settlement=True)
    sums = {f"of_{kind.value}": _sum(inside & Q(kind=kind.value)) for kind in _ORDER_KINDS}
    grouped = (
        rows.values("order_id", "currency")
        .annotate(
            saleor=Max("saleor_order_id"),
            first=Min("happened_at"),
            last=Max("happened_at"),
            total=_sum(inside),
            platform=_sum(Q(kind=Kind.PLATFORM_DISCOUNT)),
            **sums,
        )
        .order_by("order_id", "currency")
    )
    names = ("order_id", "saleor", "currency", "first", "last", *sums, "total", "platform")
    yield from grouped.values_list(*names).iterator(_AT_ONCE)


def _sum(where: Q) -> Coalesce:
    return Coalesce(Sum("amount", filter=where), _ZERO)


_Rows = Callable[[Connection, datetime | None, datetime | None], Iterable[Sequence[Any]]]
_EXPORTS: Final[Mapping[str, tuple[tuple[str, ...], _Rows]]] = {
    ENTRIES: (tuple(_ENTRY_COLUMNS), _entries),
    ORDERS: (_ORDER_COLUMNS, _orders),
    PAYOUTS: (tuple(_PAYOUT_COLUMNS), _payouts),
}
