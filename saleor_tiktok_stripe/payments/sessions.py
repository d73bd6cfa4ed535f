"""``transactionInitialize`` and ``transactionProcess``: a buyer pays.

Saleor believes what is answered here and asks no more after a failure. So nothing of what the
storefront passes counts but the transaction it names; amounts come from Stripe; and only what is
certainly over is called a failure. When Stripe cannot be reached the answer is
``*_ACTION_REQUIRED``: the storefront asks again and gets the same payment.

A storefront that changes the amount starts a new transaction, as Saleor wants it (the same
idempotency key with another amount is refused by Saleor itself). The payment of the older one stays
payable until the sweep cancels it as abandoned: Saleor allows several payments of one checkout, so
nobody but the buyer knows which of them is meant.
"""

from __future__ import annotations

import logging
import time
from datetime import timedelta
from typing import Final

from .. import accounts, jobs
from ..errors import (
    ChannelError,
    InDoubt,
    InvalidInput,
    NeedsReauthorization,
    RetryLater,
    VendorBug,
)
from ..jobs import clock
from ..models import Charge, ChargeFlow, Connection
from ..saleor_api.transactions import SessionAnswer, SessionRequest
from ..saleor_api.types import AddressData
from ..stripe_api import money
from ..stripe_api.client import StripeClient
from ..stripe_api.errors import Refused
from ..stripe_api.idempotency import (
    ANSWERED_WITH_FAILURE,
    KEY_HOLDS,
    KEY_USED_OTHERWISE,
)
from ..stripe_api.types import Address, NewPayment, Payment
from ..transport import Lane
from . import rows, words
from .answers import answer
from .gateway import browser_data, taking_payments
from .links import payment_url

log = logging.getLogger("saleor_tiktok_stripe.payments")

TRIES: Final = 3
PAUSE: Final = 0.3
"""Seconds between tries: another request is making the same payment."""
LONGEST_PAUSE: Final = 1.0
AFTER_SALEOR: Final = timedelta(seconds=5)
"""Saleor records the answer first; what it did not is reported then."""
_OVER: Final = frozenset({"PAYMENT_FOREIGN", "PAYMENT_DIFFERS", "PAYMENT_REFUSED"})
_BUYERS_TO_MEND: Final = frozenset({"amount_too_small", "amount_too_large"})


def initialize(request: SessionRequest) -> SessionAnswer:
    """Answer ``transactionInitialize``: one payment for each Saleor transaction, however often,
    however much at once and after whatever crash it is asked for. Never raises ``ChannelError``.
    """
    return _answered(request)


def process(request: SessionRequest) -> SessionAnswer:
    """Answer ``transactionProcess`` from what Stripe says now. Never raises ``ChannelError``.

    A payment that was not made yet (Stripe was down) is made now.
    """
    found = _answered(request)
    if found.result.endswith(("_SUCCESS", "_REQUEST")):
        connection = accounts.stripe_connection(request.channel_slug)
        later = clock.now() + AFTER_SALEOR
        jobs.enqueue("payment.sync", connection, found.psp_reference, run_after=later)
    return found


def _answered(request: SessionRequest) -> SessionAnswer:
    charge: Charge | None = None
    try:
        connection = taking_payments(request.channel_slug)
        money.check(request.amount, request.currency)
        charge = rows.charge_for(connection, request)
        _check_row(charge, connection, request)
        payment = _payment(charge, request)
        _check_payment(charge, payment)
        rows.note(charge, payment)
    except (InvalidInput, Refused) as error:
        return _failure(request, charge, error)
    except ChannelError as error:
        return _later(request, charge, error)
    return answer(payment, request.flow, browser_data(connection), payment_url(charge))


# --- the payment ---------------------------------------------------------------------------------


def _payment(charge: Charge, request: SessionRequest) -> Payment:
    """The payment of the row, made if there is none."""
    client = accounts.stripe_client(charge.connection, lane=Lane.INTERACTIVE)
    if charge.payment_id:
        return client.payment(charge.payment_id)
    if charge.state == rows.NEVER_MADE:
        raise InvalidInput("PAYMENT_REFUSED", words.REFUSED)
    payment = _lost(client, charge) if _is_old(charge) else None
    if payment is None:
        payment = _made(client, charge, request)
    kept = rows.attach(charge, payment)
    return payment if kept else client.payment(charge.payment_id)


def _made(client: StripeClient, charge: Charge, request: SessionRequest) -> Payment:
    """Make it under the row's key. Whoever comes second gets the first one's payment: Stripe
    answers the same key with the same payment, or says that it is being made.

    A failure inside Stripe is stored under the key and would only come back, so another key follows
    once Stripe does not list the payment. Should it have been made after all, nobody can pay it:
    its secret was given to nobody.
    """
    new = _new_payment(charge, request)
    keys = iter(f"charge:{charge.key}{suffix}" for suffix in ("", ":2", ":3"))
    key = next(keys)
    for tries in range(1, TRIES + 1):
        try:
            return client.create_payment(new, key=key)
        except InDoubt as error:
            if tries == TRIES:
                raise
            if error.code == ANSWERED_WITH_FAILURE:
                if (payment := _lost(client, charge)) is not None:
                    return payment
                key = next(keys)
        except RetryLater as error:
            if tries == TRIES or (error.retry_after or 0) > LONGEST_PAUSE:
                raise
            time.sleep(PAUSE)
        except VendorBug as error:
            if error.code != KEY_USED_OTHERWISE:
                raise
            return _made_otherwise(client, charge)
        charge.refresh_from_db()
        if charge.payment_id:
            return client.payment(charge.payment_id)
    raise AssertionError("unreachable")


def _made_otherwise(client: StripeClient, charge: Charge) -> Payment:
    """The key was used with other details (the buyer corrected the address meanwhile): so the
    payment is there, and only its answer was lost."""
    payment = _lost(client, charge)
    if payment is None:
        raise RetryLater("PAYMENT_UNCLEAR", words.TRY_AGAIN)
    return payment


def _lost(client: StripeClient, charge: Charge) -> Payment | None:
    return rows.find_lost(client, [charge]).get(charge.key)


def _is_old(charge: Charge) -> bool:
    return clock.now() - charge.created_at > KEY_HOLDS


def _new_payment(charge: Charge, request: SessionRequest) -> NewPayment:
    policy = accounts.stripe_policy(charge.connection)
    number = request.order_number
    return NewPayment(
        amount=charge.amount,
        currency=charge.currency,
        capture_later=charge.flow == ChargeFlow.AUTHORIZATION,
        metadata=rows.marks(charge),
        description=f"Order {number}" if number else "",
        receipt_email=request.email if policy.receipt_email else "",
        shipping=_shipping(request.shipping_address),
        statement_descriptor_suffix=policy.statement_suffix,
        allow_redirects=policy.allow_redirects,
    )


def _shipping(address: AddressData | None) -> Address | None:
    if address is None or not address.street_address_1:
        return None
    return Address(
        name=f"{address.first_name} {address.last_name}".strip() or address.company_name,
        line1=address.street_address_1,
        line2=address.street_address_2,
        city=address.city,
        state=address.country_area,
        postal_code=address.postal_code,
        country=address.country,
        phone=address.phone,
    )


# --- what is refused -----------------------------------------------------------------------------


def _check_row(charge: Charge, connection: Connection, request: SessionRequest) -> None:
    if charge.connection_id != connection.pk:
        raise InvalidInput("PAYMENT_FOREIGN", words.FOREIGN)
    if (charge.amount, charge.currency) != (request.amount, request.currency):
        raise InvalidInput("PAYMENT_DIFFERS", words.DIFFERS)


def _check_payment(charge: Charge, payment: Payment) -> None:
    if rows.marked_key(charge.connection, payment) != charge.key:
        raise InvalidInput("PAYMENT_FOREIGN", words.FOREIGN)
    if (payment.amount, payment.currency) != (charge.amount, charge.currency):
        raise InvalidInput("PAYMENT_DIFFERS", words.DIFFERS)


def _failure(
    request: SessionRequest, charge: Charge | None, error: InvalidInput | Refused
) -> SessionAnswer:
    """It is over: no payment was made, or it is not the one that is meant. What is refused about a
    payment that was made (the key was exchanged, the account disconnected) may still turn out well.
    """
    begun = charge or rows.find_charge(request.transaction_id)
    if begun is not None and begun.payment_id and error.code not in _OVER:
        return _later(request, begun, error)
    message = error.message
    if isinstance(error, Refused):
        message = error.message if error.stripe_code in _BUYERS_TO_MEND else words.REFUSED
    if charge is not None and not charge.payment_id:
        Charge.objects.filter(pk=charge.pk, payment_id="").update(state=rows.NEVER_MADE)
    _note(request, error)
    return SessionAnswer(
        result=f"{request.flow}_FAILURE",
        amount=request.amount,
        psp_reference=begun.payment_id if begun else "",
        message=message,
    )


def _later(request: SessionRequest, charge: Charge | None, error: ChannelError) -> SessionAnswer:
    """Nothing is final: the storefront may ask again."""
    _note(request, error)
    if isinstance(error, NeedsReauthorization) and charge is not None:
        accounts.mark_needs_reauth(charge.connection, error.message)
    return SessionAnswer(
        result=f"{request.flow}_ACTION_REQUIRED",
        amount=request.amount,
        psp_reference=charge.payment_id if charge else "",
        message=words.TRY_AGAIN if error.retryable else words.NOT_HERE,
        data={"tryAgain": True},
    )


def _note(request: SessionRequest, error: ChannelError) -> None:
    log.warning(
        "session transaction=%s channel=%s code=%s request=%s",
        request.transaction_id,
        request.channel_slug,
        error.code,
        error.request_id,
    )
