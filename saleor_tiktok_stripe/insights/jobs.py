"""The job of this room."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from ..jobs import Again, ClaimedJob, Done, Result
from ..models import Connection
from .taking_in import progress, take_in

RUN_SECONDS: Final = 30.0
"""After so long a run stops, and goes on as a new one: others get their turn."""


def update(connection: Connection | None, claimed: Sequence[ClaimedJob]) -> Mapping[int, Result]:
    """Handler of ``insights.update``: takes in what changed since the last run."""
    if connection is None:
        return {}
    if not take_in(connection, RUN_SECONDS):
        known = progress([connection])
        return {job.id: Again(progress={"percent": known.percent}) for job in claimed}
    return {job.id: Done() for job in claimed}
