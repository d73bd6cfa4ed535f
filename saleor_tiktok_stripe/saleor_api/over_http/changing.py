"""Changes to orders that exist, each made once: look first, then write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, NoReturn

from ...errors import Parked, Problem
from ..ids import only_ids
from ..keys import CANCELLED_KEY, PACKAGE_KEY
from ..types import (
    Charge,
    FulfillmentState,
    Grant,
    Package,
    Refund,
    SaleorOrder,
    SaleorOrderStatus,
)
from . import reading
from .client import Client
from .inputs import pairs

PAGE = 100
UNGRANTED_PREFIX: Final = "tiktok.ungranted."
"""In an order's metadata, with a grant's key: the amount that Saleor could not take as granted."""
_LIVE = frozenset({"FULFILLED", "WAITING_FOR_APPROVAL"})


def read_orders(client: Client, ids: Sequence[str]) -> dict[str, SaleorOrder]:
    """Newest states by id; ids that do not exist are left out."""
    found: dict[str, SaleorOrder] = {}
    wanted = only_ids("Order", dict.fromkeys(ids))
    for start in range(0, len(wanted), PAGE):
        data = client.query("orders", {"ids": wanted[start : start + PAGE]})
        for edge in (data["orders"] or {}).get("edges") or ():
            order = reading.order(edge["node"])
            found[order.id] = order
    return found


def read_order(client: Client, order_id: str) -> SaleorOrder:
    """``Parked`` when it is gone."""
    found = read_orders(client, [order_id]).get(order_id)
    if found is None:
        order_gone(order_id)
    return found


def order_gone(order_id: str) -> NoReturn:
    """An order that was deleted: ``Parked``."""
    raise Parked(
        Problem(
            "SALEOR_NOT_FOUND",
            "follow",
            "The order does not exist in Saleor any more.",
            "It is not made again: nothing needs to be done if that was on purpose.",
            {"order": order_id},
        )
    )


def confirm(client: Client, order_id: str) -> None:
    """Confirm an unconfirmed order; others are left alone."""
    if read_order(client, order_id).status is SaleorOrderStatus.UNCONFIRMED:
        client.mutate("orderConfirm", {"id": order_id})


def set_metadata(client: Client, object_id: str, metadata: Mapping[str, str]) -> None:
    """Merge into the public metadata; nothing to merge, nothing sent."""
    if metadata:
        client.mutate("updateMetadata", {"id": object_id, "input": pairs(metadata)})


def adopt(
    client: Client,
    order: SaleorOrder,
    key: str,
    quantities: Mapping[str, int],
    *,
    status: frozenset[str],
    tracking_number: str,
    metadata: Mapping[str, str],
) -> str | None:
    """The fulfillment with this key, unless staff cancelled it: it is recorded again then; else one
    without any key and with the same contents, which a crash left before it got its key: it gets it
    now. None where there is neither.
    """
    for found in order.fulfillments:
        if found.metadata.get(PACKAGE_KEY) == key and found.status != "CANCELED":
            return found.id
    for found in order.fulfillments:
        if _same(found, quantities, status, tracking_number):
            set_metadata(client, found.id, {PACKAGE_KEY: key, **metadata})
            return found.id
    return None


def _same(
    found: FulfillmentState, quantities: Mapping[str, int], status: frozenset[str], tracking: str
) -> bool:
    return (
        PACKAGE_KEY not in found.metadata
        and found.status in status
        and dict(found.quantities) == dict(quantities)
        and found.tracking_number == tracking
    )


def fulfill(client: Client, order_id: str, package: Package) -> str:
    """See ``Saleor.fulfill``. Units are taken from where they are allocated, else from the
    warehouse the order was imported for. ``touch_stock`` False cannot be honoured over HTTP.
    """
    order = read_order(client, order_id)
    known = adopt(
        client,
        order,
        package.key,
        package.quantities,
        status=_LIVE,
        tracking_number=package.tracking_number,
        metadata=package.metadata,
    )
    if known is not None:
        return known
    payload = client.mutate(
        "orderFulfill",
        {
            "order": order_id,
            "input": {
                "lines": _stock_lines(client, order_id, package.quantities),
                "notifyCustomer": False,
                "allowStockToBeExceeded": True,
                "trackingNumber": package.tracking_number,
            },
        },
    )
    made = [item["id"] for item in payload["fulfillments"]]
    for fulfillment_id in made:
        set_metadata(client, fulfillment_id, {PACKAGE_KEY: package.key, **package.metadata})
    return str(made[0])


def _stock_lines(
    client: Client, order_id: str, quantities: Mapping[str, int]
) -> list[dict[str, Any]]:
    view = client.query("orderStock", {"id": order_id})["order"]
    if view is None:
        order_gone(order_id)
    default = view["privateMetafield"] or view["channel"]["warehouses"][0]["id"]
    allocations = {line["id"]: line["allocations"] or () for line in view["lines"]}
    return [
        {
            "orderLineId": line_id,
            "stocks": _split(quantity, allocations.get(line_id, ()), default),
        }
        for line_id, quantity in quantities.items()
    ]


def _split(
    quantity: int, allocations: Sequence[Mapping[str, Any]], default: str
) -> list[dict[str, Any]]:
    stocks: dict[str, int] = {}
    for item in allocations:
        taken = min(quantity, item["quantity"])
        if taken:
            stocks[item["warehouse"]["id"]] = taken
            quantity -= taken
    if quantity:
        stocks[default] = stocks.get(default, 0) + quantity
    return [{"warehouse": key, "quantity": taken} for key, taken in stocks.items()]


def cancel(client: Client, order_id: str) -> None:
    """Cancel; with shipped units, which Saleor does not cancel, the unshipped ones are returned."""
    order = read_order(client, order_id)
    if order.status is SaleorOrderStatus.CANCELED:
        return
    if any(item.status in _LIVE and item.quantities for item in order.fulfillments):
        left = {line.id: line.quantity_to_fulfill for line in order.lines}
        cancel_lines(client, order_id, {key: count for key, count in left.items() if count})
        return
    client.mutate("orderCancel", {"id": order_id})


def cancel_lines(client: Client, order_id: str, quantities: Mapping[str, int]) -> str | None:
    """Take unshipped units out; the returned group's id. Nothing to take: nothing happens."""
    lines = [
        {"orderLineId": line_id, "quantity": quantity}
        for line_id, quantity in quantities.items()
        if quantity
    ]
    if not lines:
        return None
    payload = client.mutate(
        "orderFulfillmentReturnProducts", {"order": order_id, "orderLines": lines}
    )
    made = str(payload["returnFulfillment"]["id"])
    set_metadata(client, made, {CANCELLED_KEY: "true"})
    return made


def grant_refund(client: Client, order_id: str, grant: Grant) -> None:
    """See ``Saleor.grant_refund``.

    From 3.21 Saleor ties a grant to one transaction that still holds all of it. So it is split
    over the transactions; what none of them holds (given back before it was granted) cannot be
    granted over HTTP and is written down on the order instead.
    """
    view = client.query("orderGrantedRefunds", {"id": order_id})["order"]
    if view is None:
        order_gone(order_id)
    mark = f"{UNGRANTED_PREFIX}{grant.key}"
    held = _held(view, grant.key)
    ours = [item for item in view["grantedRefunds"] if Grant.key_in(item["reason"]) == grant.key]
    done = sum((reading.amount(item["amount"]) for item in ours), Decimal(0))
    left = grant.amount - done - Decimal(reading.metadata(view).get(mark, 0))
    lines = {} if ours else grant.quantities
    for payer in sorted(held, key=lambda name: -held[name]):
        part = min(left, held[payer])
        if part > 0:
            client.mutate(
                "orderGrantRefundCreate", _grant_input(order_id, grant, payer, part, lines)
            )
            left, lines = left - part, {}
    if left > 0:
        set_metadata(client, order_id, {mark: format(left, "f")})


def _held(view: Mapping[str, Any], key: str) -> dict[str, Decimal]:
    """What each transaction still holds for this grant: a crash may have used some of it."""
    held = {item["id"]: reading.amount(item["chargedAmount"]) for item in view["transactions"]}
    for item in view["grantedRefunds"]:
        if item["transaction"] and Grant.key_in(item["reason"]) == key:
            held[item["transaction"]["id"]] -= reading.amount(item["amount"])
    return held


def _grant_input(
    order_id: str, grant: Grant, payer: str, part: Decimal, lines: Mapping[str, int]
) -> dict[str, Any]:
    return {
        "id": order_id,
        "input": {
            "amount": part,
            "reason": grant.text,
            "lines": [{"id": key, "quantity": count} for key, count in lines.items() if count],
            "transactionId": payer,
        },
    }


def report_refunds(client: Client, order_id: str, refunds: Sequence[Refund]) -> None:
    """See ``Saleor.record_refunds``: references already on the transaction are skipped."""
    if not refunds:
        return
    order = read_order(client, order_id)
    for refund in refunds:
        _report(
            client,
            order,
            refund.transaction_reference,
            {
                "type": "REFUND_SUCCESS",
                "pspReference": refund.reference,
                "amount": refund.amount,
                "message": refund.message,
                "time": refund.happened_at,
            },
        )


def report_charge(client: Client, order_id: str, charge: Charge) -> None:
    """See ``Saleor.record_charge``."""
    _report(
        client,
        read_order(client, order_id),
        charge.transaction_reference,
        {
            "type": "CHARGE_SUCCESS",
            "pspReference": charge.reference,
            "amount": charge.amount,
            "message": charge.message,
            "time": None,
        },
    )


def _report(
    client: Client, order: SaleorOrder, transaction_reference: str, event: Mapping[str, Any]
) -> None:
    found = next(
        (item for item in order.transactions if item.psp_reference == transaction_reference), None
    )
    if found is None:
        raise Parked(
            Problem(
                "SALEOR_NO_TRANSACTION",
                "follow",
                "The order in Saleor has no transaction with the marketplace's reference.",
                "Add the payment to the order in the Dashboard, then retry.",
                {"order": order.id, "reference": transaction_reference},
            )
        )
    if event["pspReference"] not in found.event_references:
        token = reading.transaction_token(found.id)
        client.mutate("transactionEventReport", {"token": token, **event})
