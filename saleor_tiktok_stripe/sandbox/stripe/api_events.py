"""The events log over the API: 30 days, newest first (reference: backfill)."""

from __future__ import annotations

from collections.abc import Iterable

from saleor_tiktok_stripe.sandbox.stripe.errors import invalid, missing
from saleor_tiktok_stripe.sandbox.stripe.money import DAY
from saleor_tiktok_stripe.sandbox.stripe.paging import page
from saleor_tiktok_stripe.sandbox.stripe.params import PAGING, flag, items, text, when
from saleor_tiktok_stripe.sandbox.stripe.registry import Request, route
from saleor_tiktok_stripe.sandbox.stripe.webhooks import delivered
from saleor_tiktok_stripe.sandbox.stripe.world import Account, Object

KEPT = 30 * DAY
MOST_TYPES = 20


def _kept(account: Account) -> Iterable[Object]:
    since = account.now() - KEPT
    return (event for event in account.of("event") if event["created"] > since)


def _fits(type_: str, pattern: str) -> bool:
    if pattern.endswith("*"):
        return type_.startswith(pattern[:-1])
    return type_ == pattern


@route("GET", "/v1/events/{id}", scope="event")
def retrieve(request: Request) -> Object:
    """An event of the last 30 days."""
    account, id_ = request.account, request.path["id"]
    event = account.get("event", id_)
    if event["created"] <= account.now() - KEPT:
        raise missing("event", id_)
    return event


@route(
    "GET",
    "/v1/events",
    params={
        **PAGING,
        "created": when(),
        "delivery_success": flag(),
        "type": text(),
        "types": items(),
    },
    scope="event",
)
def listed(request: Request) -> Object:
    """Events by type (with wildcards) or types, by time, by whether they were delivered."""
    account = request.account
    types = request.get("types") or []
    if types and request.get("type"):
        raise invalid("You may only specify one of these parameters: type, types.", "types")
    if len(types) > MOST_TYPES:
        raise invalid(f"You may specify up to {MOST_TYPES} types.", "types")
    patterns = [request.get("type")] if request.get("type") else types
    wanted = request.get("delivery_success")
    rows = [
        event
        for event in _kept(account)
        if (not patterns or any(_fits(event["type"], pattern) for pattern in patterns))
        and wanted in (None, delivered(account, event))
    ]
    return page(request, _with_cursors(request, rows), "/v1/events", "event")


def _with_cursors(request: Request, rows: list[Object]) -> list[Object]:
    """A cursor may be an event that the filters leave out: then the place where it would be."""
    account = request.account
    for name, newer in (("ending_before", True), ("starting_after", False)):
        id_ = request.get(name)
        if not id_ or any(row["id"] == id_ for row in rows):
            continue
        if account.find("event", id_) is None:
            raise missing("event", id_, name, 400)
        ids = list(account.objects["event"])
        place = ids.index(id_)
        side = set(ids[place + 1 :] if newer else ids[:place])
        rows = [row for row in rows if row["id"] in side]
        request.params.pop(name)
    return rows
