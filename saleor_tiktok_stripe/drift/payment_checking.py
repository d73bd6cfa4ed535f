"""Payments by Stripe, one by one: Stripe's, Saleor's and ours."""

from __future__ import annotations

from collections.abc import Sequence

from .. import accounts
from ..jobs import clock
from ..models import Charge, Connection
from ..payments.following import look
from ..payments.ledger.differences import Found, keep
from ..payments.reporting import Seen
from ..saleor_api import get_saleor
from ..stripe_api.client import StripeClient
from ..stripe_api.errors import NotFound
from ..stripe_api.types import Payment
from .busy import GRACE, KINDS, busy
from .classes import PAYMENT, PAYMENTS
from .payment_sides import Sides, judge

ACTING = ("payment.act", "payment.refund")
"""Jobs that move a payment's money; their subject is the charge's key."""


def check_payments(connection: Connection, charges: Sequence[Charge], *, patient: bool) -> int:
    """Judge these charges; how many differences are open. One or two reads at Stripe each, more
    only where money went back. ``patient``: what changed a moment ago is left alone. Raises what
    concerns the whole connection."""
    charges = _at_rest(connection, charges)
    if patient:
        limit = clock.now() - GRACE
        charges = [one for one in charges if one.updated_at <= limit]
    if not charges:
        return 0
    client, saleor = accounts.stripe_client(connection), get_saleor()
    found: list[Found] = []
    for charge in charges:
        seen = _seen(client, charge)
        found += judge(Sides(charge, seen, saleor.transaction(charge.transaction_id)))
    before = {one.pk: one.updated_at for one in charges}
    now = Charge.objects.filter(pk__in=before).in_bulk()
    same = [one for one in now.values() if one.updated_at == before[one.pk]]
    judged = [one.payment_id for one in _at_rest(connection, same)]
    found = [one for one in found if one.subject in set(judged)]
    return keep(connection, PAYMENT, judged, found, codes=PAYMENTS)


def _at_rest(connection: Connection, charges: Sequence[Charge]) -> list[Charge]:
    underway = busy(connection, KINDS[PAYMENT], [one.payment_id for one in charges])
    acting = busy(connection, ACTING, [str(one.key) for one in charges])
    return [one for one in charges if one.payment_id not in underway and str(one.key) not in acting]


def _seen(client: StripeClient, charge: Charge) -> Seen | None:
    looked_at = clock.now()
    try:
        payment = client.payment(charge.payment_id)
    except NotFound:
        return None
    if _moved_back(payment, charge):
        return look(client, charge, payment, looked_at)
    return Seen(payment, at=looked_at)


def _moved_back(payment: Payment, charge: Charge) -> bool:
    """Only then there are refunds or disputes to be read."""
    facts = payment.charge
    return bool(charge.refunded or charge.disputed or charge.refundrequests.exists()) or (
        facts is not None and bool(facts.refunded or facts.disputed)
    )
