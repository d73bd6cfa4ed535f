"""What states and kinds of orders, payments, cases and books are called on the pages, each with the
tone of its badge. A name that is not in a table is shown readable."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from ...jobs import clock
from .parts import Badge, Tone

_Terms = Mapping[str, tuple[str, Tone]]

SYNC: Final[_Terms] = {
    "in_step": ("In step", "good"),
    "waiting": ("On its way", "info"),
    "parked": ("Needs attention", "warn"),
}
ORDER: Final[_Terms] = {
    "unpaid": ("Not paid yet", "plain"),
    "on_hold": ("On hold", "info"),
    "awaiting_shipment": ("To be shipped", "info"),
    "partially_shipped": ("Partly shipped", "info"),
    "awaiting_collection": ("Packed", "info"),
    "in_transit": ("In transit", "plain"),
    "delivered": ("Delivered", "good"),
    "completed": ("Completed", "good"),
    "cancelled": ("Cancelled", "plain"),
}
PAYMENT: Final[_Terms] = {
    "new": ("Not at Stripe yet", "plain"),
    "never_made": ("Never made", "plain"),
    "open": ("Open", "info"),
    "action_required": ("Buyer has to act", "info"),
    "processing": ("Bank works on it", "info"),
    "authorized": ("Authorized", "info"),
    "succeeded": ("Paid", "good"),
    "canceled": ("Canceled", "plain"),
}
REQUEST: Final[_Terms] = {
    "waiting": ("On its way", "info"),
    "in_doubt": ("Being looked up", "warn"),
    "pending": ("Being worked on", "info"),
    "succeeded": ("Done", "good"),
    "failed": ("Did not arrive", "bad"),
    "canceled": ("Called off", "plain"),
    "refused": ("Refused", "bad"),
}
ASKED: Final[_Terms] = {
    "ship": ("Ship", "plain"),
    "track": ("Change the tracking number", "plain"),
    "cancel": ("Cancel", "plain"),
    "return": ("Refund or take back", "plain"),
    "answer": ("Answer to a request", "plain"),
}
CASE_KIND: Final[_Terms] = {
    "cancellation": ("Cancellation", "plain"),
    "refund": ("Refund", "plain"),
    "return": ("Return", "plain"),
    "replacement": ("Replacement", "plain"),
    "unknown": ("Request", "plain"),
    "dispute": ("Dispute", "plain"),
}
CASE: Final[_Terms] = {
    "needs_answer": ("Needs your answer", "warn"),
    "waiting": ("Waits for others", "info"),
    "approved": ("Approved", "good"),
    "rejected": ("Rejected", "plain"),
    "complete": ("Complete", "good"),
    "closed": ("Closed", "plain"),
}
DISPUTE: Final[_Terms] = {
    "inquiry_needs_response": ("Inquiry, needs your answer", "warn"),
    "inquiry_under_review": ("Inquiry under review", "info"),
    "inquiry_closed": ("Inquiry closed", "plain"),
    "needs_response": ("Needs your answer", "warn"),
    "under_review": ("Under review", "info"),
    "won": ("Won", "good"),
    "lost": ("Lost", "bad"),
    "prevented": ("Prevented", "good"),
    "appeal_needs_response": ("May be appealed", "warn"),
    "appeal_under_review": ("Appeal under review", "info"),
}
EVIDENCE: Final[_Terms] = {
    "draft": ("Draft, only here", "plain"),
    "staged": ("Draft, kept at Stripe", "info"),
    "submitting": ("Being sent", "info"),
    "in_doubt": ("Being looked up", "warn"),
    "submitted": ("Sent to the bank", "good"),
    "accepting": ("Being accepted", "info"),
    "accepted": ("Accepted", "plain"),
}
REASON: Final[_Terms] = {
    "": ("Not given", "plain"),
    "bank_cannot_process": ("The bank cannot process the payment", "plain"),
    "check_returned": ("A check was returned", "plain"),
    "credit_not_processed": ("The buyer says that a refund never came", "plain"),
    "customer_initiated": ("The buyer asked the bank to take the payment back", "plain"),
    "debit_not_authorized": ("The buyer says that the debit was not allowed", "plain"),
    "duplicate": ("The buyer says to have paid twice", "plain"),
    "fraudulent": ("The cardholder says that somebody else paid", "plain"),
    "general": ("No particular reason", "plain"),
    "incorrect_account_details": ("The account's details were wrong", "plain"),
    "insufficient_funds": ("There was not enough money in the account", "plain"),
    "noncompliant": ("The card network says that one of its rules was broken", "plain"),
    "product_not_received": ("The buyer says that the goods never came", "plain"),
    "product_unacceptable": ("The buyer says that the goods are not as described", "plain"),
    "subscription_canceled": ("The buyer says to have canceled a subscription", "plain"),
    "unrecognized": ("The cardholder does not know this payment", "plain"),
}
"""Stripe's reasons of disputes, in plain words."""
STANDING: Final[_Terms] = {
    "unknown": ("Nothing is known yet", "plain"),
    "not_settled_yet": ("Not settled yet", "info"),
    "settled": ("Settled, not paid out", "info"),
    "partly_paid_out": ("Partly paid out", "info"),
    "paid_out": ("Paid out", "good"),
}
PAYOUT: Final[_Terms] = {
    "pending": ("On its way", "info"),
    "paid": ("Paid", "good"),
    "failed": ("Failed", "bad"),
    "canceled": ("Canceled", "plain"),
}
LEDGER: Final[_Terms] = {
    "sale": ("Sale", "plain"),
    "seller_discount": ("Your discount", "plain"),
    "platform_discount": ("TikTok's discount", "plain"),
    "refund": ("Refund", "plain"),
    "fee": ("Fee", "plain"),
    "commission": ("Affiliate commission", "plain"),
    "shipping": ("Shipping", "plain"),
    "tax": ("Tax", "plain"),
    "adjustment": ("Adjustment", "plain"),
    "reserve": ("Reserve", "plain"),
    "dispute": ("Dispute", "plain"),
    "payout": ("Payout", "plain"),
    "other": ("Other", "plain"),
}
SOLD: Final[_Terms] = {
    "goods": ("Goods, after your discount", "plain"),
    "seller_discount": ("Your discount", "plain"),
    "shipping": ("Shipping", "plain"),
    "tax": ("Tax", "plain"),
    "buyer": ("Paid by the buyer", "plain"),
    "fees": ("Of it, fees of TikTok", "plain"),
    "platform": ("Paid by TikTok", "plain"),
    "captured": ("Captured", "plain"),
    "refunded": ("Refunded", "plain"),
}
DIFFERENCE: Final[_Terms] = {
    "open": ("Open", "warn"),
    "repairing": ("Being repaired", "info"),
    "accepted": ("Accepted", "plain"),
    "gone": ("Gone", "good"),
}
AREA: Final[_Terms] = {
    "order": ("Orders", "plain"),
    "sku": ("Stock and prices", "plain"),
    "payment": ("Payments", "plain"),
    "money": ("Money of orders", "plain"),
    "payout": ("Payouts and statements", "plain"),
}
LINK: Final[_Terms] = {
    "external_reference": ("Linked by reference", "good"),
    "sku": ("Linked by SKU", "good"),
    "barcode": ("Linked by barcode", "good"),
    "manual": ("Linked by hand", "good"),
    "missing": ("Not linked", "warn"),
    "unlinked": ("Unlinked by hand", "plain"),
}
PUSHED: Final[_Terms] = {
    "in_step": ("In step", "good"),
    "due": ("About to be sent", "info"),
    "refused": ("Refused by TikTok", "bad"),
    "unlinked": ("Not linked", "warn"),
    "off": ("Switched off", "plain"),
    "not_connected": ("Not connected", "warn"),
}
_SOON: Final = 24
_DAYS: Final = 48
"""Above so many hours, days are said."""


def badge(terms: _Terms, name: str) -> Badge:
    """A name of that table as a badge."""
    return Badge(*terms.get(name, (readable(name), "plain")))


def words(terms: _Terms, name: str) -> str:
    """A name of that table as text."""
    return terms[name][0] if name in terms else readable(name)


def readable(name: str) -> str:
    """``customer_name`` as ``Customer name``."""
    shown = name.replace("_", " ").replace(".", " ").strip()
    return shown[:1].upper() + shown[1:]


def person(actor: str) -> str:
    """Who did something, without what kind of account it was."""
    return actor.removeprefix("staff:").removeprefix("app:")


def is_over(due: datetime) -> bool:
    """Whether that deadline has passed."""
    return due < clock.now()


def answer_by(due: datetime) -> str:
    """What the deadline of an answer is called."""
    return "Answer was due" if is_over(due) else "Answer by"


def left(due: datetime | None) -> Badge | None:
    """How long there is until ``due``, in words."""
    if due is None:
        return None
    if is_over(due):
        return Badge("Overdue", "bad")
    hours = int((due - clock.now()).total_seconds() // 3600)
    if hours > _DAYS:
        return Badge(f"{hours // 24} days left", "plain")
    said = "Less than an hour left" if not hours else f"{hours} h left"
    return Badge(said, "bad" if hours < _SOON else "warn")
