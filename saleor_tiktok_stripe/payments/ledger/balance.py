"""Stripe's balance transactions as entries. Pure."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from functools import partial

from ...stripe_api.types import BalanceEntry
from .drafts import Draft
from .kinds import GATEWAY, GATEWAY_FEES, Kind

_ZERO = Decimal(0)


def balance_entries(moved: BalanceEntry, order_id: str = "") -> list[Draft]:
    """What ``moved`` is made of: the amount itself and each part of its fee; they sum to its net.

    ``order_id`` is Saleor's, "" for what is not of this installation: it is kept all the same, so
    that payouts close.
    """
    draft = partial(
        Draft,
        row_id=moved.id,
        currency=moved.currency,
        happened_at=moved.created_at,
        order_id=order_id,
        source_ref=moved.payment_id or moved.source_id,
    )
    found = []
    if moved.amount:
        kind = GATEWAY.get(moved.category, Kind.OTHER)
        found.append(draft(kind=kind, component=moved.category, amount=moved.amount))
    seen: Counter[str] = Counter()
    for part in moved.fees:
        seen[part.kind] += 1
        if part.amount:
            found.append(
                draft(
                    kind=GATEWAY_FEES.get(part.kind, Kind.OTHER),
                    component="dispute_fee" if moved.category == "dispute" else part.kind,
                    amount=-part.amount,
                    place=f"fee.{part.kind}.{seen[part.kind]}",
                )
            )
    left = moved.net - sum((one.amount for one in found), _ZERO)
    if left:
        found.append(draft(kind=Kind.FEE, component="fee", amount=left, place="fee"))
    return found
