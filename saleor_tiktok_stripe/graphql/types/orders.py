"""Orders of the marketplace."""

from __future__ import annotations

from typing import Any

import graphene

from ...drift import Line
from ...models import MarketplaceRequest
from ...orders.listing import Counted, OneOrder, OrderLine
from ..core.enums import enum
from ..core.ids import global_id
from ..core.scalars import DateTime
from .common import (
    Money,
    Named,
    Problem,
    TiktokStripeMoney,
    TiktokStripeNamedAmount,
    TiktokStripeProblem,
    kept_problem,
    money,
    named,
    of,
    problem,
    text,
)
from .drift import TiktokStripeDifference

TiktokStripeOrderSync = enum(
    "TiktokStripeOrderSync",
    "Whether an order is the same at TikTok and in Saleor, as far as is known.",
    {
        "in_step": "Both sides agree.",
        "parked": "It goes on only once somebody has acted.",
        "waiting": "It is being worked on, or waits for its moment.",
    },
)
TiktokStripeOrderState = enum(
    "TiktokStripeOrderState",
    "Where an order stands at TikTok.",
    {
        "unpaid": "The buyer has not paid yet.",
        "on_hold": "Paid; the buyer may still cancel at once.",
        "awaiting_shipment": "It has to be shipped.",
        "partially_shipped": "A part of it was shipped.",
        "awaiting_collection": "Packed; the carrier has not collected it yet.",
        "in_transit": "On its way to the buyer.",
        "delivered": "The buyer has it.",
        "completed": "Delivered, and the time for returns is over.",
        "cancelled": "It was cancelled.",
        "unknown": "TikTok names a state that this version does not know.",
    },
)
TiktokStripeRequestKind = enum(
    "TiktokStripeRequestKind",
    "What TikTok was asked to do.",
    {
        "ship": "To ship goods.",
        "track": "To change a tracking number.",
        "cancel": "To cancel the order, or a part of it.",
        "return": "To refund the buyer, or to take goods back.",
        "answer": "To take an answer to a buyer's request.",
    },
)
TiktokStripeRequestState = enum(
    "TiktokStripeRequestState",
    "How far something that was asked for is.",
    {
        "waiting": "Written down, not sent yet.",
        "in_doubt": "Sent, and the answer was not seen: it is being looked up.",
        "pending": "The vendor works on it.",
        "succeeded": "Done.",
        "failed": "Done, but it did not reach the buyer.",
        "canceled": "It was called off.",
        "refused": "The vendor, or a rule, said no: nothing was done.",
    },
)


class TiktokStripeMarketplaceRequest(graphene.ObjectType):
    """Something that TikTok was asked to do to an order."""

    id = graphene.ID(required=True, description="Its id.")
    kind = graphene.Field(TiktokStripeRequestKind, required=True, description="What was asked.")
    state = graphene.Field(TiktokStripeRequestState, required=True, description="How far it is.")
    subject = text("The fulfillment in Saleor or the case at TikTok that it is about.")
    reference = text("What it became at TikTok: a package, a cancellation, a return.")
    amount = graphene.Field(TiktokStripeMoney, description="How much goes back, where some does.")
    actor = text("Who asked for it.")
    problem = graphene.Field(TiktokStripeProblem, description="Why it was refused.")
    created_at = DateTime(required=True, description="When it was asked for.")
    sent_at = DateTime(description="When it was sent.")

    @staticmethod
    def resolve_id(row: MarketplaceRequest, info: Any) -> str:
        return global_id("TiktokStripeMarketplaceRequest", row.pk)

    @staticmethod
    def resolve_amount(row: MarketplaceRequest, info: Any) -> Money | None:
        return money(row.amount, row.currency)

    @staticmethod
    def resolve_problem(row: MarketplaceRequest, info: Any) -> Problem | None:
        return kept_problem(row.problem)


class TiktokStripeShortSku(graphene.ObjectType):
    """Pieces that were sold and for which no stock could be set aside."""

    sku = text("The variant's SKU.")
    quantity = graphene.Int(required=True, description="How many pieces.")


class TiktokStripeOrder(graphene.ObjectType):
    """An order of the TikTok shop, in Saleor or not yet."""

    id = graphene.ID(required=True, description="Its id.")
    order_id = text("TikTok's id of it.")
    saleor_order_id = text("Saleor's id of it; empty while it is not in Saleor.")
    saleor_number = text("Saleor's number of it.")
    state = graphene.Field(TiktokStripeOrderState, description="Where it stands at TikTok.")
    sync = graphene.Field(
        TiktokStripeOrderSync, required=True, description="Whether both sides agree."
    )
    problem = graphene.Field(TiktokStripeProblem, description="Why it is parked, and the cure.")
    job_id = graphene.ID(
        description="The job that is parked or under way: what `tiktokStripeJobRetry` takes."
    )
    job_kind = text("The kind of that job.")
    placed_at = DateTime(description="When the buyer placed it.")
    ship_by = DateTime(description="Until when it has to be shipped, while it has to be.")
    updated_at = DateTime(required=True, description="When it was looked at last.")
    total = graphene.Field(TiktokStripeMoney, description="What the buyer paid for it.")
    amounts = of(
        TiktokStripeNamedAmount,
        "What it is made of, as checked when it came: `buyer` and `platform` paid, `goods` after "
        "the `seller_discount`, `shipping`, `tax`, and `fees` between buyer and TikTok.",
    )
    has_returns = graphene.Boolean(
        required=True, description="Whether buyers asked for refunds or returns."
    )
    oversold = of(TiktokStripeShortSku, "What was sold and is not in stock.")

    @staticmethod
    def resolve_id(line: OrderLine, info: Any) -> str:
        return global_id("TiktokStripeOrder", line.order_id)

    @staticmethod
    def resolve_state(line: OrderLine, info: Any) -> str | None:
        return line.state or None

    @staticmethod
    def resolve_sync(line: OrderLine, info: Any) -> str:
        return line.sync.value

    @staticmethod
    def resolve_problem(line: OrderLine, info: Any) -> Problem | None:
        return problem(line.code, line.cause, line.cure)

    @staticmethod
    def resolve_job_id(line: OrderLine, info: Any) -> str | None:
        return global_id("TiktokStripeJob", line.job_id) if line.job_id else None

    @staticmethod
    def resolve_total(line: OrderLine, info: Any) -> Money | None:
        return money(line.buyer, line.currency)

    @staticmethod
    def resolve_amounts(line: OrderLine, info: Any) -> list[Named]:
        return named(line.money, line.currency)

    @staticmethod
    def resolve_oversold(line: OrderLine, info: Any) -> list[dict[str, Any]]:
        return [{"sku": sku, "quantity": number} for sku, number in line.oversold.items()]


class TiktokStripeOrderUnit(graphene.ObjectType):
    """A piece that was sold."""

    unit_id = text("TikTok's id of it (its line item).")
    saleor_line_id = text("Saleor's order line that it is in.")


class TiktokStripeOrderDetails(graphene.ObjectType):
    """Everything about one order."""

    order = graphene.Field(TiktokStripeOrder, required=True, description="As in the list.")
    units = of(TiktokStripeOrderUnit, "The pieces of it.")
    requests = of(TiktokStripeMarketplaceRequest, "What TikTok was asked to do, oldest first.")
    differences = of(TiktokStripeDifference, "Where the two sides do not agree.")


class DetailsOfOrder:
    """An order with what differs."""

    def __init__(self, one: OneOrder, differences: tuple[Line, ...]) -> None:
        self.order = one.line
        self.units = [{"unit_id": unit, "saleor_line_id": line} for unit, line in one.units.items()]
        self.requests = one.requests
        self.differences = differences


class TiktokStripeOrderCounts(graphene.ObjectType):
    """How many orders are how."""

    in_step = graphene.Int(required=True, description="The same on both sides.")
    parked = graphene.Int(required=True, description="Waiting for somebody.")
    waiting = graphene.Int(required=True, description="Being worked on, or waiting.")


__all__ = [
    "Counted",
    "DetailsOfOrder",
    "TiktokStripeMarketplaceRequest",
    "TiktokStripeOrder",
    "TiktokStripeOrderCounts",
    "TiktokStripeOrderDetails",
    "TiktokStripeOrderState",
    "TiktokStripeOrderSync",
    "TiktokStripeRequestState",
]
