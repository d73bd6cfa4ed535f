"""Every class of difference between what was sold, settled and paid out, in merchants' words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ...accounts import Severity


@dataclass(frozen=True)
class Class:
    """``words`` say what a difference of this class is, ``cure`` what to do. ``severity`` None: it
    is worth a look, but the health page does not ask for a person."""

    words: str
    cure: str
    severity: Severity | None = Severity.WARNING


_SELLER_CENTER = "Compare the order in TikTok Seller Center (Finance) with Saleor; "
_ACCEPT = "accept the difference if it is right."

CLASSES: Final[Mapping[str, Class]] = {
    "PAYMENT_FAILED": Class(
        "A payout did not reach the bank account.",
        "Check the bank account at TikTok or Stripe; the money is sent again from there.",
        Severity.ERROR,
    ),
    "PAYOUT_MISSING": Class(
        "Money was settled, but no payout of it is known.",
        "Look at the statement in TikTok Seller Center (Finance): is it paid out, or held back?",
    ),
    "PAYOUT_DIFFERS": Class(
        "A payout is not the sum of what it is made of.",
        "Compare the payout with its statements, or with Stripe's list of its transactions; "
        + _ACCEPT,
    ),
    "STATEMENT_SUM": Class(
        "The transactions of a statement do not come to what it settles.",
        "It is read again every six hours. If it stays, report it with the statement's number.",
    ),
    "MONEY_UNREADABLE": Class(
        "A transaction, a statement or a payout could not be read, and is missing in the sums.",
        "It is read again by itself. If it stays, report it with its number.",
    ),
    "SETTLED_TWICE": Class(
        "The sale of an order was settled more than once.",
        _SELLER_CENTER + "TikTok may take the second one back.",
    ),
    "REVENUE_DIFFERS": Class(
        "What was settled for the goods is not what the order was sold for.",
        _SELLER_CENTER + _ACCEPT,
    ),
    "REFUND_NOT_IN_STATEMENT": Class(
        "The buyer was refunded, but no statement shows it.",
        "The amount may still be taken in a later statement; " + _ACCEPT,
        None,
    ),
    "REFUND_DIFFERS": Class(
        "What the statements or the balance show as refunded is not what was refunded.",
        _SELLER_CENTER + _ACCEPT,
    ),
    "ORDER_NOT_SETTLED": Class(
        "The order was delivered long ago and is in no statement.",
        "Ask in TikTok Seller Center (Finance) why it is held back.",
    ),
    "SETTLED_WITHOUT_ORDER": Class(
        "A statement settles an order that is not in Saleor.",
        "Import it: retry the order, or run a backfill. If it was left out on purpose, accept.",
    ),
    "SETTLED_IN_OTHER_CURRENCY": Class(
        "The order was sold in one currency and settled in another, so amounts are not compared.",
        "Compare the order by hand; " + _ACCEPT,
        None,
    ),
    "UNEXPECTED_FEE": Class(
        "A fee was taken whose name this version does not know.",
        "Look up the fee in TikTok Seller Center or at Stripe; " + _ACCEPT,
    ),
    "UNEXPECTED_ADJUSTMENT": Class(
        "An adjustment was made that merchants do not expect (a penalty, a chargeback, a deduction,"
        " or one with a new name).",
        "Look up the adjustment in TikTok Seller Center (Finance); " + _ACCEPT,
    ),
    "UNEXPLAINED_AMOUNT": Class(
        "A part of a settlement is explained by none of its named amounts.",
        _SELLER_CENTER + _ACCEPT,
    ),
    "PAYMENT_NOT_BOOKED": Class(
        "A payment was captured days ago, but Stripe's balance does not show it.",
        "Look at the payment in Stripe's dashboard. If it is there, report it.",
    ),
}
