"""How often this process called the vendors."""

from __future__ import annotations

from .stripe.vendor import door as stripe_door
from .tiktok.vendor import door as tiktok_door


def calls_of_this_process() -> dict[tuple[str, str], int]:
    """Calls to both vendors by (endpoint, outcome)."""
    return {**tiktok_door().counters(), **stripe_door().counters()}
