"""Refunds."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import graphene

from ... import aftersales
from ...access import MONEY
from ...aftersales import OrderRefund
from ...errors import InvalidInput
from ...models import RefundRequest
from ...payments.listing import find_charge, transaction
from ..core.errors import TiktokStripeError, as_payload
from ..core.ids import key_of
from ..core.mutations import Mutation
from ..core.scalars import TiktokStripeAmount
from ..core.shop import Shop
from ..core.words import DRY_RUN, KEY
from ..types.common import Money, TiktokStripeMoney, money
from ..types.orders import TiktokStripeMarketplaceRequest
from ..types.payments import (
    TiktokStripeRefund,
    TiktokStripeRefundReason,
    TiktokStripeTransaction,
)


class TiktokStripeRefundLineInput(graphene.InputObjectType):
    """A line of an order, and how many of it."""

    order_line_id = graphene.ID(required=True, description="The order line's id in Saleor.")
    quantity = graphene.Int(required=True, description="How many pieces are given back.")


class TiktokStripeOrderRefundInput(graphene.InputObjectType):
    """What is to be given back: an amount, or lines, or, with neither, all that is left."""

    amount = TiktokStripeAmount(
        description="An amount in the payment's currency; not together with `lines`."
    )
    lines = graphene.List(
        graphene.NonNull(TiktokStripeRefundLineInput),
        description="Lines: what was paid for them is given back, and at TikTok these items. "
        "Each line once.",
    )
    transaction_id = graphene.ID(
        description="The transaction's id in Saleor; needed where an order was paid in several."
    )
    reason = TiktokStripeRefundReason(
        description="Why, as Stripe is told; left out: the channel's usual reason. A refund by "
        "TikTok is given TikTok's own reason."
    )
    note = graphene.String(description="Why, for staff; at most 500 characters.")


class TiktokStripeRefundCheck(graphene.ObjectType):
    """What asking for a refund would come to."""

    amount = graphene.Field(
        TiktokStripeMoney, description="What would go back; zero where it would be refused."
    )
    left = graphene.Field(TiktokStripeMoney, description="What could be asked for now.")
    refused = graphene.List(
        graphene.NonNull(TiktokStripeError),
        required=True,
        description="All that speaks against it; none: it would be done.",
    )

    @staticmethod
    def resolve_amount(done: OrderRefund, info: Any) -> Money | None:
        return money(done.amount, done.currency)

    @staticmethod
    def resolve_left(done: OrderRefund, info: Any) -> Money | None:
        return money(done.left, done.currency)

    @staticmethod
    def resolve_refused(done: OrderRefund, info: Any) -> list[TiktokStripeError]:
        return [as_payload(one) for one in done.refused]


class TiktokStripeOrderRefund(Mutation):
    class Meta:
        rule = MONEY
        description = (
            "Give a buyer's money back, by Stripe or by TikTok, whoever holds it. It is written "
            "down at once and sent in the background; `state` of what comes back tells how far it "
            "is."
        )

    class Arguments:
        order_id = graphene.ID(required=True, description="The order's id in Saleor.")
        input = TiktokStripeOrderRefundInput(
            description="What is given back; left out: all that is left."
        )
        idempotency_key = graphene.String(description=KEY)
        dry_run = graphene.Boolean(description=DRY_RUN)

    refund = graphene.Field(
        TiktokStripeRefund, description="The refund, where Stripe holds the money."
    )
    marketplace_request = graphene.Field(
        TiktokStripeMarketplaceRequest,
        description="What TikTok is asked for, where TikTok holds the money.",
    )
    check = graphene.Field(TiktokStripeRefundCheck, description="In a dry run: what it comes to.")

    @classmethod
    def perform(
        cls,
        shop: Shop,
        actor: str,
        order_id: str,
        input: Any = None,
        idempotency_key: str | None = None,
        dry_run: bool = False,  # noqa: FBT001, FBT002
    ) -> dict[str, Any]:
        given = input or {}
        wish = aftersales.Wish(
            amount=_amount(given.get("amount")),
            lines=_lines(given.get("lines") or ()),
            reason=given.get("reason") or "",
            note=given.get("note") or "",
            request_key=idempotency_key or "",
        )
        done = aftersales.refund_order(
            shop.connections,
            order_id=order_id,
            transaction_id=given.get("transaction_id") or "",
            wish=wish,
            actor=actor,
            dry_run=bool(dry_run),
        )
        made = "refund" if isinstance(done.request, RefundRequest) else "marketplace_request"
        return {made: done.request, "check": done if dry_run else None}


def _amount(given: Decimal | None) -> Decimal | None:
    if given is not None and given <= 0:
        raise InvalidInput("AMOUNT_NOT_POSITIVE", "Ask for more than zero.", field="amount")
    return given


def _lines(given: Sequence[Any]) -> dict[str, int]:
    found = {str(one["order_line_id"]): int(one["quantity"]) for one in given}
    if len(found) < len(given):
        raise InvalidInput("ORDER_LINE_TWICE", "Name each line once.", field="lines")
    return found


class TiktokStripeRefundFailureAcknowledge(Mutation):
    class Meta:
        rule = MONEY
        description = (
            "Say that failed refunds of a payment with Stripe were settled another way: they are "
            "not shown as a problem any more."
        )

    class Arguments:
        id = graphene.ID(required=True, description="Id of the TiktokStripeTransaction.")

    transaction = graphene.Field(TiktokStripeTransaction, description="As it is now.")

    @classmethod
    def perform(cls, shop: Shop, actor: str, id: str) -> dict[str, Any]:
        charge = find_charge(shop.connections, key_of("TiktokStripeTransaction", id))
        aftersales.acknowledge(charge, actor)
        return {"transaction": transaction(shop.connections, str(charge.pk))}


class RefundMutations(graphene.ObjectType):
    """Of the API."""

    tiktok_stripe_order_refund = TiktokStripeOrderRefund.Field()
    tiktok_stripe_refund_failure_acknowledge = TiktokStripeRefundFailureAcknowledge.Field()
