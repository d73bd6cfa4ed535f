"""Faults on demand: what goes wrong, where, and how often. Nothing goes wrong unless asked."""

from __future__ import annotations

import random
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any


def _fits(wanted: str, path: str) -> bool:
    return path.endswith(wanted[:-1]) if wanted.endswith("$") else wanted in path


@dataclass
class Fault:
    """One armed fault: the next `times` calls (None: all) whose path contains `path` (ends with it,
    when `path` ends with `$`), each with a chance when there is a `probability`; of one account, or
    of all when `account` is empty."""

    kind: str
    path: str = ""
    times: int | None = 1
    probability: float | None = None
    params: dict[str, Any] = field(default_factory=dict)
    account: str = ""


class Faults:
    """The armed faults, of the kinds that a sandbox knows; chances are drawn from a seeded
    generator."""

    def __init__(self, seed: int, kinds: Collection[str]) -> None:
        self._rng = random.Random(f"faults-{seed}")
        self._kinds = kinds
        self._armed: list[Fault] = []

    def arm(self, fault: Fault) -> None:
        """Arm a fault; ValueError when no such kind exists."""
        if fault.kind not in self._kinds:
            raise ValueError(f"unknown fault {fault.kind}; known: {', '.join(sorted(self._kinds))}")
        self._armed.append(fault)

    def clear(self, account: str = "") -> None:
        """Nothing goes wrong any more (with one account, or with any)."""
        self._armed = [f for f in self._armed if account and f.account != account]

    def take(self, kind: str, path: str = "", account: str = "") -> dict[str, Any] | None:
        """Parameters of the fault of this kind that strikes now, or None."""
        for fault in self._armed:
            if fault.kind != kind or not _fits(fault.path, path):
                continue
            if fault.account and fault.account != account:
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
