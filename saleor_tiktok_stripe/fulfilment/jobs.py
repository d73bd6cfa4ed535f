"""The handlers of this room's jobs, where the table of kinds finds them."""

from .providers import refresh as refresh_carriers
from .pushing import push
from .watching import watch

__all__ = ["push", "refresh_carriers", "watch"]
