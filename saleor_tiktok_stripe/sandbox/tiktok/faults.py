"""Faults on demand: what goes wrong, where, and how often. Nothing goes wrong unless asked."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

REQUEST_FAULTS = frozenset(
    {
        "rate_limit",  # 429 with 36009002; retry_after: seconds, or None to leave the header out
        "internal_error",  # code 36009003
        "unavailable",  # HTTP 503 without an envelope
        "latency",  # seconds: wait before the answer
        "reset",  # the connection is cut and nothing is done
        "lost_answer",  # the work is done and the connection is cut
        "token_expired",  # code 105002
        "scope_missing",  # code 105005
        "region_refused",  # code 21008106
        "mask_flip",  # addresses come masked (to: MASKED, HIDDEN or READABLE)
        "moves_while_paging",  # orders of the page change after they were selected
        "page_token_missing",  # the last page has no next_page_token instead of an empty one
        "partial_errors",  # code 0 and an entry in data.errors instead of the work
    }
)
WEBHOOK_FAULTS = frozenset(
    {
        "webhook_duplicate",  # sent twice
        "webhook_delay",  # seconds: due later
        "webhook_drop",  # never sent
        "webhook_wrong_signature",
        "webhook_unknown_type",  # another notification of a type nobody knows goes out as well
    }
)
ALL_FAULTS = REQUEST_FAULTS | WEBHOOK_FAULTS


@dataclass
class Fault:
    """One armed fault: the next `times` calls whose path contains `path`, or each with a chance."""

    kind: str
    path: str = ""
    times: int | None = 1
    probability: float | None = None
    params: dict[str, Any] = field(default_factory=dict)


class Faults:
    """The armed faults; chances are drawn from a seeded generator."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(f"faults-{seed}")
        self._armed: list[Fault] = []

    def arm(self, fault: Fault) -> None:
        """Arm a fault; ValueError when no such kind exists."""
        if fault.kind not in ALL_FAULTS:
            raise ValueError(f"unknown fault {fault.kind}; known: {', '.join(sorted(ALL_FAULTS))}")
        self._armed.append(fault)

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        self._armed.clear()

    def take(self, kind: str, path: str = "") -> dict[str, Any] | None:
        """Parameters of the fault of this kind that strikes now, or None."""
        for fault in self._armed:
            if fault.kind != kind or fault.path not in path:
                continue
            if fault.probability is not None and self._rng.random() >= fault.probability:
                continue
            if fault.times is not None:
                fault.times -= 1
                if fault.times <= 0:
                    self._armed.remove(fault)
            return fault.params
        return None

    def armed(self) -> list[dict[str, Any]]:
        """What is still to strike."""
        return [
            {"kind": f.kind, "path": f.path, "times": f.times, "probability": f.probability}
            for f in self._armed
        ]
