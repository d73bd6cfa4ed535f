"""Erasing what is kept of buyers."""

from __future__ import annotations

from typing import Any, Final

import graphene

from ... import aftersales
from ...access import PRIVACY
from ...errors import InvalidInput
from ..core.mutations import Mutation
from ..core.shop import Shop
from ..core.words import DRY_RUN

_MOST: Final = 100


class TiktokStripeErasedData(graphene.ObjectType):
    """What was, or would be, erased of one order, counted."""

    order_id = graphene.ID(required=True, description="The order's id in Saleor.")
    notifications = graphene.Int(required=True, description="Bodies of notifications.")
    evidence_texts = graphene.Int(required=True, description="Texts of answers to disputes.")
    evidence_files = graphene.Int(required=True, description="Files of answers to disputes.")
    network_addresses = graphene.Int(
        required=True, description="Network addresses that the buyer paid from."
    )
    delivery_addresses = graphene.Int(
        required=True, description="What names the delivery address; it is not brought over again."
    )
    notes = graphene.Int(required=True, description="Notes on refunds and answers.")
    kept = graphene.List(
        graphene.NonNull(graphene.String),
        required=True,
        description="What is not erased yet, and why.",
    )


class TiktokStripeBuyerDataErase(Mutation):
    class Meta:
        rule = PRIVACY
        description = (
            "Erase what this plugin keeps of the buyers of some orders, for good. Saleor's own "
            "orders and customers are erased in Saleor, TikTok's and Stripe's data there. To erase "
            "all of a person's, name all of their orders."
        )

    class Arguments:
        order_ids = graphene.List(
            graphene.NonNull(graphene.ID),
            required=True,
            description=f"The orders' ids in Saleor, at most {_MOST}.",
        )
        dry_run = graphene.Boolean(description=DRY_RUN)

    erased = graphene.List(graphene.NonNull(TiktokStripeErasedData), description="For each order.")

    @classmethod
    def perform(
        cls,
        shop: Shop,
        actor: str,
        order_ids: list[str],
        dry_run: bool = False,  # noqa: FBT001, FBT002
    ) -> dict[str, Any]:
        if not 0 < len(order_ids) <= _MOST:
            raise InvalidInput("ORDERS_REQUIRED", f"Name 1 to {_MOST} orders.", field="order_ids")
        done = aftersales.erase_buyer_data(
            shop.connections, order_ids, actor=actor, dry_run=bool(dry_run)
        )
        return {"erased": done}


class PrivacyMutations(graphene.ObjectType):
    """Of the API."""

    tiktok_stripe_buyer_data_erase = TiktokStripeBuyerDataErase.Field()
