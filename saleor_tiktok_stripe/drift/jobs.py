"""The job of this room."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from ..accounts import audit
from ..jobs import Again, ClaimedJob, Done, Result
from ..models import Charge, Connection
from .asking import CHECK
from .busy import KINDS, busy
from .classes import ORDER, PAYMENT, SKU
from .order_checking import OrderCheck
from .payment_checking import check_payments
from .repairing import settle_repairs
from .sku_checking import SkuCheck
from .touring import tour

LOOKS: Final = 5
PAUSE: Final = 60.0
RUN_SECONDS: Final = 30.0
"""After so long a run stops, and goes on as a new one: others get their turn."""


def check(connection: Connection | None, claimed: Sequence[ClaimedJob]) -> Mapping[int, Result]:
    """Handler of ``drift.check``: subject empty for the tour (which is due once a day, and goes on
    where it stopped), else ``order:``, ``sku:`` or ``payment:`` and an id."""
    if connection is None:
        return {}
    named: dict[str, list[ClaimedJob]] = {}
    results: dict[int, Result] = {}
    for job in claimed:
        if job.subject:
            named.setdefault(job.subject.partition(":")[0], []).append(job)
        else:
            results[job.id] = _tour(connection, job)
    for area, ones in named.items():
        results |= _named(connection, area, ones)
    return results


def _named(connection: Connection, area: str, ones: Sequence[ClaimedJob]) -> dict[int, Result]:
    """What is still being brought in step is looked at again a little later."""
    subjects = {one.id: one.subject.partition(":")[2] for one in ones}
    note = f"open={check_now(connection, area, list(subjects.values()))}"
    waiting = busy(connection, KINDS.get(area, ()), list(subjects.values()))
    results: dict[int, Result] = {}
    for one in ones:
        looks = int(one.progress.get("looks", 0))
        if subjects[one.id] in waiting and looks < LOOKS:
            results[one.id] = Again(PAUSE, {"looks": looks + 1})
        else:
            results[one.id] = Done(note=note)
    return results


def check_now(connection: Connection, area: str, subjects: Sequence[str], actor: str = "") -> int:
    """Judge these orders, SKUs or payments; how many differences are open. ``actor``: who asked for
    it, for the audit log. Raises what concerns the whole connection."""
    if actor:
        data = {"area": area, "subjects": str(len(subjects))}
        audit.record(CHECK, connection, actor, data=data)
    found = 0
    match area:
        case _ if area == ORDER:
            found = OrderCheck(connection, patient=False).named(subjects)
        case _ if area == SKU:
            found = SkuCheck(connection).check(subjects)
        case _ if area == PAYMENT:
            near = Charge.objects.filter(Charge.within_reach(connection), connection=connection)
            rows = near.filter(payment_id__in=list(subjects))
            charges = list(rows.select_related("connection").order_by("pk"))
            found = check_payments(connection, charges, patient=False)
    settle_repairs(connection, area, subjects)
    return found


def _tour(connection: Connection, job: ClaimedJob) -> Result:
    cursor = tour(connection, job.payload, RUN_SECONDS)
    if cursor.window_from is not None:
        return Again()
    settle_repairs(connection)
    return Done(note=f"checked={cursor.seen}")
