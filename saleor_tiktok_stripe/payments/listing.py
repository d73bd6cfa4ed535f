"""Payments with Stripe as they are listed, each with its captures, refunds and disputes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import reduce
from operator import or_

from django.db.models import Q, QuerySet

from ..aftersales import left_to_refund
from ..errors import InvalidInput
from ..models import CaptureRequest, Charge, Connection, Dispute, RefundRequest
from ..models.paging import SIZE, Page, newest_first


@dataclass(frozen=True)
class TransactionLine:
    """A payment. ``id`` names it here, ``payment_id`` at Stripe ("" until it is made there),
    ``transaction_id`` in Saleor. ``fee`` and ``net`` are in ``settlement_currency``, None until
    Stripe booked it. ``refundable``: what could be asked for now. ``method``: how the buyer paid,
    in a word or two. ``problem_*``: what waits for somebody. ``decline``: why the last attempt
    failed."""

    id: str
    payment_id: str
    charge_id: str
    transaction_id: str
    order_id: str
    order_number: str
    checkout_id: str
    state: str
    flow: str
    currency: str
    amount: Decimal
    authorized: Decimal
    captured: Decimal
    refunded: Decimal
    disputed: Decimal
    refundable: Decimal
    fee: Decimal | None
    net: Decimal | None
    settlement_currency: str
    method: str
    decline: str
    livemode: bool
    problem_code: str
    problem_cause: str
    problem_cure: str
    created_at: datetime
    paid_at: datetime | None
    captures: tuple[CaptureRequest, ...]
    refunds: tuple[RefundRequest, ...]
    disputes: tuple[Dispute, ...]


def transactions(
    connections: Sequence[Connection],
    *,
    state: str = "",
    search: str = "",
    problem: bool | None = None,
    after: str = "",
    size: int = SIZE,
) -> Page[TransactionLine]:
    """Payments, the newest first. ``state`` is a ``stripe_api.types.PaymentState`` or one of ours;
    ``search``: the payment's id at Stripe, the transaction's, or the order's id or number."""
    rows = _rows(connections)
    if state:
        rows = rows.filter(state=state)
    if search:
        rows = rows.filter(_named(search.strip()))
    if problem is not None:
        rows = rows.filter(problem__isnull=not problem)
    return newest_first(rows, "created_at", after, size).of(
        lambda found: [_line(one) for one in found]
    )


def transaction(connections: Sequence[Connection], name: str) -> TransactionLine:
    """One payment, by its key here or its id at Stripe. Raises ``InvalidInput``
    (``PAYMENT_NOT_FOUND``)."""
    return _line(find_charge(connections, name))


def find_charge(connections: Sequence[Connection], name: str) -> Charge:
    """Its row. Raises ``InvalidInput`` (``PAYMENT_NOT_FOUND``)."""
    rows = _rows(connections)
    named = Q(payment_id=name) if name.startswith("pi_") else Q(pk__in=())
    if name.isascii() and name.isdigit() and len(name) < 19:
        named |= Q(pk=int(name))
    found = rows.filter(named).first()
    if found is None:
        raise InvalidInput("PAYMENT_NOT_FOUND", f"This channel has no payment {name}.", field="id")
    return found


def _rows(connections: Sequence[Connection]) -> QuerySet[Charge]:
    rows = Charge.objects.filter(connection__in=list(connections)).defer("buyer_ip")
    rows = rows.select_related("connection")
    return rows.prefetch_related("capturerequests", "refundrequests", "disputes")


def _named(search: str) -> Q:
    fields = ("payment_id", "transaction_id", "order_id", "order_number")
    return reduce(or_, (Q(**{field: search}) for field in fields))


def _line(one: Charge) -> TransactionLine:
    problem = one.problem or {}
    refunds = sorted(one.refundrequests.all(), key=_by_age)
    return TransactionLine(
        id=str(one.pk),
        payment_id=one.payment_id,
        charge_id=one.charge_id,
        transaction_id=one.transaction_id,
        order_id=one.order_id,
        order_number=one.order_number,
        checkout_id=one.checkout_id,
        state=one.state,
        flow=one.flow,
        currency=one.currency,
        amount=one.amount,
        authorized=one.authorized,
        captured=one.captured,
        refunded=one.refunded,
        disputed=one.disputed,
        refundable=left_to_refund(one, refunds),
        fee=one.fee,
        net=one.net,
        settlement_currency=one.settlement_currency,
        method=_method(one),
        decline=str(one.decline.get("message", "")),
        livemode=one.livemode,
        problem_code=str(problem.get("code", "")),
        problem_cause=str(problem.get("cause", "")),
        problem_cure=str(problem.get("cure", "")),
        created_at=one.created_at,
        paid_at=one.paid_at,
        captures=tuple(sorted(one.capturerequests.all(), key=_by_age)),
        refunds=tuple(refunds),
        disputes=tuple(sorted(one.disputes.all(), key=_by_opening)),
    )


def _by_age(one: CaptureRequest | RefundRequest) -> tuple[datetime, int]:
    return one.created_at, one.pk


def _by_opening(one: Dispute) -> tuple[datetime, int]:
    return one.opened_at, one.pk


def _method(one: Charge) -> str:
    words = (one.method.get("brand") or one.method.get("type"), one.method.get("wallet"))
    return ", ".join(str(word) for word in words if word)
