"""The ledger: every amount from the order to the payout."""

from __future__ import annotations

from typing import Any

import graphene

from ...models import LedgerEntry, Payout, Statement
from ...payments.ledger import MoneyLine, OpenDifference, OrderMoney, OrderShare, PayoutTrace
from ..core.enums import enum
from ..core.ids import global_id
from ..core.pages import Listed, connection_type, cursor_of
from ..core.scalars import DateTime, TiktokStripeAmount
from .common import (
    Money,
    Named,
    TiktokStripeFact,
    TiktokStripeMoney,
    TiktokStripeNamedAmount,
    facts,
    money,
    moneys,
    named,
    of,
    text,
)
from .drift import TiktokStripeDifferenceState

TiktokStripeLedgerKind = enum(
    "TiktokStripeLedgerKind",
    "What an amount is.",
    {
        "sale": "What the buyer paid for goods.",
        "seller_discount": "The merchant's own discount.",
        "platform_discount": "TikTok's discount, which TikTok pays for.",
        "refund": "What went back to the buyer.",
        "fee": "What the vendor keeps.",
        "commission": "What affiliates and creators get.",
        "shipping": "Shipping, paid by the buyer, or charged to the merchant.",
        "tax": "Tax.",
        "adjustment": "A correction by the vendor.",
        "reserve": "Held back for a time, or given free again.",
        "dispute": "What a bank took back, or returned.",
        "payout": "What was sent to the bank account.",
        "other": "An amount that this version does not know.",
    },
)
TiktokStripePayoutState = enum(
    "TiktokStripePayoutState",
    "Whether a payout arrived.",
    {
        "pending": "On its way.",
        "paid": "Paid.",
        "failed": "It did not reach the bank account.",
        "canceled": "It was called off.",
    },
)
TiktokStripeMoneyStanding = enum(
    "TiktokStripeMoneyStanding",
    "Where an order's money is.",
    {
        "unknown": "Nothing is known of it.",
        "not_settled_yet": "Expected: it waits for delivery and the holding time.",
        "settled": "In a statement, or in Stripe's balance; not paid out yet.",
        "partly_paid_out": "A part of it was paid out.",
        "paid_out": "All of it was paid out.",
    },
)


class TiktokStripePayout(graphene.ObjectType):
    """Money sent to the merchant's bank account."""

    id = graphene.ID(required=True, description="Its id.")
    payout_id = text("The vendor's id of it.")
    kind = text("What kind it is, in the vendor's words.")
    state = graphene.Field(
        TiktokStripePayoutState, required=True, description="Whether it arrived."
    )
    amount = graphene.Field(TiktokStripeMoney, required=True, description="What arrives.")
    before_exchange = graphene.Field(
        TiktokStripeMoney, description="What it was before the vendor exchanged it."
    )
    exchange_rate = graphene.Field(TiktokStripeAmount, description="The rate of that.")
    made_at = DateTime(required=True, description="When it was made.")
    paid_at = DateTime(description="When it was paid.")
    complete = graphene.Boolean(
        required=True, description="Whether everything that it is made of is known."
    )

    @staticmethod
    def resolve_id(row: Payout, info: Any) -> str:
        return global_id("TiktokStripePayout", row.payout_id)

    @staticmethod
    def resolve_amount(row: Payout, info: Any) -> Money:
        return Money(row.amount, row.currency)

    @staticmethod
    def resolve_before_exchange(row: Payout, info: Any) -> Money | None:
        return money(row.before_exchange, row.settled_currency)

    @staticmethod
    def resolve_complete(row: Payout, info: Any) -> bool:
        return row.entries_complete


class TiktokStripeStatement(graphene.ObjectType):
    """TikTok's settlement of one day."""

    id = graphene.ID(required=True, description="Its id.")
    statement_id = text("TikTok's id of it.")
    at = DateTime(required=True, description="When it was made.")
    settlement = graphene.Field(TiktokStripeMoney, required=True, description="What it comes to.")
    revenue = graphene.Field(TiktokStripeMoney, required=True, description="Of it, sales.")
    fee = graphene.Field(TiktokStripeMoney, required=True, description="Of it, fees.")
    shipping = graphene.Field(TiktokStripeMoney, required=True, description="Of it, shipping.")
    adjustment = graphene.Field(TiktokStripeMoney, required=True, description="Of it, corrections.")
    reserve = graphene.Field(TiktokStripeMoney, description="Held back, or given free again.")
    payable = graphene.Field(TiktokStripeMoney, description="Settlement and reserve together.")
    payment_status = text("Whether it is paid, in TikTok's words.")
    payout = graphene.Field(TiktokStripePayout, description="The payout that it is in.")
    complete = graphene.Boolean(required=True, description="Whether all of its rows are known.")

    @staticmethod
    def resolve_id(row: Statement, info: Any) -> str:
        return global_id("TiktokStripeStatement", row.statement_id)

    @staticmethod
    def resolve_settlement(row: Statement, info: Any) -> Money:
        return Money(row.settlement, row.currency)

    @staticmethod
    def resolve_revenue(row: Statement, info: Any) -> Money:
        return Money(row.revenue, row.currency)

    @staticmethod
    def resolve_fee(row: Statement, info: Any) -> Money:
        return Money(row.fee, row.currency)

    @staticmethod
    def resolve_shipping(row: Statement, info: Any) -> Money:
        return Money(row.shipping, row.currency)

    @staticmethod
    def resolve_adjustment(row: Statement, info: Any) -> Money:
        return Money(row.adjustment, row.currency)

    @staticmethod
    def resolve_reserve(row: Statement, info: Any) -> Money | None:
        return money(row.reserve, row.currency)

    @staticmethod
    def resolve_payable(row: Statement, info: Any) -> Money | None:
        return money(row.payable, row.currency)

    @staticmethod
    def resolve_complete(row: Statement, info: Any) -> bool:
        return row.rows_complete


class TiktokStripeLedgerEntry(graphene.ObjectType):
    """One named amount, as the merchant sees it: what comes in is positive."""

    id = graphene.ID(required=True, description="Its id.")
    kind = graphene.Field(TiktokStripeLedgerKind, required=True, description="What it is.")
    component = text("The vendor's own name of it.")
    amount = graphene.Field(TiktokStripeMoney, required=True, description="How much it is.")
    order_id = text("TikTok's id of the order, or Saleor's of one that was paid with Stripe.")
    saleor_order_id = text("Saleor's id of the order.")
    row_id = text("The vendor's row that it is part of.")
    statement_id = text("The statement that it is in.")
    payout_id = text("The payout that it is in.")
    expected = graphene.Boolean(required=True, description="Whether it is an estimate.")
    in_settlement = graphene.Boolean(
        required=True, description="False: told besides, and not part of the sum."
    )
    happened_at = DateTime(required=True, description="When it happened.")

    @staticmethod
    def resolve_id(row: LedgerEntry, info: Any) -> str:
        return global_id("TiktokStripeLedgerEntry", row.pk)

    @staticmethod
    def resolve_amount(row: LedgerEntry, info: Any) -> Money:
        return Money(row.amount, row.currency)

    @staticmethod
    def resolve_statement_id(row: LedgerEntry, info: Any) -> str:
        return row.statement.statement_id if row.statement else ""

    @staticmethod
    def resolve_payout_id(row: LedgerEntry, info: Any) -> str:
        return row.payout.payout_id if row.payout else ""


class TiktokStripeMoneyLine(graphene.ObjectType):
    """One named amount of an order."""

    kind = graphene.Field(TiktokStripeLedgerKind, required=True, description="What it is.")
    component = text("The vendor's own name of it.")
    amount = graphene.Field(TiktokStripeMoney, required=True, description="How much it is.")
    row_id = text("The vendor's row that it is part of.")
    statement_id = text("The statement that it is in.")
    payout_id = text("The payout that it is in.")
    expected = graphene.Boolean(required=True, description="Whether it is an estimate.")
    in_settlement = graphene.Boolean(
        required=True, description="False: told besides, and not part of the sum."
    )

    @staticmethod
    def resolve_amount(line: MoneyLine, info: Any) -> Money:
        return Money(line.amount, line.currency)


class TiktokStripeKindSums(graphene.ObjectType):
    """Sums of one currency by what they are."""

    currency = text("ISO 4217 code.")
    sums = of(TiktokStripeNamedAmount, "By TiktokStripeLedgerKind, small.")


class TiktokStripePayoutShare(graphene.ObjectType):
    """What of an order is in a payout."""

    payout_id = text("The vendor's id of the payout.")
    state = graphene.Field(
        TiktokStripePayoutState, required=True, description="Whether it arrived."
    )
    amount = graphene.Field(TiktokStripeMoney, required=True, description="How much.")

    @staticmethod
    def resolve_amount(share: Any, info: Any) -> Money:
        return Money(share.amount, share.currency)


class TiktokStripeMoneyDifference(graphene.ObjectType):
    """Money that does not agree."""

    code = text("Its class, stable.")
    state = graphene.Field(
        TiktokStripeDifferenceState, required=True, description="What became of it."
    )
    words = text("What it is.")
    cure = text("What to do.")
    amount = graphene.Field(TiktokStripeMoney, description="By how much it differs.")
    ours = of(TiktokStripeFact, "What was expected.")
    theirs = of(TiktokStripeFact, "What the vendor has.")

    @staticmethod
    def resolve_amount(one: OpenDifference, info: Any) -> Money | None:
        return money(one.amount, one.currency)

    @staticmethod
    def resolve_ours(one: OpenDifference, info: Any) -> Any:
        return facts(one.ours)

    @staticmethod
    def resolve_theirs(one: OpenDifference, info: Any) -> Any:
        return facts(one.theirs)


class TiktokStripeOrderMoney(graphene.ObjectType):
    """Every amount of an order from what was sold to what was paid out."""

    order_id = text("TikTok's id of it, or Saleor's of one that was paid with Stripe.")
    saleor_order_id = text("Saleor's id of it.")
    standing = graphene.Field(
        TiktokStripeMoneyStanding, required=True, description="Where its money is."
    )
    sold = of(TiktokStripeNamedAmount, "What was sold, as checked when it was brought over.")
    lines = of(TiktokStripeMoneyLine, "Every amount, oldest first.")
    by_kind = of(TiktokStripeKindSums, "What was settled, by what it is.")
    settled = of(TiktokStripeMoney, "What was settled, by currency, without reserves.")
    expected = of(TiktokStripeMoney, "What is expected still, by currency.")
    payouts = of(TiktokStripePayoutShare, "The payouts that it is in.")
    differences = of(TiktokStripeMoneyDifference, "What does not agree.")

    @staticmethod
    def resolve_standing(one: OrderMoney, info: Any) -> str:
        return one.standing.value

    @staticmethod
    def resolve_sold(one: OrderMoney, info: Any) -> list[Named]:
        return named(one.sold, one.currency)

    @staticmethod
    def resolve_by_kind(one: OrderMoney, info: Any) -> list[dict[str, Any]]:
        return [
            {"currency": currency, "sums": named(kinds, currency)}
            for currency, kinds in one.by_kind.items()
        ]

    @staticmethod
    def resolve_settled(one: OrderMoney, info: Any) -> list[Money]:
        return moneys(one.settled)

    @staticmethod
    def resolve_expected(one: OrderMoney, info: Any) -> list[Money]:
        return moneys(one.expected)


class TiktokStripeOrderShare(graphene.ObjectType):
    """What of a payout belongs to an order."""

    order_id = text("TikTok's id of it, or Saleor's of one that was paid with Stripe.")
    saleor_order_id = text("Saleor's id of it.")
    net = graphene.Field(TiktokStripeMoney, required=True, description="All of it together.")
    by_kind = of(TiktokStripeNamedAmount, "By TiktokStripeLedgerKind, small.")


class TracedPayout:
    """A payout and a page of its orders."""

    def __init__(self, trace: PayoutTrace) -> None:
        self.payout = trace.payout
        self.expected_total = Money(trace.amount, trace.currency)
        self.total = Money(trace.total, trace.currency)
        self.without_order = named(trace.without_order, trace.currency)
        self.statements = trace.statements
        self.differences = trace.differences
        shares = [_share(one, trace.currency) for one in trace.orders]
        cursors = [cursor_of(one.order_id) for one in trace.orders]
        self.orders = Listed(shares, cursors, bool(trace.next))


def _share(one: OrderShare, currency: str) -> dict[str, Any]:
    return {
        "order_id": one.order_id,
        "saleor_order_id": one.saleor_order_id,
        "net": Money(one.net, currency),
        "by_kind": named(one.by_kind, currency),
    }


class TiktokStripePayoutDetails(graphene.ObjectType):
    """A payout, what it is made of, and a page of its orders."""

    payout = graphene.Field(TiktokStripePayout, required=True, description="As in the list.")
    expected_total = graphene.Field(
        TiktokStripeMoney, required=True, description="What its parts must come to."
    )
    total = graphene.Field(TiktokStripeMoney, required=True, description="What they come to.")
    without_order = of(TiktokStripeNamedAmount, "Of it, what belongs to no order.")
    statements = of(graphene.String, "TikTok's ids of the statements in it.")
    differences = of(TiktokStripeMoneyDifference, "What does not agree.")
    orders = graphene.Field(
        connection_type(TiktokStripeOrderShare),
        required=True,
        description="Its orders: the page that `first` and `after` of the payout ask for.",
    )
