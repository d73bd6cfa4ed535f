"""The handlers of this room's jobs, where the table of kinds finds them."""

from .answering import answer
from .sending import refund
from .telling import tell
from .watching import watch

__all__ = ["answer", "refund", "tell", "watch"]
