"""The vendors whose notifications are taken in: one row each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from ..models import Vendor
from . import from_stripe, from_tiktok
from .types import Door, Hint


@dataclass(frozen=True)
class Wire:
    """``fits(door, raw_body, signature)``; ``read(raw_body, door)`` raises ``InvalidInput``."""

    header: str
    fits: Callable[[Door, bytes, str], bool]
    read: Callable[[bytes, Door], Hint]


WIRES: Final[Mapping[Vendor, Wire]] = {
    Vendor.TIKTOK: Wire("Authorization", from_tiktok.fits, from_tiktok.read),
    Vendor.STRIPE: Wire("Stripe-Signature", from_stripe.fits, from_stripe.read),
}

FED_KINDS: Final = from_stripe.JOBS | from_tiktok.JOBS
"""Kinds of jobs that notifications ask for."""
