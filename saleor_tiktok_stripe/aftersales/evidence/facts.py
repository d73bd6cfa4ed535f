"""Gathering what is known of a disputed charge, from Saleor's order and our own rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from django.db.models import Q

from ...models import Charge, Dispute, RefundRequest, RequestState
from ...saleor_api.transactions import OrderFacts

_NEAR: Final = timedelta(days=30)
_MOST: Final = 5


@dataclass(frozen=True)
class RefundFact:
    refund_id: str
    amount: Decimal
    currency: str
    at: datetime
    reference: str = ""


@dataclass(frozen=True)
class OtherCharge:
    """Another payment that the buyer may take for the same one."""

    charge_id: str
    amount: Decimal
    currency: str
    paid_at: datetime | None
    order_number: str


@dataclass(frozen=True)
class EvidenceFacts:
    """``order`` None: the payment never became an order. ``checks``: what the card's bank found,
    by Stripe's names of the checks."""

    reason: str
    amount: Decimal
    currency: str
    charge_id: str
    payment_id: str
    paid_at: datetime | None
    paid_amount: Decimal
    paid_currency: str
    method: str
    checks: Mapping[str, str]
    refunds: tuple[RefundFact, ...]
    others: tuple[OtherCharge, ...]
    order: OrderFacts | None = field(default=None, repr=False)
    buyer_ip: str = field(default="", repr=False)


def collect(dispute: Dispute, order: OrderFacts | None) -> EvidenceFacts:
    """What our rows know of the disputed charge, with ``order`` as Saleor gave it."""
    charge = dispute.charge
    return EvidenceFacts(
        reason=dispute.reason,
        amount=dispute.amount,
        currency=dispute.currency,
        charge_id=charge.charge_id,
        payment_id=charge.payment_id,
        paid_at=charge.paid_at,
        paid_amount=charge.captured,
        paid_currency=charge.currency,
        method=_method(charge.method),
        checks=dict(charge.method.get("checks") or {}),
        refunds=_refunds(charge),
        others=_others(charge),
        order=order,
        buyer_ip=charge.buyer_ip or "",
    )


def _method(method: Mapping[str, object]) -> str:
    words = [str(method.get("brand") or method.get("type") or "card")]
    if method.get("last4"):
        words.append(f"ending in {method['last4']}")
    if method.get("wallet"):
        words.append(f"by {method['wallet']}")
    return " ".join(words)


def _refunds(charge: Charge) -> tuple[RefundFact, ...]:
    rows = RefundRequest.objects.filter(charge=charge, state=RequestState.SUCCEEDED)
    return tuple(
        RefundFact(row.refund_id, row.amount, row.currency, row.created_at, row.reference)
        for row in rows.order_by("created_at", "pk")
    )


def _others(charge: Charge) -> tuple[OtherCharge, ...]:
    """Paid on the same account for the same order, or by the same card near that day."""
    same = Q(order_id=charge.order_id) if charge.order_id else Q(pk__in=[])
    fingerprint = charge.method.get("fingerprint")
    if fingerprint and charge.paid_at:
        near = Q(paid_at__range=(charge.paid_at - _NEAR, charge.paid_at + _NEAR))
        same |= Q(method__fingerprint=fingerprint) & near
    rows = (
        Charge.objects.filter(same, connection_id=charge.connection_id, captured__gt=0)
        .exclude(pk=charge.pk)
        .exclude(charge_id="")
        .order_by("paid_at", "pk")[:_MOST]
    )
    return tuple(
        OtherCharge(row.charge_id, row.captured, row.currency, row.paid_at, row.order_number)
        for row in rows
    )
