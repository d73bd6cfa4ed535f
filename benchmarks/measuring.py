"""Turn by turn, then medians; and the one form in which a result is printed."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Mapping


def turn_by_turn(
    runs: Mapping[str, Callable[[], float]], rounds: int, *, warm_up: int = 1
) -> dict[str, float]:
    """Median of what each returns over ``rounds`` rounds, after ``warm_up`` that do not count."""
    results: dict[str, list[float]] = {name: [] for name in runs}
    for number in range(warm_up + rounds):
        for name, run in runs.items():
            value = run()
            if number >= warm_up:
                results[name].append(value)
    return {name: statistics.median(values) for name, values in results.items()}


def seconds(function: Callable[[], object]) -> float:
    """How long a call takes."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def report(name: str, ratio: float, over: str, under: str, setup: str = "") -> None:
    """``name: ratio (what / what; how)``."""
    busy = f"load {os.getloadavg()[0]:.1f}"
    how = "; ".join(part for part in (setup, busy) if part)
    print(f"{name}: {ratio:.3g} ({over} / {under}; {how})", flush=True)
