"""Payments with Stripe."""

from __future__ import annotations

from typing import Any

import graphene

from ...models import CaptureRequest, RefundRequest
from ...payments.listing import TransactionLine
from ..core.enums import enum
from ..core.ids import global_id
from ..core.scalars import DateTime
from .common import Money, Problem, TiktokStripeMoney, TiktokStripeProblem, money, of, problem, text
from .disputes import TiktokStripeDispute
from .orders import TiktokStripeRequestState

TiktokStripeTransactionState = enum(
    "TiktokStripeTransactionState",
    "Where a payment stands.",
    {
        "new": "Stripe was not reached yet.",
        "never_made": "It was never made at Stripe, and will not be.",
        "open": "The buyer may still pay.",
        "action_required": "The buyer has to do something, such as confirm it with the bank.",
        "processing": "The bank works on it.",
        "authorized": "The money is set aside and can be captured.",
        "succeeded": "The money was taken.",
        "canceled": "It was canceled; no money was taken.",
        "unknown": "Stripe names a state that this version does not know.",
    },
)
TiktokStripeTransactionFlow = enum(
    "TiktokStripeTransactionFlow",
    "When money is taken.",
    {"charge": "At once.", "authorization": "It is set aside, and captured later."},
)
TiktokStripeRefundSource = enum(
    "TiktokStripeRefundSource",
    "Where a refund was asked for.",
    {
        "dashboard": "In Saleor.",
        "api": "Through this plugin: its API, its console or its command.",
        "stripe": "In Stripe's own dashboard.",
    },
)
TiktokStripeRefundReason = enum(
    "TiktokStripeRefundReason",
    "Why money is given back, as Stripe is told.",
    {
        "duplicate": "The buyer paid twice.",
        "fraudulent": "It was not the buyer who paid: Stripe blocks the card.",
        "requested_by_customer": "The buyer asked for it.",
    },
)


class TiktokStripeCapture(graphene.ObjectType):
    """A capture of an authorized payment, or the release of what was set aside."""

    id = graphene.ID(required=True, description="Its id.")
    amount = graphene.Field(TiktokStripeMoney, required=True, description="How much.")
    cancel = graphene.Boolean(required=True, description="Whether all of it is released instead.")
    state = graphene.Field(TiktokStripeRequestState, required=True, description="How far it is.")
    actor = text("Who asked for it.")
    message = text("What came of it, where there is something to say.")
    created_at = DateTime(required=True, description="When it was asked for.")

    @staticmethod
    def resolve_id(row: CaptureRequest, info: Any) -> str:
        return global_id("TiktokStripeCapture", row.pk)

    @staticmethod
    def resolve_amount(row: CaptureRequest, info: Any) -> Money:
        return Money(row.amount, row.currency)


class TiktokStripeRefund(graphene.ObjectType):
    """Money given back to a buyer who paid with Stripe."""

    id = graphene.ID(required=True, description="Its id.")
    refund_id = text("Stripe's id of it.")
    amount = graphene.Field(TiktokStripeMoney, required=True, description="How much.")
    state = graphene.Field(TiktokStripeRequestState, required=True, description="How far it is.")
    source = graphene.Field(
        TiktokStripeRefundSource, required=True, description="Where it was asked for."
    )
    reason = graphene.Field(TiktokStripeRefundReason, description="Why, as Stripe was told.")
    note = text("Why, in the words of whoever asked for it.")
    actor = text("Who asked for it.")
    message = text("What came of it, where there is something to say.")
    error_code = text("The stable code of what went wrong.")
    created_at = DateTime(required=True, description="When it was asked for.")

    @staticmethod
    def resolve_id(row: RefundRequest, info: Any) -> str:
        return global_id("TiktokStripeRefund", row.pk)

    @staticmethod
    def resolve_amount(row: RefundRequest, info: Any) -> Money:
        return Money(row.amount, row.currency)

    @staticmethod
    def resolve_reason(row: RefundRequest, info: Any) -> str | None:
        return row.reason if row.reason in _REASONS else None


_REASONS = frozenset({"duplicate", "fraudulent", "requested_by_customer"})


class TiktokStripeTransaction(graphene.ObjectType):
    """A buyer's payment with Stripe. Payments that TikTok collected are in `orders`."""

    id = graphene.ID(required=True, description="Its id.")
    payment_id = text("Stripe's id of it (pi_…); empty until it is made there.")
    charge_id = text("Stripe's id of its latest charge (ch_…).")
    transaction_id = text("Saleor's id of its transaction.")
    order_id = text("Saleor's id of its order; empty while it is for a checkout.")
    order_number = text("Saleor's number of its order.")
    checkout_id = text("Saleor's id of its checkout.")
    state = graphene.Field(
        TiktokStripeTransactionState, required=True, description="Where it stands."
    )
    flow = graphene.Field(
        TiktokStripeTransactionFlow, required=True, description="When money is taken."
    )
    amount = graphene.Field(TiktokStripeMoney, required=True, description="What was asked for.")
    authorized = graphene.Field(
        TiktokStripeMoney, required=True, description="What can be captured."
    )
    captured = graphene.Field(TiktokStripeMoney, required=True, description="What was taken.")
    refunded = graphene.Field(TiktokStripeMoney, required=True, description="What went back.")
    disputed = graphene.Field(
        TiktokStripeMoney, required=True, description="What banks hold back, or took."
    )
    refundable = graphene.Field(
        TiktokStripeMoney, required=True, description="What could be given back now."
    )
    fee = graphene.Field(TiktokStripeMoney, description="Stripe's fee, once it is booked.")
    net = graphene.Field(
        TiktokStripeMoney, description="What is left of it, in the currency of the balance."
    )
    method = text("How the buyer paid, such as `visa`.")
    decline = text("Why the last attempt failed.")
    livemode = graphene.Boolean(required=True, description="Whether real money moved.")
    problem = graphene.Field(TiktokStripeProblem, description="What waits for somebody.")
    created_at = DateTime(required=True, description="When it was begun.")
    paid_at = DateTime(description="When it was paid.")
    captures = of(TiktokStripeCapture, "Captures and releases, oldest first.")
    refunds = of(TiktokStripeRefund, "Refunds, oldest first.")
    disputes = of(TiktokStripeDispute, "Disputes, oldest first.")

    @staticmethod
    def resolve_id(line: TransactionLine, info: Any) -> str:
        return global_id("TiktokStripeTransaction", line.id)

    @staticmethod
    def resolve_amount(line: TransactionLine, info: Any) -> Money:
        return Money(line.amount, line.currency)

    @staticmethod
    def resolve_authorized(line: TransactionLine, info: Any) -> Money:
        return Money(line.authorized, line.currency)

    @staticmethod
    def resolve_captured(line: TransactionLine, info: Any) -> Money:
        return Money(line.captured, line.currency)

    @staticmethod
    def resolve_refunded(line: TransactionLine, info: Any) -> Money:
        return Money(line.refunded, line.currency)

    @staticmethod
    def resolve_disputed(line: TransactionLine, info: Any) -> Money:
        return Money(line.disputed, line.currency)

    @staticmethod
    def resolve_refundable(line: TransactionLine, info: Any) -> Money:
        return Money(line.refundable, line.currency)

    @staticmethod
    def resolve_fee(line: TransactionLine, info: Any) -> Money | None:
        return money(line.fee, line.settlement_currency)

    @staticmethod
    def resolve_net(line: TransactionLine, info: Any) -> Money | None:
        return money(line.net, line.settlement_currency)

    @staticmethod
    def resolve_problem(line: TransactionLine, info: Any) -> Problem | None:
        return problem(line.problem_code, line.problem_cause, line.problem_cure)
