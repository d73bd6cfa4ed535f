"""The account, what its key may do, its webhook endpoints and its log of events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from . import endpoints
from .account_records import AccountWire, BalanceWire, WebhookEndpointWire
from .calls import PAGE, Calls, checked_metadata, seconds
from .capabilities import SCOPES, Capability
from .endpoints import API_VERSION
from .errors import NotFound
from .types import Account, Notification, WebhookEndpoint
from .webhooks import of_event

KINDS_AT_ONCE = 20
"""How many types a list of events may be filtered by."""


class AccountCalls(Calls):
    """The account. Webhook endpoints belong to the key's own account, also with Connect."""

    def account(self) -> Account:
        """The connected account, or the key's own. ``PermissionMissing`` where the key may not
        read it: some account types cannot grant that."""
        connected = self._gateway.account_id
        if connected:
            row = self._gateway.call(endpoints.CONNECTED_ACCOUNT, of=connected)
        else:
            row = self._gateway.call(endpoints.OWN_ACCOUNT)
        return self._gateway.build(row, AccountWire, AccountWire.account, endpoints.OWN_ACCOUNT)

    def livemode(self) -> bool:
        """Whether real money moves, as Stripe says (the account itself does not tell)."""
        row = self._gateway.call(endpoints.BALANCE)
        return self._gateway.build(row, BalanceWire, BalanceWire.mode, endpoints.BALANCE)

    def probe(self, capability: Capability) -> None:
        """Read the least that ``capability`` needs. Raises ``PermissionMissing`` without it."""
        scope = SCOPES[capability]
        if scope.by_id:
            try:
                self._gateway.call(scope.probe, of=scope.by_id)
            except NotFound:
                return
        elif capability is Capability.ACCOUNT:
            self.account()
        else:
            self._gateway.call(scope.probe, {"limit": 1})

    def webhook_endpoints(self) -> tuple[WebhookEndpoint, ...]:
        """All endpoints of the account in this mode, whoever made them; without secrets."""
        rows = self._gateway.pages(endpoints.WEBHOOKS, {"limit": PAGE})
        return tuple(self._webhook(row, endpoints.WEBHOOKS) for row in rows)

    def webhook_endpoint(self, endpoint_id: str) -> WebhookEndpoint:
        """Raises ``NotFound`` when it is gone."""
        row = self._gateway.call(endpoints.WEBHOOK, of=endpoint_id)
        return self._webhook(row, endpoints.WEBHOOK)

    def create_webhook_endpoint(
        self,
        url: str,
        events: Sequence[str],
        *,
        description: str = "",
        metadata: Mapping[str, str] | None = None,
        connect: bool = False,
        key: str,
    ) -> WebhookEndpoint:
        """Create an endpoint of our API version; only this answer holds its secret. ``connect``:
        it hears of connected accounts."""
        params = {
            "url": url,
            "enabled_events": list(events),
            "api_version": API_VERSION,
            "description": description or None,
            "metadata": checked_metadata(metadata),
            "connect": True if connect else None,
        }
        row = self._gateway.call(endpoints.WEBHOOK_CREATE, params, key=key)
        return self._webhook(row, endpoints.WEBHOOK_CREATE)

    def update_webhook_endpoint(
        self,
        endpoint_id: str,
        *,
        url: str = "",
        events: Sequence[str] = (),
        enabled: bool | None = None,
        key: str,
    ) -> WebhookEndpoint:
        """Change what is given. Version and kind (connect) cannot be changed: make a new one."""
        params = {
            "url": url or None,
            "enabled_events": list(events) or None,
            "disabled": None if enabled is None else not enabled,
        }
        row = self._gateway.call(endpoints.WEBHOOK_UPDATE, params, key=key, of=endpoint_id)
        return self._webhook(row, endpoints.WEBHOOK_UPDATE)

    def delete_webhook_endpoint(self, endpoint_id: str) -> None:
        """One that is gone already is no error."""
        try:
            self._gateway.call(endpoints.WEBHOOK_DELETE, of=endpoint_id)
        except NotFound:
            return

    def events(
        self,
        *,
        since: datetime,
        until: datetime | None = None,
        kinds: Sequence[str] = (),
        undelivered: bool = False,
    ) -> Iterator[Notification]:
        """What happened from ``since`` to ``until`` (both included; None: now), oldest first, at
        most 30 days back.

        ``kinds`` are types (``charge.dispute.*`` fits all of a family); none: everything.
        ``undelivered``: only those that some webhook endpoint of the account did not take. Stripe
        gives the newest first, so all pages are read before the first event is yielded.
        """
        wanted = [
            list(kinds[at : at + KINDS_AT_ONCE]) for at in range(0, len(kinds), KINDS_AT_ONCE)
        ]
        found: dict[str, Notification] = {}
        for types in wanted or [[]]:
            created = {"gte": seconds(since)} | ({"lte": seconds(until)} if until else {})
            params: dict[str, Any] = {"created": created, "limit": PAGE}
            if types:
                params["types"] = types
            if undelivered:
                params["delivery_success"] = False
            for row in self._gateway.pages(endpoints.EVENTS, params):
                notification = of_event(row)
                found.setdefault(notification.event_id, notification)
        oldest_first = list(reversed(found.values()))
        yield from sorted(oldest_first, key=_happened)

    def _webhook(self, row: Mapping[str, Any], endpoint: endpoints.Endpoint) -> WebhookEndpoint:
        return self._gateway.build(row, WebhookEndpointWire, WebhookEndpointWire.endpoint, endpoint)


def _happened(notification: Notification) -> float:
    return notification.created_at.timestamp() if notification.created_at else 0.0
