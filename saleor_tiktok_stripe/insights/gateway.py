"""Saleor orders paid by Stripe as sales: from their charges, disputes and the ledger."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final

from ..models import Charge, Connection, Dispute, LedgerEntry
from ..payments.rows import NEVER_MADE
from ..stripe_api.types import DisputeState, PaymentState
from . import books
from .books import Amount
from .sales import ZERO, Booked, Facts, Sale, state_of

Kind = LedgerEntry.Kind
_NO_LOSS: Final = frozenset({DisputeState.WON, DisputeState.PREVENTED})
_PREVENTED: Final = DisputeState.PREVENTED
_OVER: Final = frozenset({PaymentState.CANCELED.value, NEVER_MADE})


def read(connection: Connection, order_ids: Sequence[str]) -> list[Sale]:
    """The sales of these Saleor orders: three queries. Payments made in the other mode (test or
    live) than the connection's are none."""
    rows = Charge.objects.filter(
        connection=connection, order_id__in=list(order_ids), livemode=connection.livemode
    ).exclude(order_id="")
    charges: dict[str, list[Charge]] = defaultdict(list)
    for charge in rows.defer("buyer_ip").order_by("pk"):
        charges[charge.order_id].append(charge)
    found = [one for ones in charges.values() for one in ones]
    disputes: dict[int, list[Dispute]] = defaultdict(list)
    for dispute in Dispute.objects.filter(charge__in=[one.pk for one in found]).order_by("pk"):
        disputes[dispute.charge_id].append(dispute)
    booked = books.of_payments(connection, order_ids, [one.payment_id for one in found])
    return [sale_of(ones, disputes, booked) for ones in charges.values()]


def saleor_ids(connection: Connection, order_ids: Sequence[str]) -> dict[str, str]:
    """A sale has the name of its Saleor order, once something was paid for it."""
    rows = Charge.objects.filter(connection=connection, order_id__in=list(order_ids))
    return {one: one for one in rows.values_list("order_id", flat=True).distinct()}


def sale_of(
    charges: Sequence[Charge],
    disputes: Mapping[int, Sequence[Dispute]],
    booked: Mapping[str, Sequence[Amount]],
) -> Sale:
    """One order's sale, of all its payments. Attempts that came to nothing count only where there
    is nothing else."""
    first = charges[0]
    taken = [one for one in charges if one.captured > 0]
    held = [one for one in charges if one.state == PaymentState.AUTHORIZED]
    captured = sum((one.captured for one in taken), ZERO)
    volume = captured + sum((one.authorized for one in held), ZERO)
    refunded = sum((one.refunded for one in taken), ZERO)
    questioned = [
        one
        for charge in taken
        for one in disputes.get(charge.pk, ())
        if not one.is_inquiry and one.state != _PREVENTED
    ]
    entries = _booked(taken, booked)
    standing, state = state_of(
        Facts(
            cancelled=not volume and all(one.state in _OVER for one in charges),
            taken=bool(taken),
            authorized=bool(held),
            under_way=any(one.state == PaymentState.PROCESSING for one in charges),
            in_dispute=any(one.state not in _NO_LOSS for one in questioned),
            refunded=refunded,
            paid=captured,
            settled=entries.settled and not entries.estimated,
        )
    )
    return Sale(
        sale_id=first.order_id,
        saleor_order_id=first.order_id,
        placed_at=min(one.paid_at or one.created_at for one in taken or charges),
        standing=standing,
        state=state,
        currency=first.currency,
        volume=volume or max(one.amount for one in charges),
        refunded=refunded,
        disputes=len(questioned),
        disputed=_sum(questioned, first.currency),
        dispute_lost=_sum(
            (one for one in questioned if one.state == DisputeState.LOST), first.currency
        ),
        booked=entries,
    )


def _sum(disputes: Iterable[Dispute], currency: str) -> Decimal:
    """In the order's currency: a bank's own currency is never added to it."""
    return sum((one.amount for one in disputes if one.currency == currency), ZERO)


def _booked(taken: Iterable[Charge], booked: Mapping[str, Sequence[Amount]]) -> Booked:
    amounts = [
        amount for one in taken for amount in booked.get(one.payment_id, ()) or _told_at_once(one)
    ]
    return books.booked(amounts)


def _told_at_once(charge: Charge) -> list[Amount]:
    """What Stripe said of the charge itself, until its balance tells: an estimate, for what is
    given back shows only there."""
    if charge.fee is None or charge.net is None:
        return []
    currency = charge.settlement_currency or charge.currency
    told: list[Amount] = [
        (currency, Kind.SALE.value, True, charge.net + charge.fee),
        (currency, Kind.FEE.value, True, -charge.fee),
    ]
    if charge.refunded and currency == charge.currency:
        told.append((currency, Kind.REFUND.value, True, -charge.refunded))
    return told
