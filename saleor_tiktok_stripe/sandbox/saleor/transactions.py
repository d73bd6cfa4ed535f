"""Transactions of the sandbox Saleor: amounts are the sum of their events."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from .errors import Invalid, PermissionDenied
from .ids import global_id, parse_id, parse_part
from .queries import Context
from .state import Event, Order, State, Transaction
from .views import View, event_view, transaction_view

Input = dict[str, Any]
ZERO = Decimal(0)
AMOUNTS = {
    "amountAuthorized": ("authorized", "AUTHORIZATION_SUCCESS"),
    "amountCharged": ("charged", "CHARGE_SUCCESS"),
    "amountRefunded": ("refunded", "REFUND_SUCCESS"),
    "amountCanceled": ("canceled", "CANCEL_SUCCESS"),
}
_GROWS = {kind: name for name, kind in AMOUNTS.values()}
_SHRINKS = {
    "CHARGE_SUCCESS": "authorized",
    "REFUND_SUCCESS": "charged",
    "CANCEL_SUCCESS": "authorized",
}
"""What an event takes from: only when it has a reference; manual ones state the result."""


def recalculate(item: Transaction) -> None:
    """Sum the events; an adjustment of the authorization replaces what came before."""
    totals = dict.fromkeys(_GROWS.values(), ZERO)
    for event in item.events:
        if event.type == "AUTHORIZATION_ADJUSTMENT":
            totals["authorized"] = event.amount
        if name := _GROWS.get(event.type):
            totals[name] += event.amount
        if event.psp_reference and (name := _SHRINKS.get(event.type)):
            totals[name] -= event.amount
        if event.type == "CHARGE_BACK":
            totals["charged"] -= event.amount
        if event.type == "REFUND_REVERSE":
            totals["charged"] += event.amount
            totals["refunded"] -= event.amount
    totals["authorized"] = max(totals["authorized"], ZERO)
    for name, amount in totals.items():
        setattr(item, name, amount)


def _named(args: Input) -> str:
    """Saleor takes either the id or the token inside it, never both."""
    if ("id" in args) == ("token" in args):
        raise Invalid("id", "INVALID", "Argument id is required when token is not provided.")
    return args.get("id") or global_id("TransactionItem", UUID(args["token"]).int)


def find_transaction(state: State, value: str | None) -> tuple[Order, int]:
    """Its order and position; ``Invalid`` where there is none."""
    kind, key, index = parse_part(value or "")
    order = state.orders.get(key)
    if kind != "TransactionItem" or order is None or index >= len(order.transactions):
        raise Invalid("id", "NOT_FOUND", f"Couldn't resolve to a node: {value}")
    return order, index


def transaction_event_report(context: Context, args: Input) -> View:
    """Once per reference and type; the first report makes a transaction without owner ours."""
    context.require("HANDLE_PAYMENTS")
    order, index = find_transaction(context.state, _named(args))
    item = order.transactions[index]
    app = context.require_app()
    if item.app not in (0, app.key):
        raise PermissionDenied("OWNER", "HANDLE_PAYMENTS")
    amount = args.get("amount")
    if amount is None:
        words = f"The `amount` field is required for {args['type']} event."
        raise Invalid("amount", "REQUIRED", words)
    for number, event in enumerate(item.events):
        if (event.type, event.psp_reference) == (args["type"], args["pspReference"]):
            if event.amount != amount:
                raise Invalid(
                    "pspReference",
                    "INCORRECT_DETAILS",
                    "The transaction with provided `pspReference` and `type` already exists "
                    "with different amount.",
                )
            return _reported(order, index, number, known=True)
    when = args.get("time") or datetime.now(UTC)
    message = args.get("message") or ""
    item.events.append(Event(args["type"], amount, args["pspReference"], message, when))
    item.app = app.key
    item.actions = list(args.get("availableActions", item.actions))
    recalculate(item)
    return _reported(order, index, len(item.events) - 1, known=False)


def _reported(order: Order, index: int, number: int, *, known: bool) -> View:
    return {
        "alreadyProcessed": known,
        "transaction": transaction_view(order, index),
        "transactionEvent": event_view(order, index, number),
    }


def transaction_create(context: Context, args: Input) -> View:
    """Not idempotent: the same reference twice makes two transactions."""
    context.require("HANDLE_PAYMENTS")
    kind, key = parse_id(args["id"])
    order = context.state.orders.get(key)
    if kind != "Order" or order is None:
        raise Invalid("id", "NOT_FOUND", f"Couldn't resolve to Checkout or Order: {args['id']}")
    data = args["transaction"]
    item = Transaction(
        name=data.get("name") or "",
        message=data.get("message") or "",
        psp_reference=data.get("pspReference") or "",
        external_url=data.get("externalUrl") or "",
        actions=list(data.get("availableActions") or ()),
        metadata={pair["key"]: pair["value"] for pair in data.get("metadata") or ()} or None,
        private_metadata=None,
        app=context.require_app().key,
        created=datetime.now(UTC),
    )
    _adjust(order, item, data)
    order.transactions.append(item)
    return {"transaction": transaction_view(order, len(order.transactions) - 1)}


def transaction_update(context: Context, args: Input) -> View:
    """Brings each stated amount to its value with manual events."""
    context.require("HANDLE_PAYMENTS")
    order, index = find_transaction(context.state, _named(args))
    item = order.transactions[index]
    data = args.get("transaction") or {}
    item.name = data.get("name", item.name)
    item.message = data.get("message", item.message)
    item.psp_reference = data.get("pspReference", item.psp_reference)
    _adjust(order, item, data)
    return {"transaction": transaction_view(order, index)}


def _adjust(order: Order, item: Transaction, data: Input) -> None:
    """Manual events that bring each amount to what was stated."""
    now = datetime.now(UTC)
    for name, (attribute, kind) in AMOUNTS.items():
        money = data.get(name)
        if money is None:
            continue
        if money["currency"] != order.currency:
            words = f"Currency needs to be the same as for order: {order.currency}"
            raise Invalid("transaction", "INCORRECT_CURRENCY", words)
        change = money["amount"] - getattr(item, attribute)
        if change:
            words = "Manual adjustment of the transaction."
            item.events.append(Event(kind, change, "", words, now))
    recalculate(item)
