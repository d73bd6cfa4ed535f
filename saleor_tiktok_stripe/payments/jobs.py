"""The handlers of this room's jobs, where the table of kinds finds them."""

from .acting import act
from .catching_up import catch_up
from .following import sync
from .mirroring import mirror
from .sweeping import sweep

__all__ = ["act", "catch_up", "mirror", "sweep", "sync"]
