"""Webhooks of apps in the sandbox Saleor: registered by mutation, their bodies made from the
subscription they were registered with."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any

from graphql import GraphQLError, GraphQLSchema, execute, parse, validate
from graphql.language.ast import Document, OperationDefinition

from .errors import Invalid, PermissionDenied
from .ids import parse_id
from .queries import Context
from .records import App, Hook
from .shop_views import View, app_view, hook_view, user_view

Input = dict[str, Any]
SYNC_EVENTS = {
    "PAYMENT_GATEWAY_INITIALIZE_SESSION": "PaymentGatewayInitializeSession",
    "TRANSACTION_INITIALIZE_SESSION": "TransactionInitializeSession",
    "TRANSACTION_PROCESS_SESSION": "TransactionProcessSession",
    "TRANSACTION_CHARGE_REQUESTED": "TransactionChargeRequested",
    "TRANSACTION_REFUND_REQUESTED": "TransactionRefundRequested",
    "TRANSACTION_CANCELATION_REQUESTED": "TransactionCancelationRequested",
}
"""Event -> the type its subscription selects from."""


def hook_of(app: App | None, event: str) -> Hook | None:
    """The app's active webhook for an event."""
    hook = app.hooks.get(event) if app is not None and app.is_active else None
    return hook if hook is not None and hook.is_active else None


def payload(context: Context, app: App, hook: Hook, values: View) -> dict[str, Any]:
    """The body: what the subscription selects of the event. Raises ``GraphQLError``."""
    issuer = context.app or context.staff
    event = {
        "__typename": SYNC_EVENTS[hook.event],
        "issuedAt": datetime.now(UTC),
        "version": "3.23.28",
        "issuingPrincipal": issuer
        and (app_view(issuer) if isinstance(issuer, App) else user_view(issuer)),
        "recipient": app_view(app),
        **values,
    }
    own = Context(context.state, app)
    result = execute(
        _events(), _as_query(hook.query), root_value={"event": event}, context_value=own
    )
    if result.errors:
        raise GraphQLError(str(result.errors[0]))
    selected: dict[str, Any] = result.data["event"]
    return selected


@cache
def _events() -> GraphQLSchema:
    """The subscriptions' schema, to be asked like a query."""
    from .schema import executable

    whole = executable()
    types = [kind for name, kind in whole.get_type_map().items() if name in SYNC_EVENTS.values()]
    return GraphQLSchema(query=whole.get_type("Subscription"), types=types)


@lru_cache(maxsize=64)
def _as_query(text: str) -> Document:
    document = parse(text)
    for definition in document.definitions:
        if isinstance(definition, OperationDefinition):
            definition.operation = "query"
    return document


def check_query(text: str) -> None:
    """``Invalid`` unless it is a subscription of the slice."""
    try:
        document = parse(text)
        kinds = [d.operation for d in document.definitions if isinstance(d, OperationDefinition)]
        problems = validate(_events(), _as_query(text)) if kinds == ["subscription"] else ["kind"]
    except GraphQLError as error:
        raise Invalid("query", "SYNTAX", str(error)) from None
    if problems:
        raise Invalid("query", "UNABLE_TO_PARSE", f"Unable to parse the query: {problems[0]}")


def webhook_create(context: Context, args: Input) -> View:
    """An app makes its own; one per event here."""
    app = context.require_app()
    data = args["input"]
    events = data.get("syncEvents") or []
    if len(events) != 1 or events[0] not in SYNC_EVENTS:
        raise Invalid("syncEvents", "INVALID", "The sandbox takes one payment event per webhook.")
    if not data.get("query"):
        raise Invalid("query", "MISSING_SUBSCRIPTION", "A subscription query is required.")
    hook = Hook(context.state.next_key(), events[0], "", "", "")
    _fill(hook, data)
    app.hooks[hook.event] = hook
    return {"webhook": hook_view(hook)}


def webhook_update(context: Context, args: Input) -> View:
    """Only an app's own."""
    app = context.require_app()
    kind, key = parse_id(args.get("id") or "")
    hook = next((one for one in app.hooks.values() if one.key == key), None)
    if kind != "Webhook" or hook is None:
        raise PermissionDenied("MANAGE_APPS")
    _fill(hook, args["input"])
    return {"webhook": hook_view(hook)}


def _fill(hook: Hook, data: Input) -> None:
    if data.get("query"):
        check_query(data["query"])
        hook.query = data["query"]
    hook.name = data.get("name") or hook.name
    hook.target_url = data.get("targetUrl") or hook.target_url
    hook.secret = data.get("secretKey") or hook.secret
    hook.is_active = data.get("isActive", hook.is_active)
