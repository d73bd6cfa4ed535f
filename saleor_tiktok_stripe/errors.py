"""The one family of errors that crosses a room's door.

Every error says three things: a stable ``code`` (for docs, filters and tests), a ``message`` in the
merchant's words that says what to do, and whether trying again later can help. Jobs turn them into
states: ``RetryLater`` -> queued again, ``NeedsReauthorization`` -> connection stops and asks,
``Parked`` -> shown to the merchant with its cure, anything else -> a bug, retried and then dead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


class ChannelError(Exception):
    """Base of all errors of this package.

    ``code`` is upper snake case and stable; ``message`` is safe to show to a merchant: it holds no
    secret and no buyer data. ``retryable`` tells whether the same call may succeed later.
    """

    retryable: bool = False

    def __init__(self, code: str, message: str, *, request_id: str = "") -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.request_id = request_id


class RetryLater(ChannelError):
    """The vendor or the network failed in a way that passes; try again after ``retry_after`` s."""

    retryable = True

    def __init__(
        self, code: str, message: str, *, retry_after: float | None = None, request_id: str = ""
    ) -> None:
        super().__init__(code, message, request_id=request_id)
        self.retry_after = retry_after


class InDoubt(RetryLater):
    """A write was sent and its answer not seen: ask the vendor before sending it again."""


class NeedsReauthorization(ChannelError):
    """The authorization ended or lacks a scope: only the merchant can renew it."""


class InvalidInput(ChannelError):
    """What a person entered cannot be used; ``field`` names it."""

    def __init__(self, code: str, message: str, *, field: str = "") -> None:
        super().__init__(code, message)
        self.field = field


class VendorBug(ChannelError):
    """A call was refused because of how we made it, or an answer cannot be read: ours to fix."""


@dataclass(frozen=True)
class Problem:
    """Why something is parked and what cures it, in the merchant's words.

    ``stage`` is where it stopped (``link``, ``money``, ``import``, ``follow``...), ``params`` the
    facts behind the words (ids, SKUs, amounts; no buyer data), ``waits_for`` keys whose appearance
    makes a retry worthwhile (``sku:<sku id>``).
    """

    code: str
    stage: str
    cause: str
    cure: str
    params: Mapping[str, str] = field(default_factory=dict)
    waits_for: tuple[str, ...] = ()


class Parked(ChannelError):
    """This one thing cannot go on until somebody acts; all others go on."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code, f"{problem.cause} {problem.cure}")
        self.problem = problem
