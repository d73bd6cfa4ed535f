"""The app's own webhooks in Saleor: what makes the sidecar a payment app. An app may make and
change its own without a permission (Saleor 3.20-3.24)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ... import conf
from ...errors import Parked, Problem
from .client import Client
from .requests import subscriptions


def register(client: Client, target_url: str, secret: str) -> list[str]:
    """Make Saleor ask ``target_url`` for every payment event, signed with ``secret``; returns the
    events that were new. Repeated, it mends address, secret and subscriptions.

    ``Parked`` when the app is not the one storefronts name as the gateway.
    """
    app = client.query("appWebhooks", {})["app"]
    if app["identifier"] != conf.PLUGIN_ID:
        raise Parked(
            Problem(
                "SALEOR_APP_IDENTIFIER",
                "saleor",
                f"The app of SALEOR_APP_TOKEN has the identifier {app['identifier'] or '(none)'}.",
                f"Create the app with the identifier {conf.PLUGIN_ID} (appCreate).",
            )
        )
    known = {
        event["eventType"]: hook["id"]
        for hook in app["webhooks"] or ()
        for event in hook["syncEvents"]
    }
    made = []
    for event, query in subscriptions().items():
        data = _input(event, query, target_url, secret)
        if event in known:
            client.mutate("webhookUpdate", {"id": known[event], "input": data})
        else:
            client.mutate("webhookCreate", {"input": data})
            made.append(event)
    return made


def _input(event: str, query: str, target_url: str, secret: str) -> Mapping[str, Any]:
    return {
        "name": event.replace("_", " ").capitalize(),
        "targetUrl": target_url,
        "secretKey": secret,
        "syncEvents": [event],
        "isActive": True,
        "query": query,
    }
