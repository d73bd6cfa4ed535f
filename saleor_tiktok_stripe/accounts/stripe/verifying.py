"""Verify a Stripe connection: every part that must fit, each finding with its cure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.utils import timezone

from ...errors import ChannelError, InvalidInput, NeedsReauthorization
from ...models import Connection, ConnectionState, InboundEvent
from ...saleor_api.types import ChannelInfo
from ...stripe_api import webhooks
from ...stripe_api.capabilities import Capability
from ...stripe_api.client import StripeClient
from ...stripe_api.errors import PermissionMissing
from ...stripe_api.keys import KeyKind, key_kind
from ...stripe_api.money import PRECISIONS
from ...transport import Lane
from .. import host, saleor_side
from ..findings import Finding, Severity, clock, no_answer
from ..states import mark_needs_reauth
from .account_side import examine_account
from .credentials import credentials
from .endpoints import EndpointReport, ensure_endpoint
from .probing import examine_permissions, missing
from .vendor import stripe_client

NEW_KEY: Final = "Create a restricted key in Stripe's dashboard and enter it in the settings."
CONSENT: Final = "Open the connect link in the plugin's settings and give consent once more."
_LOOK_BACK: Final = timedelta(hours=1)
_PROMPT: Final = timedelta(minutes=10)
"""An event that takes longer was not delivered when it happened."""
_CLOCK_TOLERANCE: Final = webhooks.TOLERANCE - 60
_NO_ACCOUNT: Final = {
    ConnectionState.PENDING: (
        "STRIPE_NOT_CONNECTED",
        "No Stripe account is connected yet.",
        "Enter the account's keys in the plugin's settings, or open the connect link there.",
    ),
    ConnectionState.DISABLED: (
        "STRIPE_DISCONNECTED",
        "Payments by Stripe are switched off or disconnected for this channel.",
        "Switch the plugin on for this channel, or enter the account's keys again.",
    ),
}


def examine(connection: Connection) -> list[Finding]:
    """Check everything payments need, and repair the webhook endpoint.

    Never raises for what is wrong with Stripe, Saleor or the deployment: each such thing is a
    finding. Calls Stripe, Saleor and the channel's own public address.
    """
    found = [*_standing(connection), *_stripe(connection)]
    found += saleor_side.examine(connection, (currency,))
    return found + host.examine(connection)


def currency(connection: Connection, channel: ChannelInfo) -> list[Finding]:
    """Whether Stripe takes payments in the channel's currency."""
    if channel.currency in PRECISIONS:
        words = f"Stripe takes payments in {channel.currency}."
        return [Finding("STRIPE_CURRENCY_OK", Severity.OK, channel.currency, words)]
    return [
        Finding(
            "STRIPE_CURRENCY_UNKNOWN",
            Severity.ERROR,
            channel.currency,
            f"Stripe takes no payments in {channel.currency}, the currency of {channel.slug}.",
            "Use a channel with another currency for payments by Stripe.",
        )
    ]


def _standing(connection: Connection) -> list[Finding]:
    state = ConnectionState(connection.state)
    if state == ConnectionState.NEEDS_REAUTH:
        return [_ended(connection, connection.state_reason)]
    if state != ConnectionState.ACTIVE:
        code, message, cure = _NO_ACCOUNT[state]
        return [Finding(code, Severity.ERROR, connection.channel_slug, message, cure)]
    mode = "live" if connection.livemode else "test"
    words = f"Connected to {connection.account_name} ({mode} mode)."
    said = Finding("STRIPE_CONNECTED", Severity.OK, connection.account_id, words)
    return [said, *_keys(connection)]


def _ended(connection: Connection, reason: str) -> Finding:
    return Finding(
        "STRIPE_KEY_ENDED",
        Severity.ERROR,
        connection.account_name,
        f"Stripe does not accept the connection any more: {reason}",
        CONSENT if credentials(connection).mode == "connect" else NEW_KEY,
    )


def _keys(connection: Connection) -> list[Finding]:
    held = credentials(connection)
    kind = key_kind(held.secret_key).kind
    if kind == KeyKind.SECRET and held.mode == "api_key":
        return [
            Finding(
                "STRIPE_KEY_FULL_ACCESS",
                Severity.WARNING,
                "",
                "This is a standard secret key (sk_…): whoever gets hold of it can do anything in "
                "the account.",
                "Create a restricted key (rk_…) with the permissions of the manual and enter it "
                "instead.",
            )
        ]
    if kind == KeyKind.UNKNOWN or key_kind(held.publishable_key).kind != KeyKind.PUBLISHABLE:
        return [
            Finding(
                "STRIPE_KEY_UNUSUAL",
                Severity.WARNING,
                "",
                "One of the keys has a form that is not known here, so its mode could not be "
                "checked.",
                "Check that both keys are of the same account and mode.",
            )
        ]
    return []


def _stripe(connection: Connection) -> list[Finding]:
    """What only Stripe can tell; the connection must be active."""
    if connection.state != ConnectionState.ACTIVE:
        return []
    client: StripeClient | None = None
    found: list[Finding] = []
    try:
        client = stripe_client(connection, lane=Lane.INTERACTIVE)
        found += examine_account(connection, client)
        found += examine_permissions(connection, client)
        found += _webhooks(connection, client)
        found += _undelivered(connection, client)
    except NeedsReauthorization as error:
        mark_needs_reauth(connection, error.message)
        found = [_ended(connection, error.message)]
    except ChannelError as error:
        found.append(no_answer("STRIPE_FAILED", "Stripe", error, "payments"))
    return [*found, *_clock(client)]


def _webhooks(connection: Connection, client: StripeClient) -> list[Finding]:
    wrong = host.address_problem(connection)
    if wrong is not None:
        return [wrong]
    try:
        report = ensure_endpoint(connection, client)
    except PermissionMissing:
        return [missing(Capability.WEBHOOKS), *_by_hand(connection)]
    except NeedsReauthorization:
        raise
    except (ChannelError, InvalidInput) as error:
        return [
            Finding(
                "STRIPE_WEBHOOK_FAILED",
                Severity.ERROR,
                error.code,
                f"The webhook endpoint could not be set up: {error.message}",
                "Mend this and verify again. Until then payments are caught up by polling.",
            )
        ]
    return _told(report)


def _told(report: EndpointReport) -> list[Finding]:
    found = [
        Finding(
            "STRIPE_WEBHOOK_FOREIGN",
            Severity.WARNING,
            endpoint_id,
            f"The endpoint {endpoint_id}, made by somebody else, sends to this address too. What "
            "it sends is refused, and Stripe repeats it.",
            "Remove that endpoint in Stripe's dashboard under Developers, Webhooks.",
        )
        for endpoint_id in report.foreign
    ]
    if report.repaired:
        words = f"The webhook endpoint was mended: {', '.join(report.repaired)}."
        subject = ", ".join(report.repaired)
        return [Finding("STRIPE_WEBHOOK_REPAIRED", Severity.OK, subject, words), *found]
    words = "Stripe tells this channel of all its events."
    return [Finding("STRIPE_WEBHOOK_OK", Severity.OK, "", words), *found]


def _by_hand(connection: Connection) -> list[Finding]:
    """Without the permission an endpoint can be made by hand, and its secret entered."""
    if credentials(connection).webhook_secrets:
        return []
    return [
        Finding(
            "STRIPE_WEBHOOK_SECRET_MISSING",
            Severity.ERROR,
            host.webhook_address(connection),
            "No webhook signing secret is known, so nothing that Stripe sends can be trusted.",
            "Add the permission to the key, or create an endpoint for this address in Stripe's "
            "dashboard and enter its signing secret in the settings.",
        )
    ]


def _undelivered(connection: Connection, client: StripeClient) -> list[Finding]:
    """Events of the last hour that an endpoint of the account did not take, and that were not here
    in time either."""
    now = timezone.now()
    try:
        late = {
            one.event_id: one.created_at
            for one in client.events(
                since=now - _LOOK_BACK, kinds=webhooks.EVENTS, undelivered=True
            )
            if one.created_at is not None and now - one.created_at > _PROMPT
        }
    except PermissionMissing:
        return []
    waiting = len(late) - _in_time(connection, late)
    if not waiting:
        return []
    return [
        Finding(
            "STRIPE_DELIVERIES_PENDING",
            Severity.WARNING,
            str(waiting),
            f"{waiting} events of the last hour could not be delivered here by Stripe.",
            "Check that the notification address answers from outside (proxy, firewall, domain). "
            "What was missed is caught up by polling.",
        )
    ]


def _in_time(connection: Connection, late: dict[str, datetime]) -> int:
    received = InboundEvent.objects.filter(connection=connection, event_key__in=list(late))
    return sum(
        moment - late[key] <= _PROMPT
        for key, moment in received.values_list("event_key", "received_at")
    )


def _clock(client: StripeClient | None) -> list[Finding]:
    """Webhooks stamped more than five minutes off our clock are refused by us."""
    cure = "Synchronize the server's clock (NTP). What seems five minutes old is refused."
    skew = client.clock_skew if client is not None else None
    return clock(skew, "Stripe", (-_CLOCK_TOLERANCE, _CLOCK_TOLERANCE), cure)
