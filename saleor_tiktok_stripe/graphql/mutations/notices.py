"""Notices: who is told of what, a new secret, a test."""

from __future__ import annotations

from typing import Any

import graphene

from ... import notices
from ...access import SETTINGS
from ..core.choices import chosen
from ..core.mutations import Mutation
from ..core.shop import Shop
from ..types.common import text
from ..types.notices import (
    TiktokStripeNoticeKind,
    TiktokStripeNoticeMode,
    TiktokStripeNoticePolicy,
)

_SECRET = "The secret that webhooks are signed with; shown this once."  # noqa: S105


class TiktokStripeNoticeChoiceInput(graphene.InputObjectType):
    """A kind of notice and when it is told."""

    kind = TiktokStripeNoticeKind(required=True, description="What it is about.")
    mode = TiktokStripeNoticeMode(required=True, description="When.")


class TiktokStripeNoticesInput(graphene.InputObjectType):
    """Who is told of problems and deadlines, and when; what is not named stays as it is."""

    recipients = graphene.List(
        graphene.NonNull(graphene.String),
        description="Addresses that mails go to, at most 20; none: no mail is sent.",
    )
    kinds = graphene.List(
        graphene.NonNull(TiktokStripeNoticeChoiceInput),
        description="When kinds are told; those that are not named: URGENT.",
    )
    webhook_url = graphene.String(
        description="An https address that signed webhooks go to; empty: none."
    )
    digest_hour = graphene.Int(description="The hour of the daily digest, 0 to 23.")
    time_zone = graphene.String(description="The time zone of that hour, such as Europe/London.")
    empty_digest = graphene.Boolean(description="Whether a digest comes with nothing in it, too.")


class TiktokStripeNoticesUpdate(Mutation):
    class Meta:
        rule = SETTINGS
        description = "Change who is told of problems and deadlines, and when."

    class Arguments:
        input = TiktokStripeNoticesInput(required=True, description="What is to change.")

    policy = graphene.Field(TiktokStripeNoticePolicy, description="As it is now.")
    secret = graphene.String(
        description=f"{_SECRET} Null where the secret is an old one, or there is none."
    )

    @classmethod
    def perform(cls, shop: Shop, actor: str, input: Any) -> dict[str, Any]:
        values = chosen(input)
        if "kinds" in values:
            values["kinds"] = {one["kind"]: one["mode"] for one in values["kinds"] or ()}
        done = notices.configure(shop.channel_slug, values, actor)
        return {"policy": done.policy, "secret": done.secret or None}


class TiktokStripeNoticesSecretRotate(Mutation):
    class Meta:
        rule = SETTINGS
        description = (
            "Make a new secret for webhooks. For a day they are signed with the old one too."
        )

    class Arguments:
        pass

    secret = graphene.String(description=_SECRET)

    @classmethod
    def perform(cls, shop: Shop, actor: str) -> dict[str, Any]:
        return {"secret": notices.rotate_secret(shop.channel_slug, actor)}


class TiktokStripeNoticeTest(graphene.ObjectType):
    """What came of a test."""

    means = text("mail or webhook.")
    target = text("The mail's address; empty for the webhook.")
    taken = graphene.Boolean(required=True, description="Whether it was taken.")
    code = text("Why not, as a stable code.")
    words = text("Why not, and what to do.")


class TiktokStripeNoticesTest(Mutation):
    class Meta:
        rule = SETTINGS
        description = "Send a test to every address and to the webhook, now."

    class Arguments:
        pass

    results = graphene.List(
        graphene.NonNull(TiktokStripeNoticeTest), description="For each receiver."
    )

    @classmethod
    def perform(cls, shop: Shop, actor: str) -> dict[str, Any]:
        return {"results": notices.test(shop.channel_slug, actor)}


class NoticeMutations(graphene.ObjectType):
    """Of the API."""

    tiktok_stripe_notices_update = TiktokStripeNoticesUpdate.Field()
    tiktok_stripe_notices_secret_rotate = TiktokStripeNoticesSecretRotate.Field()
    tiktok_stripe_notices_test = TiktokStripeNoticesTest.Field()
