"""How a storefront pays in the sandbox Saleor: anonymous, through the app named as the gateway.

As Saleor 3.20-3.24: the app is asked by webhook while the storefront waits; its answer becomes an
event. The request's own event does not count unless the answer is itself a ``*_REQUEST``, and a
final event that counts ends the session: it is answered again without asking the app.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from graphql import GraphQLError

from .amounts import ZERO, exact
from .errors import Invalid, PermissionDenied
from .hooks import hook_of, payload
from .ids import parse_id
from .queries import Context
from .records import App, Checkout, Event, Found, Order, Transaction
from .transactions import add_event, add_failure, find_transaction, named, settle
from .views import View, checkout_view, event_view, order_view, transaction_view

Input = dict[str, Any]
ACTIONS = frozenset({"CHARGE", "REFUND", "CANCEL"})
_REQUESTS = frozenset({"AUTHORIZATION_REQUEST", "CHARGE_REQUEST"})
_SUCCESSES = frozenset({"AUTHORIZATION_SUCCESS", "CHARGE_SUCCESS"}) | _REQUESTS
_FAILURES = frozenset({"AUTHORIZATION_FAILURE", "CHARGE_FAILURE"})
_WAITING = frozenset({"AUTHORIZATION_ACTION_REQUIRED", "CHARGE_ACTION_REQUIRED"})
_FINAL = _SUCCESSES | _FAILURES
_RESULTS = _FINAL | _WAITING | {"CANCEL_SUCCESS"}
_NOT_DELIVERED = "Failed to delivery request."
_NO_GATEWAY = "Active app with `HANDLE_PAYMENT` permissions or app webhook not found."


def payment_gateway_initialize(context: Context, args: Input) -> View:
    """Every gateway named, or all there are when none is."""
    source = find_source(context, args["id"])
    amount = _asked_amount(source, args.get("amount"))
    wanted = {item["id"]: item.get("data") for item in args.get("paymentGateways") or ()}
    if not wanted:
        wanted = {app.identifier: None for app in _gateways(context) if app.identifier}
    configs = [
        _gateway_config(context, source, amount, identifier, data)
        for identifier, data in wanted.items()
    ]
    return {"gatewayConfigs": configs}


def _gateways(context: Context) -> list[App]:
    event = "PAYMENT_GATEWAY_INITIALIZE_SESSION"
    return [app for app in context.state.apps.values() if hook_of(app, event)]


def _gateway_config(
    context: Context, source: Checkout | Order, amount: Decimal, identifier: str, data: Any
) -> View:
    app = context.state.gateway(identifier)
    if app is None or hook_of(app, "PAYMENT_GATEWAY_INITIALIZE_SESSION") is None:
        return _config_error(identifier, "NOT_FOUND", _NO_GATEWAY)
    values = {"sourceObject": _source_view(context, source), "data": data, "amount": amount}
    answer = _ask(context, app, "PAYMENT_GATEWAY_INITIALIZE_SESSION", values)
    if answer is None or "data" not in answer:
        return _config_error(identifier, "INVALID", "Unable to process a payment gateway response.")
    return {"id": identifier, "data": answer.get("data"), "errors": []}


def _config_error(identifier: str, code: str, words: str) -> View:
    return {
        "id": identifier,
        "data": None,
        "errors": [{"field": "id", "message": words, "code": code}],
    }


def transaction_initialize(context: Context, args: Input) -> View:
    """One transaction per idempotency key; the app is asked again for the same key."""
    gateway = args["paymentGateway"]
    source = find_source(context, args["id"])
    key = _idempotency_key(args)
    flow = _flow(context, source, args.get("action"))
    address = _customer_ip(context, args)
    amount = _asked_amount(source, args.get("amount"))
    app = context.state.gateway(gateway["id"])
    if app is None:
        raise Invalid("paymentGateway", "NOT_FOUND", "App with provided identifier not found.")
    found = _transaction(context, source, app, key)
    request = _request_event(found.item, f"{flow}_REQUEST", amount, key)
    values = _session_values(context, found, request, flow, gateway.get("data"), address)
    values["idempotencyKey"] = key
    answer = _ask(context, app, "TRANSACTION_INITIALIZE_SESSION", values)
    event = _apply(found, request, app, answer)
    return _session_answer(context, found, event, answer)


def _idempotency_key(args: Input) -> str:
    key = args.get("idempotencyKey")
    if key == "":
        raise Invalid("idempotencyKey", "INVALID", "Cannot be provided as an empty string.")
    return key or str(uuid4())


def _flow(context: Context, source: Checkout | Order, asked: str | None) -> str:
    """The channel's own unless an app that handles payments chose."""
    if not asked:
        return source.channel.flow
    if context.app is None or not context.may("HANDLE_PAYMENTS"):
        raise PermissionDenied("HANDLE_PAYMENTS")
    return asked


def _customer_ip(context: Context, args: Input) -> str:
    given = args.get("customerIpAddress")
    if not given:
        return context.ip
    if context.app is None or not context.may("HANDLE_PAYMENTS"):
        raise PermissionDenied("HANDLE_PAYMENTS")
    return str(given)


def _transaction(context: Context, source: Checkout | Order, app: App, key: str) -> Found:
    taken = Invalid(
        "idempotencyKey",
        "UNIQUE",
        "Different transaction with provided idempotency key already exists.",
    )
    number = context.state.idempotency_keys.get((app.key, key))
    if number is not None:
        owner = context.state.payers[number]
        if owner is not source:
            raise taken
        item = next(one for one in owner.transactions if one.key == number)
        return Found(source, item, number)
    item = Transaction(
        name="",
        message="",
        psp_reference="",
        external_url="",
        actions=[],
        metadata=None,
        private_metadata=None,
        app=app.key,
        created=datetime.now(UTC),
        idempotency_key=key,
    )
    found = context.state.pay(source, item)
    context.state.idempotency_keys[app.key, key] = found.key
    return found


def _request_event(item: Transaction, kind: str, amount: Decimal, key: str) -> Event:
    for event in item.events:
        if event.idempotency_key == key:
            if (event.type, event.amount) != (kind, amount):
                words = "Different transaction with provided idempotency key already exists."
                raise Invalid("idempotencyKey", "UNIQUE", words)
            return event
    now = datetime.now(UTC)
    event = Event(kind, amount, "", "", now, counts=False, idempotency_key=key)
    item.events.append(event)
    return event


def transaction_process(context: Context, args: Input) -> View:
    """Asks the app how it stands, unless a final event counts already."""
    found = find_transaction(context.state, named(args))
    item = found.item
    done = next((event for event in item.events if event.type in _FINAL and event.counts), None)
    if done is not None:
        return _session_answer(context, found, done, None)
    request = next((e for e in item.events if e.type in _REQUESTS and not e.counts), None)
    if request is None:
        raise Invalid("id", "INVALID", "Missing call of `transactionInitialize` mutation.")
    app = next((one for one in context.state.apps.values() if one.key == item.app), None)
    if app is None or not app.identifier:
        words = "Transaction doesn't have attached app that could process the request."
        raise Invalid("id", "MISSING_PAYMENT_APP_RELATION", words)
    if not app.is_active:
        words = "Payment app attached to the transaction, doesn't exist."
        raise Invalid("id", "MISSING_PAYMENT_APP", words)
    flow = request.type.partition("_")[0]
    address = _customer_ip(context, args)
    values = _session_values(context, found, request, flow, args.get("data"), address)
    answer = _ask(context, app, "TRANSACTION_PROCESS_SESSION", values)
    event = _apply(found, request, app, answer)
    return _session_answer(context, found, event, answer)


def _session_values(
    context: Context, found: Found, request: Event, flow: str, data: Any, address: str
) -> View:
    view = transaction_view(context.state, found)
    return {
        "transaction": view,
        "sourceObject": _source_view(context, found.owner),
        "data": data,
        "merchantReference": view["id"],
        "customerIpAddress": address,
        "action": {
            "amount": request.amount,
            "currency": found.owner.currency,
            "actionType": flow,
        },
    }


def _ask(context: Context, app: App, event: str, values: View) -> Mapping[str, Any] | None:
    """The app's answer; the storefront's request waits, others are served meanwhile."""
    hook = hook_of(app, event)
    if hook is None or context.courier is None:
        return None
    body = payload(context, app, hook, values)
    with context.outside():
        answer = context.courier.ask(hook, body)
    return answer if isinstance(answer, dict) else None


def _apply(found: Found, request: Event, app: App, answer: Mapping[str, Any] | None) -> Event:
    """The event that the answer makes of the session."""
    item = found.item
    if answer is None:
        return add_failure(found.owner, item, request, _NOT_DELIVERED)
    try:
        event = read_event(answer, request, found.owner.currency, app, _RESULTS)
    except ValueError as error:
        return add_failure(found.owner, item, request, str(error))
    if event.type in _REQUESTS:
        request.type, request.amount = event.type, event.amount
        request.psp_reference, request.message = event.psp_reference, event.message
        request.created, request.external_url = event.created, event.external_url
        request.counts, request.by = True, app.key
        event = request
    else:
        added = add_event(item, event)
        if added.refusal:
            return add_failure(found.owner, item, request, added.refusal)
        event = added.event
        request.psp_reference = event.psp_reference
    if event.type in _SUCCESSES:
        item.psp_reference = event.psp_reference
        if answer.get("actions") is not None:
            item.actions = read_actions(answer)
        settle(found, event)
    elif event.psp_reference:
        item.psp_reference = event.psp_reference
    return event


def read_event(
    answer: Mapping[str, Any], request: Event, currency: str, app: App, allowed: frozenset[str]
) -> Event:
    """An app's answer as an event. ``ValueError`` in Saleor's manner for what it refuses."""
    result = answer.get("result")
    if result not in allowed:
        words = f"Missing or invalid value for `result`: {result}. Possible values: "
        raise ValueError(words + ", ".join(sorted(allowed)) + ".")
    reference = answer.get("pspReference") or ""
    if not reference and result.endswith(("_SUCCESS", "_REQUEST")) and result != "CANCEL_SUCCESS":
        raise ValueError("Missing value for field: pspReference.")
    url = str(answer.get("externalUrl") or "")
    if url and not urlsplit(url).netloc:
        raise ValueError("Incorrect value for field: externalUrl.")
    try:
        amount = exact(Decimal(str(answer.get("amount") or request.amount)), currency)
    except InvalidOperation:
        raise ValueError("Incorrect value for field: amount.") from None
    when = answer.get("time")
    return Event(
        result,
        amount,
        reference,
        str(answer.get("message") or ""),
        datetime.fromisoformat(when) if when else datetime.now(UTC),
        external_url=url,
        by=app.key,
        grant=request.grant,
    )


def read_actions(answer: Mapping[str, Any]) -> list[str]:
    """Those that Saleor knows, each once."""
    return list(dict.fromkeys(one for one in answer["actions"] if one in ACTIONS))


def _session_answer(
    context: Context, found: Found, event: Event, answer: Mapping[str, Any] | None
) -> View:
    index = next(at for at, one in enumerate(found.item.events) if one is event)
    return {
        "transaction": transaction_view(context.state, found),
        "transactionEvent": event_view(context.state, found, index),
        "data": answer.get("data") if answer else None,
    }


def find_source(context: Context, value: str) -> Checkout | Order:
    """The checkout or order of this id."""
    kind, key = parse_id(value)
    if kind not in {"Checkout", "Order"}:
        if not kind:
            raise GraphQLError(f"Invalid ID: {value}. Expected one of: Checkout, Order.")
        words = f"Invalid ID: {value}. Expected one of: Checkout, Order, received: {kind}."
        raise Invalid("id", "INVALID", words)
    state = context.state
    found = state.checkouts.get(key) if kind == "Checkout" else state.orders.get(key)
    if found is None:
        raise Invalid("id", "NOT_FOUND", "`Order` or `Checkout` not found.")
    return found


def _asked_amount(source: Checkout | Order, given: Decimal | None) -> Decimal:
    """What was asked for, else what no transaction covers yet."""
    if given is not None:
        return exact(given, source.currency)
    left = source.total_gross
    for item in source.transactions:
        left -= max(item.authorized, item.charged) + item.authorize_pending + item.charge_pending
    return exact(max(left, ZERO), source.currency)


def _source_view(context: Context, source: Checkout | Order) -> View:
    if isinstance(source, Checkout):
        return {"__typename": "Checkout", **checkout_view(context.state, source)}
    return {"__typename": "Order", **order_view(context.state, source)}
