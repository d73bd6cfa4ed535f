"""The events log: what happened, as `/v1/events` tells it, and who is notified."""

from __future__ import annotations

from typing import Any

from saleor_tiktok_stripe.sandbox.stripe.world import API_VERSION, Account, Object


def copied(value: Any) -> Any:
    """A deep copy of plain JSON data."""
    if isinstance(value, dict):
        return {name: copied(below) for name, below in value.items()}
    if isinstance(value, list):
        return [copied(below) for below in value]
    return value


def emit(
    account: Account, type_: str, thing: Object, previous: dict[str, Any] | None = None
) -> Object:
    """Log an event about an object as it is now (a snapshot) and queue its webhooks.

    `previous`: `previous_attributes` of an `*.updated` event. Returns the event.
    """
    data: dict[str, Any] = {"object": copied(thing)}
    if previous is not None:
        data["previous_attributes"] = copied(previous)
    request_id, key = account.world.serving
    event = account.put(
        {
            "id": account.new_id("evt"),
            "object": "event",
            "api_version": API_VERSION,
            "created": account.now(),
            "data": data,
            "livemode": account.livemode,
            "pending_webhooks": 0,
            "request": {"id": request_id, "idempotency_key": key},
            "type": type_,
        }
    )
    account.world.outbox.notify(account, event)
    return event
