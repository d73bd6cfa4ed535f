"""Amounts inside the sandbox are whole minor units; on the wire they are unpadded decimal text."""

from __future__ import annotations

from decimal import Decimal

RATE_SCALE = 10_000


def text(minor: int, exponent: int) -> str:
    """`1500` with exponent 2 is `"15"`, `490` is `"4.9"`; charges keep their minus sign."""
    sign = "-" if minor < 0 else ""
    whole, fraction = divmod(abs(minor), 10**exponent)
    digits = str(fraction).zfill(exponent).rstrip("0") if fraction else ""
    return f"{sign}{whole}.{digits}" if digits else f"{sign}{whole}"


def decimal(minor: int, exponent: int) -> Decimal:
    """The same amount as a Decimal."""
    return Decimal(minor).scaleb(-exponent)


def minor(amount: str | Decimal, exponent: int) -> int:
    """Decimal text back to minor units; ValueError when it has more places than the currency."""
    scaled = Decimal(amount).scaleb(exponent)
    if scaled != scaled.to_integral_value():
        raise ValueError(f"{amount} has more places than the currency allows")
    return int(scaled)


def portion(amount: int, rate: int) -> int:
    """`rate` ten-thousandths of `amount`, rounded half up (away from zero)."""
    sign = -1 if amount < 0 else 1
    return sign * ((abs(amount) * rate + RATE_SCALE // 2) // RATE_SCALE)


def rate_text(rate: int) -> str:
    """A rate in ten-thousandths as decimal text: `750` is `"0.075"`."""
    return text(rate, 4)
