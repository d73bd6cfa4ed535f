"""The handlers of this room's jobs, where the table of kinds finds them."""

from .answering import answer
from .cases.opening import open_case
from .cases.polling import poll_cases
from .cases.sending import answer_case
from .cases.syncing import sync_cases
from .sending import refund
from .telling import tell
from .watching import watch

__all__ = [
    "answer",
    "answer_case",
    "open_case",
    "poll_cases",
    "refund",
    "sync_cases",
    "tell",
    "watch",
]
