"""Work that waits, and notifications: do it again."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import graphene

from ... import inbox, jobs
from ...access import ORDERS, SETTINGS
from ...errors import InvalidInput
from ...models import InboundEvent, Vendor
from ..core.finding import find, listed, number_of
from ..core.mutations import Mutation
from ..core.scalars import DateTime
from ..core.shop import Shop
from ..core.words import DRY_RUN, aware
from ..types.common import TiktokStripeVendor
from ..types.work import TiktokStripeJob

_RETRYABLE: Final = frozenset({"queued", "parked", "dead"})


class TiktokStripeJobRetry(Mutation):
    class Meta:
        rule = ORDERS
        description = "Run one job again, now: a parked or given-up one, or one that waits."

    class Arguments:
        id = graphene.ID(required=True, description="The job's id.")

    job = graphene.Field(TiktokStripeJob, description="As it is now.")

    @classmethod
    def perform(cls, shop: Shop, actor: str, id: str) -> dict[str, Any]:
        found = jobs.find_job(shop.connections, number_of("TiktokStripeJob", id))
        if not jobs.retry([found.id], actor):
            raise InvalidInput(
                "JOB_NOT_WAITING",
                "This job runs already, or is done: look at it again.",
                field="id",
            )
        return {"job": jobs.find_job(shop.connections, found.id)}


class TiktokStripeRetryGroup(graphene.ObjectType):
    """Parked and given-up jobs of one kind with one problem."""

    kind = graphene.String(required=True, description="Kind of work.")
    code = graphene.String(required=True, description="The problem.")
    count = graphene.Int(required=True, description="How many.")
    subjects = graphene.List(
        graphene.NonNull(graphene.String),
        required=True,
        description="Some of what they are about.",
    )
    cause = graphene.String(required=True, description="Why the oldest of them waits.")
    cure = graphene.String(required=True, description="What to do first.")


class TiktokStripeJobsRetry(Mutation):
    class Meta:
        rule = ORDERS
        description = (
            "Run again all that is parked or given up, or what fits all that is named: kinds of "
            "work, problems, subjects."
        )

    class Arguments:
        kinds = graphene.List(
            graphene.NonNull(graphene.String), description="Only these, such as `order.sync`."
        )
        codes = graphene.List(
            graphene.NonNull(graphene.String), description="Only with these problems."
        )
        subjects = graphene.List(
            graphene.NonNull(graphene.String),
            description="Only about these orders, payments, disputes.",
        )
        dry_run = graphene.Boolean(description=DRY_RUN)

    groups = graphene.List(
        graphene.NonNull(TiktokStripeRetryGroup), description="What is, or would be, run again."
    )
    count = graphene.Int(description="How many in all.")

    @classmethod
    def perform(
        cls,
        shop: Shop,
        actor: str,
        dry_run: bool = False,  # noqa: FBT001, FBT002
        **filters: list[str] | None,
    ) -> dict[str, Any]:
        groups = jobs.retry_many(
            shop.connections,
            actor=actor,
            dry_run=bool(dry_run),
            **{name: listed(value) for name, value in filters.items()},
        )
        return {"groups": groups, "count": sum(one.count for one in groups)}


class TiktokStripeEventReplay(Mutation):
    class Meta:
        rule = SETTINGS
        description = "Hand one stored notification over once more; harmless however often."

    class Arguments:
        id = graphene.ID(required=True, description="The notification's id.")

    replayed = graphene.Int(description="How many were handed over.")
    ignored = graphene.Int(description="How many ask for nothing.")

    @classmethod
    def perform(cls, shop: Shop, actor: str, id: str) -> dict[str, Any]:
        rows = InboundEvent.objects.filter(connection__in=shop.connections)
        event = find(rows, "TiktokStripeEvent", id)
        return vars(inbox.replay([event.pk], actor)).copy()


class TiktokStripeEventsReplay(Mutation):
    class Meta:
        rule = SETTINGS
        description = (
            "Hand all notifications of a vendor since a time over once more; harmless, however "
            "often."
        )

    class Arguments:
        since = DateTime(required=True, description="Received from here on.")
        vendor = TiktokStripeVendor(description="Whose; TikTok's if left out.")
        event_type = graphene.String(description="Only of this type, in the vendor's words.")

    replayed = graphene.Int(description="How many were handed over.")
    ignored = graphene.Int(description="How many ask for nothing.")

    @classmethod
    def perform(
        cls,
        shop: Shop,
        actor: str,
        since: datetime,
        vendor: str | None = None,
        event_type: str | None = None,
    ) -> dict[str, Any]:
        connection = shop.connection(vendor or Vendor.TIKTOK)
        moment = aware(since, "since")
        done = inbox.replay_since(connection, moment, actor, kind=event_type or "")
        return vars(done).copy()


class WorkMutations(graphene.ObjectType):
    """Of the API."""

    tiktok_stripe_job_retry = TiktokStripeJobRetry.Field()
    tiktok_stripe_jobs_retry = TiktokStripeJobsRetry.Field()
    tiktok_stripe_event_replay = TiktokStripeEventReplay.Field()
    tiktok_stripe_events_replay = TiktokStripeEventsReplay.Field()
