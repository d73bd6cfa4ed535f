"""The webhook endpoint of a channel at Stripe: created, checked, repaired, removed.

Stripe tells an endpoint's secret only when it is created, and cannot change its API version. So one
whose secret was lost, or that speaks another version, is replaced: the new one first, its secret
beside the old, then the old one goes. Lost answers leave endpoints that bear our mark but are not
the one we keep: the next check removes them.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Final

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from ... import conf, inbox
from ...errors import ChannelError, RetryLater
from ...models import Connection
from ...stripe_api.client import StripeClient
from ...stripe_api.endpoints import API_VERSION
from ...stripe_api.errors import NotFound
from ...stripe_api.types import WebhookEndpoint
from ...stripe_api.webhooks import CONNECT_EVENTS, EVENTS
from ...transport import Lane
from .. import audit
from ..host import webhook_address
from .credentials import StripeCredentials, credentials, write
from .vendor import client_of

logger = logging.getLogger("saleor_tiktok_stripe.accounts")

LEASE: Final = timedelta(seconds=60)
"""Two at once would create two endpoints, each removing the other's."""
PATIENCE: Final = 8.0
"""Seconds. Saving the keys asks for a verification in the background while a page verifies too."""
_PAUSE: Final = 0.2


@dataclass(frozen=True)
class EndpointReport:
    """``repaired`` names what was mended (``created``, ``enabled``, ``url``, ``events``,
    ``version``, ``secret``), ``removed`` how many stale ones of ours are gone, ``foreign`` the ids
    of endpoints that others made for our address."""

    repaired: tuple[str, ...] = ()
    removed: int = 0
    foreign: tuple[str, ...] = ()


def marks(connection: Connection) -> dict[str, str]:
    """What an endpoint of this channel is known by at Stripe."""
    return {
        "plugin": conf.PLUGIN_ID,
        "saleor_instance": conf.instance(),
        "saleor_channel": connection.channel_slug[:500],
    }


def ensure_endpoint(connection: Connection, client: StripeClient) -> EndpointReport:
    """See to it that Stripe tells this channel of all its events; doing it again changes nothing.

    Another process that is at it is waited for; after ``PATIENCE`` seconds raises ``RetryLater``
    (``STRIPE_WEBHOOK_BUSY``). Raises what the client raises. An endpoint is only ever replaced when
    Stripe says that it does not exist.
    """
    until = time.monotonic() + PATIENCE
    while not (taken := _take_lease(connection)) and time.monotonic() < until:
        time.sleep(_PAUSE)
    if not taken:
        raise RetryLater(
            "STRIPE_WEBHOOK_BUSY", "The webhook endpoint is being set up.", retry_after=5.0
        )
    try:
        connection.refresh_from_db()
        return _ensure(connection, client)
    finally:
        Connection.objects.filter(pk=connection.pk).update(refresh_lease_until=None)


def remove_endpoint(connection: Connection, client: StripeClient) -> int:
    """Remove this channel's endpoint and its stale ones, of this installation only; how many."""
    held = credentials(connection)
    ours = [one.id for one in client.webhook_endpoints() if _is_ours(connection, held, one)]
    for endpoint_id in ours:
        client.delete_webhook_endpoint(endpoint_id)
    return len(ours)


def forget_endpoint(held: StripeCredentials) -> None:
    """Best effort: the endpoint of an account that this channel left."""
    try:
        client = client_of(held.secret_key, lane=Lane.INTERACTIVE)
        client.delete_webhook_endpoint(held.endpoint_id)
    except ChannelError as error:
        logger.warning("endpoint %s was not removed: %s", held.endpoint_id, error.code)


def _take_lease(connection: Connection) -> bool:
    now = timezone.now()
    free = Q(refresh_lease_until__isnull=True) | Q(refresh_lease_until__lt=now)
    rows = Connection.objects.filter(free, pk=connection.pk)
    return bool(rows.update(refresh_lease_until=now + LEASE))


def _ensure(connection: Connection, client: StripeClient) -> EndpointReport:
    held = credentials(connection)
    everywhere = client.webhook_endpoints()
    kept = _kept(connection, held, client, everywhere)
    repaired: tuple[str, ...] = ()
    lacks = _lacks(held, kept)
    if kept is None or lacks:
        kept = _create(connection, client)
        repaired = (lacks or "created",)
    else:
        repaired = _mend(connection, client, kept)
    ours = partial(_is_ours, connection, held)
    stale = [one.id for one in everywhere if one.id != kept.id and ours(one)]
    for endpoint_id in stale:
        client.delete_webhook_endpoint(endpoint_id)
    address = webhook_address(connection)
    others = [
        one.id for one in everywhere if one.url == address and one.id not in {kept.id, *stale}
    ]
    if repaired or stale:
        data = {"repaired": ", ".join(repaired), "removed": str(len(stale))}
        audit.record("connection.webhooks_registered", connection, audit.SYSTEM, data=data)
    return EndpointReport(repaired, len(stale), tuple(others))


def _kept(
    connection: Connection,
    held: StripeCredentials,
    client: StripeClient,
    everywhere: tuple[WebhookEndpoint, ...],
) -> WebhookEndpoint | None:
    """The endpoint we know; else one made by hand for our address, when its secret was entered."""
    if held.endpoint_id:
        try:
            return client.webhook_endpoint(held.endpoint_id)
        except NotFound:
            logger.info("connection %s: its webhook endpoint is gone", connection.pk)
            return None
    if not held.webhook_secrets:
        return None
    address = webhook_address(connection)
    by_hand = [one for one in everywhere if one.url == address]
    if len(by_hand) != 1:
        return None
    _store(connection, lambda stored: replace(stored, endpoint_id=by_hand[0].id))
    return by_hand[0]


def _lacks(held: StripeCredentials, kept: WebhookEndpoint | None) -> str:
    """What only a new endpoint can mend."""
    if kept is None:
        return ""
    if kept.api_version != API_VERSION:
        return "version"
    return "" if held.webhook_secrets else "secret"


def _create(connection: Connection, client: StripeClient) -> WebhookEndpoint:
    # A fresh key each time: an endpoint whose answer was lost is found by its marks and removed.
    made = client.create_webhook_endpoint(
        webhook_address(connection),
        _events(connection),
        description=f"Saleor channel {connection.channel_slug}"[:500],
        metadata=marks(connection),
        connect=_by_platform(connection),
        key=f"endpoint:{uuid.uuid4()}",
    )
    _store(connection, lambda held: replace(held.with_secret(made.secret), endpoint_id=made.id))
    return made


def _mend(connection: Connection, client: StripeClient, kept: WebhookEndpoint) -> tuple[str, ...]:
    address, events = webhook_address(connection), _events(connection)
    wrong = {
        "url": kept.url != address,
        "events": "*" not in kept.events and not set(events) <= set(kept.events),
        "enabled": not kept.enabled,
    }
    repaired = tuple(name for name, is_wrong in wrong.items() if is_wrong)
    if repaired:
        client.update_webhook_endpoint(
            kept.id, url=address, events=events, enabled=True, key=f"endpoint:{uuid.uuid4()}"
        )
    return repaired


def _by_platform(connection: Connection) -> bool:
    return credentials(connection).mode == "connect"


def _events(connection: Connection) -> tuple[str, ...]:
    return CONNECT_EVENTS if _by_platform(connection) else EVENTS


def _is_ours(connection: Connection, held: StripeCredentials, one: WebhookEndpoint) -> bool:
    """Our mark; other channels and installations in the same account keep theirs."""
    ours = marks(connection)
    return one.id == held.endpoint_id or {name: one.metadata.get(name) for name in ours} == ours


def _store(
    connection: Connection, change: Callable[[StripeCredentials], StripeCredentials]
) -> None:
    with transaction.atomic():
        row = Connection.objects.select_for_update(no_key=True).get(pk=connection.pk)
        row.credentials = write(change(credentials(row)))
        row.save(update_fields=["credentials", "updated_at"])
        transaction.on_commit(partial(inbox.forget, row.channel_slug))
    connection.refresh_from_db()
