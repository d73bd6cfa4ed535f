"""What the ledger knows of sales, many at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet, Sum

from ..models import Connection, LedgerEntry
from .labels import NOT_NET
from .sales import ZERO, Booked

Amount = tuple[str, str, bool, Decimal]
"""Currency, kind, whether it is an estimate, sum."""


def of_orders(connection: Connection, order_ids: Sequence[str]) -> dict[str, Booked]:
    """By the marketplace's order."""
    rows = _entries(connection).filter(order_id__in=list(order_ids))
    found: dict[str, list[Amount]] = defaultdict(list)
    for order_id, *amount in _summed(rows, "order_id"):
        found[order_id].append((amount[0], amount[1], amount[2], amount[3]))
    return {order_id: booked(amounts) for order_id, amounts in found.items()}


def of_payments(
    connection: Connection, order_ids: Sequence[str], payment_ids: Sequence[str]
) -> dict[str, list[Amount]]:
    """By payment (``source_ref``), of orders and of payments that no order is known of yet."""
    unlinked = Q(order_id="", source_ref__in=[one for one in payment_ids if one])
    rows = _entries(connection).filter(Q(order_id__in=list(order_ids)) | unlinked)
    found: dict[str, list[Amount]] = defaultdict(list)
    for payment_id, *amount in _summed(rows, "source_ref"):
        found[payment_id].append((amount[0], amount[1], amount[2], amount[3]))
    return found


def booked(amounts: Iterable[Amount]) -> Booked:
    """Amounts of one sale, by currency and kind."""
    money: dict[str, dict[str, tuple[Decimal, Decimal]]] = defaultdict(dict)
    settled = estimated = False
    for currency, kind, expected, amount in amounts:
        known = money[currency].get(kind, (ZERO, ZERO))
        own = (ZERO, amount) if expected else (amount, ZERO)
        money[currency][kind] = (known[0] + own[0], known[1] + own[1])
        settled, estimated = settled or not expected, estimated or expected
    return Booked(money, settled, estimated)


def _entries(connection: Connection) -> QuerySet[LedgerEntry]:
    rows = LedgerEntry.objects.filter(connection=connection, in_settlement=True)
    return rows.exclude(kind__in=NOT_NET)


def _summed(rows: QuerySet[LedgerEntry], by: str) -> Iterable[Any]:
    grouped = rows.order_by().values_list(by, "currency", "kind", "expected")
    return grouped.annotate(total=Sum("amount")).order_by(by, "currency", "kind", "expected")
