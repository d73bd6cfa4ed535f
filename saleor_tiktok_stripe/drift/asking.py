"""Asking for a check."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from .. import jobs
from ..accounts import audit
from ..errors import InvalidInput
from ..jobs import clock
from ..models import Connection, Vendor
from .classes import AREAS, ORDER, PAYMENT, SKU

CHECK: Final = "drift.check"
_OF_VENDOR: Final = {Vendor.TIKTOK.value: (ORDER, SKU), Vendor.STRIPE.value: (PAYMENT,)}


def areas_of(connection: Connection) -> tuple[str, ...]:
    """What is compared of a connection."""
    return _OF_VENDOR[connection.vendor]


def ask(connection: Connection, *, since: datetime | None = None, actor: str = "") -> int:
    """Ask for a full tour now; the job's id. ``since``: of what was placed or paid from then on
    (default: ``touring.USUALLY``); part of the caller's transaction. ``actor``: who
    asked for it, for the audit log."""
    payload = {"now": True, "from": since.isoformat() if since else ""}
    with transaction.atomic():
        if actor:
            audit.record(CHECK, connection, actor)
        return jobs.enqueue(CHECK, connection, payload=payload, lane=jobs.LANE_CLICK)


def ask_for(
    connection: Connection, area: str, subjects: Iterable[str], *, after: timedelta = timedelta()
) -> None:
    """Ask for a check of these orders, SKUs or payments. Raises ``InvalidInput``
    (``DRIFT_AREA_UNKNOWN``) where the connection has no such things."""
    if area not in areas_of(connection):
        raise InvalidInput(
            "DRIFT_AREA_UNKNOWN",
            f"Compared are {', '.join(AREAS)}; {area or 'nothing'} is none of them here.",
            field="area",
        )
    run_after = clock.now() + after
    names = [f"{area}:{subject}" for subject in subjects]
    jobs.enqueue_many(CHECK, connection, names, run_after=run_after, lane=jobs.LANE_CLICK)
