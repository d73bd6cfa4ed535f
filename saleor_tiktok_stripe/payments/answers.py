"""A payment at Stripe as the answer to a session. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from ..saleor_api.transactions import Flow, PaymentMethodDetails, SessionAnswer
from ..stripe_api.types import Payment, PaymentMethod, PaymentState
from . import words
from .reporting import actions_of


@dataclass(frozen=True)
class Verdict:
    """What Saleor records: an event type, how much, and the buyer's words."""

    result: str
    amount: Decimal
    message: str = ""


_OPEN_WORDS: Final = {
    PaymentState.ACTION_REQUIRED: "",
    PaymentState.UNKNOWN: words.UNKNOWN_STATE,
}


def verdict(payment: Payment, flow: Flow) -> Verdict:
    """What a session of ``flow`` comes to; amounts are Stripe's.

    Saleor asks no more after ``*_SUCCESS``, ``*_FAILURE`` and ``*_REQUEST``, so only what is final
    (or announced as pending) is answered with these; a declined attempt may be repeated. A method
    that cannot be authorized first has charged at once: that is said, whatever the flow.
    """
    match payment.state:
        case PaymentState.SUCCEEDED:
            return Verdict("CHARGE_SUCCESS", payment.captured)
        case PaymentState.AUTHORIZED:
            return Verdict("AUTHORIZATION_SUCCESS", payment.authorized)
        case PaymentState.PROCESSING:
            return Verdict(f"{flow}_REQUEST", payment.amount)
        case PaymentState.CANCELED:
            return Verdict(f"{flow}_FAILURE", payment.amount, words.ENDED)
        case PaymentState.OPEN:
            message = words.decline(payment.decline) if payment.decline else ""
            return Verdict(f"{flow}_ACTION_REQUIRED", payment.amount, message)
        case state:
            return Verdict(f"{flow}_ACTION_REQUIRED", payment.amount, _OPEN_WORDS[state])


def answer(payment: Payment, flow: Flow, browser: Mapping[str, Any], url: str) -> SessionAnswer:
    """The whole answer. ``browser``: what Stripe.js is started with; ``url``: for staff."""
    found = verdict(payment, flow)
    data = dict(browser) | {
        "paymentIntentId": payment.id,
        "clientSecret": payment.client_secret,
        "status": payment.raw_state,
    }
    if payment.decline and payment.state is PaymentState.OPEN:
        data["declineCode"] = payment.decline.decline_code or payment.decline.code
    return SessionAnswer(
        result=found.result,
        amount=found.amount,
        psp_reference=payment.id,
        message=found.message,
        external_url=url,
        actions=actions_of(payment.state),
        data=data,
        method=method_details(payment.method),
    )


def method_details(method: PaymentMethod | None) -> PaymentMethodDetails | None:
    """How the buyer paid, as Saleor shows it."""
    if method is None:
        return None
    if not method.last4 and not method.brand:
        return PaymentMethodDetails("OTHER", method.type)
    name = " ".join(part for part in (method.wallet, method.brand or method.type) if part)
    return PaymentMethodDetails(
        "CARD", name, method.brand, method.last4, method.exp_month, method.exp_year
    )
