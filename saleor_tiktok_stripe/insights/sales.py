"""A sale as it was worked out, before it is a row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final

from ..models import SaleFact

ZERO: Final = Decimal(0)
Standing = SaleFact.Standing
State = SaleFact.State


@dataclass(frozen=True)
class Booked:
    """What is in a vendor's books of one sale: currency -> kind -> (settled, estimated)."""

    money: Mapping[str, Mapping[str, tuple[Decimal, Decimal]]] = field(default_factory=dict)
    settled: bool = False
    estimated: bool = False


@dataclass(frozen=True)
class Lines:
    """What was sold: key -> (units, volume). ``of`` names what was read for it. ``total`` and
    ``currency`` are the Saleor order's."""

    of: str
    products: Mapping[str, tuple[int, Decimal]] = field(default_factory=dict)
    currency: str = ""
    total: Decimal | None = None


@dataclass(frozen=True)
class Sale:
    """Fields as in ``SaleFact``. ``volume`` None: only Saleor's order tells."""

    sale_id: str
    saleor_order_id: str
    placed_at: datetime
    standing: Standing
    state: State
    currency: str
    volume: Decimal | None
    shipping: Decimal = ZERO
    tax: Decimal = ZERO
    seller_discount: Decimal = ZERO
    platform_discount: Decimal = ZERO
    refunded: Decimal = ZERO
    disputes: int = 0
    disputed: Decimal = ZERO
    dispute_lost: Decimal = ZERO
    booked: Booked = Booked()


@dataclass(frozen=True)
class Facts:
    """What decides the state of a payment. ``paid``: what the buyer paid of it, where
    that is known."""

    cancelled: bool
    taken: bool
    authorized: bool
    under_way: bool
    in_dispute: bool
    refunded: Decimal
    paid: Decimal | None
    settled: bool


def state_of(facts: Facts) -> tuple[Standing, State]:
    """Whether it counts as sold, and the one state that says most about its payment."""
    if facts.cancelled:
        return Standing.CANCELLED, State.CANCELLED
    if not facts.taken:
        if facts.authorized:
            return Standing.SOLD, State.AUTHORIZED
        return Standing.UNPAID, State.PENDING if facts.under_way else State.UNPAID
    if facts.in_dispute:
        return Standing.SOLD, State.DISPUTED
    if facts.refunded > 0:
        whole = facts.paid is not None and facts.refunded >= facts.paid
        return Standing.SOLD, State.REFUNDED if whole else State.PARTLY_REFUNDED
    return Standing.SOLD, State.SETTLED if facts.settled else State.PAID
