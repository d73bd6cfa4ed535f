"""What buyers and staff are told of payments. No buyer data; Saleor keeps 512 characters."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from ..aftersales.words import money
from ..stripe_api.types import Decline

RELEASED: Final = "Not captured: released to the buyer."
ENDS_SOON: Final = (
    "This authorization ends soon (usually seven days after it was made): capture it now, or the "
    "amount goes back to the buyer."
)
TRY_AGAIN: Final = "The payment could not be reached just now. Nothing was lost: try again."
NOT_HERE: Final = "This channel does not take payments with Stripe at the moment."
NOT_CONNECTED: Final = (
    "Nothing was sent: Stripe does not accept this channel's key any more, or the account was "
    "disconnected. Enter a new key in the plugin's settings, then ask again."
)
NOT_REACHED: Final = (
    "Stripe could not be reached for some minutes, so nothing was sent. Ask again later."
)
ENDED: Final = "This payment was cancelled. Start a new one."
REFUSED: Final = "This payment could not be started. Choose another way to pay."
DIFFERS: Final = "This payment was started for another amount. Start a new one."
FOREIGN: Final = "This payment does not belong to this channel. Start a new one."
NOT_MADE: Final = "There is no payment at Stripe for this transaction (yet)."
UNKNOWN_STATE: Final = "The payment is in a state that this version does not know."
DECLINED: Final = "The payment was declined. Try again or use another method."

_CANCELLATIONS: Final = {
    "automatic": "The authorization expired: the amount was released to the buyer.",
    "expired": "The authorization expired: the amount was released to the buyer.",
    "abandoned": "The payment was never completed and was cancelled.",
    "duplicate": "Cancelled as a duplicate.",
    "fraudulent": "Cancelled as fraudulent.",
    "requested_by_customer": "Cancelled on request.",
}
"""By Stripe's ``cancellation_reason``."""


def cancellation(reason: str) -> str:
    """Why a payment was cancelled."""
    return _CANCELLATIONS.get(reason, "The payment was cancelled.")


def decline(what: Decline) -> str:
    """Why the last attempt failed: Stripe's own words, made for the buyer."""
    return what.message or DECLINED


def captured_before(captured: Decimal, currency: str) -> str:
    """A second capture: a payment is captured once, the rest was released."""
    return f"{money(captured, currency)} of this payment was captured before: nothing was done."


def not_authorized(state: str) -> str:
    """There is nothing to capture."""
    return f"Stripe shows this payment as {state}: there is nothing to capture."


def too_much(asked: Decimal, left: Decimal, currency: str) -> str:
    """More than is authorized."""
    return (
        f"{money(asked, currency)} is more than the {money(left, currency)} that is authorized: "
        "nothing was captured."
    )


def captured_already(captured: Decimal, currency: str) -> str:
    """A cancellation never turns into a refund."""
    return (
        f"{money(captured, currency)} was captured already, so there is nothing to cancel. "
        "Refund it instead."
    )


def not_cancellable(state: str) -> str:
    """The bank works on it."""
    return f"Stripe shows this payment as {state}: it cannot be cancelled just now."
