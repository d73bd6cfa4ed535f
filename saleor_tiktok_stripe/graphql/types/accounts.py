"""Connections, and what was found about them."""

from __future__ import annotations

from typing import Any

import graphene

from ...accounts import Finding, findings
from ...models import Connection
from ..core.enums import enum
from ..core.ids import global_id
from ..core.scalars import DateTime
from .common import TiktokStripeVendor, text

TiktokStripeConnectionState = enum(
    "TiktokStripeConnectionState",
    "Where a connection stands.",
    {
        "pending": "Entered, and waits for the merchant's consent or for a shop to be chosen.",
        "active": "It works.",
        "needs_reauth": "The merchant has to authorize it again; nothing is asked of it meanwhile.",
        "disabled": "It was disconnected; orders and payments stay.",
    },
)
TiktokStripeSeverity = enum(
    "TiktokStripeSeverity",
    "How bad a finding is.",
    {
        "ok": "All is well.",
        "warning": "It will stop working, or works less well.",
        "error": "Something does not work.",
    },
)


class TiktokStripeFinding(graphene.ObjectType):
    """Something that was checked, and what to do where it is not as it should be."""

    code = graphene.String(required=True, description="Its stable code.")
    severity = graphene.Field(TiktokStripeSeverity, required=True, description="How bad it is.")
    message = graphene.String(required=True, description="What was found.")
    cure = graphene.String(required=True, description="What to do; empty where all is well.")

    @staticmethod
    def resolve_severity(finding: Finding, info: Any) -> str:
        return finding.severity.value


class TiktokStripeConnection(graphene.ObjectType):
    """One account of one vendor, serving one channel."""

    id = graphene.ID(required=True, description="Its id.")
    vendor = graphene.Field(TiktokStripeVendor, required=True, description="Whose account it is.")
    state = graphene.Field(
        TiktokStripeConnectionState, required=True, description="Where it stands."
    )
    state_reason = graphene.String(required=True, description="Why, where there is a reason.")
    account_id = graphene.String(required=True, description="The shop's or account's id.")
    account_name = graphene.String(required=True, description="Its name.")
    region = graphene.String(required=True, description="The shop's market, or the country.")
    livemode = graphene.Boolean(required=True, description="Whether it moves real money.")
    scopes = graphene.List(
        graphene.NonNull(graphene.String), required=True, description="What was granted."
    )
    access_expires_at = DateTime(description="When the token ends; it is renewed before.")
    authorization_expires_at = DateTime(
        description="When the merchant has to authorize again at the latest."
    )
    verified_at = DateTime(description="When it was verified last.")
    findings = graphene.List(
        graphene.NonNull(TiktokStripeFinding),
        required=True,
        description="What the last verification found.",
    )

    @staticmethod
    def resolve_id(connection: Connection, info: Any) -> str:
        return global_id("TiktokStripeConnection", connection.pk)

    @staticmethod
    def resolve_authorization_expires_at(connection: Connection, info: Any) -> Any:
        return connection.refresh_expires_at

    @staticmethod
    def resolve_findings(connection: Connection, info: Any) -> list[Finding]:
        return findings(connection)


class TiktokStripeShop(graphene.ObjectType):
    """A shop that the merchant's consent is for."""

    id = text("Its id at TikTok: what `tiktokStripeShopSelect` takes.")
    name = text("Its name.")
    region = text("Its market.")


__all__ = [
    "TiktokStripeConnection",
    "TiktokStripeConnectionState",
    "TiktokStripeFinding",
    "TiktokStripeSeverity",
    "TiktokStripeShop",
    "TiktokStripeVendor",
]
