"""What people are told of refunds and disputes. No buyer data; Saleor keeps 512 characters."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final, Protocol

from ..stripe_api.money import PRECISIONS
from ..stripe_api.types import DisputeState, Refund, RefundState


class Disputed(Protocol):
    """A dispute as Stripe tells it or as our row keeps it."""

    @property
    def state(self) -> str: ...
    @property
    def raw_state(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def amount(self) -> Decimal: ...
    @property
    def currency(self) -> str: ...
    @property
    def due_by(self) -> datetime | None: ...
    @property
    def auto_submits(self) -> bool: ...


NEEDS_RESPONSE: Final = frozenset(
    {
        DisputeState.INQUIRY_NEEDS_RESPONSE,
        DisputeState.NEEDS_RESPONSE,
        DisputeState.APPEAL_NEEDS_RESPONSE,
    }
)

NOT_AT_STRIPE: Final = "Stripe does not have this payment any more, so nothing was sent."
FRAUD_WARNING: Final = (
    "The buyer's bank reported this payment as likely fraud. A dispute usually follows: refunding "
    "it in full now avoids the dispute and its fee. Do not ship what is not shipped yet."
)

FAILURES: Final = {
    "lost_or_stolen_card": "the card was reported lost or stolen",
    "expired_or_canceled_card": "the card is closed",
    "charge_for_pending_refund_disputed": "the buyer disputed the payment meanwhile",
    "insufficient_funds": "the Stripe balance did not cover it",
    "declined": "the buyer's bank declined it",
    "merchant_request": "it was stopped at the merchant's request",
}
"""Why a refund failed, by Stripe's ``failure_reason``."""

_STATES: Final[Mapping[str, str]] = {
    DisputeState.INQUIRY_NEEDS_RESPONSE: "The buyer's bank asks about this payment (an inquiry: no "
    "money moved)",
    DisputeState.INQUIRY_UNDER_REVIEW: "The answer to the bank's inquiry is under review. No "
    "response is needed",
    DisputeState.INQUIRY_CLOSED: "The bank's inquiry is closed, no money moved. No response is "
    "needed",
    DisputeState.NEEDS_RESPONSE: "The buyer disputed this payment",
    DisputeState.UNDER_REVIEW: "The answer to the dispute is under review. No response is needed",
    DisputeState.WON: "The dispute was won. No response is needed",
    DisputeState.LOST: "The dispute was lost or accepted. No response is needed",
    DisputeState.PREVENTED: "The dispute was prevented before it began. No response is needed",
    DisputeState.APPEAL_NEEDS_RESPONSE: "The dispute may be appealed",
    DisputeState.APPEAL_UNDER_REVIEW: "The appeal is under review. No response is needed",
}


def money(amount: Decimal, currency: str) -> str:
    """``12.50 USD``: with the currency's decimals, or more where the amount is finer."""
    precision = PRECISIONS.get(currency)
    shown = amount.quantize(Decimal(1).scaleb(-precision.exponent if precision else -2))
    return f"{shown if shown == amount else amount.normalize():f} {currency}"


def dispute_words(dispute: Disputed) -> str:
    """State, reason, amount, and whether and until when an answer is needed."""
    said = _STATES.get(dispute.state, f'Stripe says "{dispute.raw_state}" of the dispute')
    facts = f"{money(dispute.amount, dispute.currency)}, reason: {dispute.reason or 'not given'}"
    return f"{said}. {facts}.{_needed(dispute)}"


def _needed(dispute: Disputed) -> str:
    if dispute.state not in NEEDS_RESPONSE:
        return ""
    if dispute.due_by is None:
        return " No response is possible."
    due = f"{dispute.due_by:%Y-%m-%d %H:%M} UTC"
    if dispute.auto_submits:
        return f" A response is needed by {due}; otherwise Stripe answers by itself then."
    return f" A response is needed by {due}."


def dispute_note(dispute_id: str, dispute: Disputed) -> str:
    """For the order's history."""
    return f"Stripe dispute {dispute_id}: {dispute_words(dispute)}"


def deadline_note(dispute_id: str, dispute: Disputed, hours: int, staged: bool) -> str:
    """For the order's history: it is due within ``hours``."""
    left = f"{hours // 24} days" if hours > 24 else f"{hours} hours"
    draft = " A draft is staged at Stripe, but it was not sent." if staged else ""
    return (
        f"Stripe dispute {dispute_id} must be answered within {left} "
        f"({dispute.due_by:%Y-%m-%d %H:%M} UTC), or it is lost.{draft}"
    )


def foreign_currency_words(dispute: Disputed) -> str:
    """The withdrawal is in a currency that says nothing about the charge's."""
    return (
        f"Stripe withdrew {money(dispute.amount, dispute.currency)} for this dispute. The payment "
        "is in another currency, so its charged amount was left as it is: correct it by hand."
    )


def failure_words(refund: Refund) -> str:
    """Why the buyer did not get the money, and what to do."""
    if refund.state is RefundState.CANCELED:
        return "The refund was canceled. The buyer did not get the money."
    why = FAILURES.get(refund.failure_reason, "the bank gave no reason")
    return (
        f"The refund failed: {why}. The money is back in the Stripe balance and the buyer did not "
        "get it: refund another way, for example by bank transfer."
    )


def other_account(account_id: str, livemode: bool) -> str:  # noqa: FBT001
    """The channel has another account by now, or went from test to live."""
    return (
        f"This payment was taken with another Stripe account or mode ({account_id}, "
        f"{'live' if livemode else 'test'} mode) than the one this channel has now. Nothing was "
        "sent: refund or cancel it in that account's Stripe dashboard."
    )
