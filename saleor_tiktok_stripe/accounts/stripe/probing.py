"""What the key may do, permission by permission, each with what stops without it."""

from __future__ import annotations

from collections.abc import Iterator

from ...errors import ChannelError, NeedsReauthorization
from ...models import Connection
from ...stripe_api.capabilities import SCOPES, Capability
from ...stripe_api.client import StripeClient
from ...stripe_api.errors import PermissionMissing
from ..findings import Finding, Severity
from .policy import stripe_policy

_ASKED_ELSEWHERE = frozenset({Capability.ACCOUNT, Capability.WEBHOOKS})
"""The account and the endpoint are read anyway, and say it themselves."""


def wanted(connection: Connection) -> tuple[Capability, ...]:
    """What this channel uses: payment records only while sales are mirrored."""
    mirrored = stripe_policy(connection).mirror_tiktok
    return tuple(
        capability
        for capability in Capability
        if capability not in _ASKED_ELSEWHERE
        and (mirrored or capability is not Capability.PAYMENT_RECORDS)
    )


def examine_permissions(connection: Connection, client: StripeClient) -> Iterator[Finding]:
    """A finding for each capability. Raises ``NeedsReauthorization`` when the key is refused."""
    for capability in wanted(connection):
        yield _probed(capability, client)


def missing(capability: Capability) -> Finding:
    """The finding for a permission that the key lacks."""
    scope = SCOPES[capability]
    return Finding(
        "STRIPE_SCOPE_MISSING",
        Severity.WARNING if scope.optional else Severity.ERROR,
        capability.value,
        f"The key lacks a permission. What does not work: {scope.purpose}.",
        f"Add {scope.words} to the key in Stripe's dashboard (Developers, API keys, Edit).",
    )


def _probed(capability: Capability, client: StripeClient) -> Finding:
    scope = SCOPES[capability]
    try:
        client.probe(capability)
    except PermissionMissing:
        return missing(capability)
    except NeedsReauthorization:
        raise
    except ChannelError as error:
        return Finding(
            "STRIPE_SCOPE_UNKNOWN",
            Severity.WARNING,
            capability.value,
            f"Whether this works could not be found out: {scope.purpose}. {error.message}",
            "Verify again in some minutes.",
        )
    seen = "" if scope.access == "Read" else " (reading was tried; writing shows when it is used)"
    return Finding(
        "STRIPE_SCOPE_OK", Severity.OK, capability.value, f"Works: {scope.purpose}{seen}."
    )
