"""Bringing Saleor in step with a payment at Stripe: look, plan, report, keep what was seen."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from .. import accounts
from ..aftersales import recording
from ..aftersales.problems import permission_missing
from ..errors import ChannelError, NeedsReauthorization, Parked, Problem, RetryLater
from ..jobs import ClaimedJob, Done, Park, Result, clock
from ..models import Charge, Connection
from ..saleor_api import Saleor, get_saleor
from ..saleor_api.transactions import PaymentTransaction
from ..stripe_api.client import StripeClient
from ..stripe_api.errors import NotFound, PermissionMissing, Refused
from ..stripe_api.types import Payment, PaymentState
from .links import payment_url
from .reporting import Seen, plan
from .rows import owner, save_look

log = logging.getLogger("saleor_tiktok_stripe.payments")

FOREIGN: Final = "foreign"
STALE: Final = "stale"
_HOLDS_MONEY: Final = frozenset({PaymentState.AUTHORIZED, PaymentState.PROCESSING})


def sync(connection: Connection | None, claimed: Sequence[ClaimedJob]) -> Mapping[int, Result]:
    """Handler of ``payment.sync``: subjects are payment ids. What fails concerns one payment,
    unless Stripe or Saleor cannot be reached: then the rest of the batch waits with it."""
    if connection is None:
        return {}
    results: dict[int, Result] = {}
    for position, job in enumerate(claimed):
        try:
            results[job.id] = _result(sync_payment(connection, job.subject))
        except RetryLater as error:
            return results | {one.id: error for one in claimed[position:]}
        except NeedsReauthorization:
            raise
        except PermissionMissing as error:
            results[job.id] = Park(permission_missing(error.message, error.permission))
        except ChannelError as error:
            results[job.id] = error
    return results


def _result(outcome: str) -> Result:
    if outcome != STALE:
        return Done(outcome=outcome)
    # The other look may still be older: the clock of the host that kept it may be ahead.
    return RetryLater("PAYMENT_SEEN_LATER", "A later look is kept already; looked at once more.")


def sync_payment(connection: Connection, payment_id: str) -> str:
    """Look at one payment and bring Saleor in step; what came of it: ``ok``, ``unchanged``,
    ``stale`` (see ``bring_in_step``) or ``foreign`` (another installation's, another channel's or
    nobody's: nothing is touched).

    Stripe is asked before anything is held; a payment whose row lost Stripe's answer is found by
    its metadata. Raises what the client and Saleor raise, and ``Parked`` when money came in for a
    transaction that Saleor does not have.
    """
    client, saleor = accounts.stripe_client(connection), get_saleor()
    looked_at = clock.now()
    try:
        payment = client.payment(payment_id)
    except NotFound:
        # Of an account the channel had before, or deleted test data: the sweep goes on to others.
        known = Charge.objects.filter(connection=connection, payment_id=payment_id)
        known.update(synced_at=looked_at)
        return FOREIGN
    charge = owner(connection, payment, saleor)
    if charge is None:
        return FOREIGN
    seen = look(client, charge, payment, looked_at)
    outcome = bring_in_step(saleor, charge, seen, looked_at)
    _name_order(client, charge, payment)
    return outcome


def look(client: StripeClient, charge: Charge, payment: Payment, looked_at: datetime) -> Seen:
    """The payment with all that happened to it since."""
    if payment.charge is None:
        return Seen(payment, at=looked_at)
    return Seen(
        payment,
        client.refunds(payment.id),
        client.disputes(payment.id),
        recording.fraud_warnings(charge.connection, payment.id),
        looked_at,
    )


def bring_in_step(saleor: Saleor, charge: Charge, seen: Seen, looked_at: datetime) -> str:
    """Report what Saleor lacks of ``seen`` and keep it; ``ok`` when something was reported.

    Under the transaction's lock, in which nobody calls Stripe. A look older than the one kept does
    nothing (``stale``). A crash half way is healed by the next look: events are told once, rows
    kept last.
    """
    with saleor.exclusive_transaction(charge.transaction_id):
        charge.refresh_from_db()
        if charge.synced_at is not None and looked_at < charge.synced_at:
            return STALE
        current = saleor.transaction(charge.transaction_id)
        told = current is not None and _report(saleor, charge, seen, current)
        save_look(charge, seen, looked_at, current)
    if current is None and _holds_money(charge, seen.payment.state):
        raise Parked(_nowhere(charge))
    return "ok" if told else "unchanged"


def _report(saleor: Saleor, charge: Charge, seen: Seen, current: PaymentTransaction) -> bool:
    wanted = plan(seen, current, charge)
    url = payment_url(charge)
    reports = [replace(one, external_url=one.external_url or url) for one in wanted.reports]
    if not reports and set(wanted.actions) == set(current.actions):
        return False
    saleor.report_events(charge.transaction_id, reports, wanted.actions)
    return True


def _name_order(client: StripeClient, charge: Charge, payment: Payment) -> None:
    """Put the order's number on the payment, for whoever looks at it in Stripe's dashboard."""
    number = charge.order_number
    if not number or payment.metadata.get("saleor_order") == number:
        return
    key = f"order:{charge.key}:{number}"
    try:
        client.update_payment(payment.id, metadata={"saleor_order": number}, key=key)
    except (Refused, PermissionMissing, RetryLater) as error:
        # Only a convenience; tried again when the payment is looked at the next time.
        log.info("order number not noted on %s: %s", payment.id, error.code)


def _holds_money(charge: Charge, state: PaymentState) -> bool:
    paid = state is PaymentState.SUCCEEDED
    return state in _HOLDS_MONEY or paid and charge.captured > charge.refunded + charge.disputed


def _nowhere(charge: Charge) -> Problem:
    return Problem(
        code="PAYMENT_WITHOUT_TRANSACTION",
        stage="payment",
        cause=f"Stripe holds payment {charge.payment_id}, but Saleor does not have its transaction "
        "any more.",
        cure="Refund or cancel the payment in Stripe's dashboard, then retry.",
        params={"payment": charge.payment_id, "transaction": charge.transaction_id},
    )
