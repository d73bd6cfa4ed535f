"""Who is told of problems and deadlines, and when."""

from __future__ import annotations

from typing import Any

import graphene

from ...accounts import NoticeKind, NoticePolicy
from ..core.enums import enum
from .common import of, text

TiktokStripeNoticeKind = enum(
    "TiktokStripeNoticeKind",
    "What a notice is about.",
    {
        "cases": "Buyers' requests at TikTok, and their deadlines.",
        "disputes": "Banks' disputes, and their deadlines.",
        "shipments": "Orders that have to be shipped.",
        "authorization": "An account that has to be connected again, soon or now.",
        "setup": "Settings that need somebody: keys, scopes, notifications.",
        "work": "Orders and other work that wait for somebody.",
        "payments": "Payments and refunds that wait for somebody.",
        "stock": "SKUs that are not linked, not told, or oversold.",
        "money": "Differences between what was sold and what was paid out.",
        "drift": "Differences between the sides.",
        "delivery": "Notices that could not be delivered.",
    },
)
TiktokStripeNoticeMode = enum(
    "TiktokStripeNoticeMode",
    "When a kind of notice is told.",
    {
        "urgent": "At once what is urgent, the rest with the daily digest.",
        "at_once": "All of it at once.",
        "digest": "With the daily digest.",
        "off": "Not at all.",
    },
)


class TiktokStripeNoticeChoice(graphene.ObjectType):
    """A kind of notice and when it is told."""

    kind = graphene.Field(TiktokStripeNoticeKind, required=True, description="What it is about.")
    mode = graphene.Field(TiktokStripeNoticeMode, required=True, description="When.")


class TiktokStripeNoticePolicy(graphene.ObjectType):
    """Who is told of problems and deadlines, and when."""

    recipients = of(graphene.String, "Addresses that mails go to.")
    kinds = of(TiktokStripeNoticeChoice, "When each kind is told.")
    webhook_url = text("Where signed webhooks go; empty: nowhere.")
    digest_hour = graphene.Int(required=True, description="The hour of the daily digest, 0 to 23.")
    time_zone = text("The time zone of that hour, and of deadlines.")
    empty_digest = graphene.Boolean(
        required=True, description="Whether a digest comes with nothing in it, too."
    )

    @staticmethod
    def resolve_kinds(policy: NoticePolicy, info: Any) -> list[dict[str, str]]:
        return [{"kind": kind.value, "mode": policy.mode(kind).value} for kind in NoticeKind]
