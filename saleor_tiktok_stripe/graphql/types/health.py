"""How a channel is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import graphene

from ... import health
from ...accounts import Finding, Severity
from ...models import Connection
from ..core.enums import enum
from ..core.scalars import DateTime
from .accounts import TiktokStripeConnection, TiktokStripeFinding
from .common import TiktokStripeVendor, of, text

TiktokStripeHealthStatus = enum(
    "TiktokStripeHealthStatus",
    "Whether everything works.",
    {"ok": "It does.", "attention": "Somebody has to look: the findings say at what."},
)


class TiktokStripeWorkCount(graphene.ObjectType):
    """Open jobs of a kind."""

    kind = text("What is done, such as `order.sync`.")
    queued = graphene.Int(required=True, description="Waiting for their turn, or their moment.")
    running = graphene.Int(required=True, description="Running.")
    parked = graphene.Int(required=True, description="Waiting for somebody.")
    dead = graphene.Int(required=True, description="Given up.")


class TiktokStripeCallCount(graphene.ObjectType):
    """Calls to vendors since the counters began."""

    name = text("Which call, and how it ended.")
    count = graphene.Int(required=True, description="How many.")


class TiktokStripeConnectionHealth(graphene.ObjectType):
    """How one connection is."""

    connection = graphene.Field(TiktokStripeConnection, required=True, description="Which.")
    status = graphene.Field(
        TiktokStripeHealthStatus, required=True, description="Whether it works."
    )
    reason = text("Why it does not, where the account itself is the reason.")
    findings = of(
        TiktokStripeFinding, "What the last verification found, and what needs attention now."
    )
    work = of(TiktokStripeWorkCount, "Open jobs by kind.")
    oldest_due_seconds = graphene.Int(
        required=True, description="How long the oldest job that may run has waited."
    )
    expired_leases = graphene.Int(
        required=True, description="Jobs whose worker is gone; they run again by themselves."
    )
    newest_event_seconds_ago = graphene.Int(
        description="When the last notification came; null: never."
    )
    token_days_left = graphene.Float(description="Until the token ends; it is renewed before.")
    authorization_days_left = graphene.Float(
        description="Until the merchant has to authorize again."
    )


class TiktokStripeHealth(graphene.ObjectType):
    """How the channel is."""

    status = graphene.Field(
        TiktokStripeHealthStatus, required=True, description="Whether everything works."
    )
    connections = of(TiktokStripeConnectionHealth, "Each connection.")
    calls = of(TiktokStripeCallCount, "Calls to vendors by endpoint and outcome.")


def health_of(connections: Sequence[Connection]) -> dict[str, Any]:
    """The channel's, as ``TiktokStripeHealth``."""
    each = [(one, health.details(one)) for one in connections]
    overall = health.channel_summary(connections) if connections else {"status": "attention"}
    return {
        "status": overall["status"],
        "connections": [_of_connection(one, told) for one, told in each],
        "calls": [
            {"name": name, "count": count}
            for _, told in each[:1]
            for name, count in told["calls"].items()
        ],
    }


def _of_connection(connection: Connection, told: Mapping[str, Any]) -> dict[str, Any]:
    work = told["jobs"]["by_kind"]
    return {
        "connection": connection,
        "status": told["status"],
        "reason": told["connection"]["reason"],
        "findings": [Finding(**_severe(one)) for one in told["findings"]],
        "work": [{"kind": kind, **counts} for kind, counts in work.items()],
        "oldest_due_seconds": told["jobs"]["oldest_due_seconds"],
        "expired_leases": told["jobs"]["expired_leases"],
        "newest_event_seconds_ago": told["inbox"]["newest_seconds_ago"],
        "token_days_left": told["connection"]["token_days_left"],
        "authorization_days_left": told["connection"]["authorization_days_left"],
    }


def _severe(finding: Mapping[str, Any]) -> dict[str, Any]:
    return {**finding, "severity": Severity(finding["severity"])}


TiktokStripeReviewTopic = enum(
    "TiktokStripeReviewTopic",
    "What a point of the settings review is about.",
    {
        "connection": "Whether the account is connected and verified.",
        "keys": "Keys and authorizations: how old they are, and when they end.",
        "permissions": "What was granted.",
        "notifications": "Webhooks, and when the last one came.",
        "encryption": "How secrets are kept.",
        "policies": "Choices that are worth a look.",
    },
)
TiktokStripeReviewWeight = enum(
    "TiktokStripeReviewWeight",
    "How much a point matters.",
    {
        "ok": "All is well.",
        "note": "A choice worth a look; nothing is wrong.",
        "warning": "It will stop working, or works less well.",
        "error": "Something does not work.",
    },
)
TiktokStripeStepState = enum(
    "TiktokStripeStepState",
    "Where a step stands.",
    {
        "done": "Done.",
        "current": "The next thing to do.",
        "todo": "Later.",
        "attention": "Begun, and something is in the way.",
    },
)


class TiktokStripeReviewItem(graphene.ObjectType):
    """A point of the regular settings review."""

    topic = graphene.Field(TiktokStripeReviewTopic, required=True, description="What about.")
    vendor = graphene.Field(TiktokStripeVendor, description="Whose; null: of the deployment.")
    weight = graphene.Field(
        TiktokStripeReviewWeight, required=True, description="How much it matters."
    )
    message = text("How it is.")
    cure = text("What to do; empty where nothing is.")
    at = DateTime(description="Since when, or when last.")

    @staticmethod
    def resolve_topic(item: Any, info: Any) -> str:
        return str(item.topic)

    @staticmethod
    def resolve_vendor(item: Any, info: Any) -> str | None:
        return item.vendor or None

    @staticmethod
    def resolve_weight(item: Any, info: Any) -> str:
        return str(item.weight.value)


class TiktokStripeImportProgress(graphene.ObjectType):
    """How far the first import is."""

    status = text("`queued`, `running`, `done`, or why it does not go on.")
    seen = graphene.Int(required=True, description="Orders that were looked at.")
    total = graphene.Int(description="Of how many; null: TikTok did not say yet.")
    imported = graphene.Int(required=True, description="Of those in Saleor.")
    parked = graphene.Int(required=True, description="Of those waiting for somebody.")
    share = graphene.Float(required=True, description="From 0 to 1.")


class TiktokStripeStep(graphene.ObjectType):
    """A step of the way from nothing to the first orders."""

    name = text("`prepare`, `tiktok`, `stripe`, `verify` or `import`.")
    title = text("What is done in it.")
    state = graphene.Field(TiktokStripeStepState, required=True, description="Where it stands.")
    words = text("That, in words.")
    findings = of(TiktokStripeFinding, "What the verification found that is not well.")
    progress = graphene.Field(TiktokStripeImportProgress, description="Of the first import.")
    running = graphene.Boolean(
        required=True, description="Whether it goes on by itself: look again."
    )

    @staticmethod
    def resolve_state(step: Any, info: Any) -> str:
        return str(step.state.value)


__all__ = [
    "TiktokStripeHealth",
    "TiktokStripeReviewItem",
    "TiktokStripeStep",
    "health_of",
]
