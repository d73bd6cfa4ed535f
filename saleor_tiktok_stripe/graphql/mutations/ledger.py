"""The ledger: bring in what is new, compare anew."""

from __future__ import annotations

from typing import Any

import graphene

from ... import jobs
from ...access import MONEY
from ...errors import InvalidInput
from ...models import Connection
from ...payments import ledger
from ..core.finding import listed
from ..core.mutations import Mutation
from ..core.shop import Shop
from ..types.common import TiktokStripeVendor
from ..types.work import TiktokStripeJob

_VENDOR = "Only this one's; left out: of all that the channel has."


class TiktokStripeLedgerImport(Mutation):
    class Meta:
        rule = MONEY
        description = "Read what is new of statements, fees and payouts at the vendors, now."

    class Arguments:
        vendor = TiktokStripeVendor(description=_VENDOR)

    jobs = graphene.List(graphene.NonNull(TiktokStripeJob), description="The jobs that do it.")

    @classmethod
    def perform(cls, shop: Shop, actor: str, vendor: str | None = None) -> dict[str, Any]:
        known = _connections(shop, vendor)
        asked = ledger.ask_import(known, actor)
        return {"jobs": [jobs.find_job(known, one) for one in asked]}


class TiktokStripeLedgerReconcile(Mutation):
    class Meta:
        rule = MONEY
        description = (
            "Compare what was sold with what was settled and paid out: of some orders at once, or, "
            "where none is named, of everything in the background. Asks no vendor."
        )

    class Arguments:
        vendor = TiktokStripeVendor(description=_VENDOR)
        order_ids = graphene.List(
            graphene.NonNull(graphene.String),
            description="Only these, at most 100: TikTok's ids, or Saleor's of Stripe's payments.",
        )

    orders = graphene.Int(description="How many were compared; null where everything is.")
    differences = graphene.Int(description="How many of them differ.")
    jobs = graphene.List(
        graphene.NonNull(TiktokStripeJob), description="The jobs that compare everything."
    )

    @classmethod
    def perform(
        cls,
        shop: Shop,
        actor: str,
        vendor: str | None = None,
        order_ids: list[str] | None = None,
    ) -> dict[str, Any]:
        known, wanted = _connections(shop, vendor), listed(order_ids)
        if len(wanted) > 100:
            raise InvalidInput("TOO_MANY_ORDERS", "Name at most 100 orders.", field="order_ids")
        if wanted:
            done = [ledger.reconcile(one, wanted, actor=actor) for one in known]
            return {
                "orders": len(set(wanted)),
                "differences": sum(one.differences for one in done),
            }
        asked = ledger.ask_reconcile(known, actor)
        return {"jobs": [jobs.find_job(known, one) for one in asked]}


def _connections(shop: Shop, vendor: str | None) -> list[Connection]:
    if vendor:
        return [shop.connection(vendor)]
    return shop.connections or [shop.connection()]


class LedgerMutations(graphene.ObjectType):
    """Of the API."""

    tiktok_stripe_ledger_import = TiktokStripeLedgerImport.Field()
    tiktok_stripe_ledger_reconcile = TiktokStripeLedgerReconcile.Field()
