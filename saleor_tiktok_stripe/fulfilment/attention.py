"""Orders that have to leave soon, for the health page and ``doctor``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import QuerySet

from ..accounts import NAMED, Finding, Severity, with_rest
from ..jobs import clock
from ..models import Connection, OrderLink

SOON: Final = timedelta(hours=24)


@dataclass(frozen=True)
class Late:
    """An order with items that have to leave. ``hours`` is negative once it should have left."""

    order_id: str
    saleor_number: str
    ship_by: datetime
    hours: int


def deadlines(connection: Connection, limit: int | None = None) -> list[Late]:
    """Orders that have to leave within a day or should have left, most urgent first."""
    now = clock.now()
    rows = _due(connection, now).order_by("ship_by", "pk")
    found = rows.values_list("order_id", "saleor_number", "ship_by")
    return [
        Late(order_id, number, ship_by, int((ship_by - now).total_seconds() // 3600))
        for order_id, number, ship_by in found[:limit]
        if ship_by is not None
    ]


def number_due(connection: Connection) -> int:
    """How many ``deadlines`` there are."""
    return _due(connection, clock.now()).count()


def late_shipments(connection: Connection) -> list[Finding]:
    """``SHIPMENT_DUE`` for each: a warning in its last day, an error once it is late."""
    shown = [_finding(connection, one) for one in deadlines(connection, NAMED)]
    return with_rest(shown, number_due(connection) if len(shown) == NAMED else len(shown))


def _due(connection: Connection, now: datetime) -> QuerySet[OrderLink]:
    return OrderLink.objects.filter(connection=connection, ship_by__lt=now + SOON)


def _finding(connection: Connection, one: Late) -> Finding:
    number = f" (Saleor {one.saleor_number})" if one.saleor_number else ""
    verb = "has to be shipped by" if one.hours >= 0 else "should have been shipped by"
    return Finding(
        code="SHIPMENT_DUE",
        severity=Severity.ERROR if one.hours < 0 else Severity.WARNING,
        subject=one.order_id,
        message=f"Order {one.order_id}{number} {verb} {one.ship_by:%Y-%m-%d %H:%M} UTC.",
        cure="Fulfil it in Saleor with its tracking number. TikTok cancels orders that leave too "
        "late.",
    )
