"""Who is told of problems and deadlines, and when."""

from __future__ import annotations

from typing import Any

import graphene

from ...accounts import NoticeKind, NoticePolicy
from ...notices import DeliveryLine, NoticeLine
from ..core.enums import enum
from ..core.ids import global_id
from ..core.scalars import DateTime
from .accounts import TiktokStripeSeverity
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


TiktokStripeNoticeState = enum(
    "TiktokStripeNoticeState",
    "Whether a notice is solved.",
    {"open": "It is there.", "closed": "It is solved."},
)
TiktokStripeNoticeMeans = enum(
    "TiktokStripeNoticeMeans",
    "How somebody is told.",
    {"mail": "By e-mail.", "webhook": "By a signed webhook."},
)
TiktokStripeNoticeReason = enum(
    "TiktokStripeNoticeReason",
    "Why a message was sent.",
    {
        "at_once": "What is in it could not wait.",
        "digest": "It is the daily digest.",
        "test": "Somebody asked for a test.",
    },
)
TiktokStripeDeliveryState = enum(
    "TiktokStripeDeliveryState",
    "Whether a message arrived.",
    {"pending": "On its way.", "sent": "Sent.", "failed": "Given up."},
)


class TiktokStripeNotice(graphene.ObjectType):
    """A problem or a deadline."""

    id = graphene.ID(required=True, description="Its id.")
    kind = graphene.Field(TiktokStripeNoticeKind, required=True, description="What it is about.")
    code = text("The stable code under which the troubleshooting guide has it.")
    severity = graphene.Field(TiktokStripeSeverity, required=True, description="How bad it is.")
    subject = text("The case, order or permission that it is about.")
    number = graphene.Int(required=True, description="How many there are of it.")
    message = text("What it is.")
    cure = text("What to do.")
    due_by = DateTime(description="Until when.")
    state = graphene.Field(
        TiktokStripeNoticeState, required=True, description="Whether it is solved."
    )
    first_seen = DateTime(required=True, description="Since when.")
    told_at = DateTime(description="When somebody was told last; null: nobody was.")
    closed_at = DateTime(description="When it was solved.")
    url = text("Its page in the console.")

    @staticmethod
    def resolve_id(line: NoticeLine, info: Any) -> str:
        return global_id("TiktokStripeNotice", line.id)


class TiktokStripeNoticeDelivery(graphene.ObjectType):
    """A mail or a webhook."""

    id = graphene.ID(required=True, description="Its id.")
    means = graphene.Field(TiktokStripeNoticeMeans, required=True, description="Which of them.")
    reason = graphene.Field(TiktokStripeNoticeReason, required=True, description="Why.")
    target = text("The address that a mail went to.")
    state = graphene.Field(
        TiktokStripeDeliveryState, required=True, description="Whether it arrived."
    )
    attempts = graphene.Int(required=True, description="How often it was tried.")
    error = text("The stable code of the last attempt that failed.")
    words = text("That, in words.")
    created_at = DateTime(required=True, description="When it was written down.")
    ended_at = DateTime(description="When it arrived, or was given up.")

    @staticmethod
    def resolve_id(line: DeliveryLine, info: Any) -> str:
        return global_id("TiktokStripeNoticeDelivery", line.id)

    @staticmethod
    def resolve_target(line: DeliveryLine, info: Any) -> str:
        return line.target if line.means == "mail" else ""
