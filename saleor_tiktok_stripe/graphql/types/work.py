"""Jobs, notifications, the audit log."""

from __future__ import annotations

from typing import Any

import graphene

from ...inbox import EventLine
from ...jobs import JobLine
from ...models import AuditEntry
from ..core.enums import enum
from ..core.ids import global_id
from ..core.scalars import DateTime
from .common import (
    Problem,
    TiktokStripeFact,
    TiktokStripeProblem,
    TiktokStripeVendor,
    facts,
    of,
    problem,
    text,
)

TiktokStripeJobStatus = enum(
    "TiktokStripeJobStatus",
    "Whether a job ran.",
    {
        "queued": "It waits for its turn, or its moment.",
        "running": "It runs.",
        "parked": "It goes on only once somebody has acted.",
        "done": "It is done; `outcome` says what came of it.",
        "dead": "It failed too often and was given up.",
    },
)
TiktokStripeEventStatus = enum(
    "TiktokStripeEventStatus",
    "What became of a notification.",
    {"handed_over": "Work was asked for.", "ignored": "There was nothing to do."},
)


class TiktokStripeJob(graphene.ObjectType):
    """A piece of work."""

    id = graphene.ID(required=True, description="Its id.")
    vendor = graphene.Field(TiktokStripeVendor, required=True, description="Whose side it is on.")
    kind = text("What is done, such as `order.sync`.")
    subject = text("What it is about: an order, a payment, a dispute; empty: the whole account.")
    status = graphene.Field(TiktokStripeJobStatus, required=True, description="Whether it ran.")
    outcome = text("What came of it.")
    problem = graphene.Field(TiktokStripeProblem, description="What it waits for.")
    attempts = graphene.Int(required=True, description="Runs since it last got on.")
    since = DateTime(required=True, description="When it last ran, or was asked for.")
    created_at = DateTime(required=True, description="When it was asked for.")
    run_after = DateTime(required=True, description="When it may run (again).")
    started_at = DateTime(description="When it ran last.")
    finished_at = DateTime(description="When it ended.")

    @staticmethod
    def resolve_id(line: JobLine, info: Any) -> str:
        return global_id("TiktokStripeJob", line.id)

    @staticmethod
    def resolve_problem(line: JobLine, info: Any) -> Problem | None:
        return problem(line.code, line.cause, line.cure)


class TiktokStripeParkedCount(graphene.ObjectType):
    """How many jobs of a kind wait for somebody because of the same problem."""

    kind = text("What is done.")
    code = text("The problem.")
    number = graphene.Int(required=True, description="How many.")


class TiktokStripeEvent(graphene.ObjectType):
    """A notification of a vendor."""

    id = graphene.ID(required=True, description="Its id: what `tiktokStripeEventReplay` takes.")
    vendor = graphene.Field(TiktokStripeVendor, required=True, description="Who sent it.")
    event_type = text("What it tells, in the vendor's words.")
    subject = text("What it is about: an order, a payment, a dispute.")
    status = graphene.Field(
        TiktokStripeEventStatus, required=True, description="What became of it."
    )
    sent_at = DateTime(description="When the vendor sent it, as far as it says so.")
    received_at = DateTime(required=True, description="When it came in.")
    replays = graphene.Int(required=True, description="How often it was handed over again.")

    @staticmethod
    def resolve_id(line: EventLine, info: Any) -> str:
        return global_id("TiktokStripeEvent", line.id)


class TiktokStripeAuditEntry(graphene.ObjectType):
    """Who did what."""

    id = graphene.ID(required=True, description="Its id.")
    at = DateTime(required=True, description="When.")
    actor = text("Who: a member of staff, an app, or `system`.")
    action = text("What was done.")
    subject = text("To what.")
    vendor = graphene.Field(TiktokStripeVendor, required=True, description="On whose side.")
    facts = of(TiktokStripeFact, "What belongs to it.")

    @staticmethod
    def resolve_id(entry: AuditEntry, info: Any) -> str:
        return global_id("TiktokStripeAuditEntry", entry.pk)

    @staticmethod
    def resolve_vendor(entry: AuditEntry, info: Any) -> str | None:
        return entry.connection.vendor if entry.connection else None

    @staticmethod
    def resolve_facts(entry: AuditEntry, info: Any) -> Any:
        return facts(entry.data)
