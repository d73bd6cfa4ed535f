"""Amounts as people read them: with the decimals of their currency, or more where they have
more."""

from __future__ import annotations

from decimal import Decimal

from ...stripe_api.money import PRECISIONS, TWO


def rounded(amount: Decimal, currency: str) -> Decimal:
    """``12.500`` as ``12.50``; what is finer than its currency stays as it is."""
    coarse = round(amount, PRECISIONS.get(currency, TWO).exponent)
    return coarse if coarse == amount else amount


def plain(amount: Decimal, currency: str) -> str:
    """As an input takes it: ``1234.50``."""
    return f"{rounded(amount, currency):f}"


def words(amount: Decimal, currency: str) -> str:
    """As a sentence says it: ``1,234.50 USD``."""
    return f"{rounded(amount, currency):,} {currency}".replace("-", "−")
