"""Payments in Saleor over its API: a transaction as it stands, and what is reported to it.

Saleor's arithmetic is described in ``saleor/payment/transaction_item_calculations.py`` (3.20-3.24):
events of one reference belong together, and of two that contradict each other the later
``createdAt`` wins.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NoReturn

from ...errors import Parked, Problem, RetryLater
from ..ids import database_id
from ..transactions import EventReport, PaymentTransaction, TransactionEvent
from . import reading
from .client import Client

ANSWER_SECONDS: Final = 120.0
"""How long a request of Saleor's for a refund may wait for its answer."""
_TICK: Final = timedelta(microseconds=1)
_REQUEST: Final = "_REQUEST"
_PENDING: Final = {
    "AUTHORIZATION": "authorizePendingAmount",
    "CHARGE": "chargePendingAmount",
    "REFUND": "refundPendingAmount",
    "CANCEL": "cancelPendingAmount",
}
View = Mapping[str, Any]


def find(client: Client, transaction_id: str) -> PaymentTransaction | None:
    """See ``Saleor.transaction``: one query."""
    if database_id("TransactionItem", transaction_id) is None:
        return None
    view = client.query("transaction", {"id": transaction_id})["transaction"]
    return None if view is None else payment(view)


def payment(view: View) -> PaymentTransaction:
    """From a transaction of an answer."""
    order, checkout = view["order"], view["checkout"]
    channel = (order or checkout or {}).get("channel") or {}
    return PaymentTransaction(
        id=view["id"],
        channel_slug=channel.get("slug", ""),
        currency=view["authorizedAmount"]["currency"],
        psp_reference=view["pspReference"],
        order_id=order["id"] if order else "",
        order_number=order["number"] if order else "",
        checkout_id=checkout["id"] if checkout else "",
        app_identifier=(view["createdBy"] or {}).get("identifier") or "",
        actions=tuple(view["actions"]),
        events=_events(view),
        authorized=reading.amount(view["authorizedAmount"]),
        charged=reading.amount(view["chargedAmount"]),
        refunded=reading.amount(view["refundedAmount"]),
        canceled=reading.amount(view["canceledAmount"]),
        authorize_pending=reading.amount(view["authorizePendingAmount"]),
        charge_pending=reading.amount(view["chargePendingAmount"]),
        refund_pending=reading.amount(view["refundPendingAmount"]),
        cancel_pending=reading.amount(view["cancelPendingAmount"]),
    )


def _events(view: View) -> list[TransactionEvent]:
    ended = {
        (item["type"].partition("_")[0], item["pspReference"])
        for item in view["events"]
        if item["type"] and item["type"].endswith(("_SUCCESS", "_FAILURE")) and item["createdBy"]
    }
    events = [
        TransactionEvent(
            type=item["type"] or "",
            psp_reference=item["pspReference"],
            amount=reading.amount(item["amount"]),
            message=item["message"],
            created_at=datetime.fromisoformat(item["createdAt"]),
            counts=_counts(view, item, ended),
        )
        for item in view["events"]
    ]
    return sorted(events, key=lambda event: event.created_at or datetime.min.replace(tzinfo=UTC))


def _counts(view: View, item: View, ended: set[tuple[str, str]]) -> bool:
    """Saleor does not show it. Failures that it wrote itself have no author and do not count; a
    request counts once it has a reference, but for the one a session begins with: that is told by
    what is pending.
    """
    kind = item["type"] or ""
    action = kind.partition("_")[0]
    if kind.endswith("_FAILURE"):
        return item["createdBy"] is not None
    if not kind.endswith(_REQUEST):
        return True
    if not item["pspReference"]:
        return False
    pending = reading.amount(view[_PENDING[action]])
    return (action, item["pspReference"]) in ended or pending > 0


def report(
    client: Client, transaction_id: str, events: Sequence[EventReport], actions: Sequence[str]
) -> None:
    """See ``Saleor.report_events``.

    Looked up first: Saleor answers a known reference with another amount by a failure event, and
    writes an INFO or an ACTION_REQUIRED again each time it is told. Raises ``Parked`` when the
    transaction is gone, ``RetryLater`` while Saleor waits for the answer to a request for a refund
    (a report that comes first would not find its granted refund, and leave it pending for good).
    """
    known = find(client, transaction_id)
    if known is None:
        _deleted(transaction_id)
    told = {(event.type, event.psp_reference) for event in known.events}
    latest = _latest(known.events)
    said = None
    for new in events:
        if (new.type, new.psp_reference) in told:
            continue
        _wait_for_answer(known, new)
        told.add((new.type, new.psp_reference))
        time = _time(new, latest.get(new.psp_reference))
        latest[new.psp_reference] = time
        client.mutate("transactionEventReport", _variables(known.id, new, time, actions))
        said = actions
    if set(said if said is not None else known.actions) != set(actions):
        token = reading.transaction_token(known.id)
        data = {"availableActions": list(actions)}
        client.mutate("transactionUpdate", {"token": token, "transaction": data})


def _variables(
    transaction_id: str, new: EventReport, time: datetime, actions: Sequence[str]
) -> dict[str, Any]:
    return {
        "token": reading.transaction_token(transaction_id),
        "type": new.type,
        "pspReference": new.psp_reference,
        "amount": new.amount,
        "message": new.message,
        "time": time,
        "externalUrl": new.external_url,
        "availableActions": list(actions),
    }


def _latest(events: Sequence[TransactionEvent]) -> dict[str, datetime]:
    found: dict[str, datetime] = {}
    for event in events:
        if event.created_at is not None:
            found[event.psp_reference] = event.created_at
    return found


def _time(new: EventReport, newest: datetime | None) -> datetime:
    """When it happened, but after what is known of the same reference: gateways tell whole
    seconds, and a success dated before its request would leave a granted refund pending for good.
    """
    at = new.happened_at or datetime.now(UTC)
    return max(at, newest + _TICK) if newest else at


def _wait_for_answer(known: PaymentTransaction, new: EventReport) -> None:
    if not new.type.startswith("REFUND_"):
        return
    requests = [event for event in known.events if event.type == "REFUND_REQUEST"]
    if any(event.psp_reference == new.psp_reference for event in requests):
        return
    refused = sum(e.type == "REFUND_FAILURE" and not e.psp_reference for e in known.events)
    waiting = [event for event in requests if not event.psp_reference][refused:]
    young = datetime.now(UTC) - timedelta(seconds=ANSWER_SECONDS)
    if any(event.created_at is not None and event.created_at > young for event in waiting):
        raise RetryLater(
            "SALEOR_AWAITS_ANSWER",
            "Saleor still waits for the answer to a request for a refund.",
            retry_after=2.0,
        )


def _deleted(name: str) -> NoReturn:
    raise Parked(
        Problem(
            "TRANSACTION_DELETED",
            "follow",
            "The payment's transaction does not exist in Saleor any more.",
            "Nothing can be reported to it, and nothing needs to be done.",
            {"id": name},
        )
    )
