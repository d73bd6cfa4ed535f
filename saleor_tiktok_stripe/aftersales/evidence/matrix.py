"""What decides a dispute, by the bank's reason, as data. Sources: Stripe's guide to evidence by
reason and its reference of evidence fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

TEXT_FIELDS: Final = frozenset(
    {
        "access_activity_log",
        "billing_address",
        "cancellation_policy_disclosure",
        "cancellation_rebuttal",
        "customer_email_address",
        "customer_name",
        "customer_purchase_ip",
        "duplicate_charge_explanation",
        "duplicate_charge_id",
        "product_description",
        "refund_policy_disclosure",
        "refund_refusal_explanation",
        "service_date",
        "shipping_address",
        "shipping_carrier",
        "shipping_date",
        "shipping_tracking_number",
        "uncategorized_text",
    }
)
FILE_FIELDS: Final = frozenset(
    {
        "cancellation_policy",
        "customer_communication",
        "customer_signature",
        "duplicate_charge_documentation",
        "receipt",
        "refund_policy",
        "service_documentation",
        "shipping_documentation",
        "uncategorized_file",
    }
)


@dataclass(frozen=True)
class Wanted:
    """A field that helps for a reason, and what should be in it."""

    field: str
    what: str


@dataclass(frozen=True)
class Advice:
    """``decides``: what the bank looks for. ``answerable`` False: usually lost or not open to an
    answer. ``instead``: what may be better than answering."""

    decides: str
    wanted: tuple[Wanted, ...]
    answerable: bool = True
    instead: str = ""


ALWAYS: Final = (
    Wanted("product_description", "What was sold, line by line"),
    Wanted("customer_name", "The buyer's name"),
    Wanted("customer_email_address", "The buyer's e-mail address"),
    Wanted("billing_address", "The billing address"),
    Wanted("receipt", "The receipt of the order"),
    Wanted("uncategorized_text", "What happened, in short"),
)
_SHIPPING: Final = (
    Wanted("shipping_carrier", "Who carried it"),
    Wanted("shipping_tracking_number", "The tracking number"),
    Wanted("shipping_date", "When it was shipped"),
    Wanted("shipping_address", "Where it was shipped to"),
    Wanted("shipping_documentation", "The carrier's page that says it was delivered"),
)
_TALK: Final = Wanted("customer_communication", "Messages with the buyer about this order")
_REFUNDS: Final = (
    Wanted("refund_policy", "Your refund policy as the buyer saw it"),
    Wanted("refund_policy_disclosure", "How and when the buyer was shown the refund policy"),
    Wanted("refund_refusal_explanation", "Why the buyer has no right to a (further) refund"),
)
_BANK_RAIL: Final = Advice(
    "The bank could not or would not take the money; there is usually nothing to answer.",
    (),
    answerable=False,
    instead="Ask the buyer to pay again another way.",
)

BY_REASON: Final[Mapping[str, Advice]] = {
    "fraudulent": Advice(
        "That the cardholder made this purchase: the bank's own checks (CVC, postal code, 3-D "
        "Secure), delivery to the billing address, messages from the buyer, earlier undisputed "
        "purchases.",
        (
            *_SHIPPING,
            _TALK,
            Wanted("customer_purchase_ip", "The address the purchase was made from"),
            Wanted("access_activity_log", "Logins or downloads by the buyer (digital goods)"),
            Wanted("customer_signature", "A signature of the buyer or for the delivery"),
        ),
    ),
    "product_not_received": Advice(
        "That it was delivered, to the address the buyer gave.",
        (
            *_SHIPPING,
            Wanted("service_date", "When the service was given (services)"),
            Wanted("service_documentation", "Proof that it was given (services)"),
            Wanted("access_activity_log", "Logins or downloads by the buyer (digital goods)"),
            _TALK,
        ),
    ),
    "product_unacceptable": Advice(
        "That the buyer got what was offered, and did not return it as your policy asks.",
        (
            *_REFUNDS,
            _TALK,
            Wanted("uncategorized_file", "Photos or the listing as sold"),
            *_SHIPPING,
        ),
    ),
    "credit_not_processed": Advice(
        "That the refund was made (its id and date), or why none was owed.", (*_REFUNDS, _TALK)
    ),
    "duplicate": Advice(
        "That the two payments are for two different purchases.",
        (
            Wanted("duplicate_charge_id", "The other payment (ch_…) the buyer may mean"),
            Wanted("duplicate_charge_explanation", "What each of the two payments was for"),
            Wanted("duplicate_charge_documentation", "Receipts of both"),
            *_SHIPPING,
        ),
        instead="If both payments were for the same order, accept it or refund one of them.",
    ),
    "subscription_canceled": Advice(
        "That the buyer did not cancel as agreed, or used it afterwards.",
        (
            Wanted("cancellation_policy", "Your cancellation policy as the buyer saw it"),
            Wanted("cancellation_policy_disclosure", "How and when it was shown to the buyer"),
            Wanted("cancellation_rebuttal", "Why the buyer's cancellation did not count"),
            Wanted("access_activity_log", "Use after the day the buyer says to have canceled"),
            _TALK,
        ),
    ),
    "noncompliant": Advice(
        "That the rule the bank names was kept.",
        (_TALK, *_SHIPPING),
        instead="Answering costs a network fee (500 USD at Visa, returned if you win) that must be "
        "agreed to: do it in Stripe's dashboard.",
    ),
    "bank_cannot_process": _BANK_RAIL,
    "check_returned": _BANK_RAIL,
    "customer_initiated": _BANK_RAIL,
    "debit_not_authorized": _BANK_RAIL,
    "incorrect_account_details": _BANK_RAIL,
    "insufficient_funds": _BANK_RAIL,
}
GENERAL: Final = Advice(
    "One short account of what happened, with everything that proves it.",
    (*_SHIPPING, *_REFUNDS, _TALK),
)
_ALIASES: Final = {"unrecognized": "fraudulent"}


def advice(reason: str) -> Advice:
    """What to send for a reason, most telling first; ``GENERAL`` for what is not known."""
    found = BY_REASON.get(_ALIASES.get(reason, reason), GENERAL)
    wanted = (*found.wanted, *_without(ALWAYS, found.wanted))
    return Advice(found.decides, wanted, found.answerable, found.instead)


def _without(all_of: Sequence[Wanted], others: Sequence[Wanted]) -> tuple[Wanted, ...]:
    named = {wanted.field for wanted in others}
    return tuple(wanted for wanted in all_of if wanted.field not in named)
