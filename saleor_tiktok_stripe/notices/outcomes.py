"""What came of one attempt to deliver a message."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """``code`` is "" when it was taken. ``final``: another attempt cannot end better.
    ``retry_after``: seconds that the other side asks to wait."""

    code: str = ""
    final: bool = False
    retry_after: float | None = None

    @property
    def taken(self) -> bool:
        """Whether the other side has it."""
        return not self.code


TAKEN = Outcome()
