"""What staff ask of a payment in the sandbox Saleor: charge, refund, cancel, granted refund.

As Saleor 3.20-3.24: the request is an event that does not count until the app named its reference;
the app is told after the mutation was answered.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import uuid4

from .amounts import exact
from .errors import Invalid
from .hooks import hook_of, payload
from .ids import parse_part
from .queries import Context
from .records import App, Event, Found, Grant, Order, Transaction
from .sessions import read_actions, read_event
from .state import State
from .transactions import add_event, add_failure, find_transaction, named, refresh_grant, settle
from .views import View, grant_view, transaction_view

Input = dict[str, Any]
NOBODY = "No app or plugin is configured to handle payment action requests."
_NOT_DELIVERED = "Failed to delivery request."
_HOOKS = {
    "CHARGE": "TRANSACTION_CHARGE_REQUESTED",
    "REFUND": "TRANSACTION_REFUND_REQUESTED",
    "CANCEL": "TRANSACTION_CANCELATION_REQUESTED",
}
_ORDER_EVENTS = {
    "CHARGE": "TRANSACTION_CHARGE_REQUESTED",
    "REFUND": "TRANSACTION_REFUND_REQUESTED",
    "CANCEL": "TRANSACTION_CANCEL_REQUESTED",
}


def transaction_request_action(context: Context, args: Input) -> View:
    """At most what is authorized, or for a refund charged; all of it where nothing is said."""
    context.require("HANDLE_PAYMENTS")
    found = find_transaction(context.state, named(args))
    kind = args["actionType"]
    item = found.item
    limit = item.charged if kind == "REFUND" else item.authorized
    asked = args.get("amount")
    amount = exact(asked, found.owner.currency) if asked else limit
    _request(context, found, kind, min(amount, limit), grant=-1)
    return {"transaction": transaction_view(context.state, found)}


def transaction_request_refund_for_granted_refund(context: Context, args: Input) -> View:
    """Once per granted refund, unless it failed."""
    context.require("HANDLE_PAYMENTS")
    order, index = _find_grant(context.state, args["grantedRefundId"])
    grant = order.grants[index]
    item = order.transactions[grant.transaction]
    _check_grant(grant, item.charged)
    found = Found(order, item, item.key or (order.key << 16) + grant.transaction)
    try:
        _request(context, found, "REFUND", min(grant.amount, item.charged), grant=index)
    finally:
        refresh_grant(order, item, index)
    return {"transaction": transaction_view(context.state, found)}


def _find_grant(state: State, value: str) -> tuple[Order, int]:
    kind, key, index = parse_part(value)
    order = state.orders.get(key)
    if kind != "OrderGrantedRefund" or order is None or index >= len(order.grants):
        raise Invalid("grantedRefundId", "NOT_FOUND", f"Couldn't resolve to a node: {value}")
    return order, index


def _check_grant(grant: Grant, charged: Decimal) -> None:
    name = "grantedRefundId"
    if grant.status == "PENDING":
        words = "The refund request is already in progress."
        raise Invalid(name, "REFUND_IS_PENDING", words)
    if grant.status == "SUCCESS":
        words = "The granted refund is already processed."
        raise Invalid(name, "REFUND_ALREADY_PROCESSED", words)
    if charged < grant.amount:
        words = (
            f"The granted refund amount {grant.amount} is greater than available charged amount "
            f"on transactionItem ({charged})."
        )
        raise Invalid(name, "AMOUNT_GREATER_THAN_AVAILABLE", words)


def _request(context: Context, found: Found, kind: str, amount: Decimal, *, grant: int) -> None:
    owner, item = found.owner, found.item
    request = Event(
        f"{kind}_REQUEST",
        amount,
        "",
        "",
        datetime.now(UTC),
        counts=False,
        idempotency_key=str(uuid4()),
        by=context.teller if grant < 0 else 0,
        grant=grant,
    )
    item.events.append(request)
    app = next((one for one in context.state.apps.values() if one.key == item.app), None)
    hook = hook_of(app, _HOOKS[kind])
    if app is None or hook is None or context.courier is None:
        add_failure(owner, item, request, NOBODY)
        raise Invalid("", "MISSING_TRANSACTION_ACTION_REQUEST_WEBHOOK", NOBODY)
    values = {
        "transaction": transaction_view(context.state, found),
        "action": {"actionType": kind, "amount": amount, "currency": owner.currency},
        "grantedRefund": _grant_view(context.state, found, grant),
    }
    body = payload(context, app, hook, values)
    context.courier.request(hook, body, partial(_answered, context.state, item, request, app))
    if isinstance(owner, Order):
        owner.notes.append((_ORDER_EVENTS[kind], ""))


def _grant_view(state: State, found: Found, grant: int) -> View | None:
    if grant < 0 or not isinstance(found.owner, Order):
        return None
    return grant_view(state, found.owner, grant)


def _answered(state: State, item: Transaction, request: Event, app: App, answer: Any) -> None:
    with state.lock:
        owner = state.payer_of(item)
        _take_answer(Found(owner, item, item.key), request, app, answer)


def _take_answer(found: Found, request: Event, app: App, answer: Any) -> None:
    """A reference alone is a request that counts; with a result, its outcome too."""
    owner, item = found.owner, found.item
    if not isinstance(answer, Mapping):
        add_failure(owner, item, request, _NOT_DELIVERED)
        return
    try:
        event = _outcome(answer, request, owner.currency, app)
    except ValueError as error:
        add_failure(owner, item, request, str(error))
        return
    if reference := answer.get("pspReference"):
        request.psp_reference, request.counts = str(reference), True
    if event is not None:
        added = add_event(item, event)
        if added.refusal:
            add_failure(owner, item, request, added.refusal)
            return
    if answer.get("actions") is not None:
        item.actions = read_actions(answer)
    settle(found, request)


def _outcome(answer: Mapping[str, Any], request: Event, currency: str, app: App) -> Event | None:
    action = request.type.partition("_")[0]
    if answer.get("result") is None:
        if not isinstance(answer.get("pspReference"), str):
            raise ValueError("Missing value for field: pspReference.")
        return None
    allowed = frozenset({f"{action}_SUCCESS", f"{action}_FAILURE"})
    return read_event(answer, request, currency, app, allowed)
