"""Transactions of the sandbox Saleor: found by id, created and updated by hand, reported about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from .amounts import exact, recalculate
from .errors import Invalid, PermissionDenied
from .ids import global_id, parse_id
from .queries import Context
from .records import Checkout, Event, Found, Grant, Order, Transaction
from .state import State, transaction_at
from .views import View, event_view, transaction_view

Input = dict[str, Any]
MESSAGE_LIMIT = 512
AMOUNTS = {
    "amountAuthorized": ("authorized", "AUTHORIZATION_SUCCESS"),
    "amountCharged": ("charged", "CHARGE_SUCCESS"),
    "amountRefunded": ("refunded", "REFUND_SUCCESS"),
    "amountCanceled": ("canceled", "CANCEL_SUCCESS"),
}
_MONEY_COMES = frozenset(
    {"AUTHORIZATION_REQUEST", "AUTHORIZATION_SUCCESS", "CHARGE_REQUEST", "CHARGE_SUCCESS"}
)
_REFUNDING = frozenset({"REFUND_REQUEST", "REFUND_SUCCESS", "REFUND_FAILURE", "REFUND_REVERSE"})
_MAY_REPEAT = frozenset({"AUTHORIZATION_ACTION_REQUIRED", "CHARGE_ACTION_REQUIRED", "INFO"})
_GRANT_STATUS = {
    "REFUND_SUCCESS": "SUCCESS",
    "REFUND_REQUEST": "PENDING",
    "REFUND_FAILURE": "FAILURE",
    "REFUND_REVERSE": "NONE",
}
# Where an amount that was not given is taken from: the newest event of these types.
_AMOUNT_FROM = {
    "CHARGE_FAILURE": ("CHARGE_SUCCESS", "CHARGE_REQUEST", "AUTHORIZATION_SUCCESS",
                       "AUTHORIZATION_REQUEST", "AUTHORIZATION_FAILURE"),
    "REFUND_FAILURE": ("REFUND_SUCCESS", "REFUND_REQUEST", "CHARGE_SUCCESS", "CHARGE_REQUEST",
                       "CHARGE_FAILURE"),
    "CANCEL_FAILURE": ("CANCEL_SUCCESS", "CANCEL_REQUEST", "AUTHORIZATION_SUCCESS",
                       "AUTHORIZATION_REQUEST", "AUTHORIZATION_FAILURE"),
    "AUTHORIZATION_FAILURE": ("AUTHORIZATION_SUCCESS", "AUTHORIZATION_REQUEST"),
    "REFUND_REVERSE": ("REFUND_SUCCESS",),
    "CHARGE_BACK": ("CHARGE_SUCCESS",),
}  # fmt: skip
_OTHER_AMOUNT = (
    "The transaction with provided `pspReference` and `type` already exists with different amount."
)
_AUTHORIZED_TWICE = (
    "Event with `AUTHORIZATION_SUCCESS` already reported for the transaction. Use "
    "`AUTHORIZATION_ADJUSTMENT` to change the authorization amount."
)


@dataclass(frozen=True)
class Added:
    """What came of an event: itself or the one that was there, and why it was refused."""

    event: Event
    known: bool = False
    refusal: str = ""


def named(args: Input) -> str:
    """Saleor takes either the id or the token inside it, never both."""
    if (args.get("id") is None) == (args.get("token") is None):
        raise Invalid("id", "INVALID", "Argument id is required when token is not provided.")
    return args.get("id") or global_id("TransactionItem", UUID(args["token"]).int)


def find_transaction(state: State, value: str | None) -> Found:
    """Where it is; ``Invalid`` where there is none."""
    found = transaction_at(state, value or "")
    if found is None:
        raise Invalid("id", "NOT_FOUND", f"Couldn't resolve to a node: {value}")
    return found


def add_event(item: Transaction, event: Event) -> Added:
    """Once per type and reference; only the first authorization counts as one."""
    event.message = event.message[:MESSAGE_LIMIT]
    for known in item.events:
        same = (known.type, known.psp_reference) == (event.type, event.psp_reference)
        if same and event.type not in _MAY_REPEAT:
            refusal = "" if known.amount == event.amount else _OTHER_AMOUNT
            return Added(known, known=True, refusal=refusal)
    if event.type == "AUTHORIZATION_SUCCESS" and any(
        known.type == "AUTHORIZATION_SUCCESS" for known in item.events
    ):
        return Added(event, refusal=_AUTHORIZED_TWICE)
    item.events.append(event)
    return Added(event)


def add_failure(owner: Checkout | Order, item: Transaction, of: Event, cause: str) -> Event:
    """Saleor's own record that something came to nothing: it does not count."""
    action = of.type.partition("_")[0]
    failed = of.type if of.type == "INFO" else f"{action}_FAILURE"
    event = Event(
        failed,
        of.amount,
        of.psp_reference,
        cause,
        datetime.now(UTC),
        counts=False,
        grant=of.grant,
    )
    item.events.append(event)
    refresh_grant(owner, item, of.grant)
    return event


def refresh_grant(owner: Checkout | Order, item: Transaction, index: int) -> None:
    """A granted refund goes by the newest refund event that belongs to it."""
    if index < 0 or isinstance(owner, Checkout):
        return
    grant: Grant = owner.grants[index]
    events: Sequence[Event] = [
        event for event in item.events if event.grant == index and event.type in _GRANT_STATUS
    ]
    if events:
        newest = max(events, key=lambda event: event.created)
        grant.status = _GRANT_STATUS[newest.type]


def transaction_event_report(context: Context, args: Input) -> View:
    """Once per reference and type; the first report makes a transaction without owner ours."""
    context.require("HANDLE_PAYMENTS")
    found = find_transaction(context.state, named(args))
    owner, item = found.owner, found.item
    if item.app and (context.app is None or item.app != context.app.key):
        raise PermissionDenied("OWNER", "HANDLE_PAYMENTS")
    event = Event(
        args["type"],
        exact(_amount(item, args), owner.currency),
        args["pspReference"],
        args.get("message") or "",
        args.get("time") or datetime.now(UTC),
        external_url=args.get("externalUrl") or "",
        by=context.teller,
        grant=_grant_of(item, args),
    )
    added = add_event(item, event)
    if added.refusal:
        add_failure(owner, item, event, added.refusal)
        if added.known:
            raise Invalid("pspReference", "INCORRECT_DETAILS", added.refusal)
        raise Invalid("type", "ALREADY_EXISTS", added.refusal)
    if args.get("availableActions") is not None:
        item.actions = list(dict.fromkeys(args["availableActions"]))
    if not added.known:
        _follow(context, found, event)
    return {
        "alreadyProcessed": added.known,
        "transaction": transaction_view(context.state, found),
        "transactionEvent": event_view(context.state, found, item.events.index(added.event)),
    }


def _follow(context: Context, found: Found, event: Event) -> None:
    item = found.item
    if event.type in _MONEY_COMES and not item.psp_reference:
        item.psp_reference = event.psp_reference
    if context.app is not None and not item.app:
        item.app = context.app.key
    settle(found, event)


def settle(found: Found, event: Event) -> None:
    """After an event that counts: the sums, the order's history, the granted refund."""
    before = isinstance(found.owner, Order) and _fully_paid(found.owner)
    recalculate(found.item)
    if isinstance(found.owner, Order):
        if not before and _fully_paid(found.owner):
            found.owner.notes.append(("ORDER_FULLY_PAID", ""))
        refresh_grant(found.owner, found.item, event.grant)


def _fully_paid(order: Order) -> bool:
    return order.charged >= order.total_gross - order.granted


def _amount(item: Transaction, args: Input) -> Decimal:
    amount: Decimal | None = args.get("amount")
    if amount is not None:
        return amount
    kind = args["type"]
    if kind == "INFO":
        return Decimal(0)
    if kind not in _AMOUNT_FROM:
        words = f"The `amount` field is required for {kind.lower()} event."
        raise Invalid("amount", "REQUIRED", words)
    fitting = [
        event
        for event in item.events
        if event.psp_reference == args["pspReference"] and event.type in _AMOUNT_FROM[kind]
    ]
    if not fitting:
        words = "Unable to deduce the amount from the previous events."
        raise Invalid("amount", "REQUIRED", words)
    return max(fitting, key=lambda event: event.created).amount


def _grant_of(item: Transaction, args: Input) -> int:
    """A report finds the granted refund through the request of the same reference."""
    if args["type"] not in _REFUNDING:
        return -1
    for event in reversed(item.events):
        if event.type == "REFUND_REQUEST" and event.psp_reference == args["pspReference"]:
            return event.grant
    return -1


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
    order.transactions.append(item)
    try:
        _adjust(context, order, item, data)
    except Invalid:
        order.transactions.pop()
        raise
    found = Found(order, item, (order.key << 16) + len(order.transactions) - 1)
    return {"transaction": transaction_view(context.state, found)}


def transaction_update(context: Context, args: Input) -> View:
    """Brings each stated amount to its value with manual events."""
    context.require("HANDLE_PAYMENTS")
    found = find_transaction(context.state, named(args))
    item = found.item
    if item.app and (context.app is None or item.app != context.app.key):
        raise PermissionDenied("OWNER", "HANDLE_PAYMENTS")
    data = args.get("transaction") or {}
    if context.app is not None and not item.app:
        item.app = context.app.key
    item.name = data.get("name", item.name)
    item.message = data.get("message", item.message)
    item.psp_reference = data.get("pspReference", item.psp_reference)
    item.actions = list(data.get("availableActions", item.actions))
    _adjust(context, found.owner, item, data)
    return {"transaction": transaction_view(context.state, found)}


def _adjust(context: Context, owner: Checkout | Order, item: Transaction, data: Input) -> None:
    """Manual events that bring each amount to what was stated."""
    now = datetime.now(UTC)
    for name, (attribute, kind) in AMOUNTS.items():
        money = data.get(name)
        if money is None:
            continue
        if money["currency"] != owner.currency:
            words = f"Currency needs to be the same as for order: {owner.currency}"
            raise Invalid("transaction", "INCORRECT_CURRENCY", words)
        change = money["amount"] - getattr(item, attribute)
        if change:
            words = "Manual adjustment of the transaction."
            item.events.append(Event(kind, change, "", words, now, by=context.teller))
    recalculate(item)


def order_transaction(state: State, order: Order, value: str) -> int:
    """The position of an order's transaction; -1 where it is not the order's."""
    found = transaction_at(state, value)
    if found is None or found.owner is not order:
        return -1
    return next(at for at, item in enumerate(order.transactions) if item is found.item)
