"""What is being brought in step just now is no difference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

from django.db.models import Q

from ..jobs import clock
from ..models import Connection, Job, JobStatus
from .classes import ORDER, PAYMENT, SKU

GRACE: Final = timedelta(minutes=10)
"""So long a change may take to be noticed by the regular looks."""
PATIENCE: Final = timedelta(hours=1)
"""A job that was asked for longer ago than this is not about to end anything."""
KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    ORDER: ("order.sync", "order.push", "case.sync"),
    SKU: ("stock.push", "price.push"),
    PAYMENT: ("payment.sync",),
}
"""The jobs that bring things of an area in step."""


def busy(connection: Connection, kinds: Sequence[str], subjects: Sequence[str]) -> set[str]:
    """Those of ``subjects`` for which one of these jobs runs, or is about to."""
    now = clock.now()
    rows = Job.objects.filter(
        connection=connection, kind__in=kinds, subject__in=list(subjects)
    ).filter(
        Q(status=JobStatus.RUNNING)
        | Q(
            status=JobStatus.QUEUED,
            run_after__lte=now + GRACE,
            created_at__gt=now - PATIENCE,
        )
    )
    return set(rows.values_list("subject", flat=True))
