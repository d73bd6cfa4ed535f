"""Sales as rows. A fact that changed marks its day, and the day it was of before, in the same
commit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from ..jobs import clock
from ..models import Connection, SaleFact, StaleSalesDay
from .sales import ZERO, Booked, Lines, Sale

OWN: Final = (
    "placed_at", "day", "hour", "standing", "state", "currency", "volume", "units", "shipping",
    "tax", "seller_discount", "platform_discount", "refunded", "disputes", "disputed",
    "dispute_lost", "settled", "estimated", "money", "lines", "lines_of",
)  # fmt: skip
"""What is worked out; the rest of a row is its name."""


def lines_known(connection: Connection, sale_ids: Sequence[str]) -> dict[str, str]:
    """Sale -> the Saleor order whose lines it has."""
    rows = SaleFact.objects.filter(connection=connection, sale_id__in=list(sale_ids))
    return dict(rows.values_list("sale_id", "lines_of"))


def write(
    connection: Connection,
    sale_ids: Sequence[str],
    sales: Iterable[Sale],
    lines: Mapping[str, Lines],
    zone: str,
) -> int:
    """Make the facts of ``sale_ids`` be exactly ``sales``, in the caller's transaction; how many
    changed. ``lines`` by Saleor order, where they were just read; else those that a fact has stay.
    A sale whose amount is not known in any way yet is none."""
    locked = SaleFact.objects.select_for_update().filter(
        connection=connection, sale_id__in=list(sale_ids)
    )
    before = {one.sale_id: one for one in locked.order_by("pk")}
    after = {
        sale.sale_id: fact
        for sale in sales
        if (fact := _fact(connection, sale, lines, before.get(sale.sale_id), ZoneInfo(zone)))
    }
    changed = [one for name, one in after.items() if not _same(one, before.get(name))]
    gone = [one for name, one in before.items() if name not in after]
    days = {one.day for one in changed} | {one.day for one in gone}
    days |= {before[one.sale_id].day for one in changed if one.sale_id in before}
    SaleFact.objects.bulk_create(
        sorted(changed, key=lambda one: one.sale_id),
        update_conflicts=True,
        unique_fields=["connection", "sale_id"],
        update_fields=[*OWN, "updated_at"],
    )
    SaleFact.objects.filter(pk__in=[one.pk for one in gone]).delete()
    mark(connection, days)
    return len(changed) + len(gone)


def mark(connection: Connection, days: Iterable[date]) -> None:
    """The sums of these days must be worked out again. A mark that is there already is written
    again: whoever is about to take it away must wait for what this transaction changed."""
    StaleSalesDay.objects.bulk_create(
        [
            StaleSalesDay(connection=connection, day=day, since=clock.now())
            for day in sorted(set(days))
        ],
        update_conflicts=True,
        unique_fields=["connection", "day"],
        update_fields=["since"],
    )


def _fact(
    connection: Connection,
    sale: Sale,
    lines: Mapping[str, Lines],
    before: SaleFact | None,
    zone: ZoneInfo,
) -> SaleFact | None:
    sold = lines.get(sale.saleor_order_id)
    currency, volume = sale.currency, sale.volume
    if volume is None and sold is not None:
        currency, volume = sold.currency, sold.total
    if volume is None and before is not None:
        currency, volume = before.currency, before.volume
    if volume is None or not currency:
        return None
    placed = sale.placed_at.astimezone(zone)
    return SaleFact(
        connection=connection,
        sale_id=sale.sale_id,
        placed_at=sale.placed_at,
        day=placed.date(),
        hour=placed.hour,
        standing=sale.standing.value,
        state=sale.state.value,
        currency=currency,
        volume=volume,
        shipping=sale.shipping,
        tax=sale.tax,
        seller_discount=sale.seller_discount,
        platform_discount=sale.platform_discount,
        refunded=sale.refunded,
        disputes=sale.disputes,
        disputed=sale.disputed,
        dispute_lost=sale.dispute_lost,
        settled=sale.booked.settled,
        estimated=sale.booked.estimated,
        money=_money(sale.booked),
        updated_at=clock.now(),
        **_sold(sold, before),
    )


def _sold(sold: Lines | None, before: SaleFact | None) -> dict[str, Any]:
    if sold is None:
        return {
            "units": before.units if before else 0,
            "lines": before.lines if before else [],
            "lines_of": before.lines_of if before else "",
        }
    return {
        "units": sum(units for units, _ in sold.products.values()),
        "lines": [
            {"key": key, "units": units, "volume": text(volume)}
            for key, (units, volume) in sorted(sold.products.items())
        ],
        "lines_of": sold.of,
    }


def _money(booked: Booked) -> dict[str, dict[str, list[str]]]:
    return {
        currency: {kind: [text(one) for one in kinds[kind]] for kind in sorted(kinds)}
        for currency, kinds in sorted(booked.money.items())
    }


def text(amount: Decimal) -> str:
    """The same amount is the same text."""
    return f"{amount.normalize() + ZERO:f}"


def _same(one: SaleFact, other: SaleFact | None) -> bool:
    return other is not None and all(getattr(one, name) == getattr(other, name) for name in OWN)
