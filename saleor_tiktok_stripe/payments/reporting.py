"""What Saleor must be told of a payment, from what it knows and what Stripe says. Pure.

It compares the newest state of both sides and never asks what happened in between, so doubled, late
or lost events all end alike. Planning again after the plan was carried out gives nothing.

Saleor adds up a transaction's events grouped by reference (3.20-3.24, the same): a success counts
unless a failure of the same reference is newer, a charge or a cancellation takes from what is
authorized, a pending request ends with the first success or failure of its reference. So a payment
has one reference, its id, for all that happens to the buyer's money, and each type is told once.
``transactionProcess`` never asks again after a failure: a declined attempt that the buyer may
repeat is an ``INFO``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from ..aftersales.reporting import dispute_reports, refund_reports, warning_reports
from ..models import Charge, ChargeFlow
from ..saleor_api.transactions import EventReport, PaymentTransaction, TransactionEvent
from ..stripe_api.types import Dispute, DisputeState, Payment, PaymentState, Refund, RefundState
from . import words

ZERO: Final = Decimal(0)

PREFIX: Final = {ChargeFlow.CHARGE: "CHARGE", ChargeFlow.AUTHORIZATION: "AUTHORIZATION"}
"""Of the event types of a session, by flow."""

ENDS_SOON_AFTER: Final = timedelta(days=5)
"""Of the seven days (five with some banks) that an authorization usually holds."""

_LATER: Final = frozenset({"AUTHORIZATION_SUCCESS", "CHARGE_SUCCESS", "CANCEL_SUCCESS"})
"""Once one of these was told of a payment, what comes before it is never told."""

_RETURNED: Final = frozenset({RefundState.FAILED, RefundState.CANCELED})
_HELD_BACK: Final = frozenset(
    {
        DisputeState.NEEDS_RESPONSE,
        DisputeState.UNDER_REVIEW,
        DisputeState.LOST,
        DisputeState.APPEAL_NEEDS_RESPONSE,
        DisputeState.APPEAL_UNDER_REVIEW,
    }
)
"""A dispute in one of these holds the money: Stripe refuses refunds unless it says otherwise."""


_ACTIONS: Final[Mapping[PaymentState, tuple[str, ...]]] = {
    PaymentState.OPEN: ("CANCEL",),
    PaymentState.ACTION_REQUIRED: ("CANCEL",),
    PaymentState.AUTHORIZED: ("CHARGE", "CANCEL"),
    PaymentState.SUCCEEDED: ("REFUND",),
}
"""Names of Saleor's ``TransactionActionEnum``; none in other states."""


@dataclass(frozen=True)
class Seen:
    """A payment with all its refunds and disputes, read at Stripe one after another.

    ``warning_ids`` are early fraud warnings of the buyer's bank, ``at`` is when it was looked.
    """

    payment: Payment
    refunds: tuple[Refund, ...] = ()
    disputes: tuple[Dispute, ...] = ()
    warning_ids: tuple[str, ...] = ()
    at: datetime | None = None


@dataclass(frozen=True)
class Plan:
    """What to report, in this order, and what staff may ask for from now on."""

    reports: tuple[EventReport, ...]
    actions: tuple[str, ...]


def plan(seen: Seen, current: PaymentTransaction, charge: Charge) -> Plan:
    """What is missing in Saleor. A look older than another that was carried out gives less."""
    payment, events = seen.payment, current.events
    reports = payment_reports(payment, events, charge.flow)
    if _charge_is_told(payment, events, reports):
        later = refund_reports(seen.refunds, events)
        later += dispute_reports(seen.disputes, payment.currency, events, payment.captured)
        reports += _after(later) if reports else later
    reports += _ends_soon(seen, events)
    reports += warning_reports(seen.warning_ids, events)
    return Plan(tuple(reports), actions(seen))


def payment_reports(
    payment: Payment, events: Sequence[TransactionEvent], flow: str
) -> list[EventReport]:
    """What is missing of the buyer's own money: authorized, charged, released, failed."""
    told = _Told(payment, events, PREFIX[ChargeFlow(flow)])
    match payment.state:
        case PaymentState.SUCCEEDED:
            return _succeeded(payment, told)
        case PaymentState.CANCELED:
            return _canceled(payment, told)
        case PaymentState.AUTHORIZED:
            return _authorized(payment, told)
        case PaymentState.PROCESSING:
            return [] if told.settled else told.missing(f"{told.prefix}_REQUEST", payment.amount)
        case PaymentState.OPEN:
            return _declined(payment, told)
        case PaymentState.ACTION_REQUIRED:
            # The buyer tries another way: what was announced as pending came to nothing.
            return [] if told.settled else told.failed(words.DECLINED)
        case _:
            return []


def actions(seen: Seen) -> tuple[str, ...]:
    """What staff may ask for."""
    found = actions_of(seen.payment.state)
    return () if "REFUND" in found and not _refundable(seen) else found


def actions_of(state: PaymentState) -> tuple[str, ...]:
    """The same as long as nothing was refunded or disputed."""
    return _ACTIONS.get(state, ())


def released(payment: Payment) -> Decimal:
    """What a partial capture gave back to the buyer: Stripe captures once."""
    if payment.state is not PaymentState.SUCCEEDED or not payment.capture_later:
        return ZERO
    return max(ZERO, payment.amount - payment.captured)


def refunded(refunds: Sequence[Refund]) -> Decimal:
    """What was given back or is on its way."""
    return sum((one.amount for one in refunds if one.state not in _RETURNED), ZERO)


# --- the states ----------------------------------------------------------------------------------


class _Told:
    """What Saleor was told of a payment under its own reference."""

    def __init__(self, payment: Payment, events: Sequence[TransactionEvent], prefix: str) -> None:
        self._payment = payment
        self.prefix = prefix
        self._events = [one for one in events if one.psp_reference == payment.id]
        self._types = {one.type for one in self._events}
        self._authorized = any(one.type == "AUTHORIZATION_SUCCESS" for one in events)
        self._infos = {one.psp_reference for one in events if one.type == "INFO"}

    @property
    def settled(self) -> bool:
        """Something was told that no earlier state may follow."""
        return self._authorized or bool(self._types & _LATER)

    @property
    def announced(self) -> bool:
        """It counts as pending in Saleor: ``transactionProcess`` (or we) said so."""
        kind = f"{self.prefix}_REQUEST"
        return any(one.type == kind and one.counts for one in self._events)

    def missing(
        self, kind: str, amount: Decimal, message: str = "", at: datetime | None = None
    ) -> list[EventReport]:
        """The report, unless Saleor has it."""
        if kind in self._types or (kind == "AUTHORIZATION_SUCCESS" and self._authorized):
            return []
        return [EventReport(kind, self._payment.id, amount, message, happened_at=at)]

    def info(self, word: str, message: str) -> list[EventReport]:
        """The same with a reference of its own: Saleor never tells two of these apart."""
        reference = f"{self._payment.id}:{word}"
        if reference in self._infos:
            return []
        return [EventReport("INFO", reference, ZERO, message)]

    def failed(self, message: str) -> list[EventReport]:
        """A method that was announced as pending came to nothing."""
        if not self.announced:
            return []
        return self.missing(f"{self.prefix}_FAILURE", self._payment.amount, message)


def _succeeded(payment: Payment, told: _Told) -> list[EventReport]:
    # When it was captured later, Stripe says on the charge only when it was authorized.
    at = None if payment.capture_later else _made_at(payment)
    reports = told.missing("CHARGE_SUCCESS", payment.captured, at=at)
    rest = released(payment)
    if rest:
        reports += told.missing("CANCEL_SUCCESS", rest, words.RELEASED)
    return reports


def _canceled(payment: Payment, told: _Told) -> list[EventReport]:
    message = words.cancellation(payment.cancellation_reason)
    failed = [] if told.settled else told.failed(message)
    return failed + told.missing("CANCEL_SUCCESS", payment.amount, message)


def _authorized(payment: Payment, told: _Told) -> list[EventReport]:
    if told.settled:
        return []
    return told.missing("AUTHORIZATION_SUCCESS", payment.authorized, at=_made_at(payment))


def _made_at(payment: Payment) -> datetime | None:
    return payment.charge.created_at if payment.charge else None


def _declined(payment: Payment, told: _Told) -> list[EventReport]:
    if payment.decline is None or told.settled:
        return []
    message = words.decline(payment.decline)
    failed = told.failed(message)
    if failed:
        return failed
    attempt = payment.decline.charge_id or payment.decline.decline_code or payment.decline.code
    return told.info(f"declined-{attempt}", message)


# --- refunds and disputes ------------------------------------------------------------------------


def _charge_is_told(
    payment: Payment, events: Sequence[TransactionEvent], reports: Sequence[EventReport]
) -> bool:
    """Money goes back only where Saleor knows (or is told now) that it came in."""
    known = {(one.type, one.psp_reference) for one in events}
    known |= {(one.type, one.psp_reference) for one in reports}
    return ("CHARGE_SUCCESS", payment.id) in known


def _ends_soon(seen: Seen, events: Sequence[TransactionEvent]) -> list[EventReport]:
    """Told once: what is authorized has to be captured soon, or it goes back to the buyer."""
    payment, made_at = seen.payment, _made_at(seen.payment)
    if payment.state is not PaymentState.AUTHORIZED or seen.at is None or made_at is None:
        return []
    if seen.at - made_at < ENDS_SOON_AFTER:
        return []
    return _Told(payment, events, "").info("ends-soon", words.ENDS_SOON)


def _after(reports: Sequence[EventReport]) -> list[EventReport]:
    """Told now, so that Saleor lists them after the charge that is told now, too."""
    return [replace(one, happened_at=None) for one in reports]


def _refundable(seen: Seen) -> bool:
    held = any(one.state in _HELD_BACK and not one.refundable for one in seen.disputes)
    return not held and seen.payment.captured - refunded(seen.refunds) > ZERO
