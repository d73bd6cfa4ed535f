"""What waits for an answer: the buyers' requests at TikTok, and the banks' disputes."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import graphene

from ... import aftersales
from ...aftersales import QueueItem
from ...aftersales.queue import item_of
from ...models import AfterSalesCase
from ...tiktok.aftersales_types import RejectReason
from ..core.enums import enum
from ..core.fields import told
from ..core.ids import global_id
from ..core.scalars import DateTime
from .common import Money, TiktokStripeMoney, money, of, text
from .disputes import TiktokStripeAction

TiktokStripeQueueSource = enum(
    "TiktokStripeQueueSource",
    "Who asks.",
    {
        "case": "A buyer, at TikTok: a case.",
        "dispute": "A buyer's bank, through Stripe: a dispute.",
    },
)
TiktokStripeCaseKind = enum(
    "TiktokStripeCaseKind",
    "What a buyer asks for.",
    {
        "cancellation": "To cancel the order.",
        "refund": "Money, and to keep the goods.",
        "return": "Money for goods that are sent back.",
        "replacement": "Other goods.",
        "unknown": "TikTok names a kind that this version does not know.",
        "dispute": "The money, through the bank.",
    },
)
TiktokStripeCaseState = enum(
    "TiktokStripeCaseState",
    "Where a case stands.",
    {
        "needs_answer": "It waits for the merchant's answer.",
        "waiting": "It waits for the buyer, the carrier or TikTok.",
        "approved": "Approved: the money is on its way to the buyer.",
        "rejected": "Rejected; the buyer may ask TikTok to decide.",
        "complete": "The buyer has the money, or the goods.",
        "closed": "Withdrawn, or closed by TikTok.",
    },
)


class TiktokStripeQueueItem(graphene.ObjectType):
    """Something that waits for the merchant, or did."""

    id = graphene.ID(
        required=True, description="Id of the case (TiktokStripeCase) or TiktokStripeDispute."
    )
    source = graphene.Field(TiktokStripeQueueSource, required=True, description="Who asks.")
    name = text("TikTok's or Stripe's id of it.")
    kind = graphene.Field(TiktokStripeCaseKind, required=True, description="What is asked for.")
    state = text("Where it stands: a TiktokStripeCaseState or TiktokStripeDisputeState, small.")
    order_id = text("Saleor's id of the order.")
    order_number = text("Saleor's number of the order.")
    amount = graphene.Field(TiktokStripeMoney, description="How much it is about.")
    reason = text("Why.")
    asks = text("What is asked, or where it stands.")
    due_by = DateTime(description="Until when it can be answered.")
    hours_left = graphene.Int(description="Whole hours until then; negative afterwards.")
    otherwise = text("What happens if nobody answers.")
    actions = of(TiktokStripeAction, "What can be done.")

    @staticmethod
    def resolve_id(item: QueueItem, info: Any) -> str:
        name = "TiktokStripeCase" if item.source == "case" else "TiktokStripeDispute"
        return global_id(name, item.id)

    @staticmethod
    def resolve_name(item: QueueItem, info: Any) -> str:
        return item.id

    @staticmethod
    def resolve_amount(item: QueueItem, info: Any) -> Money | None:
        return money(item.amount, item.currency)


class TiktokStripeCaseUnit(graphene.ObjectType):
    """A piece that a case is about."""

    unit_id = text("TikTok's id of it (its line item).")
    amount = graphene.Field(TiktokStripeMoney, description="What goes back for it.")


class TiktokStripeRejectReason(graphene.ObjectType):
    """A reason with which TikTok lets a case be rejected."""

    key = text("What `tiktokStripeAfterSalesCaseReject` takes.")
    text = graphene.String(required=True, description="What it says.")


class TiktokStripeCase(graphene.ObjectType):
    """A buyer's request at TikTok."""

    id = graphene.ID(required=True, description="Its id.")
    item = graphene.Field(
        TiktokStripeQueueItem, required=True, description="What is asked, and what can be done."
    )
    case_id = text("TikTok's id of it.")
    order_id = text("TikTok's id of the order.")
    saleor_order_id = text("Saleor's id of the order.")
    order_number = text("Saleor's number of the order.")
    kind = graphene.Field(TiktokStripeCaseKind, required=True, description="What is asked for.")
    state = graphene.Field(TiktokStripeCaseState, required=True, description="Where it stands.")
    raw_state = text("Where it stands, in TikTok's words.")
    reason = text("TikTok's key of the reason.")
    amount = graphene.Field(TiktokStripeMoney, description="What the buyer would get.")
    shipping_amount = graphene.Field(TiktokStripeMoney, description="Of it, for shipping.")
    tax_amount = graphene.Field(TiktokStripeMoney, description="Of it, tax.")
    offer = graphene.Field(TiktokStripeMoney, description="What was offered instead.")
    units = of(TiktokStripeCaseUnit, "The pieces that it is about.")
    tracking_number = text("With what the goods are sent back.")
    carrier = text("By whom.")
    buyer_keeps_item = graphene.Boolean(
        required=True, description="Whether the buyer keeps the goods."
    )
    arbitration = text("Whether TikTok's staff decides, in TikTok's words.")
    replaced_by = text("TikTok's id of the case that took its place.")
    opened_at = DateTime(required=True, description="When the buyer asked.")
    due_by = DateTime(description="Until when it can be answered.")
    reject_reasons = graphene.List(
        graphene.NonNull(TiktokStripeRejectReason),
        description="The reasons with which it can be rejected now. TikTok is asked for them.",
    )

    @staticmethod
    def resolve_id(case: AfterSalesCase, info: Any) -> str:
        return global_id("TiktokStripeCase", case.case_id)

    @staticmethod
    def resolve_amount(case: AfterSalesCase, info: Any) -> Money | None:
        return money(case.amount, case.currency)

    @staticmethod
    def resolve_shipping_amount(case: AfterSalesCase, info: Any) -> Money | None:
        return money(case.shipping_amount, case.currency)

    @staticmethod
    def resolve_tax_amount(case: AfterSalesCase, info: Any) -> Money | None:
        return money(case.tax_amount, case.currency)

    @staticmethod
    def resolve_offer(case: AfterSalesCase, info: Any) -> Money | None:
        return money(case.offer, case.currency)

    @staticmethod
    def resolve_units(case: AfterSalesCase, info: Any) -> list[dict[str, Any]]:
        return [
            {"unit_id": unit, "amount": money(Decimal(amount), case.currency)}
            for unit, amount in case.units.items()
        ]

    @staticmethod
    @told
    def resolve_item(case: AfterSalesCase, info: Any) -> QueueItem:
        return item_of(case)

    @staticmethod
    @told
    def resolve_reject_reasons(case: AfterSalesCase, info: Any) -> Sequence[RejectReason]:
        return aftersales.reject_reasons(case)
