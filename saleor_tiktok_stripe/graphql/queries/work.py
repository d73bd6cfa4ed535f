"""Jobs, what waits for somebody, notifications, the audit log."""

from __future__ import annotations

from typing import Any

import graphene

from ... import inbox, jobs
from ...access import HEALTH
from ...accounts import audit
from ...inbox import EventLine
from ...jobs import JobLine
from ...models import AuditEntry
from ...models.paging import Page
from ..core.fields import RuledField, or_none
from ..core.finding import number_of
from ..core.pages import page_field
from ..core.shop import Shop
from ..types.common import TiktokStripeVendor
from ..types.work import (
    TiktokStripeAuditEntry,
    TiktokStripeEvent,
    TiktokStripeEventStatus,
    TiktokStripeJob,
    TiktokStripeJobStatus,
    TiktokStripeParkedCount,
)


class TiktokStripeParkedFilter(graphene.InputObjectType):
    """What waits for somebody; what is left out does not filter."""

    vendor = TiktokStripeVendor(description="On whose side.")
    kind = graphene.String(description="What is done, such as `order.sync`.")
    code = graphene.String(description="Because of which problem.")
    subject = graphene.String(description="What it is about: an order, a payment, a dispute.")


class TiktokStripeJobFilter(graphene.InputObjectType):
    """Which jobs; what is left out does not filter."""

    vendor = TiktokStripeVendor(description="On whose side.")
    kind = graphene.String(description="What is done, such as `order.sync`.")
    status = TiktokStripeJobStatus(description="Whether they ran.")
    subject = graphene.String(description="What it is about: an order, a payment, a dispute.")


class TiktokStripeEventFilter(graphene.InputObjectType):
    """Which notifications; what is left out does not filter."""

    vendor = TiktokStripeVendor(description="Whose.")
    event_type = graphene.String(description="What they tell, in the vendor's words.")
    status = TiktokStripeEventStatus(description="What became of them.")
    subject = graphene.String(description="What they are about: an order, a payment, a dispute.")


class TiktokStripeAuditFilter(graphene.InputObjectType):
    """Which entries; what is left out does not filter."""

    vendor = TiktokStripeVendor(description="On whose side.")
    action = graphene.String(description="What was done.")
    actor = graphene.String(description="Who did it.")


def _parked(shop: Shop, vendor: str = "", **terms: Any) -> Page[JobLine]:
    return jobs.parked(_of(shop, vendor), **terms)


def _recent(shop: Shop, vendor: str = "", **terms: Any) -> Page[JobLine]:
    return jobs.recent(_of(shop, vendor), **terms)


def _events(shop: Shop, vendor: str = "", **terms: Any) -> Page[EventLine]:
    return inbox.events(_of(shop, vendor), **terms)


def _audit(shop: Shop, vendor: str = "", **terms: Any) -> Page[AuditEntry]:
    return audit.entries(_of(shop, vendor), **terms)


def _of(shop: Shop, vendor: str) -> list[Any]:
    return shop.of_vendor(vendor) if vendor else shop.connections


def _job(shop: Shop, id: str) -> JobLine | None:  # noqa: A002  (as the API calls it)
    return or_none(jobs.find_job, shop.connections, number_of("TiktokStripeJob", id))


def _parked_number(shop: Shop) -> int:
    return sum(one.number for one in jobs.parked_counts(shop.connections))


class WorkQueries(graphene.ObjectType):
    """Of the namespace."""

    parked = page_field(
        TiktokStripeJob,
        rule=HEALTH,
        listed=_parked,
        wanted=TiktokStripeParkedFilter,
        count=_parked_number,
        description="What goes on only once somebody has acted, with cause and cure; the latest "
        "first.",
    )
    parked_counts = RuledField(
        graphene.List(graphene.NonNull(TiktokStripeParkedCount)),
        rule=HEALTH,
        resolve=lambda shop: jobs.parked_counts(shop.connections),
        description="How much of it there is, by kind and problem.",
    )
    jobs = page_field(
        TiktokStripeJob,
        rule=HEALTH,
        listed=_recent,
        wanted=TiktokStripeJobFilter,
        description="Jobs in any state, those that were asked for last first. Done ones are kept "
        "for some days.",
    )
    job = RuledField(
        TiktokStripeJob,
        rule=HEALTH,
        resolve=_job,
        id=graphene.ID(required=True, description="Its id."),
        description="One job.",
    )
    events = page_field(
        TiktokStripeEvent,
        rule=HEALTH,
        listed=_events,
        wanted=TiktokStripeEventFilter,
        description="Notifications of TikTok and Stripe, the newest first. What they held is not "
        "shown.",
    )
    audit = page_field(
        TiktokStripeAuditEntry,
        rule=HEALTH,
        listed=_audit,
        wanted=TiktokStripeAuditFilter,
        description="Who did what to this channel, the latest first.",
    )
