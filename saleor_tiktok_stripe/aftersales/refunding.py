"""Asking for refunds: a row first, the money later.

Nothing is sent here. What is asked is checked against what is left while the charge's row is
locked, written down, and sent by the job ``payment.refund``: so that nothing asked twice is paid
twice, and nothing above the charge is promised.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal, overload

from django.db import transaction

from .. import accounts, jobs
from ..accounts import audit
from ..errors import InvalidInput
from ..models import OPEN_REQUESTS, Charge, Dispute, RefundRequest, RequestState
from ..saleor_api.transactions import ActionRequest
from ..stripe_api.money import check
from . import problems
from .cases import asking
from .recording import set_problem
from .request_keys import fitting
from .words import money, other_account

REFUND: Final = "payment.refund"
SYNC: Final = "payment.sync"
REASONS: Final = ("duplicate", "fraudulent", "requested_by_customer")
_NOTE_LENGTH: Final = 500

_GIVEN: Final = (RequestState.PENDING, RequestState.SUCCEEDED)


@dataclass(frozen=True)
class RefundCheck:
    """What asking for a refund would come to. ``left``: what could be asked for. ``refused``: all
    that speaks against it, ``amount`` is zero then. ``earlier``: the key was used for this one, and
    nothing more would be given back.
    """

    amount: Decimal
    left: Decimal
    currency: str
    refused: tuple[InvalidInput, ...] = ()
    earlier: RefundRequest | None = None


def request_refund(request: ActionRequest) -> bool:
    """Staff asked for a refund in Saleor (transaction refund, granted refund).

    True: it is written down (once per ``request.event_id``) and will be sent, to Stripe or to the
    marketplace that holds the money. False: the transaction is none of ours. Raises
    ``InvalidInput`` when it cannot be done, in words for staff.
    """
    charge = Charge.objects.filter(transaction_id=request.transaction_id).first()
    if charge is None:
        return asking.request_refund(request)
    asked = RefundRequest(
        source=RefundRequest.Source.DASHBOARD,
        saleor_event=request.event_id,
        granted_refund_id=request.granted_refund_id,
        note=request.reason[:_NOTE_LENGTH],
        actor=request.actor,
        currency=request.currency,
    )
    _write_down(charge, request.amount, asked)
    return True


@overload
def refund(
    charge: Charge,
    amount: Decimal | None,
    *,
    reason: str = "",
    note: str = "",
    actor: str,
    request_key: str = "",
    dry_run: Literal[False] = False,
) -> RefundRequest: ...
@overload
def refund(
    charge: Charge,
    amount: Decimal | None,
    *,
    reason: str = "",
    note: str = "",
    actor: str,
    request_key: str = "",
    dry_run: Literal[True],
) -> RefundCheck: ...
def refund(
    charge: Charge,
    amount: Decimal | None,
    *,
    reason: str = "",
    note: str = "",
    actor: str,
    request_key: str = "",
    dry_run: bool = False,
) -> RefundRequest | RefundCheck:
    """Give ``amount`` (None: all that is left) of ``charge`` back.

    ``reason``: one of ``REASONS`` ("" : the channel's default). The same ``request_key`` again
    gives the same row; without one, every call is a refund of its own. ``dry_run``: the same
    checks, nothing is written. Raises ``InvalidInput``, in a dry run only for a key that is too
    long or was used for another amount.
    """
    asked = RefundRequest(
        source=RefundRequest.Source.API,
        request_key=fitting(request_key),
        reason=reason,
        note=note[:_NOTE_LENGTH],
        actor=actor,
        currency=charge.currency,
    )
    return _check(charge, amount, asked) if dry_run else _write_down(charge, amount, asked)


def refundable(charge: Charge) -> Decimal:
    """What could be asked for now: captured, less what was or will be given back or disputed."""
    return left_to_refund(charge, list(RefundRequest.objects.filter(charge=charge)))


def left_to_refund(charge: Charge, rows: Sequence[RefundRequest]) -> Decimal:
    """``refundable``, of the charge's rows."""
    asked = _sum(row for row in rows if row.state in OPEN_REQUESTS)
    return max(Decimal(0), rest(charge, rows) - asked)


def rest(charge: Charge, rows: Iterable[RefundRequest]) -> Decimal:
    """What Stripe could still give back: captured, less what it gave and what banks hold back."""
    given = _sum(row for row in rows if row.state in _GIVEN)
    return charge.captured - given - charge.disputed


def acknowledge(charge: Charge, actor: str) -> None:
    """Somebody settled the failed refunds of ``charge`` another way: the problem is gone."""
    with transaction.atomic():
        locked = Charge.objects.select_for_update().get(pk=charge.pk)
        rows = RefundRequest.objects.filter(charge=locked)
        rows.filter(error_code=problems.REFUND_FAILED).update(error_code="")
        if (locked.problem or {}).get("code") == problems.REFUND_FAILED:
            locked.problem = None
        set_problem(locked, rows)
        locked.save(update_fields=["problem", "updated_at"])
        audit.record("refund.acknowledge", locked.connection, actor, subject=str(locked.key))


def held_by_bank(disputes: Iterable[Dispute]) -> Dispute | None:
    """The dispute whose money the bank took and did not return, if any."""
    held = (each for each in disputes if each.withdrawn > each.reinstated)
    return next(held, None)


def refuse_disputed(dispute_id: str) -> InvalidInput:
    """Why a charge whose money the bank took back is not refunded, and what to do instead."""
    return InvalidInput(
        "CHARGE_DISPUTED",
        f"The buyer's bank already took this money back (dispute {dispute_id}): a refund would pay "
        "the buyer twice. Answer the dispute, or accept it to let the buyer keep the money.",
    )


def refuse_elsewhere(charge: Charge) -> InvalidInput:
    """The connected account does not have the payment."""
    return InvalidInput(problems.OTHER_ACCOUNT, other_account(charge.account_id, charge.livemode))


def refuse_above_rest(amount: Decimal, left: Decimal, currency: str) -> InvalidInput:
    """More than is left."""
    if left <= 0:
        return InvalidInput(
            "ALREADY_REFUNDED",
            "Nothing is left to refund: all of this payment was given back, or is about to be.",
            field="amount",
        )
    return InvalidInput(
        "REFUND_ABOVE_REST",
        f"{money(amount, currency)} is more than the {money(left, currency)} left to refund. Ask "
        f"for at most {money(left, currency)}.",
        field="amount",
    )


def _write_down(charge: Charge, amount: Decimal | None, asked: RefundRequest) -> RefundRequest:
    with transaction.atomic():
        locked = Charge.objects.select_for_update().get(pk=charge.pk)
        earlier = _earlier(locked, asked)
        if earlier is not None:
            return _same(earlier, amount)
        asked.charge = locked
        asked.amount = _allowed(locked, amount, asked)
        asked.reason = asked.reason or _default_reason(locked)
        asked.save()
        jobs.enqueue(REFUND, locked.connection, str(locked.key), lane=jobs.LANE_CLICK)
        audit.record(
            "refund.request",
            locked.connection,
            asked.actor,
            subject=str(asked.key),
            data={"amount": money(asked.amount, asked.currency), "payment": locked.payment_id},
        )
    return asked


def _earlier(charge: Charge, asked: RefundRequest) -> RefundRequest | None:
    if asked.saleor_event:
        return RefundRequest.objects.filter(saleor_event=asked.saleor_event).first()
    if asked.request_key:
        return charge.refundrequests.filter(request_key=asked.request_key).first()
    return None


def _same(earlier: RefundRequest, amount: Decimal | None) -> RefundRequest:
    if amount is not None and earlier.amount != amount:
        raise InvalidInput(
            "REQUEST_KEY_REUSED",
            f"This key was used before, for {money(earlier.amount, earlier.currency)}. Use a new "
            "key for another refund.",
            field="idempotency_key",
        )
    return earlier


def _check(charge: Charge, amount: Decimal | None, asked: RefundRequest) -> RefundCheck:
    earlier = _earlier(charge, asked)
    left = refundable(charge)
    if earlier is not None:
        return RefundCheck(Decimal(0), left, charge.currency, earlier=_same(earlier, amount))
    wanted = left if amount is None else amount
    refused = tuple(_refusals(charge, wanted, left, asked))
    return RefundCheck(Decimal(0) if refused else wanted, left, charge.currency, refused)


def _allowed(charge: Charge, amount: Decimal | None, asked: RefundRequest) -> Decimal:
    left = refundable(charge)
    wanted = left if amount is None else amount
    for refused in _refusals(charge, wanted, left, asked):
        raise refused
    return wanted


def _refusals(
    charge: Charge, wanted: Decimal, left: Decimal, asked: RefundRequest
) -> Iterator[InvalidInput]:
    """All that speaks against it, the weightiest first."""
    if asked.reason and asked.reason not in REASONS:
        reasons = ", ".join(REASONS)
        yield InvalidInput(
            "REFUND_REASON_UNKNOWN", f"Stripe knows these reasons: {reasons}.", field="reason"
        )
    if asked.currency.upper() != charge.currency:
        yield InvalidInput(
            "REFUND_CURRENCY", f"The payment is in {charge.currency}.", field="currency"
        )
    if not charge.is_within_reach(charge.connection):
        yield refuse_elsewhere(charge)
    if charge.captured <= 0:
        yield InvalidInput(
            "NOTHING_CAPTURED",
            "No money was taken for this payment yet. Cancel it instead of refunding it.",
        )
    held = held_by_bank(Dispute.objects.filter(charge=charge).order_by("opened_at"))
    if held is not None:
        yield refuse_disputed(held.dispute_id)
    yield from _wrong_amount(wanted, left, charge.currency)


def _wrong_amount(wanted: Decimal, left: Decimal, currency: str) -> Iterator[InvalidInput]:
    if wanted > left or left <= 0:
        yield refuse_above_rest(wanted, left, currency)
    elif wanted <= 0:
        yield InvalidInput("AMOUNT_NOT_POSITIVE", "Ask for more than zero.", field="amount")
    else:
        try:
            check(wanted, currency)
        except InvalidInput as error:
            yield error


def _default_reason(charge: Charge) -> str:
    return accounts.stripe_policy(charge.connection).refund_reason_default


def _sum(rows: Iterable[RefundRequest]) -> Decimal:
    return sum((row.amount for row in rows), Decimal(0))
