"""Do an order's payments by Stripe agree with what its balance shows of them? Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from .differences import Found, plain
from .judging import Amount, unexpected
from .kinds import Kind

BOOKED_AFTER: Final = timedelta(days=3)
"""Balance transactions may come minutes later, of delayed methods with the money."""
_COMPARED: Final = (
    ("REVENUE_DIFFERS", "captured", Kind.SALE, 1),
    ("REFUND_DIFFERS", "refunded", Kind.REFUND, -1),
)
_ZERO: Final = Decimal(0)


@dataclass(frozen=True)
class Taken:
    """A payment as it was followed here, last seen to change at ``changed_at``. ``readable``: it
    was paid after the account was connected, so its balance transactions were read."""

    payment_id: str
    currency: str
    captured: Decimal
    refunded: Decimal
    changed_at: datetime
    readable: bool = True


@dataclass
class _Side:
    ours: dict[str, Decimal]
    theirs: dict[str, Decimal]


def judge_payments(
    order_id: str, payments: Sequence[Taken], booked: Mapping[str, Sequence[Amount]], now: datetime
) -> list[Found]:
    """The differences of an order's payments. ``booked``: payment -> its entries."""
    sides: dict[tuple[str, str], _Side] = defaultdict(lambda: _Side({}, {}))
    for one in payments:
        for code, ours, theirs in _of_payment(one, booked.get(one.payment_id, ()), now):
            side = sides[code, one.currency]
            side.ours[one.payment_id], side.theirs[one.payment_id] = ours, theirs
    return [
        *unexpected(order_id, [entry for entries in booked.values() for entry in entries]),
        *(_found(order_id, *key, side) for key, side in sides.items()),
    ]


def _of_payment(
    one: Taken, entries: Sequence[Amount], now: datetime
) -> Iterator[tuple[str, Decimal, Decimal]]:
    if not one.readable or now - one.changed_at < BOOKED_AFTER:
        return
    if one.captured and not entries:
        yield "PAYMENT_NOT_BOOKED", one.captured, _ZERO
    same = [entry for entry in entries if entry.currency == one.currency]
    for code, name, kind, sign in _COMPARED if same else ():
        ours: Decimal = getattr(one, name)
        theirs = sign * sum((entry.amount for entry in same if entry.kind == kind), _ZERO)
        if ours != theirs:
            yield code, ours, theirs


def _found(order_id: str, code: str, currency: str, side: _Side) -> Found:
    by = sum(side.theirs.values(), _ZERO) - sum(side.ours.values(), _ZERO)
    return Found(code, order_id, currency, by, plain(side.ours), plain(side.theirs))
