"""What of a charge's refunds and disputes needs a person, with its cure."""

from __future__ import annotations

from typing import Final

from ..errors import Problem
from ..models import Charge, RefundRequest
from ..stripe_api import types as stripe
from .words import FAILURES, foreign_currency_words, money, other_account

REFUND_FAILED: Final = "REFUND_FAILED"
DISPUTE_CURRENCY: Final = "DISPUTE_CURRENCY"
OTHER_ACCOUNT: Final = "PAYMENT_OF_OTHER_ACCOUNT"
CHARGE_CODES: Final = frozenset({REFUND_FAILED, DISPUTE_CURRENCY})
"""Problems of a charge that this room sets and takes back."""


def refund_failed(refund: RefundRequest) -> Problem:
    """The money did not reach the buyer; ``acknowledge`` ends it."""
    why = FAILURES.get(refund.failure_reason, "the bank gave no reason")
    return Problem(
        code=REFUND_FAILED,
        stage="refund",
        cause=f"A refund of {money(refund.amount, refund.currency)} failed: {why}. The buyer did "
        "not get the money, it is back in the Stripe balance.",
        cure="Refund another way, for example by bank transfer, then confirm that it is settled. "
        "Do not send it again to the same card.",
        params={"refund": refund.refund_id, "failure_reason": refund.failure_reason},
    )


def dispute_currency(dispute: stripe.Dispute) -> Problem:
    """Money moved in a currency that says nothing about the charge's."""
    return Problem(
        code=DISPUTE_CURRENCY,
        stage="dispute",
        cause=foreign_currency_words(dispute),
        cure="Compare the payment at Stripe with the order, and correct the order by hand.",
        params={"dispute": dispute.id},
    )


def in_doubt_elsewhere(charge: Charge) -> Problem:
    """Something was sent, its answer not seen, and then the channel got another account."""
    return Problem(
        code=OTHER_ACCOUNT,
        stage="payment",
        cause="It is not known what came of a request that was sent before. "
        + other_account(charge.account_id, charge.livemode),
        cure="Look at the payment in that account's Stripe dashboard, or connect that account "
        "again: then it is found out.",
        params={"payment": charge.payment_id, "account": charge.account_id},
    )


def permission_missing(message: str, permission: str) -> Problem:
    """The key may not do what is asked of it."""
    return Problem(
        code="STRIPE_PERMISSION_MISSING",
        stage="stripe",
        cause=message,
        cure="Add the permission to the restricted key in Stripe's dashboard, then retry.",
        params={"permission": permission},
    )


def evidence_refused(dispute_id: str, words: str) -> Problem:
    """Stripe did not take the answer; it is a draft again."""
    return Problem(
        code="EVIDENCE_REFUSED",
        stage="dispute",
        cause=f"Stripe refused the answer to dispute {dispute_id}. {words}",
        cure="Correct the draft and send it again before the dispute is due.",
        params={"dispute": dispute_id},
    )


def answered_elsewhere(dispute_id: str) -> Problem:
    """Somebody was faster, or Stripe's own Smart Disputes was."""
    return Problem(
        code="ANSWERED_ELSEWHERE",
        stage="dispute",
        cause=f"Dispute {dispute_id} was answered in Stripe's dashboard or by Stripe itself before "
        "this answer was sent. It was not sent.",
        cure="Look at the answer in Stripe's dashboard. The bank takes one answer only.",
        params={"dispute": dispute_id},
    )


def not_answerable(dispute_id: str, state: str) -> Problem:
    """The dispute went on before the answer was sent."""
    return Problem(
        code="DISPUTE_MOVED_ON",
        stage="dispute",
        cause=f'Dispute {dispute_id} is now "{state}" at Stripe. Nothing was sent.',
        cure="Nothing, unless it asks for an answer again.",
        params={"dispute": dispute_id},
    )
