"""Orders: look for what is new, bring the history in, tell TikTok what was done in Saleor."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import graphene

from ... import fulfilment, jobs
from ...access import ORDERS
from ...errors import InvalidInput
from ...fulfilment.steps import Plan
from ...models import Vendor
from ...orders.backfill import Preview, backfill_progress, preview_backfill, start_backfill
from ..core.mutations import Mutation
from ..core.scalars import DateTime
from ..core.shop import Shop
from ..core.words import DRY_RUN, aware
from ..types.common import TiktokStripeProblem, TiktokStripeVendor
from ..types.work import TiktokStripeJob, TiktokStripeJobStatus

_MOST_ORDERS: Final = 100


class TiktokStripeSyncStart(Mutation):
    class Meta:
        rule = ORDERS
        description = "Look for what is new at the vendors now, instead of at the next usual time."

    class Arguments:
        vendor = TiktokStripeVendor(description="Only there; left out: wherever connected.")

    jobs = graphene.List(
        graphene.NonNull(TiktokStripeJob), description="The jobs that were asked for."
    )

    @classmethod
    def perform(cls, shop: Shop, actor: str, vendor: str | None = None) -> dict[str, Any]:
        known = [shop.connection(vendor)] if vendor else shop.connections
        asked = jobs.poll_now(known, actor)
        if not asked:
            raise InvalidInput(
                "NOT_CONNECTED",
                "No account of this channel is connected at the moment.",
                field="vendor" if vendor else "",
            )
        return {"jobs": [jobs.find_job(known, one) for one in asked]}


class TiktokStripeCount(graphene.ObjectType):
    """How many of something."""

    name = graphene.String(required=True, description="Of what.")
    count = graphene.Int(required=True, description="How many.")


class TiktokStripeBackfillPreview(graphene.ObjectType):
    """What a backfill would do, read off the first pages of orders."""

    placed_from = graphene.String(required=True, description="Orders placed from here on.")
    placed_to = graphene.String(required=True, description="Orders placed before this.")
    total = graphene.Int(description="How many TikTok has in this time; null: it does not say.")
    read = graphene.Int(required=True, description="How many were read for this preview.")
    complete = graphene.Boolean(required=True, description="Whether those were all.")
    created = graphene.Int(required=True, description="Would be imported.")
    changed = graphene.Int(required=True, description="Are in Saleor and would be looked at.")
    unchanged = graphene.Int(required=True, description="Are in Saleor and in step.")
    waiting = graphene.Int(required=True, description="Are held, and would be imported later.")
    skipped = graphene.List(
        graphene.NonNull(TiktokStripeCount),
        required=True,
        description="Would be left out, by reason.",
    )
    failed = graphene.List(
        graphene.NonNull(TiktokStripeCount),
        required=True,
        description="Would wait for somebody, by problem.",
    )
    states = graphene.List(
        graphene.NonNull(TiktokStripeCount),
        required=True,
        description="How many are in which state at TikTok.",
    )

    @staticmethod
    def resolve_skipped(found: Preview, info: Any) -> list[TiktokStripeCount]:
        return _counts(found.skipped)

    @staticmethod
    def resolve_failed(found: Preview, info: Any) -> list[TiktokStripeCount]:
        return _counts(found.failed)

    @staticmethod
    def resolve_states(found: Preview, info: Any) -> list[TiktokStripeCount]:
        return _counts(found.states)


def _counts(found: Mapping[str, int]) -> list[TiktokStripeCount]:
    return [TiktokStripeCount(name=name, count=count) for name, count in sorted(found.items())]


class TiktokStripeBackfillProgress(graphene.ObjectType):
    """How far a backfill is."""

    status = graphene.Field(
        TiktokStripeJobStatus, required=True, description="Whether its job ran."
    )
    seen = graphene.Int(required=True, description="Orders that were looked at.")
    total = graphene.Int(description="Of how many; null: TikTok did not say yet.")
    imported = graphene.Int(required=True, description="Of those in Saleor.")
    parked = graphene.Int(required=True, description="Of those waiting for somebody.")


class TiktokStripeBackfillStart(Mutation):
    class Meta:
        rule = ORDERS
        description = "Import the history. It goes on where it stopped, and imports nothing twice."

    class Arguments:
        since = DateTime(
            description="Orders placed from here on; left out: from the policy's start, or all."
        )
        until = DateTime(description="Orders placed before this; left out: until now.")
        dry_run = graphene.Boolean(description=DRY_RUN)

    progress = graphene.Field(
        TiktokStripeBackfillProgress, description="Where it begins; null in a dry run."
    )
    preview = graphene.Field(
        TiktokStripeBackfillPreview, description="In a dry run: what it would do."
    )

    @classmethod
    def perform(
        cls,
        shop: Shop,
        actor: str,
        since: datetime | None = None,
        until: datetime | None = None,
        dry_run: bool = False,  # noqa: FBT001, FBT002
    ) -> dict[str, Any]:
        connection = shop.connection(Vendor.TIKTOK)
        start, end = aware(since, "since"), aware(until, "until")
        if dry_run:
            found = preview_backfill(connection, placed_from=start, placed_to=end)
            return {"preview": found}
        start_backfill(connection, actor, placed_from=start, placed_to=end)
        return {"progress": backfill_progress(connection)}


class TiktokStripePushPlan(graphene.ObjectType):
    """What TikTok would be told of an order."""

    order_id = graphene.String(required=True, description="The order's id at TikTok.")
    lines = graphene.List(
        graphene.NonNull(graphene.String), required=True, description="In words; none: nothing."
    )
    problems = graphene.List(
        graphene.NonNull(TiktokStripeProblem),
        required=True,
        description="What stands in the way.",
    )


class TiktokStripeOrderPush(Mutation):
    class Meta:
        rule = ORDERS
        description = (
            "Tell TikTok what was shipped, tracked or cancelled in Saleor of some orders, now."
        )

    class Arguments:
        order_ids = graphene.List(
            graphene.NonNull(graphene.String),
            required=True,
            description=f"The orders' ids at TikTok, at most {_MOST_ORDERS}.",
        )
        dry_run = graphene.Boolean(description=DRY_RUN)

    queued = graphene.Int(description="How many are told now; null in a dry run.")
    plans = graphene.List(
        graphene.NonNull(TiktokStripePushPlan),
        description="In a dry run: what each would be told.",
    )

    @classmethod
    def perform(
        cls,
        shop: Shop,
        actor: str,
        order_ids: list[str],
        dry_run: bool = False,  # noqa: FBT001, FBT002
    ) -> dict[str, Any]:
        connection = shop.connection(Vendor.TIKTOK)
        if not 0 < len(order_ids) <= _MOST_ORDERS:
            raise InvalidInput(
                "ORDERS_REQUIRED", f"Name 1 to {_MOST_ORDERS} orders.", field="order_ids"
            )
        if dry_run:
            plans = [_plan(one, fulfilment.plan_push(connection, one)) for one in order_ids]
            return {"plans": plans}
        return {"queued": fulfilment.retry_push(connection, order_ids, actor)}


def _plan(order_id: str, plan: Plan) -> TiktokStripePushPlan:
    return TiktokStripePushPlan(order_id=order_id, lines=plan.lines(), problems=plan.problems)


class OrderMutations(graphene.ObjectType):
    """Of the API."""

    tiktok_stripe_sync_start = TiktokStripeSyncStart.Field()
    tiktok_stripe_backfill_start = TiktokStripeBackfillStart.Field()
    tiktok_stripe_order_push = TiktokStripeOrderPush.Field()
