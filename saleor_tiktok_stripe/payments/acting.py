"""Carrying out captures and cancellations: one charge's in order, each once.

Before anything is sent Stripe is asked how the payment stands, so that a request whose answer was
lost is recognised by what it did. It is repeated under the same key, which Stripe answers the same
way. A new key is only used when Stripe certainly did nothing under the old one: it answered that it
failed (that answer would only be repeated), or a day has passed; and the payment is still open.
Stripe captures and cancels a payment once, so neither can happen twice even then.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.db import transaction

from .. import accounts, jobs
from ..aftersales import problems
from ..aftersales.words import NOT_AT_STRIPE, other_account
from ..errors import InDoubt, Parked, RetryLater
from ..jobs import LANE_CLICK, ClaimedJob, Done, Result, clock
from ..models import OPEN_REQUESTS, CaptureRequest, Charge, Connection, RequestState
from ..saleor_api import Saleor, get_saleor
from ..saleor_api.transactions import EventReport
from ..stripe_api.client import StripeClient
from ..stripe_api.errors import Declined, NotFound, PermissionMissing, Refused
from ..stripe_api.idempotency import ANSWERED_WITH_FAILURE, KEY_HOLDS
from ..stripe_api.types import Payment, PaymentState
from . import words
from .links import payment_url
from .reporting import actions_of

log = logging.getLogger("saleor_tiktok_stripe.payments")

_CANCELLABLE: Final = frozenset(
    {PaymentState.OPEN, PaymentState.ACTION_REQUIRED, PaymentState.AUTHORIZED}
)


@dataclass(frozen=True)
class Outcome:
    """What came of a request; ``refusal`` in the staff's words, "" when it was done."""

    state: PaymentState
    refusal: str = ""
    code: str = ""


def act(connection: Connection | None, claimed: Sequence[ClaimedJob]) -> Mapping[int, Result]:
    """Handler of ``payment.act``: subjects are keys of charges."""
    if connection is None:
        return {}
    for job in claimed:
        charge = Charge.objects.select_related("connection").get(key=job.subject)
        carry_out(charge)
    return {job.id: Done() for job in claimed}


def carry_out(charge: Charge) -> None:
    """All open requests of a charge, oldest first; Saleor is told of each, then looks again.

    Raises what the client and Saleor raise; what was done stays done.
    """
    saleor = get_saleor()
    rows = CaptureRequest.objects.filter(charge=charge, state__in=OPEN_REQUESTS)
    waiting = rows.order_by("created_at", "pk")
    if not charge.is_within_reach(charge.connection):
        _refuse_elsewhere(saleor, charge, waiting)
        return
    client = accounts.stripe_client(charge.connection)
    for request in waiting:
        outcome = _settle(client, charge, request)
        _tell(saleor, charge, request, outcome)
        _keep(charge, request, outcome)


def _refuse_elsewhere(saleor: Saleor, charge: Charge, waiting: Iterable[CaptureRequest]) -> None:
    """The connected account does not have the payment. Raises ``Parked`` for what was sent to the
    one that has it: only that can say what was done."""
    message = other_account(charge.account_id, charge.livemode)
    refused = Outcome(PaymentState.UNKNOWN, message, problems.OTHER_ACCOUNT)
    in_doubt = False
    for request in waiting:
        if request.state == RequestState.WAITING:
            _tell(saleor, charge, request, refused)
            _keep(charge, request, refused)
        else:
            in_doubt = True
    if in_doubt:
        raise Parked(problems.in_doubt_elsewhere(charge))


def _settle(client: StripeClient, charge: Charge, request: CaptureRequest) -> Outcome:
    try:
        payment = client.payment(charge.payment_id)
    except NotFound as error:
        return Outcome(PaymentState.UNKNOWN, NOT_AT_STRIPE, error.code)
    outcome = decide(request, payment)
    if outcome is not None:
        return outcome
    _mark_sent(request)
    try:
        return Outcome(_send(client, charge, request).state)
    except (Refused, Declined, PermissionMissing) as error:
        # Somebody else may have been quicker, or our own earlier try was.
        found = decide(request, client.payment(charge.payment_id))
        return found or Outcome(payment.state, error.message, error.code)
    except RetryLater as error:
        code = error.code if isinstance(error, InDoubt) else ""
        CaptureRequest.objects.filter(pk=request.pk).update(error_code=code)
        raise


def decide(request: CaptureRequest, payment: Payment) -> Outcome | None:
    """What came of ``request`` as the payment stands; None: it has to be sent (again). Pure."""
    return _of_cancel(payment) if request.cancel else _of_capture(request, payment)


def _of_cancel(payment: Payment) -> Outcome | None:
    if payment.state in _CANCELLABLE:
        return None
    if payment.state is PaymentState.CANCELED:
        return Outcome(payment.state)
    if payment.state is PaymentState.SUCCEEDED:
        message = words.captured_already(payment.captured, payment.currency)
        return Outcome(payment.state, message, "PAYMENT_CAPTURED")
    return Outcome(payment.state, words.not_cancellable(payment.raw_state), "PAYMENT_RUNNING")


def _of_capture(request: CaptureRequest, payment: Payment) -> Outcome | None:
    if payment.state is PaymentState.AUTHORIZED:
        if request.amount <= payment.authorized:
            return None
        message = words.too_much(request.amount, payment.authorized, payment.currency)
        return Outcome(payment.state, message, "AMOUNT_TOO_LARGE")
    if payment.state is PaymentState.SUCCEEDED:
        ours = request.state == RequestState.IN_DOUBT and payment.captured == request.amount
        if ours:
            return Outcome(payment.state)
        message = words.captured_before(payment.captured, payment.currency)
        return Outcome(payment.state, message, "PAYMENT_CAPTURED")
    message = words.not_authorized(payment.raw_state)
    return Outcome(payment.state, message, "PAYMENT_NOT_AUTHORIZED")


def _mark_sent(request: CaptureRequest) -> None:
    """Written down before the call: from now on the answer may be lost."""
    now = clock.now()
    old = request.sent_at is not None and now - request.sent_at > KEY_HOLDS
    if request.state == RequestState.IN_DOUBT and (
        old or request.error_code == ANSWERED_WITH_FAILURE
    ):
        request.attempt += 1
        request.sent_at = now
    request.sent_at = request.sent_at or now
    request.state, request.error_code = RequestState.IN_DOUBT, ""
    request.save(update_fields=["attempt", "sent_at", "state", "error_code", "updated_at"])


def _send(client: StripeClient, charge: Charge, request: CaptureRequest) -> Payment:
    verb = "cancel" if request.cancel else "capture"
    key = f"{verb}:{request.key}:v{request.attempt}"
    if request.cancel:
        reason = "requested_by_customer"
        return client.cancel(charge.payment_id, reason=reason, key=key)
    return client.capture(charge.payment_id, request.amount, request.currency, key=key)


def _tell(saleor: Saleor, charge: Charge, request: CaptureRequest, outcome: Outcome) -> None:
    """Name Saleor's request by the payment when it was done (the report of the payment then ends
    it), and by our own key when it was refused: a failure under the payment's own reference would
    take away what the payment has brought in."""
    if not request.saleor_event:
        return
    if not outcome.refusal:
        saleor.attach_reference(request.saleor_event, charge.payment_id)
        return
    reference = str(request.key)
    kind = "CANCEL_FAILURE" if request.cancel else "CHARGE_FAILURE"
    report = EventReport(
        kind, reference, request.amount, outcome.refusal, external_url=payment_url(charge)
    )
    with saleor.exclusive_transaction(charge.transaction_id):
        saleor.attach_reference(request.saleor_event, reference)
        saleor.report_events(charge.transaction_id, [report], actions_of(outcome.state))


def _keep(charge: Charge, request: CaptureRequest, outcome: Outcome) -> None:
    request.state = RequestState.REFUSED if outcome.refusal else RequestState.SUCCEEDED
    request.message, request.error_code = outcome.refusal, outcome.code
    with transaction.atomic():
        request.save(update_fields=["state", "message", "error_code", "updated_at"])
        jobs.enqueue("payment.sync", charge.connection, charge.payment_id, lane=LANE_CLICK)
    log.info(
        "request=%s cancel=%s payment=%s outcome=%s",
        request.key,
        request.cancel,
        charge.payment_id,
        outcome.code or "done",
    )
