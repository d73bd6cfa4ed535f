"""Until something came to be that others bring about."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from saleor_tiktok_stripe.sandbox.components.processes import ComponentError

PATIENCE: Final = 60.0
"""Seconds that a step may take."""
LOOK: Final = 0.1


def until(ready: Callable[[], bool], what: str) -> None:
    """Look again and again. Raises ``ComponentError`` when it takes longer than ``PATIENCE``."""
    deadline = time.monotonic() + PATIENCE
    while not ready():
        if time.monotonic() > deadline:
            raise ComponentError(f"{what} came to no end.")
        time.sleep(LOOK)
