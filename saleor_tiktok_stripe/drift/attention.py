"""What does not agree, in one line for the health page and ``doctor``."""

from __future__ import annotations

from django.db.models import Count

from ..accounts import Finding, Severity
from ..models import Connection, Difference
from .classes import AREAS


def attention(connection: Connection) -> list[Finding]:
    """``DRIFT_FOUND`` while something is open: what a tour finds was missed by everything else."""
    rows = Difference.objects.filter(
        connection=connection, area__in=AREAS, state=Difference.State.OPEN
    )
    counts = dict(rows.values_list("code").annotate(number=Count("pk")).order_by("-number", "code"))
    if not counts:
        return []
    told = ", ".join(f"{number} {code}" for code, number in counts.items())
    channel = connection.channel_slug
    return [
        Finding(
            code="DRIFT_FOUND",
            severity=Severity.WARNING,
            subject=next(iter(counts)),
            message=f"{sum(counts.values())} differences were found by comparing ({told}).",
            cure=f"See them with: saleor-tiktok-stripe drift report --channel {channel}. Most end "
            f"with: saleor-tiktok-stripe drift repair --channel {channel} --all",
        )
    ]
