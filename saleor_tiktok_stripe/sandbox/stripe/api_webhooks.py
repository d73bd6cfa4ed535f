"""Webhook endpoints over the API (reference: webhook endpoint through the API)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from saleor_tiktok_stripe.sandbox.stripe.errors import invalid, refused
from saleor_tiktok_stripe.sandbox.stripe.paging import page
from saleor_tiktok_stripe.sandbox.stripe.params import (
    PAGING,
    flag,
    items,
    merged_metadata,
    metadata,
    text,
)
from saleor_tiktok_stripe.sandbox.stripe.registry import Request, route
from saleor_tiktok_stripe.sandbox.stripe.world import Account, Object

KIND = "webhook_endpoint"
SCOPE = "webhook"
MOST = 16


def _checked_url(account: Account, url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise invalid("Invalid URL: An explicit scheme (such as https) must be provided.", "url")
    if account.livemode and parts.scheme != "https":
        raise invalid("Invalid URL: URLs must be HTTPS in live mode.", "url", "url_invalid")
    return url


def _checked_events(events: Any) -> list[str]:
    if not events:
        raise invalid("You must enable at least one event.", "enabled_events")
    return list(events)


def add_endpoint(
    account: Account,
    url: str,
    events: Sequence[str],
    *,
    api_version: str | None = None,
    description: str | None = None,
    meta: dict[str, str] | None = None,
    connect: bool = False,
) -> tuple[Object, str]:
    """A new endpoint and its secret, which nobody is told again."""
    if len(account.objects[KIND]) >= MOST:
        mode = "live" if account.livemode else "test"
        said = f"You have reached the maximum of {MOST} {mode} webhook endpoints."
        raise refused(said)
    endpoint = account.put(
        {
            "id": account.new_id("we"),
            "object": KIND,
            "api_version": api_version,
            "application": None,
            "created": account.now(),
            "description": description,
            "enabled_events": list(events),
            "livemode": account.livemode,
            "metadata": meta or {},
            "status": "enabled",
            "url": url,
        }
    )
    secret, account.first_webhook_secret = account.first_webhook_secret, ""
    secret = secret or account.new_id("whsec", 32)
    account.note(endpoint["id"]).update(secrets=[(secret, None)], connect=connect)
    return endpoint, secret


@route(
    "POST",
    "/v1/webhook_endpoints",
    params={
        "api_version": text(),
        "connect": flag(),
        "description": text(),
        "enabled_events": items(required=True),
        "metadata": metadata(),
        "url": text(required=True),
    },
    scope=SCOPE,
)
def create(request: Request) -> Object:
    """A new endpoint; only this answer holds its `secret`."""
    account = request.account
    endpoint, secret = add_endpoint(
        account,
        _checked_url(account, request.get("url")),
        _checked_events(request.get("enabled_events")),
        api_version=request.get("api_version") or None,
        description=request.get("description") or None,
        meta=merged_metadata({}, request.get("metadata")),
        connect=request.get("connect", False),
    )
    return {**endpoint, "secret": secret}


@route("GET", "/v1/webhook_endpoints/{id}", scope=SCOPE)
def retrieve(request: Request) -> Object:
    """An endpoint, without its secret."""
    return request.account.get(KIND, request.path["id"])


@route(
    "POST",
    "/v1/webhook_endpoints/{id}",
    params={
        "description": text(),
        "disabled": flag(),
        "enabled_events": items(),
        "metadata": metadata(),
        "url": text(),
    },
    scope=SCOPE,
)
def update(request: Request) -> Object:
    """Everything but version and Connect can be changed."""
    account = request.account
    endpoint = account.get(KIND, request.path["id"])
    if request.get("url"):
        endpoint["url"] = _checked_url(account, request.get("url"))
    if "enabled_events" in request.params:
        endpoint["enabled_events"] = _checked_events(request.get("enabled_events"))
    if "description" in request.params:
        endpoint["description"] = request.get("description") or None
    if "disabled" in request.params:
        endpoint["status"] = "disabled" if request.get("disabled") else "enabled"
    endpoint["metadata"] = merged_metadata(endpoint["metadata"], request.get("metadata"))
    return endpoint


@route("DELETE", "/v1/webhook_endpoints/{id}", scope=SCOPE)
def delete(request: Request) -> Object:
    """Gone; what waits for it is not sent any more."""
    endpoint = request.account.get(KIND, request.path["id"])
    del request.account.objects[KIND][endpoint["id"]]
    return {"id": endpoint["id"], "object": KIND, "deleted": True}


@route("GET", "/v1/webhook_endpoints", params=PAGING, scope=SCOPE)
def listed(request: Request) -> Object:
    """Endpoints, newest first."""
    return page(request, request.account.of(KIND), "/v1/webhook_endpoints", KIND)
