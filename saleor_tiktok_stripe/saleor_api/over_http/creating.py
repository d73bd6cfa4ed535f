"""Orders created with ``orderBulkCreate``, each exactly once.

Its traps and how they are met: it fails as a whole on a reference it saw twice (looked up first,
doubled ones refused before sending, one more look after a lost race), it allocates no stock
(reported as unallocated), it refuses placeholder lines unless told to ignore errors (tried strictly
first, so that nothing else is ignored), and it knows neither package keys, returned units nor
granted refunds (added right after; the next run finds and adds what a crash left out).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...errors import ChannelError, Parked, Problem, RetryLater, VendorBug
from ..interface import Record
from ..keys import LINE_KEY
from ..types import CreatedOrder, NewOrder
from . import completing
from .client import Client
from .inputs import Delivery, only_tolerated, order_input

MAX_ORDERS = 50
_LOOKUPS_PER_QUERY = 50
Row = dict[str, Any]


def create_orders(client: Client, orders: Sequence[NewOrder], record: Record) -> list[CreatedOrder]:
    """See ``Saleor.create_orders``. Refuses more than 50 orders, or one reference twice, before
    sending anything (``VendorBug``).
    """
    _check(orders)
    if not orders:
        record([])
        return []
    rows = find_orders(client, [order.external_reference for order in orders])
    done = {
        order.external_reference: _result(order, rows[order.external_reference], created=False)
        for order in orders
        if order.external_reference in rows
    }
    missing = [order for order in orders if order.external_reference not in done]
    if missing:
        made = _create_or_split(client, missing)
        done |= {order.external_reference: _from_row(order, made) for order in missing}
        rows |= {key: row["order"] for key, row in made.items()}
    ours = [order for order in orders if not done[order.external_reference].error]
    completing.own_transactions(client, [(order, rows[order.external_reference]) for order in ours])
    for order in orders:
        done[order.external_reference] = _complete(client, order, done[order.external_reference])
    results = [done[order.external_reference] for order in orders]
    record(results)
    return results


def _check(orders: Sequence[NewOrder]) -> None:
    if len(orders) > MAX_ORDERS:
        raise VendorBug("TOO_MANY_ORDERS", f"At most {MAX_ORDERS} orders are created at once.")
    references = [order.external_reference for order in orders]
    twice = {reference for reference in references if references.count(reference) > 1}
    if twice:
        raise VendorBug(
            "DOUBLED_REFERENCE", f"The same order twice in one batch: {', '.join(sorted(twice))}."
        )


def find_orders(client: Client, references: Sequence[str]) -> dict[str, Row]:
    """External reference -> id, number and lines, for those that exist."""
    wanted = list(dict.fromkeys(references))
    found: dict[str, Row] = {}
    for start in range(0, len(wanted), _LOOKUPS_PER_QUERY):
        chunk = wanted[start : start + _LOOKUPS_PER_QUERY]
        answers = client.query_each(
            "orderByExternalReference", [{"reference": reference} for reference in chunk]
        )
        found.update(
            (reference, answer) for reference, answer in zip(chunk, answers, strict=True) if answer
        )
    return found


def delivery_options(client: Client, orders: Sequence[NewOrder]) -> Delivery:
    """Warehouse, shipping methods and tax class to create orders of one channel with.

    ``Parked`` when the channel lacks a warehouse or a shipping method.
    """
    slug = orders[0].channel_slug
    countries = {
        address.country
        for order in orders
        if (address := order.shipping_address or order.billing_address) and address.country
    }
    data = client.query("deliveryOptions", {"slug": slug, "countries": sorted(countries) or None})
    if not _methods(data):  # none serves these countries: any of the channel must do
        data = client.query("deliveryOptions", {"slug": slug, "countries": None})
    channel = data["channel"]
    if channel is None:
        raise no_channel(slug)
    if not channel["warehouses"]:
        raise _setup_problem(slug, "has no warehouse", "Assign a warehouse to the channel")
    if not _methods(data):
        raise _setup_problem(
            slug, "has no shipping method", "Add a shipping zone with a method for the channel"
        )
    classes = (data["taxClasses"] or {}).get("edges") or []
    return Delivery(
        warehouse_id=channel["warehouses"][0]["id"],
        default_country=channel["defaultCountry"]["code"],
        shipping_method_ids=_methods(data),
        tax_class_id=classes[0]["node"]["id"] if classes else None,
    )


def _methods(data: Row) -> dict[str, dict[str, str]]:
    """Ids by name by country; methods of other apps have ids that the import cannot take."""
    per_country = (data["channel"] or {}).get("availableShippingMethodsPerCountry") or ()
    methods = {
        item["countryCode"]: {
            method["name"]: method["id"] for method in item["shippingMethods"] or ()
        }
        for item in per_country
    }
    return {country: found for country, found in methods.items() if found}


def no_channel(slug: str) -> Parked:
    """The error for a channel that Saleor does not have."""
    return Parked(
        Problem(
            "SALEOR_CHANNEL_MISSING",
            "import",
            f"Saleor has no channel {slug!r}.",
            "Create it, or connect the shop to another channel.",
            {"channel": slug},
        )
    )


def _setup_problem(slug: str, what: str, cure: str) -> Parked:
    return Parked(
        Problem(
            "SALEOR_CHANNEL_INCOMPLETE",
            "import",
            f"Saleor's channel {slug!r} {what}.",
            f"{cure} in the Dashboard, then retry.",
            {"channel": slug},
        )
    )


def _create_or_split(client: Client, orders: Sequence[NewOrder]) -> dict[str, Row]:
    """Rows by reference. A value that Saleor's schema does not know (such as a country) makes it
    refuse the whole request: then one by one, so that only the bad order stays out.
    """
    try:
        return _create(client, orders, delivery_options(client, orders))
    except VendorBug as error:
        if error.code != "SALEOR_REFUSED":
            raise
        if len(orders) == 1:
            why = {"path": "", "code": error.code, "message": error.message}
            return {orders[0].external_reference: {"order": None, "errors": [why]}}
    rows: dict[str, Row] = {}
    for order in orders:
        rows |= _create_or_split(client, [order])
    return rows


def _create(client: Client, orders: Sequence[NewOrder], delivery: Delivery) -> dict[str, Row]:
    """Rows by reference. Strictly first; then what may be mended is sent again: addresses with
    withheld parts filled, rows whose only errors are expected ones with those ignored.
    """
    rows = _send_or_adopt(client, orders, delivery, "REJECT_FAILED_ROWS", fill=False)
    withheld = [o for o in orders if _address_refused(rows[o.external_reference])]
    if withheld:
        rows.update(_send_or_adopt(client, withheld, delivery, "REJECT_FAILED_ROWS", fill=True))
    filled = {order.external_reference for order in withheld}
    for fill in (False, True):
        expected = [
            order
            for order in orders
            if (order.external_reference in filled) is fill
            and (row := rows[order.external_reference])["order"] is None
            and only_tolerated(order, delivery, row["errors"])
        ]
        if expected:
            rows.update(_send_or_adopt(client, expected, delivery, "IGNORE_FAILED", fill=fill))
    return rows


def _send_or_adopt(
    client: Client, orders: Sequence[NewOrder], delivery: Delivery, policy: str, *, fill: bool
) -> dict[str, Row]:
    """Rows by reference. Orders that another importer made in the meantime count as found."""
    try:
        rows = _send(client, orders, delivery, policy, fill=fill)
    except RetryLater as error:
        if error.code != "SALEOR_ERROR":
            raise
        rows = {}  # a race for the unique reference undoes the whole batch
    lost = [
        order.external_reference
        for order in orders
        if order.external_reference not in rows or _is_taken(rows[order.external_reference])
    ]
    found = find_orders(client, lost)
    rows.update((key, {"order": row, "errors": [], "found": True}) for key, row in found.items())
    again = [order for order in orders if order.external_reference not in rows]
    if again:
        rows.update(_send(client, again, delivery, policy, fill=fill))
    return rows


def _send(
    client: Client, orders: Sequence[NewOrder], delivery: Delivery, policy: str, *, fill: bool
) -> dict[str, Row]:
    payload = client.mutate(
        "orderBulkCreate",
        {
            "orders": [order_input(order, delivery, fill=fill) for order in orders],
            "errorPolicy": policy,
        },
    )
    if len(payload["results"]) != len(orders):
        raise VendorBug("SALEOR_WRONG_COUNT", "Saleor answered for another number of orders.")
    return {
        order.external_reference: {"order": row["order"], "errors": row["errors"] or []}
        for order, row in zip(orders, payload["results"], strict=True)
    }


def _is_taken(row: Row) -> bool:
    return any(
        error["code"] == "UNIQUE" and error["path"] == "external_reference"
        for error in row["errors"]
    )


def _address_refused(row: Row) -> bool:
    return row["order"] is None and any(
        error["path"] in {"billing_address", "shipping_address"} for error in row["errors"]
    )


def _from_row(order: NewOrder, rows: dict[str, Row]) -> CreatedOrder:
    row = rows[order.external_reference]
    if row["order"] is not None:
        return _result(order, row["order"], created=not row.get("found", False))
    words = "; ".join(
        f"{error['path'] or 'order'}: {error['message'] or error['code']}"
        for error in row["errors"]
    )
    return refused(order, f"Saleor refused the order: {words or 'no reason given'}")


def refused(order: NewOrder, words: str) -> CreatedOrder:
    """The result for an order that Saleor refused, with its words."""
    return CreatedOrder(order.external_reference, "", "", False, {}, {}, words)


def _result(order: NewOrder, row: Row, *, created: bool) -> CreatedOrder:
    ids = {line["privateMetafield"]: line["id"] for line in row["lines"]}
    keys = [line.key for line in order.lines]
    if not set(keys) <= set(ids):
        return refused(
            order,
            f"Saleor has an order with this reference already (number {row['number']}) that this "
            f"app did not import: its lines carry no {LINE_KEY}",
        )
    return CreatedOrder(
        external_reference=order.external_reference,
        order_id=row["id"],
        number=row["number"],
        created=created,
        line_ids={key: ids[key] for key in keys},
        unallocated=unallocated(order),
    )


def unallocated(order: NewOrder) -> dict[str, int]:
    """Every unit that should have stock set aside: ``orderBulkCreate`` allocates nothing."""
    return {line.key: line.quantity for line in order.lines if line.allocate and line.variant_id}


def _complete(client: Client, order: NewOrder, result: CreatedOrder) -> CreatedOrder:
    """What the import could not carry. One that fails for good does not stop the others."""
    if result.error or not completing.is_needed(order):
        return result
    try:
        completing.complete(client, order, result)
    except RetryLater:
        raise
    except ChannelError as error:
        words = f"Created as number {result.number}, but not complete: {error.message}"
        return refused(order, words)
    return result
