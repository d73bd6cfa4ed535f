"""Figures as CSV, row by row, with columns that stay. Days that nothing was sold on are left out.

Text that a spreadsheet would take for a formula gets an apostrophe before it; amounts are plain
numbers of the row's own currency.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from django.db.models import F, QuerySet, Sum

from ..errors import InvalidInput
from ..models import (
    Connection,
    SalesDay,
    SalesHour,
    SalesMoneyDay,
    SalesProductDay,
    SoldProduct,
)
from ..payments.ledger.exporting import cell
from .figures import SUMMED, vendors, within
from .labels import FEES, vendor_label
from .periods import checked
from .types import Period, Table

_AT_ONCE: Final = 2000
_Rows = Callable[[Sequence[Connection], Period], Iterator[Sequence[Any]]]


def export_csv(
    connections: Sequence[Connection], wanted: Period, table: Table | str
) -> Iterator[str]:
    """The lines of a table of the period, the first with the names of the columns. Lines are read
    a few at a time, however many there are. Raises ``InvalidInput`` at once: ``EXPORT_UNKNOWN``,
    and as ``figures`` for the period."""
    if table not in _TABLES:
        words = ", ".join(_TABLES)
        raise InvalidInput("EXPORT_UNKNOWN", f"There are: {words}.", field="table")
    columns, rows = _TABLES[Table(table)]
    return _lines(columns, rows(connections, checked(wanted)))


class _Line:
    """What a CSV writer writes to: it hands the line back."""

    def write(self, text: str, /) -> str:
        return text


def _lines(columns: Sequence[str], rows: Iterator[Sequence[Any]]) -> Iterator[str]:
    writer = csv.writer(_Line(), lineterminator="\r\n")
    yield str(writer.writerow(columns))
    for row in rows:
        yield str(writer.writerow([cell(one) for one in row]))


def _days(connections: Sequence[Connection], wanted: Period) -> Iterator[Sequence[Any]]:
    named = vendors(connections)
    rows = within(SalesDay.objects.all(), connections, wanted)
    money = _net(within(SalesMoneyDay.objects.all(), connections, wanted))
    chosen = rows.order_by("day", "connection_id", "currency")
    seen = set()
    for day, pk, currency, *sums in chosen.values_list(
        "day", "connection_id", "currency", *SUMMED
    ).iterator(_AT_ONCE):
        seen.add((day, pk, currency))
        yield (
            day,
            vendor_label(named[pk]),
            currency,
            *sums,
            *money.get((day, pk, currency), (0, 0)),
        )
    for (day, pk, currency), net in money.items():
        if (day, pk, currency) not in seen:  # settled in another currency than sold in
            yield (day, vendor_label(named[pk]), currency, *([0] * len(SUMMED)), *net)


def _net(rows: QuerySet[SalesMoneyDay]) -> dict[tuple[Any, int, str], tuple[Any, Any]]:
    grouped = rows.values_list("day", "connection_id", "currency").order_by(
        "day", "connection_id", "currency"
    )
    summed = grouped.annotate(settled_sum=Sum("settled"), estimated_sum=Sum("estimated"))
    return {(day, pk, currency): (one, other) for day, pk, currency, one, other in summed}


def _hours(connections: Sequence[Connection], wanted: Period) -> Iterator[Sequence[Any]]:
    named = vendors(connections)
    rows = within(SalesHour.objects.all(), connections, wanted)
    chosen = rows.order_by("day", "hour", "connection_id", "currency")
    for day, hour, pk, *rest in chosen.values_list(
        "day", "hour", "connection_id", "currency", "orders", "units", "volume"
    ).iterator(_AT_ONCE):
        yield (day, hour, vendor_label(named[pk]), *rest)


def _products(connections: Sequence[Connection], wanted: Period) -> Iterator[Sequence[Any]]:
    named = vendors(connections)
    rows = within(SalesProductDay.objects.all(), connections, wanted)
    grouped = (
        rows.values_list("currency", "connection_id", "key")
        .annotate(sum_orders=Sum("orders"), sum_units=Sum("units"), sum_volume=Sum("volume"))
        .order_by("currency", F("sum_volume").desc(), "key", "connection_id")
    )
    batch: list[Any] = []
    for row in grouped.iterator(_AT_ONCE):
        batch.append(row)
        if len(batch) == _AT_ONCE:
            yield from _with_names(batch, named)
            batch = []
    yield from _with_names(batch, named)


def _with_names(batch: Sequence[Any], named: Mapping[int, str]) -> Iterator[Sequence[Any]]:
    known = SoldProduct.objects.in_bulk([row[2] for row in batch], field_name="key")
    for currency, pk, key, orders, units, volume in batch:
        product = known.get(key)
        sku, name = (product.sku, product.name) if product else ("", "")
        yield (vendor_label(named[pk]), key, sku, name, currency, orders, units, volume)


def _fees(connections: Sequence[Connection], wanted: Period) -> Iterator[Sequence[Any]]:
    named = vendors(connections)
    rows = within(SalesMoneyDay.objects.filter(kind__in=list(FEES)), connections, wanted)
    chosen = rows.order_by("day", "connection_id", "currency", "kind")
    for day, pk, currency, kind, *amounts in chosen.values_list(
        "day", "connection_id", "currency", "kind", "settled", "estimated"
    ).iterator(_AT_ONCE):
        yield (day, vendor_label(named[pk]), currency, kind, FEES[kind], *amounts)


_TABLES: Final[Mapping[str, tuple[tuple[str, ...], _Rows]]] = {
    Table.DAYS: (("day", "vendor", "currency", *SUMMED, "net_settled", "net_estimated"), _days),
    Table.HOURS: (("day", "hour", "vendor", "currency", "orders", "units", "volume"), _hours),
    Table.PRODUCTS: (
        ("vendor", "product", "sku", "name", "currency", "orders", "units", "volume"),
        _products,
    ),
    Table.FEES: (("day", "vendor", "currency", "kind", "name", "settled", "estimated"), _fees),
}
