"""Telling the order of its disputes: metadata, and a note for each change. Handler of
``dispute.tell``; the subject is the dispute's id.

The order's status stays as it is, and nothing is put back on stock: a dispute is about money, and a
cancelled order stays cancelled (woocommerce-gateway-stripe#2598).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from ..errors import Parked
from ..jobs import ClaimedJob, Done, Result
from ..models import Charge, Connection, Dispute
from ..saleor_api import Saleor, get_saleor
from .words import NEEDS_RESPONSE, dispute_note

METADATA: Final = "stripe.dispute"
GONE: Final = frozenset({"ORDER_DELETED", "SALEOR_NOT_FOUND"})
"""What Saleor's side says of an order that somebody deleted."""


def tell(connection: Connection | None, claimed: Sequence[ClaimedJob]) -> Mapping[int, Result]:
    """Handler of ``dispute.tell``."""
    if connection is None:
        return {}
    return {job.id: Done(outcome=tell_order(connection, job.subject)) for job in claimed}


def tell_order(connection: Connection, dispute_id: str) -> str:
    """``ok``, ``unchanged``, or ``skipped`` while the payment belongs to no order."""
    dispute = (
        Dispute.objects.select_related("charge")
        .filter(connection=connection, dispute_id=dispute_id)
        .first()
    )
    if dispute is None:
        return "skipped"
    saleor = get_saleor()
    order_id = order_of(saleor, dispute.charge)
    if not order_id:
        return "skipped"
    disputes = Dispute.objects.filter(charge__order_id=order_id) | Dispute.objects.filter(
        charge=dispute.charge
    )
    words = "; ".join(map(_entry, disputes.distinct().order_by("opened_at", "pk")))
    try:
        with saleor.exclusive(order_id):
            known = saleor.order_facts(order_id).metadata.get(METADATA, "")
            if known == words:
                return "unchanged"
            if _entry(dispute) not in known.split("; "):
                saleor.add_note(order_id, dispute_note(dispute.dispute_id, dispute))
            saleor.set_metadata(order_id, {METADATA: words})
    except Parked as error:
        if error.code in GONE:
            return "skipped"
        raise
    return "ok"


def order_of(saleor: Saleor, charge: Charge) -> str:
    """The order's id; "" while the payment belongs to a checkout."""
    if charge.order_id:
        return charge.order_id
    found = saleor.transaction(charge.transaction_id)
    return found.order_id if found is not None else ""


def _entry(dispute: Dispute) -> str:
    open_ = dispute.state in NEEDS_RESPONSE and dispute.due_by is not None
    due = f" due {dispute.due_by:%Y-%m-%dT%H:%MZ}" if open_ else ""
    return f"{dispute.dispute_id} {dispute.raw_state}{due}"
