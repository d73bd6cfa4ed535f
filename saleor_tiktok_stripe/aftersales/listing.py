"""Disputes as they are listed, and cases as they are found. What waits is in ``queue``."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import InvalidInput
from ..models import AfterSalesCase, Connection, Dispute
from ..models.paging import SIZE, Page, newest_first
from .recording import CLOSED


def disputes(
    connections: Sequence[Connection],
    *,
    state: str = "",
    closed: bool | None = None,
    after: str = "",
    size: int = SIZE,
) -> Page[Dispute]:
    """Disputes, the latest opened first, each with its charge, its answer and the answer's files.
    ``state`` is a ``stripe_api.types.DisputeState``; ``closed``: only those that are, or are not.
    """
    rows = Dispute.objects.filter(connection__in=list(connections))
    rows = rows.select_related("connection", "charge", "evidence")
    rows = rows.defer("charge__buyer_ip", "evidence__fields", "evidence__sent")
    if state:
        rows = rows.filter(state=state)
    if closed is not None:
        rows = rows.filter(state__in=CLOSED) if closed else rows.exclude(state__in=CLOSED)
    return newest_first(rows, "opened_at", after, size)


def find_case(connections: Sequence[Connection], case_id: str) -> AfterSalesCase:
    """A case by the marketplace's id. Raises ``InvalidInput`` (``CASE_UNKNOWN``)."""
    rows = AfterSalesCase.objects.select_related("connection")
    found = rows.filter(connection__in=list(connections), case_id=case_id).first()
    if found is None:
        raise InvalidInput("CASE_UNKNOWN", f"This channel has no case {case_id}.", field="case")
    return found
