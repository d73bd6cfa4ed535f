"""Somebody asks for what otherwise runs by the clock."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from ... import jobs
from ...accounts import audit
from ...errors import InvalidInput
from ...models import Connection, ConnectionState
from .importing import KIND as IMPORT
from .reconciling import KIND as RECONCILE


def ask_import(connections: Sequence[Connection], actor: str) -> tuple[int, ...]:
    """Ask for what is new of statements, fees and payouts of the active ones, now: the jobs' ids.
    Written to the audit log. Raises ``InvalidInput`` (``NOT_CONNECTED``) where none is active."""
    active = [one for one in connections if one.state == ConnectionState.ACTIVE]
    if not active:
        raise InvalidInput(
            "NOT_CONNECTED", "No account of this channel is connected at the moment."
        )
    return _ask(IMPORT, active, actor)


def ask_reconcile(connections: Sequence[Connection], actor: str) -> tuple[int, ...]:
    """Ask for a comparison of everything, now: the jobs' ids. Written to the audit log."""
    return _ask(RECONCILE, connections, actor)


def _ask(kind: str, connections: Sequence[Connection], actor: str) -> tuple[int, ...]:
    asked = []
    with transaction.atomic():
        for connection in connections:
            asked.append(jobs.enqueue(kind, connection, lane=jobs.LANE_CLICK))
            audit.record(kind, connection, actor)
    return tuple(asked)
