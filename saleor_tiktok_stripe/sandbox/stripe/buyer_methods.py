"""What buyers can pay with: Stripe's test methods, and how each behaves (reference: test data)."""

from __future__ import annotations

from dataclasses import dataclass

DAY = 86_400


@dataclass(frozen=True)
class Decline:
    """How a charge is declined."""

    code: str
    decline_code: str | None
    message: str


@dataclass(frozen=True)
class Method:
    """One test method.

    `authentication`: 3-D Secure or a redirect comes first. `delay`: seconds in `processing` before
    the money comes (or, with `decline`, does not). `refund`: succeeded, pending, or failed after
    having succeeded.
    """

    name: str
    type: str = "card"
    brand: str = "visa"
    last4: str = "4242"
    number: str = ""
    decline: Decline | None = None
    authentication: bool = False
    delay: int = 0
    refund: str = "succeeded"
    bypass_pending: bool = False


_DECLINED = "Your card was declined."
_GENERIC = Decline("card_declined", "generic_decline", _DECLINED)
_FUNDS = Decline("card_declined", "insufficient_funds", "Your card has insufficient funds.")


def _dispute_card(name: str, number: str, brand: str = "visa") -> Method:
    return Method(name, number=number, last4=number[-4:], brand=brand)


def _declined(name: str, number: str, decline: Decline) -> Method:
    return Method(name, number=number, last4=number[-4:], decline=decline)


_CARDS = (
    Method("pm_card_visa", number="4242424242424242"),
    Method("pm_card_mastercard", brand="mastercard", last4="4444", number="5555555555554444"),
    Method("pm_card_amex", brand="amex", last4="8431", number="371449635398431"),
    _declined("pm_card_visa_chargeDeclined", "4000000000000002", _GENERIC),
    _declined("pm_card_chargeDeclined", "", _GENERIC),
    _declined("pm_card_visa_chargeDeclinedInsufficientFunds", "4000000000009995", _FUNDS),
    _declined("pm_card_chargeDeclinedInsufficientFunds", "", _FUNDS),
    _declined(
        "pm_card_visa_chargeDeclinedLostCard", "4000000000009987",
        Decline("card_declined", "lost_card", _DECLINED),
    ),
    _declined(
        "pm_card_visa_chargeDeclinedStolenCard", "4000000000009979",
        Decline("card_declined", "stolen_card", _DECLINED),
    ),
    _declined(
        "pm_card_chargeDeclinedExpiredCard", "4000000000000069",
        Decline("expired_card", None, "Your card has expired."),
    ),
    _declined(
        "pm_card_chargeDeclinedIncorrectCvc", "4000000000000127",
        Decline("incorrect_cvc", None, "Your card's security code is incorrect."),
    ),
    _declined(
        "pm_card_chargeDeclinedProcessingError", "4000000000000119",
        Decline(
            "processing_error", None,
            "An error occurred while processing your card. Try again in a little bit.",
        ),
    ),
    _declined("pm_card_chargeCustomerFail", "4000000000000341", _GENERIC),
    Method(
        "pm_card_authenticationRequired", last4="3184", number="4000002760003184",
        authentication=True,
    ),
    Method(
        "pm_card_threeDSecure2Required", last4="3220", number="4000000000003220",
        authentication=True,
    ),
    _dispute_card("pm_card_createDispute", "4000000000000259"),
    _dispute_card("pm_card_createDisputeProductNotReceived", "4000000000002685"),
    _dispute_card("pm_card_createDisputeInquiry", "4000000000001976"),
    _dispute_card("pm_card_createMultipleDisputes", "4000000404000079"),
    _dispute_card("pm_card_createIssuerFraudRecord", "4000000000005423"),
    _dispute_card("pm_card_createCe3EligibleDispute", "4000000404000038"),
    _dispute_card("pm_card_createComplianceDispute", "4000008400000779"),
    _dispute_card("pm_card_createMastercardComplianceDispute", "5105008400000002", "mastercard"),
    Method("pm_card_pendingRefund", last4="7726", number="4000000000007726", refund="pending"),
    Method("pm_card_refundFail", last4="5126", number="4000000000005126", refund="failed"),
    Method(
        "pm_card_bypassPending", last4="0077", number="4000000000000077", bypass_pending=True
    ),
)  # fmt: skip
_CLOSED = Decline("account_closed", "account_closed", "The customer's bank account was closed.")
_NO_FUNDS = Decline(
    "payment_intent_payment_attempt_failed", "insufficient_funds",
    "The customer's account has insufficient funds to cover this payment.",
)  # fmt: skip
_DEBITS = (
    Method("pm_usBankAccount_success", "us_bank_account", "", "6789", delay=4 * DAY),
    Method(
        "pm_usBankAccount_insufficientFunds", "us_bank_account", "", "2227", decline=_NO_FUNDS,
        delay=4 * DAY,
    ),
    Method(
        "pm_usBankAccount_accountClosed", "us_bank_account", "", "1116", decline=_CLOSED,
        delay=4 * DAY,
    ),
    Method("pm_success_de", "sepa_debit", "", "3000", delay=3 * DAY),
    Method("pm_failed_de", "sepa_debit", "", "3002", decline=_NO_FUNDS, delay=3 * DAY),
)  # fmt: skip
# Methods made on the spot with payment_method_data[type].
_BY_TYPE = (
    Method("ideal", "ideal", "", "", authentication=True),
    Method("bancontact", "bancontact", "", "", authentication=True),
    Method("klarna", "klarna", "", "", authentication=True),
    Method("paypal", "paypal", "", "", authentication=True),
    Method("sepa_debit", "sepa_debit", "", "3000", delay=3 * DAY),
    Method("us_bank_account", "us_bank_account", "", "6789", delay=4 * DAY),
)
METHODS = {method.name: method for method in (*_CARDS, *_DEBITS, *_BY_TYPE)}
BY_TYPE = {method.type: method for method in _BY_TYPE}
BY_NUMBER = {method.number: method for method in _CARDS if method.number}
REDIRECTS = frozenset({"ideal", "bancontact", "klarna", "paypal"})
CAPTURE_LATER = frozenset({"card", "link", "klarna", "paypal"})


def method_types(currency: str, *, redirects: bool, capture_later: bool) -> list[str]:
    """What `automatic_payment_methods` offers for a currency."""
    offered = ["card", "link"]
    if currency == "usd":
        offered += ["us_bank_account"]
    if currency == "eur":
        offered += ["bancontact", "ideal", "sepa_debit"]
    if currency in {"usd", "eur", "gbp"}:
        offered += ["klarna", "paypal"]
    if not redirects:
        offered = [name for name in offered if name not in REDIRECTS]
    if capture_later:
        offered = [name for name in offered if name in CAPTURE_LATER]
    return offered
