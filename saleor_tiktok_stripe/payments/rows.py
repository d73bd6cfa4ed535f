"""Charges as rows: one for each Saleor transaction, written before Stripe is asked."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from .. import conf
from ..aftersales import recording
from ..models import Charge, ChargeFlow, Connection
from ..saleor_api import Saleor
from ..saleor_api.transactions import PaymentTransaction, SessionRequest
from ..stripe_api.client import StripeClient
from ..stripe_api.types import Payment, PaymentState
from .reporting import Seen, refunded

log = logging.getLogger("saleor_tiktok_stripe.payments")

NEW: Final = "new"
"""Stripe was not reached yet, or its answer was not seen."""
NEVER_MADE: Final = "never_made"
"""Stripe has no payment for this row and never will."""
CLOCKS_DIFFER: Final = timedelta(minutes=5)


def find_charge(transaction_id: str) -> Charge | None:
    """The charge of a Saleor transaction; None: it is not ours."""
    found = Charge.objects.select_related("connection").filter(transaction_id=transaction_id)
    return found.first()


def charge_for(connection: Connection, request: SessionRequest) -> Charge:
    """The row of the session's transaction: one, however often and at once it is asked for."""
    at_checkout = request.source == "checkout"
    charge, _ = Charge.objects.select_related("connection").get_or_create(
        transaction_id=request.transaction_id,
        defaults={
            "connection": connection,
            "account_id": connection.account_id,
            "buyer_ip": request.customer_ip or None,
            "checkout_id": request.source_id if at_checkout else "",
            "order_id": "" if at_checkout else request.source_id,
            "order_number": request.order_number,
            "flow": ChargeFlow[request.flow],
            "amount": request.amount,
            "currency": request.currency,
            "livemode": connection.livemode,
        },
    )
    return charge


def marks(charge: Charge) -> dict[str, str]:
    """The metadata by which a payment at Stripe finds its way back to its row."""
    found = {
        "saleor_instance": conf.instance(),
        "saleor_channel": charge.connection.channel_slug,
        "saleor_transaction_id": charge.transaction_id,
        "saleor_payment": str(charge.key),
    }
    return found | ({"saleor_order": charge.order_number} if charge.order_number else {})


def attach(charge: Charge, payment: Payment) -> bool:
    """Keep which payment it is, on the instance too. False: another was kept meanwhile."""
    free = Charge.objects.filter(pk=charge.pk, payment_id="")
    kept = free.update(
        payment_id=payment.id,
        state=payment.state.value,
        account_id=charge.connection.account_id,
        livemode=payment.livemode,
    )
    charge.refresh_from_db(fields=["payment_id", "state", "account_id", "livemode"])
    return bool(kept) or charge.payment_id == payment.id


def note(charge: Charge, payment: Payment) -> None:
    """Keep what a session saw until the payment is looked at in full: staff may refund at once."""
    newer = Q(synced_at=None) | Q(captured__lt=payment.captured)
    Charge.objects.filter(newer, pk=charge.pk).update(
        authorized=payment.authorized, captured=payment.captured
    )


def owner(connection: Connection, payment: Payment, saleor: Saleor) -> Charge | None:
    """The row of a payment seen at Stripe, None when it is not of this channel.

    Its id is enough; else its metadata (``marks``): the answer to its creation was lost, or the row
    was (a database put back to an earlier state), and is made again.
    """
    charges = Charge.objects.select_related("connection")
    known = charges.filter(connection=connection, payment_id=payment.id).first()
    if known is not None:
        return known
    key = marked_key(connection, payment)
    if key is None:
        return None
    charge = charges.filter(key=key, connection=connection).first()
    charge = charge or _made_again(connection, payment, key, saleor)
    if charge is None:
        return None
    if attach(charge, payment):
        return charge
    log.error("second payment %s of charge %s", payment.id, charge.key)
    return None


def marked_key(connection: Connection, payment: Payment) -> UUID | None:
    """The key of its row, None when this installation and channel did not make it."""
    found = payment.metadata
    ours = (conf.instance(), connection.channel_slug)
    if (found.get("saleor_instance"), found.get("saleor_channel")) != ours:
        return None
    try:
        return UUID(found.get("saleor_payment", ""))
    except ValueError:
        return None


def _made_again(
    connection: Connection, payment: Payment, key: UUID, saleor: Saleor
) -> Charge | None:
    transaction_id = payment.metadata.get("saleor_transaction_id", "")
    current = saleor.transaction(transaction_id) if transaction_id else None
    if current is None or current.channel_slug != connection.channel_slug:
        return None
    if current.psp_reference not in ("", payment.id):
        # Metadata can be written at Stripe: that transaction is of other money.
        return None
    charge, made = Charge.objects.get_or_create(
        transaction_id=transaction_id,
        defaults={
            "key": key,
            "connection": connection,
            "account_id": connection.account_id,
            "flow": ChargeFlow.AUTHORIZATION if payment.capture_later else ChargeFlow.CHARGE,
            "amount": payment.amount,
            "currency": payment.currency,
            "livemode": payment.livemode,
        },
    )
    return charge if made else None


def find_lost(client: StripeClient, charges: Iterable[Charge]) -> Mapping[UUID, Payment]:
    """Payments that exist at Stripe for rows that know of none, by the row's key.

    Reads the account's payments since the oldest of ``charges``. Raises what the client raises.
    """
    rows = {str(charge.key): charge for charge in charges}
    if not rows:
        return {}
    since = min(charge.created_at for charge in rows.values()) - CLOCKS_DIFFER
    found: dict[UUID, Payment] = {}
    for payment in client.payments(since=since):
        charge = rows.get(payment.metadata.get("saleor_payment", ""))
        if charge is not None:
            found[charge.key] = payment
            if len(found) == len(rows):
                break
    return found


def save_look(
    charge: Charge, seen: Seen, looked_at: datetime, current: PaymentTransaction | None
) -> None:
    """Keep what was seen at ``looked_at``; with refunds and disputes, in one commit."""
    payment = seen.payment
    charge.state = payment.state.value
    charge.authorized, charge.captured = payment.authorized, payment.captured
    charge.refunded = refunded(seen.refunds)
    charge.livemode = payment.livemode
    charge.method = asdict(payment.method) if payment.method else charge.method
    charge.decline = asdict(payment.decline) if payment.decline else {}
    charge.synced_at = looked_at
    _keep_charge(charge, payment)
    if current is not None:
        charge.checkout_id = current.checkout_id or charge.checkout_id
        charge.order_id = current.order_id or charge.order_id
        charge.order_number = current.order_number or charge.order_number
    with transaction.atomic():
        charge.save(update_fields=[*_KEPT])
        recording.record(charge, seen.refunds, seen.disputes)


_KEPT: Final = (
    *("state", "authorized", "captured", "refunded", "livemode", "method", "decline", "synced_at"),
    *("charge_id", "fee", "net", "settlement_currency", "paid_at"),
    *("checkout_id", "order_id", "order_number", "updated_at"),
)


def _keep_charge(charge: Charge, payment: Payment) -> None:
    facts: Any = payment.charge
    if facts is None:
        return
    charge.charge_id = facts.id
    if facts.fee is not None:
        charge.fee, charge.net = facts.fee, facts.net
        charge.settlement_currency = facts.settlement_currency
    if payment.state is PaymentState.SUCCEEDED:
        charge.paid_at = charge.paid_at or facts.created_at
