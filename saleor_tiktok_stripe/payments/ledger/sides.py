"""Both sides of many orders at once, in as many queries as of one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from django.db import connection as database
from django.db.models import Min

from ...models import AfterSalesCase, Charge, Connection, LedgerEntry, OrderLink
from ...tiktok.types import OrderState
from .judging import Amount, Refunded, Sides, Sold
from .judging_payments import Taken

_DELIVERED: Final = frozenset({OrderState.DELIVERED, OrderState.COMPLETED})
_AMOUNTS: Final = """
SELECT {grouped_by}, row_id, kind, component, currency, amount, expected, in_settlement
FROM saleor_tiktok_stripe_ledgerentry
WHERE connection_id = %(connection)s AND order_id = ANY(%(orders)s)
"""
_MOVES_MONEY: Final = (
    AfterSalesCase.Kind.CANCELLATION,
    AfterSalesCase.Kind.REFUND,
    AfterSalesCase.Kind.RETURN,
    AfterSalesCase.Kind.REPLACEMENT,
)
"""Those whose amount went to the buyer: also a replacement that was paid back instead."""
_ZERO: Final = Decimal(0)


def order_sides(connection: Connection, order_ids: Sequence[str]) -> list[Sides]:
    """Orders of the marketplace: three queries."""
    amounts = _amounts(connection, order_ids, "order_id")
    refunds = _refunds(connection, order_ids)
    links = OrderLink.objects.filter(connection=connection, order_id__in=order_ids)
    rows = links.values_list("order_id", "state", "marketplace_updated_at", "money")
    linked = {order_id: (state, at, money) for order_id, state, at, money in rows}
    placed = _placed(connection, [one for one in order_ids if one not in linked])
    found = []
    for order_id in order_ids:
        state, changed_at, money = linked.get(order_id, ("", None, {}))
        found.append(
            Sides(
                order_id=order_id,
                linked=order_id in linked,
                amounts=amounts.get((order_id,), ()),
                placed_at=placed.get(order_id),
                cancelled=state == OrderState.CANCELLED,
                delivered_at=changed_at if state in _DELIVERED else None,
                sold=sold(money),
                refunds=refunds.get(order_id, ()),
                imported_since=connection.orders_since,
            )
        )
    return found


def payment_sides(
    connection: Connection, order_ids: Sequence[str]
) -> Mapping[str, tuple[list[Taken], dict[str, list[Amount]]]]:
    """Saleor order -> its payments by Stripe and their entries: two queries."""
    found: dict[str, tuple[list[Taken], dict[str, list[Amount]]]] = {
        order_id: ([], {}) for order_id in order_ids
    }
    charges = Charge.objects.filter(connection=connection, order_id__in=order_ids)
    for charge in charges.exclude(payment_id="").defer("buyer_ip"):
        since = charge.paid_at or charge.created_at
        found[charge.order_id][0].append(
            Taken(
                payment_id=charge.payment_id,
                currency=charge.currency,
                captured=charge.captured,
                refunded=charge.refunded,
                changed_at=charge.updated_at,
                readable=since >= connection.created_at and charge.is_within_reach(connection),
            )
        )
    booked = _amounts(connection, order_ids, "order_id", "source_ref")
    for (order_id, source_ref), amounts in booked.items():
        found[order_id][1][source_ref] = amounts
    return found


def sold(money: Mapping[str, Any]) -> Sold | None:
    """From ``OrderLink.money``; None where it was not kept yet."""
    try:
        return Sold(
            currency=money["currency"],
            buyer=Decimal(money["buyer"]),
            platform=Decimal(money["platform"]),
            goods=Decimal(money["goods"]),
            fees=Decimal(money.get("fees", 0)),
        )
    except (KeyError, InvalidOperation):
        return None


def _amounts(
    connection: Connection, order_ids: Sequence[str], *group: str
) -> dict[tuple[str, ...], list[Amount]]:
    """Entries of the orders by the columns of ``group``. Read without the ORM: these are most of
    what a comparison costs."""
    found: dict[tuple[str, ...], list[Amount]] = defaultdict(list)
    with database.cursor() as cursor:
        cursor.execute(
            _AMOUNTS.format(grouped_by=", ".join(group)),
            {"connection": connection.pk, "orders": list(order_ids)},
        )
        for row in cursor.fetchall():
            found[row[: len(group)]].append(Amount(*row[len(group) :]))
    return found


def _placed(connection: Connection, order_ids: Sequence[str]) -> dict[str, datetime]:
    """When orders that are not here were placed, as their money says."""
    if not order_ids:
        return {}
    entries = LedgerEntry.objects.filter(connection=connection, order_id__in=order_ids)
    placed = entries.values("order_id").annotate(at=Min("ordered_at"))
    return {row["order_id"]: row["at"] for row in placed if row["at"]}


def _refunds(connection: Connection, order_ids: Sequence[str]) -> dict[str, list[Refunded]]:
    found: dict[str, list[Refunded]] = defaultdict(list)
    cases = AfterSalesCase.objects.filter(
        connection=connection,
        order_id__in=order_ids,
        state=AfterSalesCase.State.COMPLETE,
        kind__in=_MOVES_MONEY,
        amount__gt=_ZERO,
    )
    for case in cases:
        found[case.order_id].append(
            Refunded(
                case_id=case.case_id,
                currency=case.currency,
                amount=case.amount,
                goods=case.amount - case.shipping_amount - case.tax_amount,
                at=case.marketplace_updated_at,
                is_cancellation=case.kind == AfterSalesCase.Kind.CANCELLATION,
            )
        )
    return found
