"""Connections, and what was found about them."""

from __future__ import annotations

from typing import Any

import graphene

from ...accounts import Finding, findings
from ...models import Connection
from ..core.ids import global_id
from ..core.scalars import DateTime


class TiktokStripeVendor(graphene.Enum):
    """Whose account it is."""

    TIKTOK = "tiktok"
    STRIPE = "stripe"


class TiktokStripeConnectionState(graphene.Enum):
    """Where a connection stands."""

    PENDING = "pending"
    ACTIVE = "active"
    NEEDS_REAUTH = "needs_reauth"
    DISABLED = "disabled"


class TiktokStripeSeverity(graphene.Enum):
    """How bad a finding is."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


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
