"""The handlers of this room's jobs, where the table of kinds finds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import wraps

from ..aftersales.problems import permission_missing
from ..jobs import ClaimedJob, Handler, Park, Result
from ..models import Connection
from ..stripe_api.errors import PermissionMissing
from . import catching_up, sweeping
from .acting import act
from .following import sync
from .ledger import importing, reconciling
from .mirroring import mirror

__all__ = ["act", "catch_up", "import_ledger", "mirror", "reconcile", "sweep", "sync"]


def _parked_without_permission(handler: Handler) -> Handler:
    """What needs a permission that the key lacks waits for it, and names it."""

    @wraps(handler)
    def run(connection: Connection | None, claimed: Sequence[ClaimedJob]) -> Mapping[int, Result]:
        try:
            return handler(connection, claimed)
        except PermissionMissing as error:
            problem = permission_missing(error.message, error.permission)
            return {job.id: Park(problem) for job in claimed}

    return run


sweep = _parked_without_permission(sweeping.sweep)
catch_up = _parked_without_permission(catching_up.catch_up)
import_ledger = _parked_without_permission(importing.run)
reconcile = reconciling.run
