"""Staff ask to capture or to cancel: checked, written down, done by a job."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from django.db import transaction

from .. import jobs
from ..aftersales.problems import OTHER_ACCOUNT
from ..aftersales.words import other_account
from ..errors import InvalidInput
from ..jobs import LANE_CLICK
from ..models import CaptureRequest, Charge
from ..saleor_api.transactions import ActionRequest
from ..stripe_api import money
from ..stripe_api.types import PaymentState
from . import words
from .rows import find_charge

ACT: Final = "payment.act"


def request_capture(request: ActionRequest) -> bool:
    """Write down that (``amount`` of) an authorized payment is to be captured; once per event.

    False: the transaction is not ours. Raises ``InvalidInput`` in the staff's words for what
    certainly cannot be done; what only Stripe knows is answered by the job. What is not captured is
    released to the buyer: Stripe captures once.
    """
    charge = find_charge(request.transaction_id)
    if charge is None:
        return False
    _check_account(charge)
    _check_capture(charge, request)
    _write_down(charge, request, request.amount or charge.authorized or charge.amount, cancel=False)
    return True


def request_cancel(request: ActionRequest) -> bool:
    """Write down that a payment is to be cancelled, all of it; otherwise as ``request_capture``.

    A payment that was captured is refused: a cancellation never turns into a refund.
    """
    charge = find_charge(request.transaction_id)
    if charge is None:
        return False
    _check_account(charge)
    if charge.state == PaymentState.SUCCEEDED:
        message = words.captured_already(charge.captured, charge.currency)
        raise InvalidInput("PAYMENT_CAPTURED", message)
    if not charge.payment_id:
        raise InvalidInput("PAYMENT_NOT_MADE", words.NOT_MADE)
    _write_down(charge, request, charge.authorized or charge.amount, cancel=True)
    return True


def _check_account(charge: Charge) -> None:
    if not charge.is_within_reach(charge.connection):
        message = other_account(charge.account_id, charge.livemode)
        raise InvalidInput(OTHER_ACCOUNT, message)


def _check_capture(charge: Charge, request: ActionRequest) -> None:
    if charge.state == PaymentState.SUCCEEDED:
        message = words.captured_before(charge.captured, charge.currency)
        raise InvalidInput("PAYMENT_CAPTURED", message)
    if not charge.payment_id:
        raise InvalidInput("PAYMENT_NOT_MADE", words.NOT_MADE)
    if charge.state == PaymentState.CANCELED:
        raise InvalidInput("PAYMENT_NOT_AUTHORIZED", words.not_authorized(charge.state))
    if request.currency and request.currency != charge.currency:
        raise InvalidInput("CURRENCY_MISMATCH", f"This payment is in {charge.currency}.")
    if request.amount is not None:
        _check_amount(request.amount, charge)


def _check_amount(amount: Decimal, charge: Charge) -> None:
    if amount <= 0:
        raise InvalidInput("AMOUNT_INVALID", "Capture more than nothing.", field="amount")
    money.check(amount, charge.currency)
    if amount > charge.amount:
        message = words.too_much(amount, charge.amount, charge.currency)
        raise InvalidInput("AMOUNT_TOO_LARGE", message, field="amount")


def _write_down(charge: Charge, request: ActionRequest, amount: Decimal, *, cancel: bool) -> None:
    with transaction.atomic():
        CaptureRequest.objects.get_or_create(
            saleor_event=request.event_id,
            defaults={
                "charge": charge,
                "amount": amount,
                "currency": charge.currency,
                "cancel": cancel,
                "actor": request.actor,
            },
        )
        jobs.enqueue(ACT, charge.connection, str(charge.key), lane=LANE_CLICK)
